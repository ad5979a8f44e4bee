"""What rules look at, and the alerts they raise."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, column, func, insert, null, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope, up_to
from storage.tables import Alert, Conversation, Customer, Project


async def customers(session: AsyncSession, ids: Collection[int]) -> dict[int, Customer]:
    found = await session.exec(select(Customer).where(col(Customer.id).in_(ids)))
    return {customer.id: customer for customer in found}


async def bound_chats(
    session: AsyncSession, customer_id: int | None, project_id: int | None, now: datetime
) -> Sequence[Conversation]:
    """Internal chats bound to a project or, without a project of their own, to its customer."""
    of_project = col(Conversation.project_id) == project_id
    of_customer = (col(Conversation.customer_id) == customer_id) & col(Conversation.project_id).is_(
        None
    )
    muted: Any = col(Conversation.muted_until)
    return (
        await session.exec(
            select(Conversation)
            .where(
                of_project | of_customer if project_id is not None else of_customer,
                Conversation.audience == "internal",
                muted.is_(None) | (muted < now),
            )
            .order_by(col(Conversation.id))
        )
    ).all()


async def stand_for(session: AsyncSession, channel: str, chat: str, name: str) -> None:
    """The internal chat that stands for a system of the firm's; past the record of undo."""
    values = {"channel": channel, "chat": chat, "name": name, "audience": "internal"}
    made = upsert(Conversation).values(**values, created_at=datetime.now(UTC))
    await session.execute(made.on_conflict_do_nothing())


async def alerts(
    session: AsyncSession,
    scope: Scope,
    *,
    customer_id: int | None = None,
    project_id: int | None = None,
    limit: int = 20,
) -> Sequence[Alert]:
    """Open alerts with a reason that `scope` may see, the newest first."""
    asked = select(Alert).where(shown_to(scope, project_id))
    if customer_id is not None:
        asked = asked.where(Alert.customer_id == customer_id)
    return (await session.exec(asked.order_by(col(Alert.id).desc()).limit(limit))).all()


def shown_to(scope: Scope, project_id: int | None = None) -> ColumnElement[bool]:
    """Condition on `Alert`: open, with an open reason that `scope` may see, of a project if named."""
    # One that was raised before reasons were kept has its rule for its only one: see `reasons_of`.
    only: Any = func.jsonb_build_object(
        *("project", col(Alert.project_id), "money", "none", "gone", null())
    )
    kept: Any = case(
        (func.jsonb_array_length(col(Alert.reasons)) > 0, col(Alert.reasons)),
        else_=func.jsonb_build_array(only),
    )
    reason: Any = func.jsonb_array_elements(kept).table_valued(
        column("value", JSONB), name="reason"
    )
    value = reason.c.value
    of_project = cast(value["project"].astext, BigInteger)
    is_open = value["gone"].astext.is_(None) & value["money"].astext.in_(up_to(scope.money))
    visible = of_project.in_(select(col(Project.id)).where(scope.projects())) | (
        of_project.is_(None)
        & col(Alert.customer_id).in_(select(col(Customer.id)).where(scope.customers()))
    )
    if project_id is not None:
        visible &= of_project == project_id
    found = select(1).select_from(reason).where(is_open, visible)
    return and_(col(Alert.closed_at).is_(None), found.exists())


def reasons_of(alert: "Alert | Open") -> list[Any]:
    """Its reasons; an alert that was raised before they were kept has its rule's title for one."""
    if alert.reasons:
        return alert.reasons
    at = alert.opened_at.isoformat()
    return [
        {
            "rule": alert.rule,
            "subject": alert.subject,
            "facts": {},
            "said": {},
            "interaction": None,
            "project": alert.project_id,
            "money": "none",
            "level": alert.level,
            "at": at,
            "to": [],
            "told": {},
            "acked": alert.acknowledged_at is not None,
            "gone": None,
        }
    ]


async def seen(
    session: AsyncSession, scope: Scope, found: Sequence[Alert], *, closed: bool = False
) -> dict[int, list[Any]]:
    """The open reasons of each of these alerts that `scope` may see; `closed`: the others too."""
    listed = [
        (alert, one) for alert in found for one in reasons_of(alert) if closed or not one["gone"]
    ]
    projects = set(
        await session.exec(
            select(Project.id).where(
                col(Project.id).in_({one["project"] for _, one in listed if one["project"]}),
                scope.projects(),
            )
        )
    )
    customers_ = set(
        await session.exec(
            select(Customer.id).where(
                col(Customer.id).in_({alert.customer_id for alert in found if alert.customer_id}),
                scope.customers(),
            )
        )
    )
    shown: dict[int, list[Any]] = {alert.id: [] for alert in found}
    for alert, one in listed:
        mine = one["project"] in projects if one["project"] else alert.customer_id in customers_
        if mine and one["money"] in up_to(scope.money):
            shown[alert.id].append(one)
    return shown


