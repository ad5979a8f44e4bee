"""Mood over time: the decayed mean, the slope, and the one day on which it turned."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import mood
from bot.domain.mood import HALF_LIFE, Score

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
VALUES = st.lists(st.floats(-1, 1), min_size=1, max_size=60)


def scores(*values: float, every: timedelta = timedelta(days=1)) -> list[Score]:
    begin = NOW - every * (len(values) - 1)
    return [Score(begin + every * n, value, n + 1) for n, value in enumerate(values)]


def test_a_word_of_a_half_life_ago_counts_half():
    said = [Score(NOW - HALF_LIFE, 1.0), Score(NOW, -0.5)]
    assert mood.decayed(said, NOW) == pytest.approx((0.5 * 1.0 + 1.0 * -0.5) / 1.5)


def test_the_slope_is_a_weeks_change():
    said = scores(*(0.1 * n - 0.5 for n in range(10)), every=timedelta(weeks=1))
    assert mood.slope(said, NOW) == pytest.approx(0.1)


def test_nothing_said_is_no_mood():
    assert mood.of([], NOW) is None


def test_a_turn_is_found_where_it_was_and_names_what_pulled():
    said = scores(0.6, 0.5, 0.7, 0.6, 0.5, 0.6, -0.6, -0.5, -0.9, -0.5)
    found = mood.of(said, NOW)
    assert found is not None
    assert found.turn is not None
    assert found.turn.at == said[6].at
    assert found.turn.before > 0 > found.turn.after
    assert found.slope < 0
    assert said[8] in found.movers
    assert all(one.at >= found.turn.at and one.value < 0 for one in found.movers)


@pytest.mark.parametrize(
    "values",
    [
        (0.5, 0.5, 0.5, -0.9, 0.5, 0.5, 0.5, 0.5),  # a bad day
        (0.1, 0.0, 0.1, 0.0, 0.1, 0.0, 0.1),
        (0.3, -0.3),
    ],
)
def test_a_bad_day_is_no_turn(values: tuple[float, ...]):
    assert mood.turn(scores(*values)) is None


@given(VALUES)
def test_it_stays_within_what_was_said(values: list[float]):
    found = mood.of(scores(*values), NOW)
    assert found is not None
    assert min(values) - 1e-3 <= found.level <= max(values) + 1e-3
    assert found.count == len(values)
    if found.turn:
        assert -1 <= found.turn.before <= 1
        assert -1 <= found.turn.after <= 1


@given(st.floats(-1, 1), st.integers(1, 40))
def test_an_even_mood_is_even(value: float, count: int):
    found = mood.of(scores(*[value] * count), NOW)
    assert found is not None
    assert found.turn is None
    assert found.slope == pytest.approx(0, abs=1e-6)
    assert found.level == pytest.approx(value, abs=1e-3)
