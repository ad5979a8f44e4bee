"""What is watched: events, rules, alerts, and who is told when."""

# SQLModel types `__tablename__` as something that it is never given.
# pyright: reportAssignmentType=false, reportIncompatibleVariableOverride=false

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Index, Numeric, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.tables.columns import document, key, link, moment, records


class Event(SQLModel, table=True):
    """Something that happened to the record; the timeline shows those of a customer."""

    __table_args__ = (
        Index("ix_event_customer", "customer_id", text("at DESC"), "id"),
        Index("ix_event_project", "project_id", text("at DESC"), "id"),
    )

    id: int = key()
    name: str
    customer_id: int | None = link("customer", null=True, index=False)
    project_id: int | None = link("project", null=True, index=False)
    user_id: int | None = link("user_account", null=True, index=False)
    facts: dict[str, Any] = document()
    at: datetime = moment()


class Holding(SQLModel, table=True):
    """Since when a rule's conditions hold for a subject, for rules that wait before they speak."""

    __table_args__ = (UniqueConstraint("rule", "subject"),)

    id: int = key()
    rule: str
    subject: str
    since: datetime = moment()


class Alert(SQLModel, table=True):
    """A rule that fired, with the facts it saw."""

    __table_args__ = (
        Index("ix_alert_open", "rule", "subject", postgresql_where=text("closed_at IS NULL")),
    )

    id: int = key()
    rule: str
    subject: str
    """What it is about, as `project:7` or `customer:3`."""
    customer_id: int | None = link("customer", null=True)
    project_id: int | None = link("project", null=True)
    level: str = "warning"
    facts: dict[str, Any] = document()
    reasons: list[dict[str, Any]] = records()
    """All that speaks for it: [{"rule", "subject", "facts", "interaction", "at"}]."""
    rung: int = 0
    """How far up the ladder it was told."""
    climb_at: datetime | None = moment(null=True)
    """When the next rung is told, unless somebody has acknowledged it."""
    opened_at: datetime = moment()
    quiet_until: datetime | None = moment(null=True)
    acknowledged_at: datetime | None = moment(null=True)
    acknowledged_by_id: int | None = link("user_account", null=True, index=False)
    closed_at: datetime | None = moment(null=True)


class AlertVerdict(SQLModel, table=True):
    """Whether a member found an alert useful."""

    __tablename__ = "alert_verdict"
    __table_args__ = (UniqueConstraint("alert_id", "user_id"),)

    id: int = key()
    alert_id: int = link("alert")
    user_id: int = link("user_account", index=False)
    useful: bool
    at: datetime = moment()


class HealthSnapshot(SQLModel, table=True):
    """How a customer stood on a day."""

    __tablename__ = "health_snapshot"
    __table_args__ = (UniqueConstraint("customer_id", "day"),)

    id: int = key()
    customer_id: int = link("customer", index=False)
    day: date = Field(index=True)
    score: float | None = None
    """0 to 100; empty where too little is known."""
    parts: dict[str, Any] = document()
    """Part → {"score", "weight", "inputs"}; a part without any input is not there."""
    churn: float | None = None
    """How probable it is that they leave, 0 … 1."""
    churn_reasons: list[dict[str, Any]] = records()
    segment: str = ""


class DelayForecast(SQLModel, table=True):
    """When a project was thought to end, so that it can be compared with when it did."""

    __tablename__ = "delay_forecast"
    __table_args__ = (UniqueConstraint("project_id", "day"),)

    id: int = key()
    project_id: int = link("project", index=False)
    day: date
    due: date
    p50: date
    p80: date
    spi: float | None = None
    """Schedule performance index that day."""
    drivers: list[dict[str, Any]] = records()


class Reminder(SQLModel, table=True):
    """What a member is reminded of: by themselves, or because they promised it."""

    __table_args__ = (
        Index(
            "ix_reminder_coming",
            "at",
            postgresql_where=text("told_at IS NULL AND done_at IS NULL"),
        ),
        Index(
            "ix_reminder_promise",
            "interaction_id",
            "text",
            unique=True,
            postgresql_where=text("source = 'promise'"),
        ),
    )

    id: int = key()
    user_id: int = link("user_account")
    text: str
    at: datetime = moment()
    """When they are told."""
    due: date | None = None
    """The day that was promised."""
    source: str = "asked"
    """asked (by a member), promise (found in what was said)."""
    customer_id: int | None = link("customer", null=True)
    project_id: int | None = link("project", null=True)
    interaction_id: int | None = link("interaction", null=True)
    made_by_id: int | None = link("user_account", null=True, index=False)
    made_at: datetime = moment()
    told_at: datetime | None = moment(null=True)
    done_at: datetime | None = moment(null=True)


class Dismissal(SQLModel, table=True):
    """A proposal that a member does not want to see again."""

    __table_args__ = (UniqueConstraint("kind", "subject"),)

    id: int = key()
    kind: str
    """merge, next."""
    subject: str
    """What was proposed, such as `contact:3+7` or `customer:3 overdue:12`."""
    by_id: int | None = link("user_account", null=True, index=False)
    at: datetime = moment()


class ModelUse(SQLModel, table=True):
    """What a language model was asked, by day, purpose, model and member."""

    __tablename__ = "model_use"
    __table_args__ = (
        UniqueConstraint("day", "user_id", "purpose", "model", postgresql_nulls_not_distinct=True),
    )

    id: int = key()
    day: date
    """UTC."""
    user_id: int | None = link("user_account", null=True, index=False)
    """Who asked; empty: the program by itself."""
    purpose: str
    model: str
    asked: int = 0
    failed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: Decimal = Field(default=Decimal(0), sa_column=Column(Numeric(18, 6), nullable=False))
    """In the currency of the settings' prices; 0 without prices."""


class Push(SQLModel, table=True):
    """Words for a customer's chat that wait for a member's yes, or had it."""

    __table_args__ = (
        Index("ix_push_waiting", "project_id", postgresql_where=text("state = 'waiting'")),
    )

    id: int = key()
    project_id: int | None = link("project", null=True, index=False)
    customer_id: int = link("customer")
    conversation_id: int = link("conversation")
    kind: str = "progress"
    """progress, milestone, payment, care, survey, closing, deliverable, report."""
    notice: dict[str, Any] = document()
    """The Notice, of the customer audience."""
    state: str = "waiting"
    """waiting, approved, refused."""
    made_by_id: int | None = link("user_account", null=True, index=False)
    made_at: datetime = moment()
    decided_by_id: int | None = link("user_account", null=True, index=False)
    decided_at: datetime | None = moment(null=True)


class Subscription(SQLModel, table=True):
    """A digest that a chat or a member gets, and when."""

    __table_args__ = (
        UniqueConstraint(
            "conversation_id", "user_id", "project_id", postgresql_nulls_not_distinct=True
        ),
    )

    id: int = key()
    conversation_id: int = link("conversation")
    user_id: int | None = link("user_account", null=True)
    """The digest of this member's own work; empty: of the chat's project or customer."""
    project_id: int | None = link("project", null=True)
    every: str = "weekly"
    """daily (on working days), weekly, always (each day, holidays too), off."""
    weekday: int = 0
    """0 Monday … 6 Sunday, for weekly."""
    at: time
    timezone: str
    since: datetime = moment()
    muted_until: datetime | None = moment(null=True)
