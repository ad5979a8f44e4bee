"""Each night: how every customer stands, who may leave, and how well that was told before."""

from datetime import date
from typing import Final

import orjson

from bot import clock, log
from bot.clock import Clock
from bot.domain import churn
from bot.people import Defaults
from bot.planning import standing
from storage import definitions, foretold
from storage import health as kept
from storage.db import Database

JOB: Final = "health"
CRON: Final = "40 17 * * *"
"""Early in the night of China, before rules look at it and people come in."""

_log = log.get("health")


class HealthJob:
    """The job that keeps a snapshot of each customer a day; run twice, it writes the same again."""

    def __init__(self, db: Database, now: Clock, defaults: Defaults) -> None:
        self._db = db
        self._now = now
        self._defaults = defaults

    async def run(self, slot: str) -> None:  # noqa: ARG002 - how they stand now counts
        now, zone = self._now(), self._defaults.timezone
        today = now.astimezone(clock.zone(zone)).date()
        after, count = 0, 0
        while True:
            # A transaction for each page: none holds many customers' tasks in memory.
            async with self._db.transaction() as session:
                ids = await kept.customer_ids(session, after)
                found = await standing.of(session, ids, now, zone) if ids else []
                await kept.keep(session, [standing.snapshot(one, today) for one in found])
            if not ids:
                break
            after, count = ids[-1], count + len(ids)
        await self._learn(today)
        _log.info("health.done", customers=count)

    async def _learn(self, today: date) -> None:
        """How well churn was told, and the firm's own scale once it has lost enough customers."""
        async with self._db.transaction() as session:
            card, since = await standing.card(session)
            first = since.astimezone(clock.zone(self._defaults.timezone)).date() if since else None
            seen = await foretold.outcomes(session, today, churn.AHEAD_DAYS, first)
            if not seen:
                return
            learnt = churn.learn([(points, gone) for _, points, gone in seen], card)
            body = orjson.loads(orjson.dumps(learnt))  # as it comes back from the database
            earlier = await definitions.versions(session, "churn", "scale")
            if not earlier or earlier[0].body != body:
                await definitions.write(session, "churn", "scale", body)
