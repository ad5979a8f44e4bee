"""Questions about surveys."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import Customer, Event, Project, Push, Survey


def digest(key: str) -> bytes:
    """What is kept of the key in a customer's buttons and link."""
    return hashlib.sha256(key.encode()).digest()


async def of_key(session: AsyncSession, key: str, *, lock: bool = True) -> Survey | None:
    """The survey that a customer's button or link is about; locked until the commit."""
    asked = select(Survey).where(Survey.secret == digest(key))
    return (await session.exec(asked.with_for_update() if lock else asked)).first()


async def of_push(session: AsyncSession, push_id: int) -> Survey | None:
    return (await session.exec(select(Survey).where(Survey.push_id == push_id))).first()


async def last_asked(
    session: AsyncSession, customer_id: int, kind: str, since: datetime
) -> Survey | None:
    """The newest survey of a kind that a customer was asked since, or is about to be."""
    return (
        await session.exec(
            select(Survey)
            .where(
                Survey.customer_id == customer_id,
                Survey.kind == kind,
                Survey.made_at >= since,
                Survey.expires_at > Survey.made_at,
            )
            .order_by(col(Survey.id).desc())
            .limit(1)
        )
    ).first()


async def near(
    session: AsyncSession, customer_id: int, now: datetime, since: datetime
) -> Survey | None:
    """The newest question, of any kind, that waits for a customer's answer or was put since."""
    open_ = col(Survey.answered_at).is_(None) & (col(Survey.expires_at) > now)
    return (
        await session.exec(
            select(Survey)
            .where(
                Survey.customer_id == customer_id,
                Survey.expires_at > Survey.made_at,
                open_ | (col(Survey.made_at) >= since),
            )
            .order_by(col(Survey.id).desc())
            .limit(1)
        )
    ).first()


async def unanswered(
    session: AsyncSession, sent_before: datetime, now: datetime
) -> Sequence[tuple[Survey, Push, Customer]]:
    """Surveys that were sent before, wait for an answer, and were never reminded of; of a customer
    the newest alone.
    """
    later = aliased(Survey)
    found = await session.exec(
        select(Survey, Push, Customer)
        .join(Push, col(Push.id) == col(Survey.push_id))
        .join(Customer, col(Customer.id) == col(Survey.customer_id))
        .where(
            col(Survey.answered_at).is_(None),
            col(Survey.reminded_at).is_(None),
            col(Survey.sent_at) <= sent_before,
            col(Survey.expires_at) > now,
            ~exists().where(
                col(later.customer_id) == col(Survey.customer_id),
                col(later.id) > col(Survey.id),
                col(later.sent_at).is_not(None),
            ),
        )
        .order_by(col(Survey.id))
    )
    return found.all()


async def listed(
    session: AsyncSession, scope: Scope, customer_id: int | None, limit: int = 20
) -> Sequence[tuple[Survey, Customer, Project | None]]:
    """The newest surveys of visible customers."""
    asked = (
        select(Survey, Customer, Project)
        .join(Customer, col(Customer.id) == col(Survey.customer_id))
        .outerjoin(Project, col(Project.id) == col(Survey.project_id))
        .where(scope.customers(), col(Survey.sent_at).is_not(None))
        .order_by(col(Survey.id).desc())
        .limit(limit)
    )
    if customer_id is not None:
        asked = asked.where(Survey.customer_id == customer_id)
    return (await session.exec(asked)).all()


async def scores(session: AsyncSession, scope: Scope, kind: str, since: datetime) -> Sequence[int]:
    """The scores that visible customers have given since."""
    found = await session.exec(
        select(Survey.score)
        .join(Customer, col(Customer.id) == col(Survey.customer_id))
        .where(
            scope.customers(),
            Survey.kind == kind,
            col(Survey.score).is_not(None),
            col(Survey.answered_at) >= since,
        )
    )
    return [score for score in found if score is not None]


async def task_of_rule(
    session: AsyncSession, customer_id: int, since: datetime, rules: Sequence[str]
) -> int | None:
    """The task that one of these rules has made for a customer since."""
    found = await session.exec(
        select(Event)
        .where(
            Event.name == "task.made",
            Event.customer_id == customer_id,
            col(Event.at) >= since,
            col(Event.facts)["by_rule"].astext.in_(rules),
        )
        .order_by(col(Event.id).desc())
        .limit(1)
    )
    made = found.first()
    return None if made is None else int(made.facts["number"])
