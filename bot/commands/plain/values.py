"""What a sentence names → the value of a parameter, as a command line has it."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from bot.commands.plain.firms import Named
from bot.commands.plain.lexicon import Item
from bot.commands.plain.sentence import shapes
from bot.commands.registry import Param, Percent
from bot.contract import quoted
from storage.tables import Customer, Interaction, Project, Task, User

_DERIVED: Final = 0.8
_MORNING: Final = "09:00"
_PLAIN: Final = frozenset("-_.@+:")


def value(param: Param, source: str, item: Item, *, derive: bool = True) -> tuple[str, float]:
    """The item as a value of the parameter, and how far that may be trusted; empty for none.

    `source` is where the grammar says that a plain parameter comes from. With `derive` a customer
    stands for its only project, and a project for its customer.
    """
    if param.kind is Customer and isinstance(item.value, Named):
        return _customer(item.value, derive=derive)
    if param.kind is Project and isinstance(item.value, Named):
        return _project(item.value, derive=derive)
    if param.choices is not None:
        return _chosen(item, (param.choices.__name__,)), 1
    if source.startswith("="):
        return _chosen(item, source[1:].split("|")), 1
    if source == "thing" and isinstance(item.value, Named):
        named = item.value
        found = named.projects or named.customers
        return (found[0], 1) if len(found) == 1 else ("", 1)
    if param.kind is bool:
        return ("yes" if param.name.upper() in item.concepts else ""), 1
    return _scalar(param, source, item), 1


def _scalar(param: Param, source: str, item: Item) -> str:
    kind, is_ = item.kind, param.kind
    if is_ is User:
        return written("@" + item.value) if kind == "user" else ""
    if is_ is Task:
        return item.value if kind == "task" else ""
    if is_ is Interaction:
        number = _number(item)
        return f"#{number}" if number else ""
    if is_ in (date, datetime):
        return moment(item.value, is_) if kind == "date" else ""
    if is_ is Percent:
        return str(item.value) if kind == "percent" else ""
    if is_ is Decimal:
        return (
            f"{item.value:f}" if kind == "amount" else str(item.value) if kind == "number" else ""
        )
    if is_ is int and param.name not in shapes():
        return _number(item)
    if param.name in shapes():
        return _shaped(param, item)
    if source == "code" and isinstance(item.value, Named):
        return item.text.upper() if "-" in item.text else ""
    if source == "slug" and kind == "code":  # site-1 looks like a customer's code, and is nobody's
        return quoted(item.text)
    if source and kind == source:
        return str(item.value) if source == "code" else quoted(str(item.value))
    return ""


def _number(item: Item) -> str:
    # 3号 is a day of the month, too.
    number = item.text.rstrip("号 ") if item.kind == "date" else str(item.value)
    return number if item.kind in ("number", "date") and number.isdecimal() else ""


def _shaped(param: Param, item: Item) -> str:
    if item.kind != param.name:
        return ""
    plain = str(item.value)
    return quoted(plain) if param.name == "before" else plain.replace(" ", "")


def _customer(named: Named, *, derive: bool) -> tuple[str, float]:
    if named.customers:
        return (named.customers[0] if len(named.customers) == 1 else quoted(named.words)), 1
    owners = set(named.owners)
    return (named.owners[0], _DERIVED) if derive and len(owners) == 1 else ("", 1)


def _project(named: Named, *, derive: bool) -> tuple[str, float]:
    if named.projects:
        return (named.projects[0] if len(named.projects) == 1 else quoted(named.words)), 1
    return (named.only, _DERIVED) if derive and named.only else ("", 1)


def _chosen(item: Item, kinds: Sequence[str]) -> str:
    for concept in sorted(item.concepts):
        kind, _, choice = concept.partition(".")
        if kind[:1] == "=" and kind[1:] in kinds:
            return choice
    return ""


def moment(when: date | datetime, kind: Any) -> str:
    """A day, or a day with its time; nine in the morning where only a day was said."""
    if kind is date:
        return (when.date() if isinstance(when, datetime) else when).isoformat()
    return f"{when:%Y-%m-%dT%H:%M}" if isinstance(when, datetime) else f"{when}T{_MORNING}"


def written(word: str) -> str:
    """A value as it may stand behind a colon: in quotes where it would not be one word."""
    return word if all(char.isalnum() or char in _PLAIN for char in word) else quoted(word)
