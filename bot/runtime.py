"""The job queue and the clock: the only file that knows procrastinate and APScheduler."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any, Final

import psycopg
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import ConnectorException
from procrastinate.schema import SchemaManager
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import log
from bot.clock import Clock
from storage import slots
from storage.db import Database, ending, raw_connection

DEFAULT: Final = "default"
SPEECH: Final = "speech"
STALLED_S: Final = 30
GRACE: Final = timedelta(hours=6)
"""A slot missed by longer than this is left out; one missed by less is caught up."""

_log = log.get("runtime")

Job = Callable[..., Awaitable[None]]


class Jobs:
    """Slow or outside work, deferred inside business transactions. Arguments are ids, never texts."""

    def __init__(self, url: str) -> None:
        self._app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=6))
        logging.getLogger("procrastinate").setLevel(logging.ERROR)

    def add(self, name: str, job: Job, *, queue: str = DEFAULT, attempts: int = 5) -> None:
        """Make `job` runnable under a name; it must be harmless to run twice."""
        retry = RetryStrategy(max_attempts=attempts, exponential_wait=3)
        self._app.task(name=name, queue=queue, retry=retry)(job)

    async def defer(
        self,
        session: AsyncSession,
        name: str,
        *,
        queue: str = DEFAULT,
        priority: int = 0,
        **ids: Any,
    ) -> None:
        """Queue a job; it exists once the session's transaction commits. Higher goes first."""
        connection = await raw_connection(session)
        task = self._app.configure_task(name, queue=queue, priority=priority, connection=connection)
        await task.defer_async(**ids)

    async def run(self, queues: Sequence[str], *, concurrency: int = 4, wait: bool = True) -> None:
        """Work on queues until cancelled; with `wait=False` until they are empty."""
        while True:
            try:
                async with self._app.open_async():
                    await self._work(queues, concurrency, wait=wait)
            except ConnectorException:  # the worker gives up when the database dies under it
                ending()
                if not wait:
                    raise
                _log.warning("jobs.database_failed")
                await asyncio.sleep(1)
            else:
                return

    async def _work(self, queues: Sequence[str], concurrency: int, *, wait: bool) -> None:
        await self._retry_stalled()
        tasks = [
            asyncio.create_task(
                self._app.run_worker_async(
                    queues=list(queues),
                    concurrency=concurrency,
                    wait=wait,
                    install_signal_handlers=False,
                    listen_notify=True,
                    fetch_job_polling_interval=2.0,
                    update_heartbeat_interval=5.0,
                    stalled_worker_timeout=STALLED_S,
                    # Who works until nothing is left ends what was begun, however long it takes.
                    shutdown_graceful_timeout=1.0 if wait else inf,
                    delete_jobs="never",
                )
            )
        ]
        if wait:
            tasks.append(asyncio.create_task(self._watch_stalled()))
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch_stalled(self) -> None:
        while True:
            await asyncio.sleep(STALLED_S / 2)
            await self._retry_stalled()

    async def _retry_stalled(self) -> None:
        """Jobs whose worker was killed go back into the queue."""
        manager = self._app.job_manager
        try:
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
                _log.warning("job.stalled", job=job.id, name=job.task_name)
                await manager.retry_job(job)
        except ConnectorException:  # the next look finds them
            ending()
            _log.warning("jobs.database_failed")


def install(url: str) -> None:
    """The job queue's own tables, where they are not there yet. Blocking."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (0x6B657170,))
        found = connection.execute("SELECT to_regclass('procrastinate_jobs')").fetchone()
        if found and found[0] is None:
            connection.execute(SchemaManager.get_schema())


class ClockWork:
    """Fires slots of jobs, once however many replicas run it, and catches up missed ones."""

    def __init__(self, db: Database, jobs: Jobs, now: Clock) -> None:
        self._db = db
        self._jobs = jobs
        self._now = now
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._crons: dict[str, CronTrigger] = {}

    def add(self, name: str, cron: str) -> None:
        """Queue the job `name` at every time of a crontab line (UTC)."""
        self._crons[name] = CronTrigger.from_crontab(cron, timezone=UTC)

    async def run(self) -> None:
        """Tick until cancelled."""
        for name in self._crons:
            await self._catch_up(name)
        for name, trigger in self._crons.items():
            self._scheduler.add_job(
                self._tick, trigger, args=[name], misfire_grace_time=60, coalesce=True
            )
        self._scheduler.start()
        try:
            await asyncio.Event().wait()
        finally:
            self._scheduler.shutdown(wait=False)

    async def _tick(self, name: str) -> None:
        try:
            await self.fire(name, self._now().replace(second=0, microsecond=0))
        except Exception:  # noqa: BLE001 - the clock goes on; the slot is caught up at the next start
            _log.exception("clock.tick_failed", job=name)

    async def _catch_up(self, name: str) -> None:
        """Fire the newest slot that nobody fired, if it is not too long ago."""
        now = self._now()
        at = now - GRACE
        newest: datetime | None = None
        while (found := self._crons[name].get_next_fire_time(None, at)) and found <= now:
            newest, at = found, found + timedelta(seconds=1)
        while newest is not None:
            try:
                await self.fire(name, newest)
            except DBAPIError:  # it died while we started; it is being restarted
                ending()
                _log.warning("clock.waits_for_database", job=name)
                await asyncio.sleep(1)
            else:
                return

    async def fire(self, name: str, slot: datetime) -> bool:
        """Queue the job for a slot; False where another replica did."""
        async with self._db.transaction() as session:
            if not await slots.take(session, name, slot):
                return False
            await self._jobs.defer(session, name, slot=slot.isoformat())
        return True
