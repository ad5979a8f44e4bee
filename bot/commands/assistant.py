"""A member speaks to the assistant itself: the line is run, the answer is queued beside it."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import linking, log, outbox, people
from bot.clock import Clock
from bot.commands import console, taps
from bot.commands.registry import Host
from bot.contract import PAGE, Audience, Happening, InboundMessage, Kind, Level, Notice
from bot.domain import command_line
from bot.people import Actor, Defaults, own_chat
from bot.texts import Text
from storage import people as members
from storage import talk
from storage.people import bounded
from storage.tables import Conversation, Interaction

_log = log.get("assistant")

_BROKE = Text(
    "抱歉，这条命令出了内部错误，什么都没有改动；详情已记入日志。",
    "Sorry, this command broke inside; nothing was changed, and the details are in the log.",
)
_PAGE_LINE = "/home"
_SPOKEN: Final = "spoken"
_HEARD = Text("听到：「{words}」", "Heard: “{words}”")


def _answer(message: InboundMessage) -> str:
    """The outbox's key of the answer to a line."""
    return f"answer:{message.channel}:{message.event_id}"[:400]


class Assistant:
    """Hears members who speak to it: in their own chat, by a mention, a button or a form."""

    def __init__(self, now: Clock, defaults: Defaults, home: str) -> None:
        self._now = now
        self._defaults = defaults
        self._home = home
        self.host: Host | None = None

    async def hear(self, session: AsyncSession, message: InboundMessage) -> bool:
        """Answer a member's line; False where it is talk, which is filed instead.

        Only a sender whom the channel vouches for can run anything. What a button says is never
        talk, whoever tapped it.
        """
        command = message.tapped or command_line.is_command(message.text)
        if not message.sender.proven or not (message.private or command):
            return message.tapped
        actor = await self._actor(session, message)
        if (message.attachments or message.files) and not command:
            if actor is not None and actor.user_id is not None:
                await self._chat(session, message, actor.user_id)  # theirs from now on
            return False
        if actor is None or actor.user_id is None:
            return await self._unknown(session, message)
        chat = await self._chat(session, message, actor.user_id)
        notice, ok = await self._run(session, actor, message, chat)
        where = await self._answer_chat(session, message, chat, actor.user_id)
        here = where.id == chat.id
        await outbox.post(
            session,
            notice,
            channel=where.channel,
            chat=where.chat,
            key=_answer(message),
            not_before=datetime.now(UTC),
            thread=(message.thread or "") if here else "",
            place=message.place if here and ok else "",
        )
        return True

    async def heard(self, session: AsyncSession, item: Interaction) -> bool:
        """Answer what a member has spoken into their own chat; False for any other recording."""
        chat = await session.get(Conversation, item.conversation_id or 0)
        if chat is None or chat.user_id is None or item.kind != Kind.MESSAGE:
            return False
        actor = await people.actor(session, chat.user_id, self._defaults)
        own = item.user_id == chat.user_id or chat.channel == self._home
        if actor is None or not own or not item.sender_proven:
            return False
        item.user_id, item.direction = chat.user_id, Audience.INTERNAL.value
        item.status, item.audience, item.evidence = "filed", Audience.INTERNAL.value, [_SPOKEN]
        # What was spoken has no slash: whatever it would change is shown first.
        notice, _ = await self._try(session, actor, item.text.lstrip("/／ "), chat)
        said = _HEARD.in_(actor.language, words=item.text)
        await outbox.post(
            session,
            notice.model_copy(update={"note": "\n".join(filter(None, (said, notice.note)))}),
            channel=chat.channel,
            chat=chat.chat,
            key=f"heard:{item.id}:{item.edited_at or ''}"[:400],
            not_before=datetime.now(UTC),
        )
        return True

    async def open_page(self, session: AsyncSession, message: InboundMessage) -> None:
        """Show a member their page of the assistant, on a platform that has one."""
        assert message.happened is Happening.OPENED  # noqa: S101 - the caller's promise
        actor = await self._actor(session, message)
        if actor is None or actor.user_id is None:
            return
        chat = await self._chat(session, message, actor.user_id)
        done = await console.run(session, actor, _PAGE_LINE, self._now(), chat=chat, host=self.host)
        await outbox.post(
            session,
            done.notice,
            channel=chat.channel,
            chat=chat.chat,
            key=f"page:{message.channel}:{message.event_id}"[:400],
            place=PAGE,
        )

    async def _unknown(self, session: AsyncSession, message: InboundMessage) -> bool:
        """Somebody whom we do not know as a member: of the firm, they are asked to be linked."""
        if message.tapped and await taps.hear(
            session, message, _answer(message), self._now(), self.host
        ):
            return True
        if message.sender.outside or not message.private:
            if message.tapped:
                _log.info("assistant.tap_of_a_stranger", channel=message.channel)
            return message.tapped
        await linking.ask(session, message, self._defaults, self._home)
        return True

    async def _run(
        self, session: AsyncSession, actor: Actor, message: InboundMessage, chat: Conversation
    ) -> tuple[Notice, bool]:
        """The answer to a line that was written."""
        line = await people.mentioned(session, message, members_only=True)
        about = await self._about(session, message, chat)
        # A decision's button says what it does: that tap was the confirmation.
        tapped = message.tapped and bool(message.place)
        return await self._try(
            session, actor, line, chat, about=about, confirmed=tapped, answer=_answer(message)
        )

    async def _try(
        self,
        session: AsyncSession,
        actor: Actor,
        line: str,
        chat: Conversation,
        *,
        about: Interaction | None = None,
        confirmed: bool = False,
        answer: str = "",
    ) -> tuple[Notice, bool]:
        """Run a line; a command that breaks is undone, logged, and owned up to."""
        try:
            async with session.begin_nested():
                done = await console.run(
                    session,
                    actor,
                    line,
                    self._now(),
                    chat=chat,
                    host=self.host,
                    about=about,
                    confirmed=confirmed,
                    answer=answer,
                )
                return done.notice, done.ok
        except (OperationalError, InterfaceError):
            raise  # the database is away: the line waits for it
        except Exception:  # noqa: BLE001 - whoever asked is answered all the same
            _log.exception("assistant.command_broke")
            broke = _BROKE.in_(actor.language)
            return Notice(level=Level.DANGER, text=broke, language=actor.language), False

    async def _about(
        self, session: AsyncSession, message: InboundMessage, chat: Conversation
    ) -> Interaction | None:
        named = message.about or (message.references[-1] if message.references else "")
        if not named:
            return None
        return await talk.by_message(session, message.channel, chat.id, bounded(named))

    async def _actor(self, session: AsyncSession, message: InboundMessage) -> Actor | None:
        if message.channel == self._home:
            user_id = int(message.sender.id) if message.sender.id.isdecimal() else 0
            return await people.actor(session, user_id, self._defaults)
        user = await members.user_at(session, message.channel, message.sender.id)
        return await people.actor(session, user.id, self._defaults) if user else None

    async def _chat(
        self, session: AsyncSession, message: InboundMessage, user_id: int
    ) -> Conversation:
        """The chat that was spoken in; only one that is a member's own is known to be internal."""
        return await talk.open_conversation(
            session,
            message.channel,
            message.chat,
            audience=Audience.INTERNAL.value if message.private else None,
            name=message.chat_name,
            user_id=user_id if message.private else None,
        )

    async def _answer_chat(
        self, session: AsyncSession, message: InboundMessage, chat: Conversation, user_id: int
    ) -> Conversation:
        """Where the answer goes: never into a chat that customers read."""
        if chat.audience == Audience.INTERNAL:
            return chat
        if message.direct:
            return await talk.open_conversation(
                session,
                message.channel,
                message.direct,
                audience=Audience.INTERNAL.value,
                user_id=user_id,
            )
        return await own_chat(session, self._home, user_id)
