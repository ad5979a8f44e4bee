"""Customers, the people in them, and every name and address they are known by."""

# SQLModel types `__tablename__` as something that it is never given.
# pyright: reportAssignmentType=false, reportIncompatibleVariableOverride=false

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.tables.columns import document, key, link, moment, words


class Customer(SQLModel, table=True):
    __table_args__ = (Index("ix_customer_upper_code", text("upper(code)")),)

    id: int = key()
    code: str = Field(unique=True)
    """`C-0001`, or as given, verbatim."""
    name: str = Field(index=True)
    industry: str = ""
    background: str = ""
    tier: str = "normal"
    """vip, key, normal."""
    stage: str = "lead"
    """lead, opportunity, delivery, after_sales, lost."""
    owner_id: int | None = link("user_account", null=True)
    tags: list[str] = words()
    language: str | None = None
    service_level: str = ""
    """The service level agreed; empty: the one of their tier."""
    custom: dict[str, Any] = document()
    merged_into_id: int | None = link("customer", null=True)
    created_at: datetime = moment()
    updated_at: datetime = moment()


class Contact(SQLModel, table=True):
    """A person at a customer."""

    id: int = key()
    customer_id: int = link("customer")
    name: str = Field(index=True)
    title: str = ""
    role: str = ""
    """decision_maker, user, finance, or empty."""
    consent: str = ""
    """How they agreed to be recorded: a member's note; empty where nobody wrote one."""
    consent_at: datetime | None = moment(null=True)
    merged_into_id: int | None = link("contact", null=True)
    """They turned out to be this person; their addresses, words and all else are there now."""
    created_at: datetime = moment()


class Identity(SQLModel, table=True):
    """A channel's address of a contact or of a member: mail, phone, chat id."""

    __table_args__ = (
        UniqueConstraint("channel", "address", "contact_id", "user_id"),
        CheckConstraint("(contact_id IS NULL) <> (user_id IS NULL)", name="of_one"),
        Index("ix_identity_address", "channel", "address"),
    )

    id: int = key()
    channel: str
    """"email", "phone", or a chat channel's name."""
    address: str
    """Normal form: mail lower case; phone digits only; chat ids bounded."""
    contact_id: int | None = link("contact", null=True)
    user_id: int | None = link("user_account", null=True)
    created_at: datetime = moment()


class Alias(SQLModel, table=True):
    """A name that a customer or one of its projects goes by, ready for look-up."""

    __table_args__ = (
        UniqueConstraint("customer_id", "project_id", "norm", postgresql_nulls_not_distinct=True),
        Index("ix_alias_pinyin", "pinyin", postgresql_where=text("pinyin IS NOT NULL")),
    )

    id: int = key()
    customer_id: int = link("customer")
    project_id: int | None = link("project", null=True)
    text: str
    norm: str = Field(index=True)
    """Normal form: folded width and case, one space between Latin words."""
    head: str = Field(index=True)
    """How the normal form begins: what a text is probed with."""
    pinyin: str | None = None
    source: str = "given"
    """given (by a person or a file), derived (from the name), taught (by a correction)."""


class Domain(SQLModel, table=True):
    """A mail domain of a customer's own."""

    __tablename__ = "customer_domain"
    __table_args__ = (UniqueConstraint("customer_id", "domain"),)

    id: int = key()
    customer_id: int = link("customer")
    domain: str = Field(index=True)
    source: str = "given"


class FieldDefinition(SQLModel, table=True):
    """A custom field: data, shown on cards, in import, filters, search and rules."""

    __tablename__ = "field_definition"
    __table_args__ = (UniqueConstraint("entity", "name"),)

    id: int = key()
    entity: str
    """customer, project."""
    name: str
    label: str
    type: str
    """text, number, date, bool, select, multi."""
    options: list[str] = words()


class Merge(SQLModel, table=True):
    """One customer became part of another; `moved` tells what, so that it can be taken back."""

    id: int = key()
    kept_id: int = link("customer")
    gone_id: int = link("customer")
    moved: dict[str, Any] = document()
    """Table name → row numbers that pointed at the gone customer."""
    before: dict[str, Any] = document()
    """The kept customer's columns before the merge changed them."""
    by_id: int | None = link("user_account", null=True)
    at: datetime = moment()
    undone_at: datetime | None = moment(null=True)


class ContactMerge(SQLModel, table=True):
    """One contact turned out to be another; as `Merge` tells of customers."""

    __tablename__ = "contact_merge"

    id: int = key()
    kept_id: int = link("contact")
    gone_id: int = link("contact")
    moved: dict[str, Any] = document()
    """Table name → row numbers that pointed at the gone contact."""
    before: dict[str, Any] = document()
    """The kept contact's columns before the merge changed them."""
    by_id: int | None = link("user_account", null=True, index=False)
    at: datetime = moment()
    undone_at: datetime | None = moment(null=True)
