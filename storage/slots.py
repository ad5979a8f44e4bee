"""Slots of the clock: taken once, by whoever comes first."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession


async def take(session: AsyncSession, job: str, slot: datetime) -> bool:
    """Claim a slot in this transaction; False where it has been claimed."""
    taken = await session.scalar(
        text("""
INSERT INTO clock_slot (job, slot) VALUES (:job, :slot) ON CONFLICT DO NOTHING RETURNING 1
"""),
        {"job": job, "slot": slot},
    )
    return taken is not None


async def prune(session: AsyncSession, before: datetime) -> None:
    await session.execute(text("DELETE FROM clock_slot WHERE slot < :before"), {"before": before})
