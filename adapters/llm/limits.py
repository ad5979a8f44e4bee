"""What keeps a language model from holding up or costing too much: time, failures in a row, tokens."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date

from bot import log
from bot.clock import Clock
from bot.contract import Cursors, NoModel

_log = log.get("llm")


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds."""

    call_s: float = 30.0
    connect_s: float = 5.0
    retry_s: float = 1.0
    """Before the one repeat, where the server names no time."""
    patience_s: float = 5.0
    """The longest time that a server may ask to wait before the repeat."""
    failures: int = 3
    """In a row; then nobody calls for a while."""
    rest_s: float = 60.0
    """The first such while; it doubles with each call that fails after it."""
    longest_rest_s: float = 900.0
    answers: int = 200
    """How many answers are kept."""


class Breaker:
    """Stops calls to a server that keeps failing; after the rest one call goes ahead and tries."""

    def __init__(self, limits: Limits, ticks: Callable[[], float]) -> None:
        self._limits = limits
        self._ticks = ticks
        self._row = 0
        self._rest = limits.rest_s
        self._until: float | None = None
        self._trying = False

    def check(self) -> None:
        """Raises `NoModel` while the server rests."""
        if self._until is None:
            return
        if self._ticks() < self._until:
            raise NoModel("the server kept failing and is left alone for a while")
        # The others go on without a model while one tries; if that one is cancelled, the next tries.
        self._until = self._ticks() + self._limits.call_s
        self._trying = True

    def failed(self) -> None:
        self._row += 1
        if self._until is None and self._row >= self._limits.failures:
            self._until = self._ticks() + self._rest
            _log.warning("llm.rests", failures=self._row, seconds=self._rest)
        elif self._trying:
            self._trying = False
            self._rest = min(self._rest * 2, self._limits.longest_rest_s)
            self._until = self._ticks() + self._rest

    def worked(self) -> None:
        self._row = 0
        if self._until is not None:
            self._until, self._trying, self._rest = None, False, self._limits.rest_s
            _log.info("llm.works_again")


class Spending:
    """Tokens of the day, counted for all processes together."""

    def __init__(self, cursors: Cursors, per_day: int, clock: Clock) -> None:
        self._cursors = cursors
        self._per_day = per_day
        self._clock = clock
        self._told: date | None = None
        self._one = asyncio.Lock()

    async def check(self) -> None:
        """Raises `NoModel` where nothing is left of the day's budget."""
        today = self._today()
        if not self._per_day or await self._spent(today) < self._per_day:
            return
        if self._told != today:
            self._told = today
            _log.warning("llm.budget_spent", tokens=self._per_day)
        raise NoModel("the day's budget is spent")

    async def add(self, tokens: int) -> None:
        async with self._one:
            today = self._today()
            spent = await self._spent(today) + tokens
            await self._cursors.put(_name(today), str(spent))

    async def _spent(self, day: date) -> int:
        return int(await self._cursors.get(_name(day)) or 0)

    def _today(self) -> date:
        return self._clock().astimezone(UTC).date()


def _name(day: date) -> str:
    return f"llm.tokens:{day.isoformat()}"
