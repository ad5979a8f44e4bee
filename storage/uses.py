"""What the assistant's answers are made of: who said what, inside and outside, and what was put aside."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import and_, func, text
from sqlalchemy import select as columns
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import search
from storage.scope import Scope
from storage.tables import (
    Alias,
    Cost,
    Customer,
    Dismissal,
    Interaction,
    Milestone,
    Project,
    Reminder,
    Task,
    User,
)

DRAFT: Final = "draft"
"""First word of the evidence of a draft; that of a member's reply is "reply"."""
_MINE: Final = ("draft", "reply")
_READABLE: Final = (
    col(Interaction.recalled_at).is_(None),
    col(Interaction.evidence)[1].is_distinct_from(DRAFT),
)


def _of(customer_id: int | None, project_id: int | None) -> Any:
    if project_id is not None:
        return col(Interaction.project_id) == project_id
    return col(Interaction.customer_id) == customer_id


async def said(
    session: AsyncSession,
    scope: Scope,
    *,
    customer_id: int | None = None,
    project_id: int | None = None,
    since: datetime,
    limit: int = 200,
) -> list[Interaction]:
    """The newest items of a customer or a project since a time, in the order of time."""
    found = await session.exec(
        select(Interaction)
        .where(
            *_READABLE,
            scope.interactions(),
            _of(customer_id, project_id),
            col(Interaction.occurred_at) >= since,
        )
        .order_by(col(Interaction.occurred_at).desc(), col(Interaction.id).desc())
        .limit(limit)
    )
    return list(found.all())[::-1]


async def thread(
    session: AsyncSession,
    scope: Scope,
    item: Interaction,
    since: datetime,
    until: datetime,
    limit: int = 60,
) -> list[Interaction]:
    """What was said in an item's thread; without one, in its chat between two times."""
    same: Any = Interaction.id == item.id
    if item.conversation_id is not None and item.thread:
        same = and_(
            or_(
                col(Interaction.thread) == item.thread,
                col(Interaction.message_key) == item.thread,
                same,
            ),
            col(Interaction.conversation_id) == item.conversation_id,
        )
    elif item.conversation_id is not None:
        same = and_(
            col(Interaction.conversation_id) == item.conversation_id,
            col(Interaction.occurred_at).between(since, until),
        )
    found = await session.exec(
        select(Interaction)
        .where(*_READABLE, scope.interactions(), same)
        .order_by(col(Interaction.occurred_at).desc(), col(Interaction.id).desc())
        .limit(limit)
    )
    return list(found.all())[::-1]


async def with_customer(
    session: AsyncSession, scope: Scope, item: Interaction, limit: int = 40
) -> list[Interaction]:
    """What a customer and we have said to each other: the item's thread first, then its project, then
    the newest; nothing that was said among members.
    """
    rank = text(
        "(conversation_id IS NOT DISTINCT FROM :chat AND thread IS NOT DISTINCT FROM :thread) DESC,"
        " (project_id IS NOT DISTINCT FROM :project) DESC, occurred_at DESC, interaction.id DESC"
    ).bindparams(chat=item.conversation_id, thread=item.thread, project=item.project_id)
    found = await session.exec(
        select(Interaction)
        .where(
            *_READABLE,
            scope.interactions(),
            Interaction.customer_id == item.customer_id,
            Interaction.audience == "customer",
            col(Interaction.direction).in_(("in", "out")),
            Interaction.text != "",
        )
        .order_by(rank)
        .limit(limit)
    )
    return sorted(found.all(), key=lambda one: (one.occurred_at, one.id))


async def inside(session: AsyncSession, customer_id: int, limit: int = 300) -> list[Interaction]:
    """The newest words about a customer that no customer reads, but for what waits to be sent."""
    found = await session.exec(
        select(Interaction)
        .where(
            Interaction.customer_id == customer_id,
            or_(Interaction.audience == "internal", Interaction.direction == "internal"),
            or_(
                col(Interaction.evidence)[1].is_(None),
                col(Interaction.evidence)[1].not_in(_MINE),
            ),
            Interaction.text != "",
        )
        .order_by(col(Interaction.occurred_at).desc())
        .limit(limit)
    )
    return list(found.all())


