"""What was foretold and what came: forecasts of projects, and customers who left."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import DelayForecast, Project


async def outcomes(
    session: AsyncSession, today: date, ahead: int, after: date | None = None
) -> Sequence[tuple[date, float, bool]]:
    """The first snapshot of each customer and month that is `ahead` days old, in the order of time:
    its day, its points, and whether they were lost within these days. `after`: later ones only, since
    points of before were given by another card.
    """
    rows = await session.execute(
        text("""
WITH firsts AS (SELECT DISTINCT ON (customer_id, date_trunc('month', day)) customer_id, day,
    COALESCE((SELECT sum(CAST(one ->> 'points' AS float))
      FROM jsonb_array_elements(churn_reasons) one), 0) AS points
  FROM health_snapshot WHERE day <= CAST(:today AS date) - CAST(:ahead AS int) AND churn IS NOT NULL
    AND (CAST(:after AS date) IS NULL OR day > CAST(:after AS date))
  ORDER BY customer_id, date_trunc('month', day), day)
SELECT f.day, f.points, EXISTS (SELECT 1 FROM event e WHERE e.customer_id = f.customer_id
  AND e.name = 'customer.stage' AND e.facts ->> 'after' = 'lost'
  AND e.at >= f.day AND e.at < f.day + CAST(:ahead AS int))
FROM firsts f ORDER BY f.day, f.customer_id
"""),
        {"today": today, "ahead": ahead, "after": after},
    )
    return [(day, float(points), gone) for day, points, gone in rows]


async def unforeseen(session: AsyncSession, day: date, after: int, most: int) -> Sequence[Project]:
    """Running projects whose end nobody has foreseen on this day yet, in the order of their numbers."""
    told = select(DelayForecast.project_id).where(DelayForecast.day == day)
    asked = (
        select(Project)
        .where(col(Project.id) > after, Project.phase != "closed", col(Project.id).not_in(told))
        .order_by(col(Project.id))
        .limit(most)
    )
    return (await session.exec(asked)).all()


async def foresee(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep forecasts; a second one of the same day is left out."""
    if rows:
        made = insert(DelayForecast).values([dict(row) for row in rows])
        await session.execute(made.on_conflict_do_nothing())


async def foreseen(
    session: AsyncSession, timezone: str, *, least_days: int = 7
) -> Sequence[tuple[int, date, date, date]]:
    """What was foretold of projects that are done now: (project, P50, P80, done on).

    Of each project the last forecast that was made at least so many days before its end; it was done
    when its last task was.
    """
    rows = await session.execute(
        text("""
WITH ended AS (
  SELECT p.id, max(CAST(t.done_at AT TIME ZONE :zone AS date)) AS day
  FROM project p JOIN task t ON t.project_id = p.id
  GROUP BY p.id HAVING count(*) = count(t.done_at))
SELECT DISTINCT ON (e.id) e.id, f.p50, f.p80, e.day FROM ended e
JOIN delay_forecast f ON f.project_id = e.id AND f.day <= e.day - CAST(:least AS int)
ORDER BY e.id, f.day DESC
"""),
        {"zone": timezone, "least": least_days},
    )
    return [(id_, half, most, day) for id_, half, most, day in rows]
