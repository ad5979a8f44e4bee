"""How customers felt over time: scored words, and what members said against a score."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select as columns
from sqlalchemy import text
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import Contact, Correction, Interaction

_UNSURE: Final = (
    col(Interaction.direction) == "in",
    col(Interaction.mood_by) == "",
    col(Interaction.sentiment) != "unscored",
    col(Interaction.recalled_at).is_(None),
)


@dataclass(frozen=True, slots=True)
class Felt:
    """One scored word of a customer's."""

    item: int
    at: datetime
    score: float
    because: str
    contact_id: int | None
    who: str


async def felt(
    session: AsyncSession,
    scope: Scope,
    *,
    customer_id: int | None = None,
    project_id: int | None = None,
    contact_id: int | None = None,
    since: datetime,
    limit: int = 500,
) -> list[Felt]:
    """The newest scored words of a customer, a project or a contact, in the order of time."""
    asked = (
        columns(
            col(Interaction.id),
            col(Interaction.occurred_at),
            col(Interaction.score),
            col(Interaction.because),
            col(Interaction.contact_id),
            col(Interaction.sender_name),
            col(Contact.name),
        )
        .outerjoin(Contact, col(Contact.id) == col(Interaction.contact_id))
        .where(
            scope.interactions(),
            col(Interaction.direction) == "in",
            col(Interaction.sentiment) != "unscored",
            col(Interaction.occurred_at) >= since,
        )
    )
    if customer_id is not None:
        asked = asked.where(col(Interaction.customer_id) == customer_id)
    if project_id is not None:
        asked = asked.where(col(Interaction.project_id) == project_id)
    if contact_id is not None:
        asked = asked.where(col(Interaction.contact_id) == contact_id)
    rows = await session.execute(asked.order_by(col(Interaction.occurred_at).desc()).limit(limit))
    found = [Felt(row[0], row[1], row[2], row[3], row[4], row[6] or row[5]) for row in rows]
    return found[::-1]


async def contact_named(session: AsyncSession, customer_id: int, name: str) -> Contact | None:
    """A contact of a customer by name, whole or in part."""
    found = await session.exec(
        select(Contact)
        .where(
            Contact.customer_id == customer_id,
            col(Contact.merged_into_id).is_(None),
            func.lower(Contact.name).contains(name.strip().lower(), autoescape=True),
        )
        .order_by(func.length(Contact.name), col(Contact.id))
        .limit(1)
    )
    return found.first()


async def correct(
    session: AsyncSession, item: Interaction, after: str, by_id: int | None
) -> Correction:
    """Keep a member's word; the last one counts, against what was told at first."""
    found = (
        await session.exec(select(Correction).where(Correction.interaction_id == item.id))
    ).first()
    if found is None:
        found = Correction(interaction_id=item.id, before=item.sentiment, after=after)
    found.after, found.by_id = after, by_id
    session.add(found)
    return found


@dataclass(frozen=True, slots=True)
class Corrected:
    """A text that members have labelled."""

    text: str
    language: str
    before: str
    after: str
    signals: list[str]


async def corrected(session: AsyncSession) -> Sequence[Corrected]:
    """All texts that members have corrected, as they stand today."""
    rows = await session.execute(
        text("""
SELECT i.text, i.language, c.before, c.after, i.signals
FROM correction c JOIN interaction i ON i.id = c.interaction_id
WHERE i.text <> '' AND c.after <> 'unscored' ORDER BY c.id
""")
    )
    return [Corrected(*row) for row in rows]


async def unsure(
    session: AsyncSession, since: datetime, below: float, limit: int
) -> Sequence[Interaction]:
    """Customers' words received since, of whose mood the program is unsure, the oldest first."""
    return (
        await session.exec(
            select(Interaction)
            .where(*_UNSURE, Interaction.mood_sure < below, Interaction.received_at >= since)
            .order_by(col(Interaction.id))
            .limit(limit)
        )
    ).all()


async def still_unsure(session: AsyncSession, ids: Sequence[int]) -> Sequence[Interaction]:
    """Those of which nobody else has said anything meanwhile; they are held until the commit."""
    return (
        await session.exec(
            select(Interaction)
            .where(col(Interaction.id).in_(ids), *_UNSURE)
            .order_by(col(Interaction.id))
            .with_for_update()
        )
    ).all()
