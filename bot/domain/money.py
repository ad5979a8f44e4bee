"""Money: split, converted and matched against what is owed, without losing a cent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Final

from babel.numbers import get_currency_precision, is_currency

OWN: Final = "CNY"
"""The firm's own currency: exchange rates tell what others are worth in it."""
MOST: Final = Decimal(10) ** 15
"""Amounts from here on are a mistake; the columns hold sixteen digits."""


_CENT: Final = Decimal("0.01")


class UnknownCurrency(Exception):
    """No ISO 4217 code, or one without a rate on the day; `code` is what was asked for."""

    def __init__(self, code: str, day: date | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.day = day


def currency(text: str) -> str:
    """The ISO 4217 code that a word is; raises `UnknownCurrency`.

    >>> currency(" usd ")
    'USD'
    """
    code = text.strip().upper()
    if not is_currency(code):
        raise UnknownCurrency(text.strip())
    return code


def unit(code: str) -> Decimal:
    """The smallest amount that is written: a cent, a whole yen; never finer than a cent."""
    return Decimal(1).scaleb(-min(get_currency_precision(code), 2))


def rounded(amount: Decimal, code: str) -> Decimal:
    return amount.quantize(unit(code), ROUND_HALF_UP)


def split(total: Decimal, weights: Sequence[Decimal], code: str) -> list[Decimal]:
    """`total` in parts by weight that sum to it exactly: the largest remainder method (Hamilton).

    Weights are not below zero and not all zero. `total` must be whole in the currency's unit.

    >>> [str(part) for part in split(Decimal("100.00"), [Decimal(1)] * 3, "CNY")]
    ['33.34', '33.33', '33.33']
    """
    step, all_ = unit(code), sum(weights, Decimal(0))
    if all_ <= 0 or min(weights) < 0:
        raise ValueError("weights must not be below zero, nor all zero")
    if total < 0:
        return [-part for part in split(-total, weights, code)]
    units = int(total / step)
    exact = [units * weight / all_ for weight in weights]
    parts = [int(one) for one in exact]
    by_rest = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_rest[: units - sum(parts)]:
        parts[i] += 1
    return [part * step for part in parts]


@dataclass(frozen=True, slots=True)
class Rates:
    """What one unit of each currency is worth in the firm's own on a day."""

    values: Mapping[str, Decimal]
    day: date

    def cross(self, given: str, wanted: str) -> Decimal:
        """How many of `wanted` one of `given` is; raises `UnknownCurrency`."""
        if given == wanted:
            return Decimal(1)
        return self._own(given) / self._own(wanted)

    def convert(self, amount: Decimal, given: str, wanted: str) -> Decimal:
        return rounded(amount * self.cross(given, wanted), wanted)

    def _own(self, code: str) -> Decimal:
        worth = Decimal(1) if code == OWN else self.values.get(code)
        if not worth:
            raise UnknownCurrency(code, self.day)
        return worth


@dataclass(frozen=True, slots=True)
class Open:
    """A part of a plan that is not paid in full."""

    id: int
    due: date
    open: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Part:
    """What of a receipt goes to which term: in its own currency and in the term's."""

    term_id: int
    amount: Decimal
    settled: Decimal


def allocate(
    amount: Decimal, code: str, terms: Sequence[Open], rates: Rates
) -> tuple[list[Part], Decimal]:
    """A receipt against the oldest terms first; answers the parts and what none of them takes.

    A term in a currency without a rate is stepped over: a guess would settle the wrong sum.
    """
    left, parts = amount, list[Part]()
    for term in sorted(terms, key=lambda one: (one.due, one.id)):
        if left <= 0:
            break
        if term.open <= 0:
            continue
        try:
            cross = rates.cross(code, term.currency)
        except UnknownCurrency:
            continue
        needed = (term.open / cross).quantize(unit(code), ROUND_CEILING)
        taken = min(left, needed)
        settled = term.open if taken == needed else rounded(taken * cross, term.currency)
        parts.append(Part(term.id, taken, min(settled, term.open)))
        left -= taken
    return parts, left


def take_back(amount: Decimal, paid: Sequence[Part]) -> tuple[list[Part], Decimal]:
    """A refund against what was paid, the newest first (`paid` is in that order).

    Answers the parts as they are taken back (above zero) and what is left of the refund. What is
    settled is of cents in any currency, so that taking all back leaves nothing settled.
    """
    left, parts = amount, list[Part]()
    for one in paid:
        if left <= 0:
            break
        if one.amount <= 0:
            continue
        taken = min(left, one.amount)
        share = one.settled if taken == one.amount else one.settled * taken / one.amount
        parts.append(Part(one.term_id, taken, share.quantize(_CENT, ROUND_HALF_UP)))
        left -= taken
    return parts, left


@dataclass(frozen=True, slots=True)
class Margin:
    """What is left of the revenue, all in one currency."""

    revenue: Decimal
    costs: Decimal
    labour: Decimal

    @property
    def profit(self) -> Decimal:
        return self.revenue - self.costs - self.labour

    @property
    def rate(self) -> Decimal | None:
        """The share of the revenue; None without revenue."""
        return self.profit / self.revenue if self.revenue else None
