"""The one way out: queued in the caller's transaction, sent in order per destination.

A lane is one destination. Each item is recorded as begun before the far side hears of it; after a
crash or a time-out its outcome is unknown, and the far side is asked before it is sent again.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Final

import orjson
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import log
from bot.clock import Clock
from bot.contract import (
    Adapter,
    AdapterError,
    Audience,
    ChannelName,
    Notice,
    NotSupported,
    Refused,
    Sent,
    TryLater,
)
from storage import outbox as rows
from storage import talk
from storage.db import Database, ending, notify

WAKE: Final = "keqing_outbox"
SEND_TIMEOUT_S: Final = 10
DOUBT_AFTER_S: Final = 15
"""A begun send that nobody has settled by then was cut off. Longer than SEND_TIMEOUT_S."""
MOST_ATTEMPTS: Final = 12
FIRST_BACKOFF_S: Final = 2.0
LONGEST_BACKOFF_S: Final = 3600.0
LONGEST_WAIT_S: Final = 86_400.0
"""However long a far side asks us to stay away, it is tried again after a day."""
LANES_AT_ONCE: Final = 16

_log = log.get("outbox")

Gone = Callable[[AsyncSession, rows.Taken, str], Awaitable[None]]
"""Told, in the settling transaction, of an item that failed for good."""


class WrongAudience(Exception):
    """An internal notice was about to reach a chat that customers read."""


async def post(
    session: AsyncSession,
    notice: Notice,
    *,
    channel: str,
    chat: str,
    key: str,
    not_before: datetime | None = None,
) -> bool:
    """Queue a notice in the caller's transaction; False where `key` was queued before.

    Raises `WrongAudience` for an internal notice to a chat that is not declared internal.
    """
    if notice.audience is Audience.INTERNAL and not await _is_internal(session, channel, chat):
        raise WrongAudience(f"{channel} chat is not declared internal")
    added = await rows.add(
        session,
        key=key,
        lane=f"{channel}:{chat}",
        channel=channel,
        chat=chat,
        notice=notice.model_dump_json(exclude_defaults=True).encode(),
        not_before=not_before or datetime.now(UTC),
    )
    if added is not None:
        await notify(session, WAKE)
    return added is not None


async def _is_internal(session: AsyncSession, channel: str, chat: str) -> bool:
    conversation = await talk.conversation(session, channel, chat)
    return conversation is not None and conversation.audience == Audience.INTERNAL


def after_quiet(moment: datetime, quiet: tuple[time, time] | None) -> datetime:
    """The first time at or after `moment` (aware, in the reader's zone) outside the quiet hours.

    `quiet` is from when until when, over midnight or not; None for no quiet hours.
    """
    if quiet is None or quiet[0] == quiet[1]:
        return moment
    start, end = quiet
    at = moment.time()
    over_midnight = start > end
    inside = (at >= start or at < end) if over_midnight else start <= at < end
    if not inside:
        return moment
    if over_midnight and at >= start:
        moment += timedelta(days=1)
    return moment.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)


def backoff(attempts: int) -> float:
    """Seconds to wait after the nth failed attempt: doubling, with jitter, an hour at most."""
    return min(FIRST_BACKOFF_S * 2 ** (attempts - 1), LONGEST_BACKOFF_S) * random.uniform(0.7, 1.3)  # noqa: S311 - jitter is no secret


class Sender:
    """Sends what the outbox holds, for the channels whose adapters are here."""

    def __init__(
        self, db: Database, adapters: Mapping[ChannelName, Adapter], now: Clock, gone: Gone
    ) -> None:
        self._db = db
        self._adapters = adapters
        self._now = now
        self._gone = gone
        self._woken = asyncio.Event()
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._down: set[str] = set()

    def wake(self, _payload: str = "") -> None:
        self._woken.set()

    async def run(self) -> None:
        """Send whatever is due, until cancelled."""
        try:
            while True:
                try:
                    wait = await self._start_lanes()
                except DBAPIError as error:
                    ending()
                    _log.error("outbox.database_failed", error=type(error.orig or error).__name__)
                    wait = 2.0
                with contextlib.suppress(TimeoutError):
                    # Not wait_for: on 3.11 it can lose a cancellation that comes with a wake-up.
                    async with asyncio.timeout(wait):
                        await self._woken.wait()
                self._woken.clear()
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def _start_lanes(self) -> float:
        """Start a sender for every due lane; answers how long until there may be more."""
        now = self._now()
        async with self._db.transaction() as session:
            lanes = await rows.due_lanes(session, now)
            soon = await rows.next_due(session, now)
        wait = min(1.0, max(0.05, (soon - now).total_seconds())) if soon else 1.0
        for lane in lanes:
            if lane in self._busy or len(self._busy) >= LANES_AT_ONCE:
                wait = 0.1  # it may end just before it would have seen the new item
            elif lane.split(":", 1)[0] in self._adapters:
                self._busy[lane] = asyncio.create_task(self._run_lane(lane))
        return wait

    async def _run_lane(self, lane: str) -> None:
        try:
            while await self.send_next(lane):
                pass
        except DBAPIError as error:  # what was begun is doubted and settled later
            _log.error("outbox.database_failed", error=type(error.orig or error).__name__)
        finally:
            del self._busy[lane]

    async def send_next(self, lane: str) -> bool:
        """Send the lane's next item; False where nothing is due."""
        adapter = self._adapters[ChannelName(lane.split(":", 1)[0])]
        now = self._now()
        async with self._db.transaction() as session:
            since = now - timedelta(seconds=adapter.budget.seconds)
            if await rows.sends_since(session, lane, since) >= adapter.budget.count:
                return False
            taken = await rows.take(
                session,
                lane,
                now,
                now + timedelta(seconds=DOUBT_AFTER_S),
                [str(channel) for channel in self._adapters],
            )
            if taken is None:
                return False
            # Asked again: customers may have come into the chat while this waited.
            internal = await _is_internal(session, taken.channel, taken.chat)
        await self._settle(adapter, taken, internal=internal)
        return True

    async def _settle(self, adapter: Adapter, item: rows.Taken, *, internal: bool) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                sent = await _send(adapter, item, internal=internal)
        except TimeoutError:
            await self._try_later(item, TryLater("no answer in time", unknown=True))
        except TryLater as error:
            await self._try_later(item, error)
        except AdapterError as error:
            await self._fail(item, str(error))
        except Exception as error:  # noqa: BLE001 - an adapter's own fault must not stop the lane
            ending()
            _log.exception("outbox.adapter_broke", channel=item.channel)
            await self._try_later(item, TryLater(type(error).__name__, unknown=True))
        else:
            async with self._db.transaction() as session:
                await rows.sent(session, item.id, sent.id)
            if item.channel in self._down:
                self._down.discard(item.channel)
                _log.info("outbox.channel_back", channel=item.channel)

    async def _try_later(self, item: rows.Taken, error: TryLater) -> None:
        if item.attempts >= MOST_ATTEMPTS:
            await self._fail(item, str(error))
            return
        if item.channel not in self._down:
            self._down.add(item.channel)
            _log.warning("outbox.channel_down", channel=item.channel, error=str(error))
        delay = error.after if error.after is not None else backoff(item.attempts)
        at = self._now() + timedelta(seconds=min(delay, LONGEST_WAIT_S))
        async with self._db.transaction() as session:
            await rows.later(session, item.id, at, str(error), unknown=error.unknown)

    async def _fail(self, item: rows.Taken, error: str) -> None:
        _log.error("outbox.given_up", outbox=item.id, channel=item.channel, error=error)
        async with self._db.transaction() as session:
            await rows.failed(session, item.id, error)
            await self._gone(session, item, error)


async def _send(adapter: Adapter, item: rows.Taken, *, internal: bool) -> Sent:
    if item.unknown:
        with contextlib.suppress(NotSupported):
            found = await adapter.find(item.chat, item.key)
            if found is not None:
                return found
    try:
        notice = Notice.model_validate(orjson.loads(item.notice))
    except ValueError as error:
        raise Refused("the queued notice cannot be read") from error
    if notice.audience is Audience.INTERNAL and not internal:
        raise Refused("customers read this chat by now")
    return await adapter.send(item.chat, notice, key=item.key)
