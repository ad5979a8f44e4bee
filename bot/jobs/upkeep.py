"""Housekeeping: sealing the trace, pruning what is done, transcribing what waited for a model."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import text

from bot import log
from bot.clock import Clock
from bot.jobs.transcribe import Transcriber
from storage import audit, inbox, slots, sources
from storage.db import Database

JOB: Final = "upkeep"
CRON: Final = "*/2 * * * *"
KEEP_INBOX: Final = timedelta(days=30)
KEEP_JOBS: Final = timedelta(days=7)
KEEP_TOLD: Final = timedelta(days=400)
"""What a source told and is told again after that is taken again."""

_log = log.get("upkeep")


class Upkeep:
    """The job that keeps the house in order."""

    def __init__(self, db: Database, data: Path, transcriber: Transcriber, now: Clock) -> None:
        self._db = db
        self._data = data
        self._transcriber = transcriber
        self._now = now

    async def run(self, slot: str) -> None:  # noqa: ARG002 - each part looks at now
        now = self._now()
        await self.seal()
        async with self._db.transaction() as session:
            pruned = await inbox.prune(session, now - KEEP_INBOX)
            await slots.prune(session, now - KEEP_JOBS)
            await sources.prune(session, now - KEEP_TOLD)
            await session.execute(
                text("""
DELETE FROM procrastinate_jobs WHERE status = 'succeeded' AND id IN (
  SELECT job_id FROM procrastinate_events WHERE type = 'succeeded' AND at < :before LIMIT 5000
)
"""),
                {"before": now - KEEP_JOBS},
            )
        queued = await self._transcriber.queue_waiting()
        if pruned or queued:
            _log.info("upkeep.done", pruned=pruned, queued=queued)

    async def seal(self) -> None:
        """Chain the audit rows that are committed."""
        while True:
            async with self._db.transaction() as session:
                await audit.begin_head(session, self._data)
                link = await audit.seal(session)
            if link is None:
                return
            audit.keep_head(self._data, link)
