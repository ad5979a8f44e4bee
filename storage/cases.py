"""Questions about service cases."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import Customer, Interaction, Project, ServiceCase, User

Row = tuple[ServiceCase, Customer, User | None]


def _asked(scope: Scope) -> Any:
    """Cases of visible customers; those of a project only where the project is seen too."""
    return (
        select(ServiceCase, Customer, User)
        .join(Customer, col(Customer.id) == col(ServiceCase.customer_id))
        .outerjoin(User, col(User.id) == col(ServiceCase.owner_id))
        .where(
            scope.customers(),
            or_(
                col(ServiceCase.project_id).is_(None),
                col(ServiceCase.project_id).in_(select(col(Project.id)).where(scope.projects())),
            ),
        )
    )


async def one(session: AsyncSession, scope: Scope, number: int) -> Row | None:
    """A case, locked until the commit: its clock is moved by one person at a time."""
    asked = _asked(scope).where(col(ServiceCase.id) == number).with_for_update(of=ServiceCase)
    return (await session.exec(asked)).first()


async def listed(
    session: AsyncSession,
    scope: Scope,
    *,
    owner_id: int | None = None,
    customer_id: int | None = None,
    late_at: datetime | None = None,
    limit: int = 40,
) -> Sequence[Row]:
    """Open cases, those that are due first before the others; `late_at`: only those late by then."""
    asked = _asked(scope).where(col(ServiceCase.state).in_(("open", "waiting")))
    if owner_id is not None:
        asked = asked.where(col(ServiceCase.owner_id) == owner_id)
    if customer_id is not None:
        asked = asked.where(col(ServiceCase.customer_id) == customer_id)
    if late_at is not None:
        not_answered = col(ServiceCase.answered_at).is_(None) & (
            col(ServiceCase.answer_by) < late_at
        )
        asked = asked.where(
            ServiceCase.state == "open", or_(col(ServiceCase.solve_by) < late_at, not_answered)
        )
    asked = asked.order_by(
        col(ServiceCase.state), col(ServiceCase.solve_by).asc().nulls_last(), col(ServiceCase.id)
    )
    return (await session.exec(asked.limit(limit))).all()


async def of_item(session: AsyncSession, interaction_id: int) -> ServiceCase | None:
    """The case that was made of an item."""
    asked = select(ServiceCase).where(ServiceCase.interaction_id == interaction_id)
    return (await session.exec(asked)).first()


async def running(session: AsyncSession) -> Sequence[Row]:
    """Cases with a clock that runs and whose breach nobody was told of; no other process gets them."""
    asked = (
        select(ServiceCase, Customer, User)
        .join(Customer, col(Customer.id) == col(ServiceCase.customer_id))
        .outerjoin(User, col(User.id) == col(ServiceCase.owner_id))
        .where(
            ServiceCase.state == "open",
            or_(
                col(ServiceCase.breached_at).is_(None),
                # Late with the answer, not yet with the rest.
                col(ServiceCase.breached_at) < col(ServiceCase.solve_by),
            ),
        )
        .order_by(col(ServiceCase.id))
        .with_for_update(of=ServiceCase, skip_locked=True)
    )
    return (await session.exec(asked)).all()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case that waits for its customer."""

    case: ServiceCase
    customer: Customer
    owner: User | None
    conversation_id: int | None
    """Where it came from; None: a member opened it by hand."""


async def waiting(session: AsyncSession, customer_ids: Collection[int]) -> list[Waiting]:
    """The cases of customers that wait for them, locked until the commit."""
    asked = (
        select(ServiceCase, Customer, User, Interaction)
        .join(Customer, col(Customer.id) == col(ServiceCase.customer_id))
        .outerjoin(User, col(User.id) == col(ServiceCase.owner_id))
        .outerjoin(Interaction, col(Interaction.id) == col(ServiceCase.interaction_id))
        .where(ServiceCase.state == "waiting", col(ServiceCase.customer_id).in_(customer_ids))
        .order_by(col(ServiceCase.id))
        .with_for_update(of=ServiceCase)
    )
    rows = (await session.exec(asked)).all()
    return [
        Waiting(case, customer, owner, item.conversation_id if item else None)
        for case, customer, owner, item in rows
    ]
