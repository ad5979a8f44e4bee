"""Questions about plans: tasks with what they wait for, how earlier ones turned out, what a phase needs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, Date, ScalarSelect, cast
from sqlalchemy import select as columns
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import (
    Contract,
    Defect,
    Deliverable,
    Milestone,
    PaymentTerm,
    Project,
    Task,
    TaskLink,
    TimeEntry,
)


async def tasks(session: AsyncSession, project_ids: Iterable[int]) -> dict[int, list[Task]]:
    """All tasks of projects, done ones too, by project and in the order of making."""
    wanted = list(project_ids)
    found: dict[int, list[Task]] = {id_: [] for id_ in wanted}
    for task in await session.exec(
        select(Task).where(col(Task.project_id).in_(wanted)).order_by(col(Task.id))
    ):
        found[task.project_id].append(task)
    return found


async def links(session: AsyncSession, project_ids: Iterable[int]) -> dict[int, list[int]]:
    """What each task of these projects waits for, by task."""
    found: dict[int, list[int]] = {}
    for link in await session.exec(
        select(TaskLink)
        .join(Task, col(Task.id) == col(TaskLink.task_id))
        .where(col(Task.project_id).in_(list(project_ids)))
        .order_by(col(TaskLink.id))
    ):
        found.setdefault(link.task_id, []).append(link.after_id)
    return found


async def link(session: AsyncSession, task_id: int, after_id: int) -> TaskLink | None:
    return (
        await session.exec(
            select(TaskLink).where(TaskLink.task_id == task_id, TaskLink.after_id == after_id)
        )
    ).first()


async def hold(session: AsyncSession, project_id: int) -> None:
    """Wait for whoever changes this project's plan: two halves of a ring cannot be written at once."""
    await session.exec(select(Project.id).where(Project.id == project_id).with_for_update())


@dataclass(frozen=True, slots=True)
class Done:
    """A finished task: the first day it could be worked on, the day planned, the day it was done."""

    start: date
    due: date
    done: date


async def finished(session: AsyncSession, timezone: str, limit: int = 500) -> Sequence[Done]:
    """The firm's latest finished tasks that had a day to keep; `timezone` says when a day begins."""
    made = cast(func.timezone(timezone, col(Task.created_at)), Date)
    ended = cast(func.timezone(timezone, col(Task.done_at)), Date)
    start = func.coalesce(col(Task.starts_on), made)
    due = func.coalesce(col(Task.planned_due), col(Task.due))
    rows = await session.execute(
        columns(start, due, ended)
        .where(col(Task.done_at).is_not(None), due >= start, ended >= start)
        .order_by(col(Task.done_at).desc(), col(Task.id).desc())
        .limit(limit)
    )
    return [Done(*row) for row in rows.all()]


async def hours(session: AsyncSession, project_id: int) -> Decimal:
    """All hours that were booked on a project."""
    found = await session.exec(
        select(func.coalesce(func.sum(TimeEntry.hours), 0)).where(
            TimeEntry.project_id == project_id
        )
    )
    return Decimal(found.one())


@dataclass(frozen=True, slots=True)
class Flaws:
    found: int
    open: int


async def defects(session: AsyncSession, project_id: int) -> Flaws:
    row = (
        await session.execute(
            columns(func.count(), func.count().filter(col(Defect.fixed_at).is_(None))).where(
                col(Defect.project_id) == project_id
            )
        )
    ).one()
    return Flaws(row[0], row[1])


@dataclass(frozen=True, slots=True)
class Standing:
    """What a project has and lacks, as conditions of phases ask for it."""

    signed: bool
    deliverables: int
    unaccepted: int
    grave_defects: int
    payments: int
    unpaid: int


async def standing(session: AsyncSession, project_id: int) -> Standing:
    def count(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
        return columns(func.count()).where(*conditions).scalar_subquery()

    delivered = col(Deliverable.project_id) == project_id
    agreed = col(PaymentTerm.project_id) == project_id
    row = (
        await session.execute(
            columns(
                count(col(Contract.project_id) == project_id, col(Contract.signed_on).is_not(None)),
                count(delivered),
                count(delivered, col(Deliverable.state) != "accepted"),
                count(
                    col(Defect.project_id) == project_id,
                    col(Defect.fixed_at).is_(None),
                    col(Defect.severity).in_(("major", "critical")),
                ),
                count(agreed),
                count(agreed, col(PaymentTerm.settled_on).is_(None)),
            )
        )
    ).one()
    return Standing(bool(row[0]), *row[1:])


async def next_milestone(session: AsyncSession, project_id: int) -> Milestone | None:
    """The first one that is not reached."""
    return (
        await session.exec(
            select(Milestone)
            .where(Milestone.project_id == project_id, col(Milestone.done_at).is_(None))
            .order_by(col(Milestone.due), col(Milestone.id))
            .limit(1)
        )
    ).first()


async def newest_template(session: AsyncSession) -> str | None:
    """The template that the newest planned project was made from."""
    return (
        await session.exec(
            select(Project.template)
            .where(Project.template != "")
            .order_by(col(Project.id).desc())
            .limit(1)
        )
    ).first()
