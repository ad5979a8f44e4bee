"""Who is meant by a place in the firm: `project.manager`, `customer.owner.superior`, `role:finance`."""

from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import people
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


async def users(
    session: AsyncSession,
    selector: str,
    *,
    customer: Customer | None = None,
    project: Project | None = None,
    asker_id: int | None = None,
) -> Sequence[User]:
    """The active members that a selector means; none where the place is empty."""
    if selector.startswith(_ROLE):
        return await people.users_with_role(session, selector.removeprefix(_ROLE))
    if selector == "service.head":
        return await _service_head(session)
    base, *above = selector.split(".superior")
    found = await _user(session, await _base(session, base, customer, project, asker_id))
    for _ in above:
        found = await _user(session, found.superior_id) if found else None
    while found is not None and not found.active:  # they have left: whoever was above them
        found = await _user(session, found.superior_id)
    return [found] if found else []


async def _base(
    session: AsyncSession,
    base: str,
    customer: Customer | None,
    project: Project | None,
    asker_id: int | None,
) -> int | None:
    if base == "asker":
        return asker_id
    if base == "project.manager":
        return project.manager_id if project else None
    if customer is None and project is not None:
        customer = await session.get(Customer, project.customer_id)
    return customer.owner_id if customer else None


async def _user(session: AsyncSession, user_id: int | None) -> User | None:
    return await session.get(User, user_id) if user_id is not None else None


async def _service_head(session: AsyncSession) -> Sequence[User]:
    """Who leads service: the superior of its people, where they have one in service or above; else
    the first of its people.
    """
    members = await people.users_with_role(session, "service")
    above = [one.superior_id for one in members if one.superior_id is not None]
    heads = (
        await session.exec(
            select(User).where(col(User.id).in_(above), col(User.active)).order_by(col(User.id))
        )
    ).all()
    most = sorted(heads, key=lambda one: -above.count(one.id))
    return most[:1] or members[:1]
