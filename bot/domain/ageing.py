"""How old receivables are, how long they take, and how punctually they are paid."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib import resources
from tomllib import loads
from typing import Final

from bot.texts import Text

_MONTHS: Final = 24
"""How far back receivable days are counted."""


class Bucket(StrEnum):
    """Days past due, as statements of receivables group them."""

    NOT_DUE = "not_due"
    TO_30 = "to_30"
    TO_60 = "to_60"
    TO_90 = "to_90"
    OVER_90 = "over_90"

    @property
    def text(self) -> Text:
        return {
            "not_due": Text("未到期", "not due"),
            "to_30": Text("逾期 1–30 天", "1–30 days late"),
            "to_60": Text("逾期 31–60 天", "31–60 days late"),
            "to_90": Text("逾期 61–90 天", "61–90 days late"),
            "over_90": Text("逾期 90 天以上", "over 90 days late"),
        }[self.value]


def bucket(days_late: int) -> Bucket:
    for last, found in ((0, Bucket.NOT_DUE), (30, Bucket.TO_30), (60, Bucket.TO_60)):
        if days_late <= last:
            return found
    return Bucket.TO_90 if days_late <= 90 else Bucket.OVER_90


def aged(owed: Iterable[tuple[date, Decimal]], today: date) -> dict[Bucket, Decimal]:
    """Open amounts (due, open) of one currency by bucket; empty buckets are left out."""
    sums: dict[Bucket, Decimal] = defaultdict(Decimal)
    for due, amount in owed:
        if amount:
            sums[bucket((today - due).days)] += amount
    return {one: sums[one] for one in Bucket if one in sums}


def on_time(paid: Iterable[tuple[date, date]]) -> float | None:
    """The share of settled terms (due, settled on) that were settled by their day."""
    found = [settled <= due for due, settled in paid]
    return sum(found) / len(found) if found else None


def months(billed: Iterable[tuple[date, Decimal]], today: date) -> list[tuple[int, Decimal]]:
    """(days, billed) of this month so far and of the 23 before, the newest first."""
    sums: dict[date, Decimal] = defaultdict(Decimal)
    for day, amount in billed:
        if day <= today:
            sums[day.replace(day=1)] += amount
    found: list[tuple[int, Decimal]] = []
    last = today
    for _ in range(_MONTHS):
        first = last.replace(day=1)
        found.append(((last - first).days + 1, sums[first]))
        last = first - timedelta(days=1)
    return found


def receivable_days(receivable: Decimal, months: Sequence[tuple[int, Decimal]]) -> float | None:
    """Days sales outstanding by the count-back (exhaustion) method.

    Source: https://academy.highako.com/why-you-should-switch-to-the-countback-method-to-calculate-dso
    `months` are (days in it, billed in it), the present one first with the days gone by. Each month's billing is taken
    off the receivable as long as that covers it, and its days are counted; the last month counts in
    part. None where the receivable is older than all months given.
    """
    left, days = receivable, 0.0
    for length, billed in months:
        if left <= 0:
            return days
        if billed >= left and billed > 0:
            return days + length * float(left / billed)
        left -= billed
        days += length
    return days if left <= 0 else None


@dataclass(frozen=True, slots=True)
class Step:
    """Who is told, once, when a payment is so many days late."""

    days: int
    tell: tuple[str, ...]
    """customer.owner, customer.owner.superior, project.manager, or role:<code>."""


@cache
def ladder() -> tuple[Step, ...]:
    """The shipped steps, the latest last."""
    source = resources.files("bot.domain").joinpath("data", "overdue.toml").read_text("utf-8")
    steps = [Step(one["days"], tuple(one["tell"])) for one in loads(source)["step"]]
    return tuple(sorted(steps, key=lambda one: one.days))


def reached(days_late: int) -> Step | None:
    """The highest step that a delay has reached."""
    return next((step for step in reversed(ladder()) if days_late >= step.days), None)
