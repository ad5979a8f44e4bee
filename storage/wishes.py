"""What customers have asked for in their messages and nobody has taken up yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import Cursor

_CURSOR: Final = "wishes"


@dataclass(frozen=True, slots=True)
class Wish:
    """One message that asks for something, and who may make a task of it."""

    interaction_id: int
    sender: str
    asks: list[dict[str, Any]]
    """[{"words", "due"}], as they were extracted."""
    scope: bool
    """It asks for more than was agreed."""
    project: str
    """Its code."""
    customer: str
    receiver_id: int
    """The project's manager; without one, the customer's owner."""


async def newest(
    session: AsyncSession, until: datetime, since: datetime, limit: int = 500
) -> Sequence[Wish]:
    """What was filed since the last look and received by `until`; what was said before `since` is
    passed over. Looking moves the mark: one look at a time, its transaction commits what it tells.
    """
    mark = await session.get(Cursor, _CURSOR, with_for_update=True)
    if mark is None:
        mark = Cursor(name=_CURSOR, value="0")
    rows = (
        await session.execute(
            text("""
SELECT i.id, i.sender_name, i.extract->'asks', 'scope' = ANY(i.signals), p.code, c.name,
  COALESCE(m.id, o.id), i.occurred_at >= :since
    AND NOT EXISTS (SELECT 1 FROM task t WHERE t.interaction_id = i.id)
    AND NOT EXISTS (
      SELECT 1 FROM task_talk k WHERE k.interaction_id = i.id AND k.state = 'linked')
FROM interaction i
JOIN project p ON p.id = i.project_id AND p.phase <> 'closed'
JOIN customer c ON c.id = p.customer_id
LEFT JOIN user_account m ON m.id = p.manager_id AND m.active
LEFT JOIN user_account o ON o.id = c.owner_id AND o.active
WHERE i.id > :mark AND i.received_at <= :until AND i.direction = 'in' AND i.status = 'filed'
  AND i.recalled_at IS NULL AND jsonb_array_length(COALESCE(i.extract->'asks', '[]')) > 0
ORDER BY i.id LIMIT :limit
"""),
            {"mark": int(mark.value), "until": until, "since": since, "limit": limit},
        )
    ).all()
    if rows:
        mark.value = str(rows[-1][0])
        session.add(mark)
    return [Wish(*row[:7]) for row in rows if row[6] is not None and row[7]]
