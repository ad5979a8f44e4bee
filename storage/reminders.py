"""What members are reminded of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import Reminder


async def coming(session: AsyncSession, user_id: int, limit: int = 20) -> Sequence[Reminder]:
    """A member's open reminders, the next first."""
    return (
        await session.exec(
            select(Reminder)
            .where(Reminder.user_id == user_id, col(Reminder.done_at).is_(None))
            .order_by(col(Reminder.at), col(Reminder.id))
            .limit(limit)
        )
    ).all()


async def due(session: AsyncSession, now: datetime, limit: int = 200) -> Sequence[Reminder]:
    """Reminders whose time has come and that nobody was told of; no other process gets them."""
    return (
        await session.exec(
            select(Reminder)
            .where(
                col(Reminder.told_at).is_(None),
                col(Reminder.done_at).is_(None),
                Reminder.at <= now,
            )
            .order_by(col(Reminder.at), col(Reminder.id))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()


async def one(session: AsyncSession, user_id: int, number: int) -> Reminder | None:
    """A member's own open reminder."""
    return (
        await session.exec(
            select(Reminder).where(
                Reminder.id == number,
                Reminder.user_id == user_id,
                col(Reminder.done_at).is_(None),
            )
        )
    ).first()


async def keep_promises(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Reminders of promises; one that is known already (the same words of the same item) stays."""
    if rows:
        known = insert(Reminder).values([{**row, "source": "promise"} for row in rows])
        await session.execute(
            known.on_conflict_do_nothing(
                index_elements=["interaction_id", "text"], index_where=text("source = 'promise'")
            )
        )
