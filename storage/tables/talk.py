"""What was said: conversations, interactions, their versions and attachments."""

# SQLModel types `__tablename__` as something that it is never given.
# pyright: reportAssignmentType=false, reportIncompatibleVariableOverride=false

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlmodel import Field, SQLModel

from storage.tables.columns import document, key, link, moment, words


class Conversation(SQLModel, table=True):
    """A chat, a mail correspondent or a phone line, and whom it belongs to."""

    __table_args__ = (UniqueConstraint("channel", "chat"),)

    id: int = key()
    channel: str
    chat: str
    """The channel's id of the chat, bounded."""
    name: str = ""
    customer_id: int | None = link("customer", null=True)
    project_id: int | None = link("project", null=True)
    audience: str | None = None
    """internal, customer; empty: nobody has declared it, so it counts as the customer's."""
    user_id: int | None = link("user_account", null=True)
    """The member whose private chat with the assistant it is; empty for all others."""
    asked_at: datetime | None = moment(null=True)
    """When members were asked whose chat this is; they are asked once."""
    language: str | None = None
    timezone: str | None = None
    muted_until: datetime | None = moment(null=True)
    created_at: datetime = moment()


class Interaction(SQLModel, table=True):
    """One message, mail, call, meeting or note."""

    __table_args__ = (
        Index("ix_interaction_customer", "customer_id", text("occurred_at DESC"), "id"),
        Index("ix_interaction_project", "project_id", text("occurred_at DESC"), "id"),
        Index("ix_interaction_message", "channel", "message_key"),
        Index(
            "ix_interaction_open",
            "status",
            text("occurred_at DESC"),
            postgresql_where=text("status <> 'filed'"),
        ),
        Index("ix_interaction_reply", "id", postgresql_where=text("evidence = '{reply}'")),
        Index(
            "ix_interaction_unsure",
            "received_at",
            postgresql_where=text("direction = 'in' AND mood_by = '' AND mood_sure < 0.6"),
        ),
        Index("ix_interaction_search", "search", postgresql_using="gin"),
    )

    id: int = key()
    conversation_id: int | None = link("conversation", null=True)
    channel: str
    kind: str
    direction: str = "in"
    """in (from outside), out (to a customer), internal (among members)."""
    message_key: str
    """The channel's message id, bounded: edits, recalls and replies name it."""
    thread: str | None = None
    customer_id: int | None = link("customer", null=True, index=False)
    project_id: int | None = link("project", null=True, index=False)
    contact_id: int | None = link("contact", null=True)
    user_id: int | None = link("user_account", null=True)
    sender_name: str = ""
    sender_address: str = ""
    sender_proven: bool = False
    recipients: list[str] = words()
    """Who else a mail went to, by address."""
    subject: str = ""
    text: str = ""
    quoted: str = ""
    audience: str = "customer"
    """internal: never shown to a customer."""
    language: str = "other"
    sentiment: str = "unscored"
    score: float = 0.0
    because: str = ""
    """The sentence that caused the sentiment."""
    mood_sure: float = 0.0
    """How probable the sentiment is, 0 … 1."""
    mood_by: str = ""
    """Who told it: empty: the program's own lists and weights; "person"; a language model's name."""
    signals: list[str] = words()
    extract: dict[str, Any] = document()
    transcript: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB))
    status: str = "filed"
    """filed, doubt, stranger, waiting_for_model, failed."""
    confidence: float = 0.0
    evidence: list[str] = words()
    candidates: dict[str, Any] = document()
    """Best guesses while in doubt: {"list": [{"customer", "project", "confidence", "because"}]}."""
    error: str | None = None
    filed_by_id: int | None = link("user_account", null=True, index=False)
    occurred_at: datetime = moment()
    received_at: datetime = moment()
    edited_at: datetime | None = moment(null=True)
    recalled_at: datetime | None = moment(null=True)
    brought_in: str = ""
    """The member's own chat that it was dropped in; empty where it came by itself."""
    kept: bool = False
    """Retention leaves it alone."""
    search: Any = Field(default=None, sa_column=Column(TSVECTOR))


class InteractionVersion(SQLModel, table=True):
    """What an interaction said before it was edited, recalled or corrected."""

    __tablename__ = "interaction_version"

    id: int = key()
    interaction_id: int = link("interaction")
    text: str
    reason: str
    """edited, recalled, corrected, transcribed."""
    at: datetime = moment()


class Correction(SQLModel, table=True):
    """A member's word on the mood of an interaction, against what was told; training reads it."""

    id: int = key()
    interaction_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("interaction.id"), nullable=False, unique=True)
    )
    before: str
    """The sentiment that was told first."""
    after: str
    by_id: int | None = link("user_account", null=True, index=False)
    at: datetime = moment()


class TaskTalk(SQLModel, table=True):
    """What a customer said about a task."""

    __tablename__ = "task_talk"
    __table_args__ = (UniqueConstraint("task_id", "interaction_id"),)

    id: int = key()
    task_id: int = link("task")
    interaction_id: int = link("interaction")
    state: str = "proposed"
    """linked, proposed, refused."""
    sure: float = 0.0
    because: str = ""
    """The words that speak for it."""
    by_id: int | None = link("user_account", null=True, index=False)
    at: datetime = moment()


class PrivateRule(SQLModel, table=True):
    """Mail that is nobody's business here: it is not kept."""

    __tablename__ = "private_rule"
    __table_args__ = (UniqueConstraint("kind", "value"),)

    id: int = key()
    kind: str
    """address, domain, folder, label."""
    value: str
    """In lower case."""
    kept_out: int = 0
    """How many mails it has kept out."""
    by_id: int | None = link("user_account", null=True, index=False)
    at: datetime = moment()


class TranscriptWindow(SQLModel, table=True):
    """A stretch of a recording that is transcribed already, while the rest is still being heard."""

    __tablename__ = "transcript_window"

    id: int = key()
    interaction_id: int = link("interaction")
    window: dict[str, Any] = document()


class Attachment(SQLModel, table=True):
    """A file that came with an interaction; the same name for one customer again is a version."""

    __table_args__ = (Index("ix_attachment_name", "customer_id", "project_id", "name"),)

    id: int = key()
    interaction_id: int = link("interaction")
    customer_id: int | None = link("customer", null=True, index=False)
    project_id: int | None = link("project", null=True)
    name: str
    type: str
    size: int
    sha256: str
    """Empty while the file still lies with its platform."""
    ref: str = ""
    """Where the platform has it, for its adapter."""
    error: str | None = None
    """Why the file could not be had."""
    version: int = 1
    created_at: datetime = moment()
