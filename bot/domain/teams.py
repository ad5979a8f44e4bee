"""Who is best for a customer: people ranked by what speaks for them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

WEIGHTS: Final = {"load": 0.35, "history": 0.30, "skills": 0.25, "rating": 0.10}
"""Ours, not measured: time to do the work first, then knowing the customer, then knowing the
work, then what customers said of earlier work. Skills nobody asked for weigh nothing: the others
share their weight."""
_KNOWN_AT: Final = 40.0
"""Hours for a customer from which on somebody knows them well."""
_INDUSTRY: Final = 0.5
"""Work for others of the same trade counts half as much as work for the customer."""
_UNRATED: Final = 0.6
"""What nobody has rated counts a little better than the middle."""


@dataclass(frozen=True, slots=True)
class Candidate:
    user_id: int
    name: str
    busy: float
    """Share of the coming weeks' hours that is taken."""
    here_hours: float = 0
    """Hours booked on the customer's projects."""
    industry_hours: float = 0
    """The same for other customers of the trade."""
    skills: frozenset[str] = frozenset()
    rating: Decimal | None = None
    """Mean of customers' answers, 1 to 5."""


@dataclass(frozen=True, slots=True)
class Ranked:
    candidate: Candidate
    score: float
    """0 to 1."""
    parts: dict[str, float]
    has: tuple[str, ...]
    lacks: tuple[str, ...]


def rank(candidates: list[Candidate], wanted: list[str]) -> list[Ranked]:
    """The best first; of equals the one with more time."""
    ranked = [_ranked(one, wanted) for one in candidates]
    return sorted(ranked, key=lambda one: (-one.score, one.candidate.busy, one.candidate.name))


def _ranked(one: Candidate, wanted: list[str]) -> Ranked:
    own = {skill.casefold() for skill in one.skills}
    has = tuple(skill for skill in wanted if skill.casefold() in own)
    known = one.here_hours + _INDUSTRY * one.industry_hours
    parts = {
        "load": min(max(1 - one.busy, 0.0), 1.0),
        "history": min(known / _KNOWN_AT, 1.0),
        "rating": _UNRATED if one.rating is None else (float(one.rating) - 1) / 4,
    }
    if wanted:
        parts["skills"] = len(has) / len(wanted)
    weight = sum(WEIGHTS[name] for name in parts)
    score = sum(WEIGHTS[name] * value for name, value in parts.items()) / weight
    return Ranked(one, score, parts, has, tuple(skill for skill in wanted if skill not in has))
