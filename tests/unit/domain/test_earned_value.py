"""Earned value: its identities, and a known project."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import earned, workdays
from bot.domain.earned import Piece

CHINA = workdays.china()
MONDAY = date(2026, 11, 16)
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
shares = st.integers(0, 100).map(lambda percent: percent / 100)


@given(
    st.lists(st.builds(Piece, st.floats(0.5, 500), shares, st.none() | days, st.none() | days)),
    st.integers(0, 5000),
    days,
)
def test_what_always_holds(pieces: list[Piece], spent: float, today: date):
    found = earned.earned(pieces, spent, today, CHINA)
    assert 0 <= found.planned <= found.whole * (1 + 1e-9)
    assert 0 <= found.earned <= found.whole * (1 + 1e-9)
    if found.spi is not None:
        assert found.spi * found.planned == pytest.approx(found.earned)
    if found.cpi is not None:
        assert found.cpi * found.spent == pytest.approx(found.earned)
    if found.whole_at_this_rate is not None and found.cpi:
        assert found.whole_at_this_rate * found.cpi == pytest.approx(found.whole)


@given(days, days, days)
def test_more_is_planned_from_day_to_day(start: date, due: date, today: date):
    start, due = min(start, due), max(start, due)
    one = earned.share_planned(start, due, today, CHINA)
    assert 0 <= one <= earned.share_planned(start, due, CHINA.add(today, 1), CHINA) <= 1
    assert earned.share_planned(start, due, due, CHINA) == 1


def test_a_known_project():
    """Two weeks, a hundred hours; on its fifth day forty are done and took fifty."""
    pieces = [
        Piece(60, 0.5, MONDAY, CHINA.add(MONDAY, 9)),
        Piece(10, 1, MONDAY, CHINA.add(MONDAY, 1)),
        Piece(30, 0, CHINA.add(MONDAY, 5), CHINA.add(MONDAY, 9)),
    ]
    found = earned.earned(pieces, 50, CHINA.add(MONDAY, 4), CHINA)
    assert (found.planned, found.earned, found.whole) == (40, 40, 100)
    assert (found.spi, found.cpi, found.whole_at_this_rate) == (1, 0.8, 125)


def test_what_is_missing_is_none_and_never_a_number():
    found = earned.earned([Piece(8, 0.5, None, None)], 0, MONDAY, CHINA)
    assert (found.spi, found.cpi, found.whole_at_this_rate) == (None, None, None)
    # Without a start all of it counts on the day that it is due.
    assert earned.share_planned(None, MONDAY, date(2026, 11, 15), CHINA) == 0
    assert earned.share_planned(None, MONDAY, MONDAY, CHINA) == 1
    # A week-end's work is planned by its end, though no day of it is worked.
    saturday, sunday = date(2026, 11, 21), date(2026, 11, 22)
    assert earned.share_planned(saturday, sunday, saturday, CHINA) == 1
