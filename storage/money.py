"""Questions about contracts, payment plans, invoices and receipts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, true
from sqlalchemy import select as columns
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import (
    Allocation,
    Contract,
    Customer,
    ExchangeRate,
    Invoice,
    PaymentTerm,
    Project,
    Receipt,
    TimeEntry,
    User,
)


async def contract(session: AsyncSession, scope: Scope, code: str) -> Contract | None:
    asked = (
        select(Contract)
        .join(Customer, col(Customer.id) == col(Contract.customer_id))
        .where(func.upper(Contract.code) == code.upper(), scope.customers())
    )
    return (await session.exec(asked)).first()


async def contracts(
    session: AsyncSession, *, customer_id: int | None = None, project_id: int | None = None
) -> Sequence[Contract]:
    """The newest first, of a customer or a project that the asker has been found to see."""
    asked = select(Contract)
    if customer_id is not None:
        asked = asked.where(Contract.customer_id == customer_id)
    if project_id is not None:
        asked = asked.where(Contract.project_id == project_id)
    return (await session.exec(asked.order_by(col(Contract.id).desc()).limit(50))).all()


async def ending(
    session: AsyncSession, today: date
) -> Sequence[tuple[Contract, Customer, User | None]]:
    """Signed contracts whose reminder is due, with their customers and those customers' owners."""
    asked = (
        select(Contract, Customer, User)
        .join(Customer, col(Customer.id) == col(Contract.customer_id))
        .join(User, and_(col(User.id) == col(Customer.owner_id), col(User.active)), isouter=True)
        .where(
            Contract.state == "signed",
            col(Contract.ends_on) >= today,
            col(Contract.ends_on) - col(Contract.remind_days) <= today,
        )
    )
    return (await session.exec(asked)).all()


async def rates(session: AsyncSession, day: date) -> dict[str, Decimal]:
    """What each currency is worth in the firm's own: the newest rate on or before the day."""
    rows = await session.execute(
        columns(col(ExchangeRate.currency), col(ExchangeRate.rate))
        .ext(distinct_on(col(ExchangeRate.currency)))
        .where(col(ExchangeRate.day) <= day)
        .order_by(col(ExchangeRate.currency), col(ExchangeRate.day).desc())
    )
    return dict(rows.all())


async def rate_on(session: AsyncSession, currency: str, day: date) -> ExchangeRate | None:
    """The rate told for this very day."""
    asked = select(ExchangeRate).where(ExchangeRate.currency == currency, ExchangeRate.day == day)
    return (await session.exec(asked)).first()


def _of(table: Any, customer_id: int, project_id: int | None) -> ColumnElement[bool]:
    """Rows of one project, or those of a customer that belong to none."""
    of_project = table.project_id == project_id if project_id else table.project_id.is_(None)
    return and_(table.customer_id == customer_id, of_project)


async def terms(
    session: AsyncSession, customer_id: int, project_id: int | None, *, open_only: bool = False
) -> Sequence[PaymentTerm]:
    """A plan, the oldest first; locked where it is about to be paid."""
    asked = select(PaymentTerm).where(_of(PaymentTerm, customer_id, project_id))
    if open_only:
        asked = asked.where(col(PaymentTerm.settled_on).is_(None)).with_for_update()
    asked = asked.order_by(col(PaymentTerm.due), col(PaymentTerm.id))
    return (await session.exec(asked)).all()


async def terms_of_contract(session: AsyncSession, contract_id: int) -> Sequence[PaymentTerm]:
    asked = select(PaymentTerm).where(PaymentTerm.contract_id == contract_id)
    return (await session.exec(asked.order_by(col(PaymentTerm.due), col(PaymentTerm.id)))).all()


async def receipts(
    session: AsyncSession, customer_id: int, project_id: int | None, *, unallocated: bool = False
) -> Sequence[Receipt]:
    """The oldest first."""
    asked = select(Receipt).where(_of(Receipt, customer_id, project_id))
    if unallocated:
        asked = asked.where(col(Receipt.unallocated) > 0).with_for_update()
    return (await session.exec(asked.order_by(col(Receipt.received_on), col(Receipt.id)))).all()


async def paid_parts(
    session: AsyncSession, customer_id: int, project_id: int | None, currency: str
) -> Sequence[tuple[int, Decimal, Decimal]]:
    """What of receipts in a currency stands on each term (term, amount, settled), newest first."""
    rows = await session.execute(
        columns(col(Allocation.term_id), func.sum(Allocation.amount), func.sum(Allocation.settled))
        .join(Receipt, col(Receipt.id) == col(Allocation.receipt_id))
        .where(_of(Receipt, customer_id, project_id), col(Receipt.currency) == currency)
        .group_by(col(Allocation.term_id))
        .having(func.sum(Allocation.amount) > 0)
        .order_by(func.max(Allocation.id).filter(col(Allocation.amount) > 0).desc())
    )
    return [(term, amount, settled) for term, amount, settled in rows]


