"""Many at once, as lists show them: customers by behaviour, projects by risk."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select as columns
from sqlalchemy import text
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import Customer, Interaction, Project, User

_MONEY_SHOWN: Final = {
    "none": ["none"],
    "percent": ["none", "percent"],
    "amount": ["none", "percent", "amount"],
}


@dataclass(frozen=True, slots=True)
class Quiet:
    """A customer nobody has been in contact with; `last` is None where nobody ever was."""

    customer: Customer
    owner: str
    last: datetime | None


async def quiet(session: AsyncSession, scope: Scope, now: datetime, days: int) -> list[Quiet]:
    """Customers without a contact for so many days, the longest first; lost ones are left out."""
    last = (
        columns(func.max(Interaction.occurred_at))
        .where(
            col(Interaction.customer_id) == col(Customer.id),
            col(Interaction.direction) != "internal",
            col(Interaction.kind) != "note",
            col(Interaction.occurred_at) <= now,
        )
        .scalar_subquery()
    )
    since = now - timedelta(days=days)
    rows = await session.exec(
        select(Customer, User.name, last)
        .join(User, col(User.id) == col(Customer.owner_id), isouter=True)
        .where(
            scope.customers(),
            col(Customer.merged_into_id).is_(None),
            Customer.stage != "lost",
            func.coalesce(last, Customer.created_at) <= since,
        )
        .order_by(func.coalesce(last, Customer.created_at), col(Customer.id))
    )
    return [Quiet(customer, owner or "", at) for customer, owner, at in rows]


async def unscored(
    session: AsyncSession, scope: Scope, known: Collection[int]
) -> Sequence[Customer]:
    """Customers of whom too little is known for a score: those beyond the `known`."""
    asked = select(Customer).where(
        scope.customers(),
        col(Customer.merged_into_id).is_(None),
        Customer.stage != "lost",
        col(Customer.id).not_in(known),
    )
    return (await session.exec(asked.order_by(col(Customer.id)))).all()


@dataclass(frozen=True, slots=True)
class Stand:
    """A running project and what threatens it."""

    project: Project
    customer: str
    manager: str
    slip: int | None
    """Days by which it was last forecast to be late."""
    late_tasks: int
    alert: str
    """The level of its loudest open alert that may be seen: danger, warning, info, or empty."""


async def projects(session: AsyncSession, scope: Scope, today: date) -> list[Stand]:
    """All running projects that `scope` may see."""
    rows = (
        await session.exec(
            select(Project, Customer.name, User.name)
            .join(Customer, col(Customer.id) == col(Project.customer_id))
            .join(User, col(User.id) == col(Project.manager_id), isouter=True)
            .where(scope.projects(), Project.phase != "closed")
            .order_by(col(Project.id))
        )
    ).all()
    ids = [project.id for project, _, _ in rows]
    slips = await _by_id(
        session,
        """SELECT DISTINCT ON (project_id) project_id, p50 - due FROM delay_forecast
           WHERE project_id = ANY(:ids) AND day > CAST(:today AS date) - 8 AND day <= :today
           ORDER BY project_id, day DESC""",
        ids=ids,
        today=today,
    )
    late = await _by_id(
        session,
        """SELECT project_id, count(*) FROM task WHERE project_id = ANY(:ids)
           AND done_at IS NULL AND due < :today GROUP BY 1""",
        ids=ids,
        today=today,
    )
    alerts = await _by_id(
        session,
        """SELECT CAST(one ->> 'project' AS bigint), max(CASE one ->> 'level' WHEN 'danger' THEN 3
             WHEN 'warning' THEN 2 ELSE 1 END)
           FROM alert a CROSS JOIN LATERAL jsonb_array_elements(a.reasons) one
           WHERE a.closed_at IS NULL AND one ->> 'gone' IS NULL AND one ->> 'money' = ANY(:shown)
             AND CAST(one ->> 'project' AS bigint) = ANY(:ids) GROUP BY 1""",
        ids=ids,
        shown=_MONEY_SHOWN[scope.money],
    )
    names = ("", "info", "warning", "danger")
    return [
        Stand(
            project,
            customer,
            manager or "",
            slips.get(project.id),
            late.get(project.id, 0),
            names[alerts.get(project.id, 0)],
        )
        for project, customer, manager in rows
    ]


async def _by_id(session: AsyncSession, sql: str, **values: object) -> dict[int, int]:
    return dict((await session.execute(text(sql), values)).all())
