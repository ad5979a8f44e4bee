"""Rules, flows, templates and care nodes from files: all or none, with versions."""

import json
import re
from pathlib import Path

import pytest

from bot.app import Program
from bot.cli import defining
from bot.rules import engine
from tests import play

DOC = Path(__file__).parents[2] / "docs" / "definitions.md"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """What the document shows."""
    found = re.search(r"```toml\n(.*?)```", DOC.read_text("utf-8"), re.DOTALL)
    assert found is not None
    file = tmp_path / "ours.toml"
    file.write_text(found[1], "utf-8")
    return file


async def test_the_documents_example_is_taken_once_and_comes_out_again(
    program: Program, example: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert await defining.bring(program, [example], check=True) == 0
    assert await play.rows(program, "SELECT count(*) FROM definition") == [{"count": 0}]
    assert await defining.bring(program, [example], check=False) == 0
    assert await defining.bring(program, [example], check=False) == 0
    assert "没有变化" in capsys.readouterr().out
    rows = await play.rows(program, "SELECT kind, name, version FROM definition ORDER BY kind")
    assert [(row["kind"], row["version"]) for row in rows] == [
        ("care", 1),
        ("flow", 1),
        ("report", 1),
        ("rule", 1),
        ("scorecard", 1),
    ]
    async with program.db.transaction() as session:
        assert "own-large-project-late" in (await engine.in_force(session)).rules
    await defining.show(program)
    shown = tmp_path / "shown.json"
    shown.write_text(capsys.readouterr().out, "utf-8")
    assert {one.name for one in defining.read(shown, "zh")} == {row["name"] for row in rows}
    changed = json.loads(shown.read_text("utf-8"))
    changed["flow"][0]["steps"][0]["within"] = "P3D"
    shown.write_text(json.dumps(changed), "utf-8")
    assert await defining.bring(program, [shown], check=False) == 0
    assert await play.rows(program, "SELECT max(version) AS v FROM definition") == [{"v": 2}]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("[[rule]]\nid = 'x'", "rule x"),
        ("[[flow]]\nid = 'change'\nname = {zh = '', en = ''}\nsteps = []", "flow change"),
        ("[[report]]\nid = 'x1'", "report x1"),
        ("[[scorecard]]\nid = 'churn'\nscale = {points_to_double = 0, odds = 0.1}", "churn"),
        ("[[weather]]\nid = 'rain'", "weather"),
        ("[[rule", "ours.toml"),
    ],
)
async def test_one_that_cannot_be_used_stops_them_all(
    program: Program, example: Path, capsys: pytest.CaptureFixture[str], words: str, why: str
):
    bad = example.with_name("bad-ours.toml")
    bad.write_text(words, "utf-8")
    assert await defining.bring(program, [example, bad], check=False) == 2
    assert why in capsys.readouterr().err
    assert await play.rows(program, "SELECT count(*) FROM definition") == [{"count": 0}]
