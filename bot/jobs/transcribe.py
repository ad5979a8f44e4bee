"""Recordings become words: in the speech worker, or later where no model is there yet."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import log
from bot.clock import Clock
from bot.commands.minutes import GIST
from bot.contract import (
    Kind,
    MediaStore,
    Refused,
    SpeechEngine,
    StoredFile,
    Transcript,
    Unreadable,
    WaitingForModel,
    Window,
)
from bot.jobs.minutes import Minutes
from bot.jobs.progress import AGAIN, Progress, Spent
from bot.pipeline import changes, evidence, hearing, match, media
from bot.pipeline.file import candidates, transcript_json
from bot.rules.engine import Engine, Filed
from bot.runtime import SPEECH, Jobs
from bot.texts import Text
from storage import audit, recordings, talk
from storage.db import Database
from storage.tables import Alias, Attachment, Contact, Interaction, Project, User

JOB: Final = "transcribe"
FIRST, SOON, WHEN_IDLE = 20, 10, -10
"""Priorities: what a person asked for now, a voice note, what waited for a model; calls have none."""
_HOTWORDS: Final = 40
_PIECE: Final = 1 << 20
_MISSING: Final = Text("录音文件不见了", "the recording is missing")

_log = log.get("transcribe")


@dataclass(frozen=True, slots=True)
class Kept:
    """What a run has found."""

    transcript: Transcript
    took_s: float
    copy: StoredFile | None
    """What browsers play in place of the recording."""
    gist: dict[str, Any] | None
    """What a language model made of it."""


class Transcriber:
    """The job that turns an interaction's recording into its text."""

    def __init__(
        self,
        db: Database,
        jobs: Jobs,
        store: MediaStore,
        engine: Callable[[], SpeechEngine],
        rules: Engine,
        minutes: Minutes,
        progress: Progress,
        heard: Callable[[AsyncSession, Interaction], Awaitable[bool]],
        now: Clock,
    ) -> None:
        """`heard` answers what a member has spoken into their own chat, and says whether it was that."""
        self._db = db
        self._jobs = jobs
        self._media = store
        self._engine = engine
        self._rules = rules
        self._minutes = minutes
        self._progress = progress
        self._heard = heard
        self._now = now

    async def queue(self, session: AsyncSession, interaction_id: int) -> None:
        """Hand a recording to the speech worker, in this transaction: voice notes before calls."""
        item = await session.get_one(Interaction, interaction_id)
        priority = SOON if item.kind == Kind.MESSAGE else 0
        await self._defer(session, interaction_id, priority)

    async def queue_again(self, session: AsyncSession, item: Interaction) -> None:
        """Let a recording be heard once more, before all others; what it said is kept."""
        await talk.keep_version(session, item, AGAIN)
        item.status, item.error = "waiting_for_model", None
        session.add(item)
        await recordings.drop_windows(session, item.id)
        await self._defer(session, item.id, FIRST)

    async def queue_waiting(self) -> int:
        """Queue recordings that wait for a model and are in no queue, if there is a model now."""
        if not any(self._engine().models()):
            return 0
        async with self._db.transaction() as session:
            waiting = await recordings.waiting(session, JOB)
            for interaction_id in waiting:
                await self._defer(session, interaction_id, WHEN_IDLE)
        return len(waiting)

    async def _defer(self, session: AsyncSession, interaction_id: int, priority: int) -> None:
        await self._jobs.defer(
            session, JOB, queue=SPEECH, priority=priority, interaction_id=interaction_id
        )

    async def run(self, interaction_id: int) -> None:
        """Transcribe one recording; harmless to run twice. Raises `TryLater` to be run again.

        Each window is kept as soon as it is known: a run that was cut off goes on behind it.
        """
        async with self._db.transaction() as session:
            item = await session.get(Interaction, interaction_id)
            if item is None or item.status != "waiting_for_model":
                return
            recording = await _recording(session, interaction_id)
            hotwords = await _hotwords(session, item)
            done = [
                Window.model_validate(one)
                for one in await recordings.windows(session, interaction_id)
            ]
        path = self._media.path(recording.sha256) if recording and recording.sha256 else None
        if recording is None or path is None or not path.is_file():
            await self.fail(interaction_id, f"{_MISSING.en} / {_MISSING.zh}")
            return
        loop = asyncio.get_running_loop()

        def keep(window: Window) -> None:
            asyncio.run_coroutine_threadsafe(
                self._keep_window(interaction_id, window), loop
            ).result()

        began = time.monotonic()
        try:
            async with self._progress.following(item) as note:
                transcript = await asyncio.to_thread(
                    self._engine().transcribe,
                    path,
                    hotwords=hotwords,
                    progress=note,
                    done=done,
                    keep=keep,
                )
        except WaitingForModel:
            _log.info("transcribe.waiting_for_model", interaction=interaction_id)
            async with self._db.transaction() as session:
                await self._progress.waits(session, item)
        except (Unreadable, Refused) as error:
            await self.fail(interaction_id, str(error))
        else:
            took_s = time.monotonic() - began
            copy = await self._listening_copy(path, recording)
            gist = await self._minutes.written(item, transcript, hotwords)
            await self._keep(interaction_id, Kept(transcript, took_s, copy, gist))

    async def _keep_window(self, interaction_id: int, window: Window) -> None:
        async with self._db.transaction() as session:
            told = window.model_dump(mode="json")
            await recordings.keep_window(session, interaction_id, told)

    async def _listening_copy(self, path: Path, recording: Attachment) -> StoredFile | None:
        """What browsers play in place of a recording that they do not; None where they do."""
        with tempfile.TemporaryDirectory() as folder:
            into = Path(folder) / "copy.m4a"
            try:
                made = await asyncio.to_thread(self._engine().listening_copy, path, into)
            except Unreadable:  # its words were had all the same; it can be downloaded
                _log.warning("transcribe.no_copy", attachment=recording.id)
                return None
            if not made:
                return None
            name = f"{Path(recording.name).stem}.m4a"
            return await self._media.put(name, "audio/mp4", _pieces(into))

    async def _keep(self, interaction_id: int, kept: Kept) -> None:
        transcript, took_s, copy = kept.transcript, kept.took_s, kept.copy
        async with self._db.transaction() as session:
            item = await session.get(Interaction, interaction_id, with_for_update=True)
            if item is None or item.status != "waiting_for_model":
                return
            item.transcript = transcript_json(transcript)
            if copy is not None:
                await recordings.add_copy(
                    session, interaction_id, copy.name, copy.size, copy.sha256
                )
            understand(item, transcript)
            if kept.gist is not None:
                item.extract = {**item.extract, GIST: kept.gist}
            heard = await self._heard(session, item)
            if not heard:
                await _place(session, item)
            session.add(item)
            await recordings.drop_windows(session, interaction_id)
            trace = audit.Trace(
                "interaction.transcribed", "interaction", item.id, facts=transcript.text
            )
            await audit.write(session, trace)
            await session.flush()
            await self._rules.filed(session, [Filed.of(item)], self._now())
            await self._minutes.post(session, item, transcript, self._now())
            cost = f"{transcript.cost} {transcript.currency}" if transcript.cost else ""
            spent = Spent(transcript.duration_s, took_s, cost)
            if not heard:  # the answer says that it was
                await self._progress.done(session, item, spent)
        _log.info(
            "transcribe.done",
            interaction=interaction_id,
            seconds=transcript.duration_s,
            took_s=round(took_s, 1),
        )

    async def fail(self, interaction_id: int, why: str) -> None:
        """A recording that cannot be read is kept, and says why."""
        async with self._db.transaction() as session:
            item = await session.get_one(Interaction, interaction_id)
            item.error = why
            await _place(session, item)
            session.add(item)
            await audit.write(
                session, audit.Trace("interaction.unreadable", "interaction", interaction_id)
            )
            await self._progress.failed(session, item, why)
        _log.warning("transcribe.unreadable", interaction=interaction_id, why=why)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


