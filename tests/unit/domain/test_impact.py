"""What more work does to a plan."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.impact import NEW, of_work
from bot.domain.plan import Step, schedule

PLAN = [Step(1, 5), Step(2, 3, (1,)), Step(3, 2, (1,))]


def test_work_on_the_critical_path_moves_the_end():
    found = of_work(PLAN, 2, grows=1)
    assert found.end == 2
    assert found.moved == {1: 2, 2: 2, 3: 2}


def test_work_that_fits_into_slack_moves_nothing_but_itself():
    assert of_work(PLAN, 1, grows=3) == of_work(PLAN, 1, grows=3)
    found = of_work(PLAN, 1, grows=3)
    assert (found.end, found.moved) == (0, {3: 1})
    new = of_work(PLAN, 4)
    assert (new.end, new.moved) == (0, {NEW: 4})


def test_half_a_day_counts_as_one():
    assert of_work(PLAN, 0.5, grows=2).end == 1


def test_an_empty_plan_is_as_long_as_the_work():
    assert of_work([], 2.5).end == 3


@given(
    days=st.lists(st.floats(0.5, 20), min_size=1, max_size=8),
    more=st.floats(0.1, 30),
    data=st.data(),
)
def test_more_work_never_makes_a_plan_shorter(days: list[float], more: float, data: st.DataObject):
    steps = [
        Step(n + 1, d, tuple(data.draw(st.sets(st.integers(1, n))) if n else ()))
        for n, d in enumerate(days)
    ]
    grows = data.draw(st.integers(1, len(steps)))
    found = of_work(steps, more, grows)
    end = max(slot.finish for slot in schedule(steps).values())
    assert 0 <= found.end <= more + 1
    assert all(moved > 0 for moved in found.moved.values())
    assert of_work(steps, end + more).end >= more - 1e-6
