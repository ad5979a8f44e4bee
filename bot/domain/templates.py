"""Templates of projects: milestones and tasks on working days, and what a phase asks for."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bot.domain import definition
from bot.domain.plan import ring
from bot.domain.terms import Phase
from bot.texts import Text


class Need(StrEnum):
    """What must hold before a project enters a phase."""

    MANAGER = "manager_named"
    DUE = "due_agreed"
    CONTRACT = "contract_signed"
    BEFORE = "tasks_before_done"
    KEY = "key_tasks_done"
    MILESTONES = "milestones_before_reached"
    DELIVERED = "deliverables_accepted"
    DEFECTS = "no_grave_defects"
    PAID = "payments_settled"

    @property
    def text(self) -> Text:
        return {
            "manager_named": Text("指定项目经理", "a project manager is named"),
            "due_agreed": Text("约定交付日期", "a day of delivery is agreed"),
            "contract_signed": Text("合同已签订", "the contract is signed"),
            "tasks_before_done": Text(
                "前面阶段的任务全部完成", "all tasks of the phases before are done"
            ),
            "key_tasks_done": Text("关键任务全部完成", "all key tasks are done"),
            "milestones_before_reached": Text(
                "前面阶段的里程碑全部完成", "all milestones of the phases before are reached"
            ),
            "deliverables_accepted": Text("交付物已被客户验收", "what was delivered is accepted"),
            "no_grave_defects": Text("没有未修复的严重缺陷", "no grave defect is open"),
            "payments_settled": Text("款项已全部收回", "all payments have come in"),
        }[self.value]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Part):
    zh: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=200)

    def in_(self, language: str) -> str:
        return self.en if language == "en" else self.zh


def _both(value: object) -> object:
    """A firm that speaks one language writes a name once."""
    return {"zh": value, "en": value} if isinstance(value, str) else value


Name = Annotated[Words, BeforeValidator(_both)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")]
Day = Annotated[int, Field(ge=0, le=2500)]
"""Working days after the project's first day; 0 is that day."""


class Work(_Part):
    id: Id
    name: Name
    start: Day = 0
    days: Annotated[int, Field(ge=1, le=500)] = 1
    hours: Annotated[float, Field(gt=0, le=100_000)] | None = None
    key: bool = False
    after: tuple[Id, ...] = ()
    role: Literal["", "pm", "sales", "service", "finance"] = ""
    """Whose it is: the manager's (pm), the customer's owner's (sales), or the first member's of the
    project who has that role."""
    checklist: tuple[Name, ...] = ()


class Goal(_Part):
    """A milestone with the tasks that lead to it."""

    name: Name
    phase: Phase
    day: Day
    remind_days: Annotated[int, Field(ge=0, le=60)] = 3
    tasks: tuple[Work, ...] = ()


class Template(_Part):
    id: Id
    name: Name
    text: Name
    needs: dict[Phase, tuple[Need, ...]] = {}
    milestones: tuple[Goal, ...] = Field(min_length=1, max_length=100)

    @model_validator(mode="after")
    def _whole(self) -> "Template":
        works = {work.id: work for goal in self.milestones for work in goal.tasks}
        if len(works) != sum(len(goal.tasks) for goal in self.milestones):
            raise ValueError("two tasks have the same id")
        for work in works.values():
            for one in work.after:
                if one not in works:
                    raise ValueError(f"{work.id} waits for {one!r}, which is no task")
        at = list(works)
        waits = {at.index(id_): [at.index(one) for one in w.after] for id_, w in works.items()}
        if found := ring(waits):
            raise ValueError("tasks wait for each other: " + " → ".join(at[one] for one in found))
        return self

    @property
    def tasks(self) -> list[Work]:
        return [work for goal in self.milestones for work in goal.tasks]

    def needed(self, before: Phase, after: Phase) -> list[Need]:
        """What a step forward asks for: the needs of each phase on the way. Closing, and every step
        back, asks for nothing.
        """
        order = list(Phase)
        if after == Phase.CLOSED:
            return []
        way = order[order.index(before) + 1 : order.index(after) + 1]
        return list(dict.fromkeys(need for phase in way for need in self.needs.get(phase, ())))


def read(body: Mapping[str, Any]) -> Template:
    return definition.read(Template, "template", body)


@cache
def shipped() -> dict[str, Template]:
    """The templates that come with the program, by id."""
    return {one.id: one for one in map(read, definition.bodies("projects"))}
