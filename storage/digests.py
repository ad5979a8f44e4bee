"""What digests are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import Interaction, Subscription


async def subscriptions(session: AsyncSession) -> Sequence[Subscription]:
    return (await session.exec(select(Subscription).order_by(col(Subscription.id)))).all()


@dataclass(frozen=True, slots=True)
class Talk:
    messages: int
    negative: int


async def talk_since(session: AsyncSession, project_id: int, since: datetime) -> Talk:
    """How many messages came from a project's customer, and how many were negative."""
    negative = func.count().filter(col(Interaction.sentiment) == "negative")
    row = (
        await session.exec(
            select(func.count(), negative).where(
                Interaction.project_id == project_id,
                Interaction.direction == "in",
                col(Interaction.occurred_at) > since,
            )
        )
    ).one()
    return Talk(row[0], row[1])
