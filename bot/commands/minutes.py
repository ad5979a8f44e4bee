"""What a call or a meeting came to, on a card: five lines, mood, who talked, what is to be done."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.commands import cards
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Chart, Fact, Notice, Series, quoted
from bot.domain import terms
from bot.pipeline import changes, hearing, summary
from bot.pipeline.hearing import AGENT, CUSTOMER, Shape, Turn, clock_time
from bot.pipeline.summary import Gist, Point
from bot.texts import Language, Text
from storage import people
from storage.tables import Customer, Interaction, Project

GIST: Final = "gist"
"""Where what was extracted keeps what a language model has made of it, until a line is corrected."""
_TASKS: Final = 3
"""Buttons for tasks; more would be a list."""
_LABEL: Final = 16
_QUIET_S: Final = 3.0
"""A pause that is worth telling."""
_LEAST_CURVE: Final = 3
"""Points that make a curve; fewer are told by the mood's sentence."""
_MEETING: Final = "meeting"
_SPOKEN: Final = re.compile(r"\s*([^\s:：，。,.][^:：，。,.\n]{0,19})[:：]\s*(\S.*)")

_AFTER_CALL = Text("通话要点：{who}", "After the call: {who}")
_OF_MEETING = Text("会议纪要：{who}", "Minutes: {who}")
_LENGTH = Text("时长", "Length")
_MOOD = Text("情绪", "Mood")
_MOVED = Text("触动情绪的话", "What moved it")
_TALK = Text("谁说得多", "Who talked")
_SILENCE = Text("最长停顿", "Longest silence")
_OVER = Text("抢话", "Talk-over")
_TIMES = Text("{count} 次", "{count} times")
LINES: Final = Text("要点", "In short")
DECIDED: Final = Text("决定", "Decided")
TO_DO: Final = Text("要办的事", "To be done")
OPEN_QUESTIONS: Final = Text("未答复的问题", "Left open")
_TASK = Text("建任务：{words}", "Task: {words}")
_PAGE = Text("听录音", "Listen")
_TIMELINE = Text("时间线", "Timeline")
_SECONDS = Text("{seconds} 秒，{at} 起", "{seconds} s, from {at}")
_CURVE = Text("情绪变化", "Mood over time")
_GOOD, _FLAT, _BAD = Text("好", "good"), Text("平", "even"), Text("差", "bad")
_SIDES = {AGENT: Text("我方", "our side"), CUSTOMER: Text("客户", "customer")}
_VOICE = Text("声音 {number}", "voice {number}")
_BY = Text("由语言模型 {model} 整理，以录音为准", "Written by {model}; the recording decides")
_BETWEEN = Text("，", ", ")
_MORE = Text("（{more}）", " ({more})")
_CODE: Final = re.compile(r"[A-Za-z]{1,3}\d{0,4}-\d{2,6}\b")
_COLON = Text("：", ": ")


@dataclass(frozen=True, slots=True)
class Talk:
    """All that a card of minutes is made of."""

    item: Interaction
    customer: Customer | None
    project: Project | None
    turns: tuple[Turn, ...]
    gist: Gist
    shape: Shape | None
    """None where nobody recorded it."""
    members: tuple[str, ...] = ()


async def of(session: AsyncSession, item: Interaction) -> Talk:
    """The talk that an interaction holds: a transcript, or what was written down of it."""
    # Hours of talk take a second or two to read, which whoever else is served need not wait for.
    turns, shape, gist = await asyncio.to_thread(
        _read, item.transcript, item.text, item.extract.get(GIST), item.occurred_at.date()
    )
    members = tuple(user.name for user in await people.all_users(session))
    return Talk(
        item=item,
        customer=await session.get(Customer, item.customer_id or 0),
        project=await session.get(Project, item.project_id or 0),
        turns=turns,
        gist=gist,
        shape=shape,
        members=members,
    )


def _read(
    stored: dict[str, Any] | None, text: str, told: dict[str, Any] | None, day: date
) -> tuple[tuple[Turn, ...], Shape | None, Gist]:
    """A talk's turns, its shape, and what a language model made of it, where one has; else what is
    chosen from it.
    """
    transcript = hearing.stored(stored)
    turns = hearing.turns(transcript) if transcript else written(text)
    shape = hearing.shape(transcript) if transcript else None
    gist = summary.kept(told) if told else summary.of(turns, day, timed=transcript is not None)
    return turns, shape, gist


