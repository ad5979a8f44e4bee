"""The runs of a forecast, all at once: one row of numbers for each step, one column for each run."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.domain.plan import Step

LEAST: Final = 0.5
"""Working days that a step still takes at least."""
_COMMON: Final = 0.3
"""The share of the variance that all steps of a plan have in common: who plans one of them too
short plans the others too short as well. Without it delays would average out and look too small."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Runs:
    """What came of them; `shares` and `took` have one entry for each step."""

    half: float
    most: float
    shares: list[float]
    """The share of runs in which the step had no slack."""
    took: list[float]
    """The step's days in these runs, summed and divided by the count of all runs."""


def of(
    plan: Sequence[Step],
    mean: float,
    spread: float,
    gone: Mapping[int, float],
    seed: int,
    runs: int,
) -> Runs:
    """Play a plan, each step behind those that it waits for."""
    took = _durations(plan, mean, spread, gone, seed, runs)
    place = {step.id: at for at, step in enumerate(plan)}
    before = [[place[one] for one in step.after if one in place] for step in plan]
    finish: Floats = np.empty_like(took)
    for at, step in enumerate(plan):
        start: Floats = np.full(runs, float(step.not_before))
        for one in before[at]:
            np.maximum(start, finish[one], out=start)
        finish[at] = start + took[at]
    ends: Floats = finish.max(axis=0)
    latest: Floats = np.repeat(ends[np.newaxis, :], len(plan), axis=0)
    for at in range(len(plan) - 1, -1, -1):
        begin: Floats = latest[at] - took[at]
        for one in before[at]:
            np.minimum(latest[one], begin, out=latest[one])
    critical: NDArray[np.bool_] = latest - finish < 1e-9
    half, most = np.percentile(ends, (50, 80)).tolist()
    return Runs(half, most, critical.mean(axis=1).tolist(), (took * critical).mean(axis=1).tolist())


def _durations(
    plan: Sequence[Step],
    mean: float,
    spread: float,
    gone: Mapping[int, float],
    seed: int,
    runs: int,
) -> Floats:
    chance = np.random.default_rng(seed)
    own = chance.standard_normal((len(plan), runs)) * math.sqrt(1 - _COMMON)
    shared = chance.standard_normal(runs) * math.sqrt(_COMMON)
    ratio = np.exp(mean + spread * (own + shared))
    planned = np.array([[step.days] for step in plan], dtype=np.float64)
    spent = np.array([[gone.get(step.id, 0.0)] for step in plan], dtype=np.float64)
    return np.maximum(planned * ratio - spent, LEAST)
