"""Plays a quarter of the demo firm in minutes: a clock that is moved, the jobs, and what people do."""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger

from bot import demo, parts, schedule
from bot.app import Program, means
from bot.contract import InboundMessage, Notice, Sender
from bot.domain import workdays
from bot.render import plain
from tests import play

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
FIRST: Final = date(2026, 9, 7)
LAST: Final = date(2026, 12, 5)
MORNING: Final = time(9, 40)
AFTERNOON: Final = time(16, 5)
EVENING: Final = time(17)
NIGHT: Final = time(2)
LATE_TASK: Final = "潮位数据源接入"
MISSED: Final = date(2026, 11, 11)
"""A day on which no job runs."""
UNWATCHED: Final = (date(2026, 10, 19), date(2026, 10, 23))
"""Days on which nobody takes an alert."""
DAY: Final = timedelta(days=1)


class _Kind(type(datetime)):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


class Moved(datetime, metaclass=_Kind):
    """Stands for `datetime` in the program's modules, so that what asks for the time gets ours."""

    at = datetime.combine(FIRST, time(8), SHANGHAI).astimezone(UTC)

    def __new__(cls, *args: Any, **more: Any) -> Any:
        return datetime(*args, **more)

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
        return cls(schedule.jobs(means(program)), Moved.at)

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

    async def work(self, day: date) -> None:
        """What is due today is done, but for one task."""
        for row in await play.rows(
            self.program,
            """SELECT t.id, u.name, t.name AS task FROM task t
               JOIN user_account u ON u.id = t.assignee_id
               WHERE t.done_at IS NULL AND t.due <= :day ORDER BY t.id""",
            day=day,
        ):
            if row["task"] != LATE_TASK:
                await self.say(f"/task done T-{row['id']}", row["name"])
        for row in await play.rows(
            self.program,
            """SELECT p.code, m.name, u.name AS who FROM milestone m
               JOIN project p ON p.id = m.project_id JOIN user_account u ON u.id = p.manager_id
               WHERE m.done_at IS NULL AND m.due <= :day ORDER BY m.id""",
            day=day,
        ):
            await self.say(f'/milestone done {row["code"]} "{row["name"]}"', row["who"])


class Quarter:
    """Ninety days, slot by slot."""

    def __init__(self, program: Program, said: Sequence[InboundMessage]) -> None:
        self.clock = Clockwork.of(program)
        self.people = People(program, self.clock)
        self._program = program
        self._to_come: list[tuple[datetime, InboundMessage | Deed]] = sorted(
            [*((one.sent_at, one) for one in said), *((one.at, one) for one in story())],
            key=lambda one: one[0],
        )

    async def run(self) -> None:
        for day in days():
            worked = workdays.china().is_workday(day)
            if day.weekday() == 0:
                await self._slot(day, NIGHT)
            await self._slot(day, MORNING)
            if worked:
                go_to(day, time(10, 5))
                await self.people.decide()
                if not UNWATCHED[0] <= day <= UNWATCHED[1]:
                    await self.people.acknowledge()
                if day.weekday() in {0, 2, 4}:  # every day would take a third longer
                    await self._slot(day, AFTERNOON)
                await self._until(day, EVENING)
                await self.people.decide()
                await self.people.work(day)

    async def _until(self, day: date, at: time) -> None:
        """Let happen what people say and do until then; nothing happens before what has happened."""
        since = Moved.at
        go_to(day, at)
        end = Moved.at
        while self._to_come and self._to_come[0][0] <= end:
            when, what = self._to_come.pop(0)
            since = Moved.at = max(when, since)
            if isinstance(what, Deed):
                await self.people.do(what)
            else:
                await play.file_all(self._program, what)
        Moved.at = end

    async def _slot(self, day: date, at: time) -> None:
        await self._until(day, at)
        if day != MISSED:
            await self.clock.strike()


# --- what came of it, as people can read it ----------------------------------------------------


class Told(NamedTuple):
    """A notice that went out."""

    at: datetime
    """In Shanghai."""
    kind: str
    to: str
    notice: Notice


async def told(program: Program) -> list[Told]:
    rows = await play.rows(
        program,
        """SELECT o.key, GREATEST(o.created_at, o.not_before) AS at, o.notice,
             COALESCE(u.name, o.chat) AS who
           FROM outbox o LEFT JOIN user_account u ON o.channel = 'web' AND o.chat = 'user-' || u.id
           ORDER BY 2, o.id""",
    )
    return [
        Told(
            row["at"].astimezone(SHANGHAI),
            row["key"].split(":")[0],
            row["who"],
            Notice.model_validate_json(row["notice"]),
        )
        for row in rows
    ]


FULL: Final = 2
"""How many of a kind are told in full in a month; of the others the title says enough."""


def pages(listed: Sequence[Told]) -> dict[str, str]:
    """A page for each month and language, and one that counts."""
    found: dict[str, list[str]] = {}
    seen: Counter[tuple[str, str]] = Counter()
    days_told: dict[str, date] = {}
    for one in listed:
        page = f"{one.at:%Y-%m}.{one.notice.language}.md"
        lines = found.setdefault(page, [f"# {one.at:%Y-%m}, {one.notice.language}"])
        if days_told.get(page) != one.at.date():
            days_told[page] = one.at.date()
            lines += ["", f"## {one.at:%m-%d %a}", ""]
        kind = f"{one.kind} {one.notice.title.partition('：')[2] or one.notice.audience}"
        kind = one.kind if one.kind in ONE_KIND else kind
        seen[page, kind] += 1
        title = one.notice.title or one.notice.text.partition("\n")[0]
        title = title.removeprefix(one.to).lstrip("，, ")  # those of several members are one line
        head = f"- {one.at:%H:%M} → **{one.to}** {title}"
        if seen[page, kind] > FULL:
            if lines[-1].startswith("- ") and lines[-1].endswith(f"** {title}"):
                lines[-1] = lines[-1].replace("** ", f"**, **{one.to}** ", 1)
            else:
                lines.append(head)
        else:
            lines += [head, *(f"  > {line}" for line in body(one.notice) if line.strip())]
    found["summary.md"] = summary(listed).splitlines()
    return {name: "\n".join(lines) + "\n" for name, lines in found.items()}


ONE_KIND: Final = frozenset({"digest", "approve", "answer", "milestone", "complaint", "alert"})


def body(notice: Notice) -> list[str]:
    """Its words; of buttons only what they say, since some hold a customer's key."""
    bare = notice.model_copy(update={"buttons": (), "form": None, "title": ""})
    lines = plain.text(bare).splitlines()
    labels = " ".join(f"[{button.label}]" for button in notice.buttons)
    return [*lines, labels] if labels else lines


def summary(listed: Sequence[Told]) -> str:
    months = sorted({f"{one.at:%Y-%m}" for one in listed})
    counts = Counter((one.kind, f"{one.at:%Y-%m}") for one in listed)
    rows = [
        [kind, *(str(counts[kind, month] or "") for month in months)]
        for kind in sorted({one.kind for one in listed})
    ]
    head = ["what", *months]
    table = [head, ["---"] * len(head), *rows]
    return "# How many of each\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in table)
