"""Sessions and one-time links: random secrets, of which only the SHA-256 is kept."""

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Final

from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import Token

SESSION: Final = "session"
FIRST_ADMIN: Final = "first_admin"
INVITE: Final = "invite"


async def make(
    session: AsyncSession, purpose: str, user_id: int | None, expires_at: datetime
) -> str:
    """A new secret; it is told once and cannot be read again."""
    secret = secrets.token_urlsafe(32)
    session.add(Token(hash=_hash(secret), purpose=purpose, user_id=user_id, expires_at=expires_at))
    return secret


async def find(session: AsyncSession, purpose: str, secret: str) -> Token | None:
    """The token of a secret, if it still holds."""
    token = await session.get(Token, _hash(secret))
    if token is None or token.purpose != purpose or token.used_at is not None:
        return None
    return token if token.expires_at > datetime.now(UTC) else None


async def use(session: AsyncSession, token: Token) -> bool:
    """Spend a token; False where somebody was quicker."""
    done = await session.exec(
        update(Token)
        .where(col(Token.hash) == token.hash, col(Token.used_at).is_(None))
        .values(used_at=datetime.now(UTC))
    )
    return done.rowcount == 1


async def revoke(session: AsyncSession, secret: str) -> None:
    token = await session.get(Token, _hash(secret))
    if token is not None:
        token.used_at = datetime.now(UTC)
        session.add(token)


async def end_sessions(session: AsyncSession, user_id: int) -> None:
    """Log a user out everywhere: a new password ends what the old one began."""
    await session.exec(
        update(Token)
        .where(
            col(Token.user_id) == user_id,
            col(Token.purpose) == SESSION,
            col(Token.used_at).is_(None),
        )
        .values(used_at=datetime.now(UTC))
    )


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
