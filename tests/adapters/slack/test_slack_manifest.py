"""The manifest that people paste asks for what the code uses, no more and no less."""

import json
import tomllib
from pathlib import Path

from adapters.slack import buttons
from adapters.slack.adapter import PATH
from adapters.slack.doctor import SCOPES
from adapters.slack.inbound import HANDLED

FOLDER = Path(__file__).parents[3] / "adapters" / "slack"
MANIFEST = json.loads((FOLDER / "manifest.json").read_text("utf-8"))


def test_its_scopes_are_those_that_the_doctor_looks_for():
    assert MANIFEST["oauth_config"]["scopes"]["bot"] == sorted(SCOPES)
    for name in ("README.md", "README.zh-CN.md"):
        text = (FOLDER / name).read_text("utf-8")
        assert all(f"`{scope}`" in text for scope in SCOPES)


def test_its_events_are_those_that_are_handled():
    events = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
    assert {event.partition(".")[0] for event in events} == HANDLED


def test_its_shortcuts_are_those_that_are_known():
    shortcuts = MANIFEST["features"]["shortcuts"]
    known = {buttons.FILE: "message", buttons.TASK: "message", buttons.NEW: "global"}
    assert {one["callback_id"]: one["type"] for one in shortcuts} == known
    assert all(len(one["name"]) <= 24 for one in shortcuts)


def test_everything_comes_to_one_address():
    text = json.dumps(MANIFEST)
    assert text.count("https://") == text.count(f"https://YOUR-ADDRESS{PATH}") == 3


def test_every_line_of_the_contract_is_done_or_says_why_not():
    for line in tomllib.loads((FOLDER / "quality.toml").read_text("utf-8"))["line"]:
        assert line["state"] in {"done", "exempt"}, line
        assert line["state"] == "done" or line["reason"]
