"""What digests are made of."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import Project, Subscription


async def subscriptions(session: AsyncSession) -> Sequence[Subscription]:
    return (await session.exec(select(Subscription).order_by(col(Subscription.id)))).all()


async def add_missing(session: AsyncSession, home: str, timezone: str, now: datetime) -> None:
    """Give every internal chat the digest that comes by itself, until somebody chooses otherwise.

    A chat bound to a customer or project: weekly, on Monday. A member's own chat, on channel `home`:
    on working days. At nine o'clock, in the reader's zone.
    """
    await session.execute(
        text("""
INSERT INTO subscription (conversation_id, user_id, every, weekday, at, timezone, since)
SELECT c.id, u.id, CASE WHEN u.id IS NULL THEN 'weekly' ELSE 'daily' END, 0, '09:00',
  COALESCE(u.timezone, c.timezone, :timezone), :now
FROM conversation c
LEFT JOIN user_account u ON c.channel = :home AND u.active AND u.id = c.user_id
WHERE c.audience = 'internal' AND (u.id IS NOT NULL OR c.customer_id IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.conversation_id = c.id)
ON CONFLICT DO NOTHING
"""),
        {"home": home, "timezone": timezone, "now": now},
    )


@dataclass(slots=True)
class Material:
    """What a digest tells of a project."""

    late: int = 0
    late_names: list[str] = field(default_factory=list[str])
    """The longest late, at most three."""
    soon: int = 0
    """Tasks due within a week."""
    soon_names: list[str] = field(default_factory=list[str])
    stone: tuple[str, date] | None = None
    """The next milestone, or the oldest that was missed."""
    messages: int = 0
    """Of the customer, in a week."""
    negative: int = 0
    overdue: int = 0
    """Payments that are late."""
    overdue_days: int = 0
    """How long the oldest of them is."""
    high_risks: list[str] = field(default_factory=list[str])
    """Open risks of the highest level, at most three."""
    changes: int = 0
    """Changes that wait for a decision."""


async def material(
    session: AsyncSession, ids: Collection[int], today: date, since: datetime
) -> dict[int, Material]:
    """What digests tell of these projects: as many questions as for one. Talk counts from `since`."""
    found = {id_: Material() for id_ in ids}
    asked = {"ids": list(found), "today": today, "since": since}
    for row in await session.execute(text(_TASKS), asked):
        one = found[row[0]]
        one.late, one.late_names, one.soon, one.soon_names = row[1], row[2], row[3], row[4]
    for id_, name, due in await session.execute(text(_STONES), asked):
        found[id_].stone = (name, due)
    for id_, messages, negative in await session.execute(text(_TALK), asked):
        found[id_].messages, found[id_].negative = messages, negative
    for id_, count, days in await session.execute(text(_OVERDUE), asked):
        found[id_].overdue, found[id_].overdue_days = count, days
    for id_, titles in await session.execute(text(_RISKS), asked):
        found[id_].high_risks = titles
    for id_, count in await session.execute(text(_CHANGES), asked):
        found[id_].changes = count
    return found


async def running(session: AsyncSession, customers: Collection[int | None]) -> Sequence[Project]:
    """The projects of these customers that are not closed."""
    return (
        await session.exec(
            select(Project)
            .where(col(Project.customer_id).in_(customers), Project.phase != "closed")
            .order_by(col(Project.id))
        )
    ).all()


_TASKS: Final = """
SELECT project_id,
  count(*) FILTER (WHERE due < :today),
  COALESCE((array_agg(name ORDER BY due, id) FILTER (WHERE due < :today))[1:3], '{}'),
  count(*) FILTER (WHERE due >= :today),
  COALESCE((array_agg(name ORDER BY due, id) FILTER (WHERE due >= :today))[1:3], '{}')
FROM task
WHERE project_id = ANY(:ids) AND done_at IS NULL AND due <= CAST(:today AS date) + 7
GROUP BY project_id
"""
_STONES: Final = """
SELECT DISTINCT ON (project_id) project_id, name, due FROM milestone
WHERE project_id = ANY(:ids) AND done_at IS NULL ORDER BY project_id, due, id
"""
_TALK: Final = """
SELECT project_id, count(*), count(*) FILTER (WHERE sentiment = 'negative') FROM interaction
WHERE project_id = ANY(:ids) AND direction = 'in' AND occurred_at > :since GROUP BY project_id
"""
_OVERDUE: Final = """
SELECT project_id, count(*), max(CAST(:today AS date) - due) FROM payment_term
WHERE project_id = ANY(:ids) AND settled_on IS NULL AND due < :today GROUP BY project_id
"""
_RISKS: Final = """
SELECT project_id, (array_agg(title ORDER BY due NULLS LAST, id))[1:3] FROM risk
WHERE project_id = ANY(:ids) AND closed_at IS NULL AND level = 'high' GROUP BY project_id
"""
_CHANGES: Final = """
SELECT project_id, count(*) FROM change_request
WHERE project_id = ANY(:ids) AND state = 'waiting' GROUP BY project_id
"""
