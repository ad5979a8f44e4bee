"""Health, churn and rhythms as pure functions."""

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import churn, health, reports, segments
from bot.domain.reports import Every
from bot.domain.segments import Habits, Segment

NAMES = [one.name for one in health.shipped().inputs]
VALUES = st.dictionaries(st.sampled_from(NAMES), st.floats(-1000, 1000))


@given(VALUES)
def test_a_score_is_the_weighted_mean_of_what_is_known(values: dict[str, float]):
    found = health.of(values, health.shipped())
    parts = {one.part for one in health.shipped().inputs if one.name in values}
    assert (found is None) == (len(parts) < 2)
    if found is None:
        return
    assert -1e-9 <= found.score <= 100 + 1e-9
    assert set(found.parts) == parts
    assert sum(one.weight for one in found.parts.values()) == pytest.approx(1)
    assert set(found.missing) == set(NAMES) - set(values)
    known = [one for part in found.parts.values() for one in part.inputs.values()]
    assert sum(one.weight * one.score for one in known) == pytest.approx(found.score)


@given(VALUES, VALUES)
def test_moves_add_up_to_the_change(before: dict[str, float], after: dict[str, float]):
    old, new = health.of(before, health.shipped()), health.of(after, health.shipped())
    if old is None or new is None:
        return
    moves = health.moves(old.as_json(), new.as_json())
    assert sum(one.points for one in moves) == pytest.approx(new.score - old.score, abs=0.1)


def test_what_is_missing_is_not_punished():
    whole = {"spi": 1.0, "cpi": 1.0, "defects": 0.0, "nps": 10.0, "mood": 0.6}
    found = health.of(whole, health.shipped())
    fewer = health.of({"spi": 1.0, "nps": 10.0}, health.shipped())
    assert found is not None
    assert fewer is not None
    assert found.score == pytest.approx(100)
    assert fewer.score == pytest.approx(100)
    bad = health.of({"spi": 0.5, "nps": 10.0}, health.shipped())
    assert bad is not None
    assert bad.score == pytest.approx(50)
    assert health.weakest(bad.as_json()) == ["spi"]
    own = health.weighted({"progress": 0, "satisfaction": 80, "money": 10, "closeness": 10})
    assert health.of({"spi": 0.5, "nps": 10.0}, own) is None


@pytest.mark.parametrize("one", health.shipped().inputs, ids=NAMES)
def test_every_curve_rises_from_left_to_right_and_stays_within_the_scale(one: health.Input):
    places = [x for x, _ in one.curve]
    assert places == sorted(set(places))
    assert all(0 <= y <= 100 for _, y in one.curve)
    assert health.on_curve(one.curve, places[0] - 1) == one.curve[0][1]
    assert health.on_curve(one.curve, places[-1] + 1) == one.curve[-1][1]


def test_churn_is_told_with_its_reasons_and_odds_double_by_the_scale():
    calm = churn.of({}, churn.shipped())
    assert (calm.points, calm.reasons) == (0, ())
    angry = churn.of(
        {"silence": 3.5, "nps": 3.0, "contract_days": 31.0, "complaints": 0.0},
        churn.shipped(),
    )
    assert [(one.name, one.points) for one in angry.reasons] == [
        ("nps", 25),
        ("silence", 25),
        ("contract_days", 12),
    ]

    def odds(points: float) -> float:
        p = churn.probability(points, churn.shipped().scale)
        return p / (1 - p)

    assert odds(20) == pytest.approx(2 * odds(0))
    assert churn.words(angry.reasons[0], "zh") == "NPS 只有 3.0"
    assert "4" in churn.words(churn.Reason("silence", 4.0, 1), "en")


def test_a_scale_is_fitted_on_thirty_losses_and_no_fewer():
    chance = random.Random(5)
    true = churn.Scale(-4.0, 0.06)
    seen = [
        (points, chance.random() < churn.probability(points, true))
        for points in (chance.uniform(0, 80) for _ in range(6000))
    ]
    fitted = churn.fit(seen)
    assert fitted is not None
    assert fitted.intercept == pytest.approx(-4.0, abs=0.4)
    assert fitted.slope == pytest.approx(0.06, abs=0.01)
    few = [one for one in seen if not one[1]] + [one for one in seen if one[1]][:29]
    assert churn.fit(few) is None
    learnt = churn.learn(seen, churn.shipped())
    assert learnt.scale.losses == sum(gone for _, gone in seen)
    assert learnt.quality.seen == len(seen) - round(0.7 * len(seen))
    assert learnt.quality.brier < learnt.quality.plain
    assert churn.learn(few, churn.shipped()).scale == churn.shipped().scale


def test_points_that_tell_nothing_never_lower_the_risk():
    seen = [(float(points), points < 10) for points in range(100) for _ in range(4)]
    fitted = churn.fit(seen)
    assert fitted is not None
    assert fitted.slope == 0.0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Segment.STEADY),
        ({"churn": 0.3}, Segment.AT_RISK),
        ({"score": 40.0}, Segment.AT_RISK),
        ({"silent_days": 31.0}, Segment.QUIET),
        ({"silent_days": None}, Segment.QUIET),
        ({"silent_days": None, "age_days": 10}, Segment.NEW),
        ({"begun_180d": 2}, Segment.GROWING),
        ({"begun_180d": 1, "said_30d": 9}, Segment.GROWING),
        ({"score": 90.0, "projects": 3}, Segment.CHAMPION),
    ],
)
def test_everybody_is_in_one_segment(changes: dict[str, float], expected: Segment):
    usual = {
        "age_days": 400,
        "silent_days": 3.0,
        "said_30d": 4,
        "said_a_month_before": 4.0,
        "begun_180d": 0,
        "projects": 1,
        "score": 70.0,
        "churn": 0.03,
    }
    assert segments.of(Habits(**{**usual, **changes})) is expected  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("last", "every", "due"),
    [
        (date(2026, 11, 20), Every.WEEKLY, date(2026, 11, 27)),
        (date(2026, 11, 20), Every.BIWEEKLY, date(2026, 12, 4)),
        (date(2026, 1, 31), Every.MONTHLY, date(2026, 2, 28)),  # a Saturday that is worked
        (date(2026, 11, 20), Every.QUARTERLY, date(2027, 2, 22)),
        (date(2026, 9, 1), Every.MONTHLY, date(2026, 10, 8)),  # after the holidays
    ],
)
def test_a_report_is_due_on_a_working_day(last: date, every: Every, due: date):
    assert reports.due_on(last, every) == due
