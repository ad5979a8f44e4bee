"""Files that platforms keep: fetched after the message is filed, before the platform drops them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import log
from bot.clock import Clock
from bot.contract import (
    Adapter,
    AdapterError,
    ChannelName,
    Fetching,
    RemoteFile,
    StoredFile,
    TryLater,
)
from bot.jobs.transcribe import Transcriber
from bot.pipeline import media
from bot.runtime import Jobs
from bot.texts import Text
from storage import audit
from storage.db import Database
from storage.tables import Attachment, Interaction

JOB: Final = "fetch"
ATTEMPTS: Final = 11
"""With tripling pauses, over a day: WeCom keeps files for three."""
GIVE_UP: Final = timedelta(hours=20)
_GONE: Final = Text("平台一直没有给出文件：{why}", "the platform never gave the file: {why}")

_log = log.get("fetch")


class Fetcher:
    """The job that brings one file of a message into the media store."""

    def __init__(
        self,
        db: Database,
        jobs: Jobs,
        adapters: Mapping[ChannelName, Adapter],
        transcriber: Transcriber,
        now: Clock,
    ) -> None:
        self._db = db
        self._jobs = jobs
        self._adapters = adapters
        self._transcriber = transcriber
        self._now = now

    async def queue(self, session: AsyncSession, attachment_id: int) -> None:
        await self._jobs.defer(session, JOB, attachment_id=attachment_id)

    async def run(self, attachment_id: int) -> None:
        """Fetch one file; harmless to run twice. Raises `TryLater` to be run again."""
        async with self._db.transaction() as session:
            row = await session.get(Attachment, attachment_id)
            if row is None or row.sha256 or row.error:
                return
            item = await session.get_one(Interaction, row.interaction_id)
        adapter = self._adapters.get(ChannelName(item.channel))
        if not isinstance(adapter, Fetching):
            return
        file = RemoteFile(ref=row.ref, name=row.name, type=row.type, size=row.size or None)
        try:
            stored = await adapter.fetch(file)
        except TryLater as error:
            if self._now() - row.created_at < GIVE_UP:
                raise
            why = f"{_GONE.zh.format(why=error)} / {_GONE.en.format(why=error)}"
            await self._fail(attachment_id, why)
        except AdapterError as error:
            await self._fail(attachment_id, str(error))
        else:
            await self._keep(attachment_id, stored)

    async def _keep(self, attachment_id: int, stored: StoredFile) -> None:
        async with self._db.transaction() as session:
            row = await session.get_one(Attachment, attachment_id, with_for_update=True)
            if row.sha256:
                return
            row.name, row.type = stored.name, stored.type
            row.size, row.sha256 = stored.size, stored.sha256
            session.add(row)
            await audit.write(session, audit.Trace("attachment.fetched", "attachment", row.id))
            item = await session.get_one(Interaction, row.interaction_id)
            if item.status == "waiting_for_model" and media.is_recording(stored):
                await self._transcriber.queue(session, item.id)
        _log.info("fetch.done", attachment=attachment_id, size=stored.size)

    async def _fail(self, attachment_id: int, why: str) -> None:
        """The message stays, and says why its file could not be had."""
        async with self._db.transaction() as session:
            row = await session.get_one(Attachment, attachment_id)
            row.error = why
            session.add(row)
            item = await session.get_one(Interaction, row.interaction_id)
            interaction_id, waits = item.id, item.status == "waiting_for_model"
        _log.warning("fetch.refused", attachment=attachment_id, why=why)
        if waits:
            await self._transcriber.fail(interaction_id, why)
