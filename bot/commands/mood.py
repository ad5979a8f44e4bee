"""Mood: of a customer, a project or a contact over time, with what moved it; and its correction."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

from bot.commands import cards
from bot.commands.registry import Ask, CommandError, command
from bot.contract import Button, Chart, Level, Notice, Series, Table
from bot.domain import mood as moods
from bot.domain import terms
from bot.texts import Text
from storage import moods as kept
from storage.moods import Felt
from storage.tables import Customer, Interaction, Project

_DAYS: Final = 90
_LEAST_CURVE: Final = 3
_STEADY: Final = 0.05
"""A change a week that is none."""
_LOW, _HIGH = -0.2, 0.2
_MARKS: Final = 4

_TITLE = Text("情绪：{who}", "Mood: {who}")
_NONE = Text("近 {days} 天没有可评分的往来。", "Nothing scored in the past {days} days.")
_NOW = Text("现在", "Now")
_TREND = Text("走向", "Trend")
_TURNED = Text("转折", "Turned")
_MOVED = Text("触动情绪的话", "What moved it")
_TURN = Text("{day} 起，{before} → {after}", "since {day}: {before} → {after}")
_WEEKLY = Text("{slope} / 周", "{slope} a week")
_COUNT = Text("{level}（{word}，{count} 条）", "{level} ({word}, {count} items)")
_WORDS = {
    "bad": Text("偏低", "low"),
    "even": Text("平稳", "even"),
    "good": Text("良好", "good"),
}


@command(
    "mood",
    zh="情绪",
    reads=True,
    permission="customer.read",
    aliases=("情绪走势",),
    help=Text(
        "客户、项目或联系人的情绪走势，以及是什么触动的",
        "mood over time of a customer, project or contact, and what moved it",
    ),
)
async def mood(
    ask: Ask,
    project: Annotated[Project | None, Text("项目", "project")] = None,
    customer: Annotated[Customer | None, Text("客户", "customer")] = None,
    contact: Annotated[str, Text("联系人", "contact")] = "",
) -> Notice:
    about = project or customer
    if about is None:
        raise CommandError(Text("请说明是哪个客户或项目。", "Say which customer or project."))
    owner = project.customer_id if project else about.id
    person = await kept.contact_named(ask.session, owner, contact) if contact else None
    if contact and person is None:
        raise CommandError(
            Text("{who} 没有联系人「{name}」。", "{who} has no contact “{name}”."),
            who=about.name,
            name=contact,
        )
    felt = await kept.felt(
        ask.session,
        ask.actor.scope,
        customer_id=None if project else owner,
        project_id=project.id if project else None,
        contact_id=person.id if person else None,
        since=ask.now - timedelta(days=_DAYS),
    )
    who = " · ".join(filter(None, (f"{about.code} {about.name}", person.name if person else "")))
    return _notice(ask, who, about.code, felt, people=person is None)


def _notice(ask: Ask, who: str, code: str, felt: Sequence[Felt], *, people: bool) -> Notice:
    found = moods.of(_scores(felt), ask.now)
    title = ask.t(_TITLE, who=who)
    if found is None:
        return ask.notice(title=title, text=ask.t(_NONE, days=_DAYS))
    said = {one.item: one for one in felt}
    moved = [said[one.item] for one in found.movers]
    made = ask.notice(
        title=title,
        level=Level.WARNING if found.level < _LOW else Level.INFO,
        facts=[
            (ask.t(_NOW), _level(ask, found.level, found.count)),
            (
                ask.t(_TREND),
                "" if abs(found.slope) < _STEADY else ask.t(_WEEKLY, slope=f"{found.slope:+.2f}"),
            ),
            (ask.t(_TURNED), _turned(ask, found.turn)),
            (ask.t(_MOVED), "\n".join(_line(ask, one) for one in moved)),
        ],
        table=_people(ask, felt) if people else None,
        buttons=[Button(label=f"#{one.item}", command=f"/item #{one.item}") for one in moved]
        + [Button(label=ask.t(Text("时间线", "Timeline")), command=f"/timeline {code}")],
    )
    return made.model_copy(update={"chart": _chart(ask, felt, found)})


def _scores(felt: Sequence[Felt]) -> list[moods.Score]:
    return [moods.Score(one.at, one.score, one.item) for one in felt]


def _word(level: float) -> Text:
    return _WORDS["bad" if level < _LOW else "good" if level > _HIGH else "even"]


def _level(ask: Ask, level: float, count: int) -> str:
    return ask.t(_COUNT, level=f"{level:+.2f}", word=ask.t(_word(level)), count=count)


def _turned(ask: Ask, turn: moods.Turn | None) -> str:
    if turn is None:
        return ""
    return ask.t(
        _TURN,
        day=cards.day(ask.actor.local(turn.at).date(), ask.language),
        before=f"{turn.before:+.2f}",
        after=f"{turn.after:+.2f}",
    )


def _line(ask: Ask, one: Felt) -> str:
    day = cards.day(ask.actor.local(one.at).date(), ask.language)
    return (
        f"· {day} {one.who}：{cards.short(one.because or '—', 80)} ({one.score:+.2f}) #{one.item}"
    )


def _people(ask: Ask, felt: Sequence[Felt]) -> Table | None:
    """Each contact's own mood, the lowest first."""
    by: dict[str, list[Felt]] = defaultdict(list)
    for one in felt:
        by[one.who].append(one)
    if len(by) < 2:
        return None
    rows = [
        (level, who, len(theirs))
        for who, theirs in by.items()
        for level in (moods.decayed(_scores(theirs), ask.now),)
    ]
    columns = tuple(
        ask.t(text)
        for text in (Text("联系人", "Contact"), Text("情绪", "Mood"), Text("条数", "Items"))
    )
    return Table(
        columns=columns,
        rows=tuple(
            (who or "—", f"{level:+.2f} {ask.t(_word(level))}", str(count))
            for level, who, count in sorted(rows)[:10]
        ),
    )


