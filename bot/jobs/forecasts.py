"""Each night: when every running project will probably be done, so that it can be held against what came."""

from typing import Any, Final

from bot import clock, log
from bot.clock import Clock
from bot.people import Defaults
from bot.planning import outlook
from bot.planning.outlook import Forecast
from storage import foretold as kept
from storage.db import Database

JOB: Final = "forecasts"
CRON: Final = "10 17 * * *"
"""Before health is told."""
_PAGE: Final = 250
_DRIVERS: Final = 3

_log = log.get("forecasts")


class Forecasts:
    """The job that keeps one forecast of each running project a day."""

    def __init__(self, db: Database, now: Clock, defaults: Defaults) -> None:
        self._db = db
        self._now = now
        self._defaults = defaults

    async def run(self, slot: str) -> None:  # noqa: ARG002 - what is planned now counts
        zone = self._defaults.timezone
        today = self._now().astimezone(clock.zone(zone)).date()
        after, count = 0, 0
        while True:
            async with self._db.transaction() as session:
                projects = await kept.unforeseen(session, today, after, _PAGE)
                found = await outlook.forecasts_of(session, projects, today, zone)
                rows = [_row(one) for one in found.values() if one.due]
                await kept.foresee(session, [{**row, "day": today} for row in rows])
            if not projects:
                break
            after, count = projects[-1].id, count + len(rows)
        _log.info("forecasts.done", projects=count)


def _row(one: Forecast) -> dict[str, Any]:
    return {
        "project_id": one.project.id,
        "due": one.due,
        "p50": one.half,
        "p80": one.most,
        "spi": one.spi,
        "drivers": [
            {"task": task.id, "share": round(driver.share, 3), "days": round(driver.days, 2)}
            for task, driver in one.drivers[:_DRIVERS]
        ],
    }
