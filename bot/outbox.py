"""The one way out: queued in the caller's transaction, once per key; `bot.sending` takes it from here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.contract import (
    Adapter,
    Audience,
    Notice,
)
from bot.domain import workdays
from storage import outbox as rows
from storage import talk
from storage.db import notify
from storage.tables import Conversation

WAKE: Final = "keqing_outbox"
SPOKEN_S: Final = 60
"""A budget over so many seconds or more makes people wait: its last message says for whom."""


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
    thread: str = "",
    place: str = "",
    copies: Sequence[str] = (),
) -> bool:
    """Queue a notice in the caller's transaction; False where `key` was queued before.

    `thread`, `place` and `copies` are those of the `Target`.

    Raises `WrongAudience` for an internal notice to a chat that is not declared internal.
    """
    letter = Letter(
        notice,
        channel,
        chat,
        key,
        not_before or datetime.now(UTC),
        thread=thread,
        place=place,
        copies=tuple(copies),
    )
    return bool(await post_all(session, [letter]))


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice on its way to one chat; see `post`."""

    notice: Notice
    channel: str
    chat: str
    key: str
    not_before: datetime
    thread: str = ""
    place: str = ""
    copies: tuple[str, ...] = ()


async def post_all(session: AsyncSession, letters: Sequence[Letter]) -> set[str]:
    """Queue many at once; answers the keys that were not queued before.

    Raises `WrongAudience`, and queues nothing, where one is internal and its chat is not.
    """
    if not letters:
        return set()
    inside = [(one.channel, one.chat) for one in letters if _is_inside(one.notice)]
    known = await talk.conversations(session, inside)
    for place in inside:
        if not is_internal(known.get(place)):
            raise WrongAudience(f"{place[0]} chat is not declared internal")
    added = await rows.add(
        session,
        [
            {
                "key": one.key,
                "lane": f"{one.channel}:{one.chat}",
                "channel": one.channel,
                "chat": one.chat,
                "notice": one.notice.model_dump_json(exclude_defaults=True).encode(),
                "not_before": one.not_before,
                "thread": one.thread,
                "place": one.place,
                "copies": one.copies,
            }
            for one in letters
        ],
    )
    if added:
        await notify(session, WAKE)
    return added


def _is_inside(notice: Notice) -> bool:
    return notice.audience is Audience.INTERNAL


def is_internal(conversation: Conversation | None) -> bool:
    return conversation is not None and conversation.audience == Audience.INTERNAL


@dataclass(frozen=True, slots=True)
class Room:
    """What the far side's budgets leave for a chat now; the tightest one speaks."""

    left: int = 1_000_000
    free_at: datetime | None = None
    """When there is room again, where there is none."""
    slow: bool = False
    closed: bool = False
    """Nothing can be sent until somebody writes there."""
    closes_at: datetime | None = None
    """When an answer is no longer possible, where only answers are."""


async def room(
    session: AsyncSession, adapter: Adapter, channel: str, chat: str, now: datetime
) -> Room:
    """What may be sent to a chat now."""
    tightest = Room()
    for budget in adapter.budgets(chat):
        since = now - timedelta(seconds=budget.seconds)
        if budget.answering:
            heard = await rows.last_inbound(session, channel, chat)
            if heard is None or heard < since:
                return Room(left=0, closed=True)
            since = heard
            tightest = replace(tightest, closes_at=heard + timedelta(seconds=budget.seconds))
        spent = await rows.spent(session, channel, chat, since, budget.across)
        left = budget.count - spent.messages
        if budget.answering and left <= 0:
            return Room(left=0, closed=True)
        if left < tightest.left:
            oldest = spent.free_at or now
            free_at = oldest + timedelta(seconds=budget.seconds)
            slow = budget.seconds >= SPOKEN_S
            tightest = replace(tightest, left=left, free_at=free_at, slow=slow)
    return tightest


def after_quiet(moment: datetime, quiet: tuple[time, time] | None) -> datetime:
    """The first time at or after `moment` (aware, in the reader's zone) that is not their own.

    That is outside the quiet hours and on a working day. `quiet` is from when until when, over
    midnight or not; None for no quiet hours, and then no days off.
    """
    if quiet is None:
        return moment
    start, end = quiet
    moment = _after_night(moment, start, end)
    worked = workdays.china().add(moment.date(), 0)
    if worked == moment.date():
        return moment
    return _after_night(datetime.combine(worked, end, moment.tzinfo), start, end)


def _after_night(moment: datetime, start: time, end: time) -> datetime:
    if start == end:
        return moment
    at = moment.time()
    over_midnight = start > end
    inside = (at >= start or at < end) if over_midnight else start <= at < end
    if not inside:
        return moment
    if over_midnight and at >= start:
        moment += timedelta(days=1)
    return moment.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
