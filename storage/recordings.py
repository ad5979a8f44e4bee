"""Recordings: which wait for their words, what is known of one so far, which are old."""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import TranscriptWindow


async def waiting(session: AsyncSession, job: str, limit: int = 1000) -> list[int]:
    """Recordings that wait to be transcribed, and for which no `job` is queued or at work."""
    rows = await session.execute(
        text("""
SELECT i.id FROM interaction i
WHERE i.status = 'waiting_for_model' AND NOT EXISTS (
  SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = :job AND j.status IN ('todo', 'doing')
    AND (j.args ->> 'interaction_id')::bigint = i.id
) AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.interaction_id = i.id AND a.sha256 = '')
ORDER BY i.id LIMIT :limit
"""),
        {"job": job, "limit": limit},
    )
    return [id_ for (id_,) in rows]


async def windows(session: AsyncSession, interaction_id: int) -> list[dict[str, Any]]:
    """What is transcribed of a recording whose transcription was cut off, in its order."""
    found = await session.exec(
        select(TranscriptWindow)
        .where(TranscriptWindow.interaction_id == interaction_id)
        .order_by(col(TranscriptWindow.id))
    )
    return [row.window for row in found]


async def keep_window(session: AsyncSession, interaction_id: int, window: dict[str, Any]) -> None:
    session.add(TranscriptWindow(interaction_id=interaction_id, window=window))


async def drop_windows(session: AsyncSession, interaction_id: int) -> None:
    await session.exec(
        delete(TranscriptWindow).where(col(TranscriptWindow.interaction_id) == interaction_id)
    )


async def older(session: AsyncSession, before: datetime, limit: int = 500) -> list[tuple[int, str]]:
    """Sound that is older than a time and that nobody keeps: attachment and its digest."""
    rows = await session.execute(
        text("""
SELECT a.id, a.sha256 FROM attachment a JOIN interaction i ON i.id = a.interaction_id
WHERE i.occurred_at < :before AND NOT i.kept AND a.sha256 <> '' AND a.type LIKE 'audio/%'
  AND i.status <> 'waiting_for_model'
ORDER BY a.id LIMIT :limit
"""),
        {"before": before, "limit": limit},
    )
    return [(row[0], row[1]) for row in rows]


async def add_copy(
    session: AsyncSession, interaction_id: int, name: str, size: int, sha256: str
) -> None:
    """A copy of a recording that browsers play, beside it, in place of one from an earlier run."""
    await session.execute(
        text("""
INSERT INTO attachment (interaction_id, customer_id, project_id, name, type, size, sha256, ref,
  version, created_at)
SELECT id, customer_id, project_id, CAST(:name AS text), 'audio/mp4', CAST(:size AS bigint), CAST(:sha256 AS text), 'copy', 1, now()
FROM interaction i WHERE id = :interaction AND NOT EXISTS (
  SELECT 1 FROM attachment a WHERE a.interaction_id = i.id AND a.ref = 'copy'
    AND a.sha256 = CAST(:sha256 AS text)
)
"""),
        {"interaction": interaction_id, "name": name, "size": size, "sha256": sha256},
    )


async def forget_sound(session: AsyncSession, attachment_id: int, why: str) -> None:
    """An attachment whose file is gone by age: its name stays, and says so."""
    await session.execute(
        text("UPDATE attachment SET sha256 = '', ref = '', error = :why WHERE id = :id"),
        {"id": attachment_id, "why": why},
    )


async def in_use(session: AsyncSession, sha256: str) -> bool:
    """Whether any attachment still has the file."""
    found = await session.execute(
        text("SELECT 1 FROM attachment WHERE sha256 = :sha256 LIMIT 1"), {"sha256": sha256}
    )
    return found.first() is not None
