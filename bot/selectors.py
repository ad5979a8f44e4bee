"""Who is meant by a place in the firm: `project.manager`, `customer.owner.superior`, `role:finance`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Self

from pydantic import Field
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import Customer, Project, User

Selector = Annotated[
    str,
    Field(
        pattern=r"^((project\.manager|customer\.owner|asker)(\.superior){0,2}|service\.head"
        r"|role:[a-z_]+)$"
    ),
]
"""Data may name only these."""
_ROLE: Final = "role:"


@dataclass(frozen=True, slots=True)
class Firm:
    """All members, read once for any number of selectors."""

    users: Mapping[int, User]
    """Those who have left too: whoever was above them is meant in their place."""

    @classmethod
    async def of(cls, session: AsyncSession) -> Self:
        return cls({user.id: user for user in await session.exec(select(User))})

    def meant(
        self,
        selector: str,
        *,
        customer: Customer | None = None,
        project: Project | None = None,
        asker_id: int | None = None,
    ) -> list[User]:
        """The active members that a selector means; none where the place is empty."""
        if selector.startswith(_ROLE):
            return self._with_role(selector.removeprefix(_ROLE))
        if selector == "service.head":
            return self._service_head()
        base, *above = selector.split(".superior")
        first = {
            "asker": asker_id,
            "project.manager": project.manager_id if project else None,
            "customer.owner": customer.owner_id if customer else None,
        }[base]
        found = self.users.get(first or 0)
        for _ in above:
            found = self._above(found)
        while found is not None and not found.active:
            found = self._above(found)
        return [found] if found else []

    def _above(self, user: User | None) -> User | None:
        return self.users.get(user.superior_id or 0) if user else None

    def _with_role(self, role: str) -> list[User]:
        found = [user for user in self.users.values() if user.active and role in user.roles]
        return sorted(found, key=lambda user: user.id)

    def _service_head(self) -> list[User]:
        """Who is above most of those in service; where nobody is, the first of them."""
        service = self._with_role("service")
        bosses = [boss for user in service if (boss := self._above(user)) and boss.active]
        most = sorted(
            Counter(boss.id for boss in bosses).items(), key=lambda one: (-one[1], one[0])
        )
        return [self.users[id_] for id_, _ in most[:1]] or service[:1]


async def users(
    session: AsyncSession,
    selector: str,
    *,
    customer: Customer | None = None,
    project: Project | None = None,
    asker_id: int | None = None,
) -> list[User]:
    """The active members that one selector means; a project's customer need not be named."""
    if customer is None and project is not None:
        customer = await session.get(Customer, project.customer_id)
    firm = await Firm.of(session)
    return firm.meant(selector, customer=customer, project=project, asker_id=asker_id)
