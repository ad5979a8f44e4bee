"""The figures that rules look at, for the whole firm, one page after the other.

Columns are named for what they are: `task.days_late` is a fact, `said.task` a word for people.
"""

from bisect import bisect_right
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

Row = Mapping[str, Any]
PAGE: Final = 2_000

_PAST: Final = "CAST(:past AS boolean)"
_PROGRESS: Final = "project.progress"
MOVING: Final = ("customer.tier", "customer.stage", "project.phase", _PROGRESS)
"""Facts that are columns, each change of which is an event of the same name."""


_TASKS: Final = f"""
SELECT t.id, p.customer_id, t.project_id,
  (CAST(:today AS date) - t.due) AS "task.days_late", t.key AS "task.key",
  p.phase AS "project.phase",
  p.progress / 100.0 AS "project.progress",
  c.tier AS "customer.tier",
  p.code || ' ' || p.name AS "said.project", c.code || ' ' || c.name AS "said.customer",
  t.name AS "said.task", t.due AS "said.due", COALESCE(u.name, '—') AS "said.assignee"
FROM task t JOIN project p ON p.id = t.project_id JOIN customer c ON c.id = p.customer_id
LEFT JOIN user_account u ON u.id = t.assignee_id
WHERE t.id > :after AND (t.done_at IS NULL OR (CAST(:past AS boolean) AND t.done_at > :now)) AND t.due < :today
  AND (p.phase <> 'closed' OR ({_PAST} AND p.closed_at > :now))
ORDER BY t.id LIMIT :most
"""  # noqa: S608 - our own names

_PROJECTS: Final = f"""
WITH page AS (
  SELECT * FROM project
  WHERE id > :after AND (CAST(:only AS bigint) IS NULL OR id = :only)
  AND (phase <> 'closed' OR ({_PAST} AND closed_at > :now))
  ORDER BY id LIMIT :most),
late AS (SELECT project_id, count(*) AS n FROM task
  WHERE (done_at IS NULL OR (CAST(:past AS boolean) AND done_at > :now)) AND due < :today
  AND project_id IN (SELECT id FROM page) GROUP BY 1),
changes AS (SELECT project_id, count(*) AS n FROM change_request
  WHERE made_at > CAST(:now AS timestamptz) - interval '30 days' AND state <> 'withdrawn'
  AND (NOT {_PAST} OR made_at <= :now) AND project_id IN (SELECT id FROM page) GROUP BY 1),
risks AS (SELECT project_id, count(*) AS n, count(*) FILTER (WHERE due < :today) AS past FROM risk
  WHERE level = 'high' AND (closed_at IS NULL OR ({_PAST} AND closed_at > :now))
  AND (NOT {_PAST} OR made_at <= :now)
  AND project_id IN (SELECT id FROM page) GROUP BY 1),
defects AS (SELECT project_id, count(*) AS n FROM defect
  WHERE (fixed_at IS NULL OR ({_PAST} AND fixed_at > :now)) AND (NOT {_PAST} OR found_on <= :today)
  AND project_id IN (SELECT id FROM page) GROUP BY 1),
since AS (SELECT project_id, sum(amount) AS spent FROM cost
  WHERE {_PAST} AND spent_on > :today AND project_id IN (SELECT id FROM page) GROUP BY 1),
slips AS (SELECT DISTINCT ON (project_id) project_id, p50 - due AS days, spi FROM delay_forecast
  WHERE project_id IN (SELECT id FROM page) AND day <= :today ORDER BY project_id, day DESC)
SELECT page.id, page.customer_id, page.id AS project_id,
  page.phase AS "project.phase",
  page.progress / 100.0 AS "project.progress",
  (page.spent - COALESCE(since.spent, 0)) / NULLIF(page.budget, 0) AS "project.budget_used",
  GREATEST(0, CAST(:today AS date) - page.due_on) AS "project.days_late",
  COALESCE(late.n, 0) AS "project.late_tasks", slips.days AS "project.forecast_slip", slips.spi AS "project.spi",
  COALESCE(changes.n, 0) AS "project.open_changes_30d",
  COALESCE(risks.n, 0) AS "project.open_high_risks",
  COALESCE(risks.past, 0) AS "project.late_high_risks",
  COALESCE(defects.n, 0) AS "project.defects_open",
  c.tier AS "customer.tier", c.stage AS "customer.stage",
  page.code || ' ' || page.name AS "said.project", c.code || ' ' || c.name AS "said.customer"
FROM page JOIN customer c ON c.id = page.customer_id
LEFT JOIN late ON late.project_id = page.id LEFT JOIN changes ON changes.project_id = page.id
LEFT JOIN risks ON risks.project_id = page.id LEFT JOIN defects ON defects.project_id = page.id
LEFT JOIN slips ON slips.project_id = page.id LEFT JOIN since ON since.project_id = page.id
ORDER BY page.id
"""  # noqa: S608 - our own names

