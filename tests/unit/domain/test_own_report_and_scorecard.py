"""What a firm writes of its reports and its scorecard: what cannot be used says why."""

from typing import Any

import pytest

from bot.domain import churn, reports
from bot.domain.definition import Unusable
from bot.domain.reports import Section

REPORT: dict[str, Any] = {
    "id": "ours",
    "title": {"zh": "{customer}", "en": "{customer}"},
    "words": {"zh": "{first}", "en": "{last}"},
    "sections": ["cases"],
    "every": "weekly",
}
CARD: dict[str, Any] = {
    "id": "churn",
    "scale": {"points_to_double": 20, "odds": 0.03},
    "sign": {"nps": {"bins": [{"below": 3, "points": 30}, {"below": 6, "points": 10}]}},
}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"sections": []}, "sections"),
        ({"sections": ["money"]}, "sections"),
        ({"sections": ["cases", "cases"]}, "twice"),
        ({"words": {"zh": "{margin}", "en": "x"}}, "nothing fills {margin}"),
        ({"title": {"zh": "{first}", "en": "x"}}, "nothing fills {first}"),
        ({"title": {"zh": "{customer.owner_id}", "en": "x"}}, "nothing fills"),
        ({"figures": ["profit"]}, "figures"),
        ({"language": "fr"}, "language"),
        ({"every": "daily"}, "every"),
        ({"recipients": "all"}, "recipients"),
    ],
)
def test_a_report_template_that_cannot_be_used_says_why(change: dict[str, Any], why: str):
    assert reports.read(REPORT).heading(Section.CASES) == Section.CASES.text
    with pytest.raises(Unusable, match="report ours") as told:
        reports.read({**REPORT, **change})
    assert why in str(told.value)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"id": "mine"}, "id"),
        ({"scale": {"points_to_double": -1, "odds": 0.03}}, "points_to_double"),
        ({"scale": {"points_to_double": 20, "odds": 0}}, "odds"),
        ({"sign": {}}, "sign"),
        ({"sign": {"weather": {"bins": [{"from": 1, "points": 1}]}}}, "no sign 'weather'"),
        ({"sign": {"nps": {"bins": [{"points": 1}]}}}, "either from or below"),
        ({"sign": {"nps": {"bins": [{"from": 1, "below": 2, "points": 1}]}}}, "either from"),
        ({"sign": {"nps": {"bins": [{"from": 1, "points": 101}]}}}, "points"),
        (
            {"sign": {"nps": {"bins": [{"below": 6, "points": 1}, {"below": 3, "points": 2}]}}},
            "hardest to reach",
        ),
        (
            {"sign": {"nps": {"bins": [{"from": 6, "points": 1}, {"below": 3, "points": 2}]}}},
            "all from, or all below",
        ),
    ],
)
def test_a_scorecard_that_cannot_be_used_says_why(change: dict[str, Any], why: str):
    assert churn.of({"nps": 5.0, "complaints": 9.0}, churn.read(CARD, 2)).points == 10
    with pytest.raises(Unusable) as told:
        churn.read({**CARD, **change})
    assert why in str(told.value)
