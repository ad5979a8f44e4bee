"""Customers by what they bring."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select as columns
from sqlmodel import col, func
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import Customer, HealthSnapshot, Project, Receipt


@dataclass(frozen=True, slots=True)
class Brought:
    customer_id: int
    code: str
    name: str
    tier: str
    projects: int
    """Open ones."""
    health: float | None
    currency: str
    received: Decimal
    """In `currency`; a customer who pays in several has several rows."""


async def brought(session: AsyncSession, scope: Scope, first: date, last: date) -> list[Brought]:
    """What visible customers paid from a day up to another; one who paid nothing has one row too."""
    paid = (
        columns(
            col(Receipt.customer_id),
            col(Receipt.currency),
            func.sum(Receipt.amount).label("received"),
        )
        .where(col(Receipt.received_on) >= first, col(Receipt.received_on) < last)
        .group_by(col(Receipt.customer_id), col(Receipt.currency))
        .subquery()
    )
    running = (
        columns(col(Project.customer_id), func.count().label("n"))
        .where(col(Project.closed_at).is_(None), scope.projects())
        .group_by(col(Project.customer_id))
        .subquery()
    )
    health = (
        columns(col(HealthSnapshot.score))
        .where(col(HealthSnapshot.customer_id) == col(Customer.id))
        .order_by(col(HealthSnapshot.day).desc())
        .limit(1)
        .scalar_subquery()
    )
    asked = (
        columns(
            col(Customer.id),
            col(Customer.code),
            col(Customer.name),
            col(Customer.tier),
            func.coalesce(running.c.n, 0),
            health,
            func.coalesce(paid.c.currency, ""),
            func.coalesce(paid.c.received, 0),
        )
        .select_from(Customer)
        .outerjoin(paid, paid.c.customer_id == col(Customer.id))
        .outerjoin(running, running.c.customer_id == col(Customer.id))
        .where(scope.customers(), col(Customer.merged_into_id).is_(None))
        .order_by(col(Customer.code))
    )
    return [Brought(*row) for row in (await session.execute(asked)).all()]