_CUSTOMERS: Final = f"""
WITH page AS (
  SELECT * FROM customer
  WHERE id > :after AND (CAST(:only AS bigint) IS NULL OR id = :only) AND merged_into_id IS NULL
  ORDER BY id LIMIT :most),
heard AS (
  SELECT customer_id, score, sentiment, signals,
    occurred_at > CAST(:now AS timestamptz) - interval '7 days' AS fresh,
    occurred_at > CAST(:now AS timestamptz) - interval '30 days' AS late
  FROM interaction WHERE customer_id IN (SELECT id FROM page) AND direction = 'in'
    AND occurred_at > CAST(:now AS timestamptz) - interval '37 days' AND occurred_at <= :now),
talk AS (
  SELECT customer_id,
    avg(score) FILTER (WHERE fresh AND sentiment <> 'unscored') AS mood,
    count(*) FILTER (WHERE fresh AND sentiment <> 'unscored') AS scored,
    avg(score) FILTER (WHERE NOT fresh AND sentiment <> 'unscored') AS before,
    count(*) FILTER (WHERE NOT fresh AND sentiment <> 'unscored') AS scored_before,
    count(*) FILTER (WHERE late AND sentiment <> 'unscored') AS month,
    count(*) FILTER (WHERE late AND sentiment = 'negative') AS negative,
    count(*) FILTER (WHERE late AND 'complaint' = ANY(signals)) AS complaints,
    count(*) FILTER (WHERE late AND 'scope' = ANY(signals)) AS scope
  FROM heard GROUP BY 1),
changes AS (SELECT p.customer_id, count(*) AS n FROM change_request r
  JOIN project p ON p.id = r.project_id WHERE p.customer_id IN (SELECT id FROM page)
  AND r.made_at > CAST(:now AS timestamptz) - interval '30 days' AND r.state <> 'withdrawn'
  AND (NOT {_PAST} OR r.made_at <= :now) GROUP BY 1),
due AS (SELECT customer_id, CAST(:today AS date) - min(due) AS days FROM payment_term
  WHERE (settled_on IS NULL OR (CAST(:past AS boolean) AND settled_on > :today)) AND due < :today AND customer_id IN (SELECT id FROM page) GROUP BY 1)
SELECT page.id, page.id AS customer_id, NULL AS project_id,
  page.tier AS "customer.tier",
  page.stage AS "customer.stage",
  CASE WHEN scored >= 3 AND scored_before >= 3 THEN mood END AS "customer.mood",
  CASE WHEN scored >= 3 AND scored_before >= 3 THEN before - mood END AS "customer.mood_drop",
  CASE WHEN month > 0 THEN negative / CAST(month AS float) END AS "customer.negative_share",
  COALESCE(complaints, 0) AS "customer.complaints_30d",
  COALESCE(scope, 0) + COALESCE(changes.n, 0) AS "customer.scope_changes_30d",
  CAST(:today AS date) - CAST(last.at AT TIME ZONE :zone AS date) AS "customer.days_silent",
  COALESCE(due.days, 0) AS "customer.overdue_days",
  h.score AS "customer.health", earlier.score - h.score AS "customer.health_drop",
  h.churn AS "customer.churn", nps.score AS "customer.nps",
  page.code || ' ' || page.name AS "said.customer"
FROM page LEFT JOIN talk ON talk.customer_id = page.id
LEFT JOIN changes ON changes.customer_id = page.id LEFT JOIN due ON due.customer_id = page.id
LEFT JOIN LATERAL (SELECT i.occurred_at AS at FROM interaction i WHERE i.customer_id = page.id
  AND i.direction = 'in' AND i.occurred_at <= :now ORDER BY i.occurred_at DESC LIMIT 1) last ON true
LEFT JOIN LATERAL (SELECT s.score, s.churn FROM health_snapshot s WHERE s.customer_id = page.id
  AND s.day BETWEEN CAST(:today AS date) - 7 AND :today ORDER BY s.day DESC LIMIT 1) h ON true
LEFT JOIN LATERAL (SELECT s.score FROM health_snapshot s WHERE s.customer_id = page.id
  AND s.day BETWEEN CAST(:today AS date) - 37 AND CAST(:today AS date) - 23
  AND s.score IS NOT NULL
  ORDER BY abs(s.day - (CAST(:today AS date) - 30)) LIMIT 1) earlier ON true
LEFT JOIN LATERAL (SELECT v.score FROM survey v WHERE v.customer_id = page.id AND v.kind = 'nps'
  AND v.answered_at <= :now ORDER BY v.answered_at DESC LIMIT 1) nps ON true
ORDER BY page.id
"""  # noqa: S608 - our own names

