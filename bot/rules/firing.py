"""What rules are asked about, and what they answer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.rules.actions import Action
from bot.rules.book import Rule
from bot.rules.facts import FACTS, Value


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that rules look at, as `task:7`, with what is known of it."""

    name: str
    customer_id: int | None
    project_id: int | None
    facts: Mapping[str, Value]
    said: Mapping[str, str] = field(default_factory=dict[str, str])
    """Words that templates use beside facts; days in ISO form."""
    interaction_id: int | None = None

    @property
    def about(self) -> str:
        """What its alert is combined under."""
        return f"customer:{self.customer_id}" if self.customer_id else f"project:{self.project_id}"


@dataclass(frozen=True, slots=True)
class Firing:
    rule: Rule
    seen: Seen

    @property
    def key(self) -> tuple[str, str]:
        return self.rule.id, self.seen.name


Doer = Callable[[AsyncSession, Firing, Action, datetime], Awaitable[None]]
"""Does one action of a rule, in the transaction that it fired in."""


def of_row(what: str, row: Mapping[str, Any]) -> Seen:
    """What a row of `storage.facts` says."""
    facts = {name: _value(name, row[name]) for name in row if name in FACTS}
    said = {name[5:]: _word(row[name]) for name in row if name.startswith("said.")}
    return Seen(
        f"{what}:{row['id']}",
        row["customer_id"],
        row["project_id"],
        {name: value for name, value in facts.items() if value is not None},
        said,
        row.get("interaction_id"),
    )


def _value(name: str, value: Any) -> Value | None:
    if value is not None and FACTS[name].kind is float:
        return float(value)
    if isinstance(value, Decimal):
        return int(value)
    return tuple(value) if isinstance(value, list) else value


def _word(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
