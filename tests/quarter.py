"""Plays a quarter of the demo firm in minutes: a clock that is moved, the jobs, and what people do."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger

from bot import demo, parts, schedule
from bot.app import Program
from bot.contract import InboundMessage, Notice, Sender
from bot.people import HOME
from tests import play

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
FIRST: Final = date(2026, 9, 7)
LAST: Final = date(2026, 12, 5)
SLOTS: Final = (time(1), time(8, 30), time(9, 5), time(9, 40), time(16, 5))
DAY: Final = timedelta(days=1)


class _Kind(type(datetime)):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


class Moved(datetime, metaclass=_Kind):
    """Stands for `datetime` in the program's modules, so that what asks for the time gets ours."""

    at = datetime.combine(FIRST, time(8), SHANGHAI).astimezone(UTC)

    def __new__(cls, *args: Any, **more: Any) -> Any:
        return datetime(*args, **more)  # noqa: DTZ001 - the caller's zone

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        return cls.at.astimezone(tz)


def move_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every module of the program ask `Moved` for the time."""
    for name, module in list(sys.modules.items()):
        ours = name.split(".")[0] in {"bot", "storage", "adapters"}
        if ours and vars(module).get("datetime") is datetime:
            monkeypatch.setattr(module, "datetime", Moved)


def go_to(day: date, at: time) -> None:
    Moved.at = datetime.combine(day, at, SHANGHAI).astimezone(UTC)


def days() -> Iterator[date]:
    return (FIRST + DAY * n for n in range((LAST - FIRST).days + 1))


@dataclass
class Clockwork:
    """The jobs of the clock, each run when its crontab line has come by since the last slot."""

    jobs: Sequence[schedule.Scheduled]
    since: datetime

    @classmethod
    def of(cls, program: Program) -> "Clockwork":
        means = schedule.Means(
            program.db,
            program.now,
            program.defaults,
            HOME,
            program.rules,
            program.model,
            program.outage,
            program.upkeep,
            program.directory,
            program.files,
            program,
            program.settings.keep_recordings_days,
        )
        return cls(schedule.jobs(means), Moved.at)

    async def strike(self) -> None:
        for one in self.jobs:
            trigger = CronTrigger.from_crontab(one.cron, timezone=UTC)
            due = trigger.get_next_fire_time(None, self.since + timedelta(seconds=1))
            if due is not None and due <= Moved.at:
                await one.run(Moved.at.isoformat())
        self.since = Moved.at


async def talk(program: Program) -> list[InboundMessage]:
    """All that was said and written in the quarter, the oldest first."""
    go_to(LAST + DAY, time(12))
    found: list[InboundMessage] = []
    with tempfile.TemporaryDirectory() as folder:
        for path, given in demo._files(Path(folder)):
            if path.suffix in {".jsonl", ".eml"}:
                async for _, one in parts.readers()[path.suffix].read(path, given, program.media):
                    assert isinstance(one, InboundMessage)
                    found.append(one)
    return sorted(found, key=lambda one: one.sent_at)


class Deed(NamedTuple):
    """A line of the story."""

    at: datetime
    who: str
    what: str


def story() -> list[Deed]:
    lines = (Path(__file__).parent / "data" / "quarter" / "story.txt").read_text("utf-8")
    found: list[Deed] = []
    for line in lines.splitlines():
        if not line.startswith("#"):
            at, who, what = line.split(" | ", 2)
            moment = datetime.strptime(at, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)
            found.append(Deed(moment.astimezone(UTC), who, what))
    return found


@dataclass
class People:
    """Those who use the program: they do the story, and what falls to them from day to day."""

    program: Program
    clock: Clockwork
    refused: list[str] = field(default_factory=list[str])
    written: int = 0

    async def do(self, deed: Deed) -> None:
        who, _, chat = deed.who.partition("@")
        if deed.what == "strike":
            await self.clock.strike()
        elif not chat:
            await self.say(deed.what, who)
        elif deed.what.startswith("tap "):
            _, command, number = deed.what.split()
            offered = [
                [one.command for one in notice.buttons if one.command.startswith(command)]
                for notice in await play.posted(self.program, chat)
            ]
            line = next(lines for lines in reversed(offered) if lines)[int(number)]
            await self.write(who, chat, line, tapped=True)
        else:
            await self.write(who, chat, deed.what)

    async def say(self, line: str, who: str) -> bool:
        outcome = await play.run(self.program, line, who)
        if not outcome.ok:
            self.refused.append(f"{Moved.at:%m-%d} {who}: {line}\n{play.words(outcome.notice)}")
        return outcome.ok

    async def write(self, who: str, chat: str, words: str, **more: Any) -> None:
        self.written += 1
        sender = Sender(id=who, proven=True, outside=True)
        one = play.message(
            f"story-{self.written}", words, sender=sender, chat=chat, sent_at=Moved.at, **more
        )
        await play.file_all(self.program, one)

    async def decide(self) -> None:
        """Whoever is asked says yes."""
        seen: set[tuple[int, str]] = set()
        while True:
            waiting = await play.rows(
                self.program,
                """SELECT a.id, u.name FROM approval a
                   JOIN vote v ON v.approval_id = a.id AND v.step = a.step AND v.verdict = ''
                   JOIN user_account u ON u.id = v.user_id
                   WHERE a.state = 'waiting' ORDER BY a.id, v.id""",
            )
            todo = [(row["id"], row["name"]) for row in waiting]
            fresh = [one for one in todo if one not in seen]
            if not fresh:
                return
            seen.add(fresh[0])
            await self.say(f"/approve {fresh[0][0]}", fresh[0][1])

    async def acknowledge(self) -> None:
        """The first who was told of an alert takes it."""
        for row in await play.rows(
            self.program,
            """SELECT a.id, u.name FROM alert a
               JOIN user_account u ON 'u' || u.id = a.reasons -> -1 -> 'to' ->> 0
               WHERE a.acknowledged_at IS NULL AND a.closed_at IS NULL ORDER BY a.id""",
        ):
            await self.say(f"/alert ack {row['id']}", row["name"])

    async def work(self, day: date, *, but: Sequence[str]) -> None:
        """What is due today is done, but for some tasks."""
        for row in await play.rows(
            self.program,
            """SELECT t.id, u.name, t.name AS task FROM task t
               JOIN user_account u ON u.id = t.assignee_id
               WHERE t.done_at IS NULL AND t.due <= :day ORDER BY t.id""",
            day=day,
        ):
            if row["task"] not in but:
                await self.say(f"/task done T-{row['id']}", row["name"])
        for row in await play.rows(
            self.program,
            """SELECT p.code, m.name, u.name AS who FROM milestone m
               JOIN project p ON p.id = m.project_id JOIN user_account u ON u.id = p.manager_id
               WHERE m.done_at IS NULL AND m.due <= :day ORDER BY m.id""",
            day=day,
        ):
            await self.say(f'/milestone done {row["code"]} "{row["name"]}"', row["who"])
