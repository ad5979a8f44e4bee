"""The connection to PostgreSQL: transactions, wake-ups between processes, migrations at start."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final, cast

import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

MIGRATIONS: Final = Path(__file__).with_name("migrations")
_MIGRATION_LOCK: Final = 0x6B657169  # any constant, the same in every replica


class DatabaseError(Exception):
    """The database cannot be used; says why and what to do."""


class Session(AsyncSession):
    """A session whose `execute` runs SQL with values as it is, past SQLModel's warning about it."""

    async def execute(self, statement: Any, params: Any = None, **_more: Any) -> Any:
        connection = await self.connection()
        return await connection.execute(statement, params)


class Database:
    """One pool of connections to one PostgreSQL database."""

    def __init__(self, url: str, audit_key: bytes, *, pool: int = 12) -> None:
        """`url` as libpq writes it; `audit_key` makes the digests of the audit trail."""
        self.url = url
        self._audit_key = audit_key
        self.engine: AsyncEngine = create_async_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=pool,
            max_overflow=pool,
            pool_pre_ping=True,
            # Without this, customers' words land in exceptions and from there in logs.
            hide_parameters=True,
            connect_args={
                "application_name": f"keqing/{os.getpid()}",
                "options": "-c timezone=UTC",
            },
        )

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed at the end, or rolled back on any error."""
        async with Session(self.engine, expire_on_commit=False) as session:
            session.info["audit_key"] = self._audit_key
            async with session.begin():
                yield session

    async def close(self) -> None:
        await self.engine.dispose()

    async def listen(self, channel: str, wake: Callable[[str], None]) -> None:
        """Call `wake(payload)` on every NOTIFY of `channel`, until cancelled.

        Reconnects after a lost connection and wakes once then, since a signal may have been missed.
        """
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self.url, autocommit=True, application_name="keqing/listen"
                ) as connection:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                    wake("")
                    async for notice in connection.notifies():
                        wake(notice.payload)
            except psycopg.OperationalError:
                ending()
                await asyncio.sleep(0.5)

    async def ready(self) -> bool:
        """Whether the database answers."""
        try:
            async with self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except OperationalError:
            return False
        return True


def ending() -> None:
    """Raises `CancelledError` where this task was cancelled and a driver's error came instead.

    A connection that is cut off in the middle of a statement fails with an error of its own; a loop
    that outlives such errors must not outlive its cancellation.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def raw_connection(session: AsyncSession) -> psycopg.AsyncConnection[Any]:
    """The psycopg connection under a session's transaction."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    return cast("psycopg.AsyncConnection[Any]", raw.driver_connection)


async def notify(session: AsyncSession, channel: str, payload: str = "") -> None:
    """Wake listeners of `channel` when this transaction commits."""
    await session.execute(
        text("SELECT pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload}
    )


def head() -> str:
    """The newest migration's name, read from the files: alembic itself is slow to import."""
    return max(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def migrate(url: str) -> bool:
    """Bring the schema up to date under an advisory lock; True where something was done.

    Blocking. Any number of processes may call it at once; the others wait for the first.
    """
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise DatabaseError(f"the database cannot be reached: {error}") from error
    with connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_MIGRATION_LOCK,))
        if revision(connection) == head():
            return False
        _upgrade(url)
    return True


def revision(connection: psycopg.Connection[Any]) -> str | None:
    """The migration that the database stands at; None for an empty one."""
    found = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
    if not (found and found[0]):
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else None


def _upgrade(url: str) -> None:
    # Imported here: a start that has nothing to migrate must not pay for alembic.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = make_url(url).set(drivername="postgresql+psycopg")
    command.upgrade(config, "head")
