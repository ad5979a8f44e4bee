"""What is old goes: recordings by age, unless somebody keeps one. Their words stay."""

from datetime import timedelta
from typing import Final

from bot import log
from bot.clock import Clock
from bot.texts import Text
from storage import audit, recordings
from storage.db import Database
from storage.files import FileStore

JOB: Final = "retention"
CRON: Final = "40 19 * * *"
_BATCH: Final = 500

_EXPIRED: Final = Text("录音已按保留期限删除", "the recording was deleted by its age")

_log = log.get("retention")


class Retention:
    """The nightly job. `days` is how long sound is kept; 0: for good."""

    def __init__(self, db: Database, files: FileStore, days: int, now: Clock) -> None:
        self._db = db
        self._files = files
        self._days = days
        self._now = now

    async def run(self, slot: str) -> None:  # noqa: ARG002 - it looks at now
        if not self._days:
            return
        count = 0
        while found := await self._batch():
            count += found
        if count:
            _log.info("retention.done", recordings=count)

    async def _batch(self) -> int:
        before = self._now() - timedelta(days=self._days)
        async with self._db.transaction() as session:
            old = await recordings.older(session, before, _BATCH)
            for attachment_id, _ in old:
                why = f"{_EXPIRED.zh} / {_EXPIRED.en}"
                await recordings.forget_sound(session, attachment_id, why)
            await audit.write(
                session,
                *(audit.Trace("attachment.expired", "attachment", id_) for id_, _ in old),
            )
        # The record says so first: a file that outlives it is found again, a missing one is not.
        for sha256 in {digest for _, digest in old}:
            async with self._db.transaction() as session:
                if not await recordings.in_use(session, sha256):
                    self._files.path(sha256).unlink(missing_ok=True)
        return len(old)
