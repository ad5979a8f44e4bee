"""Climbs the ladders of alerts that nobody has taken."""

from typing import Final

from bot import log
from bot.clock import Clock
from bot.rules import engine
from bot.rules.engine import Engine
from storage import watch
from storage.db import Database

JOB: Final = "escalation"
CRON: Final = "2-59/5 * * * *"

_log = log.get("escalation")


class Escalation:
    """The job that tells the next person of each alert whose time has come."""

    def __init__(self, db: Database, rules: Engine, now: Clock) -> None:
        self._db = db
        self._rules = rules
        self._now = now

    async def run(self, slot: str) -> None:  # noqa: ARG002 - what is due now counts
        now = self._now()
        told = 0
        async with self._db.transaction() as session:
            await watch.lock(session, ["scan"])
            due = await watch.open_alerts(session, climbing=now)
            if due:
                await watch.lock(session, [alert.subject for alert in due])
                rules = await engine.in_force(session)
                for alert in await watch.open_alerts(session, climbing=now):
                    told += await self._rules.alerting.climb(session, alert, rules, now)
        _log.info("escalation.done", told=told)
