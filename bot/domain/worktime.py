"""Working time: a span counted in office hours only."""

from datetime import datetime, time, timedelta
from typing import Final

from bot.domain.workdays import Calendar

OPENS: Final = time(9)
CLOSES: Final = time(18)


def after(start: datetime, span: timedelta, calendar: Calendar) -> datetime:
    """When `span` of working time has passed since `start` (aware, in the zone of who works).

    Hours are those on the clock of that zone, from 9 to 18 on working days.
    """
    moment = _open(start, calendar)
    left = span
    while True:
        closes = moment.replace(hour=CLOSES.hour, minute=0, second=0, microsecond=0)
        if left <= closes - moment:
            return moment + left
        left -= closes - moment
        moment = _morning(moment + timedelta(days=1), calendar)


def _open(moment: datetime, calendar: Calendar) -> datetime:
    """The moment itself within office hours, else when they next begin."""
    if calendar.is_workday(moment.date()):
        if moment.time() < OPENS:
            return _morning(moment, calendar)
        if moment.time() < CLOSES:
            return moment
    return _morning(moment + timedelta(days=1), calendar)


def _morning(moment: datetime, calendar: Calendar) -> datetime:
    day = calendar.add(moment.date(), 0)
    return datetime.combine(day, OPENS, moment.tzinfo)
