"""Questions about members: who they are, what roles give them, who is above them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import Contact, Identity, Role, User

_LONGEST: Final = 200


def bounded(value: str) -> str:
    """A foreign id of bounded length: itself, or its start and a digest of the whole."""
    if len(value) <= _LONGEST:
        return value
    import hashlib  # noqa: PLC0415 - the rare case

    return value[:140] + "#" + hashlib.blake2b(value.encode(), digest_size=16).hexdigest()


def address(channel: str, value: str) -> str:
    """The normal form of a channel's address, as `Identity` keeps it."""
    if channel == "email":
        return bounded(value.strip().lower())
    if channel == "phone":
        return phone(value)
    return bounded(value.strip())


def phone(value: str) -> str:
    """Digits of a phone number without the Chinese country code or a leading zero.

    >>> phone("+86 138-0013-8000"), phone("0138 0013 8000")
    ('13800138000', '13800138000')
    """
    digits = re.sub(r"\D", "", value, flags=re.ASCII)
    digits = re.sub(r"^(00)?86(?=\d{8,})", "", digits)
    return digits.lstrip("0")[:20]


@dataclass(frozen=True, slots=True)
class Member:
    """A user with what their roles give them."""

    user: User
    roles: tuple[Role, ...]


async def member(session: AsyncSession, user_id: int) -> Member | None:
    """The active user with this number."""
    user = await session.get(User, user_id)
    if user is None or not user.active:
        return None
    roles = (await session.exec(select(Role).where(col(Role.code).in_(user.roles)))).all()
    return Member(user, tuple(roles))


async def user_named(session: AsyncSession, who: str) -> User | None:
    """The active user with this name or mail address, whatever the case."""
    who = who.strip().removeprefix("@")
    by_name = select(User).where(func.lower(User.name) == who.lower(), col(User.active))
    user = (await session.exec(by_name)).first()
    if user is None and "@" in who:
        user = await user_at(session, "email", who)
    return user


async def user_at(session: AsyncSession, channel: str, value: str) -> User | None:
    """The member who has this address on a channel, in whatever form it is told."""
    normal = address(channel, value)
    return (await users_at(session, channel, [normal])).get(normal)


async def users_at(
    session: AsyncSession, channel: str, addresses: Sequence[str]
) -> dict[str, User]:
    """Members by the address they have on a channel."""
    found = await session.exec(
        select(Identity.address, User)
        .join(User, col(Identity.user_id) == col(User.id))
        .where(Identity.channel == channel, col(Identity.address).in_(addresses), col(User.active))
    )
    return dict(found.all())


async def contact_at(session: AsyncSession, channel: str, value: str) -> Contact | None:
    """The customer's person who has this address on a channel."""
    found = await session.exec(
        select(Contact)
        .join(Identity, col(Identity.contact_id) == col(Contact.id))
        .where(Identity.channel == channel, Identity.address == address(channel, value))
        .order_by(col(Contact.id))
    )
    return found.first()


async def users_with_role(session: AsyncSession, role: str) -> Sequence[User]:
    return (
        await session.exec(
            select(User)
            .where(col(User.roles).contains([role]), col(User.active))
            .order_by(col(User.id))
        )
    ).all()


async def has_admin(session: AsyncSession) -> bool:
    """Whether there is an administrator who can log in."""
    found = await session.exec(
        select(User.id).where(
            col(User.roles).contains(["admin"]),
            col(User.active),
            col(User.password_hash).is_not(None),
        )
    )
    return found.first() is not None


async def all_users(session: AsyncSession) -> Sequence[User]:
    return (await session.exec(select(User).where(col(User.active)).order_by(col(User.name)))).all()


async def add_identity(
    session: AsyncSession,
    channel: str,
    value: str,
    *,
    user_id: int | None = None,
    contact_id: int | None = None,
) -> bool:
    """Give a member or a contact an address; False where they have it already."""
    normal = address(channel, value)
    if not normal:
        return False
    there = await session.exec(
        select(Identity.id).where(
            Identity.channel == channel,
            Identity.address == normal,
            Identity.user_id == user_id,
            Identity.contact_id == contact_id,
        )
    )
    if there.first() is not None:
        return False
    session.add(Identity(channel=channel, address=normal, user_id=user_id, contact_id=contact_id))
    return True


async def is_contact(session: AsyncSession, channel: str, address_: str) -> bool:
    """Whether an address is that of a customer's contact."""
    found = await session.exec(
        select(Identity.id).where(
            Identity.channel == channel,
            Identity.address == address_,
            col(Identity.contact_id).is_not(None),
        )
    )
    return found.first() is not None


async def identities(session: AsyncSession, user_id: int) -> Sequence[Identity]:
    """The addresses of a member, channel by channel."""
    return (
        await session.exec(
            select(Identity)
            .where(Identity.user_id == user_id)
            .order_by(col(Identity.channel), col(Identity.id))
        )
    ).all()
