"""The trace: audit rows, their seals, and what can be undone."""

# SQLModel types `__tablename__` as something that it is never given.
# pyright: reportAssignmentType=false, reportIncompatibleVariableOverride=false

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, FetchedValue, Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from storage.tables.columns import key, link, moment


class AuditEntry(SQLModel, table=True):
    """Who did what to which row. Numbers and keyed digests only, never personal text."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_mark", "mark", "id"),
        Index("ix_audit_subject", "subject", "subject_id"),
    )

    id: int = key()
    mark: int = Field(
        default=None,
        sa_column=Column(BigInteger, FetchedValue(), nullable=False),
    )
    """The writing transaction's number, by `audit_mark()`: what the sealer's watermark compares."""
    at: datetime = moment()
    actor_id: int | None = Field(default=None, sa_column=Column(BigInteger))
    action: str
    subject: str
    subject_id: int | None = Field(default=None, sa_column=Column(BigInteger))
    digest: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
    """HMAC of what was written, so that a claim about it can be checked later."""


class AuditSeal(SQLModel, table=True):
    """A link of the chain: all entries with `low` ≤ mark < `high`."""

    __tablename__ = "audit_seal"

    id: int = key()
    low: int = Field(sa_column=Column(BigInteger, nullable=False))
    high: int = Field(sa_column=Column(BigInteger, nullable=False))
    count: int
    total: int = Field(sa_column=Column(BigInteger, nullable=False))
    """Entries sealed so far, this one's included."""
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = moment()


class UndoEntry(SQLModel, table=True):
    """The last writes of a person, each as row changes that can be taken back."""

    __tablename__ = "undo_entry"

    id: int = key()
    user_id: int = link("user_account")
    command: str
    changes: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False)
    )
    at: datetime = moment()
    undone_at: datetime | None = moment(null=True)


class Pending(SQLModel, table=True):
    """A write that waits for its person to confirm it."""

    id: int = key()
    user_id: int = link("user_account")
    chat: str
    line: str
    at: datetime = moment()
    done_at: datetime | None = moment(null=True)
