"""Column kinds that the tables share."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Numeric, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field


def utc_now() -> datetime:
    return datetime.now(UTC)


def key() -> Any:
    """A 64-bit row number that the database gives."""
    return Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))


def link(table: str, *, null: bool = False, index: bool = True, default: Any = ...) -> Any:
    """A reference to another table's row number."""
    return Field(
        default=None if null else default,
        sa_column=Column(BigInteger, ForeignKey(f"{table}.id"), nullable=null, index=index),
    )


def moment(*, null: bool = False, index: bool = False) -> Any:
    """An aware time; the time of making where it must not be empty."""
    column = Column(DateTime(timezone=True), nullable=null, index=index)
    if null:
        return Field(default=None, sa_column=column)
    return Field(default_factory=utc_now, sa_column=column)


def words() -> Any:
    """A list of short texts, empty at first."""
    return Field(
        default_factory=list,
        sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"),
    )


def records() -> Any:
    """A JSON list of objects, empty at first."""
    return Field(default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]"))


def document() -> Any:
    """A JSON object, empty at first."""
    return Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))


def money(*, null: bool = False) -> Any:
    """Money: sixteen digits before the point, two behind it."""
    return Field(
        default=None if null else Decimal(0), sa_column=Column(Numeric(18, 2), nullable=null)
    )


def quantity(*, null: bool = False) -> Any:
    """Hours, pieces, square metres: two digits behind the point."""
    return Field(
        default=None if null else Decimal(0), sa_column=Column(Numeric(12, 2), nullable=null)
    )


def rate() -> Any:
    """A share such as a tax or an exchange rate: eight digits behind the point."""
    return Field(default=Decimal(0), sa_column=Column(Numeric(18, 8), nullable=False))
