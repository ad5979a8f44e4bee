"""Service: cases and their clocks, first answers, what is known and how it is said."""

# SQLModel types `__tablename__` as something that it is never given.
# pyright: reportAssignmentType=false, reportIncompatibleVariableOverride=false

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field, SQLModel

from storage.tables.columns import key, link, moment, words


class ServiceCase(SQLModel, table=True):
    """A request or complaint of a customer's, with its clocks."""

    __tablename__ = "service_case"
    __table_args__ = (
        Index("ix_service_case_open", "solve_by", postgresql_where=text("solved_at IS NULL")),
    )

    id: int = key()
    customer_id: int = link("customer")
    project_id: int | None = link("project", null=True)
    contact_id: int | None = link("contact", null=True)
    interaction_id: int | None = link("interaction", null=True)
    title: str
    kind: str = "request"
    """request, complaint, fault."""
    urgent: bool = False
    state: str = "open"
    """open, waiting (for the customer), solved, closed."""
    owner_id: int | None = link("user_account", null=True)
    opened_at: datetime = moment()
    opened_by_id: int | None = link("user_account", null=True, index=False)
    answer_by: datetime | None = moment(null=True)
    answered_at: datetime | None = moment(null=True)
    solve_by: datetime | None = moment(null=True)
    waiting_since: datetime | None = moment(null=True)
    """The clock stands still from here on."""
    solved_at: datetime | None = moment(null=True)
    solution: str = ""
    reopened: int = 0
    warned_at: datetime | None = moment(null=True)
    breached_at: datetime | None = moment(null=True)


class AnswerClock(SQLModel, table=True):
    """A customer has written in a chat; how long they waited for an answer."""

    __tablename__ = "answer_clock"
    __table_args__ = (
        Index(
            "ix_answer_clock_running",
            "conversation_id",
            unique=True,
            postgresql_where=text("answered_at IS NULL AND stopped_at IS NULL"),
        ),
        Index("ix_answer_clock_customer", "customer_id", "started_at"),
    )

    id: int = key()
    conversation_id: int = link("conversation", index=False)
    customer_id: int = link("customer", index=False)
    interaction_id: int = link("interaction")
    """The first words that nobody had answered."""
    started_at: datetime = moment()
    due_at: datetime = moment(index=True)
    answered_at: datetime | None = moment(null=True)
    answered_by_id: int | None = link("user_account", null=True)
    stopped_at: datetime | None = moment(null=True)
    """Nothing was to be answered: a thank you, a holiday greeting."""
    warned_at: datetime | None = moment(null=True)
    breached_at: datetime | None = moment(null=True)


class Article(SQLModel, table=True):
    """What is known, or how something is said: the words of a reply with gaps for names."""

    __table_args__ = (
        UniqueConstraint("kind", "name"),
        Index("ix_article_search", "search", postgresql_using="gin"),
    )

    id: int = key()
    kind: str = "article"
    """article, reply."""
    name: str
    title: str
    text: str
    language: str = "zh"
    tags: list[str] = words()
    used: int = 0
    by_id: int | None = link("user_account", null=True, index=False)
    made_at: datetime = moment()
    changed_at: datetime = moment()
    search: Any = Field(default=None, sa_column=Column(TSVECTOR))
