"""Sentences that the data does not hold: what share is understood, and how much talk is taken."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.app import Program
from bot.commands.plain import Meaning, meanings
from bot.commands.registry import Ask
from tests import play

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
HERE = Path(__file__).parent


def listed(name: str) -> list[str]:
    lines = (HERE / name).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("# ")]


async def meant(program: Program, sentences: list[str]) -> list[list[Meaning]]:
    await play.run(program, "/添加字段 customer 渠道", "管理员")
    actor = await play.actor(program, "管理员")
    async with program.db.transaction() as session:
        return [await meanings(Ask(session, actor, NOW), sentence) for sentence in sentences]


async def test_what_members_say_is_understood(loaded: Program):
    pairs = [line.partition(" ⇒ ")[::2] for line in listed("said.txt")]
    assert len(pairs) >= 150
    found = await meant(loaded, [sentence for _, sentence in pairs])
    missed = [
        f"{name}: {sentence} {[(one.line, one.sure) for one in got]}"
        for (name, sentence), got in zip(pairs, found, strict=True)
        if not got or got[0].command.name != name
    ]
    assert len(missed) <= len(pairs) // 50, "\n".join(missed)


async def test_talk_asks_for_nothing(loaded: Program):
    sentences = listed("talk.txt")
    assert len(sentences) >= 80
    found = await meant(loaded, sentences)
    taken = [
        f"{sentence} {[(one.line, one.sure) for one in got]}"
        for sentence, got in zip(sentences, found, strict=True)
        if got and got[0].sure >= 0.6
    ]
    assert len(taken) <= len(sentences) // 50, "\n".join(taken)
