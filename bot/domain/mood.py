"""Mood over time: where it stands, which way it goes, when it turned, and what moved it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

HALF_LIFE: Final = timedelta(days=14)
"""A word counts half as much after a fortnight."""
_LEAST_SIDE: Final = 3
"""Words on each side of a turn; fewer are a bad day."""
_TURN: Final = 3.0
"""A split's statistic above which it is a turn; see `turn`."""
_FLOOR: Final = 0.15
"""The least spread that scores are taken to have: ten equal ones prove nothing."""
_MOVERS: Final = 3


@dataclass(frozen=True, slots=True)
class Score:
    """One scored word of a customer's: -1 … 1, and which interaction it was."""

    at: datetime
    value: float
    item: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """Where the mood changed for good: the first score after it, the means before and after."""

    at: datetime
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Mood:
    level: float
    """The decayed mean, -1 … 1."""
    slope: float
    """Change a week, over the span of the scores; 0.0 for fewer than three."""
    turn: Turn | None
    movers: tuple[Score, ...]
    """What pulled most since the turn (or at all), away from what was usual before, latest first."""
    count: int


def of(scores: Sequence[Score], now: datetime) -> Mood | None:
    """`scores` in the order of time; None where there are none."""
    if not scores:
        return None
    found = turn(scores)
    usual = found.before if found else 0.0
    recent = [one for one in scores if found is None or one.at >= found.at]
    away = 1.0 if found is None else math.copysign(1.0, found.after - found.before)
    pulls = sorted(
        recent,
        key=lambda one: (
            abs(one.value - usual) if found is None else away * (one.value - usual),
            one.at,
        ),
    )
    movers = sorted(pulls[-_MOVERS:], key=lambda one: one.at, reverse=True)
    return Mood(
        level=round(decayed(scores, now), 3),
        slope=round(slope(scores, now), 3),
        turn=found,
        movers=tuple(one for one in movers if abs(one.value - usual) > _FLOOR),
        count=len(scores),
    )


def decayed(scores: Sequence[Score], now: datetime) -> float:
    """The mean with weights that halve every HALF_LIFE: an exponentially weighted moving average."""
    weights = [_weight(one, now) for one in scores]
    total = sum(weights)
    return sum(w * one.value for w, one in zip(weights, scores, strict=True)) / total


def slope(scores: Sequence[Score], now: datetime) -> float:
    """Change a week: least squares with the same weights."""
    if len(scores) < 3:
        return 0.0
    weights = [_weight(one, now) for one in scores]
    weeks = [(one.at - now) / timedelta(weeks=1) for one in scores]
    total = sum(weights)
    mean_x = sum(w * x for w, x in zip(weights, weeks, strict=True)) / total
    mean_y = sum(w * one.value for w, one in zip(weights, scores, strict=True)) / total
    spread = sum(w * (x - mean_x) ** 2 for w, x in zip(weights, weeks, strict=True))
    if spread < 1e-9:
        return 0.0
    along = zip(weights, weeks, scores, strict=True)
    return sum(w * (x - mean_x) * (one.value - mean_y) for w, x, one in along) / spread


def turn(scores: Sequence[Score]) -> Turn | None:
    """The one change in mean that the scores speak for most, where they speak clearly enough.

    Hinkley, "Inference about the change-point in a sequence of random variables" (Biometrika 1970):
    the split with the largest |mean after - mean before| · √(n₁n₂/n) / s, s the spread within sides.
    """
    values = [one.value for one in scores]
    count, total = len(values), sum(values)
    squares = sum(v * v for v in values)
    best: tuple[float, int] = (_TURN, 0)
    left = left_squares = 0.0
    for at, value in enumerate(values[:-1], 1):
        left += value
        left_squares += value * value
        right = count - at
        if at < _LEAST_SIDE or right < _LEAST_SIDE:
            continue
        mean_l, mean_r = left / at, (total - left) / right
        within = left_squares - at * mean_l**2 + (squares - left_squares) - right * mean_r**2
        spread = max(math.sqrt(max(within, 0.0) / max(count - 2, 1)), _FLOOR)
        strength = abs(mean_r - mean_l) * math.sqrt(at * right / count) / spread
        best = max(best, (strength, at))
    if best[1] == 0:
        return None
    at = best[1]
    before, after = sum(values[:at]) / at, sum(values[at:]) / (count - at)
    return Turn(scores[at].at, round(before, 3), round(after, 3))


def _weight(one: Score, now: datetime) -> float:
    return 0.5 ** max(0.0, (now - one.at) / HALF_LIFE)
