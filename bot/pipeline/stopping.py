"""A customer's person asks for no more mail: their conversation is muted, and its owner is told."""

from datetime import UTC, datetime
from typing import Final, Protocol

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.contract import InboundMessage
from storage import audit, talk
from storage.tables import Conversation

FOR_GOOD: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""Until a member unmutes the chat, because the customer has changed their mind."""


class Telling(Protocol):
    """Told of who asked to stop."""

    async def stopped(self, session: AsyncSession, chat: Conversation) -> None: ...


async def follow(
    session: AsyncSession, message: InboundMessage, telling: Telling
) -> InboundMessage:
    """Nothing is pushed there any more; answers what is filed as talk, as any mail."""
    chat = await talk.open_conversation(
        session, message.channel, message.chat, name=message.chat_name
    )
    if chat.muted_until != FOR_GOOD:
        chat.muted_until = FOR_GOOD
        session.add(chat)
        await audit.write(session, audit.Trace("chat.stopped", "conversation", chat.id))
        await session.flush()
        await telling.stopped(session, chat)
    return message.model_copy(update={"happened": None})
