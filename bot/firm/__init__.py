"""Loads a firm from JSON: members, customers, projects, chats. Again is an update, never a double."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import people as actors
from bot.domain import names, terms
from bot.firm import found as existing
from bot.firm.found import BadFirm, Known, key, word
from bot.firm.people import add_contacts, add_domains, add_names
from bot.firm.shape import ChatIn, CustomerIn, FirmIn, MemberIn, ProjectIn
from bot.firm.work import add_work
from storage import audit, bulk, customers, people
from storage.db import Database
from storage.tables import Conversation, Customer, Project, User

__all__ = ["BadFirm", "FirmIn", "load"]

CHUNK: Final = 500

Progress = Callable[[int, int], None]


async def load(db: Database, firm: FirmIn, progress: Progress | None = None) -> dict[str, int]:
    """Load a firm; answers how many members, customers, projects and chats it has.

    Committed in chunks of customers: a break in the middle is mended by loading again.
    """
    async with db.transaction() as session:
        known = await existing.read(session)
        await _members(session, firm.members, known)
    total = len(firm.customers)
    for start in range(0, total, CHUNK):
        async with db.transaction() as session:
            await _customers(session, firm.customers[start : start + CHUNK], known)
        if progress:
            progress(min(start + CHUNK, total), total)
    async with db.transaction() as session:
        for start in range(0, len(firm.chats), CHUNK):
            await _chats(session, firm.chats[start : start + CHUNK], known)
        await audit.write(session, audit.Trace("firm.loaded", "firm", None, facts=total))
    return {
        "members": len(firm.members),
        "customers": total,
        "projects": sum(len(c.projects) for c in firm.customers),
        "chats": len(firm.chats),
    }


async def _members(session: AsyncSession, given: Sequence[MemberIn], known: Known) -> None:
    for member in given:
        user = known.users.get(key(member.name)) or next(
            (known.users[key(m)] for m in member.emails if key(m) in known.users), None
        )
        if user is None:
            user = User(name=member.name.strip())
        user.roles = _roles(member)
        user.language = member.language or user.language
        user.timezone = member.timezone or user.timezone
        if member.password:
            user.password_hash = actors.hash_password(member.password)
        session.add(user)
        await session.flush()
        known.users[key(member.name)] = user
        for mail in member.emails:
            known.users[key(mail)] = user
            await people.add_identity(session, "email", mail, user_id=user.id)
        for channel, id_ in member.ids.items():
            await people.add_identity(session, channel, id_, user_id=user.id)
    for member in given:
        if member.superior:
            superior = known.user(member.superior)
            known.users[key(member.name)].superior_id = superior.id if superior else None
    await session.flush()


def _roles(member: MemberIn) -> list[str]:
    given = [member.role] if isinstance(member.role, str) else member.role
    codes = [actors.role_code(role) for role in given]
    if None in codes:
        known = ", ".join(actors.ROLE_NAMES)
        raise BadFirm(f"member {member.name!r}: no such role {member.role!r}; known: {known}")
    return [code for code in codes if code]


async def _customers(session: AsyncSession, given: Sequence[CustomerIn], known: Known) -> None:
    """A chunk of customers, with all that hangs on them, in a few statements."""
    fresh = _Fresh(
        iter(await bulk.numbers(session, Customer, len(given))),
        iter(await customers.next_codes(session, "C", sum(not one.code for one in given))),
    )
    made = [(one, _customer(one, known, fresh)) for one in given]
    await fresh.write(session, Customer, [row for _, row in made])
    count = sum(len(one.projects) for one in given)
    uncoded = sum(not project.code for one in given for project in one.projects)
    fresh = _Fresh(
        iter(await bulk.numbers(session, Project, count)),
        iter(await customers.next_codes(session, "P", uncoded)),
    )
    of_projects = [
        (project, _project(project, customer, known, fresh))
        for one, customer in made
        for project in one.projects
    ]
    await fresh.write(session, Project, [row for _, row in of_projects])
    await add_names(session, made, of_projects)
    await add_domains(session, made)
    await add_contacts(session, made)
    await add_work(session, of_projects, known)


@dataclass(slots=True)
class _Fresh:
    """Rows to be made: numbers and codes taken for them in advance, and the drafts."""

    ids: Iterator[int]
    codes: Iterator[str]
    drafts: list[Any] = field(default_factory=list)

    def draft(self, table: type[Customer | Project], code: str | None, **columns: Any) -> Any:
        row = bulk.draft(table, id=next(self.ids), code=code or next(self.codes), **columns)
        self.drafts.append(row)
        return row

    async def write(
        self, session: AsyncSession, table: type[Customer | Project], rows: Sequence[Any]
    ) -> None:
        """Insert the drafts, and write what was changed of `rows` that were there."""
        # They were read in another transaction, and are none of this one's unless they are added.
        session.add_all(row for row in rows if isinstance(row, table))
        await session.flush()
        await bulk.insert(session, table, [vars(row) for row in self.drafts])


def _customer(one: CustomerIn, known: Known, fresh: _Fresh) -> Customer:
    norm = "name:" + names.normal(one.name)
    found = known.customers.get(one.code.upper()) if one.code else known.customers.get(norm)
    if found is None:
        found = fresh.draft(Customer, one.code, name=one.name.strip())
    found.name = one.name.strip()
    found.tier = word(terms.Tier, one.tier, found.tier)
    found.stage = word(terms.Stage, one.stage, found.stage)
    found.industry = one.industry or found.industry
    if one.language:
        found.language = word(terms.Spoken, one.language, "")
    if owner := known.user(one.owner):
        found.owner_id = owner.id
    known.customers[found.code.upper()] = found
    known.customers.setdefault(norm, found)
    return found


def _project(one: ProjectIn, customer: Customer, known: Known, fresh: _Fresh) -> Project:
    place = (customer.id, names.normal(one.name))
    found = known.project_codes.get(one.code.upper()) if one.code else known.projects.get(place)
    if found is not None and found.customer_id != customer.id:
        raise BadFirm(f"project {one.code!r} belongs to another customer already")
    if found is None:
        found = fresh.draft(Project, one.code, name=one.name.strip(), customer_id=customer.id)
    found.name = one.name.strip()
    found.phase = word(terms.Phase, one.phase, found.phase)
    for name in ("budget", "spent", "progress"):
        if (value := getattr(one, name)) is not None:
            setattr(found, name, value)
    if manager := known.user(one.manager):
        found.manager_id = manager.id
    known.project_codes[found.code.upper()] = found
    known.projects[place] = found
    return found


async def _chats(session: AsyncSession, given: Sequence[ChatIn], known: Known) -> None:
    """A chunk of chats: those that are there are bound anew."""
    places = [(one.channel, people.bounded(one.chat)) for one in given]
    rows = await session.exec(
        select(Conversation).where(
            tuple_(col(Conversation.channel), col(Conversation.chat)).in_(places)
        )
    )
    there = {(row.channel, row.chat): row for row in rows}
    for one, (channel, chat) in zip(given, places, strict=True):
        found = there.setdefault((channel, chat), Conversation(channel=channel, chat=chat))
        _bind(found, one, known)
        session.add(found)
    await session.flush()


def _bind(found: Conversation, given: ChatIn, known: Known) -> None:
    """A chat's customer and project, by code or by name, and its audience."""
    if given.customer:
        customer = known.customers.get(given.customer.upper()) or known.customers.get(
            "name:" + names.normal(given.customer)
        )
        if customer is None:
            raise BadFirm(f"chat {given.chat!r}: there is no customer {given.customer!r}")
        found.customer_id = customer.id
    if given.project:
        project = known.project_codes.get(given.project.upper()) or known.projects.get(
            (found.customer_id or 0, names.normal(given.project))
        )
        if project is None:
            raise BadFirm(f"chat {given.chat!r}: there is no project {given.project!r}")
        found.project_id, found.customer_id = project.id, project.customer_id
    if given.audience not in {None, "internal", "customer"}:
        raise BadFirm(f"chat {given.chat!r}: the audience is internal or customer")
    found.audience = given.audience or found.audience