def _chart(ask: Ask, felt: Sequence[Felt], found: moods.Mood) -> Chart | None:
    """The decayed mean after each word, over the days."""
    if len(felt) < _LEAST_CURVE:
        return None
    scores, begin = _scores(felt), felt[0].at
    span = max((ask.now - begin) / timedelta(days=1), 1.0)
    points = tuple(
        ((one.at - begin) / timedelta(days=1), moods.decayed(scores[: n + 1], one.at))
        for n, one in enumerate(scores)
    )
    title = ask.t(Text("情绪", "Mood"))
    return Chart(
        title=title,
        series=(Series(name=title, points=points),),
        low=-1.0,
        high=1.0,
        across=tuple(
            (part * span / _MARKS, _day(ask, begin + timedelta(days=part * span / _MARKS)))
            for part in range(_MARKS + 1)
        ),
        up=tuple(
            (level, ask.t(_WORDS[word]))
            for level, word in ((-0.6, "bad"), (0, "even"), (0.6, "good"))
        ),
        words=f"{title} {points[0][1]:+.2f} → {found.level:+.2f}",
    )


def _day(ask: Ask, at: datetime) -> str:
    return f"{ask.actor.local(at):%m-%d}"


@command(
    "correct",
    zh="更正情绪",
    permission="talk.file",
    help=Text("更正一条往来的情绪", "correct the sentiment of an item"),
)
async def correct(
    ask: Ask,
    item: Annotated[Interaction, Text("编号", "item")],
    sentiment: Annotated[terms.Sentiment, Text("情绪", "sentiment")],
) -> Notice:
    before = item.sentiment
    await kept.correct(ask.session, item, sentiment.value, ask.actor.user_id)
    item.sentiment = sentiment.value
    item.score = sentiment.score
    item.because, item.mood_sure, item.mood_by = "", 1.0, "person"
    ask.session.add(item)
    ask.wrote("interaction.corrected", item, before=before, after=sentiment)
    return ask.say(
        Text("#{number} 的情绪已更正为{mood}。", "#{number} now counts as {mood}."),
        Level.GOOD,
        number=item.id,
        mood=ask.t(sentiment.text),
    )
