"""What is known of how customers stand: figures for many customers at once, and kept snapshots."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import Conversation, Customer, HealthSnapshot, Interaction, Project, User

PAGE: Final = 250
Figures = dict[str, Any]

_WHO: Final = """
SELECT c.id, c.stage, c.tier, c.service_level, CAST(:today AS date) - CAST(c.created_at AS date) AS age,
  plan.every_days, said.at AS last_at, heard.at AS last_in,
  EXISTS (SELECT 1 FROM contact k WHERE k.customer_id = c.id AND k.role = 'decision_maker'
    AND k.merged_into_id IS NULL) AS has_decider
FROM customer c LEFT JOIN contact_plan plan ON plan.customer_id = c.id
LEFT JOIN LATERAL (SELECT i.occurred_at AS at FROM interaction i WHERE i.customer_id = c.id
  AND i.direction <> 'internal' AND i.kind <> 'note' AND i.occurred_at <= :now
  ORDER BY i.occurred_at DESC LIMIT 1) said ON true
LEFT JOIN LATERAL (SELECT i.occurred_at AS at FROM interaction i WHERE i.customer_id = c.id
  AND i.direction = 'in' AND i.occurred_at <= :now ORDER BY i.occurred_at DESC LIMIT 1) heard ON true
WHERE c.id = ANY(:ids)
"""

_TALK: Final = """
WITH said AS (
  SELECT i.customer_id, i.direction, i.score, i.sentiment, i.signals, k.role, i.occurred_at AS at,
    i.occurred_at > CAST(:now AS timestamptz) - interval '30 days' AS fresh,
    i.occurred_at > CAST(:now AS timestamptz) - interval '90 days' AS late
  FROM interaction i LEFT JOIN contact k ON k.id = i.contact_id
  WHERE i.customer_id = ANY(:ids) AND i.direction <> 'internal' AND i.kind <> 'note'
    AND i.occurred_at > CAST(:now AS timestamptz) - interval '180 days' AND i.occurred_at <= :now),
days AS (SELECT DISTINCT customer_id, CAST(at AS date) AS day FROM said WHERE direction = 'in'),
gaps AS (SELECT customer_id, day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS gap
  FROM days),
rhythm AS (SELECT customer_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS gap FROM gaps
  WHERE gap IS NOT NULL GROUP BY 1 HAVING count(*) >= 3)
SELECT s.customer_id AS id,
  avg(score) FILTER (WHERE direction = 'in' AND sentiment <> 'unscored' AND fresh) AS mood,
  count(*) FILTER (WHERE direction = 'in' AND sentiment <> 'unscored' AND fresh) AS moods,
  avg(score) FILTER (WHERE direction = 'in' AND sentiment <> 'unscored' AND NOT fresh) AS mood_before,
  count(*) FILTER (WHERE direction = 'in' AND sentiment <> 'unscored' AND NOT fresh) AS moods_before,
  count(*) FILTER (WHERE 'complaint' = ANY(signals) AND late AND direction = 'in') AS complaints_90d,
  count(*) FILTER (WHERE 'complaint' = ANY(signals) AND fresh AND direction = 'in') AS complaints_30d,
  count(*) FILTER (WHERE 'churn' = ANY(signals) AND late AND direction = 'in') AS leaving_90d,
  count(*) FILTER (WHERE fresh) AS said_30d,
  count(*) FILTER (WHERE late AND NOT fresh) AS said_60d_before,
  max(at) FILTER (WHERE role = 'decision_maker') AS senior_at, min(rhythm.gap) AS rhythm
FROM said s LEFT JOIN rhythm ON rhythm.customer_id = s.customer_id GROUP BY 1
"""

_ANSWERS: Final = """
SELECT customer_id AS id, array_agg(started_at) AS asked,
  array_agg(COALESCE(answered_at, :now)) AS answered
FROM answer_clock WHERE customer_id = ANY(:ids) AND stopped_at IS NULL
  AND started_at > CAST(:now AS timestamptz) - interval '90 days' AND started_at <= :now
  AND (answered_at IS NOT NULL OR due_at < :now) GROUP BY 1
"""

_SURVEYS: Final = """
SELECT customer_id AS id, avg(score) FILTER (WHERE kind = 'nps') AS nps,
  avg(score) FILTER (WHERE kind = 'csat') AS csat
FROM survey WHERE customer_id = ANY(:ids) AND score IS NOT NULL AND answered_at <= :now
  AND answered_at > CAST(:now AS timestamptz) - interval '365 days' GROUP BY 1
