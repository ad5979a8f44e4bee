"""Private mail: the rules that tell it, and how little of it stays."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import Counter, PrivateRule

MARKED: Final = "mail_private"
"""The counter of mails that said so themselves."""


async def rules(session: AsyncSession) -> Sequence[PrivateRule]:
    return (
        await session.exec(select(PrivateRule).order_by(col(PrivateRule.kind), col(PrivateRule.id)))
    ).all()


async def rule(session: AsyncSession, kind: str, value: str) -> PrivateRule | None:
    return (
        await session.exec(
            select(PrivateRule).where(PrivateRule.kind == kind, PrivateRule.value == value)
        )
    ).first()


async def marked(session: AsyncSession) -> int:
    """How many mails were kept out because they said so themselves."""
    found = await session.get(Counter, MARKED)
    return found.value if found else 0


async def kept_out(session: AsyncSession, by_rule: Collection[tuple[int, int | None]]) -> None:
    """Empty these inbox rows and count them; pairs (inbox row, rule), None for no rule.

    The key stays, so that the mail is known where it is delivered again.
    """
    await session.execute(
        text("UPDATE inbox SET message = '', raw = '' WHERE id = ANY(:ids)"),
        {"ids": [inbox_id for inbox_id, _ in by_rule]},
    )
    # In order, so that two drains that count for the same rules never wait for each other.
    numbers = sorted(number for _, number in by_rule if number is not None)
    for number in dict.fromkeys(numbers):
        await session.execute(
            text("UPDATE private_rule SET kept_out = kept_out + :count WHERE id = :id"),
            {"id": number, "count": numbers.count(number)},
        )
    if own := len(by_rule) - len(numbers):
        await session.execute(
            text("""
INSERT INTO counter (name, value) VALUES (:name, :count)
ON CONFLICT (name) DO UPDATE SET value = counter.value + excluded.value
"""),
            {"name": MARKED, "count": own},
        )
