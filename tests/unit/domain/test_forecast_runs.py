"""The forecast: its order, its habit, and that the same plan gives the same answer."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import forecast, plan
from bot.domain.forecast import Habit
from bot.domain.plan import Ring, Step


@st.composite
def plans(draw: st.DrawFn) -> list[Step]:
    return [
        Step(
            id_,
            draw(st.integers(1, 20)),
            tuple(draw(st.sets(st.integers(0, id_ - 1), max_size=3))) if id_ else (),
            draw(st.integers(0, 5)),
        )
        for id_ in range(draw(st.integers(1, 10)))
    ]


@settings(deadline=None)
@given(plans(), st.lists(st.floats(0.05, 20), max_size=30), st.integers(0, 2**32))
def test_what_always_holds(steps: list[Step], ratios: list[float], seed: int):
    habit = forecast.learn(ratios)
    found = forecast.play(steps, habit, seed, runs=200)
    assert found is not None
    assert found == forecast.play(steps, habit, seed, runs=200)
    assert 0 < found.half <= found.most
    assert {one.id for one in found.drivers} == {step.id for step in steps}
    assert all(0 <= one.share <= 1 for one in found.drivers)
    # In every run some step has no slack.
    assert sum(one.share for one in found.drivers) >= 1 - 1e-9
    end = max(slot.finish for slot in plan.schedule(steps).values())
    assert found.planned == pytest.approx(end)


def test_a_habit_of_being_late_moves_the_end_and_one_of_keeping_days_narrows_it():
    steps = [Step(1, 10), Step(2, 10, (1,)), Step(3, 4)]
    usual = forecast.play(steps, forecast.learn([]), 7)
    late = forecast.play(steps, forecast.learn([2.0] * 60), 7)
    exact = forecast.play(steps, forecast.learn([1.0] * 200), 7)
    assert usual is not None
    assert late is not None
    assert exact is not None
    assert late.half > 1.5 * usual.half
    assert exact.most - exact.half < usual.most - usual.half
    assert exact.half == pytest.approx(20, rel=0.05)
    assert [one.id for one in usual.drivers[:2]] in ([1, 2], [2, 1])
    assert usual.drivers[-1].id == 3
    assert usual.drivers[-1].share < 0.1


@given(st.lists(st.floats(0.2, 5), max_size=80))
def test_thin_history_stays_near_the_default_and_a_long_one_is_believed(ratios: list[float]):
    default, found = Habit(), forecast.learn(ratios)
    assert found.seen == len(ratios)
    if ratios:
        mean = sum(map(math.log, ratios)) / len(ratios)
        low, high = sorted((default.mean, mean))
        assert low - 1e-9 <= found.mean <= high + 1e-9
        weight = len(ratios) / (len(ratios) + 12)
        assert found.mean == pytest.approx(default.mean + weight * (mean - default.mean))
    else:
        assert found == default


def test_days_already_spent_count_and_a_late_step_still_takes_time():
    fresh = forecast.play([Step(1, 10)], Habit(), 1)
    begun = forecast.play([Step(1, 10)], Habit(), 1, gone={1: 6.0})
    overdue = forecast.play([Step(1, 10)], Habit(), 1, gone={1: 60.0})
    assert fresh is not None
    assert begun is not None
    assert overdue is not None
    assert begun.half == pytest.approx(fresh.half - 6)
    assert overdue.half == 0.5


def test_nothing_left_is_no_forecast_and_a_ring_is_an_error():
    assert forecast.play([], Habit(), 1) is None
    with pytest.raises(Ring):
        forecast.play([Step(1, 1, (2,)), Step(2, 1, (1,))], Habit(), 1)
