"""Decisions: what waits for whose yes, and what was said."""

# SQLModel types `__tablename__` as something that it is never given.
# pyright: reportAssignmentType=false, reportIncompatibleVariableOverride=false

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import SQLModel

from storage.tables.columns import document, key, link, moment, records


class Approval(SQLModel, table=True):
    """Something that waits for a decision, with the steps as they were when it was asked for."""

    __table_args__ = (
        Index("ix_approval_waiting", "kind", "row_id", postgresql_where=text("state = 'waiting'")),
    )

    id: int = key()
    kind: str
    """Which flow: push, change, contract, discount, acceptance, start."""
    row_id: int | None = None
    """The row of the kind's own table that it is about."""
    title: str
    customer_id: int | None = link("customer", null=True)
    project_id: int | None = link("project", null=True)
    facts: dict[str, Any] = document()
    """What the flow's conditions saw."""
    steps: list[dict[str, Any]] = records()
    """The flow's steps that apply."""
    step: int = 0
    """Which of them is asked now."""
    state: str = "waiting"
    """waiting, approved, refused, withdrawn."""
    made_by_id: int | None = link("user_account", null=True, index=False)
    made_at: datetime = moment()
    due_at: datetime | None = moment(null=True)
    """When the step's superiors are asked too."""
    decided_at: datetime | None = moment(null=True)


class Vote(SQLModel, table=True):
    """One person's part in an approval: asked, then said."""

    __table_args__ = (UniqueConstraint("approval_id", "step", "user_id"),)

    id: int = key()
    approval_id: int = link("approval")
    step: int
    user_id: int = link("user_account")
    instead_of_id: int | None = link("user_account", null=True, index=False)
    """Who is away or has left, and is stood in for."""
    why: str = ""
    """How they came to be asked: asked, delegated, escalated."""
    verdict: str = ""
    """yes, no; empty: not yet."""
    comment: str = ""
    asked_at: datetime = moment()
    said_at: datetime | None = moment(null=True)


class Delegation(SQLModel, table=True):
    """Who decides in a member's place while they are away."""

    id: int = key()
    user_id: int = link("user_account")
    to_id: int = link("user_account", index=False)
    first: date
    last: date
    made_at: datetime = moment()


class Definition(SQLModel, table=True):
    """Something that the firm has written as data: a rule, a flow, a template. The newest counts."""

    __table_args__ = (UniqueConstraint("kind", "name", "version"),)

    id: int = key()
    kind: str
    """rule, flow, project (template), care, report, service (level)."""
    name: str
    version: int = 1
    body: dict[str, Any] = document()
    """Empty: the shipped one of this name, only switched."""
    enabled: bool = True
    by_id: int | None = link("user_account", null=True, index=False)
    at: datetime = moment()
