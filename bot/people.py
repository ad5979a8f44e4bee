"""Who is asking: every query and command takes an actor."""

import secrets
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock
from bot.contract import Audience, ChannelName, InboundMessage, Sender, StoredFile
from bot.texts import Language, Text, language_of
from storage import people, talk
from storage.scope import Scope
from storage.tables import Conversation, User

HOME: Final = ChannelName("web")
"""The channel of members' own chats with the assistant, on the web page and in the terminal."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, with all that decides what they may see and do."""

    user_id: int | None
    name: str
    roles: tuple[str, ...]
    permissions: frozenset[str]
    scope: Scope
    language: Language
    zone: ZoneInfo

    def may(self, permission: str) -> bool:
        """Whether a role gives this permission; `x.*` gives all of family x, `*` gives all."""
        family = permission.split(".", 1)[0]
        return bool({permission, f"{family}.*", "*"} & self.permissions)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for people who have not chosen."""

    language: Language = "zh"
    timezone: str = "Asia/Shanghai"
    quiet: tuple[time, time] | None = (time(21), time(8))
    """When nothing is pushed, in the reader's zone; None: pushes come at any hour."""


async def actor(session: AsyncSession, user_id: int, defaults: Defaults) -> Actor | None:
    """The actor for an active user."""
    member = await people.member(session, user_id)
    return None if member is None else actor_of(member, defaults)


def program(defaults: Defaults) -> Actor:
    """The program itself, at work without being asked."""
    return Actor(
        user_id=None,
        name="",
        roles=(),
        permissions=frozenset(),
        scope=Scope.everything(),
        language=defaults.language,
        zone=clock.zone(defaults.timezone),
    )


def actor_of(member: people.Member, defaults: Defaults) -> Actor:
    """A member's roles added up: each role only widens."""
    scope = Scope(member.user.id)
    permissions: set[str] = set()
    for role in member.roles:
        scope = scope.plus(role.customers, role.projects, role.money, talk=role.talk)  # pyright: ignore[reportArgumentType] - checked in the database
        permissions.update(role.permissions)
    user = member.user
    return Actor(
        user_id=user.id,
        name=user.name,
        roles=tuple(user.roles),
        permissions=frozenset(permissions),
        scope=scope,
        language=language_of(user.language or defaults.language),
        zone=clock.zone(user.timezone, defaults.timezone),
    )


ROLE_NAMES: Final[dict[str, Text]] = {
    "admin": Text("管理员", "admin"),
    "manager": Text("经理", "manager"),
    "sales": Text("销售", "sales"),
    "pm": Text("项目经理", "project manager"),
    "service": Text("客服", "service"),
    "finance": Text("财务", "finance"),
    "customer": Text("客户", "customer"),
    "guest": Text("访客", "guest"),
}


def role_code(value: str) -> str | None:
    """The role that a word means: its code, its name in either language; None for none.

    >>> role_code("project manager"), role_code("销售"), role_code("sales"), role_code("king")
    ('pm', 'sales', 'sales', None)
    """
    word = value.strip().lower().replace("_", " ").replace("-", " ")
    for code, name in ROLE_NAMES.items():
        if word in {code, name.zh, name.en}:
            return code
    return {"projectmanager": "pm", "service head": "service", "sale": "sales"}.get(word)


def private_chat(user: User | int) -> str:
    """The id of a member's own chat with the assistant, on web and terminal alike."""
    return f"user-{user if isinstance(user, int) else user.id}"


async def mentioned(
    session: AsyncSession, message: InboundMessage, *, members_only: bool = False
) -> str:
    """A message's text with the names of those it mentions; blanks in a name are joined.

    In a command `members_only` are named: anybody may call themselves what a member is called.
    """
    if not message.mentions:
        return message.text
    ids = [people.address(message.channel, one.id) for one in message.mentions]
    users = await people.users_at(session, message.channel, ids)
    text = message.text
    for one, address in zip(message.mentions, ids, strict=True):
        user = users.get(address)
        name = user.name if user else "" if members_only else one.name
        if name:
            text = text.replace(f"@{one.id}", "@" + name.replace(" ", "\xa0"))
    return text


async def own_chat(session: AsyncSession, home: str, user: User | int) -> Conversation:
    """A member's own chat on channel `home`: always internal, nobody else reads it."""
    user_id = user if isinstance(user, int) else user.id
    return await talk.open_conversation(
        session, home, private_chat(user), audience=Audience.INTERNAL.value, user_id=user_id
    )


async def own_chats(
    session: AsyncSession, home: str, user: User, now: datetime
) -> list[Conversation]:
    """Where pushes reach a member: their own chat on `home` and on each platform, less muted ones."""
    await own_chat(session, home, user)
    found = await talk.private_chats(session, user.id)
    return [chat for chat in found if not (chat.muted_until and chat.muted_until > now)]


def own_message(
    home: ChannelName, actor: Actor, text: str, now: datetime, *files: StoredFile
) -> InboundMessage:
    """What a member says in their own chat, vouched for by the surface that they are logged in to."""
    return InboundMessage(
        channel=home,
        event_id=secrets.token_hex(16),
        chat=private_chat(actor.user_id or 0),
        sender=Sender(id=str(actor.user_id), name=actor.name, proven=True),
        private=True,
        addressed=True,
        sent_at=now,
        text=text,
        attachments=files,
    )


def hash_password(password: str) -> str:
    """Argon2id of a password; 40 ms of work, so run it in a thread where others wait."""
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(password)


def is_password(hashed: str | None, password: str) -> bool:
    """Whether a password is right; takes as long for a user without one."""
    try:
        return PasswordHasher().verify(hashed or _NOBODY, password) and hashed is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


_NOBODY: Final = hash_password("")
