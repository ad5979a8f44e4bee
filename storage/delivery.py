"""Questions about what comes of projects: hours, load, defects, risks, deliverables, files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import select as columns
from sqlalchemy import text
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import (
    Attachment,
    Customer,
    Defect,
    Deliverable,
    Project,
    Risk,
    Task,
    TimeEntry,
    User,
)


@dataclass(frozen=True, slots=True)
class Worked:
    """Hours of one person on one project."""

    user: str
    project: str
    hours: Decimal
    cost: Decimal | None
    """In the firm's currency; None where nobody knows what an hour costs."""


async def worked(
    session: AsyncSession,
    scope: Scope,
    *,
    project_id: int | None = None,
    user_id: int | None = None,
    since: date | None = None,
) -> Sequence[Worked]:
    """Hours by person and project, the most first."""
    asked = (
        columns(
            col(User.name),
            col(Project.code),
            func.sum(col(TimeEntry.hours)).label("hours"),
            func.sum(col(TimeEntry.hours) * col(User.hour_cost)),
        )
        .select_from(TimeEntry)
        .join(User, col(User.id) == col(TimeEntry.user_id))
        .join(Project, col(Project.id) == col(TimeEntry.project_id))
        .where(scope.projects())
        .group_by(col(User.name), col(Project.code))
        .order_by(text("hours DESC"), col(User.name), col(Project.code))
    )
    if project_id is not None:
        asked = asked.where(col(TimeEntry.project_id) == project_id)
    if user_id is not None:
        asked = asked.where(col(TimeEntry.user_id) == user_id)
    if since is not None:
        asked = asked.where(col(TimeEntry.worked_on) >= since)
    return [Worked(*row) for row in (await session.execute(asked)).all()]


async def booked_on(session: AsyncSession, user_id: int, day: date) -> Decimal:
    """The hours that a person has booked for a day."""
    total = await session.exec(
        select(func.coalesce(func.sum(TimeEntry.hours), 0)).where(
            TimeEntry.user_id == user_id, TimeEntry.worked_on == day
        )
    )
    return total.one()


@dataclass(frozen=True, slots=True)
class Load:
    """What a person has to do until a day, against the hours that they have."""

    user_id: int
    name: str
    hours_a_week: Decimal
    tasks: int
    late: int
    hours: Decimal
    """Estimated hours of open tasks due by then, less what is booked on them."""
    unknown: int
    """Tasks without an estimate."""


async def loads(
    session: AsyncSession,
    scope: Scope,
    today: date,
    until: date,
    project_id: int | None = None,
) -> Sequence[Load]:
    """Of members with open tasks due by a day; tasks without a day count too."""
    booked = (
        columns(col(TimeEntry.task_id), func.sum(col(TimeEntry.hours)).label("hours"))
        .where(col(TimeEntry.task_id).is_not(None))
        .group_by(col(TimeEntry.task_id))
        .subquery()
    )
    left = func.greatest(col(Task.estimate) - func.coalesce(booked.c.hours, 0), 0)
    asked = (
        columns(
            col(User.id),
            col(User.name),
            col(User.hours_a_week),
            func.count(col(Task.id)),
            func.count(col(Task.id)).filter(col(Task.due) < today),
            func.coalesce(func.sum(left), 0).label("left_hours"),
            func.count(col(Task.id)).filter(col(Task.estimate).is_(None)),
        )
        .select_from(Task)
        .join(User, col(User.id) == col(Task.assignee_id))
        .join(Project, col(Project.id) == col(Task.project_id))
        .outerjoin(booked, booked.c.task_id == col(Task.id))
        .where(
            scope.projects(),
            col(User.active),
            col(Task.done_at).is_(None),
            col(Project.phase) != "closed",
            or_(col(Task.due).is_(None), col(Task.due) <= until),
        )
        .group_by(col(User.id))
        .order_by(text("left_hours DESC"), col(User.id))
    )
    if project_id is not None:
        asked = asked.where(col(Task.project_id) == project_id)
    return [Load(*row) for row in (await session.execute(asked)).all()]


Row = TypeVar("Row", Defect, Risk, Deliverable)


async def numbered(
    session: AsyncSession, scope: Scope, table: type[Row], number: int
) -> tuple[Row, Project] | None:
    """A row of a visible project, by its number."""
    found = await session.exec(
        select(table, Project)
        .join(Project, col(Project.id) == col(table.project_id))
        .where(col(table.id) == number, scope.projects())
    )
    return found.first()


async def defects(
    session: AsyncSession, scope: Scope, project_id: int | None, limit: int = 40
) -> Sequence[tuple[Defect, Project]]:
    """Open ones first, the worst and oldest of them before the others."""
    severity = func.array_position(["critical", "major", "minor"], col(Defect.severity))
    asked = (
        select(Defect, Project)
        .join(Project, col(Defect.project_id) == col(Project.id))
        .where(scope.projects())
        .order_by(col(Defect.fixed_at).desc().nulls_first(), severity, col(Defect.id))
        .limit(limit)
    )
    if project_id is not None:
        asked = asked.where(Defect.project_id == project_id)
    return (await session.exec(asked)).all()


async def risks(
    session: AsyncSession, scope: Scope, project_id: int | None = None, limit: int = 40
) -> Sequence[tuple[Risk, Project, str]]:
    """Open risks with their owners' names, the highest first."""
    level = func.array_position(["high", "medium", "low"], col(Risk.level))
    asked = (
        select(Risk, Project, func.coalesce(User.name, ""))
        .join(Project, col(Risk.project_id) == col(Project.id))
        .outerjoin(User, col(User.id) == col(Risk.owner_id))
        .where(scope.projects(), col(Risk.closed_at).is_(None))
        .order_by(level, col(Risk.due).asc().nulls_last(), col(Risk.id))
        .limit(limit)
    )
    if project_id is not None:
        asked = asked.where(Risk.project_id == project_id)
    return list((await session.exec(asked)).all())


async def deliverables(session: AsyncSession, project_id: int) -> Sequence[Deliverable]:
    return (
        await session.exec(
            select(Deliverable)
            .where(Deliverable.project_id == project_id)
            .order_by(col(Deliverable.id))
        )
    ).all()


async def deliverable_of(session: AsyncSession, secret: bytes) -> Deliverable | None:
    """The deliverable that a customer's button is about, locked until the commit."""
    return (
        await session.exec(
            select(Deliverable).where(Deliverable.secret == secret).with_for_update()
        )
    ).first()


async def deliverable_of_push(session: AsyncSession, push_id: int) -> Deliverable | None:
    return (await session.exec(select(Deliverable).where(Deliverable.push_id == push_id))).first()


async def files(
    session: AsyncSession,
    scope: Scope,
    *,
    project: Project | None = None,
    customer: Customer | None = None,
    name: str = "",
    limit: int = 30,
) -> Sequence[Attachment]:
    """Files of a visible project or customer, the newest version of each name first."""
    if not scope.talk:
        return []
    asked = select(Attachment).where(Attachment.sha256 != "")
    if project is not None:
        asked = asked.where(Attachment.project_id == project.id)
    if customer is not None:
        asked = asked.where(Attachment.customer_id == customer.id)
    if name:
        asked = asked.where(col(Attachment.name).icontains(name, autoescape=True))
    asked = asked.order_by(
        col(Attachment.name), col(Attachment.version).desc(), col(Attachment.id).desc()
    )
    return (await session.exec(asked.limit(limit))).all()
