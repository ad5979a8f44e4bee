"""Tells a member something in their own chats, on every channel where they have one."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import outbox
from bot.contract import Notice
from bot.people import own_chats
from storage.tables import User


async def member(
    session: AsyncSession,
    user: User,
    notice: Notice,
    *,
    home: str,
    key: str,
    now: datetime,
    not_before: datetime | None = None,
) -> None:
    """Once for each `key` and chat; `home` is the channel of members' own chats."""
    for chat in await own_chats(session, home, user, now):
        await outbox.post(
            session,
            notice,
            channel=chat.channel,
            chat=chat.chat,
            key=f"{key}:{chat.channel}:{chat.chat}",
            not_before=not_before,
        )
