"""Platforms' directories: accounts of members are linked, superiors followed, leavers told of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import linking, log, telling
from bot.clock import Clock
from bot.contract import (
    Adapter,
    AdapterError,
    ChannelName,
    Colleague,
    Fact,
    Level,
    Notice,
    Platform,
    Sender,
)
from bot.people import Defaults
from bot.runtime import Jobs
from bot.texts import Text, language_of, listed
from storage import audit, people
from storage.db import Database
from storage.tables import User

JOB: Final = "directory"
NIGHTLY: Final = "directory_nightly"
CRON: Final = "0 18 * * *"
_SHOWN: Final = 20

_TITLE = Text("{channel} 通讯录已读取", "The directory of {channel} was read")
_FAILED = Text("{channel} 通讯录读不到：{why}", "The directory of {channel} cannot be read: {why}")
_LINKED = Text("新关联的成员", "Members linked")
_ABOVE = Text("更新了上级", "Superiors followed")
_LEFT = Text("已离职但仍是成员", "Left, and still members here")
_OTHERS = Text("通讯录里的其他人", "Others in the directory")
_OTHERS_HOW = Text(
    "{count} 人；他们私聊我时会请您确认", "{count}; you are asked once they write to me"
)

_log = log.get("directory")


@dataclass(slots=True)
class Found:
    """What a directory taught us: names of members."""

    linked: list[str] = field(default_factory=list[str])
    above: list[str] = field(default_factory=list[str])
    left: list[str] = field(default_factory=list[str])
    others: int = 0


class Directory:
    """The job that reads a platform's directory."""

    def __init__(
        self,
        db: Database,
        jobs: Jobs,
        adapters: Mapping[ChannelName, Adapter],
        now: Clock,
        defaults: Defaults,
        home: str,
    ) -> None:
        self._db = db
        self._jobs = jobs
        self._adapters = adapters
        self._now = now
        self._defaults = defaults
        self._home = home

    async def queue(self, session: AsyncSession, channel: str, user_id: int) -> bool:
        """Read a directory in the background for whoever asks; False where there is none."""
        adapter = self._adapters.get(ChannelName(channel))
        if not isinstance(adapter, Platform) or not adapter.on:
            return False
        await self._jobs.defer(session, JOB, channel=channel, user_id=user_id)
        return True

    async def nightly(self, slot: str) -> None:  # noqa: ARG002 - what the directory says now counts
        """Read every directory; only what an administrator must know is told."""
        async with self._db.transaction() as session:
            admins = await people.users_with_role(session, "admin")
        for adapter in self._adapters.values():
            if isinstance(adapter, Platform) and adapter.on:
                await self._read(adapter, admins, quiet=True)

    async def run(self, channel: str, user_id: int) -> None:
        """Read one directory and tell who asked."""
        adapter = self._adapters.get(ChannelName(channel))
        async with self._db.transaction() as session:
            user = await session.get(User, user_id)
        if isinstance(adapter, Platform) and user is not None:
            await self._read(adapter, [user], quiet=False)

    async def _read(self, adapter: Platform, told: Sequence[User], *, quiet: bool) -> None:
        try:
            listed_ = [one async for one in adapter.colleagues()]
        except AdapterError as error:
            _log.warning("directory.failed", channel=adapter.channel, error=str(error))
            if not quiet:
                await self._tell(adapter, told, error=str(error))
            return
        async with self._db.transaction() as session:
            found = await _learn(session, adapter.channel, listed_)
        _log.info(
            "directory.read", channel=adapter.channel, linked=len(found.linked), others=found.others
        )
        if not quiet or found.left:
            await self._tell(adapter, told, found=found)

    async def _tell(
        self,
        adapter: Platform,
        told: Sequence[User],
        *,
        found: Found | None = None,
        error: str = "",
    ) -> None:
        now = self._now()
        async with self._db.transaction() as session:
            for user in told:
                language = language_of(user.language or self._defaults.language)
                notice = _notice(adapter.channel, found, error, language)
                key = f"directory:{adapter.channel}:{now:%Y%m%dT%H%M%S}"
                await telling.member(session, user, notice, home=self._home, key=key, now=now)


async def _learn(session: AsyncSession, channel: str, listed_: Sequence[Colleague]) -> Found:
    """Link whom mail or phone tell; then superiors, of whom both are members."""
    found = Found()
    addresses = [people.address(channel, one.id) for one in listed_]
    above = [people.address(channel, one.superior) for one in listed_ if one.superior]
    known = await people.users_at(session, channel, [*addresses, *above])
    for one, address in zip(listed_, addresses, strict=True):
        user = known.get(address)
        if user is None and one.active:
            sender = Sender(id=one.id, email=one.email or None, phone=one.phone or None)
            user = await linking.same_person(session, sender)
            if user is None:
                found.others += 1
                continue
            await people.add_identity(session, channel, one.id, user_id=user.id)
            await audit.write(session, audit.Trace("user.linked", "user_account", user.id))
            known[address] = user
            found.linked.append(user.name)
        elif user is not None and not one.active:
            found.left.append(user.name)
    for one, address in zip(listed_, addresses, strict=True):
        user, head = known.get(address), known.get(people.address(channel, one.superior))
        if user and head and head.id not in {user.id, user.superior_id}:
            user.superior_id = head.id
            session.add(user)
            found.above.append(f"{user.name} → {head.name}")
    return found


def _notice(channel: str, found: Found | None, error: str, language: str) -> Notice:
    if found is None:
        text = _FAILED.in_(language, channel=channel, why=error)
        return Notice(level=Level.WARNING, text=text, language=language)
    others = _OTHERS_HOW.in_(language, count=found.others) if found.others else ""
    facts = (
        (_LINKED, listed(found.linked[:_SHOWN], language)),
        (_ABOVE, listed(found.above[:_SHOWN], language)),
        (_LEFT, listed(found.left[:_SHOWN], language)),
        (_OTHERS, others),
    )
    return Notice(
        level=Level.WARNING if found.left else Level.GOOD,
        title=_TITLE.in_(language, channel=channel),
        facts=tuple(
            Fact(label=label.in_(language), value=value) for label, value in facts if value
        ),
        language=language,
    )
