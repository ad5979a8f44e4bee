"""Money: what is offered, agreed, asked for and received."""

# SQLModel types `__tablename__` as something that it is never given.
# pyright: reportAssignmentType=false, reportIncompatibleVariableOverride=false

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.tables.columns import key, link, moment, money, quantity, rate


class Deal(SQLModel, table=True):
    """A chance of a contract."""

    id: int = key()
    customer_id: int = link("customer")
    name: str
    amount: Decimal | None = money(null=True)
    currency: str = "CNY"
    stage: str = "open"
    """open, qualified, offered, negotiated, won, lost."""
    chance: int = 10
    """Percent."""
    close_on: date | None = None
    owner_id: int | None = link("user_account", null=True)
    project_id: int | None = link("project", null=True)
    """What came of it."""
    why_lost: str = ""
    made_at: datetime = moment()
    closed_at: datetime | None = moment(null=True)


class PriceItem(SQLModel, table=True):
    """A line of the price list."""

    __tablename__ = "price_item"

    id: int = key()
    code: str = Field(unique=True)
    name: str
    name_en: str = ""
    unit: str = ""
    price: Decimal = money()
    currency: str = "CNY"
    tax: Decimal = rate()
    """0.13 is thirteen percent."""
    active: bool = True


class Quote(SQLModel, table=True):
    """An offer; a new version is a new row with the same code."""

    __table_args__ = (UniqueConstraint("code", "version"),)

    id: int = key()
    code: str
    """`Q-0001`."""
    version: int = 1
    customer_id: int = link("customer")
    project_id: int | None = link("project", null=True)
    deal_id: int | None = link("deal", null=True)
    title: str = ""
    language: str = "zh"
    currency: str = "CNY"
    discount: Decimal = rate()
    """0.05 is five percent off."""
    net: Decimal = money()
    tax: Decimal = money()
    total: Decimal = money()
    valid_until: date
    state: str = "draft"
    """draft, waiting (for a discount's approval), ready, accepted, refused, replaced."""
    sha256: str = ""
    """Of its PDF."""
    made_by_id: int | None = link("user_account", null=True, index=False)
    made_at: datetime = moment()


class QuoteLine(SQLModel, table=True):
    __tablename__ = "quote_line"

    id: int = key()
    quote_id: int = link("quote")
    position: int
    code: str = ""
    name: str
    unit: str = ""
    quantity: Decimal = quantity()
    price: Decimal = money()
    tax: Decimal = rate()
    amount: Decimal = money()
    """Before tax, discount taken off."""


class Contract(SQLModel, table=True):
    id: int = key()
    code: str = Field(unique=True)
    """`K-0001`, or as given, verbatim."""
    customer_id: int = link("customer")
    project_id: int | None = link("project", null=True)
    quote_id: int | None = link("quote", null=True)
    name: str
    amount: Decimal = money()
    currency: str = "CNY"
    terms: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    remind_days: int = 30
    """A reminder goes out this many days before it ends."""
    state: str = "draft"
    """draft, waiting (for approval), approved, signed, ended, refused."""
    signed_on: date | None = None
    made_by_id: int | None = link("user_account", null=True, index=False)
    made_at: datetime = moment()


class PaymentTerm(SQLModel, table=True):
    """One part of a payment plan."""

    __tablename__ = "payment_term"
    __table_args__ = (
        Index("ix_payment_term_open", "due", postgresql_where=text("settled_on IS NULL")),
    )

    id: int = key()
    customer_id: int = link("customer")
    project_id: int | None = link("project", null=True)
    contract_id: int | None = link("contract", null=True)
    milestone_id: int | None = link("milestone", null=True)
    name: str
    amount: Decimal = money()
    paid: Decimal = money()
    """What receipts have settled of it, in its own currency."""
    currency: str = "CNY"
    due: date
    settled_on: date | None = None
    """When it was paid in full."""
    made_at: datetime = moment()


class Invoice(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("number"),)

    id: int = key()
    number: str
    customer_id: int = link("customer")
    project_id: int | None = link("project", null=True)
    term_id: int | None = link("payment_term", null=True)
    amount: Decimal = money()
    """With tax."""
    tax: Decimal = money()
    currency: str = "CNY"
    issued_on: date
    source: str = ""
    """The system it came from; empty: a member."""
    made_by_id: int | None = link("user_account", null=True, index=False)
    made_at: datetime = moment()


class Receipt(SQLModel, table=True):
    """Money that came in, or went back where the amount is below zero."""

    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("ix_receipt_received", "received_on"),
    )

    id: int = key()
    customer_id: int = link("customer")
    project_id: int | None = link("project", null=True)
    amount: Decimal = money()
    unallocated: Decimal = money()
    """What no part of a plan has taken: paid ahead, or too much."""
    currency: str = "CNY"
    received_on: date
    note: str = ""
    refund_of_id: int | None = link("receipt", null=True)
    source: str | None = None
    """The system it came from; empty: a member."""
    external_id: str | None = None
    made_by_id: int | None = link("user_account", null=True, index=False)
    made_at: datetime = moment()


class Allocation(SQLModel, table=True):
    """How much of a receipt went to which part of the plan."""

    id: int = key()
    receipt_id: int = link("receipt")
    term_id: int = link("payment_term")
    amount: Decimal = money()
    """In the receipt's currency; below zero where it was taken back."""
    settled: Decimal = money()
    """In the term's currency."""
    at: datetime = moment()


class ExchangeRate(SQLModel, table=True):
    """What one unit of a currency is worth in the firm's own, from a day on."""

    __tablename__ = "exchange_rate"
    __table_args__ = (UniqueConstraint("currency", "day"),)

    id: int = key()
    currency: str
    day: date
    rate: Decimal = rate()
    by_id: int | None = link("user_account", null=True, index=False)
