"""Questions about projects, their milestones, tasks and members."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select as columns
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import Alias, Cost, Milestone, Project, ProjectMember, Task, User


async def by_code(session: AsyncSession, scope: Scope, code: str) -> Project | None:
    return (
        await session.exec(
            select(Project).where(func.upper(Project.code) == code.upper(), scope.projects())
        )
    ).first()


async def named(
    session: AsyncSession, scope: Scope, norm: str, *, exact: bool = False, limit: int = 6
) -> Sequence[Project]:
    """Projects whose name is this, else (unless `exact`) those whose names contain it."""
    for condition in (
        col(Alias.norm) == norm,
        or_(
            col(Alias.norm).contains(norm, autoescape=True),
            func.upper(Project.code).contains(norm.upper(), autoescape=True),
        ),
    ):
        found = (
            await session.exec(
                select(Project)
                .join(Alias, col(Alias.project_id) == col(Project.id))
                .where(condition, scope.projects())
                .order_by(col(Project.id))
                .distinct()
                .limit(limit)
            )
        ).all()
        if found or exact:
            return found
    return []


async def listed(
    session: AsyncSession,
    scope: Scope,
    *,
    customer_id: int | None = None,
    open_only: bool = False,
    limit: int = 200,
) -> Sequence[Project]:
    asked = select(Project).where(scope.projects())
    if customer_id is not None:
        asked = asked.where(Project.customer_id == customer_id)
    if open_only:
        asked = asked.where(Project.phase != "closed")
    return (await session.exec(asked.order_by(col(Project.id)).limit(limit))).all()


async def with_ids(session: AsyncSession, scope: Scope, ids: Sequence[int]) -> Sequence[Project]:
    return (
        await session.exec(
            select(Project)
            .where(col(Project.id).in_(ids), scope.projects())
            .order_by(col(Project.id))
        )
    ).all()


async def milestones(session: AsyncSession, project_id: int) -> Sequence[Milestone]:
    return (
        await session.exec(
            select(Milestone)
            .where(Milestone.project_id == project_id)
            .order_by(col(Milestone.due), col(Milestone.id))
        )
    ).all()


async def coming_milestones(
    session: AsyncSession, today: date, until: date
) -> Sequence[tuple[Milestone, Project]]:
    """Open milestones due from today until a day, of projects that run."""
    rows = await session.exec(
        select(Milestone, Project)
        .join(Project, col(Milestone.project_id) == col(Project.id))
        .where(
            col(Milestone.done_at).is_(None),
            col(Milestone.due) >= today,
            col(Milestone.due) <= until,
            Project.phase != "closed",
        )
        .order_by(col(Milestone.due), col(Milestone.id))
    )
    return list(rows.all())


async def tasks(
    session: AsyncSession,
    scope: Scope,
    *,
    project_id: int | None = None,
    assignee_id: int | None = None,
    open_only: bool = True,
    limit: int = 100,
) -> Sequence[tuple[Task, Project]]:
    """Tasks of visible projects, the most urgent first."""
    asked = (
        select(Task, Project)
        .join(Project, col(Task.project_id) == col(Project.id))
        .where(scope.projects())
    )
    if project_id is not None:
        asked = asked.where(Task.project_id == project_id)
    if assignee_id is not None:
        asked = asked.where(Task.assignee_id == assignee_id)
    if open_only:
        asked = asked.where(col(Task.done_at).is_(None))
    asked = asked.order_by(col(Task.due).asc().nulls_last(), col(Task.id)).limit(limit)
    return list((await session.exec(asked)).all())


async def task(session: AsyncSession, scope: Scope, number: int) -> Task | None:
    """The task with this number, of a visible project."""
    return (
        await session.exec(
            select(Task)
            .join(Project, col(Task.project_id) == col(Project.id))
            .where(Task.id == number, scope.projects())
        )
    ).first()


async def members(session: AsyncSession, project_id: int) -> Sequence[User]:
    return (
        await session.exec(
            select(User)
            .join(ProjectMember, col(ProjectMember.user_id) == col(User.id))
            .where(ProjectMember.project_id == project_id)
            .order_by(col(User.id))
        )
    ).all()


async def costs(session: AsyncSession, project_id: int, limit: int = 10) -> Sequence[Cost]:
    return (
        await session.exec(
            select(Cost)
            .where(Cost.project_id == project_id)
            .order_by(col(Cost.id).desc())
            .limit(limit)
        )
    ).all()


async def user_names(session: AsyncSession, ids: Sequence[int | None]) -> dict[int | None, str]:
    """Names of users by number."""
    wanted = {id_ for id_ in ids if id_ is not None}
    if not wanted:
        return {}
    rows = await session.exec(select(User.id, User.name).where(col(User.id).in_(wanted)))
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True, slots=True)
class Slipping:
    """A running project with what of it is late: its oldest open milestone, its late tasks."""

    project: Project
    manager: str
    milestone: str | None
    milestone_due: date | None
    tasks: int
    oldest: date | None
    """When the oldest late task was due."""


async def slipping(
    session: AsyncSession,
    scope: Scope,
    today: date,
    soon: date,
    *,
    manager_id: int | None = None,
    limit: int = 500,
) -> Sequence[Slipping]:
    """Running projects that are due by `soon`, or of which something is late already."""
    late = (
        columns(
            col(Task.project_id),
            func.count().label("tasks"),
            func.min(col(Task.due)).label("oldest"),
        )
        .where(col(Task.done_at).is_(None), col(Task.due) < today)
        .group_by(col(Task.project_id))
        .subquery()
    )
    missed = (
        columns(col(Milestone.project_id), col(Milestone.name), col(Milestone.due))
        .where(col(Milestone.done_at).is_(None), col(Milestone.due) < today)
        .ext(distinct_on(col(Milestone.project_id)))
        .order_by(col(Milestone.project_id), col(Milestone.due))
        .subquery()
    )
    asked = (
        columns(
            col(Project.id),
            col(User.name),
            missed.c.name,
            missed.c.due,
            late.c.tasks,
            late.c.oldest,
        )
        .select_from(Project)
        .outerjoin(User, col(User.id) == col(Project.manager_id))
        .outerjoin(missed, missed.c.project_id == col(Project.id))
        .outerjoin(late, late.c.project_id == col(Project.id))
        .where(
            scope.projects(),
            col(Project.phase) != "closed",
            or_(col(Project.due_on) <= soon, missed.c.due.is_not(None), late.c.tasks.is_not(None)),
        )
    )
    if manager_id is not None:
        asked = asked.where(col(Project.manager_id) == manager_id)
    rows = (await session.execute(asked.order_by(col(Project.id)).limit(limit))).all()
    known = {
        project.id: project for project in await with_ids(session, scope, [r[0] for r in rows])
    }
    return [
        Slipping(known[row[0]], row[1] or "", row[2], row[3], row[4] or 0, row[5]) for row in rows
    ]
