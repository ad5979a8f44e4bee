"""Row after row of what the product was asked for, as people would talk with it, in both languages.

`tests/data/rows.txt` is the story: lines that are said, with what must (`=`) and must not (`!`) be
seen in the answer; words of two languages stand on both sides of a bar.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import schedule
from bot.app import Program, means
from bot.contract import Notice, Sender
from tests import play, quarter

STORY = Path(__file__).parents[1] / "data" / "rows.txt"
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Ten in the morning in Shanghai."""
GROUP = "g-huajian"
LINE = re.compile(r"(\S+): (.+)")


@dataclass
class Stage:
    """The firm while the story is played, and what was last to be heard."""

    program: Program
    language: str
    heard: Counter[str] = field(default_factory=Counter[str])
    said: str = ""
    notices: list[Notice] = field(default_factory=list[Notice])
    messages: int = 0

    def mine(self, words: str) -> str:
        zh, _, en = words.partition(" | ")
        return zh if self.language == "zh" else en or zh

    async def play(self, line: str) -> None:
        name, _, rest = line.partition(" ")
        spoken = LINE.fullmatch(line)
        if spoken:
            await self.speak(spoken[1], self.mine(spoken[2]))
        elif name == "clock":
            quarter.Moved.at += timedelta(days=int(rest.strip("+d")))
        elif name == "run":
            (job,) = [one for one in schedule.jobs(means(self.program)) if one.name == rest]
            await job.run(quarter.Moved.at.isoformat())
        elif line == "all agree":
            await self.agree()
        elif rest == "hears":
            await self.hear(name)
        else:
            assert rest.startswith("taps "), line
            await self.deliver(self.notices[-1].buttons[int(rest[5:])].command, tapped=True)

    async def speak(self, who: str, words: str) -> None:
        if who == "王芳":
            await self.deliver(words)
            return
        outcome = await play.run(self.program, words, who)
        self.said = play.words(outcome.notice)

    async def deliver(self, words: str, *, tapped: bool = False) -> None:
        self.messages += 1
        quarter.Moved.at += timedelta(minutes=1)
        sender = Sender(id="u-wang", name="王芳", proven=True, outside=True)
        one = play.message(
            f"row-{self.messages}",
            words,
            sender=sender,
            tapped=tapped,
            sent_at=quarter.Moved.at,
        )
        await play.file_all(self.program, one)

    async def hear(self, who: str) -> None:
        """What is new to them."""
        chat = GROUP if who == "customer" else await play.own_chat(self.program, who)
        posted = await play.posted(self.program, chat)
        self.notices = posted[self.heard[chat] :]
        self.heard[chat] = len(posted)
        self.said = "\n\n".join(play.words(one) for one in self.notices)

    async def agree(self) -> None:
        """Whoever is asked says yes, until nobody is."""
        while waiting := await play.rows(
            self.program,
            """SELECT DISTINCT ON (a.id) a.id, u.name FROM approval a
               JOIN vote v ON v.approval_id = a.id AND v.step = a.step AND v.verdict = ''
               JOIN user_account u ON u.id = v.user_id WHERE a.state = 'waiting' ORDER BY a.id, v.id""",
        ):
            for one in waiting:
                assert (await play.run(self.program, f"/approve {one['id']}", one["name"])).ok


@pytest.fixture
async def stage(loaded: Program, language: str, monkeypatch: pytest.MonkeyPatch) -> Stage:
    quarter.move_clock(monkeypatch)
    monkeypatch.setattr(quarter.Moved, "at", MONDAY)
    await play.rows(loaded, "UPDATE user_account SET language = :l RETURNING 1", l=language)
    await play.rows(loaded, "UPDATE conversation SET language = :l RETURNING 1", l=language)
    await play.rows(loaded, "UPDATE customer SET language = :l RETURNING 1", l=language)
    async with loaded.db.transaction() as session:
        await play.set_superior(session, "周服", "陈总")
    return Stage(loaded, language)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_each_row_shows_what_it_promises(stage: Stage):
    missed: list[str] = []
    row = ""
    for line in STORY.read_text("utf-8").splitlines():
        if line.startswith("# "):
            row = line
        elif line.startswith("  "):
            sign, words = line.split(maxsplit=1)
            if (stage.mine(words) in stage.said) is (sign == "!"):
                missed.append(f"{row}: {sign} {stage.mine(words)}\n{stage.said}")
        elif line:
            await stage.play(line)
    assert not missed, "\n\n".join(missed)
