"""A customer's health as people see it: score, parts, what moved it, what raises it, its curve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from bot.commands import cards
from bot.commands.registry import Ask
from bot.contract import Button, Chart, Level, Notice, Series
from bot.domain import churn, health, workdays
from bot.domain.churn import Reason
from bot.domain.health import Part
from bot.texts import Text, listed
from storage.health import Scored
from storage.tables import Customer, HealthSnapshot

_MOVES: Final = 3
_LEAST_MOVE: Final = 0.5
_MARKS: Final = 4
LEVELS: Final = {
    health.Standing.GOOD: Level.GOOD,
    health.Standing.WATCH: Level.WARNING,
    health.Standing.RISK: Level.DANGER,
}

_TITLE = Text("{who} · 健康分 {score}（{word}）", "{who} · health {score} ({word})")
_UNKNOWN = Text(
    "已知的还不够：四个方面中至少要有两个有数据，才能给出健康分。",
    "Not enough is known: a score needs figures for at least two of the four parts.",
)
_MISSING = Text("没有数据、不计入：{names}", "Nothing known, not counted: {names}")
_PART = Text("{score}（占 {weight}）", "{score} ({weight} of the whole)")
_MOVED = Text("{days} 天来 {change}：{moves}", "{change} in {days} days: {moves}")
_STEADY = Text("{days} 天来基本没变", "hardly moved in {days} days")
_FIRST = Text("还没有更早的健康分可比", "no earlier score to compare with")
_CHURN = Text("{share}，因为：{reasons}", "{share}, because: {reasons}")
_NO_REASON = Text("没有流失迹象", "nothing speaks for it")
CALM: Final = _NO_REASON

_NAMES: Final[Mapping[str, Text]] = {
    "spi": Text("进度指数 SPI", "SPI"),
    "cpi": Text("成本指数 CPI", "CPI"),
    "defects": Text("缺陷密度", "defect density"),
    "nps": Text("NPS", "NPS"),
    "csat": Text("满意度 CSAT", "CSAT"),
    "renewal": Text("续约", "renewal"),
    "mood": Text("情绪", "mood"),
    "on_time": Text("按时付款", "paid on time"),
    "receivable_days": Text("应收天数", "receivable days"),
    "margin": Text("毛利率", "margin"),
    "contact": Text("联系频率", "contact frequency"),
    "seniors": Text("高层联系", "senior contact"),
    "answer_hours": Text("响应时间", "answer time"),
}
_SHOWN: Final[Mapping[str, Text]] = {
    "spi": Text("{value:.2f}", "{value:.2f}"),
    "cpi": Text("{value:.2f}", "{value:.2f}"),
    "defects": Text("每百小时 {value:.1f} 个", "{value:.1f} per 100 hours"),
    "nps": Text("{value:.1f}", "{value:.1f}"),
    "csat": Text("{value:.1f}/5", "{value:.1f}/5"),
    "mood": Text("{value:+.2f}", "{value:+.2f}"),
    "on_time": Text("{value:.0%}", "{value:.0%}"),
    "receivable_days": Text("{value:.0f} 天", "{value:.0f} days"),
    "margin": Text("{value:.0%}", "{value:.0%}"),
    "contact": Text(
        "上次联系为计划间隔的 {value:.1f} 倍", "last contact {value:.1f}× the planned gap"
    ),
    "seniors": Text("{value:.0f} 天前", "{value:.0f} days ago"),
    "answer_hours": Text("{value:.1f} 小时（服务时间）", "{value:.1f} h of service time"),
}
_RENEWAL: Final[Mapping[float, Text]] = {
    0.0: Text("快到期或已到期，没有续约动作", "ends, and nobody talks of renewing"),
    0.5: Text("快到期，正在谈", "ends, and there are talks"),
    1.0: Text("合同在期", "runs on"),
}
_RAISE: Final[Mapping[str, tuple[Text, Text, Text]]] = {
    "spi": (
        Text("赶上计划：先处理延期的任务", "catch up with the plan: the late tasks first"),
        Text("延期项目", "Late projects"),
        Text("/late", "/late"),
    ),
    "cpi": (
        Text(
            "看清投入花在哪里，必要时提变更",
            "see where the effort goes; ask for a change if need be",
        ),
        Text("项目", "Projects"),
        Text("/projects {code}", "/projects {code}"),
    ),
    "defects": (
        Text("先修复严重缺陷", "repair the grave defects first"),
        Text("项目", "Projects"),
        Text("/projects {code}", "/projects {code}"),
    ),
    "nps": (
        Text("回访打低分的人，问清原因", "call on who scored low and ask why"),
        Text("提醒我回访", "Remind me"),
        Text("/remind {day} 09:30 回访 {code}", "/remind {day} 09:30 call on {code}"),
    ),
    "csat": (
        Text("回访打低分的人，问清原因", "call on who scored low and ask why"),
        Text("提醒我回访", "Remind me"),
        Text("/remind {day} 09:30 回访 {code}", "/remind {day} 09:30 call on {code}"),
    ),
    "renewal": (
        Text("开始谈续约", "begin to talk of the renewal"),
        Text("合同", "Contracts"),
        Text("/contract {code}", "/contract {code}"),
    ),
    "mood": (
        Text("看看是哪些话让情绪变差，逐条回应", "see what spoiled the mood and answer it"),
        Text("情绪", "Mood"),
        Text("/mood {code}", "/mood {code}"),
    ),
    "on_time": (
        Text("和客户约定逾期款项的付款日", "agree a day for what is overdue"),
        Text("合同", "Contracts"),
        Text("/contract {code}", "/contract {code}"),
    ),
    "receivable_days": (
        Text("对账，催收最早的发票", "reconcile and ask for the oldest invoice"),
        Text("合同", "Contracts"),
        Text("/contract {code}", "/contract {code}"),
    ),
    "margin": (
        Text("检查成本，范围增加的要走变更", "check the costs; more scope needs a change"),
        Text("项目", "Projects"),
        Text("/projects {code}", "/projects {code}"),
    ),
    "contact": (
        Text("尽快联系客户", "get in touch soon"),
        Text("提醒我联系", "Remind me"),
        Text("/remind {day} 09:30 联系 {code}", "/remind {day} 09:30 get in touch with {code}"),
    ),
    "seniors": (
        Text("约决策人见面或通话", "meet or call a decision maker"),
        Text("提醒我约决策人", "Remind me"),
        Text(
            "/remind {day} 10:00 约决策人 {code}",
            "/remind {day} 10:00 meet a decision maker of {code}",
        ),
    ),
    "answer_hours": (
        Text("更快回应客户的问题", "answer their questions sooner"),
        Text("时间线", "Timeline"),
        Text("/timeline {code}", "/timeline {code}"),
    ),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A customer's health for a card: as it is, as it was, and how churn is told."""

    customer: Customer
    score: float
    parts: Mapping[str, Any]
    """As `HealthSnapshot.parts`."""
    missing: Sequence[str]
    churn: float
    reasons: Sequence[Reason]
    past: Sequence[Scored]
    """Earlier ones, the oldest first."""


