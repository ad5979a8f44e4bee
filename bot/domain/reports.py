"""Reports made for one customer: templates, rhythms, and the day the next one is due."""

import calendar
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources
from tomllib import loads
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.domain import definition, service, workdays
from bot.domain.care import Said
from bot.texts import Text


class Section(StrEnum):
    PROGRESS = "progress"
    MILESTONES = "milestones"
    DELIVERABLES = "deliverables"
    CASES = "cases"
    TIMES = "times"
    SATISFACTION = "satisfaction"
    NEXT = "next"

    @property
    def text(self) -> Text:
        return {
            "progress": Text("项目进展", "Progress"),
            "milestones": Text("里程碑", "Milestones"),
            "deliverables": Text("交付物", "Deliverables"),
            "cases": Text("服务工单", "Service cases"),
            "times": Text("服务时效", "Service times"),
            "satisfaction": Text("满意度", "Satisfaction"),
            "next": Text("下一步", "Next steps"),
        }[self.value]


class Every(StrEnum):
    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"

    @property
    def text(self) -> Text:
        return {
            "weekly": Text("每周", "weekly"),
            "biweekly": Text("每两周", "every two weeks"),
            "monthly": Text("每月", "monthly"),
            "quarterly": Text("每季度", "quarterly"),
        }[self.value]

    def after(self, day: date) -> date:
        """The same day one period on; the last of a month that is too short for it."""
        if self is Every.WEEKLY:
            return day + timedelta(days=7)
        if self is Every.BIWEEKLY:
            return day + timedelta(days=14)
        months = day.month - 1 + (1 if self is Every.MONTHLY else 3)
        year, month = day.year + months // 12, months % 12 + 1
        return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))

    def before(self, day: date) -> date:
        """The first day that a report on this day tells of."""
        days = {"weekly": 7, "biweekly": 14, "monthly": 30, "quarterly": 91}[self.value]
        return day - timedelta(days=days)


class Figure(StrEnum):
    """What sections count; a template may leave some out."""

    PHASE = "phase"
    PERCENT = "percent"
    OPENED = "opened"
    SOLVED = "solved"
    OPEN = "open"
    ANSWER = "answer"
    SOLVE = "solve"
    NPS = "nps"
    CSAT = "csat"


class Template(BaseModel):
    """A kind of report, as data; data/reports.toml tells what its parts mean."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")
    title: Said
    words: Said
    sections: tuple[Section, ...] = Field(min_length=1, max_length=len(Section))
    every: Every
    figures: tuple[Figure, ...] = tuple(Figure)
    headings: dict[Section, Said] = {}
    language: Literal["zh", "en"] | None = None
    """None: the language of the chat."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(set(self.sections)) != len(self.sections):
            raise ValueError("a section stands there twice")
        for name, said, known in (
            ("title", self.title, {"customer"}),
            ("words", self.words, {"customer", "first", "last"}),
        ):
            gaps = {gap for words in (said.zh, said.en) for gap in service.gaps(words)}
            if strange := sorted(gaps - known):
                raise ValueError(
                    f"{name}: nothing fills {{{strange[0]}}}; there are {sorted(known)}"
                )
        return self

    def heading(self, section: Section) -> Text:
        own = self.headings.get(section)
        return own.text if own else section.text


def read(body: Mapping[str, Any]) -> Template:
    return definition.read(Template, "report", body)


@cache
def shipped() -> Mapping[str, Template]:
    source = resources.files("bot.domain").joinpath("data", "reports.toml").read_text("utf-8")
    return {one["id"]: read(one) for one in loads(source)["report"]}


def due_on(last: date, every: Every) -> date:
    """The working day on which the next one is due."""
    return workdays.china().add(every.after(last), 0)
