"""The small regression that tells sentiment and signals: weights of runs of characters and words.

`make train` writes data/weights.json from the corpus. Inference is sums of small integers: no
library is needed, and the same text tells the same on every machine.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from bot.pipeline import features

MOODS: Final = ("negative", "neutral", "positive")
SIGNALS: Final = ("churn", "complaint", "payment", "praise", "scope", "urgency")
FAMILIAR: Final = 0.42
"""The share of its runs that is known of a text of the trade; below it signals need more."""
DOUBT: Final = 10.0


@dataclass(frozen=True, slots=True)
class Weights:
    """One weight for each of MOODS and SIGNALS, in units of `unit`."""

    runs: Mapping[str, tuple[int, ...]]
    facts: Mapping[str, tuple[int, ...]]
    bias: tuple[int, ...]
    unit: float
    above: tuple[float, ...]
    """What each signal must come to."""
    heat: float
    """Divides what the moods come to, so that their shares are honest probabilities."""


@dataclass(frozen=True, slots=True)
class Told:
    moods: tuple[float, float, float]
    """Probabilities of MOODS."""
    signals: tuple[str, ...]
    familiar: bool
    """Whether enough of the text is known for its signals to be trusted."""


def tell(words: str, facts: Mapping[str, float], lean: float = 0.0, calm: float = 0.0) -> Told:
    """What a text (lower case, plain) tells, beside the `facts` that lists and rules have found.

    `lean` is added for positive and taken from negative, `calm` added for neutral.
    """
    known = weights()
    sums, share = _sums(known, words, facts)
    strange = max(0.0, FAMILIAR - share)
    negative, neutral, positive = sums[:3]
    moods = _shares((negative - lean, neutral + calm, positive + lean), known.heat)
    found = zip(SIGNALS, sums[3:], known.above, strict=True)
    least = DOUBT * strange
    signals = tuple(name for name, value, above in found if value > above + least)
    return Told(moods, signals, not strange)


def pull(words: str) -> float:
    """How much a sentence of a text pulls towards positive, or below 0 towards negative: what all its
    runs bring, however long it is, but for those at its ends: these are a text's.
    """
    known = weights()
    inside = (run for run in set(features.runs(words)) if run[0] != "^" and run[-1] != "$")
    hits = (known.runs.get(run) for run in inside)
    return sum(hit[2] - hit[0] for hit in hits if hit is not None) * known.unit


def _sums(
    known: Weights, words: str, facts: Mapping[str, float]
) -> tuple[tuple[float, ...], float]:
    """What the text comes to, and the share of its runs that is known."""
    seen = set(features.runs(words))
    get = known.runs.get
    hits = [hit for run in seen if (hit := get(run)) is not None]
    norm = known.unit / math.sqrt(len(seen) or 1)
    told = [sum(column) * norm for column in zip(*hits, strict=True)] or [0.0] * len(known.bias)
    for name, value in facts.items():
        if weight := known.facts.get(name):
            told = [one + value * each * known.unit for one, each in zip(told, weight, strict=True)]
    whole = tuple(one + each * known.unit for one, each in zip(told, known.bias, strict=True))
    return whole, len(hits) / (len(seen) or 1)


def _shares(values: tuple[float, float, float], heat: float) -> tuple[float, float, float]:
    most = max(values)
    negative, neutral, positive = (math.exp((value - most) / heat) for value in values)
    whole = negative + neutral + positive
    return negative / whole, neutral / whole, positive / whole


@cache
def weights() -> Weights:
    data = json.loads(
        resources.files("bot.pipeline").joinpath("data", "weights.json").read_text("utf-8")
    )
    return Weights(
        runs={run: tuple(each) for run, each in data["runs"].items()},
        facts={name: tuple(each) for name, each in data["facts"].items()},
        bias=tuple(data["bias"]),
        unit=data["unit"],
        above=tuple(data["above"]),
        heat=data["heat"],
    )
