"""What an answer is made of: items of the record, as a model and the offline ways read them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal

from bot.contract import storable
from bot.texts import Language, Text

Side = Literal["customer", "us", "inside"]
_SIDES: Final[Mapping[Side, Text]] = {
    "customer": Text("客户", "customer"),
    "us": Text("我方", "our side"),
    "inside": Text("内部", "internal"),
}
_CITED: Final = re.compile(
    r"\s*[\[【(（]\s*(?:#|＃)\d{1,12}(?:\s*[,，、]\s*[#＃]?\d{1,12})*\s*[\])】）]"
)
_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Words:
    """An ask or a promise in an item, and the day it names."""

    words: str
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """One item: who said what, when (in the reader's zone)."""

    id: int
    at: datetime
    who: str
    side: Side
    text: str
    asks: tuple[Words, ...] = ()
    promises: tuple[Words, ...] = ()
    questions: tuple[Words, ...] = ()
    score: float | None = None
    """How it feels, -1 … 1; None where nobody scored it."""
    because: str = ""
    signals: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an answer and the items that it rests on."""

    kind: str
    text: str
    items: tuple[int, ...] = ()


def found_words(extract: Mapping[str, Any], name: str) -> tuple[Words, ...]:
    """What was found in an item, as its row keeps it."""
    return tuple(Words(one["words"], _day(one.get("due"))) for one in extract.get(name, []))


def _day(said: str | None) -> date | None:
    try:
        return date.fromisoformat(said or "")
    except ValueError:
        return None


def shown(items: Sequence[Said], language: Language) -> str:
    """Items as a model reads them. Nobody's words can look like the beginning of another item."""
    return "\n".join(
        f"[#{one.id}] {one.at:%Y-%m-%d %H:%M} {_plain(one.who)} ({_SIDES[one.side].in_(language)}): "
        f"{_plain(one.text)}"
        for one in items
    )


def _plain(words: str) -> str:
    return " ".join(words.split()).replace("[#", "(#").replace("【#", "(#")[:_LONGEST]


def cited(items: Iterable[object], known: Iterable[int]) -> tuple[int, ...]:
    """Citations that are of what was given, each once."""
    given = set(known)
    return tuple(dict.fromkeys(one for one in items if isinstance(one, int) and one in given))


def marks(items: Iterable[int]) -> str:
    """How a line names what it rests on: ` [#12] [#15]`."""
    return "".join(f" [#{one}]" for one in items)


def uncited(text: str) -> str:
    """A model's words as a database can hold them, without marks that a customer cannot read."""
    return _CITED.sub("", str(storable(text))).strip()
