"""Questions about the care of customers: what is due when, promised contact, lessons, loyalty."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import search
from storage.scope import Scope
from storage.tables import (
    CareNode,
    ContactPlan,
    Customer,
    Deliverable,
    Interaction,
    Lesson,
    PaymentTerm,
    Project,
    Task,
    User,
)
from storage.tables.columns import utc_now


@dataclass(frozen=True, slots=True)
class Anchor:
    """A day that care counts from."""

    customer_id: int
    project_id: int | None
    after: str
    """signed, first (contract), accepted, silent, day."""
    since: date | None


_ANCHORS = """
WITH those AS (
  SELECT id, stage FROM customer WHERE merged_into_id IS NULL AND stage <> 'lost'
    AND (CAST(:only AS bigint) IS NULL OR id = :only))
SELECT DISTINCT k.customer_id, k.project_id, 'signed', k.signed_on FROM contract k
  JOIN those ON those.id = k.customer_id
  WHERE k.state IN ('signed', 'ended') AND k.signed_on IS NOT NULL
UNION ALL
SELECT k.customer_id, NULL, 'first', min(k.signed_on) FROM contract k
  JOIN those ON those.id = k.customer_id
  WHERE k.state IN ('signed', 'ended') AND k.signed_on IS NOT NULL GROUP BY 1
UNION ALL
SELECT p.customer_id, p.id, 'accepted', CAST(greatest(moved.at, taken.at) AT TIME ZONE :zone AS date)
  FROM project p JOIN those ON those.id = p.customer_id
  LEFT JOIN LATERAL (SELECT max(at) AS at FROM event WHERE project_id = p.id
    AND name = 'project.phase' AND facts ->> 'before' = 'accept' AND facts ->> 'after' IN ('paid', 'closed')) moved ON true
  LEFT JOIN LATERAL (SELECT max(decided_at) AS at FROM deliverable WHERE project_id = p.id
    AND state = 'accepted') taken ON true
  WHERE coalesce(moved.at, taken.at) IS NOT NULL
UNION ALL
SELECT those.id, NULL, 'silent', CAST(last.at AT TIME ZONE :zone AS date) FROM those
  JOIN LATERAL (SELECT occurred_at AS at FROM interaction i WHERE i.customer_id = those.id
    AND i.direction = 'in' ORDER BY occurred_at DESC LIMIT 1) last ON true
UNION ALL
SELECT those.id, NULL, 'day', NULL FROM those WHERE stage IN ('delivery', 'after_sales')
"""


async def anchors(session: AsyncSession, zone: str, customer_id: int | None = None) -> list[Anchor]:
    """The days that care counts from, of all customers or one."""
    rows = await session.execute(text(_ANCHORS), {"zone": zone, "only": customer_id})
    return [Anchor(*row) for row in rows]


async def claim(
    session: AsyncSession,
    customer_id: int,
    node: str,
    due: date,
    *,
    project_id: int | None = None,
    state: str = "planned",
) -> CareNode | None:
    """A point of the calendar, written down once; None where it was there already."""
    made = await session.execute(
        insert(CareNode)
        .values(
            customer_id=customer_id,
            project_id=project_id,
            node=node,
            due=due,
            state=state,
            made_at=utc_now(),
        )
        .on_conflict_do_nothing()
        .returning(col(CareNode.id))
    )
    id_ = made.scalar_one_or_none()
    return None if id_ is None else await session.get_one(CareNode, id_)


async def claim_all(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Many points at once; those that are there stay as they are."""
    made_at = utc_now()
    if rows:
        await session.execute(
            insert(CareNode).on_conflict_do_nothing(),
            [{**row, "made_at": made_at} for row in rows],
        )


async def ready(
    session: AsyncSession, today: date
) -> Sequence[tuple[CareNode, Customer, Project | None]]:
    """Points of the care plan that are due and not dealt with."""
    found = await session.exec(
        select(CareNode, Customer, Project)
        .join(Customer, col(Customer.id) == col(CareNode.customer_id))
        .outerjoin(Project, col(Project.id) == col(CareNode.project_id))
        .where(CareNode.state == "planned", CareNode.due <= today)
        .order_by(col(CareNode.id))
    )
    return found.all()


async def spoken_since(
    session: AsyncSession, nodes: Sequence[str], zone: str
) -> Sequence[CareNode]:
    """Visits that were asked for, where somebody has spoken with the customer since."""
    rows = await session.execute(
        text("""
SELECT n.id FROM care_node n WHERE n.state IN ('planned', 'proposed') AND n.node = ANY(:nodes)
AND EXISTS (SELECT 1 FROM interaction i WHERE i.customer_id = n.customer_id
  AND i.direction <> 'internal' AND i.kind <> 'note'
  AND CAST(i.occurred_at AT TIME ZONE :zone AS date) >= n.due)
"""),
        {"nodes": list(nodes), "zone": zone},
    )
    ids = [row[0] for row in rows]
    return (await session.exec(select(CareNode).where(col(CareNode.id).in_(ids)))).all()