"""

_RATES: Final = """rates AS (
  SELECT * FROM (SELECT DISTINCT ON (currency) currency, rate FROM exchange_rate
    WHERE day <= :today ORDER BY currency, day DESC) r WHERE r.currency <> :own
  UNION ALL SELECT CAST(:own AS text), CAST(1 AS numeric))"""
"""What each currency is worth; sums of a currency without a rate are not known (null)."""

_MONEY: Final = f"""
WITH {_RATES},
due AS (SELECT customer_id, count(*) AS due, count(*) FILTER (WHERE settled_on <= due) AS in_time
  FROM payment_term WHERE customer_id = ANY(:ids) AND due < :today
  AND due > CAST(:today AS date) - 365 GROUP BY 1),
late AS (SELECT customer_id, CAST(:today AS date) - min(due) AS days FROM payment_term
  WHERE customer_id = ANY(:ids) AND due < :today AND settled_on IS NULL GROUP BY 1),
agreed AS (SELECT k.customer_id, sum(k.amount * r.rate) AS own, bool_or(r.rate IS NULL) AS unknown
  FROM contract k LEFT JOIN rates r ON r.currency = k.currency
  WHERE k.customer_id = ANY(:ids) AND k.state IN ('signed', 'ended') GROUP BY 1),
spent AS (SELECT p.customer_id, sum(p.spent * r.rate) AS own, bool_or(r.rate IS NULL) AS unknown
  FROM project p LEFT JOIN rates r ON r.currency = p.currency
  WHERE p.customer_id = ANY(:ids) AND p.spent <> 0 GROUP BY 1),
labour AS (SELECT p.customer_id, sum(t.hours * u.hour_cost) AS own FROM time_entry t
  JOIN project p ON p.id = t.project_id JOIN user_account u ON u.id = t.user_id
  WHERE p.customer_id = ANY(:ids) GROUP BY 1),
billed AS (SELECT i.customer_id, sum(i.amount * r.rate) AS own, bool_or(r.rate IS NULL) AS unknown
  FROM invoice i LEFT JOIN rates r ON r.currency = i.currency
  WHERE i.customer_id = ANY(:ids) AND i.issued_on <= :today GROUP BY 1),
received AS (SELECT i.customer_id, sum(i.amount * r.rate) AS own, bool_or(r.rate IS NULL) AS unknown
  FROM receipt i LEFT JOIN rates r ON r.currency = i.currency
  WHERE i.customer_id = ANY(:ids) AND i.received_on <= :today GROUP BY 1)
SELECT c.id, due.due AS terms_due, due.in_time AS terms_in_time, late.days AS overdue_days,
  CASE WHEN agreed.own > 0 AND NOT agreed.unknown AND NOT COALESCE(spent.unknown, false)
    AND COALESCE(spent.own, 0) + COALESCE(labour.own, 0) > 0
    THEN (agreed.own - COALESCE(spent.own, 0) - COALESCE(labour.own, 0)) / agreed.own END AS margin,
  CASE WHEN NOT billed.unknown AND NOT COALESCE(received.unknown, false)
    THEN billed.own - COALESCE(received.own, 0) END AS receivable
FROM unnest(CAST(:ids AS bigint[])) AS c(id) LEFT JOIN due ON due.customer_id = c.id
LEFT JOIN late ON late.customer_id = c.id LEFT JOIN agreed ON agreed.customer_id = c.id
LEFT JOIN spent ON spent.customer_id = c.id LEFT JOIN labour ON labour.customer_id = c.id
LEFT JOIN billed ON billed.customer_id = c.id LEFT JOIN received ON received.customer_id = c.id
"""  # noqa: S608 - our own words

_BILLED: Final = f"""
WITH {_RATES}
SELECT i.customer_id, CAST(date_trunc('month', i.issued_on) AS date) AS month,
  sum(i.amount * r.rate) AS own
FROM invoice i JOIN rates r ON r.currency = i.currency
WHERE i.customer_id = ANY(:ids) AND i.issued_on <= :today
  AND i.issued_on > CAST(:today AS date) - 740 GROUP BY 1, 2
"""  # noqa: S608 - our own words

_WORK: Final = """
WITH mine AS (SELECT * FROM project WHERE customer_id = ANY(:ids)),
flaws AS (SELECT p.customer_id, count(*) AS n FROM defect d JOIN mine p ON p.id = d.project_id
  WHERE p.phase <> 'closed' GROUP BY 1),
hours AS (SELECT p.customer_id, sum(t.estimate) AS planned FROM task t JOIN mine p
  ON p.id = t.project_id WHERE p.phase <> 'closed' GROUP BY 1)
