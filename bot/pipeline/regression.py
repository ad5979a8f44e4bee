"""The small regression that tells sentiment and signals: weights of runs of characters and words.

`make train` writes data/weights.json from the corpus. Inference is sums of small integers: no
library is needed, and the same text tells the same on every machine.
"""

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from bot.pipeline import features

MOODS: Final = ("negative", "neutral", "positive")
SIGNALS: Final = ("churn", "complaint", "payment", "praise", "scope", "urgency")
FAMILIAR: Final = 0.45
"""The share of its runs that is known of a text of the trade; below it signals need more."""
DOUBT: Final = 30.0
SURE: Final = 1.0
"""How far above what it must come to a signal is beyond doubt: in negative texts of voices that were not
read 82 % of such complaints are right; of all that are told 70 %.
"""

_COLUMNS: Final = struct.Struct(f"<{len(MOODS) + len(SIGNALS)}I")
_ABOVE_ZERO: Final = 1 << 15
"""Added to each weight of a run: so its columns lie side by side in one whole number, and the sums of
all columns are one sum. A column has room for those of 65 000 runs, `features` reads 12 000.
"""


@dataclass(frozen=True, slots=True)
class Weights:
    """One weight for each of MOODS and SIGNALS, in units of `unit`."""

    runs: Mapping[str, int]
    """Columns side by side, see `_sides`."""
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
    surely: tuple[str, ...]
    """Those of them that nobody need look at twice."""
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
    found = list(zip(SIGNALS, sums[3:], known.above, strict=True))
    least = DOUBT * strange
    signals = tuple(name for name, value, above in found if value > above + least)
    surely = tuple(name for name, value, above in found if value > above + least + SURE)
    return Told(moods, signals, surely, not strange)


def pull(words: str) -> float:
    """How much a sentence of a text pulls towards positive, or below 0 towards negative: what all its
    runs bring, however long it is, but for those at its ends: these are a text's.
    """
    known = weights()
    inside = (run for run in set(features.runs(words)) if run[0] != "^" and run[-1] != "$")
    hits = [hit for run in inside if (hit := known.runs.get(run)) is not None]
    negative, _, positive = _sums_of(hits)[:3]
    return (positive - negative) * known.unit


def _sums(
    known: Weights, words: str, facts: Mapping[str, float]
) -> tuple[tuple[float, ...], float]:
    """What the text comes to, and the share of its runs that is known."""
    seen = set(features.runs(words))
    get = known.runs.get
    hits = [hit for run in seen if (hit := get(run)) is not None]
    norm = known.unit / math.sqrt(len(seen) or 1)
    told = [column * norm for column in _sums_of(hits)]
    for name, value in facts.items():
        if weight := known.facts.get(name):
            told = [one + value * each * known.unit for one, each in zip(told, weight, strict=True)]
    whole = tuple(one + each * known.unit for one, each in zip(told, known.bias, strict=True))
    return whole, len(hits) / (len(seen) or 1)


def _sides(columns: list[int]) -> int:
    return int.from_bytes(_COLUMNS.pack(*(each + _ABOVE_ZERO for each in columns)), "little")


def _sums_of(hits: list[int]) -> list[int]:
    """The sum of each column."""
    much = _ABOVE_ZERO * len(hits)
    whole = sum(hits).to_bytes(_COLUMNS.size, "little")
    return [each - much for each in _COLUMNS.unpack(whole)]


def _shares(values: tuple[float, float, float], heat: float) -> tuple[float, float, float]:
    most = max(values)
    negative, neutral, positive = (math.exp((value - most) / heat) for value in values)
    whole = negative + neutral + positive
    return negative / whole, neutral / whole, positive / whole


@dataclass(slots=True)
class _Chosen:
    file: Path | None = None


_chosen: Final = _Chosen()


def use(file: Path | None) -> None:
    """Tell by the weights of `file` from now on, None: by those that are shipped.

    Raises `OSError` or `ValueError` where they cannot be read; then nothing changes.
    """
    if file is not None:
        _read(file.read_text("utf-8"))
    _chosen.file = file
    weights.cache_clear()


@cache
def weights() -> Weights:
    if _chosen.file is not None:
        return _read(_chosen.file.read_text("utf-8"))
    shipped = resources.files("bot.pipeline").joinpath("data", "weights.json")
    return _read(shipped.read_text("utf-8"))


def _read(text: str) -> Weights:
    try:
        data: Any = json.loads(text)
        return Weights(
            runs={run: _sides(each) for run, each in data["runs"].items()},
            facts={name: tuple(each) for name, each in data["facts"].items()},
            bias=tuple(data["bias"]),
            unit=data["unit"],
            above=tuple(data["above"]),
            heat=data["heat"],
        )
    except (ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise ValueError("not the weights of a regression") from error