_CONTRACTS: Final = f"""
SELECT k.id, k.customer_id, k.project_id, k.ends_on - CAST(:today AS date) AS "contract.days_left",
  c.tier AS "customer.tier", c.stage AS "customer.stage", c.code || ' ' || c.name AS "said.customer",
  k.code || ' ' || k.name AS "said.contract", k.ends_on AS "said.due"
FROM contract k JOIN customer c ON c.id = k.customer_id
WHERE k.id > :after AND k.state = 'signed' AND k.ends_on >= :today
  AND (NOT {_PAST} OR k.signed_on <= :today) ORDER BY k.id LIMIT :most
"""  # noqa: S608 - our own names

_CASES: Final = """
SELECT s.id, s.customer_id, s.project_id, s.kind AS "case.kind",
  CAST(floor(EXTRACT(epoch FROM s.solve_by - :now) / 3600) AS int) AS "case.hours_left",
  s.solve_by < :now AS "case.breached", c.tier AS "customer.tier", c.stage AS "customer.stage",
  c.code || ' ' || c.name AS "said.customer", s.title AS "said.case", s.interaction_id
FROM service_case s JOIN customer c ON c.id = s.customer_id
WHERE s.id > :after AND s.solved_at IS NULL AND s.waiting_since IS NULL AND s.solve_by IS NOT NULL
  AND s.state = 'open' ORDER BY s.id LIMIT :most
"""

_ANSWERS: Final = """
SELECT a.id, a.customer_id, NULL AS project_id, a.interaction_id,
  CAST(floor(EXTRACT(epoch FROM a.due_at - :now) / 60) AS int) AS "answer.minutes_left",
  c.tier AS "customer.tier", c.stage AS "customer.stage", c.code || ' ' || c.name AS "said.customer"
FROM answer_clock a JOIN customer c ON c.id = a.customer_id
WHERE a.id > :after AND a.answered_at IS NULL AND a.stopped_at IS NULL ORDER BY a.id LIMIT :most
"""

LOOKED_AT: Final[dict[str, str]] = {
    "task": _TASKS,
    "project": _PROJECTS,
    "customer": _CUSTOMERS,
    "contract": _CONTRACTS,
    "case": _CASES,
    "answer": _ANSWERS,
}


async def pages(
    session: AsyncSession,
    what: str,
    now: datetime,
    today: date,
    zone: str,
    *,
    past: bool = False,
) -> AsyncIterator[Sequence[Row]]:
    """All that there is of one kind, at most `PAGE` rows at a time; `past`: as it stood then."""
    # A plan made for any time at all joins row by row: minutes instead of a tenth of a second.
    await session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    after = 0
    while True:
        rows = await _page(session, what, now, today, zone, after=after, only=None, past=past)
        if rows:
            yield rows
        if len(rows) < PAGE:
            return
        after = rows[-1]["id"]


async def of_one(
    session: AsyncSession, what: str, id_: int, now: datetime, today: date, zone: str
) -> Row:
    """The figures of one project or customer; empty where it is closed or gone."""
    found = await _page(session, what, now, today, zone, after=id_ - 1, only=id_, past=False)
    return found[0] if found else {}


async def _page(
    session: AsyncSession,
    what: str,
    now: datetime,
    today: date,
    zone: str,
    *,
    after: int,
    only: int | None,
    past: bool,
) -> Sequence[Row]:
    values: dict[str, Any] = {"now": now, "today": today, "zone": zone}
    values |= {"after": after, "only": only, "most": PAGE, "past": past}
    sql = LOOKED_AT[what]
    used = {name: value for name, value in values.items() if f":{name}" in sql}
    found = await session.execute(text(sql), used)
    return [dict(zip(found.keys(), row, strict=True)) for row in found]


