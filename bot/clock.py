"""The time now, in one place, so that tests can move it; and a person's time and zone."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Clock = Callable[[], datetime]


def now() -> datetime:
    """The time now: aware, UTC."""
    return datetime.now(UTC)


def zone(name: str | None, default: str = "Asia/Shanghai") -> ZoneInfo:
    """The zone called `name`; an unknown or missing name gives `default`."""
    try:
        return ZoneInfo(name or default)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(default)
