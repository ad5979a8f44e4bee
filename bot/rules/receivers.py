"""Whom a rule means: selectors become members, read in a few questions for many firings."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.rules.firing import Seen
from bot.selectors import Firm
from storage import watch
from storage.scope import MONEY
from storage.tables import Customer, Project, Role, User


@dataclass(frozen=True, slots=True)
class Cast:
    """What `bot.selectors` answers for one, for many firings at once and without a question each."""

    firm: Firm
    customers: dict[int, Customer]
    projects: dict[int, Project]
    roles: dict[str, str]
    """Role → what it shows of money."""

    @classmethod
    async def of(cls, session: AsyncSession, seen: Iterable[Seen]) -> "Cast":
        listed = list(seen)
        customers = await watch.customers(
            session, {one.customer_id for one in listed if one.customer_id}
        )
        projects = await session.exec(
            select(Project).where(
                col(Project.id).in_({one.project_id for one in listed if one.project_id})
            )
        )
        roles = await session.exec(select(Role.code, Role.money))
        return cls(
            await Firm.of(session),
            customers,
            {project.id: project for project in projects},
            dict(roles.all()),
        )

    def about(self, seen: Seen, only: int | None) -> tuple[str, str]:
        """A command that opens what it is about, the project `only` or the customer, and its name."""
        project = self.projects.get(only or 0)
        if project is not None:
            return f"/project {project.code}", f"{project.code} {project.name}"
        customer = self.customers.get(seen.customer_id or 0)
        if customer is not None:
            return f"/customer {customer.code}", f"{customer.code} {customer.name}"
        return "/alerts", seen.about

    def money(self, user: User) -> str:
        return max(
            (self.roles.get(role, "none") for role in user.roles),
            key=MONEY.__getitem__,
            default="none",
        )

    def meant(self, selectors: Collection[str], seen: Seen) -> list[User]:
        """The active members, each once, in the order in which they are named."""
        found: dict[int, User] = {}
        for selector in selectors:
            for user in self._meant(selector, seen):
                found[user.id] = user
        return list(found.values())

    def _meant(self, selector: str, seen: Seen) -> list[User]:
        return self.firm.meant(
            selector,
            customer=self.customers.get(seen.customer_id or 0),
            project=self.projects.get(seen.project_id or 0),
        )
