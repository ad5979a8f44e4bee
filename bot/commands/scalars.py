"""Words → plain values: days, moments, money, percentages, choices of a closed list."""

import re
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final, TypeVar

from bot.commands.registry import Ask, Hours, Param, Percent
from bot.domain import dates
from bot.domain.command_line import folded
from bot.texts import Text, listed

_MONEY: Final = re.compile(
    r"^[¥￥$€]?\s*(-?\d[\d,]*(?:\.\d{1,2})?)\s*(万|千|k|w|m|元)?(?:元|块|cny|rmb)?$", re.IGNORECASE
)
_HOURS: Final = re.compile(
    r"^(\d{1,4}(?:\.\d{1,2})?)\s*(?:(h|hrs?|hours?|个?小时|个?钟头)|m|min|mins|minutes?|分钟?)$",
    re.IGNORECASE,
)
_SCALE: Final = {"万": 10_000, "w": 10_000, "千": 1000, "k": 1000, "m": 1_000_000}
_MORNING: Final = time(9)
"""When a day without a time begins."""

Choice = TypeVar("Choice", bound=StrEnum)


def scalar(ask: Ask, param: Param, text: str) -> Any:
    if param.kind is date:
        found = dates.parse(text, ask.now)
        return found.date() if isinstance(found, datetime) else found
    if param.kind is datetime:
        return _moment(dates.parse(text, ask.now), ask)
    if param.kind is Decimal:
        return money(text)
    if param.kind is Percent:
        return percent(text)
    if param.kind is Hours:
        return hours(text) or hours(f"{text}h")
    if param.kind is bool:
        return {"yes": True, "no": False, "on": True, "off": False, "是": True, "否": False}.get(
            folded(text).casefold()
        )
    plain = folded(text).lstrip("#")
    return int(plain) if plain.isdecimal() else None


def _moment(found: date | datetime | None, ask: Ask) -> datetime | None:
    if found is None or isinstance(found, datetime):
        return found
    return datetime.combine(found, _MORNING, ask.now.tzinfo)


def money(text: str) -> Decimal | None:
    found = _MONEY.match(folded(text))
    if not found:
        return None
    try:
        value = Decimal(found.group(1).replace(",", ""))
    except InvalidOperation:
        return None
    return value * _SCALE.get((found.group(2) or "").lower(), 1)


def hours(text: str) -> Decimal | None:
    """A length of time that says its unit, in hours.

    >>> hours("2h"), hours("1.5小时"), hours("90 min"), hours("2")
    (Decimal('2'), Decimal('1.5'), Decimal('1.50'), None)
    """
    found = _HOURS.match(folded(text))
    if not found:
        return None
    value = Decimal(found.group(1))
    return value if found.group(2) else (value / 60).quantize(Decimal("0.01"))


def percent(text: str) -> int | None:
    plain = folded(text).rstrip("%").strip()
    return int(plain) if plain.isdecimal() and int(plain) <= 100 else None


def choice(choices: type[Choice], text: str) -> Choice | None:
    """The member of a closed list that a word means: its code, its name in either language."""
    wanted = folded(text).casefold()
    for choice in choices:
        labels = getattr(choice, "text", None)
        names_ = {choice.value, *((labels.zh, labels.en.casefold()) if labels else ())}
        if wanted in names_:
            return choice
    return None


def choices(ask: Ask, choices: type[StrEnum]) -> str:
    shown = [ask.t(getattr(c, "text", Text(c.value, c.value))) for c in choices]
    return listed(shown, ask.language)
