"""The data of plain words: every command has an entry, and every example means what it says."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

import bot.commands  # noqa: F401 - declares the commands
from bot.app import Program
from bot.commands.plain import grammar, meanings
from bot.commands.registry import COMMANDS, Ask
from tests import play

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_asked_for_in_both_languages(name: str):
    entries = grammar.grammar().entries
    assert name in entries, f"bot/commands/plain/commands.toml has no entry for {name}"
    chinese = [s for s, _ in entries[name].examples if re.search(r"[\u4e00-\u9fff]{2}", s)]
    assert len(chinese) >= 3
    assert len(entries[name].examples) >= 6


async def test_every_example_gives_its_command_and_arguments(loaded: Program):
    await play.run(loaded, "/添加字段 customer 渠道", "管理员")
    actor = await play.actor(loaded, "管理员")
    wrong: list[str] = []
    async with loaded.db.transaction() as session:
        for name, entry in grammar.grammar().entries.items():
            for sentence, arguments in entry.examples:
                found = await meanings(Ask(session, actor, NOW), sentence)
                wanted = f"/{name.replace('.', ' ')} {arguments}".strip()
                if not found or found[0].line != wanted:
                    wrong.append(f"{sentence}\n  wanted {wanted}\n  got {found[:1]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"ways": ["NOBODY"], "zh": [], "en": []}, "NOBODY"),
        ({"ways": ["@nothing"], "zh": [], "en": []}, "nothing"),
    ],
)
def test_an_entry_that_fits_no_command_is_refused(body: dict[str, object], why: str):
    with pytest.raises(ValueError, match=why):
        grammar._entry("project", body, ["PROJECT"])
    with pytest.raises(ValueError, match="no such command"):
        grammar._entry("nobody.knows", body, ["PROJECT"])
