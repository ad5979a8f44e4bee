from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import numerals, workdays
from bot.domain.workdays import Calendar

CHINA = workdays.china()
ZONE = ZoneInfo("Asia/Shanghai")
DAYS = st.dates(date(2025, 1, 1), date(2028, 12, 31))


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2026-11-18", True),
        ("2026-11-21", False),
        ("2026-10-01", False),
        ("2026-10-10", True),
        ("2026-02-17", False),
        ("2026-02-14", True),
        ("2027-02-08", False),
    ],
)
def test_chinas_calendar(day, worked):
    assert CHINA.is_workday(date.fromisoformat(day)) is worked


def test_every_day_worked_instead_is_on_a_weekend():
    assert all(day.weekday() in CHINA.weekend for day in CHINA.workdays)
    assert not CHINA.workdays & CHINA.holidays


def test_over_the_national_week():
    assert CHINA.add(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert CHINA.add(date(2026, 10, 8), -1) == date(2026, 9, 30)
    assert CHINA.add(date(2026, 10, 3), 0) == date(2026, 10, 8)
    assert CHINA.between(date(2026, 9, 30), date(2026, 10, 10)) == 3


@given(DAYS, st.integers(-60, 60).filter(bool))
def test_between_counts_what_add_walked(day, n):
    there = CHINA.add(day, n)
    assert CHINA.is_workday(there)
    if n > 0 or CHINA.is_workday(day):
        assert CHINA.between(day, there) == n


def test_a_calendar_without_working_days_says_so():
    with pytest.raises(ValueError, match="no working day"):
        Calendar(weekend=frozenset(range(7))).add(date(2026, 1, 1), 1)


@pytest.mark.parametrize(
    ("words", "value"),
    [("１２", "12"), ("3,500.5", "3500.5"), ("十二", "12"), ("二十", "20"), ("两万三", "23000"), ("半", "0.5"),
     ("一百零五", "105"), ("一百五", "150"), ("三千二百万", "32000000"), ("二〇二六", "2026"), ("", "None"), ("几", "None")],
)  # fmt: skip
def test_numerals(words, value):
    assert str(numerals.number(words)) == value


@given(st.text(max_size=40))
def test_no_numeral_raises(words):
    numerals.number(words)
