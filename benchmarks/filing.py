"""Loading a firm of 10 000 customers, and telling whose messages are."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any, Final

from benchmarks import firm
from benchmarks.figures import Figure, percentile
from benchmarks.installation import Installation
from bot.app import secret_key
from bot.cli.filing_eval import BATCH, Report, measured
from storage.db import Database
from storage.embedded import open_cluster

SEED: Final = 5
CUSTOMERS: Final = 10_000


def run(*, quick: bool) -> Iterator[Figure]:
    """`keqing load`, then matching message by message and in the drain's batches."""
    customers = CUSTOMERS // 10 if quick else CUSTOMERS
    made = firm.generate(customers, SEED)
    house = Installation()
    try:
        house.do("migrate")  # making the database is not the load's time
        began = time.monotonic()
        house.load(made)
        seconds = time.monotonic() - began
        yield Figure(f"keqing load, {customers:,} customers", seconds, "s", 20, 8, most=True)
        report = asyncio.run(_measured(house, made, 500 if quick else 3000))
        yield from _figures(report)
    finally:
        house.end()


def _figures(report: Report) -> Iterator[Figure]:
    name = f"matching at {report.customers:,} customers"
    batched = f"{name}, in batches of {BATCH}"
    yield Figure(f"{name}, alone, p50", percentile(report.alone, 0.5), "ms", most=True)
    yield Figure(f"{name}, alone, p99", percentile(report.alone, 0.99), "ms", 50, 20, most=True)
    yield Figure(f"{batched}, p99", percentile(report.batched, 0.99), "ms each", 2, 1, most=True)
    yield Figure("filed right", 100 * report.share("correct"), "%", 98, 99)
    yield Figure("filed wrong", 100 * report.share("wrong"), "%", 0.3, 0.1, most=True)
    yield Figure("asked, though it could be known", 100 * report.share("asked"), "%", most=True)


async def _measured(house: Installation, made: dict[str, Any], messages: int) -> Report:
    cluster = await asyncio.to_thread(open_cluster, house.data)
    db = Database(cluster.url, secret_key(house.data))
    try:
        return await measured(db, made, messages, SEED)
    finally:
        await db.close()
        await asyncio.to_thread(cluster.close)
