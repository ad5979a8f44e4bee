"""Tells a member something in their own chats, on every channel where they have one."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, outbox
from bot.contract import Notice
from bot.people import Defaults, own_chats
from storage.tables import User


async def member(
    session: AsyncSession,
    user: User,
    notice: Notice,
    *,
    home: str,
    key: str,
    now: datetime,
    by_day: Defaults | None = None,
) -> None:
    """Once for each `key` and chat; `home` is the channel of members' own chats.

    With `by_day` it waits for the end of the reader's night; else it is an answer, and goes at once.
    """
    for chat in await own_chats(session, home, user, now):
        when = now
        if by_day is not None:
            zone = clock.zone(user.timezone or chat.timezone, by_day.timezone)
            when = outbox.after_quiet(now.astimezone(zone), by_day.quiet)
        await outbox.post(
            session,
            notice,
            channel=chat.channel,
            chat=chat.chat,
            key=f"{key}:{chat.channel}:{chat.chat}",
            not_before=when,
        )
