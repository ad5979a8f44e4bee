"""What the clock does for a large firm: 10 000 projects of 2 000 customers, a million interactions."""

import asyncio
import resource
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import psycopg
from sqlalchemy import text

from benchmarks.figures import Figure
from bot import parts
from bot.app import Program, open_database
from bot.jobs import digest, risk_scan
from bot.people import HOME
from bot.rules import book, trial
from bot.settings import load

CUSTOMERS: Final = 2_000
PROJECTS: Final = 10_000
NOW: Final = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""A Monday, ten in the morning in Shanghai."""


def run(*, quick: bool) -> Iterator[Figure]:
    with TemporaryDirectory(prefix="keqing-watch-") as folder:
        Path(folder).chmod(0o711)  # the database's own account goes through it
        yield from asyncio.run(_run(Path(folder), 100_000 if quick else 1_000_000))


async def _run(folder: Path, interactions: int) -> list[Figure]:
    environ = {"KEQING_DATA_DIR": str(folder / "data")}
    settings = load(parts.settings_models(), folder=folder, environ=environ)[0]
    db, cluster = await asyncio.to_thread(open_database, settings)
    try:
        with psycopg.connect(db.url, autocommit=True) as connection:
            _fill(connection, interactions)
            floor = _timed(connection)
        program = Program(settings, db, cluster)
        program.now = lambda: NOW
        return await _measured(program, floor, interactions)
    finally:
        await db.close()
        if cluster is not None:
            await asyncio.to_thread(cluster.close)


async def _measured(program: Program, floor: float, interactions: int) -> list[Figure]:
    now = lambda: NOW  # noqa: E731 - a clock is a function
    scan = risk_scan.RiskScan(program.db, program.rules, now, program.defaults, HOME)
    weekly = digest.Digest(program.db, now, program.defaults, HOME)
    before = _peak_mib()
    scanned = await _took(lambda: scan.run(""))
    sent = await _took(lambda: weekly.run(""))
    grown = _peak_mib() - before
    async with program.db.transaction() as session:
        count = await session.scalar(text("SELECT count(*) FROM outbox WHERE key LIKE 'digest:%'"))
    beside = f"{PROJECTS:,} bare inserts into the outbox, one by one: {floor:.1f} s"
    figures = [
        Figure(f"risk scan, {PROJECTS:,} projects", scanned, "s", 60, 20, beside, most=True),
        Figure(f"weekly digest, {count:,} posted", sent, "s", 60, 30, beside, most=True),
        Figure("memory that both took more", grown, "MiB", 150, 60, most=True),
    ]
    for rule in ("vip-complaint", "mood-drop"):
        took = await _took(lambda rule=rule: _tried(program, rule))
        what = f"rule {rule} over 90 days of {interactions:,} interactions"
        figures.append(Figure(what, took, "s", 10, 3, most=True))
    return figures


async def _tried(program: Program, rule: str) -> None:
    found = next(one for one in book.shipped() if one.id == rule)
    async with program.db.transaction() as session:
        await trial.tried(session, found, 90, NOW, program.defaults.timezone)


async def _took(work: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _timed(connection: psycopg.Connection[Any]) -> float:
    """Seconds for as many bare rows as there are digests, each in a transaction of its own."""
    begun = time.perf_counter()
    for number in range(PROJECTS):
        connection.execute(
            "INSERT INTO outbox (key, lane, channel, chat, notice, thread, place, messages, state,"
            " attempts, not_before, created_at) VALUES (%s, '', '', '', '', '', '', 1, 'merged', 0,"
            " now(), now())",
            (f"bare:{number}",),
        )
    return time.perf_counter() - begun


def _fill(connection: psycopg.Connection[Any], interactions: int) -> None:
    at = {"now": NOW, "customers": CUSTOMERS, "projects": PROJECTS, "count": interactions}
    for statement in _FIRM:
        connection.execute(statement, at)  # pyright: ignore[reportArgumentType] - constants below
    connection.execute("ANALYZE")


_FIRM: Final = (
    """
