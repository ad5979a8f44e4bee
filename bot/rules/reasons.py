"""The reasons of an alert: what is kept of each, who may still have to hear of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypedDict

from bot.rules.actions import LEVELS
from bot.rules.firing import Firing

PEACE: Final = timedelta(days=1)
"""Who has heard of an alert hears of more reasons after that, unless they are louder."""


class Reason(TypedDict):
    """One thing that speaks for an alert; times in ISO form."""

    rule: str
    subject: str
    facts: dict[str, Any]
    said: dict[str, str]
    interaction: int | None
    project: int | None
    money: str
    """What a reader must be allowed to see of money: none, percent, amount."""
    level: str
    at: str
    to: list[str]
    """Whom it is for: u7 is a member, c5 a chat."""
    told: dict[str, str]
    """When each of them last heard of it."""
    acked: bool
    gone: str | None
    """When its cause was gone."""


def made(firing: Firing, now: datetime) -> Reason:
    rule, seen = firing.rule, firing.seen
    return Reason(
        rule=rule.id,
        subject=seen.name,
        facts=dict(seen.facts),
        said=dict(seen.said),
        interaction=seen.interaction_id,
        project=seen.project_id,
        money=rule.money,
        level=loudest(tell.level for tell in rule.tells),
        at=now.isoformat(),
        to=[],
        told={},
        acked=False,
        gone=None,
    )


def loudest(levels: Iterable[str]) -> str:
    return max(levels, key=order, default="info")


def order(level: str) -> int:
    return next((at for at, name in enumerate(LEVELS) if name == level), 0)


def open_ones(reasons: Iterable[Any]) -> list[Any]:
    return [one for one in reasons if not one["gone"]]


def find(reasons: Iterable[Reason], firing: Firing) -> Reason | None:
    rule, subject = firing.key
    return next(
        (
            one
            for one in reasons
            if one["rule"] == rule and one["subject"] == subject and not one["gone"]
        ),
        None,
    )


def is_due(reason: Reason, receiver: str, quiet: timedelta, now: datetime) -> bool:
    """Whether somebody it is for has to hear of it: for the first time, or again."""
    heard = reason["told"].get(receiver)
    if heard is None:
        return not reason["acked"]
    return not reason["acked"] and datetime.fromisoformat(heard) + quiet <= now


def left_in_peace(reasons: Sequence[Reason], receiver: str, level: str, now: datetime) -> bool:
    """Whether they have just heard of this alert, and nothing louder has come since."""
    recent = [
        order(one["level"])
        for one in reasons
        if receiver in one["told"] and datetime.fromisoformat(one["told"][receiver]) + PEACE > now
    ]
    return bool(recent) and order(level) <= max(recent)