async def calendar(
    session: AsyncSession, customer_id: int, limit: int = 40
) -> Sequence[tuple[CareNode, Project | None]]:
    """The newest points of a customer's calendar, in their order."""
    found = await session.exec(
        select(CareNode, Project)
        .outerjoin(Project, col(Project.id) == col(CareNode.project_id))
        .where(CareNode.customer_id == customer_id)
        .order_by(col(CareNode.due).desc(), col(CareNode.id).desc())
        .limit(limit)
    )
    return list(reversed(found.all()))


async def node(session: AsyncSession, scope: Scope, number: int) -> CareNode | None:
    """A point of the calendar of a customer who may be seen."""
    found = await session.exec(
        select(CareNode)
        .join(Customer, col(Customer.id) == col(CareNode.customer_id))
        .where(CareNode.id == number, scope.customers())
    )
    return found.first()


async def of_push(session: AsyncSession, push_id: int) -> CareNode | None:
    return (await session.exec(select(CareNode).where(CareNode.push_id == push_id))).first()


async def topics(
    session: AsyncSession, scope: Scope, customer_id: int, limit: int = 3
) -> Sequence[Interaction]:
    """What was spoken of last, as far as it may be read."""
    found = await session.exec(
        select(Interaction)
        .where(
            Interaction.customer_id == customer_id,
            Interaction.direction != "internal",
            Interaction.status == "filed",
            Interaction.text != "",
            scope.interactions(),
        )
        .order_by(col(Interaction.occurred_at).desc())
        .limit(limit)
    )
    return found.all()


@dataclass(frozen=True, slots=True)
class Silent:
    """A customer who has not said a word for some time."""

    customer: Customer
    last: datetime
    topic: str
    """Their last words, where they may be read."""


async def silent(
    session: AsyncSession, scope: Scope, before: datetime, limit: int = 30
) -> list[Silent]:
    """Customers whose last word is older, the longest silent first."""
    last = (
        select(
            col(Interaction.customer_id).label("customer_id"),
            func.max(col(Interaction.occurred_at)).label("at"),
        )
        .where(Interaction.direction == "in", col(Interaction.customer_id).is_not(None))
        .group_by(col(Interaction.customer_id))
        .subquery()
    )
    found = await session.exec(
        select(Customer, last.c.at)
        .join(last, last.c.customer_id == col(Customer.id))
        .where(
            scope.customers(),
            last.c.at < before,
            col(Customer.merged_into_id).is_(None),
            Customer.stage != "lost",
        )
        .order_by(last.c.at, col(Customer.id))
        .limit(limit)
    )
    listed: list[Silent] = []
    for customer, at in found.all():
        said = await topics(session, scope, customer.id, 1)
        listed.append(Silent(customer, at, said[0].text if said else ""))
    return listed


# --- promised contact --------------------------------------------------------------------------


async def plan(session: AsyncSession, customer_id: int) -> ContactPlan | None:
    found = await session.exec(select(ContactPlan).where(ContactPlan.customer_id == customer_id))
    return found.first()


@dataclass(frozen=True, slots=True)
class Promise:
    """How often a customer is to hear from us, and when they last did."""

    plan: ContactPlan
    customer: Customer
    owner: User
    last: date
    """The day of our last word to them, or since when it is promised."""


async def promises(session: AsyncSession, today: date, zone: str) -> list[Promise]:
    """Plans whose day has come, as far as somebody there is to be nudged about it."""
    rows = await session.execute(
        text("""
SELECT p.id, c.id, u.id, last.day FROM contact_plan p
JOIN customer c ON c.id = p.customer_id AND c.merged_into_id IS NULL
JOIN user_account u ON u.id = COALESCE(p.owner_id, c.owner_id) AND u.active
CROSS JOIN LATERAL (SELECT GREATEST(p.since, CAST(max(i.occurred_at) AT TIME ZONE :zone AS date)) AS day
  FROM interaction i WHERE i.customer_id = c.id AND (i.direction = 'out' OR i.kind IN ('call', 'meeting'))
    AND i.direction <> 'internal') last
WHERE last.day + p.every_days < :today
  AND (p.nudged_on IS NULL OR p.nudged_on < last.day OR p.nudged_on + p.every_days <= :today)
ORDER BY p.id
"""),
        {"today": today, "zone": zone},
    )
    return [
        Promise(
            await session.get_one(ContactPlan, plan_id),
            await session.get_one(Customer, customer_id),
            await session.get_one(User, user_id),
            day,
        )
        for plan_id, customer_id, user_id, day in rows.all()
    ]