SELECT m.customer_id AS id, count(*) FILTER (WHERE m.phase <> 'closed') AS running,
  count(*) FILTER (WHERE m.phase = 'closed') AS closed,
  count(*) FILTER (WHERE m.created_at > CAST(:now AS timestamptz) - interval '180 days') AS begun_180d,
  sum(m.budget * m.progress / 100) FILTER (WHERE m.phase <> 'closed' AND m.spent > 0) AS worth_done,
  sum(m.spent) FILTER (WHERE m.phase <> 'closed' AND m.budget > 0 AND m.spent > 0) AS worth_spent,
  count(DISTINCT m.currency) FILTER (WHERE m.phase <> 'closed') AS currencies,
  100 * COALESCE(min(flaws.n), 0) / NULLIF(min(hours.planned), 0) AS defects
FROM mine m LEFT JOIN flaws ON flaws.customer_id = m.customer_id
LEFT JOIN hours ON hours.customer_id = m.customer_id GROUP BY 1
"""

_CONTRACTS: Final = """
SELECT k.customer_id AS id, max(k.ends_on) - CAST(:today AS date) AS contract_days,
  EXISTS (SELECT 1 FROM deal d WHERE d.customer_id = k.customer_id
    AND d.stage NOT IN ('won', 'lost'))
  OR EXISTS (SELECT 1 FROM contract n WHERE n.customer_id = k.customer_id
    AND n.state IN ('draft', 'waiting', 'approved')) AS in_talks
FROM contract k WHERE k.customer_id = ANY(:ids) AND k.state IN ('signed', 'ended')
  AND k.ends_on IS NOT NULL GROUP BY k.customer_id
"""

_ALL: Final = (_WHO, _TALK, _ANSWERS, _SURVEYS, _MONEY, _WORK, _CONTRACTS)


async def figures(
    session: AsyncSession, ids: Collection[int], now: datetime, today: date, own: str
) -> dict[int, Figures]:
    """All that is known of customers, by customer; money in the `own` currency.

    `billed` holds (first of month, amount) pairs; what nothing is known of is None or not there.
    """
    values = {"ids": list(ids), "now": now, "today": today, "own": own}
    found: dict[int, Figures] = {id_: {"billed": []} for id_ in ids}
    for sql in _ALL:
        used = {name: value for name, value in values.items() if f":{name}" in sql}
        for row in (await session.execute(text(sql), used)).mappings():
            found[row["id"]].update(row)
    rows = await session.execute(
        text(_BILLED), {name: value for name, value in values.items() if name != "now"}
    )
    for customer_id, month, amount in rows:
        found[customer_id]["billed"].append((month, amount))
    return found


async def running(session: AsyncSession, customer_ids: Collection[int]) -> Sequence[Project]:
    """Projects of customers that are not closed."""
    asked = select(Project).where(
        col(Project.customer_id).in_(customer_ids), Project.phase != "closed"
    )
    return (await session.exec(asked.order_by(col(Project.id)))).all()


async def hours(session: AsyncSession, project_ids: Collection[int]) -> dict[int, float]:
    """Hours booked on each project."""
    rows = await session.execute(
        text("""
SELECT project_id, sum(hours) FROM time_entry WHERE project_id = ANY(:ids) GROUP BY 1
"""),
        {"ids": list(project_ids)},
    )
    return {id_: float(total) for id_, total in rows}


async def customer_ids(session: AsyncSession, after: int, *, most: int = PAGE) -> Sequence[int]:
    """Customers that are ours to keep, in the order of their numbers; merged and lost ones are not."""
    asked = (
        select(Customer.id)
        .where(
            col(Customer.id) > after,
            col(Customer.merged_into_id).is_(None),
            Customer.stage != "lost",
        )
        .order_by(col(Customer.id))
        .limit(most)
    )
    return (await session.exec(asked)).all()


async def keep(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write snapshots; one that a customer has of the same day is written anew."""
    if not rows:
        return
    made = insert(HealthSnapshot).values([dict(row) for row in rows])
    told = {
        name: made.excluded[name]
        for name in ("score", "parts", "churn", "churn_reasons", "segment")
    }
    await session.execute(
        made.on_conflict_do_update(index_elements=["customer_id", "day"], set_=told)
    )


async def earlier(
    session: AsyncSession, ids: Collection[int], day: date, back: int = 30
) -> dict[int, float]:
    """The score of each customer about `back` days before, a week more or less."""
    rows = await session.execute(
        text("""
SELECT DISTINCT ON (customer_id) customer_id, score FROM health_snapshot
WHERE customer_id = ANY(:ids) AND day BETWEEN :first AND :last AND score IS NOT NULL
ORDER BY customer_id, abs(day - CAST(:wanted AS date))
"""),
        {
            "ids": list(ids),
            "first": day - timedelta(days=back + 7),
            "last": day - timedelta(days=back - 7),
            "wanted": day - timedelta(days=back),
        },
    )
    return dict(rows.all())


@dataclass(frozen=True, slots=True)
class Scored:
    """A day on which enough was known to tell a score."""

    day: date
    score: float
    parts: Mapping[str, Any]


