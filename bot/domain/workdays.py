"""Working days: weekends, public holidays, and weekend days that are worked instead (调休)."""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any, Final

_DAY: Final = timedelta(days=1)
_LONGEST: Final = 20_000
"""Days a search walks before it gives up: a calendar without a working day is a mistake."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked. `weekend` holds weekday numbers, Monday is 0.

    A day in `workdays` is worked even on a weekend or holiday.
    """

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({5, 6})

    def is_workday(self, day: date) -> bool:
        if day in self.workdays:
            return True
        return day.weekday() not in self.weekend and day not in self.holidays

    def add(self, day: date, n: int) -> date:
        """The `n`th working day after `day` (before it for a negative `n`).

        With 0: `day` itself where it is worked, else the next that is. Raises `OverflowError` past
        the calendar's end and `ValueError` where no working day comes in about 55 years.
        """
        step = -_DAY if n < 0 else _DAY
        if n == 0:
            day, n = day - _DAY, 1
        left, walked = abs(n), 0
        while left:
            day += step
            walked = 0 if self.is_workday(day) else walked + 1
            left -= walked == 0
            if walked > _LONGEST:
                raise ValueError("the calendar has no working day")
        return day

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and with `end`; negative where `end` is earlier.

        `between(day, add(day, n)) == n` for every n but 0.
        """
        if end < start:
            return -sum(self.is_workday(end + _DAY * i) for i in range((start - end).days))
        return sum(self.is_workday(start + _DAY * i) for i in range(1, (end - start).days + 1))


def is_published(year: int) -> bool:
    """Whether the State Council's notice for a year is in data/china.toml.

    Without it only weekends and the holidays of the law are known: a promise made for such a year
    should say so.
    """
    return year in _china()["published"]


@cache
def china() -> Calendar:
    """Mainland China's calendar for the years in data/china.toml; other years have weekends only."""
    data = _china()
    holidays = {day for spans in data["holidays"] for day in _days(*spans)}
    return Calendar(frozenset(holidays), frozenset(data["workdays"]))


@cache
def _china() -> dict[str, Any]:
    source = resources.files("bot.domain").joinpath("data", "china.toml").read_text("utf-8")
    return tomllib.loads(source)


def _days(first: date, last: date) -> list[date]:
    return [first + _DAY * i for i in range((last - first).days + 1)]
