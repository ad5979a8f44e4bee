"""Questions about guests: whose link it is, who has one, which tasks are theirs."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import update
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import Deliverable, Guest, Project, Task

SEEN_EVERY: Final = timedelta(minutes=1)
"""How often it is written down that a link was opened."""


def digest(key: str) -> bytes:
    """What is kept of the key in a guest's link."""
    return hashlib.sha256(key.encode()).digest()


async def of_key(session: AsyncSession, key: str) -> Guest | None:
    return (await session.exec(select(Guest).where(Guest.secret == digest(key)))).first()


async def of_project(session: AsyncSession, project_id: int, limit: int = 60) -> Sequence[Guest]:
    """Those whose link still holds first, each the newest first."""
    return (
        await session.exec(
            select(Guest)
            .where(Guest.project_id == project_id)
            .order_by(col(Guest.ended_at).desc().nulls_first(), col(Guest.id).desc())
            .limit(limit)
        )
    ).all()


async def numbered(
    session: AsyncSession, scope: Scope, number: int
) -> tuple[Guest, Project] | None:
    """A guest of a visible project."""
    found = await session.exec(
        select(Guest, Project)
        .join(Project, col(Project.id) == col(Guest.project_id))
        .where(col(Guest.id) == number, scope.projects())
    )
    return found.first()


async def welcome(session: AsyncSession, project_id: int, now: datetime) -> Sequence[Guest]:
    """The guests of a project whose links hold."""
    return (
        await session.exec(
            select(Guest)
            .where(
                Guest.project_id == project_id,
                col(Guest.ended_at).is_(None),
                Guest.expires_at > now,
            )
            .order_by(col(Guest.id))
        )
    ).all()


async def tasks(session: AsyncSession, guest: Guest, limit: int = 200) -> Sequence[Task]:
    """What was given to a supplier; open tasks first, the most urgent of them before the others."""
    return (
        await session.exec(
            select(Task)
            .where(Task.guest_id == guest.id, Task.project_id == guest.project_id)
            .order_by(
                col(Task.done_at).desc().nulls_first(),
                col(Task.due).asc().nulls_last(),
                col(Task.id),
            )
            .limit(limit)
        )
    ).all()


async def task(session: AsyncSession, guest: Guest, number: int) -> Task | None:
    """A task that was given to this guest, locked until the commit."""
    return (
        await session.exec(
            select(Task)
            .where(
                Task.id == number,
                Task.guest_id == guest.id,
                Task.project_id == guest.project_id,
            )
            .with_for_update()
        )
    ).first()


async def delivered(session: AsyncSession, project_id: int) -> Sequence[Deliverable]:
    """What the customer was offered, or has accepted."""
    return (
        await session.exec(
            select(Deliverable)
            .where(
                Deliverable.project_id == project_id,
                col(Deliverable.state).in_(("offered", "accepted")),
            )
            .order_by(col(Deliverable.id))
        )
    ).all()


async def saw(session: AsyncSession, guest: Guest, now: datetime) -> None:
    """The link was opened; a row is written at most once in `SEEN_EVERY`."""
    await session.execute(
        update(Guest)
        .where(
            col(Guest.id) == guest.id,
            or_(col(Guest.seen_at).is_(None), col(Guest.seen_at) <= now - SEEN_EVERY),
        )
        .values(seen_at=now)
    )
