"""How far a recording is, told in the chat of the members who brought it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import outbox
from bot.contract import (
    Adapter,
    Audience,
    Button,
    Can,
    ChannelName,
    Fact,
    Level,
    Notice,
)
from bot.people import Defaults
from bot.pipeline import media
from bot.pipeline.hearing import clock_time
from bot.texts import Language, Text, language_of
from storage import outbox as rows
from storage import talk
from storage.db import Database
from storage.tables import Conversation, Customer, Interaction, Project, User

STEP: Final = 0.1
"""No message for less than a tenth more."""
EVERY_S: Final = 5.0
AGAIN: Final = "transcribed"
"""Why an old transcript was put aside: it was to be made again."""

_AT_WORK = Text("转写中 {percent} %", "Transcribing, {percent} %")
_DONE = Text("转写完成", "Transcribed")
_NOT_DONE = Text("这段录音没能转写", "This recording was not transcribed")
_NO_MODEL = Text(
    "录音已保存，等待语音模型：keqing models pull small",
    "The recording is kept and waits for a speech model: keqing models pull small",
)
_LENGTH = Text("时长", "Length")
_TOOK = Text("用时", "Took")
_COST = Text("费用", "Cost")
_WHERE = Text("归属", "Filed with")
_UNSURE = Text("待归档", "To be filed")
_TIMES = Text("{took}（录音时长的 {share}）", "{took} ({share} of its length)")
_OPEN = Text("打开", "Open")


@dataclass(frozen=True, slots=True)
class Told:
    """A chat that hears of a recording, in its language."""

    chat: Conversation
    language: Language
    changes: bool
    """Whether a message there can take another's place."""
    run: int
    """How often it was transcribed before: each run is told anew."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a transcription took."""

    length_s: float
    took_s: float
    cost: str
    """An amount with its currency; empty where it cost nothing."""


class Progress:
    def __init__(
        self,
        db: Database,
        adapters: Mapping[ChannelName, Adapter],
        defaults: Defaults,
        home: str,
        link: Callable[[str], str],
    ) -> None:
        """`home` is the channel of members' own chats; `link` makes an address of a path."""
        self._db = db
        self._adapters = adapters
        self._defaults = defaults
        self._home = home
        self._link = link

    @asynccontextmanager
    async def following(self, item: Interaction) -> AsyncIterator[Callable[[float], None]]:
        """Tells now and then while the block runs; what it yields takes the share done, 0..1."""
        share = 0.0

        def note(done: float) -> None:
            nonlocal share
            share = done

        async def tell() -> None:
            told = 0.0
            while True:
                await asyncio.sleep(EVERY_S)
                if not told or share - told >= STEP:
                    told = max(share, 1e-9)
                    await self._at_work(item, share)

        task = asyncio.create_task(tell())
        try:
            yield note
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _at_work(self, item: Interaction, share: float) -> None:
        percent = round(share * 100)
        async with self._db.transaction() as session:
            for told in await self._told(session, item):
                text = _AT_WORK.in_(told.language, percent=percent)
                first = await rows.name_of(session, _key(item, told, "began"))
                if first is None:
                    await self._say(session, item, told, "began", Notice(title=text))
                elif first and told.changes:
                    await self._say(session, item, told, f"{percent}", Notice(title=text), first)

    async def done(self, session: AsyncSession, item: Interaction, spent: Spent) -> None:
        """Told in the transaction that keeps the words."""
        customer = await session.get(Customer, item.customer_id or 0)
        project = await session.get(Project, item.project_id or 0)
        owner = project or customer
        for told in await self._told(session, item):
            language = told.language
            facts = [(_LENGTH, clock_time(spent.length_s)), (_TOOK, _took(spent, language))]
            where = f"{owner.code} {owner.name}" if owner else _UNSURE.in_(language)
            facts += [(_COST, spent.cost), (_WHERE, where)]
            notice = Notice(
                level=Level.GOOD,
                title=_DONE.in_(language),
                text=item.because or item.text[:200],
                facts=tuple(
                    Fact(label=label.in_(language), value=value) for label, value in facts if value
                ),
                buttons=(
                    Button(label=_OPEN.in_(language), url=self._link(f"/talks/{item.id}")),
                    *(() if owner else (Button(label=_UNSURE.in_(language), command="/inbox"),)),
                ),
            )
            place = await rows.name_of(session, _key(item, told, "began")) or ""
            await self._say(session, item, told, "done", notice, place if told.changes else "")

    async def failed(self, session: AsyncSession, item: Interaction, why: str) -> None:
        for told in await self._told(session, item):
            notice = Notice(level=Level.WARNING, title=_NOT_DONE.in_(told.language), text=why)
            await self._say(session, item, told, "failed", notice)

    async def waits(self, session: AsyncSession, item: Interaction) -> None:
        """There is no model: said once."""
        for told in await self._told(session, item):
            notice = Notice(level=Level.WARNING, text=_NO_MODEL.in_(told.language))
            await self._say(session, item, told, "waits", notice)

    async def _say(
        self,
        session: AsyncSession,
        item: Interaction,
        told: Told,
        what: str,
        notice: Notice,
        place: str = "",
    ) -> None:
        await outbox.post(
            session,
            notice.model_copy(update={"language": told.language}),
            channel=told.chat.channel,
            chat=told.chat.chat,
            key=_key(item, told, what),
            place=place,
        )

    async def _told(self, session: AsyncSession, item: Interaction) -> Sequence[Told]:
        """Where it was dropped, if only members read that: a member's own chat, or their group.

        A voice note said in a group is read there as it is; it is told of in private chats alone.
        """
        if item.brought_in:
            chat = await talk.conversation(session, self._home, item.brought_in)
        else:
            chat = await session.get(Conversation, item.conversation_id or 0)
        if chat is None or chat.audience != Audience.INTERNAL:
            return []
        if item.kind not in media.CALLS and chat.user_id is None:
            return []
        adapter = self._adapters.get(ChannelName(chat.channel))
        if adapter is None:
            return []
        reader = await session.get(User, chat.user_id or 0)
        spoken = chat.language or (reader.language if reader else None)
        runs = await talk.versions(session, item.id)
        return [
            Told(
                chat,
                language_of(spoken or self._defaults.language),
                Can.CHANGES in adapter.can,
                sum(one.reason == AGAIN for one in runs),
            )
        ]


def _key(item: Interaction, told: Told, what: str) -> str:
    return f"transcribing:{item.id}:{told.run}:{told.chat.id}:{what}"


def _took(spent: Spent, language: Language) -> str:
    if spent.length_s <= 0:
        return ""
    share = f"{spent.took_s / spent.length_s:.0%}"
    return _TIMES.in_(language, took=clock_time(spent.took_s), share=share)
