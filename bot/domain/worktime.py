"""Working time: a span counted in office hours only."""

from datetime import date, datetime, time, timedelta
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


def between(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """Working time from `start` to `end` (aware, of one zone); below zero where `end` is earlier.

    `between(moment, after(moment, span)) == span`.
    """
    if end < start:
        return -between(end, start, calendar)
    found = _worked(start, end, start.date(), calendar)
    if end.date() > start.date():
        found += _worked(start, end, end.date(), calendar)
        whole = calendar.between(start.date(), end.date() - timedelta(days=1))
        found += whole * (_at(CLOSES) - _at(OPENS))
    return found


def _worked(start: datetime, end: datetime, day: date, calendar: Calendar) -> timedelta:
    """Working time of one day, within the span."""
    if not calendar.is_workday(day):
        return timedelta()
    opens = _at(start.time()) if day == start.date() else timedelta()
    closes = _at(end.time()) if day == end.date() else timedelta(days=1)
    return max(min(closes, _at(CLOSES)) - max(opens, _at(OPENS)), timedelta())


def _at(moment: time) -> timedelta:
    """How far into the day the clock stands."""
    return datetime.combine(date.min, moment) - datetime.combine(date.min, time())


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
