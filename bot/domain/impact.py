"""What more work does to a plan: how far its end moves, and which steps move with it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.plan import Step, schedule

NEW: Final = 0
"""The number of a step that is not in the plan yet."""


@dataclass(frozen=True, slots=True)
class Impact:
    """Working days, rounded up to whole ones."""

    end: int
    """How far the end of the whole plan moves."""
    moved: dict[int, int]
    """How far the finish of each step moves, where it does; `NEW` is when the new step is done."""


def of_work(steps: Sequence[Step], days: float, grows: int | None = None) -> Impact:
    """The effect of `days` of work: on the step that grows, else as a new one that nothing waits for.

    By the critical path method (see `plan`): work that fits into slack moves nothing.
    """
    before = schedule(steps)
    if grows in before:
        changed = [replace(s, days=s.days + days) if s.id == grows else s for s in steps]
    else:
        changed = [*steps, Step(NEW, days)]
    after = schedule(changed)
    end_before = max((slot.finish for slot in before.values()), default=0.0)
    end_after = max((slot.finish for slot in after.values()), default=0.0)
    moved = {
        id_: _whole(slot.finish - (before[id_].finish if id_ in before else 0.0))
        for id_, slot in after.items()
        if slot.finish - (before[id_].finish if id_ in before else 0.0) > _NOTHING
    }
    return Impact(_whole(end_after - end_before), moved)


_NOTHING: Final = 1e-9


def _whole(days: float) -> int:
    return math.ceil(days - _NOTHING)
