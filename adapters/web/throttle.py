"""Slows down whoever guesses passwords."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

MOST_TRIES: Final = 5
WITHIN_S: Final = 300.0
_MOST_KEPT: Final = 10_000


class Throttle:
    """Counts failed tries per address and account, in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: OrderedDict[tuple[str, str], list[float]] = OrderedDict()

    def wait_s(self, address: str, account: str) -> int:
        """Seconds until another try is let through; 0: now."""
        recent = self._recent((address, account))
        if len(recent) < MOST_TRIES:
            return 0
        return max(1, int(recent[-MOST_TRIES] + WITHIN_S - self._clock()))

    def failed(self, address: str, account: str) -> None:
        key = (address, account)
        self._failed[key] = [*self._recent(key), self._clock()]
        self._failed.move_to_end(key)
        while len(self._failed) > _MOST_KEPT:
            self._failed.popitem(last=False)

    def forget(self, address: str, account: str) -> None:
        self._failed.pop((address, account), None)

    def _recent(self, key: tuple[str, str]) -> list[float]:
        since = self._clock() - WITHIN_S
        return [moment for moment in self._failed.get(key, []) if moment > since]
