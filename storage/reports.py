"""What a report for a customer may tell: public facts of a time, and who gets which report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select as columns
from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import (
    AnswerClock,
    Customer,
    CustomerReport,
    Deliverable,
    Milestone,
    Project,
    ServiceCase,
)


@dataclass(frozen=True, slots=True)
class Cases:
    """How many cases of a time there were."""

    opened: int
    solved: int
    open: int


async def cases(session: AsyncSession, customer_id: int, since: datetime, now: datetime) -> Cases:
    row = (
        await session.execute(
            text("""
SELECT count(*) FILTER (WHERE opened_at > :since), count(*) FILTER (WHERE solved_at > :since),
  count(*) FILTER (WHERE solved_at IS NULL)
FROM service_case WHERE customer_id = :id AND opened_at <= :now
"""),
            {"id": customer_id, "since": since, "now": now},
        )
    ).one()
    return Cases(*row)


Times = Sequence[tuple[datetime, datetime]]
"""When each began, and when it was over."""


@dataclass(frozen=True, slots=True)
class Waited:
    """First answers and solved cases of a time."""

    answers: Times
    solutions: Times


async def times(session: AsyncSession, customer_id: int, since: datetime, now: datetime) -> Waited:
    answers = await session.execute(
        columns(col(AnswerClock.started_at), col(AnswerClock.answered_at)).where(
            col(AnswerClock.customer_id) == customer_id,
            col(AnswerClock.answered_at) > since,
            col(AnswerClock.answered_at) <= now,
        )
    )
    solved = await session.execute(
        columns(col(ServiceCase.opened_at), col(ServiceCase.solved_at)).where(
            col(ServiceCase.customer_id) == customer_id,
            col(ServiceCase.opened_at) <= now,
            col(ServiceCase.solved_at) > since,
        )
    )
    return Waited([(a, b) for a, b in answers], [(a, b) for a, b in solved])


async def marks(
    session: AsyncSession, customer_id: int, since: datetime
) -> dict[str, tuple[float, int]]:
    """The mean and the number of answers to each kind of survey."""
    rows = await session.execute(
        text("""
SELECT kind, avg(score), count(*) FROM survey
WHERE customer_id = :id AND answered_at > :since AND score IS NOT NULL GROUP BY 1
"""),
        {"id": customer_id, "since": since},
    )
    return {kind: (float(mean), count) for kind, mean, count in rows}


async def projects(session: AsyncSession, customer_id: int, since: datetime) -> Sequence[Project]:
    """Those that run, and those closed in this time."""
    return (
        await session.exec(
            select(Project)
            .where(
                Project.customer_id == customer_id,
                (col(Project.phase) != "closed") | (col(Project.closed_at) > since),
            )
            .order_by(col(Project.id))
        )
    ).all()


async def milestones(
    session: AsyncSession, customer_id: int
) -> Sequence[tuple[Milestone, Project]]:
    return (
        await session.exec(
            select(Milestone, Project)
            .join(Project, col(Project.id) == col(Milestone.project_id))
            .where(Project.customer_id == customer_id)
            .order_by(col(Milestone.due), col(Milestone.id))
        )
    ).all()


async def accepted(
    session: AsyncSession, customer_id: int, since: datetime
) -> Sequence[Deliverable]:
    return (
        await session.exec(
            select(Deliverable)
            .join(Project, col(Project.id) == col(Deliverable.project_id))
            .where(
                Project.customer_id == customer_id,
                Deliverable.state == "accepted",
                col(Deliverable.decided_at) > since,
            )
            .order_by(col(Deliverable.id))
        )
    ).all()


async def of(session: AsyncSession, customer_id: int) -> Sequence[CustomerReport]:
    asked = select(CustomerReport).where(CustomerReport.customer_id == customer_id)
    return (await session.exec(asked.order_by(col(CustomerReport.id)))).all()


async def all_of_them(session: AsyncSession) -> Sequence[tuple[CustomerReport, Customer]]:
    """Every report that somebody is to get."""
    asked: Any = (
        select(CustomerReport, Customer)
        .join(Customer, col(Customer.id) == col(CustomerReport.customer_id))
        .where(col(Customer.merged_into_id).is_(None), Customer.stage != "lost")
        .order_by(col(CustomerReport.id))
    )
    return (await session.exec(asked)).all()
