"""Systems outside that tell us something: who they are, what they have told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import Project, Source, SourceEvent


async def named(session: AsyncSession, name: str) -> Source | None:
    """A source by its name, whoever may see it: names are taken once."""
    return (await session.exec(select(Source).where(Source.name == name))).first()


async def seen(session: AsyncSession, scope: Scope, name: str) -> Source | None:
    """A source that may be seen, by its name."""
    asked = select(Source).outerjoin(Project, col(Project.id) == col(Source.project_id))
    return (await session.exec(asked.where(Source.name == name, _may_see(scope)))).first()


async def listening(session: AsyncSession, kind: str, name: str) -> Source | None:
    """A source that is still heard, locked until the commit: one event of it at a time."""
    found = await session.exec(
        select(Source)
        .where(Source.kind == kind, Source.name == name, col(Source.stopped_at).is_(None))
        .with_for_update()
    )
    return found.first()


async def event(session: AsyncSession, source_id: int, event_id: str) -> SourceEvent | None:
    found = await session.exec(
        select(SourceEvent).where(
            SourceEvent.source_id == source_id, SourceEvent.event_id == event_id
        )
    )
    return found.first()


@dataclass(frozen=True, slots=True)
class Heard:
    """A source and how much of what it told could be used."""

    source: Source
    project: str
    """The code of its project; empty for money."""
    taken: int
    refused: int


async def listed(session: AsyncSession, scope: Scope, limit: int = 40) -> Sequence[Heard]:
    """Those that may be seen, the ones still heard first."""
    counts = (
        select(
            SourceEvent.source_id,
            func.count().filter(col(SourceEvent.error) == "").label("taken"),
            func.count().filter(col(SourceEvent.error) != "").label("refused"),
        )
        .group_by(col(SourceEvent.source_id))
        .subquery()
    )
    found = await session.exec(
        select(
            Source,
            func.coalesce(Project.code, ""),
            func.coalesce(counts.c.taken, 0),
            func.coalesce(counts.c.refused, 0),
        )
        .outerjoin(Project, col(Project.id) == col(Source.project_id))
        .outerjoin(counts, counts.c.source_id == col(Source.id))
        .where(_may_see(scope))
        .order_by(col(Source.stopped_at).desc().nulls_first(), col(Source.name))
        .limit(limit)
    )
    return [Heard(*row) for row in found]


async def prune(session: AsyncSession, before: datetime, most: int = 5_000) -> int:
    """Forget some of what was taken before a time; what was refused stays, with its reason."""
    count = await session.scalar(
        text("""
WITH old AS (SELECT id FROM source_event WHERE error = '' AND at < :before ORDER BY id LIMIT :most),
gone AS (DELETE FROM source_event USING old WHERE source_event.id = old.id RETURNING 1)
SELECT count(*) FROM gone
"""),
        {"before": before, "most": most},
    )
    return count or 0


async def refusals(
    session: AsyncSession, source_ids: Iterable[int], limit: int = 5
) -> Sequence[tuple[str, SourceEvent]]:
    """What these could not make us take, the newest first, with the name of the source."""
    found = await session.exec(
        select(Source.name, SourceEvent)
        .join(Source, col(Source.id) == col(SourceEvent.source_id))
        .where(col(SourceEvent.source_id).in_(list(source_ids)), col(SourceEvent.error) != "")
        .order_by(col(SourceEvent.at).desc(), col(SourceEvent.id).desc())
        .limit(limit)
    )
    return found.all()


def _may_see(scope: Scope) -> ColumnElement[bool]:
    of_project = col(Source.project_id).is_not(None) & scope.projects()
    return or_(of_project, col(Source.kind) == "money") if scope.sees("amount") else of_project
