"""How well a sentence fits a way of asking for a command, and with which arguments."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from bot.commands.plain import free_text, values
from bot.commands.plain.firms import Named
from bot.commands.plain.grammar import Entry, Way
from bot.commands.plain.lexicon import LIGHT, Item
from bot.commands.registry import Ask, Command, Param
from bot.contract import quoted
from storage.tables import Customer, Interaction, Project, User

_LEFT: Final = 1.2
"""What a word left over weighs against one that is explained."""
_MISSING: Final = 0.55
_GUESSED: Final = 0.95
_LATE: Final = 0.8
_OTHERS: Final = 0.97
_ME: Final = re.compile(
    r"(?:给|由|让|归)我|我(?:来|负责|自己)|自己|(?<![a-z])(?:me|myself)(?![a-z])"
)


@dataclass(slots=True)
class Fit:
    """A command with the arguments that were found, and how much of the sentence they explain."""

    command: Command
    entry: Entry
    way: Way
    items: Sequence[Item]
    triggers: list[int]
    text: range = range(0)
    values: dict[str, str] = field(default_factory=dict[str, str])
    filled: dict[int, str] = field(default_factory=dict[int, str])
    """Place of an item → the parameter whose value it is."""
    explained: set[int] = field(default_factory=set[int])
    factor: float = 1
    matched: float = 0
    sure: float = 0

    @property
    def rank(self) -> float:
        return self.sure + 0.02 * min(self.matched, 20)

    @property
    def line(self) -> str:
        given = [
            f"{param.name}:{self.values[param.name]}"
            for param in self.command.params
            if param.name in self.values
        ]
        return " ".join(["/" + self.command.name.replace(".", " "), *given])


def fit(
    ask: Ask, command: Command, entry: Entry, way: Way, items: Sequence[Item], said: str
) -> Fit | None:
    """The fit of a sentence, given as its items; None where it lacks what the way asks for."""
    triggers = _triggers(way, items)
    if triggers is None or (way.asked and "?" not in said and "？" not in said):
        return None
    made = Fit(command, entry, way, items, triggers)
    if way.text:
        _read_text(made, said)
    _fill(made)
    if ask.actor.user_id is not None:
        _me(made, said)
    if any(name not in made.values for name in way.slots):
        return None
    _one_of_two(made)
    made.sure = _sure(ask, made)
    return made if made.sure else None


def _triggers(way: Way, items: Sequence[Item]) -> list[int] | None:
    """The places of the words that a way must hold; no word stands for two."""
    if any(item.concepts & way.never for item in items):
        return None
    found: list[int] = []
    for group in way.must:
        places = [i for i, item in enumerate(items) if item.concepts & group and i not in found]
        if not places:
            return None
        found.append(places[0])
    return found


def _read_text(made: Fit, said: str) -> None:
    if not made.triggers:
        return
    wish = free_text.Wish.of(made.command, made.entry, made.way)
    # 三期会议纪要：李雷负责图纸 asks for minutes, not for what stands in them.
    opened = next((i for i, item in enumerate(made.items) if item.text in ":："), len(made.items))
    if max(made.triggers) > opened:
        made.factor *= _LATE
    made.text = free_text.span(made.items, made.triggers, wish)
    # Words of other commands in the text make it likelier that one of those is meant.
    others = sum(1 for i in made.text if made.items[i].concepts - LIGHT - {"TOLD"})
    made.factor *= max(_OTHERS**others, _LATE)
    words = free_text.words(made.items, made.text, said)
    if words:
        made.values[made.entry.text] = quoted(words)
    end = made.text.stop if made.text else max(made.triggers) + 1
    labelled, used = free_text.labelled(made.items, end, wish, said)
    made.values |= labelled
    made.explained |= used


def _fill(made: Fit) -> None:
    """Give what the sentence names to the parameters: those that the way asks for come first."""
    params = {param.name: param for param in made.command.params}
    order = [*made.way.slots, *(name for name in params if name not in made.way.slots)]
    outside = [i for i in range(len(made.items)) if i not in made.text]
    # What stands in the text fills a parameter too, but stays in the text.
    for places in (outside, list(made.text)):
        for derive in (False, True):
            for name in order:
                inside = places is not outside
                text = name == made.entry.text
                if name in made.values or (text and (made.way.text or name not in made.entry.fill)):
                    continue
                if inside and not _may_stay(made, params[name]):
                    continue
                _take(made, params[name], places, derive=derive)


def _may_stay(made: Fit, param: Param) -> bool:
    if param.kind in (date, datetime) or param.name in made.way.slots:
        return True
    return made.entry.keep and param.kind in (Customer, Project)


def _take(made: Fit, param: Param, places: Sequence[int], *, derive: bool) -> None:
    source = made.entry.fill.get(param.name, "")
    both = {Customer, Project} <= {p.kind for p in made.command.params}
    if derive and (both or param.kind not in (Customer, Project)):
        return
    # An optional one is not guessed from a name of the other sort.
    if derive and param.optional and param.name not in made.way.slots:
        return
    for at in places:
        if at in made.triggers or at in made.filled or at in made.explained:
            continue
        value, factor = values.value(param, source, made.items[at], derive=derive)
        if value:
            made.values[param.name] = value
            made.filled[at] = param.name
            made.factor *= factor
            return


def _me(made: Fit, said: str) -> None:
    """Whoever asks, where a way wants a member and names none."""
    for name in made.way.slots:
        param = next(p for p in made.command.params if p.name == name)
        if param.kind is User and name not in made.values and _ME.search(said.lower()):
            made.values[name] = "me"


def _one_of_two(made: Fit) -> None:
    """A customer named beside its own project says nothing more."""
    projects = [i for i, name in made.filled.items() if _kind(made, name) is Project]
    owners = {
        owner
        for at in projects
        if isinstance(named := made.items[at].value, Named)
        for owner in named.owners
    }
    only = {
        item.value.customers
        for at, item in enumerate(made.items)
        if at in projects and isinstance(item.value, Named) and item.value.only
    }
    for at, item in enumerate(made.items):
        if not isinstance(item.value, Named) or at in projects:
            continue
        if set(item.value.customers) & owners or item.value.customers in only:
            made.explained.add(at)
            if name := made.filled.pop(at, ""):
                made.values.pop(name)


def _kind(made: Fit, name: str) -> object:
    return next(param.kind for param in made.command.params if param.name == name)


def _sure(ask: Ask, made: Fit) -> float:
    """How much of the sentence the command explains, less for what it misses."""
    left = 0.0
    for at, item in enumerate(made.items):
        if at in made.triggers:
            made.matched += max(item.weight, 1.0)
        elif at in made.filled:
            made.matched += 2.5
        elif at in made.text or at in made.explained:
            continue
        elif item.concepts & made.way.may:
            made.matched += 0.7 * item.weight
        elif not item.concepts & LIGHT or "TOLD" in item.concepts:
            left += item.weight
        if item.guessed and at not in made.text:
            made.factor *= _GUESSED
    missing = [p for p in made.command.params if not p.optional and p.name not in made.values]
    missing = [p for p in missing if not _given(ask, p)]
    if (made.way.exact and left) or made.matched < 1 or len(missing) > 1:
        return 0
    made.factor *= _MISSING ** len(missing)
    return made.factor * made.matched / (made.matched + _LEFT * left)


def _given(ask: Ask, param: Param) -> bool:
    """Whether the chat, or what the line answers, gives a parameter."""
    if param.kind is Interaction:
        return ask.about is not None
    if ask.chat is None or param.kind not in (Customer, Project):
        return False
    return (ask.chat.project_id if param.kind is Project else ask.chat.customer_id) is not None
