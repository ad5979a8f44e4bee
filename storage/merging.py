"""Merges of customers and of contacts, which can be taken back in any order, row by row.

A merge points all rows at the kept one and remembers which. Names and addresses that both have stay
where they are, since look-ups follow `merged_into_id`, which always names the last one of a chain.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import text
from sqlmodel import SQLModel, col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import Attachment, Contact, ContactMerge, Customer, Interaction, Merge

_TWINS: Final = {
    "alias": "k.norm = t.norm AND k.project_id IS NOT DISTINCT FROM t.project_id",
    "customer_domain": "k.domain = t.domain",
    "identity": "k.channel = t.channel AND k.address = t.address",
    "contact_plan": "true",
    "health_snapshot": "k.day = t.day",
    "care_node": "k.node = t.node AND k.due = t.due AND k.project_id IS NOT DISTINCT FROM t.project_id",
    "customer_report": "k.template = t.template AND k.conversation_id = t.conversation_id",
}
"""Rows that the same owner cannot have twice."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is merged, where that is recorded, and which column of others points at it."""

    entity: type[Customer] | type[Contact]
    record: type[Merge] | type[ContactMerge]
    column: str

    @property
    def tables(self) -> Sequence[str]:
        """Tables whose rows go over to the kept one: all that have the column."""
        listed = sorted(SQLModel.metadata.tables.values(), key=lambda table: table.name)
        return [table.name for table in listed if self.column in table.c]


CUSTOMERS: Final = Kind(Customer, Merge, "customer_id")
CONTACTS: Final = Kind(Contact, ContactMerge, "contact_id")


async def merge(
    session: AsyncSession, kind: Kind, kept: int, gone: int, by_id: int | None
) -> Merge | ContactMerge | None:
    """Make `gone` part of `kept`; None where one of them is part of another by now."""
    entity = kind.entity
    held = (
        await session.exec(
            select(entity.id)
            .where(col(entity.id).in_((kept, gone)), col(entity.merged_into_id).is_(None))
            .order_by(col(entity.id))
            .with_for_update()
        )
    ).all()
    if len(held) != 2:
        return None
    moved = {
        table: ids
        for table in kind.tables
        if (ids := await _point(session, kind, table, {"from": [gone], "to": kept}))
    }
    under = await session.execute(
        update(entity)
        .where(col(entity.merged_into_id) == gone)
        .values(merged_into_id=kept)
        .returning(col(entity.id))
    )
    done = kind.record(
        kept_id=kept,
        gone_id=gone,
        moved=moved,
        before={"under": [id_ for (id_,) in under]},
        by_id=by_id,
    )
    (await session.get_one(entity, gone)).merged_into_id = kept
    session.add(done)
    await session.flush()
    return done


async def undo(session: AsyncSession, kind: Kind, done: Merge | ContactMerge) -> None:
    """Give everything that a merge moved back to the one that it came from, wherever it is now.

    What came later, and what a person has put elsewhere since, stays.
    """
    later = await _later(session, kind, done.kept_id)
    homes = [done.kept_id, *(each.kept_id for each in later)]
    for table, ids in done.moved.items():
        if table not in kind.tables:
            continue
        back = await _point(
            session, kind, table, {"from": homes, "to": done.gone_id}, only=list(ids)
        )
        for each in later:
            left = [id_ for id_ in each.moved.get(table, []) if id_ not in set(back)]
            each.moved = {**each.moved, table: left}
    entity = kind.entity
    under = set(done.before.get("under", []))
    await session.execute(
        update(entity)
        .where(col(entity.id).in_(under), col(entity.merged_into_id) == homes[-1])
        .values(merged_into_id=done.gone_id)
    )
    (await session.get_one(entity, done.gone_id)).merged_into_id = None
    for each in later:
        left = [i for i in each.before.get("under", []) if i not in under | {done.gone_id}]
        each.before = {**each.before, "under": left}
    done.undone_at = datetime.now(UTC)
    session.add_all([done, *later])
    await session.flush()


async def _point(
    session: AsyncSession,
    kind: Kind,
    table: str,
    move: Mapping[str, Any],
    only: list[int] | None = None,
) -> list[int]:
    """Point a table's rows at another owner; answers which. Twins of what is there stay."""
    column = kind.column
    twin = _TWINS.get(table)
    besides = (
        f" AND NOT EXISTS (SELECT 1 FROM {table} k WHERE k.{column} = :to AND {twin})"  # noqa: S608 - names of our own tables
        if twin
        else ""
    )
    chosen = " AND t.id = ANY(:only)" if only is not None else ""
    rows = await session.execute(
        text(
            f"UPDATE {table} t SET {column} = :to WHERE t.{column} = ANY(:from){chosen}{besides}"  # noqa: S608 - names of our own tables
            " RETURNING t.id"
        ),
        {**move, **({"only": only} if only is not None else {})},
    )
    return sorted(id_ for (id_,) in rows)


async def _later(session: AsyncSession, kind: Kind, kept: int) -> list[Merge | ContactMerge]:
    """The merges that took the kept one further, the next first."""
    found: list[Merge | ContactMerge] = []
    while (one := await holding(session, kind, kept)) is not None:
        found.append(one)
        kept = one.kept_id
    return found


async def holding(session: AsyncSession, kind: Kind, gone: int) -> Merge | ContactMerge | None:
    """The merge that took one away, if it still holds."""
    record = kind.record
    return (
        await session.exec(
            select(record)
            .where(record.gone_id == gone, col(record.undone_at).is_(None))
            .order_by(col(record.id).desc())
        )
    ).first()


async def into(session: AsyncSession, kept: int) -> Sequence[Merge]:
    """The merges that made other customers part of this one, as far as they hold."""
    return (
        await session.exec(
            select(Merge)
            .where(Merge.kept_id == kept, col(Merge.undone_at).is_(None))
            .order_by(col(Merge.id))
        )
    ).all()


async def across(session: AsyncSession, done: Merge) -> Sequence[ContactMerge]:
    """Merges of contacts that return with a customer and ones that stay, the newest first."""
    back = set(done.moved.get("contact", []))
    found = await session.exec(
        select(ContactMerge)
        .where(
            col(ContactMerge.undone_at).is_(None),
            or_(col(ContactMerge.kept_id).in_(back), col(ContactMerge.gone_id).in_(back)),
        )
        .order_by(col(ContactMerge.id).desc())
    )
    return [one for one in found if (one.kept_id in back) != (one.gone_id in back)]


async def settle(
    session: AsyncSession, item: Interaction, attachments: Collection[Attachment]
) -> None:
    """A person has said where an item belongs: no merge that is taken back moves it again."""
    held = await session.exec(
        select(Merge).where(
            col(Merge.undone_at).is_(None),
            col(Merge.moved)["interaction"].contains([item.id]),
        )
    )
    files = {file.id for file in attachments}
    for one in held:
        one.moved = {
            **one.moved,
            "interaction": [i for i in one.moved["interaction"] if i != item.id],
            "attachment": [i for i in one.moved.get("attachment", []) if i not in files],
        }
        session.add(one)
