"""Reports made for one customer: templates, rhythms, and the day the next one is due."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources
from tomllib import loads

from bot.domain import workdays
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


@dataclass(frozen=True, slots=True)
class Template:
    name: str
    title: Text
    words: Text
    sections: tuple[Section, ...]
    every: Every


@cache
def templates() -> Mapping[str, Template]:
    source = resources.files("bot.domain").joinpath("data", "reports.toml").read_text("utf-8")
    return {
        name: Template(
            name,
            Text(**one["title"]),
            Text(**one["words"]),
            tuple(Section(section) for section in one["sections"]),
            Every(one["every"]),
        )
        for name, one in loads(source)["template"].items()
    }


def due_on(last: date, every: Every) -> date:
    """The working day on which the next one is due."""
    return workdays.china().add(every.after(last), 0)
