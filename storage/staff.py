"""Questions about members' work: what hangs on one, what each has done, who is free and knows what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import (
    ChangeRequest,
    ContactPlan,
    Customer,
    Deal,
    Project,
    ProjectMember,
    Reminder,
    Risk,
    ServiceCase,
    Task,
    User,
)


@dataclass(frozen=True, slots=True)
class Held:
    """All that one member is responsible for and that is not over."""

    customers: Sequence[Customer]
    projects: Sequence[Project]
    memberships: Sequence[ProjectMember]
    tasks: Sequence[Task]
    cases: Sequence[ServiceCase]
    deals: Sequence[Deal]
    reminders: Sequence[Reminder]
    risks: Sequence[Risk]
    changes: Sequence[ChangeRequest]
    contact_plans: Sequence[ContactPlan]

    @property
    def rows(self) -> int:
        return sum(len(getattr(self, name)) for name in self.__slots__)


async def _rows(session: AsyncSession, table: Any, *conditions: Any) -> Sequence[Any]:
    return (await session.exec(select(table).where(*conditions).order_by(table.id))).all()


def _whole(scope: Scope) -> ColumnElement[bool]:
    return and_(scope.customers(), col(Customer.merged_into_id).is_(None))


async def held(session: AsyncSession, scope: Scope, user_id: int) -> Held:
    """What hangs on a member, as far as `scope` goes; reminders of theirs alone are nobody else's."""
    seen = select(col(Customer.id)).where(scope.customers())
    running = select(col(Project.id)).where(scope.projects(), col(Project.closed_at).is_(None))
    rows = partial(_rows, session)
    return Held(
        await rows(Customer, Customer.owner_id == user_id, _whole(scope)),
        await rows(Project, Project.manager_id == user_id, col(Project.id).in_(running)),
        await rows(
            ProjectMember,
            ProjectMember.user_id == user_id,
            col(ProjectMember.project_id).in_(running),
        ),
        await rows(
            Task,
            Task.assignee_id == user_id,
            col(Task.done_at).is_(None),
            col(Task.project_id).in_(running),
        ),
        await rows(
            ServiceCase,
            ServiceCase.owner_id == user_id,
            col(ServiceCase.state).in_(("open", "waiting")),
            col(ServiceCase.customer_id).in_(seen),
        ),
        await rows(
            Deal,
            Deal.owner_id == user_id,
            col(Deal.closed_at).is_(None),
            col(Deal.customer_id).in_(seen),
        ),
        await rows(
            Reminder,
            Reminder.user_id == user_id,
            col(Reminder.done_at).is_(None),
            col(Reminder.customer_id).in_(seen),
        ),
        await rows(
            Risk,
            Risk.owner_id == user_id,
            col(Risk.closed_at).is_(None),
            col(Risk.project_id).in_(running),
        ),
        await rows(
            ChangeRequest,
            ChangeRequest.owner_id == user_id,
            ChangeRequest.state == "waiting",
            col(ChangeRequest.project_id).in_(running),
        ),
        await rows(
            ContactPlan,
            ContactPlan.owner_id == user_id,
            col(ContactPlan.customer_id).in_(seen),
        ),
    )


async def in_projects(session: AsyncSession, user_id: int) -> set[int]:
    """The projects that a member is named in."""
    asked = select(ProjectMember.project_id).where(ProjectMember.user_id == user_id)
    return set((await session.exec(asked)).all())


@dataclass(frozen=True, slots=True)
class Brief:
    """How a customer stands, for who takes them over."""

    code: str
    name: str
    tier: str
    mood: float | None
    """Mean of the last 30 days."""
    tasks: int
    late: int
    cases: int
    promises: list[str]
    """What we have promised and not done yet, with the day."""
    milestone: str | None
    milestone_due: date | None
    said_at: datetime | None
    said: str | None
    """The customer's last words."""


_BRIEFS: Final = """
SELECT c.code, c.name, c.tier,
  (SELECT avg(i.score) FROM interaction i WHERE i.customer_id = c.id AND i.direction = 'in'
    AND i.sentiment <> 'unscored' AND i.occurred_at > CAST(:now AS timestamptz) - interval '30 days'
  ) AS mood,
  (SELECT count(*) FROM task t JOIN project p ON p.id = t.project_id
    WHERE p.customer_id = c.id AND t.done_at IS NULL AND p.closed_at IS NULL) AS tasks,
  (SELECT count(*) FROM task t JOIN project p ON p.id = t.project_id
    WHERE p.customer_id = c.id AND t.done_at IS NULL AND p.closed_at IS NULL
    AND t.due < :today) AS late,
  (SELECT count(*) FROM service_case s WHERE s.customer_id = c.id
    AND s.state IN ('open', 'waiting')) AS cases,
  COALESCE((SELECT array_agg(r.text || ' → ' || r.due ORDER BY r.due) FROM reminder r
    WHERE r.customer_id = c.id AND r.source = 'promise' AND r.done_at IS NULL), '{}') AS promises,
  m.name AS milestone, m.due AS milestone_due, i.occurred_at AS said_at, i.text AS said
FROM customer c
LEFT JOIN LATERAL (SELECT m.name, m.due FROM milestone m JOIN project p ON p.id = m.project_id
  WHERE p.customer_id = c.id AND m.done_at IS NULL AND p.closed_at IS NULL
  ORDER BY m.due, m.id LIMIT 1) m ON true
LEFT JOIN LATERAL (SELECT i.occurred_at, i.text FROM interaction i WHERE i.customer_id = c.id
  AND i.direction = 'in' AND i.recalled_at IS NULL
  ORDER BY i.occurred_at DESC, i.id LIMIT 1) i ON true
WHERE c.id = ANY(:ids)
ORDER BY array_position(ARRAY['vip', 'key', 'normal'], CAST(c.tier AS text)), c.code
"""


