"""How a customer stands: a score of four parts, 0 to 100, and what it is made of.

Each input becomes 0 … 100 by a curve (`data/health.toml`); a part is the weighted mean of its known
inputs, the score that of its known parts. This is the usual additive value model (Keeney and Raiffa,
"Decisions with Multiple Objectives", 1976): straight pieces for single values, a weighted sum above.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from itertools import pairwise
from tomllib import loads
from typing import Any, Final, Literal

from bot.texts import Text

LEAST_PARTS: Final = 2
"""With fewer, too little is known to tell a score."""
_GOOD, _WATCH = 75.0, 55.0


class Part(StrEnum):
    PROGRESS = "progress"
    SATISFACTION = "satisfaction"
    MONEY = "money"
    CLOSENESS = "closeness"

    @property
    def text(self) -> Text:
        return {
            "progress": Text("进度与质量", "progress and quality"),
            "satisfaction": Text("满意度", "satisfaction"),
            "money": Text("资金", "money"),
            "closeness": Text("亲密度", "closeness"),
        }[self.value]


class Standing(StrEnum):
    GOOD = "good"
    WATCH = "watch"
    RISK = "risk"

    @property
    def text(self) -> Text:
        return {
            "good": Text("良好", "good"),
            "watch": Text("关注", "watch"),
            "risk": Text("风险", "at risk"),
        }[self.value]


@dataclass(frozen=True, slots=True)
class Input:
    name: str
    part: Part
    weight: float
    curve: tuple[tuple[float, float], ...]
    money: Literal["none", "percent", "amount"] = "none"
    """What of money a reader must be allowed to see to be shown its value."""


@dataclass(frozen=True, slots=True)
class Scheme:
    parts: Mapping[Part, float]
    inputs: tuple[Input, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """An input as it was found."""

    value: float
    score: float
    weight: float
    """Its share of the whole score, 0 … 1."""


@dataclass(frozen=True, slots=True)
class PartScore:
    score: float
    weight: float
    inputs: Mapping[str, Known]


@dataclass(frozen=True, slots=True)
class Health:
    score: float
    parts: Mapping[Part, PartScore]
    missing: tuple[str, ...]
    """Inputs of which nothing is known."""

    def as_json(self) -> dict[str, Any]:
        """As `HealthSnapshot.parts` keeps it."""
        return {
            part.value: {
                "score": round(one.score, 2),
                "weight": round(one.weight, 6),
                "inputs": {
                    name: {
                        "value": round(known.value, 4),
                        "score": round(known.score, 2),
                        "weight": round(known.weight, 6),
                    }
                    for name, known in one.inputs.items()
                },
            }
            for part, one in self.parts.items()
        }


@cache
def shipped() -> Scheme:
    source = resources.files("bot.domain").joinpath("data", "health.toml").read_text("utf-8")
    data = loads(source)
    return Scheme(
        {Part(name): float(weight) for name, weight in data["parts"].items()},
        tuple(
            Input(
                one["name"],
                Part(one["part"]),
                float(one["weight"]),
                tuple((float(x), float(y)) for x, y in one["curve"]),
                one.get("money", "none"),
            )
            for one in data["input"]
        ),
    )


def weighted(own: Mapping[str, float]) -> Scheme:
    """The shipped scheme with the firm's own weights of parts."""
    base = shipped()
    return Scheme({part: float(own.get(part, base.parts[part])) for part in Part}, base.inputs)


def on_curve(curve: Sequence[tuple[float, float]], value: float) -> float:
    """The score of a value: straight between two points, flat beyond the ends."""
    if value <= curve[0][0]:
        return curve[0][1]
    for (x0, y0), (x1, y1) in pairwise(curve):
        if value <= x1:
            return y0 + (y1 - y0) * (value - x0) / (x1 - x0)
    return curve[-1][1]


def of(values: Mapping[str, float | None], scheme: Scheme) -> Health | None:
    """The score of what is known; None where fewer than two parts have any input."""
    found: dict[Part, list[tuple[Input, float]]] = {}
    missing: list[str] = []
    for one in scheme.inputs:
        value = values.get(one.name)
        if value is None:
            missing.append(one.name)
        elif scheme.parts[one.part] > 0:
            found.setdefault(one.part, []).append((one, value))
    if len(found) < LEAST_PARTS:
        return None
    whole = sum(scheme.parts[part] for part in found)
    parts = {part: _part(found[part], scheme.parts[part] / whole) for part in Part if part in found}
    return Health(sum(one.score * one.weight for one in parts.values()), parts, tuple(missing))


def _part(inputs: Sequence[tuple[Input, float]], share: float) -> PartScore:
    whole = sum(one.weight for one, _ in inputs)
    known = {
        one.name: Known(value, on_curve(one.curve, value), share * one.weight / whole)
        for one, value in inputs
    }
    return PartScore(sum(one.score * one.weight for one in known.values()) / share, share, known)


def standing(score: float) -> Standing:
    if score >= _GOOD:
        return Standing.GOOD
    return Standing.WATCH if score >= _WATCH else Standing.RISK


@dataclass(frozen=True, slots=True)
class Move:
    """How far an input moved the whole score; `before` or `after` is None where it was not known."""

    name: str
    points: float
    before: float | None
    after: float | None


def moves(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Move]:
    """What moved the score between two kept snapshots' parts, the largest first.

    An input's share is weight x (score - 50), so that one that comes or goes counts for how far
    it lies from the middle, and the points add up to the whole move: weights add up to 1.
    """
    old, new = _inputs(before), _inputs(after)
    found = [
        Move(
            name,
            _pull(new.get(name)) - _pull(old.get(name)),
            old[name]["value"] if name in old else None,
            new[name]["value"] if name in new else None,
        )
        for name in sorted(old.keys() | new.keys())
    ]
    return sorted(found, key=lambda one: (-abs(one.points), one.name))


def _inputs(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one for part in parts.values() for name, one in part["inputs"].items()}


def _pull(one: Mapping[str, float] | None) -> float:
    return one["weight"] * (one["score"] - 50.0) if one else 0.0


def weakest(parts: Mapping[str, Any], most: int = 3) -> list[str]:
    """Inputs that cost the score most, of kept parts: what to work on first."""
    lost = {
        name: one["weight"] * (100.0 - one["score"])
        for name, one in _inputs(parts).items()
        if one["score"] < 80.0
    }
    return sorted(lost, key=lambda name: (-lost[name], name))[:most]
