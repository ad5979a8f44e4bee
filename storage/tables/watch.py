"""What is watched: events, rules, alerts, and who is told when."""

# SQLModel types `__tablename__` as something that it is never given.
# pyright: reportAssignmentType=false, reportIncompatibleVariableOverride=false

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Index, Numeric, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.tables.columns import document, key, link, moment


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


class Rule(SQLModel, table=True):
    """A rule of the firm's own, or a switch for one of the shipped book."""

    id: str = Field(primary_key=True)
    body: dict[str, Any] = document()
    """The rule as the book writes it; empty for a shipped rule that is only switched."""
    enabled: bool = True
    updated_at: datetime = moment()


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
    opened_at: datetime = moment()
    quiet_until: datetime | None = moment(null=True)
    acknowledged_at: datetime | None = moment(null=True)
    acknowledged_by_id: int | None = link("user_account", null=True, index=False)
    closed_at: datetime | None = moment(null=True)


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
    project_id: int = link("project", index=False)
    conversation_id: int = link("conversation")
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
