"""Taking a write back: what changed is recorded row by row as it is flushed, and put back.

Only what a person's command changed through the session is recorded; the trail itself is not.
"""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import Table, delete, event, inspect, select, update
from sqlalchemy.orm import Session
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

_NEVER: Final = frozenset(
    {"token", "undo_entry", "pending", "audit_entry", "audit_seal", "outbox", "inbox"}
)
_LOOSE: Final = {"contact": (("interaction", "contact_id"),)}
"""Pointers that are emptied when the row they point at is taken back."""
_FROM_TEXT: Final[dict[type, Any]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    Decimal: Decimal,
    bytes: bytes.fromhex,
}


class Conflict(Exception):
    """A row has changed since; taking the write back would lose the newer change."""


class Recorder:
    """Records the row changes of the `with` block it stands for."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session.sync_session
        self.changes: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        event.listen(self._session, "after_flush", self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        event.remove(self._session, "after_flush", self._note)

    def _note(self, session: Session, _context: object) -> None:
        for row in session.new:
            self._add(row, "insert", {}, {})
        for row in session.dirty:
            before, after = _changed(row)
            if after:
                self._add(row, "update", before, after)
        for row in session.deleted:
            self._add(row, "delete", _columns(row), {})

    def _add(self, row: Any, how: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        if row.__tablename__ in _NEVER:
            return
        key = {c.name: _plain(getattr(row, c.name)) for c in inspect(row).mapper.primary_key}
        self.changes.append(
            {"table": row.__tablename__, "how": how, "key": key, "before": before, "after": after}
        )


async def take_back(session: AsyncSession, changes: list[dict[str, Any]]) -> None:
    """Undo recorded changes, the last first; raises `Conflict` where a row has moved on."""
    for change in reversed(changes):
        table = SQLModel.metadata.tables[change["table"]]
        key = [table.c[name] == _typed(table, name, value) for name, value in change["key"].items()]
        if change["how"] == "insert":
            await _let_go(session, change)
            await session.execute(delete(table).where(*key))
        elif change["how"] == "delete":
            values = {n: _typed(table, n, v) for n, v in change["before"].items()}
            await session.execute(table.insert().values(**values))
        else:
            await _put_back(session, table, key, change)
    _forget(session, changes)


def _forget(session: AsyncSession, changes: list[dict[str, Any]]) -> None:
    """Rows changed behind the session's back are read anew when they are asked for again."""
    gone = {(change["table"], tuple(change["key"].values())) for change in changes}
    for row in list(session.sync_session.identity_map.values()):
        state = inspect(row)
        if (state.mapper.local_table.name, tuple(state.identity or ())) in gone:
            session.expunge(row)


async def _let_go(session: AsyncSession, change: dict[str, Any]) -> None:
    """What was filed by a lesson stays; only its pointer at the lesson goes."""
    for name, column in _LOOSE.get(change["table"], ()):
        table = SQLModel.metadata.tables[name]
        gone = change["key"]["id"]
        await session.execute(update(table).where(table.c[column] == gone).values({column: None}))


async def _put_back(
    session: AsyncSession, table: Table, key: list[Any], change: dict[str, Any]
) -> None:
    names = list(change["after"])
    row = (
        await session.execute(
            select(*(table.c[name] for name in names)).where(*key).with_for_update()
        )
    ).first()
    now = dict(zip(names, map(_plain, row), strict=True)) if row else None
    if now != change["after"]:
        raise Conflict(change["table"])
    values = {name: _typed(table, name, value) for name, value in change["before"].items()}
    await session.execute(update(table).where(*key).values(**values))


def _changed(row: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for attribute in inspect(row).attrs:
        history = attribute.history
        if history.has_changes():
            before[attribute.key] = _plain(history.deleted[0] if history.deleted else None)
            after[attribute.key] = _plain(history.added[0] if history.added else None)
    return before, after


def _columns(row: Any) -> dict[str, Any]:
    return {c.key: _plain(getattr(row, c.key)) for c in inspect(row).mapper.column_attrs}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal):
        return str(value.normalize() if value else Decimal(0))
    return value


def _typed(table: Table, name: str, value: Any) -> Any:
    if value is None:
        return None
    convert = _FROM_TEXT.get(table.c[name].type.python_type)
    return convert(value) if convert and isinstance(value, str) else value
