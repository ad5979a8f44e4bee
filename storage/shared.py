"""Tokens, cursors and holds that replicas share."""

from typing import Any

import psycopg
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession


async def token(session: AsyncSession, name: str) -> str:
    """A token that still lasts; empty where there is none."""
    found = await session.scalar(
        text("SELECT value FROM shared_token WHERE name = :name AND until > now()"), {"name": name}
    )
    return found or ""


async def hold_token(session: AsyncSession, name: str) -> str:
    """Be the only one to refresh a token until the commit; answers the one there is by then."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 11))"), {"name": name}
    )
    return await token(session, name)


async def keep_token(session: AsyncSession, name: str, value: str, lasts_s: float) -> None:
    await session.execute(
        text("""
INSERT INTO shared_token (name, value, until)
VALUES (:name, :value, clock_timestamp() + make_interval(secs => :lasts))
ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value, until = EXCLUDED.until
"""),
        {"name": name, "value": value, "lasts": lasts_s},
    )


async def cursor(session: AsyncSession, name: str) -> str:
    found = await session.scalar(
        text("SELECT value FROM adapter_cursor WHERE name = :name"), {"name": name}
    )
    return found or ""


async def move_cursor(session: AsyncSession, name: str, value: str) -> None:
    await session.execute(
        text("""
INSERT INTO adapter_cursor (name, value) VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value
"""),
        {"name": name, "value": value},
    )


async def hold(connection: psycopg.AsyncConnection[Any], name: str) -> None:
    """Wait for a lock by name; it lasts as long as the connection."""
    await connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 13))", (name,))