async def invoices(
    session: AsyncSession, customer_id: int, project_id: int | None
) -> Sequence[Invoice]:
    asked = select(Invoice).where(_of(Invoice, customer_id, project_id))
    return (await session.exec(asked.order_by(col(Invoice.issued_on), col(Invoice.id)))).all()


async def invoice(session: AsyncSession, number: str) -> Invoice | None:
    return (await session.exec(select(Invoice).where(Invoice.number == number))).first()


async def receipt_from(session: AsyncSession, source: str, external_id: str) -> Receipt | None:
    asked = select(Receipt).where(Receipt.source == source, Receipt.external_id == external_id)
    return (await session.exec(asked)).first()


@dataclass(frozen=True, slots=True)
class Overdue:
    """A part of a plan that should have been paid before today."""

    term: PaymentTerm
    customer: Customer
    project: Project | None
    days: int

    @property
    def open(self) -> Decimal:
        return self.term.amount - self.term.paid


async def overdue(
    session: AsyncSession, today: date, scope: Scope | None = None, *, limit: int | None = None
) -> list[Overdue]:
    """What is late on a day, the latest first; all of the firm where no scope is given."""
    seen = scope or Scope.everything()
    asked = (
        select(PaymentTerm, Customer, Project)
        .join(Customer, col(Customer.id) == col(PaymentTerm.customer_id))
        .join(Project, col(Project.id) == col(PaymentTerm.project_id), isouter=True)
        .where(
            col(PaymentTerm.settled_on).is_(None),
            col(PaymentTerm.due) < today,
            seen.customers(),
            or_(col(PaymentTerm.project_id).is_(None), seen.projects()),
        )
        .order_by(col(PaymentTerm.due), col(PaymentTerm.id))
        .limit(limit)
    )
    return [
        Overdue(term, customer, project, (today - term.due).days)
        for term, customer, project in (await session.exec(asked)).all()
    ]


async def labour(session: AsyncSession, condition: ColumnElement[bool]) -> tuple[Decimal, Decimal]:
    """Hours worked on the projects that a condition finds, and their cost in the firm's currency."""
    hours, cost = col(TimeEntry.hours), col(User.hour_cost)
    rows = await session.execute(
        columns(func.coalesce(func.sum(hours), 0), func.coalesce(func.sum(hours * cost), 0))
        .join(Project, col(Project.id) == col(TimeEntry.project_id))
        .join(User, col(User.id) == col(TimeEntry.user_id))
        .where(condition)
    )
    total, worth = rows.one()
    return Decimal(total), Decimal(worth)


Sums = list[tuple[str, Decimal]]


@dataclass(frozen=True, slots=True)
class Flow:
    """What is agreed, received and spent, each as sums by currency."""

    agreed: Sums
    received: Sums
    spent: Sums


async def flow(
    session: AsyncSession, condition: ColumnElement[bool], *, customer_id: int | None = None
) -> Flow:
    """On the projects that a condition finds; with a customer, what belongs to none of theirs too."""
    ids = select(col(Project.id)).where(condition)
    found: list[Sums] = []
    for table, where in (
        (Contract, col(Contract.state).in_(("signed", "ended"))),
        (Receipt, true()),
    ):
        here = col(table.project_id).in_(ids)
        if customer_id is not None:
            here = or_(here, _of(table, customer_id, None))
        rows = await session.execute(
            columns(col(table.currency), func.sum(table.amount))
            .where(here, where)
            .group_by(col(table.currency))
        )
        found.append([(currency, total) for currency, total in rows])
    spent = await session.execute(
        columns(col(Project.currency), func.sum(col(Project.spent)))
        .where(condition)
        .group_by(col(Project.currency))
    )
    agreed, received = found
    return Flow(agreed, received, [(currency, total) for currency, total in spent])


async def billed(
    session: AsyncSession, customer_id: int, since: date
) -> Sequence[tuple[date, str, Decimal]]:
    """What a customer was billed since a day: (issued on, currency, amount)."""
    rows = await session.execute(
        columns(col(Invoice.issued_on), col(Invoice.currency), col(Invoice.amount)).where(
            col(Invoice.customer_id) == customer_id, col(Invoice.issued_on) >= since
        )
    )
    return [(day, currency, amount) for day, currency, amount in rows]


async def is_first(session: AsyncSession, receipt: Receipt) -> bool:
    """Whether it is the first money that came for its project, or its customer without one."""
    others = select(col(Receipt.id)).where(
        Receipt.customer_id == receipt.customer_id,
        col(Receipt.project_id) == receipt.project_id
        if receipt.project_id
        else col(Receipt.project_id).is_(None),
        Receipt.id != receipt.id,
        Receipt.amount > 0,
    )
    return (await session.exec(others.limit(1))).first() is None
