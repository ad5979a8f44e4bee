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