def understand(item: Interaction, transcript: Transcript) -> None:
    """Read a transcript into its interaction; the mood is that of the customer's side."""
    changes.understand(item, transcript.text, felt=hearing.customers_words(transcript))


async def _recording(session: AsyncSession, interaction_id: int) -> Attachment | None:
    attached = (await talk.attachments(session, [interaction_id])).get(interaction_id, [])
    for file in attached:
        stored = StoredFile(name=file.name, type=file.type, size=file.size, sha256=file.sha256)
        if media.is_recording(stored):
            return file
    return None


async def _hotwords(session: AsyncSession, item: Interaction) -> list[str]:
    """Names that the recording probably holds, so that they are spelt right: the customer's, its
    projects' and people's, then the firm's own members.
    """
    found: list[str] = []
    if item.customer_id is not None:
        of_customer: tuple[Any, ...] = (
            select(Alias.text).where(
                Alias.customer_id == item.customer_id, Alias.source != "derived"
            ),
            select(Project.name).where(Project.customer_id == item.customer_id),
            select(Contact.name).where(Contact.customer_id == item.customer_id),
        )
        for question in of_customer:
            found += (await session.exec(question.limit(_HOTWORDS))).all()
    members = select(User.name).where(col(User.active)).order_by(col(User.id))
    found += (await session.exec(members.limit(_HOTWORDS))).all()
    return list(dict.fromkeys(found))[:_HOTWORDS]


async def _place(session: AsyncSession, item: Interaction) -> None:
    """File by the words what the sender alone did not settle; else what was found stands."""
    if item.customer_id is not None and item.project_id is not None:
        item.status = "filed"
        return
    question = evidence.Question(
        text=item.text,
        channel=item.channel,
        senders=evidence.senders_of(item.channel, item.sender_address),
        proven=item.sender_proven,
    )
    found = await match.load(session, [question])
    answer = match.decide(question, found)
    if item.customer_id is None:
        item.status = answer.status
        item.customer_id, item.contact_id = answer.customer_id, answer.contact_id
        item.confidence, item.evidence = answer.confidence, list(answer.because)
        item.candidates = candidates(answer.candidates, found)
    else:
        item.status = "filed"
    if answer.customer_id == item.customer_id:
        item.project_id = answer.project_id
    await talk.refile(session, item)
