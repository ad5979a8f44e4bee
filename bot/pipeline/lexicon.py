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

BOTH, LATIN, HAN = 0, 1, 2
Patterns = tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]
"""For texts of BOTH scripts, LATIN alone and HAN alone: most of a list need not be tried on most texts."""
_LETTER: Final = re.compile(r"[a-z]")
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
_WORDS: Final = re.compile(r"(?<![\\a-z])[a-z]{2}")
_MARKS: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|[()|]")


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

    shields: Patterns
    groups: tuple[tuple[float, Patterns], ...]

    def weigh(self, text: str) -> tuple[float, float, str]:
        """Positive and negative weight of the facts in `text`, and `text` without them."""
        good = bad = 0.0
        script = script_of(text)
        text = self.shields[script].sub(" ", text)
        for weight, patterns in self.groups:
            text, count = patterns[script].subn(" ", text)
            if count:
                total = weight * (1 + 0.3 * (min(count, 3) - 1))
                good, bad = good + max(total, 0), bad + min(total, 0)
        return good, bad, text


def script_of(text: str) -> int:
    """Which of `Patterns` to try on a text in lower case."""
    if text.isascii():
        return LATIN
    return BOTH if _LETTER.search(text) else HAN


def either(patterns: list[str]) -> Patterns:
    """What matches where any of `patterns` does, in texts of each script. A choice in Chinese alone is
    not tried on plain ASCII, nor one in words of letters alone where there are none.
    """
    choices = [choice for pattern in patterns for choice in _choices(pattern)]
    latin = [choice for choice in choices if _WORDS.search(choice) or not _CHINESE.search(choice)]
    han = [choice for choice in choices if _CHINESE.search(choice) or not _WORDS.search(choice)]
    return _one_of(choices), _one_of(latin), _one_of(han)


def _one_of(choices: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{choice})" for choice in choices) or "(?!)")


def _choices(pattern: str) -> list[str]:
    """`pattern` cut at each "|" that stands in no group or set."""
    depth, found, since = 0, list[str](), 0
    for mark in _MARKS.finditer(pattern):
        if mark[0] in "()":
            depth += 1 if mark[0] == "(" else -1
        elif mark[0] == "|" and not depth:
            found.append(pattern[since : mark.start()])
            since = mark.end()
    return [*found, pattern[since:]]


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
