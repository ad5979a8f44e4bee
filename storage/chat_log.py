"""Lines of our own chats: what the web page and the terminal show."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.db import notify
from storage.tables import ChatLine

WAKE = "keqing_chat"


async def append(
    session: AsyncSession, chat: str, key: str, body: bytes, author_id: int | None
) -> int:
    """Add a line once per key; answers its number."""
    id_ = await session.scalar(
        text("""
INSERT INTO chat_line (chat, key, body, author_id, at) VALUES (:chat, :key, :body, :author, now())
ON CONFLICT (key) DO UPDATE SET chat = chat_line.chat RETURNING id
"""),
        {"chat": chat, "key": key, "body": body, "author": author_id},
    )
    await notify(session, WAKE, chat)
    return id_


async def replace(session: AsyncSession, chat: str, line: int, body: bytes) -> bool:
    """Put something else in the place of a line of the assistant's; False where it is gone."""
    done = await session.execute(
        text("""
UPDATE chat_line SET body = :body, turn = nextval('chat_line_turn')
WHERE id = :line AND chat = :chat AND author_id IS NULL RETURNING id
"""),
        {"body": body, "line": line, "chat": chat},
    )
    if done.first() is None:
        return False
    await notify(session, WAKE, chat)
    return True


async def newest(session: AsyncSession, chat: str, limit: int = 50) -> Sequence[ChatLine]:
    """The last lines of a chat, the oldest of them first."""
    found = await session.exec(
        select(ChatLine).where(ChatLine.chat == chat).order_by(col(ChatLine.id).desc()).limit(limit)
    )
    return list(reversed(found.all()))


async def said(session: AsyncSession, chat: str, line: int) -> ChatLine | None:
    """A line of the assistant's in a chat."""
    found = await session.exec(
        select(ChatLine).where(
            ChatLine.chat == chat, ChatLine.id == line, col(ChatLine.author_id).is_(None)
        )
    )
    return found.first()


async def after(session: AsyncSession, chat: str, turn: int) -> Sequence[ChatLine]:
    """What is new since a turn: lines, and lines that have taken the place of others."""
    found = await session.exec(
        select(ChatLine)
        .where(ChatLine.chat == chat, col(ChatLine.turn) > turn)
        .order_by(col(ChatLine.turn))
        .limit(200)
    )
    return found.all()
