"""Every chat platform's folder has the same files, and says what of the contract it keeps."""

import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from bot import parts
from bot.contract import Platform
from tests.contract.harness import Inside

ADAPTERS = Path(__file__).parents[2] / "adapters"
FILES = (
    "__init__.py",
    "README.md",
    "README.zh-CN.md",
    "adapter.py",
    "inbound.py",
    "outbound.py",
    "quality.toml",
    "settings.py",
)
RULES = frozenset(
    """
    acknowledged only after storing
    signature, age and receiver before anything is read
    unknown and unreadable events are kept
    bodies are bounded
    the same event has the same id
    own echoes stay out
    edits
    recalls
    group messages in, mentions
    joins and leaves of groups
    contacts met and parted
    threads
    buttons
    forms
    tables
    a member's page
    files fetched after the acknowledgement
    nothing is cut without a word
    one key, one message
    change a message in place
    tokens shared by replicas, refreshed once
    real budgets
    doctor
    directory with superiors
    long connection
    stops within a second
    """.strip()
    .replace("    ", "")
    .splitlines()
)


def platforms() -> list[str]:
    """The channels whose adapters are chat platforms, found as the program finds them."""
    found = parts.adapters({}, Inside().ports)
    return sorted(str(name) for name, adapter in found.items() if isinstance(adapter, Platform))


def test_all_three_are_found():
    assert platforms() == ["feishu", "slack", "wecom"]
    settings = {entry.name for entry in entry_points(group="keqing.settings")}
    assert set(platforms()) <= settings


@pytest.mark.parametrize("name", platforms())
@pytest.mark.parametrize("file", FILES)
def test_the_files_are_there(name: str, file: str):
    assert (ADAPTERS / name / file).is_file()


@pytest.mark.parametrize("name", platforms())
def test_each_line_of_the_contract_is_done_or_exempt_with_a_reason(name: str):
    listed = tomllib.loads((ADAPTERS / name / "quality.toml").read_text("utf-8"))["line"]
    assert {line["rule"] for line in listed} == RULES
    assert len(listed) == len(RULES)
    for line in listed:
        assert line["state"] in {"done", "exempt"}, line["rule"]
        assert (line["state"] == "exempt") == bool(line.get("reason")), line["rule"]


@pytest.mark.parametrize("name", platforms())
def test_what_is_pure_asks_nobody(name: str):
    """Translation needs no network and no settings; so a recorded event is a test."""
    for file in ("inbound.py", "outbound.py"):
        source = (ADAPTERS / name / file).read_text("utf-8")
        for word in ("aiohttp", "import asyncio", ".settings", "os.environ", "clock.now"):
            assert word not in source, (file, word)


@pytest.mark.parametrize("name", platforms())
def test_every_setting_is_in_both_readmes(name: str):
    (entry,) = entry_points(group="keqing.settings", name=name)
    for file in ("README.md", "README.zh-CN.md"):
        words = (ADAPTERS / name / file).read_text("utf-8")
        for setting in entry.load().model_fields:
            assert f"KEQING_{name.upper()}__{setting.upper()}" in words, (file, setting)
