"""The trace: nothing is missed, and whatever is done to it shows."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from storage import audit
from storage.db import Database


async def write(db: Database, *names: str) -> None:
    async with db.transaction() as session:
        await audit.write(session, *(audit.Trace(name, "customer", 1, 7) for name in names))


async def seal(db: Database, folder: Path) -> int:
    """Seal as the program does; answers how many entries came under a seal."""
    async with db.transaction() as session:
        link = await audit.seal(session)
    if link is None:
        return 0
    audit.keep_head(folder, link)
    return link.count


async def verify(db: Database, folder: Path) -> audit.Verdict:
    async with db.transaction() as session:
        return await audit.verify(session, folder)


async def tamper(db: Database, sql: str) -> None:
    async with db.transaction() as session:
        await session.execute(text(sql))


@pytest.fixture
async def sealed(db: Database, tmp_path: Path) -> Database:
    """Three seals of three entries each, and two entries more."""
    for number in range(3):
        await write(db, f"a{number}", f"b{number}")
        await write(db, f"c{number}")
        assert await seal(db, tmp_path) == 3
    await write(db, "open", "open")
    return db


async def test_an_untouched_trace_is_intact(sealed: Database, tmp_path: Path):
    assert await verify(sealed, tmp_path) == audit.Verdict(True, sealed=9, unsealed=2)
    assert await seal(sealed, tmp_path) == 2
    assert await seal(sealed, tmp_path) == 0
    assert await verify(sealed, tmp_path) == audit.Verdict(True, sealed=11, unsealed=0)


async def test_an_empty_trace_is_intact(db: Database, tmp_path: Path):
    assert await verify(db, tmp_path) == audit.Verdict(True, sealed=0, unsealed=0)
    assert await seal(db, tmp_path) == 0


@pytest.mark.parametrize(
    ("sql", "where"),
    [
        ("UPDATE audit_entry SET action = 'x' WHERE action = 'b1'", "seal 2"),
        ("UPDATE audit_entry SET actor_id = NULL WHERE action = 'a0'", "seal 1"),
        ("UPDATE audit_entry SET subject_id = 2 WHERE action = 'a0'", "seal 1"),
        ("UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE action = 'c2'", "seal 3"),
        ("UPDATE audit_entry SET digest = '\\x00' WHERE action = 'c2'", "seal 3"),
        ("DELETE FROM audit_entry WHERE action = 'a1'", "seal 2"),
        ("DELETE FROM audit_entry WHERE action IN ('a1', 'b1', 'c1')", "no entries left"),
        ("UPDATE audit_entry SET id = 1000 WHERE action = 'a1'", "seal 2"),
        # Two change places.
        (
            """UPDATE audit_entry a SET action = b.action, at = b.at FROM audit_entry b
               WHERE (a.action, b.action) IN (('a1', 'b1'), ('b1', 'a1'))""",
            "seal 2",
        ),
        # One is put in among others.
        (
            """INSERT INTO audit_entry (mark, at, action, subject, digest)
               SELECT mark, at, 'new', subject, digest FROM audit_entry WHERE action = 'b1'""",
            "seal 2",
        ),
        # One is put in before all others, where no seal looks.
        (
            """INSERT INTO audit_entry (mark, at, action, subject, digest)
               SELECT -1, at, 'new', subject, digest FROM audit_entry WHERE action = 'b1'""",
            "1 entries lie before the first seal",
        ),
        ("UPDATE audit_seal SET count = 2 WHERE id = 2", "seal 2"),
        ("UPDATE audit_seal SET low = low + 1 WHERE id = 2", "seal 2"),
        ("DELETE FROM audit_seal WHERE id = 1", "seal 2"),
        ("DELETE FROM audit_seal WHERE id = 2", "seal 3"),
        # A seal and what it holds.
        (
            """WITH gone AS (DELETE FROM audit_seal WHERE id = 1 RETURNING low, high)
               DELETE FROM audit_entry USING gone WHERE mark >= low AND mark < high""",
            "seal 2",
        ),
        # The tail is cut: the newest seal with all that it holds and what came after.
        (
            """WITH gone AS (DELETE FROM audit_seal WHERE id = 3 RETURNING low)
               DELETE FROM audit_entry USING gone WHERE mark >= low""",
            "the tail is cut: 9 entries were sealed, 6 are left",
        ),
        ("DELETE FROM audit_seal WHERE id = 3", "the tail is cut"),
        ("TRUNCATE audit_entry, audit_seal", "the tail is cut: 9 entries were sealed, 0 are left"),
    ],
)
async def test_whatever_is_done_to_it_shows(sealed: Database, tmp_path: Path, sql: str, where: str):
    await tamper(sealed, sql)
    verdict = await verify(sealed, tmp_path)
    assert not verdict.intact
    assert verdict.where
    assert where in verdict.where


async def test_a_seal_made_without_the_key_shows(sealed: Database, tmp_path: Path):
    other = Database(sealed.url, b"another key")
    await seal(other, tmp_path)
    await other.close()
    assert not (await verify(sealed, tmp_path)).intact


async def test_a_tail_that_is_replaced_by_another_shows(sealed: Database, tmp_path: Path):
    await tamper(sealed, "DELETE FROM audit_seal WHERE id = 3")
    await tamper(sealed, "UPDATE audit_entry SET action = 'x' WHERE action = 'a2'")
    await tamper(sealed, "DELETE FROM audit_entry WHERE action = 'open'")
    async with sealed.transaction() as session:
        assert await audit.seal(session) is not None
    verdict = await verify(sealed, tmp_path)
    assert (verdict.intact, verdict.where) == (
        False,
        "the newest seal is not the one that was made",
    )


async def test_the_heads_copy_cannot_just_be_thrown_away(sealed: Database, tmp_path: Path):
    (tmp_path / audit.HEAD_FILE).unlink()
    assert "missing" in (await verify(sealed, tmp_path)).where


async def test_entries_hold_no_text_of_what_was_written(db: Database):
    async with db.transaction() as session:
        await audit.write(session, audit.Trace("made", "customer", 1, facts={"name": "王芳"}))
        rows = (await session.execute(text("SELECT audit_entry::text FROM audit_entry"))).all()
        expected = audit.digest(session.info["audit_key"], {"name": "王芳"})
    assert "王芳" not in str(rows)
    assert expected.hex() in str(rows)


async def test_an_open_older_transaction_keeps_its_entries_for_later(db: Database, tmp_path: Path):
    async with db.transaction() as early:
        await audit.write(early, audit.Trace("early", "customer", 1))
        await write(db, "late")
        assert await seal(db, tmp_path) == 0  # the late one waits with it: order holds
    assert await seal(db, tmp_path) == 2
    assert await verify(db, tmp_path) == audit.Verdict(True, sealed=2, unsealed=0)


async def test_a_transaction_that_rolls_back_leaves_no_gap(db: Database, tmp_path: Path):
    async with db.transaction() as session:
        await audit.write(session, audit.Trace("never", "customer", 1))
        await session.rollback()
    await write(db, "after")
    assert await seal(db, tmp_path) == 1
    assert (await verify(db, tmp_path)).intact


async def test_while_many_write_and_two_seal_nothing_is_missed_and_no_alarm_is_false(
    db: Database, tmp_path: Path
):
    writing = True

    async def writer(number: int) -> None:
        for step in range(12):
            async with db.transaction() as session:
                await audit.write(session, audit.Trace(f"w{number}-{step}", "customer", step))
                await asyncio.sleep(0.003 * (number % 4))

    async def sealer() -> None:
        while writing:
            await seal(db, tmp_path)
            await asyncio.sleep(0.002)

    async def verifier() -> None:
        while writing:
            assert (await verify(db, tmp_path)).where == ""

    await write(db, "first")
    await seal(db, tmp_path)
    beside = [asyncio.create_task(work()) for work in (sealer, verifier)]
    await asyncio.gather(*(writer(number) for number in range(8)))
    writing = False
    await asyncio.gather(*beside)
    await seal(db, tmp_path)
    assert await verify(db, tmp_path) == audit.Verdict(True, sealed=97, unsealed=0)


async def test_a_seal_that_is_made_during_a_check_is_no_cut_tail(
    sealed: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    read = audit._rows
    made: list[int] = []

    async def while_reading(*args: Any, **more: Any) -> Any:
        if not made:
            made.append(1)  # the first time only: the sealer itself reads too
            made[0] = await seal(sealed, tmp_path)
        return await read(*args, **more)

    monkeypatch.setattr(audit, "_rows", while_reading)
    assert (await verify(sealed, tmp_path)).where == ""
    assert made == [2]


async def test_two_sealers_take_turns(db: Database, tmp_path: Path):
    await write(db, "a")
    async with db.transaction() as first, db.transaction() as second:
        assert await audit.seal(first) is not None
        assert await audit.seal(second) is None


async def test_a_transaction_larger_than_a_seal_stays_whole(db: Database, tmp_path: Path):
    await write(db, "before")
    assert audit._MOST < 1_050
    await write(db, *(f"n{number}" for number in range(1_050)))
    await write(db, "after")
    counts = []
    while count := await seal(db, tmp_path):
        counts.append(count)
    assert sum(counts) == 1_052
    assert await verify(db, tmp_path) == audit.Verdict(True, sealed=1_052, unsealed=0)


async def test_after_a_restore_marks_go_on_in_a_new_era(sealed: Database, tmp_path: Path):
    await seal(sealed, tmp_path)
    async with sealed.transaction() as session:
        await audit.next_era(session)
    await write(sealed, "anew")
    assert await seal(sealed, tmp_path) == 1
    assert (await verify(sealed, tmp_path)).intact


def test_the_head_is_replaced_whole(tmp_path: Path):
    link = audit.AuditSeal(low=0, high=1, count=1, total=5, hash=b"\x01\x02")
    audit.keep_head(tmp_path, link)
    assert json.loads((tmp_path / audit.HEAD_FILE).read_text()) == {"total": 5, "hash": "0102"}
    assert [path.name for path in tmp_path.iterdir()] == [audit.HEAD_FILE]
