"""Questions about changes that customers or members have asked for."""

from collections.abc import Sequence
from decimal import Decimal

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import ChangeRequest, Project, ProjectMember, User


async def one(
    session: AsyncSession, scope: Scope, number: int
) -> tuple[ChangeRequest, Project] | None:
    found = await session.exec(
        select(ChangeRequest, Project)
        .join(Project, col(ChangeRequest.project_id) == col(Project.id))
        .where(ChangeRequest.id == number, scope.projects())
    )
    return found.first()


async def listed(
    session: AsyncSession, scope: Scope, project_id: int | None = None, limit: int = 30
) -> Sequence[tuple[ChangeRequest, Project]]:
    """The newest first."""
    asked = (
        select(ChangeRequest, Project)
        .join(Project, col(ChangeRequest.project_id) == col(Project.id))
        .where(scope.projects())
    )
    if project_id is not None:
        asked = asked.where(ChangeRequest.project_id == project_id)
    return (await session.exec(asked.order_by(col(ChangeRequest.id).desc()).limit(limit))).all()


async def usual_hour_cost(session: AsyncSession, project: Project) -> Decimal | None:
    """What an hour of the project's people costs on average; None where nobody's is known."""
    joined = select(col(ProjectMember.user_id)).where(ProjectMember.project_id == project.id)
    return (
        await session.exec(
            select(func.avg(User.hour_cost)).where(
                col(User.hour_cost).is_not(None),
                col(User.id).in_(joined) | (col(User.id) == project.manager_id),
            )
        )
    ).one()
