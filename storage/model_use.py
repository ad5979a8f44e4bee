"""What a language model was asked, and what it cost."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import ModelUse


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
) -> Sequence[tuple[str, str, int, int, int, Decimal]]:
    """(purpose, model, asked, failed, tokens, cost) since a day, the dearest first."""
    rows = await session.execute(
        text("""
SELECT purpose, model, sum(asked), sum(failed), sum(tokens_in + tokens_out), sum(cost)
FROM model_use
WHERE day >= :since AND (CAST(:user AS bigint) IS NULL OR user_id = :user)
GROUP BY purpose, model ORDER BY 5 DESC, 1, 2
"""),
        {"since": since, "user": user_id},
    )
    return [(r[0], r[1], int(r[2]), int(r[3]), int(r[4]), r[5]) for r in rows]


async def by_member(session: AsyncSession, since: date) -> Sequence[tuple[str, int, Decimal]]:
    """(name, tokens, cost) since a day, the dearest first; an empty name is the program itself."""
    rows = await session.execute(
        text("""
SELECT COALESCE(u.name, ''), sum(m.tokens_in + m.tokens_out), sum(m.cost)
FROM model_use m LEFT JOIN user_account u ON u.id = m.user_id
WHERE m.day >= :since GROUP BY 1 ORDER BY 2 DESC, 1
"""),
        {"since": since},
    )
    return [(r[0], int(r[1]), r[2]) for r in rows]
