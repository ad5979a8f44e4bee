"""Earned value: whether the work that is done is as much as was planned, and what it took.

Source: PMI, "The Standard for Earned Value Management", 2019, and ANSI/EIA-748:
SPI = EV / PV, CPI = EV / AC, EAC = BAC / CPI. What is worth how much is counted in one unit, hours
of estimate or money, so that the indices have none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.domain.workdays import Calendar


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a plan, with what it is worth."""

    worth: float
    done: float
    """0 to 1; EIA-748 lets a part be worth nothing until it is done, or its finished steps."""
    start: date | None
    due: date | None


@dataclass(frozen=True, slots=True)
class Earned:
    """All in one unit."""

    planned: float
    """PV: what should be done by today."""
    earned: float
    """EV: what is done."""
    spent: float
    """AC: what it took; 0: nobody has written it down."""
    whole: float
    """BAC: all that is planned."""

    @property
    def spi(self) -> float | None:
        """Below 1: behind the plan. None: nothing was planned until today."""
        return self.earned / self.planned if self.planned else None

    @property
    def cpi(self) -> float | None:
        """Below 1: it takes more than planned. None: what it took is not known."""
        return self.earned / self.spent if self.spent else None

    @property
    def whole_at_this_rate(self) -> float | None:
        """EAC: what all of it will take if it goes on so."""
        return self.whole / self.cpi if self.cpi else None


def earned(pieces: Iterable[Piece], spent: float, today: date, calendar: Calendar) -> Earned:
    planned = done = whole = 0.0
    for piece in pieces:
        whole += piece.worth
        done += piece.worth * min(max(piece.done, 0.0), 1.0)
        planned += piece.worth * share_planned(piece.start, piece.due, today, calendar)
    return Earned(planned, done, spent, whole)


def share_planned(start: date | None, due: date | None, today: date, calendar: Calendar) -> float:
    """How much should be done at the end of `today`: evenly over the working days of its time.

    Without a start all of it counts on the day that it is due, without a due day nothing does.
    """
    if due is None or today < (start or due):
        return 0.0
    if today >= due:
        return 1.0
    first = start or due
    of = calendar.between(first, due) + calendar.is_workday(first)
    gone = calendar.between(first, today) + calendar.is_workday(first)
    return gone / of if of else 1.0
