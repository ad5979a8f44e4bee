"""Segments by behaviour: how long ago, how often, how much more than before.

Rules after recency and frequency (A. M. Hughes, "Strategic Database Marketing", 1994, its RFM
method), with health and churn in the place of money, which not everybody may see. The first rule that
holds decides, so that everybody is in one segment.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain import churn
from bot.texts import Text

QUIET_DAYS: Final = 30
_NEW_DAYS: Final = 60
_BAD, _BEST = 55.0, 80.0
_MORE: Final = 1.5


class Segment(StrEnum):
    AT_RISK = "at_risk"
    QUIET = "quiet"
    NEW = "new"
    GROWING = "growing"
    CHAMPION = "champion"
    STEADY = "steady"

    @property
    def text(self) -> Text:
        return {
            "at_risk": Text("有风险", "at risk"),
            "quiet": Text("沉默", "quiet"),
            "new": Text("新客户", "new"),
            "growing": Text("增长", "growing"),
            "champion": Text("标杆", "champion"),
            "steady": Text("稳定", "steady"),
        }[self.value]


@dataclass(frozen=True, slots=True)
class Habits:
    age_days: int
    silent_days: float | None
    """None: never spoken to."""
    said_30d: int
    said_a_month_before: float
    begun_180d: int
    """Projects begun in half a year."""
    projects: int
    score: float | None
    churn: float


def of(one: Habits) -> Segment:
    new = one.age_days < _NEW_DAYS
    if one.churn >= churn.LISTED or (one.score is not None and one.score < _BAD):
        return Segment.AT_RISK
    if not new and (one.silent_days is None or one.silent_days >= QUIET_DAYS):
        return Segment.QUIET
    if new:
        return Segment.NEW
    more_said = one.said_30d >= 4 and one.said_30d >= _MORE * one.said_a_month_before > 0
    if one.begun_180d >= 2 or (more_said and one.begun_180d):
        return Segment.GROWING
    if one.score is not None and one.score >= _BEST and one.projects >= 2:
        return Segment.CHAMPION
    return Segment.STEADY
