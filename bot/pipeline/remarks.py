"""A customer's remark about work under way finds its task: pure comparing, the asking is elsewhere."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain import names
from storage.remarks import OpenTask

READ: Final = 1500
"""Characters of a remark that are compared."""
LINKED: Final = 0.6
"""From here on it is the task's; below it is proposed."""
_PROPOSED: Final = 0.36
_NAMED: Final = re.compile(r"(?<![A-Za-z0-9])[Tt]-(\d{1,9})(?![A-Za-z0-9])")
_LEAST: Final = 2
"""Shared words; a single one proposes nothing."""


@dataclass(frozen=True, slots=True)
class Remark:
    task: OpenTask
    sure: float
    because: str

    @property
    def state(self) -> str:
        return "linked" if self.sure >= LINKED else "proposed"


def find(
    text: str, tasks: Sequence[OpenTask], *, project_id: int | None, answers: Sequence[str] = ()
) -> Remark | None:
    """The task that a text speaks of most clearly; None where it speaks of none.

    `tasks` are those under way for its customer, `project_id` where it was filed, `answers` the keys
    of messages that it answers. A number of ours (T-12) says it outright; an answer to the words that
    a task was made from nearly so; else words that stand in this task's name and few others'.
    """
    if not tasks:
        return None
    named = {int(number) for number in _NAMED.findall(text[:READ])}
    for task in tasks:
        if task.id in named:
            return Remark(task, 0.98, f"T-{task.id}")
    for task in tasks:
        if task.came_from and task.came_from[1] in answers:
            return Remark(task, 0.9, task.name)
    said = names.words(names.normal(text[:READ]))
    words = {task.id: names.words(names.normal(task.name)) for task in tasks}
    spread = Counter(word for listed in words.values() for word in listed)
    found = [
        remark
        for task in tasks
        if (remark := _compared(task, words[task.id], said, spread, project_id)) is not None
    ]
    found.sort(key=lambda one: (-one.sure, -one.task.id))
    if not found:
        return None
    best = found[0]
    if len(found) > 1 and best.sure - found[1].sure < 0.1:
        return Remark(best.task, min(best.sure, LINKED - 0.05), best.because)
    return best


def _compared(
    task: OpenTask,
    words: set[str],
    said: set[str],
    spread: Counter[str],
    project_id: int | None,
) -> Remark | None:
    own = words - names.GENERIC
    weight = {word: 1.0 / spread[word] for word in own}
    shared = [word for word in own if word in said]
    if len(shared) < min(_LEAST, len(own)) or not shared:
        return None
    covered = sum(weight[word] for word in shared) / sum(weight.values())
    if project_id is not None and task.project_id != project_id:
        covered *= 0.5
    sure = round(min(0.95, covered + 0.05 * (len(shared) - _LEAST)), 2)
    if sure < _PROPOSED:
        return None
    return Remark(task, sure, " ".join(sorted(shared)[:4]))
