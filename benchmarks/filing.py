"""Loading a firm of 10 000 customers, and telling whose messages are."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.hook import inbound
from benchmarks import firm
from benchmarks.figures import Figure, percentile
from benchmarks.installation import Installation
from bot.app import secret_key
from bot.pipeline import evidence, match
from bot.pipeline.flow import question_of
from storage.db import Database
from storage.directory import Directory
from storage.embedded import open_cluster

SEED: Final = 5
CUSTOMERS: Final = 10_000
BATCH: Final = 256


@dataclass(slots=True)
class Seen:
    """What matching answered: verdicts (correct, wrong, asked) and ms per message."""

    verdicts: Counter[str] = field(default_factory=Counter)
    alone_ms: list[float] = field(default_factory=list)
    batch_ms: float = 0.0

    def share(self, verdict: str) -> float:
        return 100 * self.verdicts[verdict] / self.verdicts.total()


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
        messages = list(firm.messages(made, 500 if quick else 3000, SEED))
        yield from _figures(asyncio.run(_match(house, messages)), customers)
    finally:
        house.end()


def _figures(seen: Seen, customers: int) -> Iterator[Figure]:
    name = f"matching at {customers:,} customers"
    yield Figure(f"{name}, p50", percentile(seen.alone_ms, 0.5), "ms", most=True)
    yield Figure(f"{name}, p99", percentile(seen.alone_ms, 0.99), "ms", 50, 20, most=True)
    yield Figure(f"{name}, in batches of {BATCH}", seen.batch_ms, "ms each", most=True)
    yield Figure("filed right", seen.share("correct"), "%")
    yield Figure("filed wrong", seen.share("wrong"), "%", most=True)
    yield Figure("asked, or taken for a stranger", seen.share("asked"), "%", most=True)


async def _match(
    house: Installation, messages: Sequence[tuple[dict[str, Any], firm.Expected]]
) -> Seen:
    cluster = await asyncio.to_thread(open_cluster, house.data)
    db = Database(cluster.url, secret_key(house.data))
    seen = Seen()
    try:
        asked = [(_question(body), expected) for body, expected in messages]
        for question, expected in asked:
            began = time.perf_counter()
            found, answer = await _one(db, question)
            seen.alone_ms.append((time.perf_counter() - began) * 1000)
            seen.verdicts[_verdict(answer, found, expected)] += 1
        began = time.perf_counter()
        for start in range(0, len(asked), BATCH):
            await _many(db, [question for question, _ in asked[start : start + BATCH]])
        seen.batch_ms = (time.perf_counter() - began) * 1000 / len(asked)
    finally:
        await db.close()
        await asyncio.to_thread(cluster.close)
    return seen


def _question(body: dict[str, Any]) -> evidence.Question:
    raw = json.dumps(body).encode()
    return question_of(inbound.to_message(inbound.read(raw), raw))


async def _one(db: Database, question: evidence.Question) -> tuple[Directory, match.Match]:
    async with db.transaction() as session:
        found = await match.load(session, [question])
    return found, match.decide(question, found)


async def _many(db: Database, questions: Sequence[evidence.Question]) -> None:
    async with db.transaction() as session:
        found = await match.load(session, questions)
    for question in questions:
        match.decide(question, found)


def _verdict(answer: match.Match, found: Directory, expected: firm.Expected) -> str:
    """Asking is never wrong; filing is right only where it names what can be known."""
    if expected is None:
        return {"stranger": "correct", "file": "wrong", "ask": "asked"}[answer.decision]
    if answer.decision != "file" or answer.customer_id is None:
        return "asked"
    projects = {p.id: p.code for each in found.projects.values() for p in each}
    customer, project = expected
    right = found.customers[answer.customer_id][0] == customer
    if project is not None:
        right = right and projects.get(answer.project_id or 0) == project
    return "correct" if right else "wrong"
