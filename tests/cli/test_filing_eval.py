"""`keqing eval filing` from the outside, on a small firm in a database of its own."""

import pytest

from tests.cli.installation import Installation

pytestmark = pytest.mark.xdist_group("cli")


def test_filing_is_measured_on_an_invented_firm(elsewhere: Installation):
    words = ("--customers", "120", "--messages", "300", "--seed", "5")
    done = elsewhere.keqing("eval", "filing", *words, "--json")
    assert done.code == 0, done.err
    (told,) = done.lines
    assert (told["customers"], told["messages"], told["seed"]) == (120, 300, 5)
    counts = [told[name]["count"] for name in ("correct", "wrong", "asked", "stranger")]
    assert sum(counts) == 300
    assert told["correct"]["share"] > 0.95
    assert set(told["ms_in_batches"]) == {"size", "mean", "p50", "p99"}
    assert sum(one["correct"]["count"] for one in told["by_sort"].values()) == counts[0]


def test_labelled_texts_are_still_measured_without_a_word_more(elsewhere: Installation):
    done = elsewhere.keqing("eval", "--json")
    assert done.code == 0, done.err
    assert done.lines[0]["texts"] > 100
