"""What filing by hand asks: who else waits, what an address and a name are known by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import (
    Alias,
    Attachment,
    Contact,
    Customer,
    Domain,
    Identity,
    Interaction,
)
from storage.talk import UNSURE


async def waiting_from(
    session: AsyncSession, scope: Scope, item: Interaction, *, among: int
) -> Sequence[Interaction]:
    """What else waits to be filed from the sender of an item."""
    if not item.sender_address:
        return []
    return (
        await session.exec(
            select(Interaction)
            .where(
                col(Interaction.status).in_(UNSURE),
                Interaction.channel == item.channel,
                Interaction.sender_address == item.sender_address,
                Interaction.id != item.id,
                scope.interactions(),
            )
            .order_by(col(Interaction.id))
            .limit(among)
        )
    ).all()


async def owners_of(session: AsyncSession, channel: str, address: str) -> Sequence[Contact | None]:
    """The contacts that an address belongs to, None for a member."""
    rows = await session.exec(
        select(Identity.contact_id).where(Identity.channel == channel, Identity.address == address)
    )
    found: dict[int, Contact | None] = {}
    for contact_id in rows:
        contact = await session.get(Contact, contact_id) if contact_id else None
        if contact is not None and contact.merged_into_id is not None:
            contact = await session.get(Contact, contact.merged_into_id)
        found[contact.id if contact else 0] = contact
    return list(found.values())


async def contacts_named(session: AsyncSession, customer_id: int, name: str) -> Sequence[Contact]:
    return (
        await session.exec(
            select(Contact).where(
                Contact.customer_id == customer_id,
                Contact.name == name,
                col(Contact.merged_into_id).is_(None),
            )
        )
    ).all()


async def others_in_chat(
    session: AsyncSession, conversation_id: int, sender: str, customer_id: int
) -> bool:
    """Whether anybody else who writes in a chat is not known to be of this customer."""
    found = await session.exec(
        select(Interaction.id)
        .where(
            Interaction.conversation_id == conversation_id,
            Interaction.direction == "in",
            Interaction.sender_address != sender,
            col(Interaction.customer_id).is_distinct_from(customer_id),
        )
        .limit(1)
    )
    return found.first() is not None


async def domain_known(session: AsyncSession, parts: Sequence[str]) -> bool:
    """Whether a mail domain, or one above it, is a customer's already."""
    found = await session.exec(select(Domain.id).where(col(Domain.domain).in_(parts)).limit(1))
    return found.first() is not None


async def elsewhere(session: AsyncSession, domain: str, customer_id: int) -> bool:
    """Whether another customer's contact, or a member, has an address at this mail domain."""
    found = await session.exec(
        select(Identity.id)
        .outerjoin(Contact, col(Contact.id) == col(Identity.contact_id))
        .where(
            Identity.channel == "email",
            func.split_part(Identity.address, "@", 2) == domain,
            col(Contact.customer_id).is_distinct_from(customer_id),
        )
        .limit(1)
    )
    return found.first() is not None


async def senders_at(session: AsyncSession, domain: str, customer_id: int) -> int:
    """How many people wrote from a mail domain to what was filed by hand with a customer."""
    return (
        await session.exec(
            select(func.count(func.distinct(func.lower(Interaction.sender_address)))).where(
                Interaction.customer_id == customer_id,
                Interaction.direction == "in",
                col(Interaction.filed_by_id).is_not(None),
                func.lower(func.split_part(Interaction.sender_address, "@", 2)) == domain,
            )
        )
    ).one()


async def owners_of_name(session: AsyncSession, norm: str) -> set[int]:
    """Customers that go by a name."""
    rows = await session.exec(
        select(func.coalesce(Customer.merged_into_id, Customer.id))
        .join(Alias, col(Alias.customer_id) == col(Customer.id))
        .where(Alias.norm == norm, col(Alias.project_id).is_(None))
    )
    return set(rows)


async def unknown_names(session: AsyncSession, norms: Sequence[str]) -> set[str]:
    """Those names that no customer and no project goes by."""
    known = await session.exec(select(Alias.norm).where(col(Alias.norm).in_(norms)))
    return set(norms) - set(known)


async def called(session: AsyncSession, customer_id: int, name: str) -> list[Alias | Domain]:
    """The rows by which a customer, or one that is part of it, goes by a name or a domain."""
    theirs = select(col(Customer.id)).where(
        or_(Customer.id == customer_id, Customer.merged_into_id == customer_id)
    )
    aliases = await session.exec(
        select(Alias).where(col(Alias.customer_id).in_(theirs), Alias.text == name)
    )
    domains = await session.exec(
        select(Domain).where(col(Domain.customer_id).in_(theirs), Domain.domain == name)
    )
    return [*aliases, *domains]


async def filed_since(
    session: AsyncSession, item: Interaction, since: datetime, lesson: Sequence[dict[str, Any]]
) -> int:
    """How many items have filed themselves since a lesson, by what was learnt."""
    learnt: list[Any] = [Interaction.sender_address == item.sender_address]
    for change in lesson:
        if change["table"] == "conversation":
            learnt.append(Interaction.conversation_id == change["key"]["id"])
        if change["table"] == "customer_domain" and change["how"] == "insert":
            domain = await session.get(Domain, change["key"]["id"])
            if domain is not None:
                at = func.lower(func.split_part(Interaction.sender_address, "@", 2))
                learnt.append(at == domain.domain)
    return (
        await session.exec(
            select(func.count()).where(
                Interaction.customer_id == item.customer_id,
                Interaction.id != item.id,
                Interaction.received_at > since,
                col(Interaction.filed_by_id).is_(None),
                or_(*learnt),
            )
        )
    ).one()


async def let_go(session: AsyncSession, lesson: Sequence[dict[str, Any]]) -> int:
    """Where a lesson made a customer: what was filed with it since waits again; answers how many."""
    made = [
        change["key"]["id"]
        for change in lesson
        if change["table"] == "customer" and change["how"] == "insert"
    ]
    own = {change["key"]["id"] for change in lesson if change["table"] == "interaction"}
    if not made:
        return 0
    items = await session.exec(
        select(Interaction.id).where(
            col(Interaction.customer_id).in_(made), col(Interaction.id).not_in(own)
        )
    )
    ids = list(items)
    if ids:
        await session.exec(
            update(Attachment)
            .where(col(Attachment.interaction_id).in_(ids))
            .values(customer_id=None, project_id=None)
        )
        await session.exec(
            update(Interaction)
            .where(col(Interaction.id).in_(ids))
            .values(customer_id=None, project_id=None, contact_id=None, status="stranger")
        )
    return len(ids)
