"""Questions about how long customers wait for an answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select as columns
from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.search import RECENT
from storage.tables import AnswerClock, Conversation, Customer, Interaction, ServiceCase, User

Row = tuple[AnswerClock, Customer, User | None, Interaction]


async def served(session: AsyncSession, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """The tier and the service level agreed, of customers."""
    rows = await session.exec(
        select(Customer.id, Customer.tier, Customer.service_level).where(col(Customer.id).in_(ids))
    )
    return {id_: (tier, agreed) for id_, tier, agreed in rows}


async def start(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Start clocks; in a conversation where one runs already it goes on."""
    if rows:
        await session.execute(
            text("""
INSERT INTO answer_clock (conversation_id, customer_id, interaction_id, started_at, due_at)
SELECT conversation_id, customer_id, interaction_id, started_at, due_at
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(conversation_id bigint, customer_id bigint,
  interaction_id bigint, started_at timestamptz, due_at timestamptz)
ON CONFLICT (conversation_id) WHERE answered_at IS NULL AND stopped_at IS NULL DO NOTHING
"""),
            {"rows": orjson.dumps(rows).decode()},
        )


@dataclass(frozen=True, slots=True)
class End:
    """A conversation's clock ends: a member has answered, or nothing is left to answer."""

    conversation_id: int
    at: datetime
    answered: bool
    user_id: int | None = None


async def end(session: AsyncSession, ends: Sequence[End]) -> None:
    """End the clocks that run in these conversations, one end for each."""
    if ends:
        await session.execute(
            text("""
UPDATE answer_clock c SET
  answered_at = CASE WHEN r.answered THEN r.at END,
  answered_by_id = CASE WHEN r.answered THEN r.user_id END,
  stopped_at = CASE WHEN r.answered THEN NULL ELSE r.at END
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
  AS r(conversation_id bigint, at timestamptz, answered boolean, user_id bigint)
WHERE c.conversation_id = r.conversation_id AND c.answered_at IS NULL AND c.stopped_at IS NULL
  AND c.started_at <= r.at
"""),
            {"rows": orjson.dumps(ends).decode()},
        )


async def waiting(session: AsyncSession, scope: Scope, limit: int = 40) -> Sequence[Row]:
    """Customers who wait for an answer, the longest first."""
    asked = (
        select(AnswerClock, Customer, User, Interaction)
        .join(Customer, col(Customer.id) == col(AnswerClock.customer_id))
        .join(Interaction, col(Interaction.id) == col(AnswerClock.interaction_id))
        .outerjoin(User, col(User.id) == col(Customer.owner_id))
        .where(
            scope.interactions(),
            scope.customers(),
            col(AnswerClock.answered_at).is_(None),
            col(AnswerClock.stopped_at).is_(None),
        )
        .order_by(col(AnswerClock.started_at), col(AnswerClock.id))
        .limit(limit)
    )
    return (await session.exec(asked)).all()


async def complaints(
    session: AsyncSession, since: datetime
) -> Sequence[tuple[Interaction, Customer]]:
    """Customers' complaints that came since a moment and that no case was made of."""
    newest = await session.scalar(text("SELECT max(id) FROM interaction")) or 0
    asked = (
        select(Interaction, Customer)
        .join(Customer, col(Customer.id) == col(Interaction.customer_id))
        .outerjoin(ServiceCase, col(ServiceCase.interaction_id) == col(Interaction.id))
        .where(
            # The time has no index of its own: what came lately stands at the end.
            col(Interaction.id) > newest - RECENT,
            Interaction.received_at >= since,
            Interaction.occurred_at >= since,
            Interaction.direction == "in",
            Interaction.status == "filed",
            col(Interaction.signals).contains(["complaint"]),
            col(ServiceCase.id).is_(None),
        )
        .order_by(col(Interaction.id))
        .limit(100)
    )
    return (await session.exec(asked)).all()


async def running(
    session: AsyncSession,
) -> Sequence[tuple[AnswerClock, Customer, Conversation]]:
    """Clocks whose breach nobody was told of; no other process gets them."""
    asked = (
        select(AnswerClock, Customer, Conversation)
        .join(Customer, col(Customer.id) == col(AnswerClock.customer_id))
        .join(Conversation, col(Conversation.id) == col(AnswerClock.conversation_id))
        .where(
            col(AnswerClock.answered_at).is_(None),
            col(AnswerClock.stopped_at).is_(None),
            col(AnswerClock.breached_at).is_(None),
        )
        .order_by(col(AnswerClock.id))
        .with_for_update(of=AnswerClock, skip_locked=True)
    )
    return (await session.exec(asked)).all()


@dataclass(frozen=True, slots=True)
class Answered:
    """One question of a customer's, and when it was answered."""

    started_at: datetime
    due_at: datetime
    answered_at: datetime | None
    level: tuple[str, str]
    """The customer's tier and agreed service level."""


async def history(
    session: AsyncSession,
    scope: Scope,
    since: datetime,
    now: datetime,
    *,
    customer_id: int | None = None,
    user_id: int | None = None,
) -> list[Answered]:
    """Questions since a moment that were answered, or that are late; of a customer or a member.

    Of a member: those that they answered, and the late ones of the customers they look after.
    """
    asked = (
        columns(
            col(AnswerClock.started_at),
            col(AnswerClock.due_at),
            col(AnswerClock.answered_at),
            col(Customer.tier),
            col(Customer.service_level),
        )
        .select_from(AnswerClock)
        .join(Customer, col(Customer.id) == col(AnswerClock.customer_id))
        .where(
            scope.customers(),
            col(AnswerClock.started_at) >= since,
            col(AnswerClock.stopped_at).is_(None),
            col(AnswerClock.answered_at).is_not(None) | (col(AnswerClock.due_at) < now),
        )
    )
    if customer_id is not None:
        asked = asked.where(col(AnswerClock.customer_id) == customer_id)
    if user_id is not None:
        late = col(AnswerClock.answered_at).is_(None) & (col(Customer.owner_id) == user_id)
        asked = asked.where((col(AnswerClock.answered_by_id) == user_id) | late)
    rows = (await session.execute(asked)).all()
    return [Answered(start, due, at, (tier, agreed)) for start, due, at, tier, agreed in rows]
