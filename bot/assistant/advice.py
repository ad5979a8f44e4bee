"""Next steps with customers: rules over the record, each with its reason; nothing is guessed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from bot.assistant import figures
from bot.assistant.material import Said, uncited
from bot.domain import mood
from bot.texts import Text

SILENT: Final = timedelta(days=21)
WAITED: Final = timedelta(days=1)
_RECENT: Final = timedelta(days=30)
_TURN_LEAST: Final = 0.3


@dataclass(frozen=True, slots=True)
class Promise:
    words: str
    due: date
    who: str
    item: int
    reminder: int


@dataclass(frozen=True, slots=True)
class LateThing:
    """A task or a milestone past its day."""

    kind: str
    """task, milestone."""
    id: int
    name: str
    project: str
    due: date
    who: str


@dataclass(frozen=True, slots=True)
class OpenAlert:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one customer, as far as the asker may see it."""

    code: str
    name: str
    said: Sequence[Said]
    """The past months, in the order of time."""
    last: datetime | None
    """When somebody was last in touch."""
    running: bool
    """Whether a project is under way."""
    promises: Sequence[Promise] = ()
    late: Sequence[LateThing] = ()
    alerts: Sequence[OpenAlert] = ()
    with_task: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Step:
    """One suggestion. `subject` names it for good, so that it can be put aside."""

    weight: float
    subject: str
    what: Text
    why: Text
    facts: dict[str, Any] = field(default_factory=dict)
    items: tuple[int, ...] = ()
    draft: int | None = None
    """An item to answer."""
    command: str = ""
    """What shows more, or does it."""


def steps(known: Known, now: datetime) -> list[Step]:
    """The most pressing first; one item gives one step."""
    found = sorted(_all(known, now), key=lambda one: -one.weight)
    taken: set[int] = set()
    kept: list[Step] = []
    for one in found:
        if one.items and taken & set(one.items):
            continue
        taken |= set(one.items)
        kept.append(one)
    return kept


def _all(known: Known, now: datetime) -> Iterator[Step]:
    yield from _unanswered(known, now)
    yield from _promised(known, now.date())
    yield from _late(known, now.date())
    yield from _felt(known, now)
    yield from _alerts(known)
    yield from _silent(known, now)


def _unanswered(known: Known, now: datetime) -> Iterator[Step]:
    for at, one in enumerate(known.said):
        if one.side != "customer" or now - one.at > _RECENT:
            continue
        answered = any(other.side == "us" for other in known.said[at + 1 :])
        facts = {"who": one.who or known.name, "words": one.text, "days": (now - one.at).days}
        if "churn" in one.signals:
            yield Step(9.5, f"churn:{one.id}", *_CHURN, facts, (one.id,), one.id)
        elif "complaint" in one.signals and not answered and now - one.at > WAITED:
            yield Step(10, f"complaint:{one.id}", *_COMPLAINT, facts, (one.id,), one.id)
        elif "payment" in one.signals:
            yield Step(6, f"payment:{one.id}", *_PAYMENT, facts, (one.id,), one.id)
        elif one.questions and not answered and now - one.at > WAITED:
            yield Step(8, f"question:{one.id}", *_QUESTION, facts, (one.id,), one.id)
        elif one.asks and one.id not in known.with_task and not answered:
            facts = {**facts, "words": one.asks[0].words}
            more = f"/item #{one.id}"
            yield Step(5, f"ask:{one.id}", *_ASK, facts, (one.id,), command=more)


def _promised(known: Known, today: date) -> Iterator[Step]:
    for one in known.promises:
        days = (today - one.due).days
        facts = {"who": one.who, "words": one.words, "due": one.due, "days": days}
        weight, texts = (9, _MISSED) if days > 0 else (7, _DUE)
        yield Step(weight, f"promise:{one.reminder}", *texts, facts, (one.item,))


def _late(known: Known, today: date) -> Iterator[Step]:
    for one in known.late:
        days = (today - one.due).days
        facts = {"who": one.who or "—", "name": one.name, "project": one.project, "days": days}
        if one.kind == "task":
            more = f"/tasks {one.project}"
            yield Step(4 + min(days, 30) / 30, f"task:{one.id}", *_TASK, facts, command=more)
        else:
            more = f"/milestones {one.project}"
            weight = 6.5 + min(days, 30) / 30
            yield Step(weight, f"milestone:{one.id}", *_MILESTONE, facts, command=more)