def unknown(
    ask: Ask,
    customer: Customer,
    missing: Sequence[str],
    probability: float,
    reasons: Sequence[Reason],
) -> Notice:
    """A customer of whom too little is known for a score; who may leave is told without one."""
    return ask.notice(
        title=f"{customer.code} {customer.name}",
        text=ask.t(_UNKNOWN),
        level=Level.WARNING if probability >= churn.LISTED else Level.INFO,
        facts=[
            (ask.t(Text("缺少", "Missing")), _names(ask, missing)),
            (ask.t(Text("流失可能", "May leave")), told(ask, probability, reasons)),
        ],
        buttons=[
            Button(label=ask.t(Text("客户卡片", "Card")), command=f"/customer {customer.code}")
        ],
    )


def of(ask: Ask, seen: Seen) -> Notice:
    one, t = seen.customer, ask.t
    word = health.standing(seen.score)
    weakest = health.weakest(seen.parts)
    notice = ask.notice(
        title=t(_TITLE, who=f"{one.code} {one.name}", score=f"{seen.score:.0f}", word=t(word.text)),
        level=LEVELS[word],
        facts=[
            *((t(part.text), _part(ask, seen.parts[part])) for part in Part if part in seen.parts),
            (t(Text("变化", "Moved")), moved(ask, seen)),
            (t(Text("怎样提升", "How to raise it")), _raise(ask, weakest)),
            (t(Text("流失可能", "May leave")), told(ask, seen.churn, seen.reasons)),
            (t(Text("缺少", "Missing")), _missing(ask, seen.missing)),
        ],
        buttons=_buttons(ask, one, weakest),
    )
    return notice.model_copy(update={"chart": chart(ask, seen)})


def _part(ask: Ask, part: Mapping[str, Any]) -> str:
    head = ask.t(_PART, score=f"{part['score']:.0f}", weight=f"{part['weight']:.0%}")
    lines = [
        f"· {ask.t(_NAMES[name])} {_value(ask, name, one['value'], one['score'])}"
        for name, one in part["inputs"].items()
    ]
    return "\n".join([head, *lines])


def _value(ask: Ask, name: str, value: float | None, score: float | None = None) -> str:
    """A figure for who may see it; for others how good it is."""
    if value is None:
        return "—"
    if name == "renewal":
        return ask.t(_RENEWAL[value])
    if may_see(ask, name):
        return ask.t(_SHOWN[name], value=value)
    return "" if score is None else ask.t(health.standing(score).text)


def may_see(ask: Ask, name: str) -> bool:
    needed = next(one for one in health.shipped().inputs if one.name == name).money
    return ask.actor.scope.sees(needed) and (name != "mood" or ask.actor.scope.talk)


