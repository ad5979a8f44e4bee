"""The trace: audit rows written plainly, sealed into a chain behind the writers' backs.

A chain head inside the business transaction would make every writer wait for every other. Instead the
sealer takes all rows whose transactions are over (their mark lies below the oldest running one), hashes
them in order and links the hash to the one before. An edited, deleted, inserted or reordered row breaks
a link; a tail cut off is missed by the copy of the head that is kept outside the database.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import bulk
from storage.tables import AuditEntry, AuditSeal

HEAD_FILE: Final = "audit.head"
_SEAL_LOCK: Final = 0x5EA1
_START: Final = b"keqing audit 1"
_MOST: Final = 1_000
"""Entries in one seal: hashing them holds up everything else for some 10 ms."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One thing somebody did. `facts` go into a keyed digest only and are not kept."""

    action: str
    subject: str
    subject_id: int | None
    actor_id: int | None = None
    facts: Any = None


def digest(key: bytes, facts: Any) -> bytes:
    """The keyed digest of facts: proof of what was written that tells nothing by itself."""
    body = orjson.dumps(facts, option=orjson.OPT_SORT_KEYS, default=str)
    return hmac.digest(key, body, "sha256")[:16]


async def write(session: AsyncSession, *traces: Trace) -> None:
    """Add audit rows to the session's transaction; the key is the database's own."""
    key: bytes = session.info["audit_key"]
    await bulk.insert(
        session,
        AuditEntry,
        [
            {
                "action": trace.action,
                "subject": trace.subject,
                "subject_id": trace.subject_id,
                "actor_id": trace.actor_id,
                "digest": "\\x" + digest(key, trace.facts).hex(),
            }
            for trace in traces
        ],
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the trace is whole; `where` tells the first broken place."""

    intact: bool
    sealed: int
    unsealed: int
    where: str = ""


async def seal(session: AsyncSession) -> AuditSeal | None:
    """Seal what is committed: the new link, or None where nothing is unsealed. Replicas take turns."""
    free = await session.scalar(
        text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _SEAL_LOCK}
    )
    if not free:
        return None
    last = await _last(session)
    low = last.high if last else 0
    high = await session.scalar(text("SELECT audit_watermark()"))
    rows = await _rows(session, low, high)
    if len(rows) > _MOST:  # end a seal on a whole transaction, however large one is
        high = rows[_MOST].mark
        if rows[0].mark == high:
            high += 1
            rows = await _rows(session, low, high, most=None)
        rows = [row for row in rows if row.mark < high]
    if not rows:
        return None
    total = (last.total if last else 0) + len(rows)
    link = AuditSeal(
        low=low,
        high=high,
        count=len(rows),
        total=total,
        hash=_link(session.info["audit_key"], last.hash if last else _START, low, high, rows),
    )
    session.add(link)
    await session.flush()
    return link


async def verify(session: AsyncSession, folder: Path) -> Verdict:
    """Recompute the whole chain."""
    head = _head(folder)  # before the seals: one that is made meanwhile is no cut tail
    before, low, total = _START, 0, 0
    seals = (await session.execute(text("SELECT * FROM audit_seal ORDER BY id"))).all()
    for link in seals:
        rows = await _rows(session, low, link.high, most=None)
        expected = _link(session.info["audit_key"], before, low, link.high, rows)
        total += len(rows)
        if (link.low, link.count, link.total) != (low, len(rows), total) or not (
            hmac.compare_digest(bytes(link.hash), expected)
        ):
            return Verdict(False, total, 0, _place(link, rows))
        before, low = bytes(link.hash), link.high
    if trouble := _head_trouble(head, total, before):
        return Verdict(False, total, 0, trouble)
    asked = text("SELECT count(*) FILTER (WHERE mark < :low), count(*) FROM audit_entry")
    under, every = (await session.execute(asked, {"low": low})).one()
    if under != total:
        return Verdict(False, total, 0, f"{under - total} entries lie before the first seal")
    return Verdict(True, total, every - under)


async def next_era(session: AsyncSession) -> None:
    """After a restore: another cluster counts its transactions anew, so marks move to a new era."""
    await session.execute(
        text("SELECT setval('audit_era', (SELECT last_value + 1 FROM audit_era))")
    )


async def _last(session: AsyncSession) -> Any:
    return (
        await session.execute(text("SELECT * FROM audit_seal ORDER BY id DESC LIMIT 1"))
    ).first()


async def _rows(
    session: AsyncSession, low: int, high: int, most: int | None = _MOST + 1
) -> Sequence[Any]:
    found = await session.execute(
        text("""
SELECT id, mark, at, actor_id, action, subject, subject_id, digest FROM audit_entry
WHERE mark >= :low AND mark < :high ORDER BY mark, id LIMIT :most
"""),
        {"low": low, "high": high, "most": most},
    )
    return found.all()


def _link(key: bytes, before: bytes, low: int, high: int, rows: Sequence[Any]) -> bytes:
    state = hmac.new(key, before, hashlib.sha256)
    state.update(f"{low}:{high}:{len(rows)}\n".encode())
    for row in rows:
        fields = [row.id, row.mark, row.at.isoformat(), row.actor_id, row.action, row.subject]
        fields += [row.subject_id, bytes(row.digest).hex()]
        state.update(json.dumps(fields).encode())
    return state.digest()


def _place(link: Any, rows: Sequence[Any]) -> str:
    span = f"entries {rows[0].id} to {rows[-1].id}" if rows else "no entries left"
    return f"seal {link.id} of {link.at:%Y-%m-%d %H:%M}: {link.count} sealed, {len(rows)} found ({span})"


def keep_head(folder: Path, link: AuditSeal) -> None:
    """Once a seal is committed: a copy of the head where the database cannot reach it."""
    _write_head(folder, link.total, link.hash.hex())


async def begin_head(session: AsyncSession, folder: Path) -> None:
    """Before the first seal: a head of nothing, so that a crash right after it leaves one behind."""
    if _head(folder) is None and await _last(session) is None:
        _write_head(folder, 0, "")


def _write_head(folder: Path, total: int, newest: str) -> None:
    path = folder / HEAD_FILE
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps({"total": total, "hash": newest}))
    draft.replace(path)


def _head(folder: Path) -> dict[str, Any] | None:
    """The copy of the head that is kept outside the database; None where there is none."""
    path = folder / HEAD_FILE
    return json.loads(path.read_text()) if path.is_file() else None


def _head_trouble(head: dict[str, Any] | None, total: int, newest: bytes) -> str:
    if head is None:
        return "" if total == 0 else f"{HEAD_FILE} is missing: a cut tail could not be noticed"
    if head["total"] > total:
        return f"the tail is cut: {head['total']} entries were sealed, {total} are left"
    if total and head["total"] == total and head["hash"] != newest.hex():
        return "the newest seal is not the one that was made"
    return ""
