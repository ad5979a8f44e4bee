"""When a plan will probably be done: the rest of it is played a thousand times.

A step takes its planned days times a ratio, drawn from a log-normal distribution, the usual shape of
actual over planned durations (T. Little, "Schedule Estimation and Uncertainty Surrounding the Cone
of Uncertainty", IEEE Software 23(3), 2006). Its two parameters are learnt from the firm's own tasks
and drawn towards a default while these are few: the posterior means of a normal distribution with a
conjugate prior (A. Gelman et al., "Bayesian Data Analysis", 3rd ed., 3.3).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.plan import Step, ordered, schedule

RUNS: Final = 1000
_WORTH: Final = 12
"""So many finished tasks weigh as much as the default."""
_MEAN: Final = math.log(1.1)
_SPREAD: Final = 0.4
"""The default: half of all tasks take up to 1.1 times their days, nine of ten up to 1.8 times."""
_RATIOS: Final = (0.1, 10.0)
"""Ratios beyond are slips of the pen."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How tasks turn out against their plan: the logarithm's mean and spread."""

    mean: float = _MEAN
    spread: float = _SPREAD
    seen: int = 0
    """Finished tasks that it was learnt from."""


@dataclass(frozen=True, slots=True)
class Driver:
    """A step that decides when the plan is done."""

    id: int
    share: float
    """Of the runs in which the end hung on it, 0 to 1."""
    days: float
    """Working days that it adds to the plan in the mean."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """In working days from now."""

    planned: float
    """Where each step takes what is planned."""
    half: float
    """P50: done by then in half of the runs."""
    most: float
    """P80."""
    drivers: tuple[Driver, ...]
    """Those that matter most, first."""
    habit: Habit


def learn(ratios: Sequence[float]) -> Habit:
    """The habit of a firm from actual over planned durations of its finished tasks."""
    logs = [math.log(min(max(ratio, _RATIOS[0]), _RATIOS[1])) for ratio in ratios if ratio > 0]
    if not logs:
        return Habit()
    n, mean = len(logs), sum(logs) / len(logs)
    squares = sum((one - mean) ** 2 for one in logs)
    between = _WORTH * n / (_WORTH + n) * (mean - _MEAN) ** 2
    variance = (_WORTH * _SPREAD**2 + squares + between) / (_WORTH + n)
    return Habit((_WORTH * _MEAN + n * mean) / (_WORTH + n), math.sqrt(variance), n)


def play(
    steps: Sequence[Step],
    habit: Habit,
    seed: int,
    *,
    gone: dict[int, float] | None = None,
    runs: int = RUNS,
) -> Outlook | None:
    """The outlook of a plan; None where nothing is left. `gone` holds days already spent on a step,
    whose `days` are all that were planned for it. The same seed gives the same answer. Raises `Ring`.
    """
    plan = ordered(steps)
    if not plan:
        return None
    from bot.domain import runs as played  # noqa: PLC0415 - numpy takes 90 ms and 20 MiB

    gone = gone or {}
    left = {step.id: max(step.days - gone.get(step.id, 0.0), played.LEAST) for step in plan}
    found = played.of(plan, habit.mean, habit.spread, gone, seed, runs)
    even = schedule([Step(s.id, left[s.id], s.after, s.not_before) for s in plan])
    drivers = [
        Driver(step.id, share, took - left[step.id] * share)
        for step, share, took in zip(plan, found.shares, found.took, strict=True)
    ]
    drivers.sort(key=lambda one: (-one.share * max(one.days, 0.0), -one.share, one.id))
    planned = max(slot.finish for slot in even.values())
    return Outlook(planned, found.half, found.most, tuple(drivers), habit)
