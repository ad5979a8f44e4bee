"""The regression: what it sees, what it tells, and that its weights are those of the corpus."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import train
from bot.cli import evaluating
from bot.pipeline import features, regression, sentiment

pytestmark = pytest.mark.xdist_group("training")


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


@pytest.fixture(scope="module")
def rows() -> list[train.Row]:
    """The whole corpus, which takes a while to read."""
    return train.corpus()


@pytest.fixture(scope="module")
def trained(rows: list[train.Row]) -> train.Trained:
    return train.train(rows)


def test_the_weights_are_those_of_the_corpus(trained: train.Trained):
    """`make train` was run after the corpus or the features changed."""
    data = json.loads(train.WEIGHTS.read_text("utf-8"))
    made = train.written(trained, data["heat"], data["above"])
    assert made == train.WEIGHTS.read_text("utf-8")


def test_python_tells_what_training_told(rows: list[train.Row], trained: train.Trained):
    some = rows[::97]
    values = train.told(trained, some)
    for row, value in zip(some, values, strict=True):
        told = regression.tell(row.words, row.facts, row.lean, row.calm)
        assert max(told.moods) == told.moods[value[:3].argmax()] or max(told.moods) < 0.6
    assert sentiment.score("很满意", "zh").label == "positive"


def test_columns_side_by_side_come_to_their_own_sums():
    hits = [[-32_768, 0, 5, -1, 32_767, 7, 0, 1, -9], [32_767, -3, 5, 1, 32_767, 0, 0, 1, -9]]
    sides = [regression._sides(each) for each in hits]
    assert regression._sums_of(sides) == [sum(column) for column in zip(*hits, strict=True)]
    assert regression._sums_of([]) == [0] * 9


def test_other_weights_can_be_used_and_left_again(tmp_path):
    file = tmp_path / "weights.json"
    data = json.loads(train.WEIGHTS.read_text("utf-8"))
    file.write_text(json.dumps(data | {"runs": {}, "bias": [900, *[0] * 8]}), "utf-8")
    try:
        regression.use(file)
        assert regression.tell("今天天气不错", {}).moods[0] > 0.99
    finally:
        regression.use(None)
    assert regression.tell("今天天气不错", {}).moods[0] < 0.99


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"runs": {"x": [1]}}', '{"runs": []}'])
def test_weights_that_are_none_change_nothing(tmp_path, text):
    file = tmp_path / "weights.json"
    file.write_text(text, "utf-8")
    before = regression.weights()
    with pytest.raises(ValueError, match="not the weights"):
        regression.use(file)
    assert regression.weights() is before


def test_corrections_are_a_voice_that_counts_more(rows: list[train.Row], tmp_path):
    """The same few rows pull a text further when they are corrections."""
    file = tmp_path / "of-ours.tsv"
    file.write_text("+\tr\tzzq vvk\n0\t\tzzq wwx\n-\tc\tzzq yyb\n" * 4, "utf-8")
    ours = train.corrected(file)
    assert {row.voice for row in ours} == {"corrections"}
    others = rows[::40]
    plain = train.train([*others, *train.read(file)])
    heeded = train.train([*others, *ours])
    first = [ours[0]]
    assert train.told(heeded, first)[0, 2] > train.told(plain, first)[0, 2]


def test_corrections_that_cannot_be_read_end_the_training(tmp_path, capsys):
    out = tmp_path / "weights.json"
    assert train.main(["--corrections", str(tmp_path / "none.tsv"), "--out", str(out)]) == 1
    assert "none.tsv" in capsys.readouterr().err
    assert not out.exists()


def test_training_with_corrections_says_how_many_and_writes_elsewhere(
    rows: list[train.Row], tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(train, "corpus", lambda: rows[::6])
    monkeypatch.setattr(train, "PRECISE", 0.5)
    file, out = tmp_path / "said.tsv", tmp_path / "weights.json"
    file.write_text("-\tc\t这个月又没来\n0\t\t没说不要\n", "utf-8")
    assert train.main(["--corrections", str(file), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "2 corrections" in said
    assert "expected calibration error" in said
    try:
        regression.use(out)
        assert sum(regression.tell("没说不要", {}).moods) == pytest.approx(1)
    finally:
        regression.use(None)


def test_confidence_that_is_right_as_often_as_it_says_is_calibrated():
    row = next(train.read(train.CORPUS / "zh-plain.tsv"))
    share = 0.8
    values = np.log(np.array([[share, 0.1, 0.1]] * 10))
    rows = [replace(row, mood="negative")] * 8 + [replace(row, mood="neutral")] * 2
    assert train.calibration(values, rows, 1.0) == pytest.approx(0, abs=1e-9)
    assert train.calibration(values[:8], rows[:8], 1.0) == pytest.approx(0.2)
