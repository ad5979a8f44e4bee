"""The clock of first answers: a customer's question starts it, a member's words answer it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock
from bot.contract import Audience, Kind
from bot.domain import service, workdays
from bot.domain.service import Wants
from bot.people import Defaults
from bot.pipeline.work import Work
from storage import answering

_FRESH: Final = timedelta(days=2)
"""Talk that is older is brought in, not waited for."""
_WRITTEN: Final = frozenset({Kind.MESSAGE, Kind.MAIL})


@dataclass(frozen=True, slots=True)
class _Turn:
    what: Literal["ask", "answer", "stop"]
    work: Work


async def follow(
    session: AsyncSession, works: Sequence[Work], now: datetime, defaults: Defaults
) -> None:
    """Clocks after a batch: a conversation's turns one after the other, all conversations at once."""
    chats: dict[int, list[_Turn]] = {}
    for work in works:
        turn = _turn(work, now)
        if turn is None:
            continue
        turns = chats.setdefault(work.chat.id, [])
        if not turns or turns[-1].what != turn.what:  # the first of several alike is what counts
            turns.append(turn)
    if not chats:
        return
    asked = {
        turn.work.match.customer_id or 0
        for turns in chats.values()
        for turn in turns
        if turn.what == "ask"
    }
    served = await answering.served(session, asked) if asked else {}
    for round_ in range(max(len(turns) for turns in chats.values())):
        now_on = [turns[round_] for turns in chats.values() if len(turns) > round_]
        starts = [_row(one.work, served, defaults) for one in now_on if one.what == "ask"]
        await answering.start(session, starts)
        await answering.end(session, [_end(one) for one in now_on if one.what != "ask"])


def _end(turn: _Turn) -> answering.End:
    work = turn.work
    done = turn.what == "answer"
    return answering.End(
        work.chat.id,
        work.message.sent_at,
        answered=done,
        user_id=work.match.user_id if done else None,
    )


def _turn(work: Work, now: datetime) -> _Turn | None:
    """What a message does to the clock of its conversation; None: nothing."""
    if (
        work.match.customer_id is None
        or work.chat.audience == Audience.INTERNAL
        or work.status != "filed"
        or work.message.kind not in _WRITTEN
        or work.message.sent_at < now - _FRESH
    ):
        return None
    if work.direction == "out":
        return _Turn("answer", work)
    if work.direction != "in":
        return None
    asks = bool(work.extract.asks or work.extract.questions)
    match service.wants(work.text, asks=asks, signals=work.signals):
        case Wants.ANSWER:
            return _Turn("ask", work)
        case Wants.CLOSED:
            return _Turn("stop", work)
        case Wants.NOTHING:
            return None


def _row(work: Work, served: dict[int, tuple[str, str]], defaults: Defaults) -> dict[str, object]:
    customer_id = work.match.customer_id or 0
    level = service.level(*served[customer_id])
    start = work.message.sent_at.astimezone(clock.zone(defaults.timezone))
    return {
        "conversation_id": work.chat.id,
        "customer_id": customer_id,
        "interaction_id": work.interaction_id,
        "started_at": start,
        "due_at": level.due(start, level.answer, workdays.china()),
    }
