"""From a message to its place: the steps on one screen, and the batch that they run in."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final, Protocol

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import people
from bot.clock import Clock
from bot.contract import Audience, ChannelName, Happening, InboundMessage, Kind
from bot.domain import bounces, command_line
from bot.inbox import Arrived
from bot.pipeline import (
    answers,
    changes,
    evidence,
    extract,
    file,
    forwarded,
    language,
    match,
    media,
    private,
    sentiment,
    signals,
    stopping,
    undelivered,
)
from bot.pipeline.evidence import Question
from bot.pipeline.following import Following
from bot.pipeline.happenings import Happenings
from bot.pipeline.work import Work, unhurried
from bot.rules import engine
from storage import directory
from storage.people import bounded

Step = Callable[[Work], None]


def describe(work: Work) -> None:
    """A recording without words waits to be transcribed, whoever it is from."""
    message = work.message
    if work.chat.audience == Audience.INTERNAL and media.uploaded(message):
        caption = message.subject or message.text
        change = {"kind": Kind.CALL, "subject": caption, "text": ""}
        work.message = message.model_copy(update=change)
    if work.transcript is None and media.recording(work.message) is not None:
        work.status = "waiting_for_model"


def detect_language(work: Work) -> None:
    work.language = language.detect(work.text)


def score_sentiment(work: Work) -> None:
    work.mood = sentiment.score(work.text, work.language)


def find_signals(work: Work) -> None:
    work.signals = signals.find(work.text, work.mood)


def match_customer_and_project(work: Work) -> None:
    work.match = match.decide(work.question, work.directory)
    if work.status == "filed":
        work.status = work.match.status


def extract_asks(work: Work) -> None:
    work.extract = extract.find(work.text, work.message.sent_at.date())


def direct(work: Work) -> None:
    """Members' words go out to customers, or stay among members; a call has both sides in it."""
    if work.match.user_id is None or work.message.kind is Kind.CALL:
        work.direction = "in"
    elif work.chat.audience == Audience.INTERNAL or work.message.kind is Kind.NOTE:
        work.direction = "internal"
    else:
        work.direction = "out"


STEPS: Final[tuple[Step, ...]] = (
    describe,
    detect_language,
    score_sentiment,
    find_signals,
    match_customer_and_project,
    extract_asks,
    direct,
)


class Conversing(Protocol):
    """What answers a member who speaks to the assistant itself."""

    async def hear(self, session: AsyncSession, message: InboundMessage) -> bool:
        """Whether the line was one for the assistant, and has been answered."""
        ...

    async def open_page(self, session: AsyncSession, message: InboundMessage) -> None:
        """Show a member their page."""
        ...


class Telling(undelivered.Telling, stopping.Telling, Protocol):
    """What tells members of what became of our own words."""


class Queueing(Protocol):
    """What queues slow work on an interaction, or on one of its files, in this transaction."""

    async def __call__(self, session: AsyncSession, number: int, /) -> None: ...


