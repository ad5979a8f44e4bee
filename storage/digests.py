"""What digests are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import Interaction, Subscription


async def subscriptions(session: AsyncSession) -> Sequence[Subscription]:
    return (await session.exec(select(Subscription).order_by(col(Subscription.id)))).all()


async def add_missing(session: AsyncSession, home: str, timezone: str) -> None:
    """Give every internal chat the digest that comes by itself, until somebody chooses otherwise.

    A chat bound to a customer or project: weekly, on Monday. A member's own chat, on channel `home`:
    on working days. At nine o'clock, in the reader's zone.
    """
    await session.execute(
        text("""
INSERT INTO subscription (conversation_id, user_id, every, weekday, at, timezone, since)
SELECT c.id, u.id, CASE WHEN u.id IS NULL THEN 'weekly' ELSE 'daily' END, 0, '09:00',
  COALESCE(u.timezone, c.timezone, :timezone), now()
FROM conversation c
LEFT JOIN user_account u ON c.channel = :home AND u.active AND u.id = c.user_id
WHERE c.audience = 'internal' AND (u.id IS NOT NULL OR c.customer_id IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.conversation_id = c.id)
ON CONFLICT DO NOTHING
"""),
        {"home": home, "timezone": timezone},
    )


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
