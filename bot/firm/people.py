"""The names, domains and people of a chunk of customers, written in a few statements."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, record
from bot.domain import mail_domains, names, terms
from bot.firm.found import key, word
from bot.firm.shape import ContactIn, CustomerIn, ProjectIn
from storage import bulk, people
from storage.tables import Alias, Contact, Customer, Domain, Identity, Project


async def add_names(
    session: AsyncSession,
    made: Sequence[tuple[CustomerIn, Customer]],
    of_projects: Sequence[tuple[ProjectIn, Project]],
) -> None:
    ids = [customer.id for _, customer in made]
    rows = await session.exec(
        select(Alias.customer_id, Alias.project_id, Alias.norm).where(
            col(Alias.customer_id).in_(ids)
        )
    )
    there = set(rows.all())
    wanted: dict[tuple[int, int | None, str], tuple[str, str]] = {}
    for one, customer in made:
        for text in (customer.name, *one.aliases):
            wanted.setdefault((customer.id, None, names.normal(text)), (text, "given"))
        for form in names.shorter(customer.name):
            wanted.setdefault((customer.id, None, form), (form, "derived"))
    for one, project in of_projects:
        for text in (project.name, *one.aliases):
            place = (project.customer_id, project.id, names.normal(text))
            wanted.setdefault(place, (text, "given"))
    new = [
        record.alias(customer, project, text, norm, source)
        for (customer, project, norm), (text, source) in wanted.items()
        if norm and (customer, project, norm) not in there
    ]
    await bulk.insert(session, Alias, new)


async def add_domains(session: AsyncSession, made: Sequence[tuple[CustomerIn, Customer]]) -> None:
    ids = [customer.id for _, customer in made]
    rows = await session.exec(
        select(Domain.customer_id, Domain.domain).where(col(Domain.customer_id).in_(ids))
    )
    there = set(rows.all())
    wanted = {
        (customer.id, domain.strip().lower().removeprefix("@"))
        for one, customer in made
        for domain in one.domains
    }
    new = [
        {"customer_id": customer, "domain": domain, "source": "given"}
        for customer, domain in sorted(wanted - there)
        if domain and domain not in mail_domains.FREE
    ]
    await bulk.insert(session, Domain, new)


async def add_contacts(session: AsyncSession, made: Sequence[tuple[CustomerIn, Customer]]) -> None:
    ids = [customer.id for _, customer in made]
    rows = await session.exec(select(Contact).where(col(Contact.customer_id).in_(ids)))
    there = {(contact.customer_id, key(contact.name)): contact for contact in rows}
    numbers = iter(await bulk.numbers(session, Contact, sum(len(one.contacts) for one, _ in made)))
    drafts: list[Any] = []
    addresses: list[tuple[Contact, str, str]] = []
    for one, customer in made:
        for given in one.contacts:
            place = (customer.id, key(given.name))
            if (contact := there.get(place)) is None:
                contact = bulk.draft(
                    Contact, id=next(numbers), customer_id=customer.id, name=given.name.strip()
                )
                drafts.append(contact)
            contact.title = given.title or contact.title
            if given.role:
                contact.role = word(terms.ContactRole, given.role, contact.role)
            there[place] = contact
            addresses += [(contact, channel, value) for channel, value in _addresses(given)]
    await session.flush()
    await bulk.insert(session, Contact, [vars(draft) for draft in drafts])
    await _identities(session, addresses)


def _addresses(given: ContactIn) -> list[tuple[str, str]]:
    listed = [("email", mail) for mail in given.emails] + [("phone", p) for p in given.phones]
    for channel, ids in given.ids.items():
        listed += [(channel, id_) for id_ in ([ids] if isinstance(ids, str) else ids)]
    return [(channel, people.address(channel, value)) for channel, value in listed if value]


async def _identities(session: AsyncSession, addresses: Sequence[tuple[Contact, str, str]]) -> None:
    ids = {contact.id for contact, _, _ in addresses}
    rows = await session.exec(
        select(Identity.contact_id, Identity.channel, Identity.address).where(
            col(Identity.contact_id).in_(ids)
        )
    )
    there = set(rows.all())
    wanted = {(contact.id, channel, address) for contact, channel, address in addresses if address}
    now = clock.now().isoformat()
    new = [
        {"contact_id": contact, "channel": channel, "address": address, "created_at": now}
        for contact, channel, address in sorted(wanted - there)
    ]
    await bulk.insert(session, Identity, new)