def written(text: str) -> tuple[Turn, ...]:
    r"""Turns of what was written down: `name: words` is said by name, other lines by nobody.

    >>> [(turn.speaker, turn.text) for turn in written("张三：周五交图。\n散会")]
    [('张三', '周五交图。'), ('', '散会')]
    """
    turns: list[Turn] = []
    for line in text.splitlines():
        found = _SPOKEN.fullmatch(line)
        if found:
            turns.append(Turn(0.0, 0.0, found[1].strip(), found[2].strip()))
        elif line.strip():
            turns.append(Turn(0.0, 0.0, "", line.strip()))
    return tuple(turns)


def notice(talk: Talk, language: Language, page: str = "") -> Notice:
    """The card; `page` is the address where it can be heard."""
    about = talk.project or talk.customer
    who = f"{about.code} {about.name}" if about else f"#{talk.item.id}"
    title = _OF_MEETING if talk.item.kind == _MEETING else _AFTER_CALL
    code = talk.project.code if talk.project else ""
    buttons = [_task(talk, one, code, language) for one in talk.gist.to_do[:_TASKS] if code]
    if page:
        buttons.append(Button(label=_PAGE.in_(language), url=page))
    if about:
        buttons.append(Button(label=_TIMELINE.in_(language), command=f"/timeline {about.code}"))
    return Notice(
        title=title.in_(language, who=who),
        text="\n".join(
            f"{n}. {line(point, language)}" for n, point in enumerate(talk.gist.lines, 1)
        ),
        facts=tuple(
            Fact(label=label.in_(language), value=value)
            for label, value in _facts(talk, language)
            if value
        ),
        chart=curve(talk.turns, talk.shape, language),
        note=_BY.in_(language, model=talk.gist.by) if talk.gist.by else "",
        buttons=tuple(buttons),
        language=language,
    )


def _facts(talk: Talk, language: Language) -> list[tuple[Text, str]]:
    gist, shape = talk.gist, talk.shape
    mood = terms.Sentiment(talk.item.sentiment).text.in_(language)
    listed = [
        (DECIDED, _listed(gist.decisions, talk, language)),
        (TO_DO, _listed(gist.to_do, talk, language)),
        (OPEN_QUESTIONS, _listed(gist.open, talk, language)),
    ]
    if shape is None:
        return listed
    because = talk.item.because
    return [
        (_LENGTH, clock_time(shape.duration_s)),
        (_MOOD, f"{mood}{_COLON.in_(language)}{because}" if because else mood),
        (_MOVED, _moved(talk, language)),
        (_TALK, shares(shape, language)),
        (_OVER, _TIMES.in_(language, count=shape.talk_over) if shape.talk_over else ""),
        (_SILENCE, silence(shape, language)),
        *listed,
    ]


def line(point: Point, language: Language) -> str:
    """A sentence with the second at which it was said, and by whom."""
    at = f"[{clock_time(point.at)}]" if point.at is not None else ""
    who = speaker(point.speaker, language)
    said = f"{who}{_COLON.in_(language)}{point.words}" if who else point.words
    return f"{at} {said}".strip()


def _listed(points: Sequence[Point], talk: Talk, language: Language) -> str:
    lines: list[str] = []
    for point in points:
        owner = named(point, talk.members)
        due = cards.day(point.due, language) if point.due else ""
        more = _BETWEEN.in_(language).join(filter(None, (owner, due)))
        lines.append(
            f"· {line(point, language)}" + (_MORE.in_(language, more=more) if more else "")
        )
    return "\n".join(lines)


def named(point: Point, members: Sequence[str]) -> str:
    """The member whom a sentence names, the one who says it else; "" where it is neither."""
    found = next((name for name in members if name in point.words), "")
    return found or (point.speaker if point.speaker in members else "")


def _moved(talk: Talk, language: Language) -> str:
    """The sentences that moved the mood, but for the one that is told with it."""
    moved = [
        Point(words, hearing.second_of(turn, words), turn.speaker)
        for turn, words in hearing.movers(talk.turns)
        if words != talk.item.because
    ]
    return "\n".join(f"· {line(point, language)}" for point in moved)


def speaker(name: str, language: Language) -> str:
    """A speaker as people read it: a side, a voice that was told apart, or a name."""
    if name in _SIDES:
        return _SIDES[name].in_(language)
    return _VOICE.in_(language, number=name) if name.isdecimal() else name


