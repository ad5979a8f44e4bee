"""The machinery: inbox, outbox, slots of the clock, our own chats."""

# SQLModel types `__tablename__` as something that it is never given.
# pyright: reportAssignmentType=false, reportIncompatibleVariableOverride=false

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    LargeBinary,
    Sequence,
    SmallInteger,
    text,
)
from sqlmodel import Field, SQLModel

from storage.tables.columns import key, link, moment, words


class InboxKey(SQLModel, table=True):
    """Deduplication keys; they outlive the inbox rows."""

    __tablename__ = "inbox_key"

    key: UUID = Field(primary_key=True)
    """First 16 bytes of BLAKE2b over channel and event id."""


class InboxItem(SQLModel, table=True):
    """A message that is durable and waits to be filed, or was."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index("ix_inbox_waiting", "shard", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_inbox_done", "done_at", postgresql_where=text("state = 'done'")),
    )

    id: int = key()
    key: UUID
    shard: int = Field(sa_column=Column(SmallInteger, nullable=False))
    """Which chats are handled together, in order: a hash of channel and chat."""
    channel: str
    message: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """The InboundMessage as JSON, without `raw`."""
    raw: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
    state: str = "waiting"
    """waiting, done, failed."""
    attempts: int = 0
    error: str | None = None
    interaction_id: int | None = Field(default=None, sa_column=Column(BigInteger))
    received_at: datetime = moment()
    done_at: datetime | None = moment(null=True)


class Reject(SQLModel, table=True):
    """Signed or local input that could not be read as a message, kept for a person."""

    id: int = key()
    channel: str
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    why: str
    at: datetime = moment()


class OutboxItem(SQLModel, table=True):
    """Something to say, to one destination."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_open",
            "lane",
            "not_before",
            "id",
            postgresql_where=text("state IN ('waiting', 'sending')"),
        ),
        Index("ix_outbox_done", "lane", "done_at", postgresql_where=text("state = 'sent'")),
        Index("ix_outbox_channel", "channel", "done_at", postgresql_where=text("state = 'sent'")),
        Index(
            "ix_outbox_external",
            "channel",
            "external_id",
            postgresql_where=text("external_id <> ''"),
        ),
        Index("ix_outbox_failed", "id", postgresql_where=text("state = 'failed'")),
    )

    id: int = key()
    key: str = Field(unique=True)
    """What makes it the same push: posting a key again changes nothing."""
    lane: str
    channel: str
    chat: str
    notice: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    thread: str = ""
    place: str = ""
    """The message whose place it takes."""
    copies: list[str] = words()
    messages: int = Field(default=1, sa_column=Column(SmallInteger, nullable=False))
    """How many messages of the far side's it took."""
    carrier_id: int | None = Field(default=None, sa_column=Column(BigInteger))
    """The item that said this one too."""
    state: str = "waiting"
    """waiting, sending, sent, failed, merged."""
    attempts: int = 0
    not_before: datetime = moment()
    """While waiting: not to be sent earlier. While sending: when to doubt that it was sent."""
    error: str | None = None
    external_id: str | None = None
    created_at: datetime = moment()
    done_at: datetime | None = moment(null=True)


class Slot(SQLModel, table=True):
    """A tick of a clock job that has fired; unique, so that replicas fire it once."""

    __tablename__ = "clock_slot"

    job: str = Field(primary_key=True)
    slot: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))


class SharedToken(SQLModel, table=True):
    """A platform's token that all replicas use."""

    __tablename__ = "shared_token"

    name: str = Field(primary_key=True)
    value: str
    until: datetime = moment()


class Cursor(SQLModel, table=True):
    """How far an adapter has read."""

    __tablename__ = "adapter_cursor"

    name: str = Field(primary_key=True)
    value: str


class Counter(SQLModel, table=True):
    """Counts that must survive pruning."""

    name: str = Field(primary_key=True)
    value: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


_TURNS: Final = Sequence("chat_line_turn", metadata=SQLModel.metadata)


class ChatLine(SQLModel, table=True):
    """A line in one of our own chats (web, terminal), as their pages show it."""

    __tablename__ = "chat_line"
    __table_args__ = (
        Index("ix_chat_line", "chat", "id"),
        Index("ix_chat_line_turn", "chat", "turn"),
    )

    id: int = key()
    turn: int = Field(
        sa_column=Column(BigInteger, _TURNS, nullable=False, server_default=_TURNS.next_value())
    )
    """Counts what is new in the chats: a line that takes another's place keeps its number, and its
    turn comes again."""
    chat: str
    key: str = Field(unique=True)
    author_id: int | None = link("user_account", null=True)
    """Empty: the assistant."""
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """A Notice as JSON, or the user's own line as {"text": …}."""
    at: datetime = moment()
