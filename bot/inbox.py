"""The one way in: durable before it is acknowledged, then filed in order, exactly once.

`Inbox.accept` gathers concurrent messages for a few milliseconds and commits them together.
`Drain` takes shards of chats, hands their messages in batches to the pipeline, and marks them done
in the pipeline's own transaction.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import orjson
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import log
from bot.contract import Busy, ChannelName, Delivered, InboundMessage
from storage import inbox as rows
from storage.db import Database, ending, notify
from storage.tables import Reject

GATHER_S: Final = 0.002
BATCH: Final = 256
FEW: Final = 200
LINGER_S: Final = 0.03
"""After a batch of fewer than FEW: its statements cost as much as those of a large one, so that a
trickle filed line by line would take the time that acknowledgements need."""
MOST_PENDING: Final = 4000
"""Messages that may wait in memory for the next commit; more are told to come back later."""
MOST_PENDING_BYTES: Final = 256 * 1024 * 1024
BATCH_BYTES: Final = 32 * 1024 * 1024
"""Of messages taken up at once, here and by the drain: a few large ones are a batch too."""
MOST_ATTEMPTS: Final = 3
MOST_RAW: Final = 16 * 1024 * 1024
WAKE: Final = "keqing_inbox"

_log = log.get("inbox")


_Waiting = tuple[rows.Arrival, asyncio.Future[Delivered]]


class Inbox:
    """Where every adapter delivers."""

    def __init__(self, db: Database, wake: Callable[[], None]) -> None:
        self._db = db
        self._wake = wake
        self._pending: deque[_Waiting] = deque()
        self._bytes = 0
        self._flusher: asyncio.Task[None] | None = None

    async def accept(self, message: InboundMessage) -> Delivered:
        """Store a message; returns once it is durable, also for one that is known already.

        Raises `Busy` where too many wait, and the database's error where it cannot store.
        """
        if len(self._pending) >= MOST_PENDING or self._bytes >= MOST_PENDING_BYTES:
            raise Busy
        future: asyncio.Future[Delivered] = asyncio.get_running_loop().create_future()
        arrival = _arrival(message)
        self._pending.append((arrival, future))
        self._bytes += arrival.size
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())
        return await future

    async def reject(self, channel: ChannelName, raw: bytes, why: str) -> None:
        """Keep input that could not be read."""
        _log.warning("inbox.rejected", channel=channel, why=why, size=len(raw))
        async with self._db.transaction() as session:
            session.add(Reject(channel=channel, raw=raw[:MOST_RAW], why=why))

    async def _flush(self) -> None:
        while self._pending:
            await asyncio.sleep(GATHER_S)
            await self._store(self._next_batch())

    def _next_batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        while self._pending and len(batch) < BATCH and size < BATCH_BYTES:
            waiting = self._pending.popleft()
            batch.append(waiting)
            size += waiting[0].size
        self._bytes -= size
        return batch

    async def _store(self, batch: list[_Waiting]) -> None:
        """Commit a batch and answer its callers; a batch that fails is split, down to the one."""
        once = {arrival.key: arrival for arrival, _ in batch}
        try:
            async with self._db.transaction() as session:
                fresh = await rows.append(session, list(once.values()))
                if fresh:
                    await notify(session, WAKE)
        except Exception as error:  # noqa: BLE001 - the callers get it
            if len(batch) == 1 or isinstance(error, OperationalError | InterfaceError):
                for _, future in batch:
                    _answer(future, error)
                return
            middle = len(batch) // 2
            await self._store(batch[:middle])
            await self._store(batch[middle:])
            return
        if fresh:
            self._wake()
        for arrival, future in batch:
            id_ = fresh.pop(arrival.key, None)
            _answer(future, Delivered(inbox_id=id_, again=id_ is None))


def _answer(future: asyncio.Future[Delivered], result: Delivered | Exception) -> None:
    if future.done():  # its caller has gone away
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)


def _arrival(message: InboundMessage) -> rows.Arrival:
    return rows.Arrival(
        key=rows.key_of(message.channel, message.event_id),
        shard=rows.shard_of(message.channel, message.chat),
        channel=message.channel,
        message=message.model_dump_json(exclude={"raw"}, exclude_defaults=True).encode(),
        raw=message.raw[:MOST_RAW],
    )


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message that waits to be filed."""

    inbox_id: int
    message: InboundMessage
    received_at: datetime


