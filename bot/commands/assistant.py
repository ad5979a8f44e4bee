"""A member speaks to the assistant itself: the line is run, the answer is queued beside it."""

from datetime import UTC, datetime

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import log, outbox, people
from bot.clock import Clock
from bot.commands import console, parse
from bot.commands.registry import Host
from bot.contract import Audience, InboundMessage, Level, Notice
from bot.people import Actor, Defaults, own_chat
from bot.texts import Text
from storage import people as members
from storage import talk
from storage.tables import Conversation

_log = log.get("assistant")

_BROKE = Text(
    "抱歉，这条命令出了内部错误，什么都没有改动；详情已记入日志。",
    "Sorry, this command broke inside; nothing was changed, and the details are in the log.",
)


class Assistant:
    """Hears members who speak to it, in their own chat or by a mention."""

    def __init__(self, now: Clock, defaults: Defaults, home: str) -> None:
        self._now = now
        self._defaults = defaults
        self._home = home
        self.host: Host | None = None

    async def hear(self, session: AsyncSession, message: InboundMessage) -> bool:
        """Answer a member's line; False where it is talk, which is filed instead.

        Only a sender whom the channel vouches for can run anything.
        """
        if not message.sender.proven or (
            message.attachments and not parse.is_command(message.text)
        ):
            return False
        if not message.private and not parse.is_command(message.text):
            return False
        actor = await self._actor(session, message)
        if actor is None or actor.user_id is None:
            return False
        chat = await self._chat(session, message)
        notice = await self._run(session, actor, message, chat)
        where = await self._answer_chat(session, chat, actor.user_id)
        await outbox.post(
            session,
            notice,
            channel=where.channel,
            chat=where.chat,
            key=f"answer:{message.channel}:{message.event_id}"[:400],
            not_before=datetime.now(UTC),
        )
        return True

    async def _run(
        self, session: AsyncSession, actor: Actor, message: InboundMessage, chat: Conversation
    ) -> Notice:
        """The answer to a line; a command that breaks is undone, logged, and owned up to."""
        try:
            async with session.begin_nested():
                done = await console.run(
                    session, actor, message.text, self._now(), chat=chat, host=self.host
                )
                return done.notice
        except (OperationalError, InterfaceError):
            raise  # the database is away: the line waits for it
        except Exception:  # noqa: BLE001 - whoever asked is answered all the same
            _log.exception("assistant.command_broke")
            return Notice(
                level=Level.DANGER, text=_BROKE.in_(actor.language), language=actor.language
            )

    async def _actor(self, session: AsyncSession, message: InboundMessage) -> Actor | None:
        if message.channel == self._home:
            user_id = int(message.sender.id) if message.sender.id.isdecimal() else 0
            return await people.actor(session, user_id, self._defaults)
        address = members.address(message.channel, message.sender.id)
        known = await members.users_at(session, message.channel, [address])
        user = known.get(address)
        return await people.actor(session, user.id, self._defaults) if user else None

    async def _chat(self, session: AsyncSession, message: InboundMessage) -> Conversation:
        # Only a chat that is one member's own is known to be internal.
        audience = Audience.INTERNAL.value if message.private else None
        return await talk.open_conversation(
            session, message.channel, message.chat, audience=audience, name=message.chat_name
        )

    async def _answer_chat(
        self, session: AsyncSession, chat: Conversation, user_id: int
    ) -> Conversation:
        """Where the answer goes: never into a chat that customers read."""
        if chat.audience == Audience.INTERNAL:
            return chat
        return await own_chat(session, self._home, user_id)
