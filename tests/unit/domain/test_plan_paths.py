"""The critical path: earliest and latest days, slack, and rings."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import plan, workdays
from bot.domain.plan import Ring, Step


@st.composite
def plans(draw: st.DrawFn) -> list[Step]:
    """Up to twelve steps, each waiting for some that stand before it; in any order."""
    count = draw(st.integers(1, 12))
    steps = [
        Step(
            id_,
            draw(st.integers(1, 20)),
            tuple(draw(st.sets(st.integers(0, id_ - 1), max_size=3))) if id_ else (),
            draw(st.integers(0, 5)),
        )
        for id_ in range(count)
    ]
    return draw(st.permutations(steps))


def longest_chain(steps: list[Step]) -> float:
    """By walking every chain: slow, and so plain that it must be right."""
    by_id = {step.id: step for step in steps}

    def ends(id_: int) -> float:
        step = by_id[id_]
        return max([step.not_before, *(ends(one) for one in step.after)]) + step.days

    return max(ends(id_) for id_ in by_id)


@given(plans())
def test_the_end_is_that_of_the_longest_chain_and_its_steps_have_no_slack(steps: list[Step]):
    slots = plan.schedule(steps)
    end = max(slot.finish for slot in slots.values())
    assert end == longest_chain(steps)
    assert all(slot.slack >= 0 for slot in slots.values())
    assert all(slot.latest_finish <= end for slot in slots.values())
    critical = plan.longest(slots)
    assert any(slots[id_].finish == end for id_ in critical)
    assert [slots[id_].start for id_ in critical] == sorted(slots[id_].start for id_ in critical)


@given(plans(), st.data())
def test_a_step_delayed_by_its_slack_delays_nothing_and_by_more_delays_all(
    steps: list[Step], data: st.DataObject
):
    slots = plan.schedule(steps)
    end = max(slot.finish for slot in slots.values())
    late = data.draw(st.sampled_from(steps))

    def ends(more: float) -> float:
        moved = [
            Step(s.id, s.days + (more if s is late else 0), s.after, s.not_before) for s in steps
        ]
        return max(slot.finish for slot in plan.schedule(moved).values())

    assert ends(slots[late.id].slack) == end
    assert ends(slots[late.id].slack + 1) == end + 1


@given(plans())
def test_a_plan_without_a_ring_is_put_in_order(steps: list[Step]):
    assert plan.ring({step.id: step.after for step in steps}) == ()
    place = {step.id: at for at, step in enumerate(plan.ordered(steps))}
    assert all(place[one] < place[step.id] for step in steps for one in step.after)


@given(plans(), st.integers(2, 6))
def test_a_ring_is_found_and_named(steps: list[Step], length: int):
    ring = [100 + at for at in range(length)]
    round_ = [Step(id_, 1, (ring[at - 1],)) for at, id_ in enumerate(ring)]
    with pytest.raises(Ring) as found:
        plan.schedule([*steps, *round_])
    assert set(found.value.steps) == set(ring)
    waits = {step.id: step.after for step in round_}
    named = found.value.steps
    assert all(named[(at + 1) % len(named)] in waits[one] for at, one in enumerate(named))


def test_a_known_plan():
    steps = [
        Step(1, 3),
        Step(2, 2, (1,)),
        Step(3, 5, (1,)),
        Step(4, 1, (2, 3)),
        Step(5, 1, (), 4),
    ]
    slots = plan.schedule(steps)
    assert plan.longest(slots) == [1, 3, 4]
    assert (slots[2].start, slots[2].latest_start, slots[2].slack) == (3, 6, 3)
    assert (slots[5].start, slots[5].slack) == (4, 4)
    assert slots[4].finish == 9
    assert plan.schedule([]) == {}
    assert plan.schedule([Step(1, 2, (77,))])[1].start == 0  # what is not there is done


def test_days_of_work():
    china = workdays.china()
    assert plan.working_days(china, date(2026, 12, 1), date(2026, 12, 1)) == 1
    assert plan.working_days(china, date(2026, 12, 4), date(2026, 12, 7)) == 2
    assert (
        plan.working_days(china, date(2026, 12, 5), date(2026, 12, 6)) == 1
    )  # a week-end counts once
    assert plan.working_days(china, date(2026, 12, 2), date(2026, 12, 1)) is None
    assert plan.working_days(china, None, date(2026, 12, 1)) is None
    assert [plan.days_of(hours) for hours in (0.5, 8, 8.5, 40)] == [1, 1, 2, 5]
