"""A member speaks to the assistant itself: the line is run, the answer is queued beside it."""

from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import outbox, people
from bot.clock import Clock
from bot.commands import console, parse
from bot.commands.registry import Host
from bot.contract import Audience, InboundMessage
from bot.people import Actor, Defaults, private_chat
from storage import people as members
from storage import talk
from storage.tables import Conversation


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
        done = await console.run(
            session, actor, message.text, self._now(), chat=chat, host=self.host
        )
        where = await self._answer_chat(session, chat, actor.user_id)
        await outbox.post(
            session,
            done.notice,
            channel=where.channel,
            chat=where.chat,
            key=f"answer:{message.channel}:{message.event_id}"[:400],
            not_before=datetime.now(UTC),
        )
        return True

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
        return await talk.open_conversation(
            session, self._home, private_chat(user_id), audience=Audience.INTERNAL.value
        )
