"""Quotes: lines, discount, tax and total that add up to the cent."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import resources
from typing import Final

from bot.domain import money

_COUNTED: Final = re.compile(
    r"^(?P<what>.+?)\s*[×xX*＊]\s*(?P<count>\d{1,9}(?:\.\d{1,2})?)"
    r"(?:@(?P<price>\d{1,12}(?:\.\d{1,2})?))?$"
)


@dataclass(frozen=True, slots=True)
class Item:
    """Something offered; `tax` is a share: 0.13 is thirteen percent."""

    name: str
    price: Decimal
    quantity: Decimal
    tax: Decimal = Decimal(0)
    code: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Priced:
    """A priced offer; `amounts` are the lines' own, discount taken off, before tax."""

    amounts: tuple[Decimal, ...]
    net: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


def priced(items: Sequence[Item], discount: Decimal, currency: str) -> Priced:
    """The discount is taken off the sum and shared out; tax is worked out once for each rate."""
    full = [money.rounded(item.price * item.quantity, currency) for item in items]
    net = money.rounded(sum(full, Decimal(0)) * (1 - discount), currency)
    amounts = money.split(net, full, currency) if any(full) else full
    by_rate: dict[Decimal, Decimal] = defaultdict(Decimal)
    for item, amount in zip(items, amounts, strict=True):
        by_rate[item.tax] += amount
    tax = sum((money.rounded(sum_ * rate, currency) for rate, sum_ in by_rate.items()), Decimal(0))
    return Priced(tuple(amounts), net, tax)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a word of a quote's line asks for; without a price the price list has it."""

    what: str
    quantity: Decimal = Decimal(1)
    price: Decimal | None = None


def wanted(word: str) -> Wanted:
    """`CAM-01×10`, `CAM-01*10`, `培训x2@1500` (with its own price), or a code alone.

    >>> wanted("培训x2@1500")
    Wanted(what='培训', quantity=Decimal('2'), price=Decimal('1500'))
    """
    found = _COUNTED.match(word)
    if found is None:
        return Wanted(word)
    price = found["price"]
    return Wanted(found["what"], Decimal(found["count"]), Decimal(price) if price else None)


def share(text: str) -> Decimal | None:
    """A percentage as a share, with or without the sign: 13% is 0.13. None over 100 or unreadable."""
    try:
        value = Decimal(text.strip().rstrip("%％"))
    except InvalidOperation:
        return None
    return value / 100 if value.is_finite() and 0 <= value <= 100 else None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the firm allows without asking."""

    discount: Decimal
    valid_days: int


@cache
def terms() -> Terms:
    source = resources.files("bot.domain").joinpath("data", "pricing.toml").read_text("utf-8")
    data = tomllib.loads(source, parse_float=Decimal)
    return Terms(data["discount_without_approval"], data["valid_days"])
