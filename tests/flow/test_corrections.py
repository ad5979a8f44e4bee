"""What members say against a mood becomes lines that training reads."""

from pathlib import Path

import pytest

from benchmarks.train import corrected
from bot.app import Program
from bot.cli import correcting, weights
from bot.pipeline import regression, sentiment
from tests import play


async def test_corrections_are_counted_and_come_out_as_the_corpus_has_them(
    loaded: Program, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    await play.file_all(
        loaded,
        play.message("m1", "三期已经第三次延期了\n麻烦给个\t说法"),
        play.message("m2", "谢谢，验收很顺利。"),
    )
    await play.run(loaded, "/correct #1 neutral")
    await play.run(loaded, "/correct #2 negative")
    assert await correcting.run(loaded, as_json=False) == 0
    out = capsys.readouterr()
    assert "2" in out.err
    file = tmp_path / "corrections.tsv"
    file.write_text(out.out, "utf-8")
    first, second = corrected(file)
    assert (first.mood, second.mood) == ("neutral", "negative")
    assert "complaint" not in first.signals  # who says it is not negative says it is no complaint
    assert "praise" not in second.signals
    assert await correcting.run(loaded, as_json=True) == 0
    assert '"corrections":2' in capsys.readouterr().out.replace(" ", "")


def test_the_firms_own_weights_are_used_where_there_are_any(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    text = "谢谢，验收很顺利。"
    before = sentiment.score(text, "zh")
    try:
        weights.use_own(tmp_path, "zh")
        assert sentiment.score(text, "zh") == before
        (tmp_path / "weights.json").write_text("{}", "utf-8")
        weights.use_own(tmp_path, "zh")
        assert "不是可用的权重" in capsys.readouterr().err
        assert sentiment.score(text, "zh") == before
    finally:
        regression.use(None)
