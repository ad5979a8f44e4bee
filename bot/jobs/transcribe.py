"""Recordings become words: in the speech worker, or later where no model is there yet."""

import asyncio
from collections.abc import Callable
from typing import Final

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import log
from bot.clock import Clock
from bot.contract import (
    MediaStore,
    SpeechEngine,
    StoredFile,
    Transcript,
    Unreadable,
    WaitingForModel,
)
from bot.jobs.minutes import Minutes
from bot.pipeline import changes, evidence, match, media
from bot.pipeline.file import candidates, transcript_json
from bot.rules.engine import Engine, Filed
from bot.runtime import SPEECH, Jobs
from bot.texts import Text
from storage import audit, talk
from storage.db import Database
from storage.tables import Alias, Attachment, Interaction

JOB: Final = "transcribe"
_HOTWORDS: Final = 40
_MISSING: Final = Text("录音文件不见了", "the recording is missing")

_log = log.get("transcribe")


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
        now: Clock,
    ) -> None:
        self._db = db
        self._jobs = jobs
        self._media = store
        self._engine = engine
        self._rules = rules
        self._minutes = minutes
        self._now = now

    async def queue(self, session: AsyncSession, interaction_id: int) -> None:
        """Hand a recording to the speech worker, in this transaction."""
        await self._jobs.defer(session, JOB, queue=SPEECH, interaction_id=interaction_id)

    async def queue_waiting(self) -> int:
        """Queue recordings that wait for a model and are in no queue, if there is a model now."""
        if not any(self._engine().models()):
            return 0
        async with self._db.transaction() as session:
            waiting = await talk.waiting_for_model(session, JOB)
            for interaction_id in waiting:
                await self.queue(session, interaction_id)
        return len(waiting)

    async def run(self, interaction_id: int) -> None:
        """Transcribe one recording; harmless to run twice."""
        async with self._db.transaction() as session:
            item = await session.get(Interaction, interaction_id)
            if item is None or item.status != "waiting_for_model":
                return
            recording = await _recording(session, interaction_id)
            hotwords = await _hotwords(session, item.customer_id)
        path = self._media.path(recording.sha256) if recording else None
        if path is None or not path.is_file():
            await self.fail(interaction_id, f"{_MISSING.en} / {_MISSING.zh}")
            return
        try:
            transcript = await asyncio.to_thread(
                self._engine().transcribe, path, hotwords=hotwords, progress=_quiet
            )
        except WaitingForModel:
            _log.info("transcribe.waiting_for_model", interaction=interaction_id)
            return
        except Unreadable as error:
            await self.fail(interaction_id, str(error))
            return
        await self._keep(interaction_id, transcript)

    async def _keep(self, interaction_id: int, transcript: Transcript) -> None:
        async with self._db.transaction() as session:
            item = await session.get(Interaction, interaction_id, with_for_update=True)
            if item is None or item.status != "waiting_for_model":
                return
            item.transcript = transcript_json(transcript)
            changes.understand(item, transcript.text)
            await _place(session, item)
            session.add(item)
            trace = audit.Trace(
                "interaction.transcribed", "interaction", item.id, facts=transcript.text
            )
            await audit.write(session, trace)
            await session.flush()
            await self._rules.filed(session, [_filed(item)], self._now())
            await self._minutes.post(session, item, transcript, self._now())
        _log.info("transcribe.done", interaction=interaction_id, seconds=transcript.duration_s)

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
        _log.warning("transcribe.unreadable", interaction=interaction_id, why=why)


async def _recording(session: AsyncSession, interaction_id: int) -> Attachment | None:
    attached = (await talk.attachments(session, [interaction_id])).get(interaction_id, [])
    for file in attached:
        stored = StoredFile(name=file.name, type=file.type, size=file.size, sha256=file.sha256)
        if media.is_recording(stored):
            return file
    return None


async def _hotwords(session: AsyncSession, customer_id: int | None) -> list[str]:
    """Names that the recording probably holds, so that they are spelt right."""
    if customer_id is None:
        return []
    found = await session.exec(
        select(Alias.text)
        .where(Alias.customer_id == customer_id, Alias.source != "derived")
        .limit(_HOTWORDS)
    )
    return list(found.all())


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


def _filed(item: Interaction) -> Filed:
    return Filed(
        interaction_id=item.id,
        customer_id=item.customer_id,
        project_id=item.project_id,
        direction=item.direction,
        sentiment=item.sentiment,
        score=item.score,
        signals=tuple(item.signals),
        kind=item.kind,
        because=item.because,
    )


def _quiet(_share: float) -> None:
    return
