"""Which milestones a customer is not told of."""

import pytest

from bot.commands import public
from bot.domain import templates
from bot.domain.terms import Phase


@pytest.mark.parametrize("id_", sorted(templates.shipped()))
def test_of_shipped_plans_the_milestones_of_payment_and_no_others_are_left_out(id_: str):
    goals = templates.shipped()[id_].milestones
    for goal in goals:
        told = {public.of_payment(goal.name.zh), public.of_payment(goal.name.en)}
        assert told == {goal.phase == Phase.PAID}, goal.name


@pytest.mark.parametrize("name", ["条款确认", "Prepaid cards go live", "初验", "Settlement module"])
def test_a_milestone_of_the_work_is_told(name: str):
    assert not public.of_payment(name)