async def costs(session: AsyncSession, project_ids: Collection[int]) -> list[Cost]:
    found = await session.exec(
        select(Cost)
        .where(col(Cost.project_id).in_(project_ids))
        .order_by(col(Cost.id).desc())
        .limit(500)
    )
    return list(found.all())


@dataclass(frozen=True, slots=True)
class Called:
    """A name that stands in a text."""

    text: str
    norm: str
    customer_id: int
    project_id: int | None


async def called(session: AsyncSession, norm: str, limit: int = 200) -> list[Called]:
    """All names and codes of customers and projects that a normal form holds, seen or not."""
    rows = await session.execute(
        text("""
SELECT text, norm, customer_id, project_id FROM (
  SELECT text, norm, customer_id, project_id FROM alias
  UNION ALL SELECT code, lower(code), id, NULL FROM customer
  UNION ALL SELECT code, lower(code), customer_id, id FROM project
) AS known
WHERE length(norm) >= 2 AND strpos(:norm, norm) > 0
ORDER BY length(norm) DESC, customer_id LIMIT :limit
"""),
        {"norm": norm, "limit": limit},
    )
    return [Called(*row) for row in rows]


async def member_names(session: AsyncSession) -> list[tuple[int, str]]:
    found = await session.exec(select(User.id, User.name).where(User.active))
    return [(id_, name) for id_, name in found]


async def names_of(session: AsyncSession, customer_id: int) -> list[str]:
    """What a customer and its projects are called."""
    found = await session.exec(select(Alias.text).where(Alias.customer_id == customer_id))
    return list(found.all())


async def drafts(session: AsyncSession, interaction_id: int) -> list[Interaction]:
    """Drafts of an answer to an item, the oldest first."""
    found = await session.exec(
        select(Interaction)
        .where(
            Interaction.message_key == f"answers:{interaction_id}",
            col(Interaction.evidence)[1] == DRAFT,
        )
        .order_by(col(Interaction.id))
    )
    return list(found.all())


async def matching(
    session: AsyncSession,
    scope: Scope,
    lexemes: Sequence[str],
    *,
    customers: Collection[int] = (),
    projects: Collection[int] = (),
    limit: int = 200,
) -> list[Interaction]:
    """The newest items that hold one of these words at least, of the customers and projects if any."""
    asked = " | ".join(f"'{one}'" for one in lexemes if "'" not in one and "\\" not in one)
    narrowed: list[Any] = []
    if customers or projects:
        narrowed.append(
            col(Interaction.customer_id).in_(customers) | col(Interaction.project_id).in_(projects)
        )
    if asked:
        narrowed.append(
            text("interaction.search @@ CAST(:asked AS tsquery)").bindparams(asked=asked)
        )
    if not narrowed or not scope.talk:
        return []
    newest = await session.scalar(text("SELECT max(id) FROM interaction")) or 0
    found = await session.exec(
        select(Interaction)
        .where(
            *_READABLE,
            scope.interactions(),
            *narrowed,
            col(Interaction.id) > newest - 10 * search.RECENT,
        )
        .order_by(col(Interaction.occurred_at).desc(), col(Interaction.id).desc())
        .limit(limit)
    )
    return list(found.all())


@dataclass(frozen=True, slots=True)
class Late:
    """Something of a project's that should have been done by a day."""

    customer_id: int
    project: str
    kind: str
    """task, milestone."""
    id: int
    name: str
    due: date
    who: str