async def briefs(
    session: AsyncSession, ids: Sequence[int], now: datetime, today: date
) -> list[Brief]:
    """The most important customers first."""
    rows = await session.execute(text(_BRIEFS), {"ids": list(ids), "now": now, "today": today})
    return [Brief(**row) for row in rows.mappings()]


@dataclass(frozen=True, slots=True)
class Done:
    """What a member has done in a time."""

    user_id: int
    name: str
    answered: int
    answered_in_time: int
    promised: int
    kept: int
    """Promises done by the day that was promised."""
    tasks: int
    tasks_in_time: int
    """Of those with a day; the others count as in time."""
    cases: int
    hours: Decimal
    ratings: int
    rating: Decimal | None
    """Mean of customers' answers, 1 to 5; the NPS of a project is brought to that span, 0 → 1 and 10 → 5."""


_DONE: Final = """
WITH answers AS (
  SELECT answered_by_id AS id, count(*) AS n, count(*) FILTER (WHERE answered_at <= due_at) AS good
  FROM answer_clock WHERE answered_at >= :since AND answered_at < :until GROUP BY 1),
promises AS (
  SELECT made_by_id AS id, count(*) AS n,
    count(*) FILTER (WHERE CAST(done_at AT TIME ZONE :zone AS date) <= due) AS good
  FROM reminder WHERE source = 'promise' AND due >= :first AND due < :last GROUP BY 1),
tasks AS (
  SELECT assignee_id AS id, count(*) AS n,
    count(*) FILTER (WHERE due IS NULL OR CAST(done_at AT TIME ZONE :zone AS date) <= due) AS good
  FROM task WHERE done_at >= :since AND done_at < :until GROUP BY 1),
cases AS (
  SELECT owner_id AS id, count(*) AS n FROM service_case
  WHERE solved_at >= :since AND solved_at < :until GROUP BY 1),
hours AS (
  SELECT user_id AS id, sum(hours) AS n FROM time_entry
  WHERE worked_on >= :first AND worked_on < :last GROUP BY 1),
ratings AS (
  SELECT COALESCE(s.user_id, p.manager_id) AS id, count(*) AS n,
    avg(CASE s.kind WHEN 'nps' THEN 1 + 0.4 * s.score ELSE s.score END) AS mean
  FROM survey s LEFT JOIN project p ON p.id = s.project_id
  WHERE (s.kind = 'csat' OR s.project_id IS NOT NULL) AND s.score IS NOT NULL
    AND s.answered_at >= :since AND s.answered_at < :until
  GROUP BY 1)
SELECT u.id AS user_id, u.name, COALESCE(a.n, 0) AS answered, COALESCE(a.good, 0) AS answered_in_time,
  COALESCE(p.n, 0) AS promised, COALESCE(p.good, 0) AS kept,
  COALESCE(t.n, 0) AS tasks, COALESCE(t.good, 0) AS tasks_in_time, COALESCE(c.n, 0) AS cases,
  COALESCE(h.n, 0) AS hours, COALESCE(r.n, 0) AS ratings, r.mean AS rating
FROM user_account u LEFT JOIN answers a ON a.id = u.id LEFT JOIN promises p ON p.id = u.id
LEFT JOIN tasks t ON t.id = u.id LEFT JOIN cases c ON c.id = u.id
LEFT JOIN hours h ON h.id = u.id LEFT JOIN ratings r ON r.id = u.id
WHERE u.active AND (CAST(:user AS bigint) IS NULL OR u.id = :user)
ORDER BY u.name
"""


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment up to another, with the days that they are in the firm's zone."""

    since: datetime
    until: datetime
    zone: str

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "since": self.since,
            "until": self.until,
            "zone": self.zone,
            "first": self.since.date(),
            "last": self.until.date(),
        }


async def done(session: AsyncSession, span: Span, user_id: int | None = None) -> list[Done]:
    """What each active member, or one, has done; in the order of their names."""
    rows = await session.execute(text(_DONE), {**span.facts, "user": user_id})
    return [Done(**row) for row in rows.mappings()]


