"""The inbox's questions: append once, claim in order, finish, count."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

SHARDS: Final = 64
"""Chats are spread over this many shards; one drainer at a time works on a shard."""
_LOCK_CLASS: Final = 0x1B0C  # the first half of the advisory locks that shards use


@dataclass(frozen=True, slots=True)
class Arrival:
    """A row to append; `message` is an InboundMessage as JSON."""

    key: UUID
    shard: int
    channel: str
    message: bytes
    raw: bytes

    @property
    def size(self) -> int:
        return len(self.message) + len(self.raw)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that waits to be filed."""

    id: int
    shard: int
    message: bytes
    attempts: int
    received_at: datetime


def key_of(channel: str, event_id: str) -> UUID:
    """The deduplication key: of fixed size, however long the event's id is."""
    digest = hashlib.blake2b(f"{channel}\0{event_id}".encode(), digest_size=16).digest()
    return UUID(bytes=digest)


def shard_of(channel: str, chat: str) -> int:
    """The shard that keeps a chat's messages in order."""
    return hashlib.blake2b(f"{channel}\0{chat}".encode(), digest_size=1).digest()[0] % SHARDS


_APPEND = text("""
WITH given AS (
  SELECT * FROM unnest(
    CAST(:keys AS uuid[]), CAST(:shards AS smallint[]), CAST(:channels AS text[]),
    CAST(:messages AS bytea[]), CAST(:raws AS bytea[])
  ) WITH ORDINALITY AS g(key, shard, channel, message, raw, place)
), fresh AS (
  INSERT INTO inbox_key (key) SELECT key FROM given ON CONFLICT DO NOTHING RETURNING key
)
INSERT INTO inbox (key, shard, channel, message, raw, state, attempts, received_at)
SELECT key, shard, channel, message, raw, 'waiting', 0, clock_timestamp()
FROM given JOIN fresh USING (key) ORDER BY place
RETURNING key, id
""")


async def append(session: AsyncSession, rows: Sequence[Arrival]) -> dict[UUID, int]:
    """Add rows in order; answers the row numbers of those that were not known before.

    `rows` holds each key once.
    """
    found = await session.execute(
        _APPEND,
        {
            "keys": [row.key for row in rows],
            "shards": [row.shard for row in rows],
            "channels": [row.channel for row in rows],
            "messages": [row.message for row in rows],
            "raws": [row.raw for row in rows],
        },
    )
    return {row[0]: row[1] for row in found}


_BUSY_SHARDS = text("""
SELECT shard, count(*) FROM (
  SELECT shard FROM inbox WHERE state = 'waiting' LIMIT :look
) AS waiting GROUP BY shard
""")
_LOCK = text("SELECT pg_try_advisory_xact_lock(:class, :shard)")
_CLAIM = text("""
SELECT id, shard, message, attempts, received_at FROM (
  SELECT id, shard, message, attempts, received_at,
    sum(octet_length(message)) OVER (ORDER BY id) - octet_length(message) AS before
  FROM (
    SELECT * FROM inbox WHERE state = 'waiting' AND shard = ANY(:shards) ORDER BY id LIMIT :most
  ) AS oldest
) AS sized WHERE before < :bytes ORDER BY id
""")


async def lock_shards(session: AsyncSession, most: int) -> list[int]:
    """Take free shards with waiting rows, enough for about `most` rows, until the commit."""
    waiting = (await session.execute(_BUSY_SHARDS, {"look": most * 4})).all()
    taken: list[int] = []
    rows = 0
    for shard, count in sorted(waiting, key=lambda row: -row[1]):
        if rows >= most:
            break
        if await session.scalar(_LOCK, {"class": _LOCK_CLASS, "shard": shard}):
            taken.append(shard)
            rows += count
    return taken


async def claim(
    session: AsyncSession, shards: Sequence[int], most: int, most_bytes: int
) -> list[Claimed]:
    """The oldest waiting rows of shards that this transaction holds, in order of arrival."""
    found = await session.execute(
        _CLAIM, {"shards": list(shards), "most": most, "bytes": most_bytes}
    )
    return [Claimed(*row) for row in found]


async def finish(session: AsyncSession, done: dict[int, int | None]) -> None:
    """Mark rows done; values are the interactions they became, None for what became none."""
    await session.execute(
        text("""
UPDATE inbox SET state = 'done', done_at = now(), error = NULL, interaction_id = d.interaction
FROM unnest(CAST(:ids AS bigint[]), CAST(:interactions AS bigint[])) AS d(id, interaction)
WHERE inbox.id = d.id
"""),
        {"ids": list(done), "interactions": list(done.values())},
    )


async def count_failure(session: AsyncSession, id_: int, error: str) -> int:
    """One more failed attempt of a row; answers how many there were."""
    return await session.scalar(
        text(
            "UPDATE inbox SET attempts = attempts + 1, error = :error WHERE id = :id RETURNING attempts"
        ),
        {"id": id_, "error": error},
    )


async def bury(session: AsyncSession, id_: int, interaction_id: int | None) -> None:
    """Give a row up: a person finds it in the doubt queue."""
    await session.execute(
        text("""
UPDATE inbox SET state = 'failed', done_at = now(), interaction_id = :interaction WHERE id = :id
"""),
        {"id": id_, "interaction": interaction_id},
    )


async def outcome(session: AsyncSession, id_: int) -> tuple[str, int | None, str | None] | None:
    """State, interaction and error of a row."""
    row = (
        await session.execute(
            text("SELECT state, interaction_id, error FROM inbox WHERE id = :id"), {"id": id_}
        )
    ).first()
    return (row[0], row[1], row[2]) if row else None


async def known(session: AsyncSession, key: UUID) -> int | None:
    """The row number of a key, while its row is kept."""
    return await session.scalar(text("SELECT id FROM inbox WHERE key = :key"), {"key": key})


async def prune(session: AsyncSession, before: datetime) -> int:
    """Drop done rows finished before a time; their count and their keys stay."""
    count = await session.scalar(
        text("""
WITH gone AS (DELETE FROM inbox WHERE state = 'done' AND done_at < :before RETURNING 1)
SELECT count(*) FROM gone
"""),
        {"before": before},
    )
    if count:
        await session.execute(
            text("""
INSERT INTO counter (name, value) VALUES ('inbox_pruned', :count)
ON CONFLICT (name) DO UPDATE SET value = counter.value + excluded.value
"""),
            {"count": count},
        )
    return count or 0
