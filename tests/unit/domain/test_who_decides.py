"""Who decides: never whoever asked, whatever the chains of stand-ins."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.approvals import Asked, asked, outcome

PEOPLE = st.integers(1, 8)


@given(
    chosen=st.lists(PEOPLE, max_size=6),
    away=st.dictionaries(PEOPLE, PEOPLE, max_size=8),
    may=st.sets(PEOPLE),
    asker=PEOPLE,
)
def test_no_path_leads_to_whoever_asked(
    chosen: list[int], away: dict[int, int], may: set[int], asker: int
):
    found = [one.user_id for one in asked(chosen, away, may, {asker})]
    assert asker not in found
    assert len(found) == len(set(found))
    assert set(found) <= may
    assert not set(found) & set(away)


def test_stand_ins():
    assert asked([1, 2], {1: 3}, {2, 3}, set()) == [Asked(3, 1), Asked(2)]
    assert asked([1, 3], {1: 3}, {3}, set()) == [Asked(3, 1)]
    assert asked([1], {1: 2, 2: 3}, {3}, set()) == [Asked(3, 1)]
    assert asked([1], {1: 2, 2: 1}, {1, 2}, set()) == []
    assert asked([1], {1: 2}, {2}, {2}) == []


def test_outcomes():
    assert outcome("any", ["", ""]) == ""
    assert outcome("any", ["", "yes"]) == "yes"
    assert outcome("any", ["no", ""]) == "no"
    assert outcome("all", ["yes", ""]) == ""
    assert outcome("all", ["yes", "yes"]) == "yes"
    assert outcome("all", ["yes", "no"]) == "no"


@given(st.lists(st.sampled_from(["yes", "no", ""]), min_size=1))
def test_nothing_is_approved_over_a_no_or_in_silence(verdicts: list[str]):
    for need in ("any", "all"):
        came = outcome(need, verdicts)  # type: ignore[arg-type]
        assert (came == "yes") <= ("yes" in verdicts and "no" not in verdicts)