@dataclass(frozen=True, slots=True)
class Month:
    """How a firm's customers stand after a time."""

    had: int
    """Customers in delivery or after sales when it began."""
    lost: int
    """Those of them who left in it."""
    csat: Decimal | None
    csat_answers: int
    nps: Decimal | None
    """Promoters (9, 10) less detractors (0 to 6), in percent of the answers."""
    nps_answers: int


_MONTH: Final = """
WITH gone AS (
  SELECT count(DISTINCT customer_id) AS n FROM event WHERE name = 'customer.stage'
  AND facts ->> 'after' = 'lost' AND facts ->> 'before' IN ('delivery', 'after_sales')
  AND at >= :since AND at < :until),
kept AS (
  SELECT count(*) AS n FROM customer WHERE stage IN ('delivery', 'after_sales')
  AND merged_into_id IS NULL AND created_at < :since),
asked AS (
  SELECT kind, score FROM survey
  WHERE score IS NOT NULL AND answered_at >= :since AND answered_at < :until)
SELECT gone.n + kept.n AS had, gone.n AS lost,
  (SELECT avg(score) FROM asked WHERE kind = 'csat') AS csat,
  (SELECT count(*) FROM asked WHERE kind = 'csat') AS csat_answers,
  (SELECT 100.0 * (count(*) FILTER (WHERE score >= 9) - count(*) FILTER (WHERE score <= 6))
    / NULLIF(count(*), 0) FROM asked WHERE kind = 'nps') AS nps,
  (SELECT count(*) FROM asked WHERE kind = 'nps') AS nps_answers
FROM gone, kept
"""


async def month(session: AsyncSession, span: Span) -> Month:
    wanted = {name: span.facts[name] for name in ("since", "until")}
    row = (await session.execute(text(_MONTH), wanted)).mappings().one()
    return Month(**row)


async def money_of(
    session: AsyncSession, span: Span
) -> tuple[list[tuple[str, Decimal]], list[tuple[str, Decimal]], Decimal]:
    """Received and spent in a time, by currency, and what the hours booked in it cost."""
    days = {name: span.facts[name] for name in ("first", "last")}

    async def sums(sql: str) -> list[tuple[str, Decimal]]:
        return [(code, amount) for code, amount in await session.execute(text(sql), days)]

    received = await sums(
        "SELECT currency, sum(amount) FROM receipt"
        " WHERE received_on >= :first AND received_on < :last GROUP BY 1 ORDER BY 1"
    )
    spent = await sums(
        "SELECT currency, sum(amount) FROM cost"
        " WHERE spent_on >= :first AND spent_on < :last GROUP BY 1 ORDER BY 1"
    )
    labour = await session.scalar(
        text(
            "SELECT COALESCE(sum(e.hours * u.hour_cost), 0) FROM time_entry e"
            " JOIN user_account u ON u.id = e.user_id"
            " WHERE e.worked_on >= :first AND e.worked_on < :last"
        ),
        days,
    )
    return received, spent, Decimal(labour or 0)


@dataclass(frozen=True, slots=True)
class Fit:
    """What speaks for a member where a team is sought."""

    user_id: int
    name: str
    skills: list[str]
    here: Decimal
    industry: Decimal
    rating: Decimal | None
    hours_a_week: Decimal


_FITS: Final = """
WITH worked AS (
  SELECT e.user_id, sum(e.hours) FILTER (WHERE p.customer_id = :customer) AS here,
    sum(e.hours) FILTER (WHERE p.customer_id <> :customer AND c.industry <> ''
      AND c.industry = :industry) AS industry
  FROM time_entry e JOIN project p ON p.id = e.project_id JOIN customer c ON c.id = p.customer_id
  WHERE e.worked_on >= :since GROUP BY 1),
ratings AS (
  SELECT user_id, avg(score) AS mean FROM survey
  WHERE kind = 'csat' AND score IS NOT NULL AND answered_at >= :since GROUP BY 1)
SELECT u.id AS user_id, u.name, u.skills, COALESCE(w.here, 0) AS here,
  COALESCE(w.industry, 0) AS industry, r.mean AS rating, u.hours_a_week
FROM user_account u LEFT JOIN worked w ON w.user_id = u.id LEFT JOIN ratings r ON r.user_id = u.id
WHERE u.active AND u.hours_a_week > 0 AND u.roles && ARRAY['pm', 'service', 'sales']
ORDER BY u.name
"""


async def fits(session: AsyncSession, customer: Customer, since: date) -> list[Fit]:
    """Members who may work for a customer, and what they have done since a day."""
    given = {"customer": customer.id, "industry": customer.industry, "since": since}
    rows = await session.execute(text(_FITS), given)
    return [Fit(**row) for row in rows.mappings()]


async def named(session: AsyncSession, ids: Sequence[int]) -> dict[int, User]:
    rows = await session.exec(select(User).where(col(User.id).in_(ids)))
    return {user.id: user for user in rows}
