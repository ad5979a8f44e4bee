"""Answers that a language model writes: asked after the command was answered, put in its place."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import log, outbox, people, prompting
from bot.clock import Clock
from bot.commands import draft, proposal, question, suggest, summary, thoughts, words
from bot.commands.registry import Ask, Host
from bot.commands.thoughts import Think, Thought
from bot.contract import (
    Adapter,
    Answer,
    Audience,
    Can,
    ChannelName,
    Heard,
    LanguageModel,
    NoModel,
    Notice,
)
from bot.people import Defaults
from bot.runtime import Jobs
from storage import outbox as rows
from storage import talk, uses
from storage.db import Database

JOB: Final = "thinking"
EVERY_S: Final = 1.0
"""So often a message shows more of what is being written."""
USES: Final[Mapping[str, Think]] = {
    summary.USE: summary.think,
    draft.REPLY: draft.think_reply,
    proposal.USE: proposal.think,
    question.USE: question.think,
    suggest.USE: suggest.think,
    words.USE: words.think,
}

_log = log.get("thinking")


@dataclass(frozen=True, slots=True)
class Where:
    """Where the answer stands, or will."""

    channel: str
    chat: str
    thread: str = ""
    place: str = ""


class Thinking:
    """The job. Rights are those of the moment; asking happens outside of any transaction."""

    def __init__(
        self,
        db: Database,
        jobs: Jobs,
        model: Callable[[], LanguageModel | None],
        adapters: Mapping[ChannelName, Adapter],
        now: Clock,
        defaults: Defaults,
        home: str,
        host: Host,
        away: Callable[[NoModel], Awaitable[None]],
    ) -> None:
        """`home` is the channel of members' own chats; `away` hears why a model has not answered."""
        self._away = away
        self._db = db
        self._jobs = jobs
        self._model = model
        self._adapters = adapters
        self._now = now
        self._defaults = defaults
        self._home = home
        self._host = host

    async def queue(self, ask: Ask, use: str, ids: Mapping[str, int]) -> bool:
        """Let the answer to `ask` be written anew; False where there is no model to do it."""
        if self._model() is None or ask.actor.user_id is None:
            return False
        await self._jobs.defer(
            ask.session,
            JOB,
            use=use,
            user_id=ask.actor.user_id,
            answer=ask.answer or f"asked:{secrets.token_hex(8)}",
            ids=dict(ids),
        )
        return True

    async def run(self, use: str, user_id: int, answer: str, ids: dict[str, int]) -> None:
        """Write one answer; harmless to run twice."""
        model = self._model()
        async with self._db.transaction() as session:
            if await rows.name_of(session, _key(answer)) is not None:
                return
            ask = await self._ask(session, user_id)
            thought = await USES[use](ask, ids) if ask else None
            where = await self._where(session, answer, user_id)
        if ask is None or thought is None:
            _log.info("thinking.nothing_left", use=use)
            return
        told: Answer | None = None
        if model is not None:
            asked = replace(thought.asked, user_id=user_id)
            try:
                async with self._shown(answer, where, thought) as heard:
                    told = await prompting.put(model, asked, names=thought.names, heard=heard)
            except NoModel as why:
                await self._away(why)
        await self._finish(user_id, answer, thought, told)
        _log.info("thinking.done", use=use, written=told is not None)

    async def _ask(self, session: AsyncSession, user_id: int) -> Ask | None:
        actor = await people.actor(session, user_id, self._defaults)
        if actor is None:
            return None
        return Ask(session, actor, self._now().astimezone(actor.zone), host=self._host)

    async def _finish(
        self, user_id: int, answer: str, thought: Thought, told: Answer | None
    ) -> None:
        async with self._db.transaction() as session:
            ask = await self._ask(session, user_id)
            if ask is None:
                return
            where = await self._where(session, answer, user_id)
            if told is None:
                # The offline answer stands already; where it cannot be changed, nothing is added.
                if where.place or thought.waits:
                    await self._post(session, answer, where, thoughts.offline(ask, thought.offline))
                return
            await self._post(session, answer, where, await thought.done(ask, told))

    async def _where(self, session: AsyncSession, answer: str, user_id: int) -> Where:
        """Where the command's answer went, while only members read that; else their own chat."""
        found = await uses.answer_at(session, answer)
        chat = await talk.conversation(session, found.channel, found.chat) if found else None
        if found and chat is not None and chat.audience == Audience.INTERNAL:
            adapter = self._adapters.get(ChannelName(found.channel))
            changes = adapter is not None and Can.CHANGES in adapter.can
            return Where(found.channel, found.chat, found.thread, found.place if changes else "")
        own = await people.own_chat(session, self._home, user_id)
        return Where(own.channel, own.chat)

    async def _post(
        self, session: AsyncSession, answer: str, where: Where, notice: Notice, part: str = "done"
    ) -> None:
        await outbox.post(
            session,
            notice,
            channel=where.channel,
            chat=where.chat,
            key=_key(answer, part),
            thread=where.thread,
            place=where.place,
        )

    @asynccontextmanager
    async def _shown(
        self, answer: str, where: Where, thought: Thought
    ) -> AsyncIterator[Heard | None]:
        """Shows what is there of the answer, now and then, while the block runs."""
        if not where.place or not thought.streams:
            yield None
            return
        there = ""

        def heard(so_far: str) -> None:
            nonlocal there
            there = so_far

        async def show() -> None:
            shown, part = "", 0
            while True:
                await asyncio.sleep(EVERY_S)
                if there and there != shown:
                    shown, part = there, part + 1
                    notice = thought.offline.model_copy(
                        update={"facts": (), "buttons": (), "text": f"{shown} …"}
                    )
                    async with self._db.transaction() as session:
                        await self._post(session, answer, where, notice, f"part-{part}")

        task = asyncio.create_task(show())
        try:
            yield heard
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def _key(answer: str, part: str = "done") -> str:
    return f"thought:{answer}"[:380] + f":{part}"
