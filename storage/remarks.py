"""What customers said about tasks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import Task, TaskTalk


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task under way, as far as a remark is compared with it."""

    id: int
    name: str
    project_id: int
    customer_id: int
    assignee_id: int | None
    came_from: tuple[str, str] | None
    """Channel and message key, and with them the thread, of the words that it was made from."""


async def under_way(
    session: AsyncSession, customers: Collection[int], most: int = 2000
) -> Sequence[OpenTask]:
    """Open tasks of customers' running projects, the newest first."""
    rows = await session.execute(
        text("""
SELECT t.id, t.name, t.project_id, p.customer_id, t.assignee_id, i.channel, i.message_key
FROM project p
JOIN task t ON t.project_id = p.id AND t.done_at IS NULL
LEFT JOIN interaction i ON i.id = t.interaction_id AND i.message_key <> ''
WHERE p.customer_id = ANY(:customers) AND p.phase <> 'closed'
ORDER BY t.id DESC LIMIT :most
"""),
        {"customers": list(customers), "most": most},
    )
    return [OpenTask(*row[:5], came_from=(row[5], row[6]) if row[5] else None) for row in rows]


async def add(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Remarks on tasks; one that is known already stays as it is."""
    if rows:
        await session.execute(insert(TaskTalk).values(rows).on_conflict_do_nothing())


async def on_item(session: AsyncSession, interaction_id: int) -> Sequence[tuple[TaskTalk, Task]]:
    """The tasks that an item speaks of, or may speak of."""
    rows = await session.exec(
        select(TaskTalk, Task)
        .join(Task, col(Task.id) == col(TaskTalk.task_id))
        .where(TaskTalk.interaction_id == interaction_id, TaskTalk.state != "refused")
        .order_by(col(TaskTalk.id))
    )
    return list(rows.all())


async def between(session: AsyncSession, task_id: int, interaction_id: int) -> TaskTalk | None:
    return (
        await session.exec(
            select(TaskTalk).where(
                TaskTalk.task_id == task_id, TaskTalk.interaction_id == interaction_id
            )
        )
    ).first()
