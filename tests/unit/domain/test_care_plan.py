"""The arithmetic of care: when a node is due, what surveys add up to, how loyal a customer is."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import care, workdays
from bot.domain.care import Loyalty, Standing, SurveyKind
from bot.domain.definition import Unusable

TODAY = date(2026, 11, 18)
PLAN = {node.id: node for node in care.shipped()}
DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("node", "since", "wanted"),
    [
        ("thanks", date(2026, 11, 11), [date(2026, 11, 18)]),
        ("thanks", date(2026, 11, 14), [date(2026, 11, 23)]),  # the 21st is a Saturday
        ("thanks", date(2025, 1, 1), []),
        ("birthday", date(2024, 11, 20), [date(2026, 11, 20)]),
        ("birthday", date(2026, 11, 18), []),
        ("birthday", date(2024, 2, 29), []),
        ("silence", date(2026, 10, 29), []),
        ("silence", date(2026, 10, 28), [date(2026, 11, 18)]),
        ("silence", date(2026, 1, 1), [date(2026, 11, 12)]),
        ("after-sales-visit", date(2026, 5, 22), [date(2026, 11, 18)]),
        ("new-year", None, []),
    ],
)
def test_when_a_node_is_due(node: str, since: date | None, wanted: list[date]):
    assert care.due(PLAN[node], since, TODAY) == wanted


def test_a_leap_day_has_its_birthday_each_year():
    assert care.due(PLAN["birthday"], date(2024, 2, 29), date(2027, 3, 1)) == [date(2027, 3, 1)]
    assert care.due(PLAN["new-year"], None, date(2026, 12, 20)) == [date(2027, 1, 4)]


@given(node=st.sampled_from(sorted(PLAN)), since=DAYS, today=DAYS)
def test_a_node_is_due_on_a_working_day_near_by(node: str, since: date, today: date):
    found = care.due(PLAN[node], since, today)
    assert len(found) <= 2
    assert found == sorted(set(found))
    for day in found:
        assert workdays.china().is_workday(day)
        assert today - timedelta(days=care.FORGOTTEN) <= day <= today + timedelta(days=care.AHEAD)


@pytest.mark.parametrize(
    "change",
    [
        {"words": None},
        {"after": "day"},
        {"after": "day", "day": "02-30"},
        {"act": "survey"},
        {"yearly": True, "every": 7},
        {"days": -1},
        {"tiers": ["golden"]},
        {"id": "No good"},
    ],
    ids=str,
)
def test_a_node_that_cannot_work_is_refused(change: dict[str, object]):
    body = PLAN["thanks"].model_dump() | change
    with pytest.raises(Unusable):
        care.read(body)


@pytest.mark.parametrize(
    ("scores", "net"),
    [([], None), ([9, 10], 100), ([0, 6], -100), ([7, 8], 0), ([10, 10, 7, 3], 25)],
)
def test_nps_is_promoters_less_detractors(scores: list[int], net: int | None):
    assert care.nps(scores) == net


@given(st.lists(st.integers(0, 10), min_size=1))
def test_nps_lies_in_its_range_and_rises_with_a_promoter(scores: list[int]):
    net = care.nps(scores)
    assert net is not None
    assert -100 <= net <= 100
    assert (care.nps([*scores, 10]) or 0) >= net


@pytest.mark.parametrize(("kind", "low", "fine"), [(SurveyKind.NPS, 6, 7), (SurveyKind.CSAT, 2, 3)])
def test_which_scores_are_low(kind: SurveyKind, low: int, fine: int):
    assert kind.low(low)
    assert not kind.low(fine)


STANDINGS = st.builds(
    Standing,
    st.floats(-1, 30),
    st.integers(0, 40),
    st.none() | st.integers(0, 10),
    st.none() | st.floats(0, 1),
)


@given(STANDINGS)
def test_no_reason_weighs_more_than_it_may(of: Standing):
    found = care.points(of)
    assert sum(one.most for one in found) == 100
    assert all(0 <= one.got <= one.most for one in found)


@pytest.mark.parametrize(
    ("of", "tier"),
    [
        (Standing(0, 0, None, None), Loyalty.BRONZE),
        (Standing(3, 2, None, None), Loyalty.SILVER),
        (Standing(5, 4, 9, 0.1), Loyalty.GOLD),
        (Standing(5, 4, 3, None), Loyalty.SILVER),
    ],
)
def test_loyalty(of: Standing, tier: Loyalty):
    assert care.loyalty(care.points(of)) is tier