@dataclass(slots=True)
class Open:
    """An open alert as the engine works on it; written by `keep`, past the record of undo."""

    id: int | None
    subject: str
    customer_id: int | None
    project_id: int | None
    rule: str
    level: str
    facts: dict[str, Any]
    reasons: list[Any]
    rung: int
    climb_at: datetime | None
    opened_at: datetime
    acknowledged_at: datetime | None
    closed_at: datetime | None = None


_COLUMNS: Final = "id subject customer_id project_id rule level facts reasons rung climb_at opened_at acknowledged_at closed_at".split()


async def lock(session: AsyncSession, subjects: Collection[str]) -> None:
    """Other transactions that raise alerts about these wait until this one ends."""
    await session.execute(
        text("""
SELECT pg_advisory_xact_lock(h) FROM (
  SELECT hashtextextended(s, 11) AS h FROM unnest(CAST(:subjects AS text[])) AS s ORDER BY 1 OFFSET 0
) AS wanted
"""),
        {"subjects": list(subjects)},
    )


async def open_alerts(
    session: AsyncSession,
    *,
    subjects: Collection[str] | None = None,
    climbing: datetime | None = None,
) -> list[Open]:
    """Open alerts: all, those about `subjects`, or those whose ladder is to be climbed by then."""
    asked = select(*(getattr(Alert, name) for name in _COLUMNS)).where(  # pyright: ignore[reportCallIssue, reportArgumentType]
        col(Alert.closed_at).is_(None)
    )
    if subjects is not None:
        asked = asked.where(col(Alert.subject).in_(subjects))
    if climbing is not None:
        asked = asked.where(col(Alert.climb_at) <= climbing, col(Alert.acknowledged_at).is_(None))
    found = await session.execute(asked.order_by(col(Alert.id)))
    listed = [Open(**dict(row)) for row in found.mappings()]
    for alert in listed:
        alert.reasons = reasons_of(alert)
    return listed


async def keep(session: AsyncSession, alert: Open) -> int:
    """Write an alert as it is now; answers its number."""
    values = {name: getattr(alert, name) for name in _COLUMNS if name != "id"}
    if alert.id is None:
        made = await session.execute(insert(Alert).values(**values).returning(col(Alert.id)))
        alert.id = int(made.scalar_one())
    else:
        await session.execute(update(Alert).where(col(Alert.id) == alert.id).values(**values))
    return alert.id


@dataclass(frozen=True, slots=True)
class Record:
    """How a rule has done: how often it fired lately, and what its readers found of it."""

    fired: int
    useful: int
    judged: int

    @property
    def precision(self) -> float | None:
        return self.useful / self.judged if self.judged else None


async def records(session: AsyncSession, since: datetime) -> dict[str, Record]:
    """By rule: alerts raised since then, and all verdicts on alerts that it was a reason of."""
    fired = await session.execute(
        text("""
SELECT facts ->> 'rule', count(*) FROM event WHERE name = 'alert.raised' AND at > :since GROUP BY 1
"""),
        {"since": since},
    )
    judged = await session.execute(
        text("""
SELECT r.rule, count(*) FILTER (WHERE v.useful), count(*) FROM alert_verdict v
JOIN alert a ON a.id = v.alert_id
CROSS JOIN LATERAL (SELECT DISTINCT one ->> 'rule' AS rule FROM jsonb_array_elements(a.reasons) one) r
GROUP BY 1
""")
    )
    times = {row[0]: row[1] for row in fired}
    verdicts = {row[0]: (row[1], row[2]) for row in judged}
    return {
        rule: Record(times.get(rule, 0), *verdicts.get(rule, (0, 0)))
        for rule in times.keys() | verdicts.keys()
    }


async def named(session: AsyncSession, scope: Scope, ids: Collection[int]) -> dict[int, str]:
    """What customers that `scope` may see are called, with their codes."""
    found = await session.exec(
        select(Customer.id, Customer.code, Customer.name).where(
            col(Customer.id).in_(ids), scope.customers()
        )
    )
    return {id_: f"{code} {name}" for id_, code, name in found}
