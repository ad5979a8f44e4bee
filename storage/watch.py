"""What rules look at, and the alerts they raise."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import Alert, Conversation, Customer, Project, Task, User


@dataclass(frozen=True, slots=True)
class LateTask:
    task: Task
    project: Project
    assignee: str


@dataclass(frozen=True, slots=True)
class Mood:
    """A customer's mean sentiment score: the last 7 days and the 30 before."""

    customer_id: int
    now: float
    before: float
    messages: int


async def late_tasks(session: AsyncSession, today: date) -> Sequence[LateTask]:
    """Open tasks past their day, of projects that are not closed."""
    rows = await session.exec(
        select(Task, Project, User.name)
        .join(Project, col(Task.project_id) == col(Project.id))
        .outerjoin(User, col(Task.assignee_id) == col(User.id))
        .where(col(Task.done_at).is_(None), col(Task.due) < today, Project.phase != "closed")
        .order_by(col(Task.id))
    )
    return [LateTask(task, project, name or "") for task, project, name in rows]


async def running_projects(session: AsyncSession) -> Sequence[Project]:
    return (
        await session.exec(
            select(Project).where(Project.phase != "closed").order_by(col(Project.id))
        )
    ).all()


async def moods(session: AsyncSession, now: datetime, least: int = 3) -> Sequence[Mood]:
    """Moods of customers with at least `least` scored messages in each of the two spans."""
    rows = await session.execute(
        text("""
SELECT customer_id,
  avg(score) FILTER (WHERE occurred_at > CAST(:now AS timestamptz) - interval '7 days'),
  avg(score) FILTER (WHERE occurred_at <= CAST(:now AS timestamptz) - interval '7 days'),
  count(*) FILTER (WHERE occurred_at > CAST(:now AS timestamptz) - interval '7 days')
FROM interaction
WHERE customer_id IS NOT NULL AND direction = 'in' AND sentiment <> 'unscored'
  AND occurred_at > CAST(:now AS timestamptz) - interval '37 days' AND occurred_at <= :now
GROUP BY customer_id
HAVING count(*) FILTER (WHERE occurred_at > CAST(:now AS timestamptz) - interval '7 days') >= :least
  AND count(*) FILTER (WHERE occurred_at <= CAST(:now AS timestamptz) - interval '7 days') >= :least
ORDER BY customer_id
"""),
        {"now": now, "least": least},
    )
    return [Mood(row[0], float(row[1]), float(row[2]), row[3]) for row in rows]


async def customers(session: AsyncSession, ids: Collection[int]) -> dict[int, Customer]:
    found = await session.exec(select(Customer).where(col(Customer.id).in_(ids)))
    return {customer.id: customer for customer in found}


async def open_alert(session: AsyncSession, rule: str, subject: str) -> Alert | None:
    """The open alert of a rule about a subject; other transactions wait until this one ends."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 11))"),
        {"what": f"{rule} {subject}"},
    )
    return (
        await session.exec(
            select(Alert)
            .where(Alert.rule == rule, Alert.subject == subject, col(Alert.closed_at).is_(None))
            .order_by(col(Alert.id).desc())
        )
    ).first()


async def close_alerts(
    session: AsyncSession, rules: Collection[str], still: Collection[tuple[str, str]], now: datetime
) -> None:
    """Close open alerts of these rules whose (rule, subject) does not hold any more."""
    rows = await session.exec(
        select(Alert).where(col(Alert.rule).in_(rules), col(Alert.closed_at).is_(None))
    )
    gone = [alert.id for alert in rows if (alert.rule, alert.subject) not in still]
    if gone:
        await session.exec(update(Alert).where(col(Alert.id).in_(gone)).values(closed_at=now))


async def bound_chats(
    session: AsyncSession, customer_id: int | None, project_id: int | None, now: datetime
) -> Sequence[Conversation]:
    """Internal chats bound to a project or, without a project of their own, to its customer."""
    of_project = col(Conversation.project_id) == project_id
    of_customer = (col(Conversation.customer_id) == customer_id) & col(Conversation.project_id).is_(
        None
    )
    muted: Any = col(Conversation.muted_until)
    return (
        await session.exec(
            select(Conversation)
            .where(
                of_project | of_customer if project_id is not None else of_customer,
                Conversation.audience == "internal",
                muted.is_(None) | (muted < now),
            )
            .order_by(col(Conversation.id))
        )
    ).all()


async def alerts(
    session: AsyncSession,
    scope: Scope,
    *,
    customer_id: int | None = None,
    project_id: int | None = None,
    limit: int = 20,
) -> Sequence[Alert]:
    """Open alerts about customers and projects that `scope` may see, the newest first."""
    asked = select(Alert).where(
        col(Alert.closed_at).is_(None),
        col(Alert.project_id).in_(select(col(Project.id)).where(scope.projects()))
        | (
            col(Alert.project_id).is_(None)
            & col(Alert.customer_id).in_(select(col(Customer.id)).where(scope.customers()))
        ),
    )
    if customer_id is not None:
        asked = asked.where(Alert.customer_id == customer_id)
    if project_id is not None:
        asked = asked.where(Alert.project_id == project_id)
    return (await session.exec(asked.order_by(col(Alert.id).desc()).limit(limit))).all()
