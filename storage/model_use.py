"""What a language model was asked, and what it cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import ModelUse


@dataclass(frozen=True, slots=True)
class Spent:
    name: str
    asked: int
    failed: int
    tokens: int
    cost: Decimal


async def spent(session: AsyncSession, day: date, user_id: int | None = None) -> int:
    """Tokens of a day: of everybody, or of one member."""
    found = await session.execute(
        text("""
SELECT COALESCE(sum(tokens_in + tokens_out), 0) FROM model_use
WHERE day = :day AND (CAST(:user AS bigint) IS NULL OR user_id = :user)
"""),
        {"day": day, "user": user_id},
    )
    return int(found.scalar_one())


async def add(session: AsyncSession, use: ModelUse) -> None:
    """Count a use; uses at the same time add up."""
    columns: dict[str, Any] = use.model_dump(exclude={"id"})
    await session.execute(
        text("""
INSERT INTO model_use
  (day, user_id, purpose, model, asked, failed, tokens_in, tokens_out, cost)
VALUES (:day, :user_id, :purpose, :model, :asked, :failed, :tokens_in, :tokens_out, :cost)
ON CONFLICT (day, user_id, purpose, model) DO UPDATE SET
  asked = model_use.asked + EXCLUDED.asked,
  failed = model_use.failed + EXCLUDED.failed,
  tokens_in = model_use.tokens_in + EXCLUDED.tokens_in,
  tokens_out = model_use.tokens_out + EXCLUDED.tokens_out,
  cost = model_use.cost + EXCLUDED.cost
"""),
        columns,
    )


async def by_purpose(
    session: AsyncSession, since: date, user_id: int | None = None
) -> Sequence[Spent]:
    """Since a day, the dearest first: of everybody, or of one member."""
    rows = await session.execute(
        text("""
SELECT purpose, sum(asked), sum(failed), sum(tokens_in + tokens_out), sum(cost)
FROM model_use
WHERE day >= :since AND (CAST(:user AS bigint) IS NULL OR user_id = :user)
GROUP BY purpose ORDER BY 4 DESC, 2 DESC, 1
"""),
        {"since": since, "user": user_id},
    )
    return [_spent(row) for row in rows]


async def by_member(session: AsyncSession, since: date) -> Sequence[Spent]:
    """Since a day, the dearest first; an empty name is the program by itself."""
    rows = await session.execute(
        text("""
SELECT COALESCE(u.name, ''), sum(m.asked), sum(m.failed), sum(m.tokens_in + m.tokens_out),
  sum(m.cost)
FROM model_use m LEFT JOIN user_account u ON u.id = m.user_id
WHERE m.day >= :since GROUP BY m.user_id, u.name ORDER BY 4 DESC, 2 DESC, 1
"""),
        {"since": since},
    )
    return [_spent(row) for row in rows]


def _spent(row: Sequence[Any]) -> Spent:
    return Spent(row[0], int(row[1]), int(row[2]), int(row[3]), row[4])
