"""The plan of a project as numbers: its steps, what it has earned, when it will probably be done."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock
from bot.domain import forecast, plan, workdays
from bot.domain.earned import Piece, earned
from bot.domain.forecast import Driver, Habit, Outlook
from bot.domain.plan import Step
from storage import plans
from storage.tables import Project, Task

Links = Mapping[int, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left of a project's plan, from the end of `today` on."""

    today: date
    steps: list[Step]
    gone: dict[int, float]
    """Working days that were already spent on a step."""
    unknown: int
    """Tasks with neither days nor hours, which count as one day."""


@dataclass(frozen=True, slots=True)
class Forecast:
    project: Project
    outlook: Outlook
    half: date
    """P50: half of the runs are done by then."""
    most: date
    """P80."""
    due: date | None
    """What it is held against: the project's day, else the last of its tasks."""
    drivers: list[tuple[Task, Driver]]
    unknown: int
    spi: float | None
    """Schedule performance index of today."""

    @property
    def slip(self) -> int | None:
        """Days by which it will probably be late; below zero: early."""
        return (self.half - self.due).days if self.due else None


def starts(
    tasks: Sequence[Task], links: Links, timezone: str, *, agreed: bool = False
) -> dict[int, date]:
    """The first day of each task: as given, else after what it waits for, else when it was made;
    never behind its due day, as it is now or (`agreed`) as it was first agreed.
    """
    calendar, zone = workdays.china(), clock.zone(timezone)
    dues = {task.id: (agreed and task.planned_due) or task.due for task in tasks}
    found: dict[int, date] = {}
    for task in tasks:
        before = [due for one in links.get(task.id, ()) if (due := dues.get(one))]
        made = task.created_at.astimezone(zone).date()
        first = task.starts_on or (calendar.add(max(before), 1) if before else made)
        due = dues[task.id]
        found[task.id] = min(first, due) if due else first
    return found


def pieces(tasks: Sequence[Task], links: Links, timezone: str) -> list[Piece]:
    """What the tasks are worth, in hours; one without an estimate is worth what others are on average."""
    given = [float(task.estimate) for task in tasks if task.estimate]
    usual = sum(given) / len(given) if given else float(plan.HOURS_A_DAY)
    first = starts(tasks, links, timezone, agreed=True)
    return [
        Piece(
            float(task.estimate) if task.estimate else usual,
            share_done(task),
            first[task.id],
            task.planned_due or task.due,
        )
        for task in tasks
    ]


def share_done(task: Task) -> float:
    if task.done_at is not None:
        return 1.0
    ticks = [bool(one["done"]) for one in task.checklist]
    return sum(ticks) / len(ticks) if ticks else 0.0


def progress(tasks: Sequence[Task]) -> int:
    """Percent done, each task weighed by its estimate."""
    worth = pieces(tasks, {}, "UTC")
    whole = sum(one.worth for one in worth)
    return math.floor(100 * sum(one.worth * one.done for one in worth) / whole) if whole else 0


def remaining(tasks: Sequence[Task], links: Links, today: date, timezone: str) -> Remaining:
    """The open tasks as steps. Days that went by count as spent on a task that may be worked on:
    one that waits for none and, where a project moves its tasks over the board, was begun.
    """
    calendar = workdays.china()
    open_ = {task.id: task for task in tasks if task.done_at is None}
    moved = any(task.stage != "todo" for task in tasks)
    first = starts(tasks, links, timezone)
    steps: list[Step] = []
    gone: dict[int, float] = {}
    unknown = 0
    for task in open_.values():
        after = tuple(one for one in links.get(task.id, ()) if one in open_)
        days = _days(task, first[task.id])
        unknown += days is None
        begins = task.starts_on or first[task.id]
        wait = max(0, calendar.between(today, begins) - 1) if begins > today else 0
        if not after and begins <= today and (not moved or task.stage != "todo"):
            gone[task.id] = float(calendar.between(begins, today) + calendar.is_workday(begins))
        steps.append(Step(task.id, days or 1, after, wait))
    return Remaining(today, steps, gone, unknown)


def _days(task: Task, first: date) -> int | None:
    if task.estimate and not (task.starts_on and task.due):
        return plan.days_of(float(task.estimate))
    return plan.working_days(workdays.china(), first, task.due)


async def habit(session: AsyncSession, timezone: str) -> Habit:
    """How the firm's tasks turn out against their plan."""
    calendar = workdays.china()
    ratios: list[float] = []
    for one in await plans.finished(session, timezone):
        planned = plan.working_days(calendar, one.start, one.due)
        took = plan.working_days(calendar, one.start, one.done)
        if planned and took:
            ratios.append(took / planned)
    return forecast.learn(ratios)


async def forecast_of(
    session: AsyncSession, project: Project, today: date, timezone: str
) -> Forecast | None:
    """When a project will probably be done; None where no task is left."""
    return (await forecasts_of(session, [project], today, timezone)).get(project.id)


async def forecasts_of(
    session: AsyncSession, projects: Sequence[Project], today: date, timezone: str
) -> dict[int, Forecast]:
    """The same for many projects, by project, with as many queries as for one."""
    ids = [project.id for project in projects]
    tasks = await plans.tasks(session, ids)
    links = await plans.links(session, ids)
    usual = await habit(session, timezone)
    found: dict[int, Forecast] = {}
    for project in projects:
        mine = tasks[project.id]
        left = remaining(mine, links, today, timezone)
        seen = forecast.play(left.steps, usual, project.id, gone=left.gone)
        if seen is not None:
            index = earned(pieces(mine, links, timezone), 0.0, today, workdays.china()).spi
            found[project.id] = _dated(project, mine, left, seen, index)
    return found


def _dated(
    project: Project, tasks: list[Task], left: Remaining, seen: Outlook, index: float | None
) -> Forecast:
    calendar = workdays.china()
    by_id = {task.id: task for task in tasks}
    dues = [task.due for task in tasks if task.due]
    return Forecast(
        project,
        seen,
        calendar.add(left.today, math.ceil(seen.half)),
        calendar.add(left.today, math.ceil(seen.most)),
        project.due_on or max(dues, default=None),
        [(by_id[one.id], one) for one in seen.drivers],
        left.unknown,
        index,
    )
