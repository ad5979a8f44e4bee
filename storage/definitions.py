"""What the firm has written as data: rules, flows, templates; each with its versions."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import Definition


async def newest(session: AsyncSession, kind: str) -> Sequence[Definition]:
    """The version in force of each definition of a kind, by name; switched off ones too."""
    return (
        await session.exec(
            select(Definition)
            .ext(distinct_on(col(Definition.name)))
            .where(Definition.kind == kind)
            .order_by(col(Definition.name), col(Definition.version).desc())
        )
    ).all()


async def versions(session: AsyncSession, kind: str, name: str) -> Sequence[Definition]:
    """All versions of one, the newest first."""
    return (
        await session.exec(
            select(Definition)
            .where(Definition.kind == kind, Definition.name == name)
            .order_by(col(Definition.version).desc())
        )
    ).all()


async def write(
    session: AsyncSession,
    kind: str,
    name: str,
    body: dict[str, Any],
    *,
    enabled: bool = True,
    by_id: int | None = None,
    at: datetime | None = None,
) -> Definition:
    """A new version, of now unless `at` is given; earlier ones stay as they were. Two at once: the later fails to commit."""
    earlier = await versions(session, kind, name)
    made = Definition(
        kind=kind,
        name=name,
        version=earlier[0].version + 1 if earlier else 1,
        body=body,
        enabled=enabled,
        by_id=by_id,
        at=(at or datetime.now(UTC)).astimezone(UTC),
    )
    session.add(made)
    await session.flush()
    return made
