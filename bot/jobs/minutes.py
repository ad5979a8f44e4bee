"""What a call came to, told after it: five lines, mood, who talked, and what is to be done."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, outbox
from bot.commands import cards
from bot.contract import Button, Fact, Kind, Notice, Segment, Transcript, quoted
from bot.domain import terms
from bot.people import Defaults, own_chats
from bot.pipeline import extract, summary
from bot.texts import Language, Text, language_of
from storage import watch
from storage.tables import Conversation, Customer, Interaction, Project, User

KINDS: Final = frozenset({Kind.CALL, Kind.MEETING})
_TASKS: Final = 3
"""Buttons for tasks; more would be a list."""
_LABEL: Final = 16
_QUIET_S: Final = 3.0
"""A pause that is worth telling."""

_TITLE = Text("通话要点：{who}", "After the call: {who}")
_LENGTH = Text("时长", "Length")
_MOOD = Text("情绪", "Mood")
_TALK = Text("谁说得多", "Who talked")
_SILENCE = Text("最长停顿", "Longest silence")
_TO_DO = Text("要办的事", "To be done")
_TASK = Text("建任务：{words}", "Task: {words}")
_OPEN = Text("打开", "Open")
_SECONDS = Text("{seconds} 秒，{at} 起", "{seconds} s, from {at}")


class Minutes:
    """Posts them to the internal chats of the project, or to who looks after the customer."""

    def __init__(self, defaults: Defaults, home: str) -> None:
        """`home` is the channel of members' own chats with the assistant."""
        self._defaults = defaults
        self._home = home

    async def post(
        self, session: AsyncSession, item: Interaction, transcript: Transcript, now: datetime
    ) -> None:
        """Once for each call that belongs to a customer; what was not said is not told."""
        if item.kind not in KINDS or item.customer_id is None or not transcript.segments:
            return
        customer = await session.get_one(Customer, item.customer_id)
        project = await session.get(Project, item.project_id or 0)
        for chat, language, zone in await self._readers(session, customer, project, now):
            local = now.astimezone(clock.zone(zone, self._defaults.timezone))
            await outbox.post(
                session,
                notice(item, transcript, customer, project, language),
                channel=chat.channel,
                chat=chat.chat,
                key=f"minutes:{item.id}:{chat.channel}:{chat.chat}",
                not_before=outbox.after_quiet(local, self._defaults.quiet),
            )

    async def _readers(
        self,
        session: AsyncSession,
        customer: Customer,
        project: Project | None,
        now: datetime,
    ) -> list[tuple[Conversation, Language, str | None]]:
        bound = await watch.bound_chats(session, customer.id, project.id if project else None, now)
        if bound:
            return [
                (chat, language_of(chat.language or self._defaults.language), chat.timezone)
                for chat in bound
            ]
        who = project.manager_id if project and project.manager_id else customer.owner_id
        user = await session.get(User, who or 0)
        if user is None or not user.active:
            return []
        language = language_of(user.language or self._defaults.language)
        return [
            (chat, language, user.timezone)
            for chat in await own_chats(session, self._home, user, now)
        ]


def notice(
    item: Interaction,
    transcript: Transcript,
    customer: Customer,
    project: Project | None,
    language: Language,
) -> Notice:
    """A call on a card, with a button for each thing to be done."""
    day = item.occurred_at.date()
    texts = [segment.text for segment in transcript.segments]
    said = extract.find("\n".join(texts), day)
    to_do = [*said.promises, *said.asks]
    about = f"{project.code} {project.name}" if project else f"{customer.code} {customer.name}"
    mood = terms.Sentiment(item.sentiment).text.in_(language)
    facts = (
        (_LENGTH, clock_time(transcript.duration_s)),
        (_MOOD, f"{mood}：{item.because}" if item.because else mood),
        (_TALK, _shares(transcript.segments, language)),
        (_SILENCE, _silence(transcript.segments, language)),
        (_TO_DO, "\n".join(_due(one, language) for one in to_do)),
    )
    code = project.code if project else ""
    return Notice(
        title=_TITLE.in_(language, who=about),
        text="\n".join(f"{n}. {line}" for n, line in enumerate(summary.lines(texts, day), 1)),
        facts=tuple(
            Fact(label=label.in_(language), value=value) for label, value in facts if value
        ),
        buttons=(
            *(_task(one, code, language) for one in to_do[:_TASKS] if code),
            Button(label=_OPEN.in_(language), command=f"/timeline {code or customer.code}"),
        ),
        language=language,
    )


def _task(one: extract.Words, code: str, language: Language) -> Button:
    due = f" due:{one.due}" if one.due else ""
    return Button(
        label=_TASK.in_(language, words=cards.short(one.words, _LABEL)),
        command=f"/task new {code} {quoted(cards.short(one.words))}{due}",
    )


def _due(one: extract.Words, language: Language) -> str:
    return f"· {one.words}" + (f"（{cards.day(one.due, language)}）" if one.due else "")


def _shares(segments: Sequence[Segment], language: Language) -> str:
    """How the talk was shared out; empty where one voice is all there is."""
    spoken: defaultdict[str, float] = defaultdict(float)
    for segment in segments:
        spoken[segment.speaker] += segment.end - segment.start
    whole = sum(spoken.values())
    if len(spoken) < 2 or whole <= 0:
        return ""
    return (" · " if language == "en" else "，").join(
        f"{who} {share / whole:.0%}" for who, share in sorted(spoken.items())
    )


def _silence(segments: Sequence[Segment], language: Language) -> str:
    """The longest pause between two turns, whoever spoke."""
    longest, at, heard = 0.0, 0.0, segments[0].end
    for segment in sorted(segments, key=lambda one: one.start):
        if segment.start - heard > longest:
            longest, at = segment.start - heard, heard
        heard = max(heard, segment.end)
    if longest < _QUIET_S:
        return ""
    return _SECONDS.in_(language, seconds=round(longest), at=clock_time(at))


def clock_time(seconds: float) -> str:
    """Seconds as 1:02 or 1:02:03.

    >>> clock_time(62), clock_time(3723.4)
    ('1:02', '1:02:03')
    """
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
