"""What comes of a project: defects, deliverables, risks, changes, lessons, and who is outside."""

# SQLModel types `__tablename__` as something that it is never given.
# pyright: reportAssignmentType=false, reportIncompatibleVariableOverride=false

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.tables.columns import document, key, link, moment, money, words


class Defect(SQLModel, table=True):
    id: int = key()
    project_id: int = link("project")
    title: str
    severity: str = "minor"
    """minor, major, critical."""
    deliverable_id: int | None = link("deliverable", null=True)
    interaction_id: int | None = link("interaction", null=True)
    """The customer's words that told of it."""
    found_on: date
    fixed_at: datetime | None = moment(null=True)
    by_id: int | None = link("user_account", null=True, index=False)
    made_at: datetime = moment()


class Deliverable(SQLModel, table=True):
    """Something handed over: what the customer accepted is told by the file's hash."""

    id: int = key()
    project_id: int = link("project")
    milestone_id: int | None = link("milestone", null=True)
    name: str
    version: int = 1
    file_name: str = ""
    file_type: str = ""
    file_size: int = 0
    """Bytes."""
    sha256: str = ""
    """Of the file that was offered; empty where there is none."""
    state: str = "draft"
    """draft, waiting (for approval here), offered, accepted, refused."""
    push_id: int | None = link("push", null=True)
    """The words that offered it."""
    offered_at: datetime | None = moment(null=True)
    decided_at: datetime | None = moment(null=True)
    decided_by: str = ""
    """Who accepted or refused it, as they are called at the customer's."""
    contact_id: int | None = link("contact", null=True)
    comment: str = ""
    secret: bytes = Field(default=b"", index=True)
    """SHA-256 of the key in the customer's buttons."""
    by_id: int | None = link("user_account", null=True, index=False)
    made_at: datetime = moment()


class Risk(SQLModel, table=True):
    """Something that may go wrong, written down by a person."""

    id: int = key()
    project_id: int = link("project")
    title: str
    level: str = "medium"
    """low, medium, high."""
    owner_id: int | None = link("user_account", null=True)
    answer: str = ""
    """What is done about it."""
    due: date | None = None
    """By when."""
    closed_at: datetime | None = moment(null=True)
    by_id: int | None = link("user_account", null=True, index=False)
    made_at: datetime = moment()


class ChangeRequest(SQLModel, table=True):
    """A change of what was agreed; plan and budget follow only once it is approved."""

    __tablename__ = "change_request"

    id: int = key()
    project_id: int = link("project")
    title: str
    reason: str = ""
    hours: Decimal = money()
    """Work that it adds."""
    days: int = 0
    """Days that the project's end moves, worked out from the plan."""
    cost: Decimal = money()
    """What it adds to the budget, in the project's currency."""
    task_id: int | None = link("task", null=True)
    """The task that grows; empty: a new one."""
    made_task_id: int | None = link("task", null=True)
    """The task that came of it."""
    owner_id: int | None = link("user_account", null=True)
    interaction_id: int | None = link("interaction", null=True)
    """The customer's words that asked for it."""
    state: str = "waiting"
    """waiting, approved, refused, withdrawn."""
    by_id: int | None = link("user_account", null=True, index=False)
    made_at: datetime = moment()
    decided_at: datetime | None = moment(null=True)


class Lesson(SQLModel, table=True):
    """What a project has taught, for the next one like it."""

    id: int = key()
    project_id: int = link("project")
    text: str
    good: bool = False
    """Worth doing again; else worth avoiding."""
    tags: list[str] = words()
    by_id: int | None = link("user_account", null=True, index=False)
    made_at: datetime = moment()


class Guest(SQLModel, table=True):
    """Somebody outside who sees one project by a link: of the customer's, or a supplier."""

    id: int = key()
    project_id: int = link("project")
    name: str
    kind: str
    """customer (sees what customers may see), supplier (sees its own tasks)."""
    secret: bytes = Field(unique=True)
    """SHA-256 of the key in the link."""
    by_id: int | None = link("user_account", null=True, index=False)
    made_at: datetime = moment()
    expires_at: datetime = moment()
    seen_at: datetime | None = moment(null=True)
    """When the link was last opened."""
    ended_at: datetime | None = moment(null=True)


class Source(SQLModel, table=True):
    """A system outside that tells us something by signed requests: a site device, an ERP."""

    __table_args__ = (UniqueConstraint("name"),)

    id: int = key()
    name: str
    """The key in its address."""
    kind: str
    """status (of a project), money (receipts and invoices)."""
    project_id: int | None = link("project", null=True)
    mapping: dict[str, Any] = document()
    """Which of its fields means what; see docs/sources.md."""
    by_id: int | None = link("user_account", null=True, index=False)
    made_at: datetime = moment()
    heard_at: datetime | None = moment(null=True)
    stopped_at: datetime | None = moment(null=True)


class SourceEvent(SQLModel, table=True):
    """What a source has told, so that the same is not taken twice."""

    __tablename__ = "source_event"
    __table_args__ = (
        UniqueConstraint("source_id", "event_id"),
        Index("ix_source_event_refused", "source_id", postgresql_where=text("error <> ''")),
    )

    id: int = key()
    source_id: int = link("source", index=False)
    event_id: str
    error: str = ""
    """Why it could not be used."""
    at: datetime = moment()
