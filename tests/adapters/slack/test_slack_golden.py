"""What the assistant says, as Slack gets it: compared word by word, and with Slack's own rules."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import outbound
from adapters.slack.adapter import SlackAdapter
from bot.contract import Notice
from bot.render.degrade import degrade
from tests.adapters.slack import blockkit

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).parent / "golden"
NOTICES = [
    json.loads(line) for line in (ROOT / "tests/data/notices.jsonl").read_text("utf-8").splitlines()
]


def named(one: dict[str, Any]) -> str:
    return f"{one['name']}.{one['language']}"


@pytest.mark.parametrize("one", NOTICES, ids=named)
def test_every_notice_is_shown_as_it_was_approved(one: dict[str, Any]):
    notice = degrade(Notice.model_validate(one["notice"]), SlackAdapter.can)
    shown = outbound.messages(notice, "F0GOLDEN1")
    for body in shown:
        blockkit.message(body)
    blockkit.view(outbound.home(notice))
    path = GOLDEN / f"{named(one)}.json"
    if os.environ.get("KEQING_GOLDEN") == "write" and not path.exists():
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(json.dumps(shown, ensure_ascii=False, indent=1) + "\n", "utf-8")
    assert shown == json.loads(path.read_text("utf-8"))


def test_no_golden_file_is_left_over():
    assert {path.stem for path in GOLDEN.glob("*.json")} == {named(one) for one in NOTICES}
