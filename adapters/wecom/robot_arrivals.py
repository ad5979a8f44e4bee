"""Frames that have arrived by the robot's connection, until they are stored. WeCom repeats none."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from adapters.wecom.robot_inbound import Came
from bot import log

_WAITING: Final = 1000
"""Frames that wait to be stored; beyond it the connection is read no further."""
_LAST_CHANCE_S: Final = 0.5
"""What is left for them when the process ends."""

_log = log.get("wecom.robot")

Hear = Callable[[Any, Came], Awaitable[None]]
"""Delivers a frame's body; returns once it is durable, or kept as unreadable."""


class Arrivals:
    def __init__(self, hear: Hear, again_s: float) -> None:
        """`again_s`: between tries while the database is away."""
        self._hear = hear
        self._again_s = again_s
        self._waiting: asyncio.Queue[tuple[Any, Came]] = asyncio.Queue(_WAITING)
        self._in_hand: tuple[Any, Came] | None = None

    async def put(self, body: Any, came: Came) -> None:
        await self._waiting.put((body, came))

    async def deliver(self) -> None:
        """One after the other, whatever becomes of the connection that they came by."""
        try:
            while True:
                self._in_hand = await self._waiting.get()
                await self._hand_over(self._in_hand)
                self._in_hand = None
        except asyncio.CancelledError:
            left = [self._in_hand] if self._in_hand else []
            while not self._waiting.empty():
                left.append(self._waiting.get_nowait())
            try:
                async with asyncio.timeout(_LAST_CHANCE_S):
                    for one in left:
                        await self._hand_over(one)
            except TimeoutError:
                _log.error("wecom.robot.lost", frames=len(left))
            raise

    async def _hand_over(self, one: tuple[Any, Came]) -> None:
        failed = False
        while True:
            try:
                await self._hear(*one)
                break
            except Exception as error:  # noqa: BLE001 - the loop's edge: it must outlive the database
                if not failed:
                    _log.warning("wecom.robot.undelivered", error=type(error).__name__)
                failed = True
                await asyncio.sleep(getattr(error, "after", None) or self._again_s)
