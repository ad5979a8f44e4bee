"""The outbox's questions: add once per key, take the next of a lane, settle."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class Taken:
    """An item whose sending has begun, recorded before the far side hears of it."""

    id: int
    key: str
    channel: str
    chat: str
    notice: bytes
    attempts: int
    unknown: bool
    """It was begun before, and nobody knows whether it arrived."""


async def add(
    session: AsyncSession,
    *,
    key: str,
    lane: str,
    channel: str,
    chat: str,
    notice: bytes,
    not_before: datetime,
) -> int | None:
    """Queue an item; None where its key is there already."""
    return await session.scalar(
        text("""
INSERT INTO outbox (key, lane, channel, chat, notice, state, attempts, not_before, created_at)
VALUES (:key, :lane, :channel, :chat, :notice, 'waiting', 0, :not_before, now())
ON CONFLICT (key) DO NOTHING RETURNING id
"""),
        {
            "key": key,
            "lane": lane,
            "channel": channel,
            "chat": chat,
            "notice": notice,
            "not_before": not_before,
        },
    )


async def due_lanes(session: AsyncSession, now: datetime, most: int = 200) -> list[str]:
    """Lanes with something to send now."""
    found = await session.execute(
        text("""
SELECT DISTINCT lane FROM outbox
WHERE state IN ('waiting', 'sending') AND not_before <= :now LIMIT :most
"""),
        {"now": now, "most": most},
    )
    return [lane for (lane,) in found]


async def next_due(session: AsyncSession, now: datetime) -> datetime | None:
    """When the next item that waits now may be sent."""
    return await session.scalar(
        text("""
SELECT min(not_before) FROM outbox WHERE state IN ('waiting', 'sending') AND not_before > :now
"""),
        {"now": now},
    )


async def take(
    session: AsyncSession, lane: str, now: datetime, doubt_at: datetime, channels: list[str]
) -> Taken | None:
    """Begin the lane's next due item; None where nothing is due or another sender is at it.

    An item that waits for later never holds back one behind it.
    """
    free = await session.scalar(
        text("SELECT pg_try_advisory_xact_lock(hashtextextended(:lane, 7))"), {"lane": lane}
    )
    if not free:
        return None
    row = (
        await session.execute(
            text("""
UPDATE outbox SET state = 'sending', attempts = attempts + 1, not_before = :doubt_at
FROM (
  SELECT id AS next_id, state AS was FROM outbox
  WHERE lane = :lane AND channel = ANY(:channels) AND not_before <= :now
    AND state IN ('waiting', 'sending')
    AND NOT EXISTS (
      SELECT 1 FROM outbox AS busy
      WHERE busy.lane = :lane AND busy.state = 'sending' AND busy.not_before > :now
    )
  ORDER BY id LIMIT 1
) AS next
WHERE id = next_id
RETURNING id, key, channel, chat, notice, attempts, was = 'sending'
"""),
            {"lane": lane, "now": now, "doubt_at": doubt_at, "channels": channels},
        )
    ).first()
    return Taken(*row) if row else None


async def sends_since(session: AsyncSession, lane: str, since: datetime) -> int:
    """How many items of a lane went out since a time."""
    return await session.scalar(
        text(
            "SELECT count(*) FROM outbox WHERE lane = :lane AND state = 'sent' AND done_at > :since"
        ),
        {"lane": lane, "since": since},
    )


async def sent(session: AsyncSession, id_: int, external_id: str) -> None:
    await session.execute(
        text("""
UPDATE outbox SET state = 'sent', done_at = clock_timestamp(), external_id = :external_id,
  error = NULL WHERE id = :id
"""),
        {"id": id_, "external_id": external_id},
    )


async def later(
    session: AsyncSession, id_: int, at: datetime, error: str, *, unknown: bool
) -> None:
    """Try again at a time; `unknown`: ask the far side first."""
    await session.execute(
        text("UPDATE outbox SET state = :state, not_before = :at, error = :error WHERE id = :id"),
        {"id": id_, "at": at, "error": error, "state": "sending" if unknown else "waiting"},
    )


async def failed(session: AsyncSession, id_: int, error: str) -> None:
    await session.execute(
        text("""
UPDATE outbox SET state = 'failed', done_at = clock_timestamp(), error = :error WHERE id = :id
"""),
        {"id": id_, "error": error},
    )
