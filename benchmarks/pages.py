"""What a person waits for: a customer's page and a search, at 10 000 and at 1 000 000 interactions."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from urllib.parse import urlencode

import psycopg

from benchmarks import browsing, firm
from benchmarks.figures import Figure, percentile
from benchmarks.installation import Installation
from bot.app import secret_key
from storage import customers, search, talk
from storage.db import Database
from storage.embedded import open_cluster
from storage.scope import Scope

SEED: Final = 17
CUSTOMERS: Final = 1000
RARE: Final = "饕餮"
"""Two characters that stand in one text of fifty thousand."""
WORDS: Final = {
    "a frequent word": "图纸",
    "a rare word": RARE,
    "two words": "发票 付款",
    "a Latin word": "invoice",
    "no such word": "貔貅",
}
_COLUMNS: Final = (
    "conversation_id channel kind direction message_key customer_id project_id sender_name"
    " sender_address sender_proven subject text quoted audience language sentiment score because"
    " signals extract status confidence evidence candidates occurred_at received_at search"
).split()

Asked = Callable[[Database, Random], Awaitable[object]]


def run(*, quick: bool) -> Iterator[Figure]:
    """Both sizes in one database, so that their ratio is that of the data alone."""
    sizes = (10_000, 100_000) if quick else (10_000, 1_000_000)
    house = Installation()
    try:
        made = firm.generate(CUSTOMERS, SEED)
        made["members"][0]["password"] = browsing.PASSWORD
        said = [body["text"] for body, _ in firm.messages(made, 5000, SEED)]
        house.load(made)
        house.start("serve", "--only", "web")
        house.ready()
        member = browsing.Member(house.port, made["members"][0]["name"])
        there = 0
        before: dict[str, float] = {}
        for size in sizes:
            with house.database() as connection:
                grow(connection, size - there, said)
            there = size
            times = 60 if quick else 200
            took = asyncio.run(_measured(house, times)) | _opened(member, times)
            for what, ms in took.items():
                yield from _figures(what, size, ms, before)
        member.close()
    finally:
        house.end()


def _figures(what: str, size: int, took: list[float], before: dict[str, float]) -> Iterator[Figure]:
    p95 = percentile(took, 0.95)
    least, aim = (50, 15) if what.startswith("customer page") else (100, 30)
    beside = f"p50 {percentile(took, 0.5):.1f} ms"
    if what in before:
        beside += f"; ×{p95 / before[what]:.1f} of 10,000"
    yield Figure(f"{what}, {size:,}: p95", p95, "ms", least, aim, beside, most=True)
    before.setdefault(what, p95)


# --- a firm's years of talk ----------------------------------------------------------------------


def grow(connection: psycopg.Connection[Any], count: int, said: Sequence[str]) -> None:
    """Add so many interactions: two years of talk, a tenth of it with one customer."""
    dice = Random(count)
    places = connection.execute("""
SELECT c.id, (SELECT min(p.id) FROM project p WHERE p.customer_id = c.id) FROM customer c ORDER BY c.id
""").fetchall()
    connection.execute("DROP INDEX ix_interaction_search")  # filling it row by row takes minutes
    columns = ", ".join(_COLUMNS)
    with connection.cursor().copy(f"COPY interaction ({columns}) FROM STDIN") as copy:
        for number in range(count):
            copy.write_row(_row(dice, number, count, places, said))
    connection.execute("CREATE INDEX ix_interaction_search ON interaction USING gin (search)")
    connection.execute("ANALYZE interaction")


def _row(
    dice: Random, number: int, count: int, places: list[Any], said: Sequence[str]
) -> tuple[Any, ...]:
    customer, project = places[int(len(places) * dice.random() ** 3)]
    text = _text(dice, number, said)
    at = datetime.now(UTC) - timedelta(days=730) * (1 - number / count)
    return (
        *(None, "hook", "message", "in", f"grown-{count}-{number}", customer),
        *(project if dice.random() < 0.7 else None, "某人", "u-1", False, "", text, "", "customer"),
        *("zh", dice.choice(("neutral", "negative", "positive")), 0.1, "", "{}", "{}", "filed"),
        *(0.95, "{}", "{}", at, at, search.vector(text)),
    )


def _text(dice: Random, number: int, said: Sequence[str]) -> str:
    """A message as it is said, with a number of its own, so that no two are the same."""
    parts = [dice.choice(said) for _ in range(dice.choice((1, 1, 2, 3)))]
    parts.append(f"单号{number}" if dice.random() < 0.75 else f"ref. INV-{number}")
    if number % 50_000 == 7:
        parts.append(f"领导提到{RARE}")
    return "。".join(parts)


# --- asking --------------------------------------------------------------------------------------


async def _measured(house: Installation, times: int) -> dict[str, list[float]]:
    """What was asked → ms of each of so many askings, after a few that do not count."""
    asked: dict[str, Asked] = {"customer page": _page, "customer page of a member": _own_page}
    for name, words in WORDS.items():
        asked[f"search, {name}"] = _search(Scope.everything(), words)
    own = Scope(1, frozenset({("own", "own")}), talk=True)
    asked["search, a frequent word in own customers"] = _search(own, WORDS["a frequent word"])
    took: dict[str, list[float]] = {}
    async with _database(house) as db:
        for what, ask in asked.items():
            dice = Random(SEED)
            for _ in range(5):
                await ask(db, dice)
            took[what] = [await _ms(ask, db, dice) for _ in range(times)]
    return took


def _opened(member: browsing.Member, times: int) -> dict[str, list[float]]:
    """The console over HTTP: a customer's page whole, and the page of what was found."""
    dice = Random(SEED)
    pages = [f"/customers/{_code(dice)}" for _ in range(times + 5)]
    found = f"/search?{urlencode({'q': WORDS['a frequent word']})}"
    return {
        "customer page over HTTP": [member.open(page) for page in pages][5:],
        "search page over HTTP": [member.open(found) for _ in pages][5:],
    }


async def _ms(ask: Asked, db: Database, dice: Random) -> float:
    began = time.perf_counter()
    await ask(db, dice)
    return (time.perf_counter() - began) * 1000


@asynccontextmanager
async def _database(house: Installation) -> AsyncIterator[Database]:
    cluster = await asyncio.to_thread(open_cluster, house.data)
    db = Database(cluster.url, secret_key(house.data))
    try:
        yield db
    finally:
        await db.close()
        await asyncio.to_thread(cluster.close)


async def _page(db: Database, dice: Random) -> None:
    await _shown(db, Scope.everything(), dice)


async def _own_page(db: Database, dice: Random) -> None:
    """As a member sees it who may not see everything."""
    await _shown(db, Scope(1, frozenset({("all", "own"), ("own", "member")}), talk=True), dice)


def _code(dice: Random) -> str:
    """A customer as they are asked for: the busy ones often."""
    return f"C-{int(CUSTOMERS * dice.random() ** 3) + 1:06d}"


async def _shown(db: Database, scope: Scope, dice: Random) -> None:
    async with db.transaction() as session:
        customer = await customers.by_code(session, scope, _code(dice))
        assert customer is not None
        await customers.card(session, scope, customer)
        await talk.timeline(session, scope, customer_id=customer.id, limit=50)


def _search(scope: Scope, words: str) -> Asked:
    async def ask(db: Database, _dice: Random) -> None:
        async with db.transaction() as session:
            await search.interactions(session, scope, words)

    return ask
