"""Making customers and projects: codes, the names they are found by, and the trace they leave."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.domain import mail_domains, names
from storage import customers
from storage.tables import Alias, Customer, Domain, Event, Project


async def new_customer(
    session: AsyncSession, name: str, *, code: str | None = None, **columns: Any
) -> Customer:
    """A customer with its code and the names it will be recognised by."""
    given = code or await customers.next_code(session, "C")
    customer = Customer(code=given, name=name.strip(), **columns)
    session.add(customer)
    await session.flush()
    await name_customer(session, customer, [])
    return customer


async def name_customer(
    session: AsyncSession, customer: Customer, given: Iterable[str], source: str = "given"
) -> None:
    """Make a customer known by its name, the shorter forms of it, and names given by people."""
    wanted = {names.normal(customer.name): (customer.name, "given")}
    for text in given:
        wanted.setdefault(names.normal(text), (text, source))
    for form in names.shorter(customer.name):
        wanted.setdefault(form, (form, "derived"))
    await _add_names(session, customer.id, None, wanted)


async def new_project(
    session: AsyncSession, customer: Customer, name: str, *, code: str | None = None, **columns: Any
) -> Project:
    given = code or await customers.next_code(session, "P")
    project = Project(code=given, name=name.strip(), customer_id=customer.id, **columns)
    session.add(project)
    await session.flush()
    await name_project(session, project, [])
    return project


async def name_project(
    session: AsyncSession, project: Project, given: Iterable[str], source: str = "given"
) -> None:
    wanted = {names.normal(project.name): (project.name, "given")}
    for text in given:
        wanted.setdefault(names.normal(text), (text, source))
    await _add_names(session, project.customer_id, project.id, wanted)


async def add_domain(
    session: AsyncSession, customer: Customer, domain: str, source: str = "given"
) -> bool:
    """Make a mail domain a customer's own; False for a free-mail domain or one it has."""
    domain = domain.strip().lower().removeprefix("@")
    if not domain or domain in mail_domains.FREE:
        return False
    there = await session.exec(
        select(Domain.id).where(Domain.customer_id == customer.id, Domain.domain == domain)
    )
    if there.first() is not None:
        return False
    session.add(Domain(customer_id=customer.id, domain=domain, source=source))
    return True


async def _add_names(
    session: AsyncSession,
    customer_id: int,
    project_id: int | None,
    wanted: dict[str, tuple[str, str]],
) -> None:
    there = set(
        await session.exec(
            select(Alias.norm).where(
                Alias.customer_id == customer_id,
                col(Alias.project_id) == project_id
                if project_id is not None
                else col(Alias.project_id).is_(None),
            )
        )
    )
    for norm, (text, source) in wanted.items():
        if norm and norm not in there:
            session.add(Alias(**alias(customer_id, project_id, text, norm, source)))


def alias(
    customer_id: int, project_id: int | None, text: str, norm: str, source: str
) -> dict[str, Any]:
    """The columns of an `Alias`: a name with what it is looked up by."""
    return {
        "customer_id": customer_id,
        "project_id": project_id,
        "text": text[:300],
        "norm": norm[:300],
        "head": names.head(norm)[:60],
        "pinyin": names.sound(norm) if project_id is None and 3 <= len(norm) <= 8 else None,
        "source": source,
    }


def happened(
    event: str,
    /,
    *,
    customer_id: int | None = None,
    project_id: int | None = None,
    user_id: int | None = None,
    at: datetime | None = None,
    **facts: Any,
) -> Event:
    """An event for the timeline, with the facts that its line shows."""
    row = Event(
        name=event, customer_id=customer_id, project_id=project_id, user_id=user_id, facts=facts
    )
    if at is not None:
        row.at = at
    return row