async def history(session: AsyncSession, customer_id: int, since: date) -> list[Scored]:
    """The scores of a customer since a day, the oldest first."""
    asked = select(HealthSnapshot).where(
        HealthSnapshot.customer_id == customer_id, col(HealthSnapshot.day) >= since
    )
    rows = await session.exec(asked.order_by(col(HealthSnapshot.day)))
    return [Scored(one.day, one.score, one.parts) for one in rows if one.score is not None]


@dataclass(frozen=True, slots=True)
class Latest:
    """A customer as they stood last, with their owner's name."""

    customer: Customer
    snapshot: HealthSnapshot
    owner: str


async def latest(
    session: AsyncSession,
    scope: Scope,
    since: date,
    *,
    owner_id: int | None = None,
    customer_id: int | None = None,
) -> list[Latest]:
    """The last snapshot since a day of each customer that `scope` may see: the lowest score first,
    those without one last.
    """
    newest = (
        select(HealthSnapshot.customer_id, func.max(HealthSnapshot.day).label("day"))
        .where(col(HealthSnapshot.day) >= since)
        .group_by(col(HealthSnapshot.customer_id))
        .subquery()
    )
    asked = (
        select(Customer, HealthSnapshot, User.name)
        .join(newest, newest.c.customer_id == col(Customer.id))
        .join(
            HealthSnapshot,
            (col(HealthSnapshot.customer_id) == newest.c.customer_id)
            & (col(HealthSnapshot.day) == newest.c.day),
        )
        .join(User, col(User.id) == col(Customer.owner_id), isouter=True)
        .where(scope.customers(), col(Customer.merged_into_id).is_(None), Customer.stage != "lost")
    )
    if owner_id is not None:
        asked = asked.where(Customer.owner_id == owner_id)
    if customer_id is not None:
        asked = asked.where(Customer.id == customer_id)
    rows = await session.exec(
        asked.order_by(col(HealthSnapshot.score).nulls_last(), col(Customer.id))
    )
    return [Latest(customer, one, owner or "") for customer, one, owner in rows]


async def complaining(
    session: AsyncSession, now: datetime, days: int, least: int
) -> Sequence[tuple[Customer, int]]:
    """Customers with so many complaints in so many days, to whom nobody suggested anything since."""
    asked = text("""
WITH said AS (
  SELECT customer_id FROM interaction WHERE direction = 'in' AND 'complaint' = ANY(signals)
    AND occurred_at > :since AND occurred_at <= :now
  UNION ALL SELECT customer_id FROM service_case WHERE kind = 'complaint' AND interaction_id IS NULL
    AND opened_at > :since AND opened_at <= :now)
SELECT s.customer_id, count(*) FROM said s JOIN customer c ON c.id = s.customer_id
WHERE c.merged_into_id IS NULL AND c.stage <> 'lost' AND NOT EXISTS (
  SELECT 1 FROM event e WHERE e.customer_id = s.customer_id
    AND e.name = 'service.suggested' AND e.at > :since)
GROUP BY 1 HAVING count(*) >= :least ORDER BY 1
""")
    rows = await session.execute(
        asked, {"now": now, "since": now - timedelta(days=days), "least": least}
    )
    counts: dict[int, int] = dict(rows.all())
    found = await session.exec(
        select(Customer).where(col(Customer.id).in_(counts)).order_by(col(Customer.id))
    )
    return [(customer, counts[customer.id]) for customer in found]


async def owners(session: AsyncSession) -> Sequence[User]:
    """Active members who own customers."""
    owning = select(Customer.owner_id).where(col(Customer.merged_into_id).is_(None))
    asked = select(User).where(col(User.id).in_(owning), col(User.active))
    return (await session.exec(asked.order_by(col(User.id)))).all()


async def internal_chats(session: AsyncSession, now: datetime) -> Sequence[Conversation]:
    """Internal chats bound to a customer as a whole that want to be told things."""
    return (
        await session.exec(
            select(Conversation)
            .where(
                Conversation.audience == "internal",
                col(Conversation.customer_id).is_not(None),
                col(Conversation.project_id).is_(None),
                col(Conversation.muted_until).is_(None) | (col(Conversation.muted_until) < now),
            )
            .order_by(col(Conversation.id))
        )
    ).all()


async def said_lately(
    session: AsyncSession, customer_id: int, now: datetime, most: int
) -> Sequence[Interaction]:
    """The newest words with a customer, either way."""
    return (
        await session.exec(
            select(Interaction)
            .where(
                Interaction.customer_id == customer_id,
                Interaction.direction != "internal",
                Interaction.occurred_at <= now,
                col(Interaction.recalled_at).is_(None),
            )
            .order_by(col(Interaction.occurred_at).desc())
            .limit(most)
        )
    ).all()
