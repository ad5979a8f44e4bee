"""What members promise customers, and until when, becomes a reminder to whoever promised it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock
from bot.people import Defaults
from bot.pipeline import extract
from storage import reminders
from storage.tables import User

_MORNING: Final = time(9)
_SOON: Final = timedelta(hours=1)
"""A promise for today is told of so long after it was made, where the morning is over."""
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Said:
    """A member's words to a customer."""

    interaction_id: int
    user_id: int
    at: datetime
    found: extract.Extract
    customer_id: int | None
    project_id: int | None


async def keep(
    session: AsyncSession, said: Sequence[Said], now: datetime, defaults: Defaults
) -> None:
    """Make reminders of the promises that name a day to come; talk of last year brings none."""
    dated = [one for one in said if any(promise.due for promise in one.found.promises)]
    if not dated:
        return
    users = await session.exec(
        select(User.id, User.timezone).where(col(User.id).in_({one.user_id for one in dated}))
    )
    zones = {id_: clock.zone(zone, defaults.timezone) for id_, zone in users}
    rows = [
        row for one in dated if one.user_id in zones for row in _rows(one, now, zones[one.user_id])
    ]
    await reminders.keep_promises(session, rows)


def _rows(one: Said, now: datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    day = now.astimezone(zone).date()
    return [
        {
            "user_id": one.user_id,
            "text": promise.words[:_LONGEST],
            "at": _when(promise.due, one.at, zone),
            "due": promise.due,
            "customer_id": one.customer_id,
            "project_id": one.project_id,
            "interaction_id": one.interaction_id,
            "made_by_id": one.user_id,
            "made_at": one.at,
        }
        for promise in one.found.promises
        if promise.due is not None and promise.due >= day
    ]


def _when(due: date, said: datetime, zone: ZoneInfo) -> datetime:
    """The morning of the day; an hour after the promise where that has gone by."""
    return max(datetime.combine(due, _MORNING, zone), said + _SOON)