class Handler(Protocol):
    """What the drain hands messages to."""

    async def handle(
        self, session: AsyncSession, batch: Sequence[Arrived]
    ) -> dict[int, int | None]:
        """File a batch inside the drain's transaction: inbox row → interaction, None for none."""
        ...

    async def give_up(
        self, session: AsyncSession, inbox_id: int, message: InboundMessage | None, error: str
    ) -> int | None:
        """Put a message that cannot be filed into the doubt queue: the interaction's number."""
        ...


class Drain:
    """Files what the inbox holds. Any number may run, in any number of processes."""

    def __init__(self, db: Database, handler: Handler) -> None:
        self._db = db
        self._handler = handler
        self._woken = asyncio.Event()

    def wake(self, _payload: str = "") -> None:
        self._woken.set()

    async def run(self) -> None:
        """File whatever arrives, until cancelled."""
        pause = 0.5
        while True:
            try:
                while taken := await self.once():
                    pause = 0.5
                    if taken < FEW:
                        await asyncio.sleep(LINGER_S)
            except DBAPIError as error:
                ending()
                _log.error("inbox.drain_failed", error=type(error.orig or error).__name__)
                pause = min(pause * 2, 10.0)
            with contextlib.suppress(TimeoutError):
                # Not wait_for: on 3.11 it can lose a cancellation that comes with a wake-up.
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            self._woken.clear()

    async def once(self) -> int:
        """File one batch; answers how many rows were taken up (0: nothing waits)."""
        failed: list[tuple[rows.Claimed, str]] = []
        async with self._db.transaction() as session:
            shards = await rows.lock_shards(session, BATCH)
            claimed = await rows.claim(session, shards, BATCH, BATCH_BYTES) if shards else []
            if not claimed:
                return 0
            failed = await self._file(session, claimed)
        for row, error in failed:
            await self._count(row, error)
        return len(claimed)

    async def _file(
        self, session: AsyncSession, claimed: Sequence[rows.Claimed]
    ) -> list[tuple[rows.Claimed, str]]:
        try:
            async with session.begin_nested():
                arrived = [_arrived(row) for row in claimed]
                await rows.finish(session, await self._handler.handle(session, arrived))
        except Exception as error:
            if _gone(error):
                raise
            return await self._file_each(session, claimed)
        return []

    async def _file_each(
        self, session: AsyncSession, claimed: Sequence[rows.Claimed]
    ) -> list[tuple[rows.Claimed, str]]:
        """One message at a time, so that a bad one does not take its neighbours down.

        What follows a bad one in its shard waits for it, so that order holds.
        """
        failed: list[tuple[rows.Claimed, str]] = []
        held: set[int] = set()
        for row in claimed:
            if row.shard in held:
                continue
            try:
                async with session.begin_nested():
                    done = await self._handler.handle(session, [_arrived(row)])
                    await rows.finish(session, done)
            except Exception as error:
                if _gone(error):
                    raise
                held.add(row.shard)
                failed.append((row, _words(error)))
        return failed

    async def _count(self, row: rows.Claimed, error: str) -> None:
        async with self._db.transaction() as session:
            attempts = await rows.count_failure(session, row.id, error)
            _log.warning("inbox.message_failed", inbox=row.id, attempts=attempts, error=error)
            if attempts < MOST_ATTEMPTS:
                return
            try:
                message = _message(row)
            except ValueError:
                message = None
            interaction = await self._handler.give_up(session, row.id, message, error)
            await rows.bury(session, row.id, interaction)


def _gone(error: Exception) -> bool:
    """Whether the database went away under us: then no message is to blame."""
    return isinstance(error, InterfaceError | OperationalError) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )


def _words(error: Exception) -> str:
    """An error for a person to read; never the statement's parameters."""
    first = str(error).strip().splitlines()[:1]
    return f"{type(error).__name__}: {first[0][:300] if first else ''}".rstrip(": ")


def _message(row: rows.Claimed) -> InboundMessage:
    # orjson and validation of its result beat pydantic's own JSON reader on long texts.
    return InboundMessage.model_validate(orjson.loads(row.message))


def _arrived(row: rows.Claimed) -> Arrived:
    return Arrived(row.id, _message(row), row.received_at)
