"""The outbox's questions: add once per key, take the next of a lane, settle."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
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
    thread: str
    place: str
    copies: list[str]
    created_at: datetime
    attempts: int
    unknown: bool
    """It was begun before, and nobody knows whether it arrived."""


@dataclass(frozen=True, slots=True)
class Posted:
    """An item that the far side has, by the name that it gave it."""

    id: int
    key: str
    channel: str
    chat: str
    thread: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Spent:
    """How much of a budget is used."""

    messages: int
    free_at: datetime | None
    """When the oldest of them no longer counts; None where there are none."""


async def add(session: AsyncSession, items: Sequence[Mapping[str, Any]]) -> set[str]:
    """Queue items, each with all columns that it names; answers the keys that were not there yet."""
    columns = [*items[0], "messages", "state", "attempts", "created_at"]
    names = ", ".join(columns)
    rest = {"messages": 1, "state": "waiting", "attempts": 0, "created_at": datetime.now(UTC)}
    rows = [{**item, "notice": "\\x" + item["notice"].hex(), **rest} for item in items]
    found = await session.execute(
        text(
            f"INSERT INTO outbox ({names}) SELECT {names}"  # noqa: S608 - our own names
            " FROM jsonb_populate_recordset(NULL::outbox, CAST(:rows AS jsonb))"
            " ON CONFLICT (key) DO NOTHING RETURNING key"
        ),
        {"rows": orjson.dumps(rows).decode()},
    )
    return {key for (key,) in found}


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


async def hold_lane(session: AsyncSession, lane: str) -> bool:
    """Be the only one at a lane until the commit; False where another sender is."""
    return await session.scalar(
        text("SELECT pg_try_advisory_xact_lock(hashtextextended(:lane, 7))"), {"lane": lane}
    )


async def take(
    session: AsyncSession, lane: str, now: datetime, doubt_at: datetime, channels: list[str]
) -> Taken | None:
    """Begin the lane's next due item; None where nothing is due or one is on its way.

    An item that waits for later never holds back one behind it.
    """
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
RETURNING id, key, channel, chat, notice, thread, place, copies, created_at, attempts, was = 'sending'
"""),
            {"lane": lane, "now": now, "doubt_at": doubt_at, "channels": channels},
        )
    ).first()
    return Taken(*row) if row else None


async def spent(
    session: AsyncSession, channel: str, chat: str, since: datetime, across: str | None
) -> Spent:
    """Messages that went out since a time: to one chat, or to all whose ids begin with `across`."""
    row = (
        await session.execute(
            text("""
SELECT COALESCE(sum(messages), 0), min(done_at) FROM outbox
WHERE channel = :channel AND state = 'sent' AND done_at > :since
  AND CASE WHEN CAST(:across AS text) IS NULL THEN lane = :lane
      ELSE starts_with(chat, :across) END
"""),
            {"channel": channel, "since": since, "across": across, "lane": f"{channel}:{chat}"},
        )
    ).one()
    return Spent(int(row[0]), row[1])


async def postpone(session: AsyncSession, lane: str, now: datetime, until: datetime) -> None:
    """Let all that is due in a lane wait for its budget."""
    await session.execute(
        text("""
UPDATE outbox SET not_before = :until
WHERE lane = :lane AND state = 'waiting' AND not_before <= :now
"""),
        {"lane": lane, "now": now, "until": until},
    )


