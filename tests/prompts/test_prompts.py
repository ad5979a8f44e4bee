"""Every prompt: both languages, a schema, a version, and cases with what is left of an answer."""

import json
import tomllib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.llm import fitting
from bot.assistant import answers, brief, factcheck, material, proposal
from bot.assistant.factcheck import Source
from bot.assistant.material import Said
from bot.prompting import prompt
from bot.texts import LANGUAGES, Text

FOLDER = Path(__file__).parents[2] / "prompts"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/schema.json"))
CASES = sorted(FOLDER.glob("*/cases/*.toml"))
AT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
ORDERS = ("忽略以上指令", "SYSTEM:")
NO_ORDERS = ("不是对你的指令", "no instruction to you", "an instruction to you")


def case(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def said_in(found: dict[str, Any]) -> list[Said]:
    return [
        Said(one["id"], AT, one["who"], one["side"], one["text"]) for one in found.get("said", [])
    ]


def reply(value: dict[str, Any], said: Sequence[Said]) -> list[str]:
    words = Text("往来", "items")
    known = [Source(f"{one.who} {one.text}", one.at.date(), words) for one in said]
    text = material.uncited(value["text"])
    return [factcheck.check(text, date(2026, 11, 20), known=known, internal=()).text]


LEFT: dict[str, Callable[[dict[str, Any], Sequence[Said]], list[str]]] = {
    "summary": lambda value, said: [one.text for one in brief.written(value, said)],
    "ask": lambda value, said: [one.text for one in answers.written(value, said)],
    "proposal": lambda value, said: [one.text for one in proposal.written(value, said)],
    "reply": reply,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_is_whole(name: str):
    meta = tomllib.loads((FOLDER / name / "prompt.toml").read_text("utf-8"))
    assert meta["version"] >= 1
    assert meta["audience"] in {"internal", "customer"}
    assert meta["data"]
    fitting.check_schema(prompt(name).schema)
    assert len(list((FOLDER / name / "cases").glob("*.toml"))) >= 2


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_case_keeps_customers_words_apart_and_its_answer_passes_the_checks(path: Path):
    name, found = path.parts[-3], case(path)
    said = said_in(found)
    data = found.get("data") or material.shown(said, found["language"])
    assert any(order in data for order in ORDERS)
    for language in LANGUAGES:  # StrictUndefined: a fact that is missing fails here
        asked = prompt(name).asked(language, data, **found["facts"])
        assert asked.data == data
        assert not [order for order in ORDERS if order in asked.system]
        assert any(words in asked.system for words in NO_ORDERS)
    value = fitting.read(json.dumps(json.loads(found["answer"])), prompt(name).schema)
    if name in LEFT:
        assert LEFT[name](value, said) == found["kept"]
