"""Questions that pages ask: lists with what stands beside each row, and files by number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import watch
from storage.scope import Scope
from storage.tables import (
    Alert,
    Alias,
    Attachment,
    Contact,
    Customer,
    Interaction,
    Milestone,
    Project,
    Task,
    User,
)

_CLOSED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of customers is narrowed to; empty: not at all."""

    norm: str = ""
    """Part of a name in normal form, of a code, or of a contact's name."""
    tier: str = ""
    stage: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True)
class CustomerRow:
    customer: Customer
    owner: str
    projects: int
    alerts: int
    last: datetime | None


async def customers(
    session: AsyncSession, scope: Scope, wanted: Wanted, *, limit: int, offset: int = 0
) -> list[CustomerRow]:
    """Customers by last contact, the newest first."""
    last = _last_contact(scope)
    columns: tuple[Any, ...] = (
        Customer,
        User.name,
        _open_projects(scope),
        _open_alerts(scope),
        last,
    )
    rows: Any = await session.exec(
        select(*columns)
        .outerjoin(User, col(Customer.owner_id) == col(User.id))
        .where(col(Customer.merged_into_id).is_(None), scope.customers(), *_narrowed(wanted))
        .order_by(last.desc().nulls_last(), col(Customer.id))
        .limit(limit)
        .offset(offset)
    )
    return [CustomerRow(row[0], row[1] or "", row[2], row[3], row[4]) for row in rows]


def _last_contact(scope: Scope) -> Any:
    return (
        select(Interaction.occurred_at)
        .where(Interaction.customer_id == Customer.id, scope.interactions())
        .order_by(col(Interaction.occurred_at).desc())
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )


def _open_projects(scope: Scope) -> Any:
    return (
        select(func.count(col(Project.id)))
        .where(Project.customer_id == Customer.id, Project.phase != "closed", scope.projects())
        .correlate(Customer)
        .scalar_subquery()
    )


def _open_alerts(scope: Scope) -> Any:
    return (
        select(func.count(col(Alert.id)))
        .where(Alert.customer_id == Customer.id, watch.shown_to(scope))
        .correlate(Customer)
        .scalar_subquery()
    )


def _narrowed(wanted: Wanted) -> list[Any]:
    conditions: list[Any] = []
    if wanted.norm:
        named = select(Alias.customer_id).where(
            col(Alias.norm).contains(wanted.norm, autoescape=True)
        )
        met = select(Contact.customer_id).where(
            func.lower(Contact.name).contains(wanted.norm, autoescape=True)
        )
        conditions.append(
            or_(
                col(Customer.id).in_(named),
                col(Customer.id).in_(met),
                func.upper(Customer.code).contains(wanted.norm.upper(), autoescape=True),
            )
        )
    if wanted.tier:
        conditions.append(Customer.tier == wanted.tier)
    if wanted.stage:
        conditions.append(Customer.stage == wanted.stage)
    if wanted.tag:
        conditions.append(col(Customer.tags).contains([wanted.tag]))
    return conditions


async def tags(session: AsyncSession, scope: Scope, *, limit: int = 50) -> Sequence[str]:
    """Tags of visible customers, the most used first."""
    used = (
        select(func.unnest(Customer.tags).label("tag"))
        .where(col(Customer.merged_into_id).is_(None), scope.customers())
        .subquery()
    )
    rows = await session.execute(
        select(used.c.tag)
        .group_by(used.c.tag)
        .order_by(func.count().desc(), used.c.tag)
        .limit(limit)
    )
    return [tag for (tag,) in rows]


@dataclass(frozen=True, slots=True)
class ProjectRow:
    project: Project
    customer: Customer
    manager: str
    open_tasks: int
    late_tasks: int
    next_due: date | None
    """The day of the next milestone that is not done."""


async def projects(
    session: AsyncSession, scope: Scope, today: date, *, limit: int = 400
) -> list[ProjectRow]:
    """All visible projects that run, and those closed last."""
    columns: tuple[Any, ...] = (Project, Customer, col(User.name), *_work(today), _next_milestone())
    joined: Any = (
        select(*columns)
        .join(Customer, col(Project.customer_id) == col(Customer.id))
        .outerjoin(User, col(Project.manager_id) == col(User.id))
        .where(scope.projects())
    )
    running = joined.where(Project.phase != "closed").order_by(col(Project.id)).limit(limit)
    closed = (
        joined.where(Project.phase == "closed")
        .order_by(col(Project.updated_at).desc(), col(Project.id).desc())
        .limit(_CLOSED_SHOWN)
    )
    found = [*(await session.exec(running)), *(await session.exec(closed))]
    return [ProjectRow(row[0], row[1], row[2] or "", row[3], row[4], row[5]) for row in found]


def _work(today: date) -> tuple[Any, Any]:
    open_ = (
        select(func.count(col(Task.id)))
        .where(Task.project_id == Project.id, col(Task.done_at).is_(None))
        .correlate(Project)
    )
    return open_.scalar_subquery(), open_.where(col(Task.due) < today).scalar_subquery()


def _next_milestone() -> Any:
    return (
        select(func.min(Milestone.due))
        .where(Milestone.project_id == Project.id, col(Milestone.done_at).is_(None))
        .correlate(Project)
        .scalar_subquery()
    )


async def attachment(session: AsyncSession, scope: Scope, number: int) -> Attachment | None:
    """A file, if the interaction that it came with may be seen and has not been recalled."""
    return (
        await session.exec(
            select(Attachment)
            .join(Interaction, col(Attachment.interaction_id) == col(Interaction.id))
            .where(
                Attachment.id == number,
                col(Interaction.recalled_at).is_(None),
                scope.interactions(),
            )
        )
    ).first()


async def project_names(
    session: AsyncSession, scope: Scope, ids: Sequence[int | None]
) -> dict[int | None, Project]:
    """Visible projects by number."""
    found = await session.exec(
        select(Project).where(col(Project.id).in_({i for i in ids if i}), scope.projects())
    )
    return {project.id: project for project in found}


async def places(session: AsyncSession, scope: Scope, *, limit: int = 300) -> list[tuple[str, str]]:
    """Code and name of visible customers and of their running projects, for a field's list."""
    customers_ = await session.execute(
        select(Customer.code, Customer.name)
        .where(col(Customer.merged_into_id).is_(None), scope.customers())
        .order_by(col(Customer.id))
        .limit(limit)
    )
    projects_ = await session.execute(
        select(Project.code, Project.name)
        .where(Project.phase != "closed", scope.projects())
        .order_by(col(Project.id))
        .limit(limit)
    )
    return [(row[0], row[1]) for row in (*customers_, *projects_)]
