"""The data of plain words: what every command is asked for with, and the words of its choices."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from bot.commands.plain import lexicon
from bot.commands.plain.lexicon import Lexicon
from bot.commands.registry import COMMANDS, Command, Param, Rest
from storage.tables import Customer, Interaction, Project, Task, User

_NOUNS: Final[dict[Any, tuple[str, ...]]] = {
    Customer: ("CUSTOMER",),
    Project: ("PROJECT",),
    Task: ("TASK",),
    User: ("MEMBER",),
    Interaction: ("ITEM",),
}
_READING: Final = frozenset({"SHOW", "QUERY", "LIST"})


@dataclass(frozen=True, slots=True)
class Way:
    """One way to ask for a command; see the head of the data file."""

    must: tuple[frozenset[str], ...]
    may: frozenset[str]
    optional: frozenset[str]
    """Those of `may` that the way itself names."""
    never: frozenset[str]
    slots: tuple[str, ...]
    text: bool
    exact: bool
    asked: bool
    """Only as a question, with its mark."""


@dataclass(frozen=True, slots=True)
class Entry:
    """How one command is asked for."""

    ways: tuple[Way, ...]
    text: str
    """The parameter that free text goes to; empty where there is none."""
    keep: bool
    after: bool
    fill: dict[str, str]
    examples: tuple[tuple[str, str], ...]
    """Sentences, with the arguments that each must give."""


@dataclass(frozen=True, slots=True)
class Grammar:
    lexicon: Lexicon
    entries: dict[str, Entry]


@cache
def grammar() -> Grammar:
    """Read once; raises `ValueError` for an entry that fits no command."""
    data = lexicon.load("commands.toml")
    data.pop("shapes")
    choices: dict[str, dict[str, list[str]]] = data.pop("choices")
    concepts: dict[str, list[str]] = lexicon.load("concepts.toml")["concepts"]
    found = Lexicon()
    for concept, phrases in concepts.items():
        for phrase in phrases:
            found.add(phrase, concept)
    for kind, values in choices.items():
        for value, phrases in values.items():
            for phrase in phrases:
                found.add(phrase, f"={kind}.{value}")
    for command in COMMANDS.values():
        for param in command.params:
            for choice in param.choices or ():
                label = getattr(choice, "text", None)
                for phrase in (choice.value, *((label.zh, label.en) if label else ())):
                    found.add(phrase, f"={type(choice).__name__}.{choice.value}")
    found.index()
    return Grammar(found, {name: _entry(name, body, concepts) for name, body in data.items()})


def _entry(name: str, body: dict[str, Any], concepts: Iterable[str]) -> Entry:
    command = COMMANDS.get(name)
    if command is None:
        raise ValueError(f"{name}: there is no such command")
    params = {param.name for param in command.params}
    ways = tuple(_way(command, way, body.get("fill", {})) for way in body["ways"])
    known = set(concepts)
    for way in ways:
        asked = frozenset[str]().union(*way.must, way.never)
        if wrong := (asked - known) | (set(way.slots) - params):
            raise ValueError(f"{name}: nobody knows {', '.join(sorted(wrong))}")
    return Entry(
        ways,
        body.get("text", _text(command)) if any(way.text for way in ways) else "",
        body.get("keep", False),
        body.get("after", False),
        body.get("fill", {}),
        tuple(_example(line) for line in (*body["zh"], *body["en"])),
    )


def _text(command: Command) -> str:
    return next((param.name for param in reversed(command.params) if param.kind is Rest), "")


def _example(line: str) -> tuple[str, str]:
    sentence, _, arguments = line.partition("⇒")
    return sentence.strip(), arguments.strip()


def _way(command: Command, source: str, fill: dict[str, str]) -> Way:
    words = source.split()
    plain = [w for w in words if w[0] not in "@~=.?"]
    optional = {part for w in plain if w.endswith("?") for part in w[:-1].split("|")}
    # What was said once may be said again.
    may = optional | {part for w in plain for part in w.split("|")}
    for param in command.params:
        may |= {param.name.upper(), *_NOUNS.get(param.kind, ()), *_labels(param)}
    # Words of another concept may be said for the value of a plain parameter.
    may |= {source for source in fill.values() if source.isupper()}
    return Way(
        must=tuple(frozenset(w.split("|")) for w in plain if not w.endswith("?")),
        may=frozenset(may | (_READING if command.reads else set())),
        optional=frozenset(optional),
        never=frozenset(w[1:] for w in words if w[0] == "~"),
        slots=tuple(w[1:] for w in words if w[0] == "@"),
        text="..." in words,
        exact="=" in words,
        asked="?" in words,
    )


def _labels(param: Param) -> tuple[str, ...]:
    """Concepts that may stand before the value of a parameter."""
    return ("OWNER", "ASSIGNEE") if param.kind is User else ()