def _felt(known: Known, now: datetime) -> Iterator[Step]:
    scores = [mood.Score(one.at, one.score, one.id) for one in known.said if one.score is not None]
    found = mood.of(scores, now)
    turn = found.turn if found else None
    if found is None or turn is None or turn.before - turn.after < _TURN_LEAST:
        return
    items = tuple(one.item for one in found.movers)
    facts = {"before": f"{turn.before:+.2f}", "after": f"{turn.after:+.2f}", "who": known.name}
    more = f"/mood {known.code}"
    yield Step(7.5, f"mood:{turn.at:%Y%m%d}", *_MOOD, facts, items[:1], command=more)


def _alerts(known: Known) -> Iterator[Step]:
    for one in known.alerts:
        facts = {"name": one.name}
        yield Step(5.5, f"alert:{one.id}", *_ALERT, facts, command="/alerts")


def _silent(known: Known, now: datetime) -> Iterator[Step]:
    if known.running and known.last is not None and now - known.last > SILENT:
        facts = {"who": known.name, "days": (now - known.last).days}
        more = f"/customer {known.code}"
        yield Step(3, f"silent:{known.last:%Y%m%d}", *_SILENT, facts, command=more)


def reworded(
    steps_: Sequence[Step], texts: Sequence[str], value: dict[str, Any]
) -> list[tuple[Step, str]]:
    """Steps in a model's order and words; words whose figures are not those of the step are not taken,
    and nothing is added or lost.
    """
    left = dict(enumerate(steps_, 1))
    found: list[tuple[Step, str]] = []
    for one in value["steps"]:
        number: int = one["number"]
        if number in left:
            plain = texts[number - 1]
            text = uncited(one["text"])
            found.append((left.pop(number), text if text and _same_facts(text, plain) else plain))
    return found + [(step, texts[number - 1]) for number, step in left.items()]


def _same_facts(text: str, plain: str) -> bool:
    today = date(2000, 1, 3)  # both are read on one day, whichever
    given = figures.find(figures.clean(plain), today)
    return all(
        any(figures.same(one, other) for other in given)
        for one in figures.find(figures.clean(text), today)
    )


_COMPLAINT: Final = (
    Text("答复{who}的投诉", "Answer the complaint of {who}"),
    Text("“{words}”，已过 {days} 天没有答复", "“{words}”, unanswered for {days} days"),
)
_CHURN: Final = (
    Text("尽快联系{who}，了解去意", "Call {who} soon: they think of leaving"),
    Text("“{words}”", "“{words}”"),
)
_PAYMENT: Final = (
    Text("与{who}核对付款", "Settle the payment with {who}"),
    Text("“{words}”", "“{words}”"),
)
_QUESTION: Final = (
    Text("回答{who}的问题", "Answer the question of {who}"),
    Text("“{words}”，已过 {days} 天没有答复", "“{words}”, unanswered for {days} days"),
)
_ASK: Final = (
    Text("为{who}的请求建任务", "Make a task of what {who} asks for"),
    Text("“{words}”，还没有任务", "“{words}”: no task yet"),
)
_MISSED: Final = (
    Text("{who}：兑现承诺或说明原因", "{who}: keep the promise, or say why not"),
    Text("“{words}”，应于 {due} 前，已过 {days} 天", "“{words}”, due {due}, {days} days ago"),
)
_DUE: Final = (
    Text("{who}：承诺即将到期", "{who}: a promise falls due"),
    Text("“{words}”，{due} 前", "“{words}”, due {due}"),
)
_TASK: Final = (
    Text("催办任务：{name}（{who}）", "Push the task: {name} ({who})"),
    Text("{project} 的任务逾期 {days} 天", "a task of {project}, {days} days late"),
)
_MILESTONE: Final = (
    Text("向客户说明里程碑延期：{name}（{who}）", "Tell the customer why {name} is late ({who})"),
    Text("{project} 的里程碑逾期 {days} 天", "a milestone of {project}, {days} days late"),
)
_MOOD: Final = (
    Text("与{who}面谈，情绪转差", "Talk to {who}: their mood has turned"),
    Text("情绪 {before} → {after}", "mood {before} → {after}"),
)
_ALERT: Final = (
    Text("处理预警：{name}", "Deal with the alert: {name}"),
    Text("预警尚未确认", "nobody has acknowledged it"),
)
_SILENT: Final = (
    Text("问候{who}", "Get in touch with {who}"),
    Text("{days} 天没有联系，项目仍在进行", "no contact for {days} days while a project runs"),
)