async def telling(
    session: AsyncSession, customer_ids: Collection[int], now: datetime
) -> dict[int, int]:
    """For each customer the incoming words of the last 7 days that speak loudest against us."""
    found = await session.execute(
        text("""
SELECT DISTINCT ON (customer_id) customer_id, id FROM interaction
WHERE customer_id = ANY(:ids) AND direction = 'in' AND sentiment = 'negative'
  AND occurred_at > CAST(:now AS timestamptz) - interval '7 days' AND occurred_at <= :now
ORDER BY customer_id, score, id DESC
"""),
        {"ids": list(customer_ids), "now": now},
    )
    return {row[0]: row[1] for row in found}


async def messages(
    session: AsyncSession, since: datetime, until: datetime, *, signalled: bool
) -> AsyncIterator[Sequence[Row]]:
    """Customers' messages of a time, page after page; `signalled`: only those with a signal."""
    after = 0
    while True:
        found = await session.execute(
            text(f"""
SELECT i.id, i.customer_id, i.occurred_at AS at, i.sentiment AS "message.sentiment",
  i.score AS "message.score", i.signals AS "message.signals", i.kind AS "message.kind",
  c.tier AS "customer.tier", c.stage AS "customer.stage"
FROM interaction i JOIN customer c ON c.id = i.customer_id
WHERE i.id > :after AND i.direction = 'in' AND i.occurred_at > :since AND i.occurred_at <= :until
  {"AND cardinality(i.signals) > 0" if signalled else ""}
ORDER BY i.id LIMIT :most
"""),  # noqa: S608 - one of two fixed texts
            {"after": after, "since": since, "until": until, "most": PAGE * 10},
        )
        rows = [dict(zip(found.keys(), row, strict=True)) for row in found]
        yield rows
        if len(rows) < PAGE * 10:
            return
        after = rows[-1]["id"]


async def happened(
    session: AsyncSession, event: str, since: datetime, until: datetime
) -> Sequence[Row]:
    """What of one name has happened, with what is known of its customer and project today."""
    found = await session.execute(
        text("""
SELECT e.id, e.at, e.facts, COALESCE(e.customer_id, p.customer_id) AS customer_id, e.project_id,
  c.tier AS "customer.tier", c.stage AS "customer.stage", p.phase AS "project.phase",
  p.progress / 100.0 AS "project.progress"
FROM event e LEFT JOIN project p ON p.id = e.project_id
LEFT JOIN customer c ON c.id = COALESCE(e.customer_id, p.customer_id)
WHERE e.name = :event AND e.at > :since AND e.at <= :until ORDER BY e.id
"""),
        {"event": event, "since": since, "until": until},
    )
    return [dict(zip(found.keys(), row, strict=True)) for row in found]


class Moved:
    """What changed after a time of columns whose changes are events, so that each moment is known."""

    def __init__(self) -> None:
        self._at: dict[tuple[str, int], list[datetime]] = {}
        self._before: dict[tuple[str, int], list[str]] = {}

    def add(self, name: str, id_: int, at: datetime, before: str) -> None:
        """The next one, in the order of time."""
        self._at.setdefault((name, id_), []).append(at)
        self._before.setdefault((name, id_), []).append(before)

    def then(self, row: Row, at: datetime) -> Row:
        """A row of today as it was at a moment: the first change after that tells what was before."""
        earlier: dict[str, Any] = {}
        for name in MOVING:
            key = (name, row.get(f"{name.split('.', 1)[0]}_id") or 0)
            if name in row and key in self._at:
                number = bisect_right(self._at[key], at)
                if number < len(self._at[key]):
                    before = self._before[key][number]
                    earlier[name] = float(before) / 100 if name == _PROGRESS else before
        return {**row, **earlier}


async def moved(session: AsyncSession, since: datetime) -> Moved:
    found = await session.execute(
        text("""
SELECT name, COALESCE(CASE WHEN name LIKE 'project.%' THEN project_id ELSE customer_id END, 0), at,
  facts ->> 'before'
FROM event WHERE name = ANY(:names) AND at > :since AND facts ->> 'before' IS NOT NULL
ORDER BY at, id
"""),
        {"names": list(MOVING), "since": since},
    )
    made = Moved()
    for row in found:
        made.add(*row)
    return made
