"""Care for customers: when which word is due, what surveys add up to, and how loyal a customer is."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.domain import definition, terms, workdays
from bot.texts import Text

AHEAD: Final = 30
"""Days before it is due that a node stands in the calendar."""
STALE: Final = 14
"""A node that is so many days past is skipped: nobody wants the thank-you of last month."""
FORGOTTEN: Final = 60
"""Older ones are not even written down, so that a new calendar does not begin with years of misses."""

After = Literal["signed", "first", "accepted", "silent", "day", "hand"]
Act = Literal["words", "survey", "visit"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Said(_Part):
    zh: str = Field(min_length=1, max_length=1000)
    en: str = Field(min_length=1, max_length=1000)

    @property
    def text(self) -> Text:
        return Text(self.zh, self.en)


class Node(_Part):
    """One point of the care plan, as data; data/care.toml tells what its parts mean."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")
    name: Said
    after: After
    days: int = Field(default=0, ge=0, le=3650)
    every: int = Field(default=0, ge=0, le=3650)
    yearly: bool = False
    day: str = Field(default="", pattern=r"^(\d\d-\d\d)?$")
    act: Act
    survey: Literal["nps", "csat"] = "csat"
    """What a node of act survey asks."""
    words: Said | None = None
    tiers: tuple[terms.Tier, ...] = ()
    stages: tuple[terms.Stage, ...] = ()
    enabled: bool = True

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.act == "words") != (self.words is not None):
            raise ValueError("words are said by a node of act words, and by no other")
        if (self.after == "day") != bool(self.day):
            raise ValueError("a day of the year belongs to after = day, and to no other")
        if self.day:
            date.fromisoformat(f"2028-{self.day}")
        if self.after == "hand" and (self.days or self.every or self.yearly):
            raise ValueError("a node that counts from nothing has no days")
        if self.yearly and self.every:
            raise ValueError("either yearly or every so many days")
        return self

    def meets(self, tier: str, stage: str) -> bool:
        return (not self.tiers or tier in self.tiers) and (not self.stages or stage in self.stages)


def by_hand(name: str, words: str) -> Node:
    """A point that a member has set for one customer, in words of one language."""
    said = Said(zh=words, en=words)
    return Node(id="by-hand", name=Said(zh=name, en=name), after="hand", act="words", words=said)


def read(body: Mapping[str, Any]) -> Node:
    return definition.read(Node, "care node", body)


@cache
def shipped() -> tuple[Node, ...]:
    source = resources.files("bot.domain").joinpath("data", "care.toml").read_text("utf-8")
    return tuple(read(body) for body in tomllib.loads(source)["node"])


def due(node: Node, since: date | None, today: date) -> list[date]:
    """When a node is due, on working days: the last time that is not forgotten, and the next.

    `since` is the day that it counts from. What counts from a silence is known only once it is
    there, so that has no next time.
    """
    first, last = today - timedelta(days=FORGOTTEN), today + timedelta(days=AHEAD)
    times = [day for day in _times(node, since, last) if first <= day]
    worked = [workdays.china().add(day, 0) for day in times]
    past = [day for day in worked if day <= today][-1:]
    coming = [day for day in worked if today < day <= last][:1]
    return past if node.after == "silent" else past + coming


def _times(node: Node, since: date | None, last: date) -> list[date]:
    if node.after == "day":
        return [_in_year(f"{last.year + n}-{node.day}") for n in (-1, 0)]
    if since is None:
        return []
    if node.yearly:
        years = range(since.year + 1, last.year + 1)
        return [_in_year(f"{year}-{since:%m-%d}") + timedelta(days=node.days) for year in years]
    begin = since + timedelta(days=node.days)
    if not node.every:
        return [begin]
    rounds = max(0, (last - begin).days // node.every)
    near = max(0, rounds - 2 * FORGOTTEN // node.every - 2)
    return [begin + timedelta(days=node.every * n) for n in range(near, rounds + 1)]


def _in_year(day: str) -> date:
    """A day of a year; the 29th of February is the 28th where there is none."""
    try:
        return date.fromisoformat(day)
    except ValueError:
        return date.fromisoformat(day.replace("02-29", "02-28"))


# --- surveys -----------------------------------------------------------------------------------


class SurveyKind(StrEnum):
    NPS = "nps"
    CSAT = "csat"

    @property
    def text(self) -> Text:
        return {
            "nps": Text("NPS 推荐意愿", "NPS"),
            "csat": Text("CSAT 满意度", "CSAT"),
        }[self.value]

    @property
    def scores(self) -> range:
        return range(11) if self is SurveyKind.NPS else range(1, 6)

    def low(self, score: int) -> bool:
        """Whether somebody has to care at once; the shipped rules use the same limits."""
        return score < 7 if self is SurveyKind.NPS else score <= 2


REST: Final = timedelta(days=90)
"""A customer is not asked the same again sooner."""
APART: Final = timedelta(days=14)
"""Nor anything else by itself sooner, nor while a question is open: one at a time."""


def nps(scores: Sequence[int]) -> int | None:
    """Net promoter score, −100 … 100: percent who say 9 or 10, less percent who say 0 to 6.

    Source: F. Reichheld, "The One Number You Need to Grow", Harvard Business Review, Dec. 2003.
    """
    if not scores:
        return None
    net = sum(score >= 9 for score in scores) - sum(score <= 6 for score in scores)
    return round(100 * net / len(scores))


# --- loyalty -----------------------------------------------------------------------------------


class Loyalty(StrEnum):
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"

    @property
    def text(self) -> Text:
        return {
            "bronze": Text("铜", "bronze"),
            "silver": Text("银", "silver"),
            "gold": Text("金", "gold"),
        }[self.value]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a customer's loyalty is told by."""

    years: float
    """Since the first contract."""
    projects_done: int
    nps: int | None
    """Their latest score, 0 … 10."""
    revenue_rank: float | None
    """0 (pays us most) … 1 (least); None where they have paid nothing."""


@dataclass(frozen=True, slots=True)
class Points:
    """What counts for a tier: how many of how many points, by reason."""

    reason: Literal["years", "projects", "nps", "revenue"]
    got: int
    most: int


_SILVER: Final = 35
_GOLD: Final = 65


def points(of: Standing) -> tuple[Points, ...]:
    """Our own weights, a hundred in all: 8 a year up to 30, 8 a finished project up to 30, the
    survey up to 20 (a promoter all, no answer 8, a detractor none), and the rank of what they pay.
    """
    survey = 8 if of.nps is None else 20 if of.nps >= 9 else 12 if of.nps >= 7 else 0
    revenue = 0 if of.revenue_rank is None else round(20 * (1 - of.revenue_rank))
    return (
        Points("years", min(30, int(8 * max(0.0, of.years))), 30),
        Points("projects", min(30, 8 * of.projects_done), 30),
        Points("nps", survey, 20),
        Points("revenue", revenue, 20),
    )


def loyalty(found: Iterable[Points]) -> Loyalty:
    total = sum(one.got for one in found)
    if total >= _GOLD:
        return Loyalty.GOLD
    return Loyalty.SILVER if total >= _SILVER else Loyalty.BRONZE
