"""Which projects are late, or about to be: whose they are, and what holds them up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Final

from bot.commands import cards
from bot.commands.registry import Ask, command
from bot.contract import Button, Level, Notice, Table
from bot.planning import outlook
from bot.texts import Text
from storage import projects
from storage.projects import Slipping
from storage.tables import User

_SOON: Final = timedelta(days=7)
_AHEAD: Final = timedelta(days=30)
_MOST: Final = 15
_FORECASTS: Final = 60
"""Projects that are looked ahead for; the first to be due."""
_NEARLY: Final = 90
"""Percent done from which a week is enough."""

_TITLE = Text("可能延期的项目（{count}）", "Projects that are late or may be ({count})")
_NONE = Text("没有延期的项目。", "No project is late.")
_DAYS = Text("已逾期 {days} 天", "{days} days late")
_COMING = Text("{day} 到期，进度 {progress}%", "due {day}, {progress}% done")
_MILESTONE = Text("里程碑「{name}」逾期 {days} 天", "milestone “{name}”, {days} days late")
_FORECAST = Text("很可能延期 {days} 天", "will probably slip {days} days")
_TASKS = Text("{count} 个任务逾期", "{count} tasks late")


@dataclass(slots=True)
class _Late:
    row: Slipping
    days: int = 0
    why: list[str] = field(default_factory=list)


@command(
    "late",
    zh="延期",
    reads=True,
    permission="project.read",
    aliases=("delays", "谁延期"),
    help=Text("哪些项目延期或将要延期，谁负责", "projects that are late or about to be, and whose"),
)
async def late(
    ask: Ask, manager: Annotated[User | None, Text("项目经理", "manager")] = None
) -> Notice:
    today = ask.now.date()
    rows = await projects.slipping(
        ask.session,
        ask.actor.scope,
        today,
        today + _AHEAD,
        manager_id=manager.id if manager else None,
    )
    slips = await _slips(ask, rows, today)
    found = sorted(_judged(ask, rows, today, slips), key=lambda one: -one.days)
    title = ask.t(_TITLE, count=len(found))
    if not found:
        return ask.notice(title=title, text=ask.t(_NONE), level=Level.GOOD)
    columns = tuple(
        ask.t(text)
        for text in (Text("项目", "Project"), Text("项目经理", "Manager"), Text("原因", "Why"))
    )
    shown = found[:_MOST]
    return ask.notice(
        title=title,
        level=Level.WARNING,
        table=Table(
            columns=columns,
            rows=tuple(
                (
                    f"{one.row.project.code} {one.row.project.name}",
                    one.row.manager or "—",
                    " · ".join(one.why),
                )
                for one in shown
            ),
        ),
        buttons=[
            Button(label=one.row.project.code, command=f"/project {one.row.project.code}")
            for one in shown[:5]
        ],
    )


async def _slips(ask: Ask, rows: Sequence[Slipping], today: date) -> dict[int, int]:
    """Days by which projects that are due soon will probably be late, by project."""
    ahead = sorted(
        (row.project for row in rows if row.project.due_on and row.project.due_on >= today),
        key=lambda one: (one.due_on, one.id),
    )[:_FORECASTS]
    found = await outlook.forecasts_of(ask.session, ahead, today, ask.actor.zone.key)
    return {id_: one.slip for id_, one in found.items() if one.slip and one.slip > 0}


def _judged(ask: Ask, rows: Sequence[Slipping], today: date, slips: dict[int, int]) -> list[_Late]:
    found: list[_Late] = []
    for row in rows:
        one, due = _Late(row), row.project.due_on
        if due is not None and due < today:
            _add(one, (today - due).days, ask.t(_DAYS, days=(today - due).days))
        elif due is not None and due <= today + _SOON and row.project.progress < _NEARLY:
            day = cards.day(due, ask.language)
            one.why.append(ask.t(_COMING, day=day, progress=row.project.progress))
        if row.milestone and row.milestone_due:
            days = (today - row.milestone_due).days
            _add(one, days, ask.t(_MILESTONE, name=row.milestone, days=days))
        if row.tasks and row.oldest:
            _add(one, (today - row.oldest).days, ask.t(_TASKS, count=row.tasks))
        if days := slips.get(row.project.id, 0):
            one.why.append(ask.t(_FORECAST, days=days))
        if one.why:
            found.append(one)
    return found


def _add(one: _Late, days: int, why: str) -> None:
    one.days = max(one.days, days)
    one.why.append(why)