def shares(shape: Shape, language: Language) -> str:
    """How the talk was shared out; empty where one voice is all there is."""
    return _BETWEEN.in_(language).join(
        f"{speaker(who, language)} {share:.0%}" for who, share in shape.shares
    )


def silence(shape: Shape, language: Language) -> str:
    if shape.silence_s < _QUIET_S:
        return ""
    at = clock_time(shape.silence_at)
    return _SECONDS.in_(language, seconds=round(shape.silence_s), at=at)


def curve(turns: Sequence[Turn], shape: Shape | None, language: Language) -> Chart | None:
    """Mood over time, where enough was said to make a curve."""
    found = hearing.curve(turns)
    if shape is None or sum(len(points) for points in found.values()) < _LEAST_CURVE:
        return None
    end = shape.duration_s
    told = _BETWEEN.in_(language).join(
        " ".join(
            filter(
                None,
                (
                    speaker(who, language),
                    f"{_level(points[0][1], language)} → {_level(points[-1][1], language)}",
                ),
            )
        )
        for who, points in found.items()
    )
    title = _CURVE.in_(language)
    return Chart(
        title=title,
        series=tuple(
            Series(name=speaker(who, language) or title, points=points)
            for who, points in sorted(found.items(), key=lambda pair: pair[0] != CUSTOMER)
        ),
        low=-1.0,
        high=1.0,
        across=tuple((part * end / 4, clock_time(part * end / 4)) for part in range(5)),
        up=((-1.0, _BAD.in_(language)), (0.0, _FLAT.in_(language)), (1.0, _GOOD.in_(language))),
        words=f"{title}{_COLON.in_(language)}{told}",
    )


def _level(score: float, language: Language) -> str:
    text = _BAD if score < -0.25 else _GOOD if score > 0.25 else _FLAT
    return text.in_(language)


def _task(talk: Talk, point: Point, code: str, language: Language) -> Button:
    owner = named(point, talk.members)
    assigned = f" @{owner}" if owner and " " not in owner else ""
    due = f" due:{point.due}" if point.due else ""
    words = quoted(cards.short(point.words))
    return Button(
        label=_TASK.in_(language, words=cards.short(point.words, _LABEL)),
        command=f"/task new {code} {words}{assigned}{due} item:#{talk.item.id}",
    )


@command(
    "minutes",
    zh="纪要",
    permission="note.write",
    aliases=("meeting", "会议纪要"),
    help=Text(
        "会议纪要：贴上文字，或说明是哪一条往来",
        "minutes: of a text that you paste, or of an item",
    ),
)
async def minutes(
    ask: Ask,
    item: Annotated[Interaction | None, Text("编号", "item")] = None,
    project: Annotated[Project | None, Text("项目", "project")] = None,
    customer: Annotated[Customer | None, Text("客户", "customer")] = None,
    text: Annotated[Rest, Text("内容", "text")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    if not text.strip():
        if item is None:
            raise CommandError(
                Text(
                    "请贴上会议内容，或说明是哪一条往来。", "Paste what was said, or name an item."
                )
            )
        return notice(await of(ask.session, item), ask.language, _page(ask, item))
    code = _CODE.match(text.strip())
    if code and project is None and customer is None:
        raise CommandError(
            Text("没有客户或项目「{code}」。", "There is no customer or project “{code}”."),
            code=code[0],
        )
    made = Interaction(
        channel="note",
        kind=_MEETING,
        direction="internal",
        message_key="",
        audience="internal",
        customer_id=project.customer_id if project else customer.id if customer else None,
        project_id=project.id if project else None,
        user_id=ask.actor.user_id,
        sender_name=ask.actor.name,
        # Of nobody's yet: it waits to be filed.
        status="filed" if project or customer else "doubt",
        confidence=1.0,
        evidence=["note"],
        filed_by_id=ask.actor.user_id,
        occurred_at=ask.now,
        received_at=ask.now,
    )
    changes.understand(made, text.strip())
    ask.session.add(made)
    await ask.session.flush()
    ask.wrote("minutes.made", made, text=text)
    return notice(await of(ask.session, made), ask.language)


def _page(ask: Ask, item: Interaction) -> str:
    return ask.host.link(f"/talks/{item.id}") if ask.host and item.transcript else ""
