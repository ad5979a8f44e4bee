"""What replicas share through the database: tokens, cursors, who holds what, what a model costs."""

import asyncio
import contextlib
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final

import psycopg

from bot import log
from bot.contract import Notice, Token, Use
from storage import chat_log, model_use, shared
from storage.db import Database, ending
from storage.tables import ModelUse

_log = log.get("sharing")

_LOOK_S: Final = 5.0
"""How often a holder makes sure that it still is the one."""


class SharedTokens:
    """The contract's `Tokens`: one row a token; who refreshes it holds the row meanwhile."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(
        self, name: str, ask: Callable[[], Awaitable[Token]], *, refused: str = ""
    ) -> str:
        async with self._db.transaction() as session:
            found = await shared.token(session, name)
        if found and found != refused:
            return found
        async with self._db.transaction() as session:
            found = await shared.hold_token(session, name)
            if found and found != refused:
                return found
            fresh = await ask()
            await shared.keep_token(session, name, fresh.value, fresh.lasts_s)
        return fresh.value


class SharedCursors:
    """The contract's `Cursors`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, name: str) -> str:
        async with self._db.transaction() as session:
            return await shared.cursor(session, name)

    async def put(self, name: str, value: str) -> None:
        async with self._db.transaction() as session:
            await shared.move_cursor(session, name, value)


class OwnChats:
    """The contract's chat log: lines of our own chats, kept in the database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def append(self, chat: str, notice: Notice, *, key: str, place: str = "") -> str:
        body = notice.model_dump_json(exclude_defaults=True).encode()
        async with self._db.transaction() as session:
            if place.isdecimal() and await chat_log.replace(session, chat, int(place), body):
                return place
            return str(await chat_log.append(session, chat, key, body, None))


class Accounts:
    """The contract's `Ledger`, in the database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def spent(self, day: date, user_id: int | None = None) -> int:
        async with self._db.transaction() as session:
            return await model_use.spent(session, day, user_id)

    async def add(self, day: date, use: Use) -> None:
        row = ModelUse(
            day=day,
            user_id=use.user_id,
            purpose=use.purpose,
            model=use.model,
            asked=1,
            failed=int(use.failed),
            tokens_in=use.tokens_in,
            tokens_out=use.tokens_out,
            cost=use.cost,
        )
        async with self._db.transaction() as session:
            await model_use.add(session, row)


class Keys:
    """The contract's `Key`: made from the installation's own secret, which no adapter sees."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def __call__(self, purpose: str) -> bytes:
        return hmac.digest(self._secret, purpose.encode(), hashlib.sha256)


class Holds:
    """The contract's `Hold`: an advisory lock on a connection of its own for as long as it lives."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._db.url, autocommit=True, application_name="keqing/hold"
                ) as connection:
                    await shared.hold(connection, name)
                    return await _while_held(connection, work)
            except psycopg.OperationalError:
                ending()
                _log.warning("hold.lost", name=name)
                await asyncio.sleep(1)


async def _while_held(
    connection: psycopg.AsyncConnection[object], work: Callable[[], Awaitable[None]]
) -> None:
    """Run `work` until it ends; raises where the connection that holds the lock is gone."""
    task = asyncio.ensure_future(work())
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=_LOOK_S)
            if not task.done():
                await connection.execute("SELECT 1")
        await task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(task, return_exceptions=True)
