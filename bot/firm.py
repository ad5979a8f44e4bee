"""Loads a firm from JSON: members, customers, projects, chats. Again is an update, never a double."""

import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, record
from bot import people as actors
from bot.contract import storable
from bot.domain import mail_domains, names, terms
from storage import audit, bulk, customers, people
from storage.db import Database
from storage.tables import (
    Alias,
    Contact,
    Conversation,
    Customer,
    Domain,
    Identity,
    Milestone,
    Project,
    ProjectMember,
    Task,
    User,
)

CHUNK: Final = 500

Line = Annotated[str, BeforeValidator(storable), Field(max_length=1000)]
Names = Annotated[list[Line], BeforeValidator(lambda v: [] if v is None else v)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class MemberIn(_Part):
    name: Line
    role: Line | list[Line]
    emails: Names = []
    ids: dict[str, Line] = {}
    superior: Line | None = None
    language: Line | None = None
    timezone: Line | None = None
    password: Line | None = Field(default=None, repr=False)


class ContactIn(_Part):
    name: Line
    title: Line | None = None
    role: Line | None = None
    emails: Names = []
    phones: Names = []
    ids: dict[str, Line | list[Line]] = {}


class MilestoneIn(_Part):
    name: Line
    due: date
    done: bool = False


class TaskIn(_Part):
    name: Line
    due: date | None = None
    assignee: Line | None = None
    key: bool = False
    done: bool = False


class ProjectIn(_Part):
    code: Line | None = None
    name: Line
    aliases: Names = []
    manager: Line | None = None
    members: Names = []
    phase: Line | None = None
    budget: Decimal | None = None
    spent: Decimal | None = None
    progress: int | None = Field(default=None, ge=0, le=100)
    milestones: list[MilestoneIn] = []
    tasks: list[TaskIn] = []


class CustomerIn(_Part):
    code: Line | None = None
    name: Line
    aliases: Names = []
    domains: Names = []
    tier: Line | None = None
    stage: Line | None = None
    industry: Line | None = None
    owner: Line | None = None
    contacts: list[ContactIn] = []
    projects: list[ProjectIn] = []


class ChatIn(_Part):
    channel: Line
    chat: Line
    customer: Line | None = None
    project: Line | None = None
    audience: Line | None = None


class FirmIn(_Part):
    members: list[MemberIn] = []
    customers: list[CustomerIn] = []
    chats: list[ChatIn] = []


class BadFirm(Exception):
    """The file names something that is not there; says what and where."""


class _Known:
    """What the database holds already, by what files call it."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.customers: dict[str, Customer] = {}
        self.projects: dict[tuple[int, str], Project] = {}
        self.project_codes: dict[str, Project] = {}

    def user(self, name: str | None) -> User | None:
        if not name:
            return None
        found = self.users.get(_key(name))
        if found is None:
            raise BadFirm(f"there is no member {name!r}")
        return found


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


Progress = Callable[[int, int], None]


async def load(db: Database, firm: FirmIn, progress: Progress | None = None) -> dict[str, int]:
    """Load a firm; answers how many members, customers, projects and chats it has.

    Committed in chunks of customers: a break in the middle is mended by loading again.
    """
    async with db.transaction() as session:
        known = await _known(session)
        await _members(session, firm.members, known)
    total = len(firm.customers)
    for start in range(0, total, CHUNK):
        async with db.transaction() as session:
            await _customers(session, firm.customers[start : start + CHUNK], known)
        if progress:
            progress(min(start + CHUNK, total), total)
    async with db.transaction() as session:
        for chat in firm.chats:
            await _chat(session, chat, known)
        await audit.write(session, audit.Trace("firm.loaded", "firm", None, facts=total))
    return {
        "members": len(firm.members),
        "customers": total,
        "projects": sum(len(c.projects) for c in firm.customers),
        "chats": len(firm.chats),
    }


async def _known(session: AsyncSession) -> _Known:
    known = _Known()
    for user in await session.exec(select(User)):
        known.users[_key(user.name)] = user
    mails = select(Identity.address, User).join(User, col(Identity.user_id) == col(User.id))
    for address, user in await session.exec(mails.where(Identity.channel == "email")):
        known.users[_key(address)] = user
    for customer in await session.exec(select(Customer)):
        known.customers[customer.code.upper()] = customer
        known.customers.setdefault("name:" + names.normal(customer.name), customer)
    for project in await session.exec(select(Project)):
        known.project_codes[project.code.upper()] = project
        known.projects[project.customer_id, names.normal(project.name)] = project
    return known


async def _members(session: AsyncSession, given: Sequence[MemberIn], known: _Known) -> None:
    for member in given:
        user = known.users.get(_key(member.name)) or next(
            (known.users[_key(m)] for m in member.emails if _key(m) in known.users), None
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
        known.users[_key(member.name)] = user
        for mail in member.emails:
            known.users[_key(mail)] = user
            await people.add_identity(session, "email", mail, user_id=user.id)
        for channel, id_ in member.ids.items():
            await people.add_identity(session, channel, id_, user_id=user.id)
    for member in given:
        if member.superior:
            superior = known.user(member.superior)
            known.users[_key(member.name)].superior_id = superior.id if superior else None
    await session.flush()


def _roles(member: MemberIn) -> list[str]:
    given = [member.role] if isinstance(member.role, str) else member.role
    codes = [actors.role_code(role) for role in given]
    if None in codes:
        known = ", ".join(actors.ROLE_NAMES)
        raise BadFirm(f"member {member.name!r}: no such role {member.role!r}; known: {known}")
    return [code for code in codes if code]


async def _customers(session: AsyncSession, given: Sequence[CustomerIn], known: _Known) -> None:
    """A chunk of customers: rows through the session, what hangs on them in a few statements."""
    made = [(one, await _customer(session, one, known)) for one in given]
    await session.flush()
    of_projects = [
        (project, await _project(session, project, customer, known))
        for one, customer in made
        for project in one.projects
    ]
    await session.flush()
    await _names(session, made, of_projects)
    await _domains(session, made)
    await _contacts(session, made)
    await _work(session, of_projects, known)


async def _customer(session: AsyncSession, one: CustomerIn, known: _Known) -> Customer:
    norm = "name:" + names.normal(one.name)
    found = known.customers.get(one.code.upper()) if one.code else known.customers.get(norm)
    if found is None:
        code = one.code or await customers.next_code(session, "C")
        found = Customer(code=code, name=one.name.strip())
    found.name = one.name.strip()
    found.tier = _word(terms.Tier, one.tier, found.tier)
    found.stage = _word(terms.Stage, one.stage, found.stage)
    found.industry = one.industry or found.industry
    if owner := known.user(one.owner):
        found.owner_id = owner.id
    session.add(found)
    known.customers[found.code.upper()] = found
    known.customers.setdefault(norm, found)
    return found


def _word(kind: Any, given: str | None, default: str) -> str:
    """A member of a closed list, by its value or its name in either language."""
    if not given:
        return default
    wanted = _key(given)
    for choice in kind:
        if wanted in {choice.value, _key(choice.text.zh), _key(choice.text.en)}:
            return choice.value
    raise BadFirm(f"{given!r} is none of: {', '.join(choice.value for choice in kind)}")


async def _project(
    session: AsyncSession, one: ProjectIn, customer: Customer, known: _Known
) -> Project:
    place = (customer.id, names.normal(one.name))
    found = known.project_codes.get(one.code.upper()) if one.code else known.projects.get(place)
    if found is not None and found.customer_id != customer.id:
        raise BadFirm(f"project {one.code!r} belongs to another customer already")
    if found is None:
        code = one.code or await customers.next_code(session, "P")
        found = Project(code=code, name=one.name.strip(), customer_id=customer.id)
    found.name = one.name.strip()
    found.phase = _word(terms.Phase, one.phase, found.phase)
    for name in ("budget", "spent", "progress"):
        if (value := getattr(one, name)) is not None:
            setattr(found, name, value)
    if manager := known.user(one.manager):
        found.manager_id = manager.id
    session.add(found)
    known.project_codes[found.code.upper()] = found
    known.projects[place] = found
    return found


async def _names(
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
            key = (project.customer_id, project.id, names.normal(text))
            wanted.setdefault(key, (text, "given"))
    new = [
        record.alias(customer, project, text, norm, source).model_dump(exclude={"id"})
        for (customer, project, norm), (text, source) in wanted.items()
        if norm and (customer, project, norm) not in there
    ]
    await bulk.insert(session, Alias, new)


async def _domains(session: AsyncSession, made: Sequence[tuple[CustomerIn, Customer]]) -> None:
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


async def _contacts(session: AsyncSession, made: Sequence[tuple[CustomerIn, Customer]]) -> None:
    ids = [customer.id for _, customer in made]
    rows = await session.exec(select(Contact).where(col(Contact.customer_id).in_(ids)))
    there = {(contact.customer_id, _key(contact.name)): contact for contact in rows}
    addresses: list[tuple[Contact, str, str]] = []
    for one, customer in made:
        for given in one.contacts:
            key = (customer.id, _key(given.name))
            contact = there.get(key) or Contact(customer_id=customer.id, name=given.name.strip())
            contact.title = given.title or contact.title
            if given.role:
                contact.role = _word(terms.ContactRole, given.role, contact.role)
            there[key] = contact
            session.add(contact)
            addresses += [(contact, channel, value) for channel, value in _addresses(given)]
    await session.flush()
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


async def _work(
    session: AsyncSession, made: Sequence[tuple[ProjectIn, Project]], known: _Known
) -> None:
    """Members, milestones and tasks; those that are there by name are brought up to date."""
    ids = [project.id for _, project in made]
    joined = set(
        await session.exec(
            select(ProjectMember.project_id, ProjectMember.user_id).where(
                col(ProjectMember.project_id).in_(ids)
            )
        )
    )
    rows = await session.exec(select(Milestone).where(col(Milestone.project_id).in_(ids)))
    milestones = {(m.project_id, m.name): m for m in rows}
    rows_ = await session.exec(select(Task).where(col(Task.project_id).in_(ids)))
    tasks = {(t.project_id, t.name): t for t in rows_}
    for one, project in made:
        for name in one.members:
            user = known.user(name)
            if user is not None and (project.id, user.id) not in joined:
                joined.add((project.id, user.id))
                session.add(ProjectMember(project_id=project.id, user_id=user.id))
        for given in one.milestones:
            place = (project.id, given.name)
            row = milestones.setdefault(
                place, Milestone(project_id=project.id, name=given.name, due=given.due)
            )
            row.due = given.due
            row.done_at = (row.done_at or clock.now()) if given.done else row.done_at
            session.add(row)
        for given in one.tasks:
            _task(session, given, project, tasks, known)
    await session.flush()


def _task(
    session: AsyncSession,
    given: TaskIn,
    project: Project,
    tasks: dict[tuple[int, str], Task],
    known: _Known,
) -> None:
    row = tasks.setdefault((project.id, given.name), Task(project_id=project.id, name=given.name))
    row.due = given.due or row.due
    row.key = given.key
    assignee = known.user(given.assignee)
    row.assignee_id = assignee.id if assignee else row.assignee_id
    if given.done:
        row.done_at = row.done_at or clock.now()
    session.add(row)


async def _chat(session: AsyncSession, given: ChatIn, known: _Known) -> None:
    """A chat's binding; customers and projects by code, or by name."""
    chat = people.bounded(given.chat)
    found = (
        await session.exec(
            select(Conversation).where(
                Conversation.channel == given.channel, Conversation.chat == chat
            )
        )
    ).first() or Conversation(channel=given.channel, chat=chat)
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
    session.add(found)
    await session.flush()
