"""Customers by what they bring: shares of the whole, and classes by Pareto's rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_A: Final = Decimal("0.8")
_B: Final = Decimal("0.95")


@dataclass(frozen=True, slots=True)
class Place:
    share: Decimal
    """Of the whole, 0 to 1."""
    kind: str
    """A, B or C."""


def places(amounts: Sequence[Decimal]) -> list[Place]:
    """The place of each amount; the largest comes first.

    ABC analysis after Pareto (H. F. Dickie, "ABC inventory analysis shoots for dollars, not
    pennies", Factory Management and Maintenance, 1951), with the usual cuts: those that make up the
    first 80 % are A, up to 95 % B, the rest C. Who begins within a cut belongs to it. What brings
    nothing, or cost us money, is C and has no share.
    """
    whole = sum((amount for amount in amounts if amount > 0), Decimal(0))
    found: list[Place] = []
    before = Decimal(0)
    for amount in amounts:
        share = amount / whole if amount > 0 else Decimal(0)
        kind = "C" if not share or before >= _B else "B" if before >= _A else "A"
        found.append(Place(share, kind))
        before += share
    return found