def moved(ask: Ask, seen: Seen) -> str:
    """How far the score moved in about a month, and what moved it most."""
    if not seen.past:
        return ask.t(_FIRST)
    before = _month_ago(ask, seen.past)
    days = (ask.now.date() - before.day).days
    change = seen.score - before.score
    found = [
        one
        for one in health.moves(before.parts, seen.parts)[:_MOVES]
        if abs(one.points) >= _LEAST_MOVE and one.before != one.after
    ]
    if abs(change) < _LEAST_MOVE or not found:
        return ask.t(_STEADY, days=days)
    said = listed((_move(ask, one) for one in found), ask.language)
    return ask.t(_MOVED, days=days, change=f"{change:+.0f}", moves=said)


def _month_ago(ask: Ask, past: Sequence[Scored]) -> Scored:
    wanted = ask.now.date() - timedelta(days=30)
    return min(past, key=lambda one: abs((one.day - wanted).days))


def _move(ask: Ask, one: health.Move) -> str:
    name, points = ask.t(_NAMES[one.name]), f"{one.points:+.1f}"
    if not may_see(ask, one.name):
        return f"{name} ({points})"
    before, after = (_value(ask, one.name, value) for value in (one.before, one.after))
    return f"{name} {before} → {after} ({points})"


def told(ask: Ask, probability: float, reasons: Sequence[Reason]) -> str:
    """How likely they are to leave, never without why."""
    if not reasons:
        return ask.t(_NO_REASON)
    said = listed((reason(ask, one) for one in reasons[:4]), ask.language)
    return ask.t(_CHURN, share=f"{probability:.0%}", reasons=said)


def reason(ask: Ask, one: Reason) -> str:
    if one.name in churn.MONEY and not ask.actor.scope.sees("amount"):
        return ask.t(Text("有逾期款项", "something is overdue"))
    return churn.words(one, ask.language)


def _raise(ask: Ask, weakest: Sequence[str]) -> str:
    lines = dict.fromkeys(
        f"· {ask.t(_NAMES[name])}：{ask.t(_RAISE[name][0])}"
        if ask.language == "zh"
        else f"· {ask.t(_NAMES[name])}: {ask.t(_RAISE[name][0])}"
        for name in weakest
    )
    return "\n".join(lines)


def _buttons(ask: Ask, customer: Customer, weakest: Sequence[str]) -> list[Button]:
    soon = workdays.china().add(ask.now.date(), 1)
    wanted = {
        ask.t(_RAISE[name][2], code=customer.code, day=soon.isoformat()): _RAISE[name][1]
        for name in weakest
    }
    made = [Button(label=ask.t(label), command=command) for command, label in wanted.items()]
    return [
        *made,
        Button(label=ask.t(Text("客户卡片", "Card")), command=f"/customer {customer.code}"),
    ]


def _missing(ask: Ask, missing: Sequence[str]) -> str:
    return ask.t(_MISSING, names=_names(ask, missing)) if missing else ""


def _names(ask: Ask, names: Sequence[str]) -> str:
    return listed((ask.t(_NAMES[name]) for name in names), ask.language)


def chart(ask: Ask, seen: Seen) -> Chart | None:
    """The score over the days; two are the least that make a line."""
    today = ask.now.date()
    points = [(one.day, one.score) for one in seen.past if one.day < today]
    points.append((today, seen.score))
    if len(points) < 2:
        return None
    first = points[0][0]
    span = max((today - first).days, 1)
    title = ask.t(Text("健康分", "Health"))
    return Chart(
        title=title,
        series=(
            Series(
                name=title,
                points=tuple((float((day - first).days), score) for day, score in points),
            ),
        ),
        low=0.0,
        high=100.0,
        across=tuple(
            (part * span / _MARKS, _mark(first, part * span / _MARKS)) for part in range(_MARKS + 1)
        ),
        up=((30.0, "30"), (55.0, "55"), (75.0, "75")),
        words=f"{title} {points[0][1]:.0f} → {points[-1][1]:.0f}",
    )


def _mark(first: date, days: float) -> str:
    return f"{first + timedelta(days=days):%m-%d}"


def line(ask: Ask, customer: Customer, snapshot: HealthSnapshot, before: float | None) -> list[str]:
    """A customer in a table: who, score and standing, change in a month, likely to leave."""
    score = snapshot.score
    change = "—" if before is None or score is None else f"{score - before:+.0f}"
    word = "" if score is None else ask.t(health.standing(score).text)
    share = "—" if snapshot.churn is None else f"{snapshot.churn:.0%}"
    return [
        cards.short(f"{customer.code} {customer.name}", 40),
        f"{figure(score)} {word}".strip(),
        change,
        share,
    ]


def figure(score: float | None) -> str:
    return "—" if score is None else f"{score:.0f}"
