"""The critical path of a plan, in working days.

Source: the critical path method of J. E. Kelley and M. R. Walker, "Critical-Path Planning and
Scheduling", 1959: a forward pass gives the earliest days, a backward pass the latest ones, and what
lies between them is slack.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.domain.workdays import Calendar

HOURS_A_DAY: Final = 8


class Ring(Exception):
    """Steps that wait for each other: the first of `steps` waits for the second, and so on, round."""

    def __init__(self, steps: Sequence[int]) -> None:
        super().__init__(f"steps wait for each other: {list(steps)}")
        self.steps = tuple(steps)


@dataclass(frozen=True, slots=True)
class Step:
    """Work that is left to do."""

    id: int
    days: float
    """Working days that it takes from now on."""
    after: tuple[int, ...] = ()
    """Steps that must be done before; those that are not in the plan are done."""
    not_before: float = 0
    """Working days from now before which it does not begin."""


@dataclass(frozen=True, slots=True)
class Slot:
    """When a step may run, in working days from now."""

    start: float
    finish: float
    latest_start: float
    latest_finish: float

    @property
    def slack(self) -> float:
        """Days that it may slip before the whole plan does."""
        return self.latest_start - self.start

    @property
    def critical(self) -> bool:
        return self.slack < 1e-9


def ring(after: Mapping[int, Iterable[int]]) -> tuple[int, ...]:
    """Steps that wait for each other in a ring; empty where there is none."""
    done: set[int] = set()
    for root in after:
        path: dict[int, None] = {}
        stack = [(root, iter(after.get(root, ())))]
        path[root] = None
        while stack:
            step, left = stack[-1]
            following = next((one for one in left if one not in done), None)
            if following is None:
                done.add(step)
                path.pop(step, None)
                stack.pop()
            elif following in path:
                found = list(path)
                return tuple(found[found.index(following) :])
            else:
                path[following] = None
                stack.append((following, iter(after.get(following, ()))))
    return ()


def ordered(steps: Iterable[Step]) -> list[Step]:
    """Each step behind those that it waits for; raises `Ring`."""
    left = {step.id: step for step in steps}
    known = set(left)
    waits = {id_: {one for one in step.after if one in known} for id_, step in left.items()}
    followers: dict[int, list[int]] = {id_: [] for id_ in left}
    for id_, before in waits.items():
        for one in before:
            followers[one].append(id_)
    free = [id_ for id_ in left if not waits[id_]]
    found: list[Step] = []
    for id_ in free:  # it grows while it is walked
        found.append(left[id_])
        for one in followers[id_]:
            waits[one].discard(id_)
            if not waits[one]:
                free.append(one)
    if len(found) < len(left):
        raise Ring(ring({id_: sorted(before) for id_, before in waits.items() if before}))
    return found


def schedule(steps: Iterable[Step]) -> dict[int, Slot]:
    """The earliest and latest days of each step; raises `Ring`."""
    plan = ordered(steps)
    start: dict[int, float] = {}
    finish: dict[int, float] = {}
    for step in plan:
        ready = max((finish[one] for one in step.after if one in finish), default=0.0)
        start[step.id] = max(ready, step.not_before)
        finish[step.id] = start[step.id] + step.days
    end = max(finish.values(), default=0.0)
    latest = dict.fromkeys(finish, end)
    for step in reversed(plan):
        for one in step.after:
            if one in latest:
                latest[one] = min(latest[one], latest[step.id] - step.days)
    return {
        step.id: Slot(start[step.id], finish[step.id], latest[step.id] - step.days, latest[step.id])
        for step in plan
    }


def longest(slots: Mapping[int, Slot]) -> list[int]:
    """The steps without slack, in the order in which they run."""
    critical = [(slot.start, slot.finish, id_) for id_, slot in slots.items() if slot.critical]
    return [id_ for _, _, id_ in sorted(critical)]


def working_days(calendar: Calendar, start: date | None, due: date | None) -> int | None:
    """Working days from the first to the last, both counted; at least one. None: not known."""
    if start is None or due is None or due < start:
        return None
    return max(1, calendar.between(start, due) + calendar.is_workday(start))


def days_of(hours: float) -> int:
    """Working days that an estimate in hours takes one person."""
    return max(1, math.ceil(hours / HOURS_A_DAY))
