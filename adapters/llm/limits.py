"""What keeps a language model from holding up the rest: time, and failures in a row."""

from collections.abc import Callable
from dataclasses import dataclass

from bot import log
from bot.contract import NoModel

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
    bytes: int = 4_000_000
    """More than any answer has; the rest is not read."""


class Away(NoModel):
    """There is a model, but it is out of reach for a while: in trouble, or its budget is spent."""

    away = True


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
        """Raises `Away` while the server rests."""
        if self._until is None:
            return
        if self._ticks() < self._until:
            raise Away("the server kept failing and is left alone for a while")
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
