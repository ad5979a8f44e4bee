"""What the database holds already, by what files call it."""

import unicodedata
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.domain import names
from storage.tables import Customer, Identity, Project, User


class BadFirm(Exception):
    """The file names something that is not there; says what and where."""


class Known:
    """What the database holds already, by what files call it."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.customers: dict[str, Customer] = {}
        self.projects: dict[tuple[int, str], Project] = {}
        self.project_codes: dict[str, Project] = {}

    def user(self, name: str | None) -> User | None:
        if not name:
            return None
        found = self.users.get(key(name))
        if found is None:
            raise BadFirm(f"there is no member {name!r}")
        return found


def key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


async def read(session: AsyncSession) -> Known:
    known = Known()
    for user in await session.exec(select(User)):
        known.users[key(user.name)] = user
    mails = select(Identity.address, User).join(User, col(Identity.user_id) == col(User.id))
    for address, user in await session.exec(mails.where(Identity.channel == "email")):
        known.users[key(address)] = user
    for customer in await session.exec(select(Customer)):
        known.customers[customer.code.upper()] = customer
        known.customers.setdefault("name:" + names.normal(customer.name), customer)
    for project in await session.exec(select(Project)):
        known.project_codes[project.code.upper()] = project
        known.projects[project.customer_id, names.normal(project.name)] = project
    return known


def word(kind: Any, given: str | None, default: str) -> str:
    """A member of a closed list, by its value or its name in either language."""
    if not given:
        return default
    wanted = key(given)
    for choice in kind:
        if wanted in {choice.value, key(choice.text.zh), key(choice.text.en)}:
            return choice.value
    raise BadFirm(f"{given!r} is none of: {', '.join(choice.value for choice in kind)}")