class Flow:
    """The inbox's handler: files batches of messages inside the drain's transaction."""

    def __init__(
        self,
        rules: engine.Engine,
        conversing: Conversing,
        happenings: Happenings,
        following: Following,
        transcribe: Queueing,
        fetch: Queueing,
        telling: Telling,
        now: Clock,
    ) -> None:
        self._rules = rules
        self._conversing = conversing
        self._happenings = happenings
        self._following = following
        self._transcribe = transcribe
        self._fetch = fetch
        self._telling = telling
        self._now = now

    async def handle(
        self, session: AsyncSession, batch: Sequence[Arrived]
    ) -> dict[int, int | None]:
        """File messages in the order of each chat; what changes or follows others waits for them.

        Chats with nothing but ordinary talk are filed together: a command elsewhere must not cut
        their batch in two.
        """
        batch, done = await private.keep_out(session, batch)
        busy = {_chat(arrived) for arrived in batch if not _ordinary(arrived)}
        quiet = [arrived for arrived in batch if _chat(arrived) not in busy]
        done |= await self._file(session, quiet) if quiet else {}
        left = [arrived for arrived in batch if _chat(arrived) in busy]
        for ordinary, run in groupby(left, _ordinary):
            if ordinary:
                done |= await self._file(session, list(run))
                continue
            for arrived in run:
                done |= await self._file_special(session, arrived)
        return done

    async def _file_special(self, session: AsyncSession, arrived: Arrived) -> dict[int, int | None]:
        message = arrived.message
        if message.undelivered:
            lost = await undelivered.follow(session, message, self._telling)
            if lost is None:
                named = {"message_id": f"{bounces.EARLY}{message.undelivered}"}
                early = replace(arrived, message=message.model_copy(update=named))
                return await self._file(session, [early])
            beside = message.model_copy(update={"chat": lost.chat})
            return await self._file(session, [replace(arrived, message=beside)], (lost.beside,))
        if message.happened is Happening.OPENED:
            await self._conversing.open_page(session, message)
            return {arrived.inbox_id: None}
        if message.happened is Happening.REMOVED and message.kind is Kind.MAIL:
            message = await stopping.follow(session, message, self._telling)
            return await self._file(session, [replace(arrived, message=message)])
        if message.happened is not None:
            told = await self._happenings.follow(session, message)
            if told is None:
                return {arrived.inbox_id: None}
            return await self._file(session, [replace(arrived, message=told)])
        if message.edits or message.recalls:
            changed = await changes.follow(session, message)
            if changed is not None:
                return {arrived.inbox_id: changed}
        elif lines := await forwarded.lines(session, arrived):
            done = await self._file(session, lines)
            await forwarded.confirm(session, arrived, len(lines))
            return done
        elif await self._conversing.hear(session, message):
            return {arrived.inbox_id: None}
        return await self._file(session, [arrived])

    async def _file(
        self, session: AsyncSession, batch: Sequence[Arrived], steps: Sequence[Step] = STEPS
    ) -> dict[int, int | None]:
        works = await prepare(session, batch)
        await self._happenings.seen(session, works)
        async for work in unhurried(works):
            for step in steps:
                step(work)
        await file.away(session, works)
        for work in works:
            if work.status == "waiting_for_model" and not work.fetches:
                await self._transcribe(session, work.interaction_id)
            for attachment_id in work.fetches:
                await self._fetch(session, attachment_id)
        now = self._now()
        await self._rules.filed(session, [_filed(work) for work in works], now)
        await self._following.filed(session, works, now)
        return {work.inbox_id: work.interaction_id for work in works}

    async def give_up(
        self,
        session: AsyncSession,
        inbox_id: int,
        message: InboundMessage | None,
        error: str,
    ) -> int | None:
        """A message that broke the pipeline waits in the doubt queue, unread."""
        return await file.unread(session, inbox_id, message, error)


def _chat(arrived: Arrived) -> tuple[str, str]:
    return arrived.message.channel, arrived.message.chat


def _ordinary(arrived: Arrived) -> bool:
    """Whether a message neither changes an earlier one nor speaks to the assistant."""
    message = arrived.message
    return not (
        message.edits
        or message.recalls
        or message.private
        or message.addressed
        or message.tapped
        or message.happened
        or message.undelivered
        # A member's slash line is a command in any chat; a customer's is talk like any other.
        or (message.sender.proven and command_line.is_command(message.text))
        or forwarded.likely(message)
    )


async def prepare(session: AsyncSession, batch: Sequence[Arrived]) -> list[Work]:
    """Look up what the whole batch needs, and know its chats."""
    batch = [await _named(session, arrived) for arrived in await answers.joined(session, batch)]
    questions = [question_of(arrived.message) for arrived in batch]
    found = await match.load(session, questions)
    keys = [(a.message.channel, bounded(a.message.chat)) for a in batch]
    names = {key: a.message.chat_name[:200] for key, a in zip(keys, batch, strict=True)}
    missing = [(*key, names[key]) for key in dict.fromkeys(keys) if key not in found.chats]
    if missing:
        found.chats |= await directory.add_chats(session, missing)
    return [
        Work.of(arrived, question, found, found.chats[key])
        for arrived, question, key in zip(batch, questions, keys, strict=True)
    ]


async def _named(session: AsyncSession, arrived: Arrived) -> Arrived:
    """A message with the names of whom it mentions."""
    if not arrived.message.mentions:
        return arrived
    said = await people.mentioned(session, arrived.message)
    return replace(arrived, message=arrived.message.model_copy(update={"text": said}))


def question_of(message: InboundMessage) -> Question:
    """What filing may know of a message."""
    sender = message.sender
    references = (*message.references, *((message.thread,) if message.thread else ()))
    return Question(
        text=message.text,
        subject=message.subject,
        channel=message.channel,
        senders=evidence.senders_of(message.channel, sender.id, sender.email, sender.phone),
        chat=message.chat,
        references=references,
        recipients=tuple(
            pair
            for recipient in message.recipients
            for pair in evidence.senders_of(ChannelName(""), recipient)
        ),
        proven=sender.proven,
        mail=message.kind is Kind.MAIL,
    )


_QUOTED: Final = 120
"""Characters of a message that stand for it where no sentence of it caused the mood."""


def _filed(work: Work) -> engine.Filed:
    return engine.Filed(
        interaction_id=work.interaction_id,
        customer_id=work.match.customer_id,
        project_id=work.match.project_id,
        direction=work.direction,
        sentiment=work.mood.label,
        score=work.mood.score,
        signals=work.signals,
        kind=work.message.kind,
        because=work.mood.because or " ".join(work.text.split())[:_QUOTED],
    )
