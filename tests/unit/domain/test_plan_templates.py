"""Templates of projects: the shipped ones fit together, and a wrong one says why."""

from typing import Any

import pytest

from bot.domain import templates
from bot.domain.definition import Unusable
from bot.domain.templates import Need, Template
from bot.domain.terms import Phase

SHIPPED = sorted(templates.shipped())


def test_there_is_one_for_each_kind_of_firm():
    assert SHIPPED == ["construction", "consulting", "manufacturing", "software"]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_template_fits_together(name: str):
    template = templates.shipped()[name]
    works = {work.id: work for work in template.tasks}
    for goal in template.milestones:
        for work in goal.tasks:
            assert work.start + work.days - 1 <= goal.day, work.id
            for one in work.after:
                assert works[one].start + works[one].days <= work.start, (one, work.id)
    days = [goal.day for goal in template.milestones]
    assert days == sorted(days)
    order = list(Phase)
    phases = [order.index(goal.phase) for goal in template.milestones]
    assert phases == sorted(phases)
    assert any(work.key for work in template.tasks)


def test_needs_add_up_on_the_way_forward_and_back_or_out_asks_for_nothing():
    software = templates.shipped()["software"]
    assert software.needed(Phase.PLAN, Phase.DO) == [Need.CONTRACT, Need.BEFORE]
    assert software.needed(Phase.START, Phase.ACCEPT) == [
        Need.MANAGER,
        Need.CONTRACT,
        Need.BEFORE,
        Need.KEY,
    ]
    assert software.needed(Phase.ACCEPT, Phase.PLAN) == []
    assert software.needed(Phase.START, Phase.CLOSED) == []


def body(**changes: Any) -> dict[str, Any]:
    goal = {"name": "上线", "phase": "do", "day": 5, "tasks": changes.pop("tasks", [])}
    return {"id": "own", "name": "自有", "text": "我们的", "milestones": [goal], **changes}


def test_a_name_in_one_language_serves_both():
    found: Template = templates.read(body(tasks=[{"id": "a", "name": "布线"}]))
    assert found.tasks[0].name.in_("en") == found.tasks[0].name.in_("zh") == "布线"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"tasks": [{"id": "a", "name": "一"}, {"id": "a", "name": "二"}]}, "same id"),
        ({"tasks": [{"id": "a", "name": "一", "after": ["b"]}]}, "'b', which is no task"),
        (
            {
                "tasks": [
                    {"id": "a", "name": "一", "after": ["b"]},
                    {"id": "b", "name": "二", "after": ["a"]},
                ]
            },
            "wait for each other",
        ),
        ({"tasks": [{"id": "a", "name": "一", "days": 0}]}, "days"),
        ({"tasks": [{"id": "a", "name": "一", "hours": -1}]}, "hours"),
        ({"needs": {"do": ["good_weather"]}}, "needs"),
        ({"milestones": []}, "milestones"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_template_says_why(wrong: dict[str, Any], why: str):
    with pytest.raises(Unusable, match=why) as error:
        templates.read(body(**wrong))
    assert "own" in str(error.value)
