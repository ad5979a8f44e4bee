"""Questions about approvals: what waits, for whom, and who stands in."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import Approval, Customer, Delegation, Project, User, Vote


async def one(session: AsyncSession, number: int) -> Approval | None:
    """The approval with this number, locked until the commit."""
    return (
        await session.exec(select(Approval).where(Approval.id == number).with_for_update())
    ).first()


async def about(session: AsyncSession, kind: str, row_id: int) -> Approval | None:
    """The approval that a row waits for."""
    return (
        await session.exec(
            select(Approval).where(
                Approval.kind == kind, Approval.row_id == row_id, Approval.state == "waiting"
            )
        )
    ).first()


async def votes(session: AsyncSession, approval_id: int) -> Sequence[tuple[Vote, User]]:
    """The trail: all who were asked, in order."""
    found = await session.exec(
        select(Vote, User)
        .join(User, col(Vote.user_id) == col(User.id))
        .where(Vote.approval_id == approval_id)
        .order_by(col(Vote.step), col(Vote.id))
    )
    return found.all()


async def waiting_for(session: AsyncSession, user_id: int, limit: int = 20) -> Sequence[Approval]:
    """What waits for a member's word, the oldest first."""
    found = await session.exec(
        select(Approval)
        .join(
            Vote,
            (col(Vote.approval_id) == col(Approval.id)) & (col(Vote.step) == col(Approval.step)),
        )
        .where(Approval.state == "waiting", Vote.user_id == user_id, Vote.verdict == "")
        .order_by(col(Approval.id))
        .limit(limit)
    )
    return found.all()


async def waiting(
    session: AsyncSession, scope: Scope, user_id: int | None, limit: int = 20
) -> Sequence[Approval]:
    """What a member asked for, and what is about customers and projects that they see."""
    found = await session.exec(
        select(Approval)
        .where(
            Approval.state == "waiting",
            or_(
                col(Approval.made_by_id) == user_id,
                col(Approval.project_id).in_(select(col(Project.id)).where(scope.projects())),
                col(Approval.project_id).is_(None)
                & col(Approval.customer_id).in_(select(col(Customer.id)).where(scope.customers())),
            ),
        )
        .order_by(col(Approval.id))
        .limit(limit)
    )
    return found.all()


async def silent(session: AsyncSession, now: datetime) -> Sequence[Approval]:
    """Approvals whose step waits past its time, or for somebody who has left; locked."""
    left = (
        select(col(Vote.approval_id))
        .join(User, col(User.id) == col(Vote.user_id))
        .where(Vote.verdict == "", ~col(User.active), col(Vote.step) == col(Approval.step))
    )
    return (
        await session.exec(
            select(Approval)
            .where(
                Approval.state == "waiting",
                or_(col(Approval.due_at) <= now, col(Approval.id).in_(left)),
            )
            .order_by(col(Approval.id))
            .with_for_update(skip_locked=True)
        )
    ).all()


async def stand_ins(session: AsyncSession, users: Collection[int], day: date) -> Mapping[int, int]:
    """Who stands in for those who are away on a day, chains included."""
    away: dict[int, int] = {}
    wanted = set(users)
    while wanted:
        rows = await session.exec(
            select(Delegation.user_id, Delegation.to_id)
            .where(
                col(Delegation.user_id).in_(wanted),
                Delegation.first <= day,
                Delegation.last >= day,
            )
            .order_by(col(Delegation.id))
        )
        found = dict(rows.all())
        away |= found
        wanted = set(found.values()) - set(away)
    return away
