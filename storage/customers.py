"""Questions about customers and the people in them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import aliased
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import (
    Alias,
    Contact,
    Customer,
    Domain,
    FieldDefinition,
    Identity,
    Project,
    User,
)

_CODED: Final = {"C": "customer", "P": "project", "Q": "quote", "K": "contract"}
"""What a code's letter stands for; each table's numbers come from the sequence of its name."""


async def next_code(session: AsyncSession, prefix: str) -> str:
    """The next free `C-0001`, `P-0001`, `Q-0001` or `K-0001`."""
    return (await next_codes(session, prefix, 1))[0]


async def next_codes(session: AsyncSession, prefix: str, count: int) -> list[str]:
    """The next free codes; those given by hand are stepped over."""
    table = _CODED[prefix]
    free: list[str] = []
    while len(free) < count:
        numbers = await session.execute(
            text(f"SELECT nextval('{table}_code') FROM generate_series(1, :count)"),  # noqa: S608 - a name of ours
            {"count": count - len(free)},
        )
        codes = [f"{prefix}-{number:04d}" for (number,) in numbers]
        taken = await session.execute(
            text(f"SELECT upper(code) FROM {table} WHERE upper(code) = ANY(:codes)"),  # noqa: S608 - a name of ours
            {"codes": codes},
        )
        given = {code for (code,) in taken}
        free += [code for code in codes if code not in given]
    return free


async def by_code(session: AsyncSession, scope: Scope, code: str) -> Customer | None:
    """The customer with this code, whatever its case; of a merged one, the kept one."""
    found = (
        await session.exec(select(Customer).where(func.upper(Customer.code) == code.upper()))
    ).first()
    if found is not None and found.merged_into_id is not None:
        found = await session.get(Customer, found.merged_into_id)
    if found is None:
        return None
    return (
        await session.exec(select(Customer).where(Customer.id == found.id, scope.customers()))
    ).first()


async def merged_by_code(session: AsyncSession, code: str) -> Customer | None:
    """The customer with this code, if it is part of another now."""
    return (
        await session.exec(
            select(Customer).where(
                func.upper(Customer.code) == code.upper(),
                col(Customer.merged_into_id).is_not(None),
            )
        )
    ).first()


async def named(
    session: AsyncSession, scope: Scope, norm: str, *, exact: bool = False, limit: int = 6
) -> Sequence[Customer]:
    """Customers whose name is this, else (unless `exact`) those whose names contain it."""
    named_so = (
        select(Customer)
        .where(
            col(Customer.merged_into_id).is_(None),
            scope.customers(),
            col(Customer.id).in_(
                select(Alias.customer_id).where(Alias.norm == norm, col(Alias.project_id).is_(None))
            ),
        )
        .order_by(col(Customer.id))
        .limit(limit)
    )
    found = (await session.exec(named_so)).all()
    if found or exact:
        return found
    holding = (
        select(Customer)
        .where(
            col(Customer.merged_into_id).is_(None),
            scope.customers(),
            or_(
                col(Customer.id).in_(
                    select(Alias.customer_id).where(
                        col(Alias.norm).contains(norm, autoescape=True),
                        col(Alias.project_id).is_(None),
                    )
                ),
                func.upper(Customer.code).contains(norm.upper(), autoescape=True),
            ),
        )
        .order_by(col(Customer.id))
        .limit(limit)
    )
    return (await session.exec(holding)).all()


async def all_names(session: AsyncSession, scope: Scope) -> list[tuple[int, str]]:
    """Every visible customer's names in normal form, for near matches; a few thousand at most."""
    rows = await session.exec(
        select(Customer.id, Alias.norm)
        .join(Alias, col(Alias.customer_id) == col(Customer.id))
        .where(
            col(Customer.merged_into_id).is_(None),
            col(Alias.project_id).is_(None),
            scope.customers(),
        )
        .limit(50_000)
    )
    return [(id_, norm) for id_, norm in rows]


