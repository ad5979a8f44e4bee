"""Toward the customer: care, surveys, promised contact, reports."""

# SQLModel types `__tablename__` as something that it is never given.
# pyright: reportAssignmentType=false, reportIncompatibleVariableOverride=false

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.tables.columns import document, key, link, moment


class CareNode(SQLModel, table=True):
    """One point of a customer's care calendar."""

    __tablename__ = "care_node"
    __table_args__ = (
        UniqueConstraint(
            "customer_id", "project_id", "node", "due", postgresql_nulls_not_distinct=True
        ),
        Index("ix_care_node_due", "due", postgresql_where=text("state = 'planned'")),
    )

    id: int = key()
    customer_id: int = link("customer")
    project_id: int | None = link("project", null=True)
    node: str
    """Which node of the care plan; of a member's own the start of its words."""
    words: str | None = None
    """What a member's own says, in the customer's language."""
    due: date
    state: str = "planned"
    """planned, proposed (its words wait for a yes), done, skipped."""
    push_id: int | None = link("push", null=True)
    task_id: int | None = link("task", null=True)
    made_at: datetime = moment()
    done_at: datetime | None = moment(null=True)


class Survey(SQLModel, table=True):
    """A question to a customer, and the answer."""

    __table_args__ = (
        Index("ix_survey_open", "sent_at", postgresql_where=text("answered_at IS NULL")),
    )

    id: int = key()
    kind: str
    """nps (0 to 10), csat (1 to 5)."""
    customer_id: int = link("customer")
    project_id: int | None = link("project", null=True)
    milestone_id: int | None = link("milestone", null=True)
    case_id: int | None = link("service_case", null=True)
    user_id: int | None = link("user_account", null=True)
    """Whose work is asked about."""
    conversation_id: int | None = link("conversation", null=True)
    """Where it was asked."""
    secret: bytes = Field(unique=True)
    """SHA-256 of the key in the customer's buttons and link."""
    push_id: int | None = link("push", null=True)
    made_at: datetime = moment()
    sent_at: datetime | None = moment(null=True)
    reminded_at: datetime | None = moment(null=True)
    """There is one reminder only."""
    expires_at: datetime = moment()
    answered_at: datetime | None = moment(null=True)
    contact_id: int | None = link("contact", null=True)
    score: int | None = None
    comment: str = ""
    task_id: int | None = link("task", null=True)
    """The care that a low score asks for."""


class ContactPlan(SQLModel, table=True):
    """How often a customer is to hear from us, by which channel, about what."""

    __tablename__ = "contact_plan"
    __table_args__ = (UniqueConstraint("customer_id"),)

    id: int = key()
    customer_id: int = link("customer", index=False)
    every_days: int
    channel: str = ""
    about: str = ""
    owner_id: int | None = link("user_account", null=True)
    since: date
    nudged_on: date | None = None


class CustomerReport(SQLModel, table=True):
    """A report made for one customer: which template, where it goes, and when."""

    __tablename__ = "customer_report"
    __table_args__ = (UniqueConstraint("customer_id", "template", "conversation_id"),)

    id: int = key()
    customer_id: int = link("customer")
    template: str
    conversation_id: int = link("conversation")
    every: str = "monthly"
    """weekly, biweekly, monthly, quarterly."""
    at: time
    timezone: str
    language: str | None = None
    sent_on: date | None = None
    since: date
    wishes: dict[str, Any] = document()
    """What differs from the template: sections, words."""
