"""The regression: what it sees, what it tells, and that its weights are those of the corpus."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import train
from bot.cli import evaluating
from bot.pipeline import features, regression, sentiment


@given(st.text(max_size=400))
def test_nothing_raises_and_shares_are_shares(text):
    told = regression.tell(text.lower(), {"§good": 1.0, "§unknown": 3.0})
    assert sum(told.moods) == pytest.approx(1)
    assert min(told.moods) >= 0
    assert set(told.signals) <= set(regression.SIGNALS)


def test_runs_are_of_characters_and_words_with_their_ends():
    assert list(features.runs("好 ok")) == [
        "^", "^好", "^好 ok", "^好 ok$", "好", "好 ok", "好 ok$", " ok", " ok$", "$",
    ]  # fmt: skip
    assert "~impre" in set(features.runs("impressed"))
    assert features.units("3,000.5元") == ["0", "元"]


def test_what_is_strange_needs_more_for_a_signal():
    """Words of no trade carry no signal, whatever they begin like."""
    told = regression.tell("zxqv wrrt plok mnbv qwzx yuip lkjh poiu", {})
    assert (told.signals, told.familiar) == ((), False)


def test_the_corpus_is_readable_and_holds_nothing_twice():
    rows = [
        line
        for path in sorted(train.CORPUS.glob("*.tsv"))
        for line in path.read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert len(rows) >= 5000
    ours = {row["text"] for row in evaluating.own()}
    texts = [line.split("\t")[2] for line in rows]
    assert not ours.intersection(texts)
    assert len(set(texts)) > 0.99 * len(texts)


def test_a_line_that_is_none_is_named(tmp_path):
    (tmp_path / "x.tsv").write_text("-\tc\tone\n?\t\ttwo\n", "utf-8")
    with pytest.raises(ValueError, match=r"x\.tsv:2"):
        list(train.read(tmp_path / "x.tsv"))


def test_the_weights_are_those_of_the_corpus():
    """`make train` was run after the corpus or the features changed."""
    rows = train.corpus()
    data = json.loads(train.WEIGHTS.read_text("utf-8"))
    made = train.written(train.train(rows), data["heat"], data["above"])
    assert made == train.WEIGHTS.read_text("utf-8")


def test_python_tells_what_training_told():
    rows = train.corpus()[::97]
    trained = train.train(train.corpus())
    values = train.told(trained, rows)
    for row, value in zip(rows, values, strict=True):
        told = regression.tell(row.words, row.facts, row.lean, row.calm)
        assert max(told.moods) == told.moods[value[:3].argmax()] or max(told.moods) < 0.6
    assert sentiment.score("很满意", "zh").label == "positive"