async def listed(
    session: AsyncSession,
    scope: Scope,
    *,
    tag: str | None = None,
    tier: str | None = None,
    stage: str | None = None,
    owner_id: int | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Sequence[Customer]:
    asked = select(Customer).where(col(Customer.merged_into_id).is_(None), scope.customers())
    if tag:
        asked = asked.where(col(Customer.tags).contains([tag]))
    if tier:
        asked = asked.where(Customer.tier == tier)
    if stage:
        asked = asked.where(Customer.stage == stage)
    if owner_id is not None:
        asked = asked.where(Customer.owner_id == owner_id)
    asked = asked.order_by(col(Customer.id)).limit(limit).offset(offset)
    return (await session.exec(asked)).all()


async def with_ids(session: AsyncSession, scope: Scope, ids: Sequence[int]) -> Sequence[Customer]:
    return (
        await session.exec(
            select(Customer)
            .where(col(Customer.id).in_(ids), scope.customers())
            .order_by(col(Customer.id))
        )
    ).all()


@dataclass(frozen=True, slots=True)
class Person:
    """A contact with the addresses they are known by: (channel, address)."""

    contact: Contact
    identities: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """What a customer's card shows."""

    customer: Customer
    owner: str
    people: tuple[Person, ...] = ()
    projects: tuple[Project, ...] = ()
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    fields: tuple[FieldDefinition, ...] = field(default_factory=tuple)


async def card(session: AsyncSession, scope: Scope, customer: Customer) -> Card:
    """A customer with people, projects and names; projects only those in `scope`."""
    owner = await session.get(User, customer.owner_id) if customer.owner_id else None
    projects = await session.exec(
        select(Project)
        .where(Project.customer_id == customer.id, scope.projects())
        .order_by(col(Project.phase) == "closed", col(Project.id))
    )
    names = await session.exec(
        select(Alias.text)
        .where(
            Alias.customer_id == customer.id,
            col(Alias.project_id).is_(None),
            Alias.source != "derived",
        )
        .order_by(col(Alias.id))
    )
    domains = await session.exec(select(Domain.domain).where(Domain.customer_id == customer.id))
    return Card(
        customer,
        owner.name if owner else "",
        await people(session, customer.id),
        tuple(projects.all()),
        tuple(name for name in names if name != customer.name),
        tuple(domains.all()),
        tuple(await fields(session, "customer")),
    )


async def people(session: AsyncSession, customer_id: int) -> tuple[Person, ...]:
    """The contacts of a customer, each with the addresses of all that turned out to be them."""
    part = aliased(Contact)
    rows = (
        await session.exec(
            select(Contact, Identity.channel, Identity.address)
            .outerjoin(part, or_(part.id == Contact.id, part.merged_into_id == Contact.id))
            .outerjoin(Identity, col(Identity.contact_id) == part.id)
            .where(Contact.customer_id == customer_id, col(Contact.merged_into_id).is_(None))
            .order_by(col(Contact.id), col(Identity.id))
        )
    ).all()
    found: dict[int, tuple[Contact, list[tuple[str, str]]]] = {}
    for contact, channel, address in rows:
        _, listed_ = found.setdefault(contact.id, (contact, []))
        if channel and (channel, address) not in listed_:
            listed_.append((channel, address))
    return tuple(Person(contact, tuple(listed_)) for contact, listed_ in found.values())


async def fields(session: AsyncSession, entity: str) -> Sequence[FieldDefinition]:
    return (
        await session.exec(
            select(FieldDefinition)
            .where(FieldDefinition.entity == entity)
            .order_by(col(FieldDefinition.id))
        )
    ).all()


async def stats(session: AsyncSession) -> dict[str, Any]:
    """The exact counts that `keqing stats` prints."""
    one = (
        await session.execute(
            text("""
SELECT
  (SELECT count(*) FROM inbox WHERE state = 'waiting'),
  (SELECT count(*) FROM inbox WHERE state = 'done')
    + COALESCE((SELECT value FROM counter WHERE name = 'inbox_pruned'), 0),
  (SELECT count(*) FROM inbox WHERE state = 'failed'),
  (SELECT count(*) FROM interaction WHERE kind <> 'note'),
  (SELECT count(*) FROM customer WHERE merged_into_id IS NULL),
  (SELECT count(*) FROM project),
  (SELECT count(*) FROM interaction WHERE status IN ('doubt', 'failed')),
  (SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sending')),
  (SELECT count(*) FROM outbox WHERE state = 'sent'),
  (SELECT count(*) FROM outbox WHERE state = 'failed')
""")
        )
    ).one()
    jobs = await session.execute(
        text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1 ORDER BY 1")
    )
    return {
        "inbox": {"waiting": one[0], "done": int(one[1]), "failed": one[2]},
        "interactions": one[3],
        "customers": one[4],
        "projects": one[5],
        "doubt_queue": one[6],
        "outbox": {"waiting": one[7], "sent": one[8], "failed": one[9]},
        "jobs": {row[0]: row[1] for row in jobs},
    }
