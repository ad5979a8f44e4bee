"""The nightly look at every customer and every running project: time, memory, and what writing alone takes."""

import asyncio
import resource
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import text

from benchmarks.figures import Figure
from bot.cli.filing_eval import throw_away
from bot.jobs.forecasts import Forecasts
from bot.jobs.health import HealthJob
from bot.people import Defaults
from storage.db import Database

NOW: Final = datetime(2026, 11, 20, 2, tzinfo=UTC)
_FIRM: Final = (
    """INSERT INTO user_account (name, roles, hours_a_week, hour_cost, skills, active, created_at)
       SELECT 'm' || n, '{pm}', 40, 100, '{}', true, :now FROM generate_series(1, 50) n""",
    """INSERT INTO customer (code, name, industry, background, tier, stage, owner_id, tags, service_level,
         custom, created_at, updated_at)
       SELECT 'C-' || n, 'customer ' || n, '', '', 'normal', 'delivery', 1 + n % 50, '{}', '', '{}',
         CAST(:now AS timestamptz) - interval '400 days', :now FROM generate_series(1, :customers) n""",
    """INSERT INTO contact (customer_id, name, title, role, consent, created_at)
       SELECT id, 'boss', '', 'decision_maker', '', :now FROM customer""",
    """INSERT INTO project (code, name, customer_id, manager_id, phase, budget, spent, currency, progress,
         progress_by, template, size_unit, pushes, starts_on, due_on, custom, created_at, updated_at)
       SELECT 'P-' || n, 'project ' || n, 1 + n % :customers, 1 + n % 50, 'do', 100000, 40000, 'CNY', 50,
         'tasks', '', '', 'ask', CAST(:today AS date) - 120, CAST(:today AS date) + 60, '{}',
         CAST(:now AS timestamptz) - interval '120 days', :now FROM generate_series(1, :projects) n""",
    """INSERT INTO task (project_id, name, due, key, starts_on, estimate, stage, checklist, done_at, created_at)
       SELECT p.id, 't' || n, CAST(:today AS date) - 110 + n * 12, false,
         CAST(:today AS date) - 120 + n * 12, 40, 'todo', '[]',
         CASE WHEN n <= 7 THEN CAST(:now AS timestamptz) - (110 - n * 12) * interval '1 day' END,
         CAST(:now AS timestamptz) - interval '120 days'
       FROM project p, generate_series(1, 15) n""",
    """INSERT INTO time_entry (project_id, user_id, hours, worked_on, note, made_at)
       SELECT id, 1 + id % 50, 300, :today, '', :now FROM project""",
    """INSERT INTO defect (project_id, title, severity, found_on, made_at)
       SELECT id, 'd', 'minor', :today, :now FROM project""",
    """INSERT INTO interaction (channel, kind, direction, message_key, customer_id, contact_id, sender_name,
         sender_address, sender_proven, recipients, subject, text, quoted, audience, language, sentiment,
         score, because, mood_sure, mood_by, signals, extract, status, confidence, evidence, candidates,
         occurred_at, received_at, brought_in, kept)
       SELECT 'hook', 'message', CASE WHEN n % 3 = 0 THEN 'out' ELSE 'in' END, n || ':' || c.id, c.id, k.id,
         '', '', false, '{}', '', 'words', '', 'customer', 'zh', 'positive', random(), '', 1, '',
         CASE WHEN n % 25 = 0 THEN CAST('{complaint}' AS text[]) ELSE '{}' END, '{}', 'filed', 1, '{}', '{}',
         CAST(:now AS timestamptz) - n * interval '1 day', :now, '', false
       FROM customer c JOIN contact k ON k.customer_id = c.id, generate_series(1, 250) n""",
    """INSERT INTO contract (code, customer_id, name, amount, currency, terms, ends_on, remind_days, state, made_at)
       SELECT 'K-' || id, id, 'k', 400000, 'CNY', '', CAST(:today AS date) + 40, 30, 'signed', :now FROM customer""",
    """INSERT INTO invoice (number, customer_id, amount, tax, currency, issued_on, source, made_at)
       SELECT id || '-' || n, id, 10000, 0, 'CNY', CAST(:today AS date) - n * 30, '', :now
       FROM customer, generate_series(1, 12) n""",
    """INSERT INTO payment_term (customer_id, name, amount, paid, currency, due, settled_on, made_at)
       SELECT id, 't', 10000, 10000, 'CNY', CAST(:today AS date) - n * 30, CAST(:today AS date) - n * 30 + n % 5 - 2,
         :now FROM customer, generate_series(1, 12) n""",
)


def run(*, quick: bool) -> Iterator[Figure]:
    customers, projects = (200, 1_000) if quick else (2_000, 10_000)
    yield from asyncio.run(_measured(customers, projects))


async def _measured(customers: int, projects: int) -> list[Figure]:
    async with throw_away() as db:
        await _made(db, customers, projects)
        defaults = Defaults()
        begun = time.perf_counter()
        await Forecasts(db, lambda: NOW, defaults).run("")
        foreseen = time.perf_counter() - begun
        small = _peak()
        begun = time.perf_counter()
        await HealthJob(db, lambda: NOW, defaults).run("")
        scored = time.perf_counter() - begun
        grown = _peak() - small
        floor = await _floor(db)
    size = f"{customers:,} customers, {projects:,} projects"
    return [
        Figure(
            f"health of {size}",
            scored,
            "s",
            least=60,
            aim=30,
            beside=f"their snapshots written alone: {floor:.2f} s",
            most=True,
        ),
        Figure("memory that it adds at its peak", grown, "MiB", least=100, aim=50, most=True),
        Figure(f"forecasts of {size}", foreseen, "s", least=120, aim=60, most=True),
    ]


async def _made(db: Database, customers: int, projects: int) -> None:
    values = {"now": NOW, "today": NOW.date(), "customers": customers, "projects": projects}
    async with db.transaction() as session:
        for sql in _FIRM:
            used = {name: value for name, value in values.items() if f":{name}" in sql}
            await session.execute(text(sql), used)
        await session.execute(text("ANALYZE"))


async def _floor(db: Database) -> float:
    """The same rows once more, of another day, copied by the database itself."""
    day: date = NOW.date() + timedelta(days=1)
    begun = time.perf_counter()
    async with db.transaction() as session:
        await session.execute(
            text("""
INSERT INTO health_snapshot (customer_id, day, score, parts, churn, churn_reasons, segment)
SELECT customer_id, :day, score, parts, churn, churn_reasons, segment FROM health_snapshot
"""),
            {"day": day},
        )
    return time.perf_counter() - begun


def _peak() -> float:
    """MiB of this process at its peak so far; the database's own are others."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