async def waiting(
    session: AsyncSession, lane: str, now: datetime, most: int
) -> Sequence[tuple[int, bytes, bool]]:
    """Further due items of a lane: number, notice, and whether it stands on its own feet."""
    rows = await session.execute(
        text("""
SELECT id, notice, thread = '' AND place = '' AND copies = '{}' FROM outbox
WHERE lane = :lane AND state = 'waiting' AND not_before <= :now ORDER BY id LIMIT :most
"""),
        {"lane": lane, "now": now, "most": most},
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def carry(session: AsyncSession, carrier_id: int, notice: bytes, others: list[int]) -> None:
    """Let one item say what others were to say."""
    await session.execute(
        text("UPDATE outbox SET notice = :notice WHERE id = :id"),
        {"id": carrier_id, "notice": notice},
    )
    await session.execute(
        text("""
UPDATE outbox SET state = 'merged', carrier_id = :carrier, done_at = clock_timestamp()
WHERE id = ANY(:others)
"""),
        {"carrier": carrier_id, "others": others},
    )


async def sent(session: AsyncSession, id_: int, external_id: str, messages: int) -> None:
    await session.execute(
        text("""
UPDATE outbox SET state = 'sent', done_at = clock_timestamp(), external_id = :external_id,
  messages = :messages, error = NULL WHERE id = :id
"""),
        {"id": id_, "external_id": external_id, "messages": messages},
    )


async def doubt_at(session: AsyncSession, id_: int, at: datetime) -> None:
    """Give a send that has begun until then to be settled."""
    await session.execute(
        text("UPDATE outbox SET not_before = :at WHERE id = :id"), {"id": id_, "at": at}
    )


async def name_of(session: AsyncSession, key: str) -> str | None:
    """The far side's name of what was posted under a key; "" until it has one, None: nothing was."""
    return await session.scalar(
        text("SELECT COALESCE(external_id, '') FROM outbox WHERE key = :key"), {"key": key}
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


async def last_inbound(session: AsyncSession, channel: str, chat: str) -> datetime | None:
    """When somebody from outside last wrote in a chat."""
    return await session.scalar(
        text("""
SELECT max(i.received_at) FROM interaction i JOIN conversation c ON c.id = i.conversation_id
WHERE c.channel = :channel AND c.chat = :chat AND i.direction = 'in'
"""),
        {"channel": channel, "chat": chat},
    )


async def posted(
    session: AsyncSession, channel: str, external_ids: Collection[str]
) -> list[Posted]:
    """What was sent under these names of the far side's."""
    found = await session.execute(
        text("""
SELECT id, key, channel, chat, thread, external_id FROM outbox
WHERE channel = :channel AND external_id = ANY(:ids) AND external_id <> '' ORDER BY id
"""),
        {"channel": channel, "ids": sorted(external_ids)},
    )
    return [Posted(*row) for row in found]


async def bounced(session: AsyncSession, id_: int, error: str) -> bool:
    """What was sent has not arrived after all; False where that is known already."""
    found = await session.scalar(
        text("""
UPDATE outbox SET state = 'failed', error = :error WHERE id = :id AND state = 'sent' RETURNING id
"""),
        {"id": id_, "error": error},
    )
    return found is not None


async def hold_name(session: AsyncSession, external_id: str) -> None:
    """Let nobody else, until the commit, settle what bears this name of the far side's."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 9))"), {"name": external_id}
    )


@dataclass(frozen=True, slots=True)
class Delivered:
    """How deliveries to one chat have gone since a time; `why` is the newest trouble, if any."""

    sent: int
    waiting: int
    failed: int
    last: datetime | None
    why: str


async def delivered(
    session: AsyncSession, lanes: Sequence[str], since: datetime
) -> dict[str, Delivered]:
    """By lane; what still waits counts whenever it was queued."""
    found = await session.execute(
        text("""
SELECT lane, count(*) FILTER (WHERE state = 'sent'),
  count(*) FILTER (WHERE state IN ('waiting', 'sending')), count(*) FILTER (WHERE state = 'failed'),
  max(done_at) FILTER (WHERE state = 'sent'),
  (array_agg(error ORDER BY id DESC) FILTER (WHERE state <> 'sent' AND error IS NOT NULL))[1]
FROM outbox
WHERE lane = ANY(:lanes) AND (state IN ('waiting', 'sending') OR created_at > :since) GROUP BY lane
"""),
        {"lanes": list(lanes), "since": since},
    )
    return {row[0]: Delivered(row[1], row[2], row[3], row[4], row[5] or "") for row in found}
