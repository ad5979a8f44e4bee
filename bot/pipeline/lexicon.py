"""Chinese and English word lists and patterns of this package's data folder, ready to match."""

import re
import tomllib
import warnings
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

_CLAUSE: Final = frozenset(",.!?;:，。！？；：\n\t|")
_REACH: Final = 5
"""Characters between a negation or degree and the word it still changes."""


def read(name: str) -> dict[str, Any]:
    """One TOML file of the data folder."""
    return tomllib.loads(resources.files("bot.pipeline").joinpath("data", name).read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Phrases:
    """Words with what they do: a strength, "negate" (0.0 under `negations`) or a degree."""

    strength: dict[str, float]
    negations: frozenset[str]
    degrees: dict[str, float]
    lengths: dict[str, tuple[int, ...]]
    """First character → lengths of the phrases that begin with it, longest first."""

    def mood(self, text: str) -> tuple[float, float]:
        """Sum of the positive and of the negative strengths in `text`, after negation and degree.

        Longest match from left to right. A denied good word is bad by 0.8 of its strength; a denied
        bad one is nearly neutral (没有延期 is no praise); twice denied is asserted.
        """
        good = bad = 0.0
        denied, degree, since = False, 1.0, 0
        at, end = 0, len(text)
        while at < end:
            phrase = self._longest(text, at)
            if not phrase:
                if text[at] in _CLAUSE:
                    denied, degree = False, 1.0
                at += 1
                continue
            if at - since > _REACH:
                denied, degree = False, 1.0
            if phrase in self.negations:
                denied = not denied
            elif phrase in self.degrees:
                degree *= self.degrees[phrase]
            elif strength := self.strength[phrase]:
                strength = _turned(strength, denied=denied) * degree
                good, bad = good + max(strength, 0), bad + min(strength, 0)
                denied, degree = False, 1.0
            at += len(phrase)
            since = at
        return good, bad

    def _longest(self, text: str, at: int) -> str:
        for length in self.lengths.get(text[at], ()):
            phrase = text[at : at + length]
            if phrase in self.strength or phrase in self.negations or phrase in self.degrees:
                return phrase
        return ""


def _turned(strength: float, *, denied: bool) -> float:
    if not denied:
        return strength
    return -0.8 * strength if strength > 0 else -0.15 * strength


@dataclass(frozen=True, slots=True)
class Facts:
    """Patterns of what happened, each with a weight; `shields` hide what only looks like it."""

    shields: re.Pattern[str]
    groups: tuple[tuple[float, re.Pattern[str]], ...]

    def weigh(self, text: str) -> tuple[float, float, str]:
        """Positive and negative weight of the facts in `text`, and `text` without them."""
        good = bad = 0.0
        text = self.shields.sub(" ", text)
        for weight, pattern in self.groups:
            text, count = pattern.subn(" ", text)
            if count:
                total = weight * (1 + 0.3 * (min(count, 3) - 1))
                good, bad = good + max(total, 0), bad + min(total, 0)
        return good, bad, text


def either(patterns: list[str]) -> re.Pattern[str]:
    """One pattern that matches where any of `patterns` does."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def facts(name: str) -> Facts:
    """The patterns of one data file."""
    data = read(name)
    groups = tuple((float(g["weight"]), either(g["patterns"])) for g in data["facts"])
    return Facts(either(data["shields"]), groups)


def phrases(name: str) -> Phrases:
    """The words of one data file."""
    data = read(name)
    strength = dict.fromkeys(data["shields"].split(), 0.0)
    for value, words in data["strength"].items():
        strength.update(dict.fromkeys(words.split(), float(value)))
    negations = frozenset(data["negate"]["words"].split())
    degrees = {
        word: float(value) for value, words in data["degree"].items() for word in words.split()
    }
    lengths: dict[str, set[int]] = {}
    for phrase in (*strength, *negations, *degrees):
        lengths.setdefault(phrase[0], set()).add(len(phrase))
    ordered = {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}
    return Phrases(strength, negations, degrees, ordered)


@cache
def chinese() -> tuple[Facts, Phrases]:
    return facts("zh_facts.toml"), phrases("zh_lexicon.toml")


@cache
def english() -> tuple[Facts, SentimentIntensityAnalyzer]:
    """Our patterns, and VADER (Hutto & Gilbert 2014) with the trade's overrides in its list."""
    with warnings.catch_warnings():
        # It opens its list with codecs.open, which Python 3.14 deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        vader = SentimentIntensityAnalyzer()
    for value, words in read("en_lexicon.toml").items():
        vader.lexicon.update(dict.fromkeys(words.split(), float(value)))
    return facts("en_facts.toml"), vader
