"""Questions about projects, their milestones, tasks and members."""

from collections.abc import Sequence
from datetime import date

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
