"""What replicas share: tokens asked for once, cursors that stay, one holder at a time."""

import asyncio

import psycopg
import pytest

from bot.contract import Token
from bot.sharing import Holds, SharedCursors, SharedTokens
from storage.db import Database


class Platform:
    """Gives tokens, and counts them."""

    def __init__(self, lasts_s: float = 7200) -> None:
        self.given = 0
        self.lasts_s = lasts_s

    async def ask(self) -> Token:
        await asyncio.sleep(0.05)
        self.given += 1
        return Token(f"t{self.given}", self.lasts_s)


@pytest.fixture
async def other(url: str):
    """Another replica."""
    database = Database(url, b"o" * 32)
    yield database
    await database.close()


async def test_replicas_ask_for_a_token_once(db: Database, other: Database):
    far = Platform()
    tokens = [SharedTokens(db), SharedTokens(other)] * 10
    found = await asyncio.gather(*(one.get("x", far.ask) for one in tokens))
    assert set(found) == {"t1"}
    assert far.given == 1


async def test_a_refused_token_is_replaced_once_by_all_who_met_it(db: Database, other: Database):
    far = Platform()
    first = await SharedTokens(db).get("x", far.ask)
    found = await asyncio.gather(
        *(SharedTokens(d).get("x", far.ask, refused=first) for d in (db, other) * 5)
    )
    assert set(found) == {"t2"}
    assert far.given == 2


async def test_a_token_that_ran_out_is_replaced(db: Database):
    far = Platform(lasts_s=0)
    tokens = SharedTokens(db)
    assert [await tokens.get("x", far.ask) for _ in range(2)] == ["t1", "t2"]


async def test_a_failing_platform_leaves_nothing_behind(db: Database):
    async def fail() -> Token:
        raise RuntimeError("down")

    tokens = SharedTokens(db)
    with pytest.raises(RuntimeError):
        await tokens.get("x", fail)
    assert await tokens.get("x", Platform().ask) == "t1"


def test_a_token_is_not_shown():
    assert "secret" not in repr(Token("secret", 1))


async def test_a_cursor_stays(db: Database, other: Database):
    assert await SharedCursors(db).get("kf") == ""
    for value in ("a", "b"):
        await SharedCursors(db).put("kf", value)
    assert await SharedCursors(other).get("kf") == "b"


async def test_one_holds_and_the_next_takes_over(db: Database, other: Database, url: str):
    working: list[str] = []
    begun = asyncio.Event()

    async def work(name: str) -> None:
        working.append(name)
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            working.remove(name)

    first = asyncio.create_task(Holds(db)("socket", lambda: work("first")))
    await begun.wait()
    begun.clear()
    second = asyncio.create_task(Holds(other)("socket", lambda: work("second")))
    await asyncio.sleep(0.3)
    assert working == ["first"]
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await begun.wait()
    assert working == ["second"]
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    assert working == []


async def test_a_lost_connection_loses_the_hold(
    db: Database, url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.sharing._LOOK_S", 0.05)
    begun = asyncio.Event()
    times = 0

    async def work() -> None:
        nonlocal times
        times += 1
        begun.set()
        await asyncio.Event().wait()

    holding = asyncio.create_task(Holds(db)("socket", work))
    await begun.wait()
    begun.clear()
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'keqing/hold' AND datname = current_database()"
        )
    async with asyncio.timeout(10):
        await begun.wait()
    assert times == 2
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)


async def test_work_that_ends_ends_the_hold(db: Database):
    async def work() -> None:
        return

    async with asyncio.timeout(10):
        await Holds(db)("once", work)


async def test_work_that_breaks_is_told(db: Database):
    async def work() -> None:
        raise ValueError("broke")

    with pytest.raises(ValueError, match="broke"):
        await Holds(db)("once", work)
