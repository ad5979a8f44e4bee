"""What the language model was asked, by whom, and what it cost."""

from collections.abc import Sequence
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Final

from bot.commands.registry import Ask, command
from bot.contract import Notice, Table
from bot.texts import Text
from storage import model_use
from storage.model_use import Spent

_DAYS: Final = 30
_TITLE: Final = Text("模型用量", "Use of the language model")
_OWN: Final = Text("模型用量：{name}", "Use of the language model: {name}")
_NONE: Final = Text(
    "近 {days} 天没有使用语言模型。", "The language model was not asked in the past {days} days."
)
_TODAY: Final = Text("今天", "Today")
_MONTH: Final = Text("近 {days} 天", "Past {days} days")
_SUM: Final = Text(
    "提问 {asked} 次，失败 {failed} 次，{tokens} token，费用 {cost}",
    "{asked} questions, {failed} failed, {tokens} tokens, cost {cost}",
)
_ITSELF: Final = Text("程序自身", "the program by itself")
_COLUMNS: Final = (
    Text("用途 / 成员", "Purpose / member"),
    Text("提问（今天 / {days} 天）", "Questions (today / {days} days)"),
    Text("失败", "Failed"),
    Text("token", "Tokens"),
    Text("费用", "Cost"),
)
_NOTE: Final = Text(
    "天按 UTC 计。费用按设置的单价计算。",
    "Days are UTC. Costs are at the prices of the settings.",
)
_PURPOSES: Final = {
    "minutes": Text("通话纪要", "minutes of calls"),
    "scoring": Text("情绪复核", "second look at moods"),
    "summary": Text("摘要", "summaries"),
    "reply": Text("回复草稿", "drafts of replies"),
    "proposal": Text("方案", "proposals"),
    "next": Text("下一步建议", "next steps"),
    "ask": Text("问答", "questions and answers"),
}
"""A prompt that has no words here goes by its own name."""


@command(
    "usage",
    zh="模型用量",
    reads=True,
    aliases=("model usage", "token 用量"),
    help=Text(
        "语言模型的用量与费用：今天和近 30 天，按用途和成员",
        "use and cost of the language model: today and 30 days, by purpose and member",
    ),
)
async def usage(ask: Ask) -> Notice:
    """Who may not read of members sees their own."""
    of_all = ask.actor.may("user.read")
    who = None if of_all else ask.actor.user_id or 0
    today = ask.now.astimezone(UTC).date()
    since = today - timedelta(days=_DAYS - 1)
    now, month = [await model_use.by_purpose(ask.session, day, who) for day in (today, since)]
    title = ask.t(_TITLE) if of_all else ask.t(_OWN, name=ask.actor.name)
    if not month:
        return ask.notice(title=title, text=ask.t(_NONE, days=_DAYS))
    rows = _rows([(_purpose(ask, one.name), one) for one in month], now)
    if of_all:
        rows += await _members(ask, today, since)
    made = ask.notice(
        title=title,
        facts=[(ask.t(_TODAY), _sum(ask, now)), (ask.t(_MONTH, days=_DAYS), _sum(ask, month))],
        table=Table(columns=tuple(ask.t(one, days=_DAYS) for one in _COLUMNS), rows=tuple(rows)),
    )
    return made.model_copy(update={"note": ask.t(_NOTE)})


async def _members(ask: Ask, today: date, since: date) -> list[tuple[str, ...]]:
    now, month = [await model_use.by_member(ask.session, day) for day in (today, since)]
    named = [(f"@{one.name}" if one.name else ask.t(_ITSELF), one) for one in month]
    return _rows(named, now)


def _rows(named: Sequence[tuple[str, Spent]], now: Sequence[Spent]) -> list[tuple[str, ...]]:
    today = {one.name: one.asked for one in now}
    return [
        (
            label,
            f"{today.get(one.name, 0)} / {one.asked}",
            str(one.failed),
            f"{one.tokens:,}",
            _cost(one.cost),
        )
        for label, one in named
    ]


def _purpose(ask: Ask, name: str) -> str:
    return ask.t(_PURPOSES[name]) if name in _PURPOSES else name


def _sum(ask: Ask, spent: Sequence[Spent]) -> str:
    return ask.t(
        _SUM,
        asked=sum(one.asked for one in spent),
        failed=sum(one.failed for one in spent),
        tokens=f"{sum(one.tokens for one in spent):,}",
        cost=_cost(sum((one.cost for one in spent), Decimal(0))),
    )


def _cost(cost: Decimal) -> str:
    """To four places: one question costs less than a hundredth."""
    return f"{cost:,.4f}".rstrip("0").rstrip(".")