async def late(
    session: AsyncSession, scope: Scope, customers: Collection[int], today: date
) -> list[Late]:
    """Overdue tasks and milestones of customers' running projects, the oldest first."""
    found: list[Late] = []
    for table, kind in ((Task, "task"), (Milestone, "milestone")):
        who = col(Task.assignee_id) if kind == "task" else col(Project.manager_id)
        rows = await session.execute(
            columns(
                col(Project.customer_id),
                col(Project.code),
                col(table.id),
                col(table.name),
                col(table.due),
                col(User.name),
            )
            .join_from(table, Project, col(Project.id) == col(table.project_id))
            .outerjoin(User, col(User.id) == who)
            .where(
                scope.projects(),
                col(Project.customer_id).in_(customers),
                col(Project.phase) != "closed",
                col(table.done_at).is_(None),
                col(table.due) < today,
            )
            .order_by(col(table.due), col(table.id))
            .limit(200)
        )
        found += [Late(row[0], row[1], kind, row[2], row[3], row[4], row[5] or "") for row in rows]
    return sorted(found, key=lambda one: (one.due, one.id))


async def promises(
    session: AsyncSession, scope: Scope, customers: Collection[int], until: date
) -> list[tuple[Reminder, str]]:
    """Open promises to customers that are due by a day, with who made them, the oldest first."""
    rows = await session.exec(
        select(Reminder, User.name)
        .join(User, col(User.id) == col(Reminder.user_id))
        .join(Interaction, col(Interaction.id) == col(Reminder.interaction_id))
        .where(
            scope.interactions(),
            Reminder.source == "promise",
            col(Reminder.customer_id).in_(customers),
            col(Reminder.done_at).is_(None),
            col(Reminder.due) <= until,
        )
        .order_by(col(Reminder.due), col(Reminder.id))
        .limit(200)
    )
    return list(rows.all())


async def tasks_from(session: AsyncSession, items: Collection[int]) -> set[int]:
    """Which items a task was made from, or is noted with."""
    rows = await session.execute(
        text("""
SELECT interaction_id FROM task WHERE interaction_id = ANY(:items)
UNION SELECT interaction_id FROM task_talk WHERE interaction_id = ANY(:items) AND state = 'linked'
"""),
        {"items": list(items)},
    )
    return {row[0] for row in rows}


async def customers_of(
    session: AsyncSession, scope: Scope, user_id: int, limit: int = 60
) -> list[Customer]:
    """Customers that a member looks after: as their owner, or as a running project's manager."""
    found = await session.exec(
        select(Customer)
        .where(
            col(Customer.merged_into_id).is_(None),
            scope.customers(),
            or_(
                col(Customer.owner_id) == user_id,
                col(Customer.id).in_(
                    select(Project.customer_id).where(
                        Project.manager_id == user_id, Project.phase != "closed"
                    )
                ),
            ),
        )
        .order_by(col(Customer.id))
        .limit(limit)
    )
    return list(found.all())


async def dismissed(session: AsyncSession, kind: str, subjects: Collection[str]) -> set[str]:
    found = await session.exec(
        select(Dismissal.subject).where(
            Dismissal.kind == kind, col(Dismissal.subject).in_(subjects)
        )
    )
    return set(found.all())


async def dismiss(session: AsyncSession, kind: str, subject: str, by_id: int | None) -> None:
    """Put a proposal aside; twice is once."""
    await session.execute(
        insert(Dismissal)
        .values(kind=kind, subject=subject, by_id=by_id, at=func.now())
        .on_conflict_do_nothing(index_elements=["kind", "subject"])
    )


@dataclass(frozen=True, slots=True)
class Answered:
    """Where an answer went."""

    channel: str
    chat: str
    thread: str
    place: str
    """The far side's name of it; empty until it is there."""


async def answer_at(session: AsyncSession, key: str) -> Answered | None:
    row = (
        await session.execute(
            text(
                "SELECT channel, chat, thread, COALESCE(external_id, '') FROM outbox WHERE key = :key"
            ),
            {"key": key},
        )
    ).first()
    return Answered(*row) if row else None