async def to_pay(
    session: AsyncSession, first: date, last: date
) -> Sequence[tuple[PaymentTerm, Customer, Project | None]]:
    """Open parts of payment plans that are due between two days, where the customer may be told."""
    found = await session.exec(
        select(PaymentTerm, Customer, Project)
        .join(Customer, col(Customer.id) == col(PaymentTerm.customer_id))
        .outerjoin(Project, col(Project.id) == col(PaymentTerm.project_id))
        .where(
            col(PaymentTerm.settled_on).is_(None),
            col(PaymentTerm.due).between(first, last),
            or_(col(Project.id).is_(None), col(Project.pushes) != "off"),
        )
        .order_by(col(PaymentTerm.due), col(PaymentTerm.id))
    )
    return found.all()


# --- closing and lessons -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Open:
    """What of a project is not finished."""

    tasks: Sequence[Task]
    deliverables: Sequence[Deliverable]
    terms: Sequence[PaymentTerm]


async def unfinished(session: AsyncSession, project_id: int) -> Open:
    tasks = await session.exec(
        select(Task)
        .where(Task.project_id == project_id, col(Task.done_at).is_(None))
        .order_by(col(Task.id))
    )
    deliverables = await session.exec(
        select(Deliverable)
        .where(Deliverable.project_id == project_id, Deliverable.state != "accepted")
        .order_by(col(Deliverable.id))
    )
    terms = await session.exec(
        select(PaymentTerm)
        .where(PaymentTerm.project_id == project_id, col(PaymentTerm.settled_on).is_(None))
        .order_by(col(PaymentTerm.due), col(PaymentTerm.id))
    )
    return Open(tasks.all(), deliverables.all(), terms.all())


async def lessons(
    session: AsyncSession, scope: Scope, words: str = "", limit: int = 20
) -> Sequence[tuple[Lesson, Project]]:
    """Lessons of visible projects, the newest first; with words, those that have all of them."""
    asked = (
        select(Lesson, Project)
        .join(Project, col(Project.id) == col(Lesson.project_id))
        .where(scope.projects())
        .order_by(col(Lesson.id).desc())
        .limit(limit)
    )
    for word in words.split():
        like = col(Lesson.text).icontains(word, autoescape=True)
        named = col(Project.name).icontains(word, autoescape=True)
        asked = asked.where(or_(like, named))
    return (await session.exec(asked)).all()


async def similar(
    session: AsyncSession, scope: Scope, project: Project, limit: int = 5
) -> list[tuple[Lesson, Project]]:
    """What projects like this one have taught: of the same template first, then by words in common."""
    found = await session.exec(
        select(Lesson, Project)
        .join(Project, col(Project.id) == col(Lesson.project_id))
        .where(scope.projects(), col(Project.id) != project.id)
        .order_by(col(Lesson.id).desc())
        .limit(500)
    )
    own = set(search.lexemes(project.name))

    def near(one: tuple[Lesson, Project]) -> tuple[bool, int]:
        lesson, of = one
        common = own & set(search.lexemes(f"{of.name} {lesson.text}"))
        return bool(project.template) and of.template == project.template, len(common)

    ranked = sorted(found.all(), key=near, reverse=True)
    return [one for one in ranked if any(near(one))][:limit]


# --- loyalty -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Worth:
    """What loyalty is told by, as the record has it."""

    since: date | None
    projects_done: int
    nps: int | None
    revenue_rank: float | None


async def worth(session: AsyncSession, customer_id: int) -> Worth:
    """Sums are put into the firm's currency by the newest rate; one without a rate counts as is."""
    rows = await session.execute(
        text("""
WITH rates AS (SELECT DISTINCT ON (currency) currency, rate FROM exchange_rate
  ORDER BY currency, day DESC),
sums AS (SELECT r.customer_id, sum(r.amount * COALESCE(x.rate, 1)) AS total FROM receipt r
  LEFT JOIN rates x ON x.currency = r.currency GROUP BY 1 HAVING sum(r.amount) > 0),
ranked AS (SELECT customer_id, percent_rank() OVER (ORDER BY total DESC) AS rank FROM sums)
SELECT (SELECT min(signed_on) FROM contract WHERE customer_id = :id AND state IN ('signed', 'ended')),
  (SELECT count(*) FROM project WHERE customer_id = :id AND phase = 'closed'),
  (SELECT score FROM survey WHERE customer_id = :id AND kind = 'nps' AND score IS NOT NULL
    ORDER BY answered_at DESC LIMIT 1),
  (SELECT rank FROM ranked WHERE customer_id = :id)
"""),
        {"id": customer_id},
    )
    return Worth(*rows.one())
