"""`/healthz`, `/readyz` and `/metrics`: what supervisors and Prometheus ask."""

import asyncio
import time
from typing import Any, Final

from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.process_collector import ProcessCollector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.app import Program
from storage import db

MOST_LAG_S: Final = 60
"""How old the oldest waiting message may be while the program still counts as ready."""

PATHS: Final = ("/healthz", "/readyz", "/metrics")


class Health:
    """Answers from the database, so that every replica says the same."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._depth = Gauge(
            "keqing_queue_depth", "Items that wait", ["queue"], registry=self.registry
        )
        self._lag = Gauge(
            "keqing_drain_lag_seconds", "Age of the oldest waiting message", registry=self.registry
        )
        self._rejects = Gauge(
            "keqing_rejects", "Inputs that could not be read", registry=self.registry
        )
        self._loop_lag = Gauge(
            "keqing_loop_lag_seconds", "Delay of the event loop", registry=self.registry
        )
        self.requests = Histogram(
            "keqing_request_seconds",
            "Time per request",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.unhandled = Counter(
            "keqing_unhandled_errors", "Requests that ended in an error", registry=self.registry
        )

    async def alive(self, _request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def ready(self, _request: web.Request) -> web.Response:
        try:
            depths = await self._depths()
        except (SQLAlchemyError, OSError) as error:
            state = {"ready": False, "database": type(error).__name__}
            return web.json_response(state, status=503)
        migrated = depths.pop("schema") == db.head()
        ready = migrated and depths["drain_lag_s"] < MOST_LAG_S
        state = {"ready": ready, "database": "ok", "migrated": migrated, **depths}
        return web.json_response(state, status=200 if ready else 503)

    async def metrics(self, _request: web.Request) -> web.Response:
        try:
            depths = await self._depths()
        except (SQLAlchemyError, OSError):
            depths = {}
        for queue in ("inbox", "outbox", "jobs"):
            if queue in depths:
                self._depth.labels(queue).set(depths[queue])
        if depths:
            self._lag.set(depths["drain_lag_s"])
            self._rejects.set(depths["rejects"])
        started = time.perf_counter()
        await asyncio.sleep(0)
        self._loop_lag.set(time.perf_counter() - started)
        return web.Response(
            body=generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    async def _depths(self) -> dict[str, Any]:
        async with self._program.db.transaction() as session:
            row = (
                await session.execute(
                    text("""
SELECT (SELECT count(*) FROM inbox WHERE state = 'waiting'),
  (SELECT COALESCE(extract(epoch FROM clock_timestamp() - min(received_at)), 0)::float
     FROM inbox WHERE state = 'waiting'),
  (SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sending')),
  (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')),
  (SELECT count(*) FROM reject),
  (SELECT version_num FROM alembic_version)
""")
                )
            ).one()
        names = ("inbox", "drain_lag_s", "outbox", "jobs", "rejects", "schema")
        return dict(zip(names, row, strict=True))


def mount(application: web.Application, program: Program) -> Health:
    health = Health(program)
    asked = (health.alive, health.ready, health.metrics)
    application.add_routes(
        [web.get(path, answer) for path, answer in zip(PATHS, asked, strict=True)]
    )
    return health
