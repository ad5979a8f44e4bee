"""Who may leave: a published scorecard, and its scale fitted on a firm's own outcomes.

Points per sign add up; odds double every so many points, as credit scorecards are scaled
(N. Siddiqi, "Credit Risk Scorecards", 2006, ch. 6). With enough own losses the scale is refitted by
logistic regression on the sum of points, J. Platt's way to make a score a probability ("Probabilistic
Outputs for Support Vector Machines", 1999): ten events are needed for each variable (P. Peduzzi et
al., J Clin Epidemiol 49, 1996), so that 30 losses do not bear a weight for each sign.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from tomllib import loads
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.domain import definition
from bot.texts import Text

LEAST_LOSSES: Final = 30
AHEAD_DAYS: Final = 90
"""The probability is that of leaving within so many days."""
LISTED: Final = 0.2
"""From this probability on a customer is listed as one who may leave."""
_RIDGE: Final = 1e-6
_STEPS: Final = 50


class Bin(BaseModel):
    """Points from a value on (`from`), or up to one (`below`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    points: int = Field(ge=0, le=100)
    least: float | None = Field(default=None, alias="from", allow_inf_nan=False)
    most: float | None = Field(default=None, alias="below", allow_inf_nan=False)

    def holds(self, value: float) -> bool:
        if self.least is not None:
            return value >= self.least
        return self.most is not None and value <= self.most


@dataclass(frozen=True, slots=True)
class Scale:
    """log odds = intercept + slope x points."""

    intercept: float
    slope: float
    losses: int = 0
    """The firm's own losses that it was fitted on; 0: as shipped."""


@dataclass(frozen=True, slots=True)
class Reason:
    name: str
    value: float
    points: int


@dataclass(frozen=True, slots=True)
class Risk:
    probability: float
    points: int
    reasons: tuple[Reason, ...]
    """What gives points, the most first."""


@dataclass(frozen=True, slots=True)
class Card:
    """Which signs give how many points, and what points mean."""

    scale: Scale
    signs: Mapping[str, tuple[Bin, ...]]
    version: int = 0
    """Of the firm's own card; 0: as shipped. A scale is fitted on points of one version only."""


class _Scaled(BaseModel):
    model_config = ConfigDict(extra="forbid")

    points_to_double: float = Field(gt=0, le=1000)
    odds: float = Field(gt=0, le=1)


class _Sign(BaseModel):
    model_config = ConfigDict(extra="forbid")

    bins: tuple[Bin, ...] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if any((one.least is None) == (one.most is None) for one in self.bins):
            raise ValueError("each bin has either from or below")
        rising = [one.least for one in reversed(self.bins) if one.least is not None]
        falling = [one.most for one in self.bins if one.most is not None]
        if rising and falling:
            raise ValueError("the bins of a sign are all from, or all below")
        limits = rising or falling
        if any(one >= other for one, other in pairwise(limits)):
            raise ValueError("the bin that is hardest to reach comes first")
        return self


class _CardIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Literal["churn"]
    """There is one card; a firm's own stands in place of the shipped one."""
    scale: _Scaled
    sign: dict[str, _Sign] = Field(min_length=1)

    @model_validator(mode="after")
    def _known(self) -> Self:
        if strange := sorted(self.sign.keys() - _WORDS.keys()):
            raise ValueError(f"there is no sign {strange[0]!r}; there are {sorted(_WORDS)}")
        return self


def read(body: Mapping[str, Any], version: int = 0) -> Card:
    given = definition.read(_CardIn, "scorecard", body)
    scale = Scale(math.log(given.scale.odds), math.log(2) / given.scale.points_to_double)
    return Card(scale, {name: sign.bins for name, sign in given.sign.items()}, version)


@cache
def shipped() -> Card:
    source = resources.files("bot.domain").joinpath("data", "churn.toml").read_text("utf-8")
    return read(loads(source))


def of(values: Mapping[str, float | None], card: Card) -> Risk:
    """How probable it is that a customer leaves within `AHEAD_DAYS`, and why."""
    reasons: list[Reason] = []
    for name, bins in card.signs.items():
        value = values.get(name)
        if value is None:
            continue
        met = next((one for one in bins if one.holds(value)), None)
        if met is not None:
            reasons.append(Reason(name, value, met.points))
    reasons.sort(key=lambda one: (-one.points, one.name))
    points = sum(one.points for one in reasons)
    return Risk(probability(points, card.scale), points, tuple(reasons))


def probability(points: float, scale: Scale) -> float:
    odds = scale.intercept + scale.slope * points
    return 1.0 / (1.0 + math.exp(-odds)) if odds > -700 else 0.0


Seen = tuple[float, bool]
"""Points on a day, and whether they had left `AHEAD_DAYS` later."""


def fit(seen: Sequence[Seen]) -> Scale | None:
    """The scale that fits outcomes best; None with fewer losses than `LEAST_LOSSES`.

    Newton's method on the log-likelihood, a hair of ridge against separated data; Platt's targets
    (n+1)/(n+2) and 1/(n+2) in place of 1 and 0 keep it from being too sure of itself.
    """
    lost = sum(gone for _, gone in seen)
    stayed = len(seen) - lost
    if lost < LEAST_LOSSES or not stayed:
        return None
    yes, no = (lost + 1) / (lost + 2), 1 / (stayed + 2)
    a, b = math.log(lost / stayed), 0.0
    for _ in range(_STEPS):
        g0 = g1 = 0.0
        h00, h01, h11 = _RIDGE, 0.0, _RIDGE
        for points, gone in seen:
            p = probability(points, Scale(a, b))
            off, w = (yes if gone else no) - p, p * (1 - p)
            g0, g1 = g0 + off, g1 + off * points
            h00, h01, h11 = h00 + w, h01 + w * points, h11 + w * points * points
        base = h00 * h11 - h01 * h01
        if base <= 0:
            break
        step_a, step_b = (h11 * g0 - h01 * g1) / base, (h00 * g1 - h01 * g0) / base
        a, b = a + step_a, b + step_b
        if abs(step_a) + abs(step_b) < 1e-9:
            break
    # More points must never mean less risk: such a fit says that the points tell nothing.
    return Scale(a, max(b, 0.0), lost)


@dataclass(frozen=True, slots=True)
class Quality:
    """How well listing those above `LISTED` told who would leave."""

    listed: int
    hit: int
    lost: int
    seen: int
    brier: float
    """The mean square of probability against outcome; always telling the mean rate gives `plain`."""
    plain: float
    bins: tuple[tuple[float, float, int], ...]
    """(mean told, share that left, how many), the lowest first: its calibration."""

    @property
    def precision(self) -> float | None:
        return self.hit / self.listed if self.listed else None

    @property
    def recall(self) -> float | None:
        return self.hit / self.lost if self.lost else None


def quality(seen: Sequence[Seen], scale: Scale) -> Quality:
    told = [(probability(points, scale), gone) for points, gone in seen]
    lost = sum(gone for _, gone in told)
    rate = lost / len(told) if told else 0.0
    groups: list[tuple[float, float, int]] = []
    edges = (0.0, 0.05, 0.1, 0.2, 0.4, 1.01)
    for low, high in pairwise(edges):
        inside = [(p, gone) for p, gone in told if low <= p < high]
        if inside:
            mean = sum(p for p, _ in inside) / len(inside)
            groups.append((mean, sum(gone for _, gone in inside) / len(inside), len(inside)))
    return Quality(
        listed=sum(p >= LISTED for p, _ in told),
        hit=sum(gone for p, gone in told if p >= LISTED),
        lost=lost,
        seen=len(told),
        brier=sum((p - gone) ** 2 for p, gone in told) / max(1, len(told)),
        plain=rate * (1 - rate),
        bins=tuple(groups),
    )


@dataclass(frozen=True, slots=True)
class Learnt:
    scale: Scale
    """The one to tell with: the card's own, or fitted on all that was seen."""
    quality: Quality
    """On outcomes that had no part in fitting it."""
    card: int
    """The version of the card whose points were seen."""


def learn(seen: Sequence[Seen], card: Card) -> Learnt:
    """From outcomes of a card in the order of time. Where a scale can be fitted, it is tried out in time: fitted on
    the first 70 % and measured on the rest; then all of them make the one in force.
    """
    whole = fit(seen)
    cut = round(0.7 * len(seen))
    early = fit(seen[:cut])
    if whole is None:
        return Learnt(card.scale, quality(seen, card.scale), card.version)
    if early is None:
        return Learnt(whole, quality(seen[cut:], card.scale), card.version)
    return Learnt(whole, quality(seen[cut:], early), card.version)


def words(reason: Reason, language: str) -> str:
    """A reason as people read it; how long money is owed is a matter of its own for each reader."""
    said, value = _WORDS[reason.name], reason.value
    if reason.name == "contract_days" and value < 0:
        said, value = _ENDED, -value
    return said.in_(language, value=f"{value:.{_DIGITS.get(reason.name, 0)}f}")


MONEY: Final = frozenset({"overdue_days"})
"""Signs that only those who may see amounts are told in figures."""
_DIGITS: Final = {"silence": 1, "mood_drop": 2, "nps": 1}
_ENDED: Final = Text(
    "合同已到期 {value} 天，没有续约动作",
    "the contract ended {value} days ago, nobody talks of renewing",
)
_WORDS: Final = {
    "silence": Text("沉默时间是平时间隔的 {value} 倍", "silent for {value} times their usual gap"),
    "mood_drop": Text("情绪比之前下降 {value}", "mood is down by {value}"),
    "complaints": Text("90 天内投诉 {value} 次", "complaints in 90 days: {value}"),
    "says_so": Text("消息里提到要离开（{value} 条）", "messages that speak of leaving: {value}"),
    "overdue_days": Text("款项逾期 {value} 天", "a payment is {value} days late"),
    "nps": Text("NPS 只有 {value}", "NPS of {value}"),
    "contract_days": Text(
        "合同还剩 {value} 天，没有续约动作", "contract days left, nobody talks of renewing: {value}"
    ),
    "health_drop": Text("健康分一个月下降 {value}", "health score fell by {value} in a month"),
    "all_done": Text("项目都已结束，没有新项目", "all projects are over, none is new"),
    "senior_silent": Text("决策人 {value} 天没有来往", "no decision maker heard for {value} days"),
}
