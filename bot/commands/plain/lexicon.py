"""Running words → concepts: what people say for one thing, in Chinese and English."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final

from rapidfuzz.distance import OSA

from bot.domain import names

_TOKEN: Final = re.compile(r"['’]?[a-z]+(?:-[a-z]+)*|\d+(?:\.\d+)?|\S")
_LONGEST: Final = 12
_LEAST_MISSPELT: Final = 5
"""Letters of a Latin word in which one may be wrong."""
LIGHT: Final = frozenset({"FILL", "BIND_WORD", "MARK", "BEGIN", "END", "AFTER"})
"""Concepts that weigh nothing where no command asks for them."""


@dataclass(frozen=True, slots=True)
class Token:
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """A word of a sentence, or something that it names; `text` in normal form."""

    start: int
    end: int
    text: str
    concepts: frozenset[str] = frozenset()
    kind: str = ""
    """customer, date, …: what it names. Empty for a word."""
    value: Any = None
    guessed: bool = False
    """It was taken for a word that it only sounds or looks like."""

    @property
    def weight(self) -> float:
        """How much it counts where it is left over: Chinese by characters."""
        if self.kind:
            return 2.5
        if not any(char.isalnum() for char in self.text):
            return 0
        if "TOLD" in self.concepts:
            return 4
        if self.concepts & LIGHT:
            return 0
        return 2 if self.text.isascii() else float(len(self.text))


@dataclass(slots=True)
class Lexicon:
    """Phrases by their tokens, with the concepts they stand for."""

    phrases: dict[tuple[str, ...], set[str]] = field(
        default_factory=dict[tuple[str, ...], set[str]]
    )
    sounds: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    latin: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def add(self, phrase: str, concept: str) -> None:
        tokens = tuple(token.text for token in tokens_of(simplified(normal(phrase))))
        if tokens:
            self.phrases.setdefault(tokens, set()).add(concept)

    def index(self) -> None:
        """What is needed to hear a word in one that is misspelt or misheard."""
        for tokens, concepts in self.phrases.items():
            if concepts & LIGHT or "TOLD" in concepts:
                continue
            whole = "".join(tokens)
            sound = names.sound(whole)
            if sound is not None:
                self.sounds.setdefault(sound, tokens)
            if len(tokens) == 1 and tokens[0].isascii() and len(whole) >= _LEAST_MISSPELT:
                self.latin[whole] = tokens

    def read(self, text: str, taken: Sequence[Item]) -> list[Item]:
        """The items of a sentence: those that are known already, and words between them."""
        items: list[Item] = []
        at = 0
        for item in [*taken, Item(len(text), len(text), "")]:
            items += self._words(tokens_of(text[at : item.start], at))
            items.append(self._known(item))
            at = item.end
        return items[:-1]

    def _words(self, tokens: Sequence[Token]) -> list[Item]:
        """The division into known phrases that leaves least over, in as few phrases as can be."""
        count = len(tokens)
        best: list[tuple[float, Item | None, int]] = [(0.0, None, count)] * (count + 1)
        for at in range(count - 1, -1, -1):
            token = tokens[at]
            plain = Item(token.start, token.end, token.text)
            # A character left over costs more than any way to take it.
            best[at] = (best[at + 1][0] + 1 + plain.weight, plain, at + 1)
            for length in range(1, min(_LONGEST, count - at) + 1):
                run = tokens[at : at + length]
                phrase = tuple(one.text for one in run)
                found = self._concepts(phrase)
                guessed = False
                if found is None:
                    found, guessed = self._guess(phrase), True
                if found is None:
                    continue
                cost = best[at + length][0] + (1.6 if guessed else 0.5)
                if cost < best[at][0]:
                    text = "".join(phrase) if not phrase[0].isascii() else " ".join(phrase)
                    item = Item(run[0].start, run[-1].end, text, frozenset(found), guessed=guessed)
                    best[at] = (cost, item, at + length)
        items: list[Item] = []
        at = 0
        while at < count:
            _, item, at = best[at]
            if item is not None:
                items.append(item)
        return items

    def _known(self, item: Item) -> Item:
        """A name that is a word of a choice too: a member called 管理员."""
        phrase = tuple(token.text for token in tokens_of(item.text))
        choices = {c for c in self.phrases.get(phrase, ()) if c.startswith("=")}
        return replace(item, concepts=frozenset(choices)) if choices else item

    def _concepts(self, phrase: tuple[str, ...]) -> set[str] | None:
        found, one = self.phrases.get(phrase), self.phrases.get(_singular(phrase))
        return (found or set()) | (one or set()) or None

    def _guess(self, phrase: tuple[str, ...]) -> set[str] | None:
        """The concepts of a word that this one sounds like, or is one letter from."""
        if len(phrase) == 1:
            word = phrase[0]
            if len(word) < _LEAST_MISSPELT or not word.isascii():
                return None
            near = _near(word, tuple(self.latin))
            return self.phrases[self.latin[near]] if near else None
        if len(phrase) > 4 or not all(names.is_cjk(word[0]) for word in phrase):
            return None
        sound = _sound("".join(phrase))
        known = self.sounds.get(sound) if sound else None
        return self.phrases[known] if known else None


def _singular(phrase: tuple[str, ...]) -> tuple[str, ...]:
    """A phrase whose last word lacks its s."""
    last = phrase[-1]
    long = len(last) > 3 and last.isascii() and last.endswith("s")
    return (*phrase[:-1], last[:-1]) if long else phrase


@cache
def _near(word: str, known: tuple[str, ...]) -> str:
    for other in known:
        if abs(len(other) - len(word)) < 2 and OSA.distance(word, other, score_cutoff=1) <= 1:
            return other
    return ""


@lru_cache(4096)
def _sound(word: str) -> str | None:
    return names.sound(word)


def tokens_of(text: str, offset: int = 0) -> list[Token]:
    """Latin words, numbers, and every other character by itself."""
    return [
        Token(found.start() + offset, found.end() + offset, found.group().replace("’", "'"))
        for found in _TOKEN.finditer(text)
    ]


def normal(text: str) -> str:
    """Small and half-width, character by character, so that places stay."""
    return "".join(map(_one, text))


def simplified(norm: str) -> str:
    """A normal form with the characters that words of commands are written with."""
    return norm if norm.isascii() else norm.translate(_script())


@cache
def _script() -> dict[int, str]:
    """Traditional characters of the words of commands → simplified ones."""
    return {ord(pair[0]): pair[1] for pair in read_data("script.txt").split()}


def _one(char: str) -> str:
    if char.isascii():
        return char.lower()
    plain = names.normal(char)
    return plain if len(plain) == 1 else " " if char.isspace() else char


def read_data(name: str) -> str:
    return resources.files("bot.commands.plain").joinpath(name).read_text("utf-8")


def load(name: str) -> dict[str, Any]:
    return tomllib.loads(read_data(name))


def has(items: Iterable[Item]) -> bool:
    """Whether any word of a sentence could belong to a command."""
    return any(item.concepts - LIGHT - {"TOLD"} for item in items)
