"""What the outbox holds is sent, in order per destination.

A lane is one destination. Each item is recorded as begun before the far side hears of it; after a
crash or a time-out its outcome is unknown, and the far side is asked before it is sent again.
"""

import asyncio
import contextlib
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

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
    Target,
    TryLater,
)
from bot.outbox import SPOKEN_S, Room, is_internal, room
from bot.render import merge
from bot.render.degrade import degrade
from bot.texts import Text
from storage import outbox as rows
from storage import talk
from storage.db import Database, ending
from storage.tables import Conversation

SEND_TIMEOUT_S: Final = 10
DOUBT_AFTER_S: Final = 15
"""A begun send that nobody has settled by then was cut off. Longer than SEND_TIMEOUT_S."""
SLOWEST: Final = 100_000
"""Bytes per second of a line that files still get through."""
MOST_ATTEMPTS: Final = 12
PATIENCE: Final = timedelta(hours=24)
"""What a platform that is away is given at least, however often it was tried."""
FIRST_BACKOFF_S: Final = 2.0
LONGEST_BACKOFF_S: Final = 3600.0
LONGEST_WAIT_S: Final = 86_400.0
"""However long a far side asks us to stay away, it is tried again after a day."""
LANES_AT_ONCE: Final = 16


_log = log.get("sending")

_INTERNAL = Text("内部群：客户看不到", "Internal chat: no customer reads this")
_QUEUED = Text("另有 {count} 条排队至 {time}", "{count} more queued until {time}")
_CLOSED = Text(
    "对方最近没有来信，或可回复的条数已用完；等对方再次来信后才能发送",
    "they have not written lately, or the replies allowed are spent; it can be sent once they write",
)


class Receipts(Protocol):
    """Told, in the settling transaction, how a send ended."""

    async def sent(self, session: AsyncSession, item: rows.Taken, notice: Notice) -> None: ...

    async def gone(self, session: AsyncSession, item: rows.Taken, error: str) -> None:
        """It failed for good."""
        ...


def backoff(attempts: int) -> float:
    """Seconds to wait after the nth failed attempt: doubling, with jitter, an hour at most."""
    return min(FIRST_BACKOFF_S * 2 ** (attempts - 1), LONGEST_BACKOFF_S) * random.uniform(0.7, 1.3)  # noqa: S311 - jitter is no secret


class Sender:
    """Sends what the outbox holds, for the channels whose adapters are here."""

    def __init__(
        self,
        db: Database,
        adapters: Mapping[ChannelName, Adapter],
        now: Clock,
        receipts: Receipts,
        zone: ZoneInfo,
    ) -> None:
        """`zone` is the one that waiting times are told in."""
        self._db = db
        self._adapters = adapters
        self._now = now
        self._receipts = receipts
        self._zone = zone
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
        channel, chat = lane.split(":", 1)
        adapter = self._adapters[ChannelName(channel)]
        now = self._now()
        async with self._db.transaction() as session:
            if not await rows.hold_lane(session, lane):
                return False
            found = await room(session, adapter, channel, chat, now)
            if found.left <= 0 and not found.closed:
                until = found.free_at or now + timedelta(seconds=SPOKEN_S)
                await rows.postpone(session, lane, now, until)
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
            if slow := _slow_s(taken.notice):
                doubt_at = now + timedelta(seconds=DOUBT_AFTER_S + slow)
                await rows.doubt_at(session, taken.id, doubt_at)
            if found.left == 1 and found.slow and not taken.unknown:
                taken = await self._carry(session, lane, taken, now, found)
            # Asked again: customers may have come into the chat while this waited.
            conversation = await talk.conversation(session, taken.channel, taken.chat)
        if found.closed and not taken.unknown:
            await self._fail(taken, f"{_CLOSED.zh} / {_CLOSED.en}")
        else:
            await self._settle(adapter, taken, conversation)
        return True

    async def _carry(
        self, session: AsyncSession, lane: str, taken: rows.Taken, now: datetime, found: Room
    ) -> rows.Taken:
        """The last message that the budget allows says what else waits, or that it waits."""
        others = await rows.waiting(session, lane, now, merge.MOST * 10)
        if not others:
            return taken
        try:
            notices = [_read(taken.notice), *(_read(notice) for _, notice, _ in others)]
        except Refused:  # one of them will fail by itself, aloud
            return taken
        alone = [
            bool(taken.thread or taken.place or taken.copies),
            *(not free for _, _, free in others),
        ]
        chosen = merge.choose(notices, alone)
        said = merge.merged([notices[index] for index in chosen])
        left = len(notices) - len(chosen)
        if left and found.free_at is not None:
            until = found.free_at.astimezone(self._zone)
            queued = _QUEUED.in_(said.language, count=left, time=f"{until:%H:%M}")
            said = said.model_copy(update={"note": queued})
        body = said.model_dump_json(exclude_defaults=True).encode()
        await rows.carry(session, taken.id, body, [others[i - 1][0] for i in chosen if i])
        return replace(taken, notice=body)

    async def _settle(
        self, adapter: Adapter, item: rows.Taken, conversation: Conversation | None
    ) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S + _slow_s(item.notice)):
                sent = await _send(adapter, item, conversation)
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
                await rows.sent(session, item.id, sent.id, sent.messages)
                await self._receipts.sent(session, item, _read(item.notice))
            if item.channel in self._down:
                self._down.discard(item.channel)
                _log.info("outbox.channel_back", channel=item.channel)

    async def _try_later(self, item: rows.Taken, error: TryLater) -> None:
        patient = self._now() - item.created_at < PATIENCE
        if item.attempts >= MOST_ATTEMPTS and not patient:
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
            await self._receipts.gone(session, item, error)


async def _send(adapter: Adapter, item: rows.Taken, conversation: Conversation | None) -> Sent:
    target = Target(chat=item.chat, thread=item.thread, place=item.place, copies=tuple(item.copies))
    if item.unknown:
        with contextlib.suppress(NotSupported):
            found = await adapter.find(target, item.key)
            if found is not None:
                return found
    notice = _read(item.notice)
    if notice.audience is Audience.INTERNAL and not is_internal(conversation):
        raise Refused("customers read this chat by now")
    notice = degrade(_marked(notice, conversation), adapter.can)
    return await adapter.send(target, notice, key=item.key)


def _slow_s(body: bytes) -> float:
    """Seconds more that its files may take."""
    if b'"files"' not in body:
        return 0.0
    return sum(file.size for file in _read(body).files) / SLOWEST


def _read(body: bytes) -> Notice:
    try:
        return Notice.model_validate(orjson.loads(body))
    except ValueError as error:
        raise Refused("the queued notice cannot be read") from error


def _marked(notice: Notice, conversation: Conversation | None) -> Notice:
    """Whose chat it is, on every card that a group of members reads."""
    if notice.audience is Audience.CUSTOMER or conversation is None or conversation.user_id:
        return notice
    kind = _INTERNAL.in_(notice.language)
    note = f"{kind} · {notice.note}" if notice.note else kind
    return notice.model_copy(update={"note": note})