INSERT INTO user_account (name, roles, active, created_at)
SELECT 'member ' || n, ARRAY[(ARRAY['pm','sales','manager','service','finance'])[1 + n %% 5]], true, now()
FROM generate_series(1, 60) n
""",
    """
INSERT INTO customer (code, name, industry, background, tier, stage, owner_id, tags, custom, created_at,
  updated_at)
SELECT 'C-' || n, 'Customer ' || n, '', '', (ARRAY['vip','key','normal'])[1 + n %% 3], 'delivery',
  1 + n %% 60, '{}', '{}', now(), now()
FROM generate_series(1, %(customers)s) n
""",
    """
INSERT INTO project (code, name, customer_id, manager_id, phase, budget, spent, currency, progress,
  template, starts_on, due_on, custom, created_at, updated_at, size_unit)
SELECT 'P-' || n, 'Project ' || n, 1 + n %% %(customers)s, 1 + n %% 60, 'do', 100000,
  (n %% 100) * 900, 'CNY', n %% 101, '', CAST(%(now)s AS date) - 60, CAST(%(now)s AS date) + 30, '{}',
  now(), now(), ''
FROM generate_series(1, %(projects)s) n
""",
    """
INSERT INTO task (project_id, name, due, assignee_id, key, estimate, checklist, created_at)
SELECT p, 'Task ' || t || ' of ' || p, CAST(%(now)s AS date) - 8 + (p * 7 + t * 13) %% 40,
  1 + (p + t) %% 60, t = 1, 8 * t, '[]', %(now)s - interval '60 days'
FROM generate_series(1, %(projects)s) p, generate_series(1, 6) t
""",
    """
INSERT INTO milestone (project_id, name, due, remind_days, phase)
SELECT p, 'Stone ' || m, CAST(%(now)s AS date) - 5 + (p + m * 11) %% 60, 3, ''
FROM generate_series(1, %(projects)s) p, generate_series(1, 3) m
""",
    """
INSERT INTO payment_term (customer_id, project_id, name, amount, paid, currency, due, made_at)
SELECT 1 + p %% %(customers)s, p, 'Part', 1000, 0, 'CNY', CAST(%(now)s AS date) - 2 + p %% 50, now()
FROM generate_series(1, %(projects)s) p
""",
    """
INSERT INTO conversation (channel, chat, name, customer_id, project_id, audience, created_at)
SELECT 'hook', 'chat-' || p, '', 1 + p %% %(customers)s, p, 'internal', now()
FROM generate_series(1, %(projects)s) p
""",
    """
INSERT INTO subscription (conversation_id, every, weekday, at, timezone, since)
SELECT id, 'weekly', 0, '09:00', 'Asia/Shanghai', %(now)s - interval '30 days' FROM conversation
""",
    """
INSERT INTO interaction (channel, kind, direction, message_key, customer_id, project_id, sender_name,
  sender_address, sender_proven, subject, text, quoted, audience, language, sentiment, score, because,
  mood_by, mood_sure, signals, extract, status, confidence, evidence, candidates, occurred_at,
  received_at, brought_in, kept)
SELECT 'hook', 'message', 'in', 'm-' || n, 1 + n %% %(customers)s, 1 + n %% %(projects)s, '', '', true,
  '', 'words', '', 'customer', 'zh',
  (ARRAY['neutral','negative','positive','neutral'])[1 + n %% 4],
  ((n %% 4) - 1) * 0.3, '', '', 0.9,
  CASE WHEN n %% 50 = 0 THEN ARRAY['complaint'] WHEN n %% 70 = 0 THEN ARRAY['scope'] ELSE '{}' END,
  '{}', 'filed', 1, '{}', '{}',
  %(now)s - interval '90 days' * (CAST(n AS float) / %(count)s),
  %(now)s - interval '90 days' * (CAST(n AS float) / %(count)s), '', false
FROM generate_series(1, %(count)s) n
""",
)
