"""Socket Mode: a connection that we open, over which Slack sends what it would post.

slack_sdk's client is not used (3.47): it waits a fixed time between tries however long Slack is away,
logs each of them with the address that carries the connection's ticket, answers over whatever
connection is newest, and its tasks outlive `close()`.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

import aiohttp
import orjson

from adapters.slack import taps
from adapters.slack.api import Api
from adapters.slack.inbound import BadEvent
from adapters.slack.intake import Answer, loaded, packed
from bot import log
from bot.contract import AdapterError, TryLater

Take = Callable[[dict[str, Any], bytes], Awaitable[Answer]]

ENVELOPES: Final = frozenset(["events_api", "interactive", "slash_commands"])
_PING_S: Final = 20.0
"""A connection without an answer to a ping for half of it is given up."""
_LONGEST_WAIT_S: Final = 60.0
_MOST_BYTES: Final = 2 * 1024 * 1024
_AT_ONCE: Final = 100
_LAST_WORDS_S: Final = 2.0
"""What has come over a line that Slack leaves is still answered, for so long."""
_CLOSE: Final = aiohttp.ClientWSTimeout(ws_close=0.5)  # pyright: ignore[reportCallIssue]
"""Slack leaves the line open after it was told goodbye."""

_log = log.get("slack")


class Socket:
    """Keeps one connection; Slack gives each event to one of a bot's connections."""

    def __init__(self, api: Api, app_token: str, take: Take, *, ping_s: float = _PING_S) -> None:
        self._api = api
        self._app_token = app_token
        self._take = take
        self._ping_s = ping_s
        self._down = False

    async def work(self) -> None:
        """Until cancelled. A cut line is opened again at once, then ever later, never at one time."""
        tries = 0
        while True:
            worked = False
            try:
                worked = await self._one()
                after = 0.0
            except AdapterError as error:
                after = getattr(error, "after", None) or 0.0
                self._lost(str(error))
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                after = 0.0
                self._lost(type(error).__name__)
            tries = 0 if worked else tries + 1
            await asyncio.sleep(max(after, backoff(tries)))

    async def _one(self) -> bool:
        """One connection, from its opening to its end; whether it ever worked."""
        answer = await self._api.read("apps.connections.open", token=self._app_token)
        url = answer.data.get("url")
        if not isinstance(url, str):
            raise TryLater("apps.connections.open: no address")
        tasks: set[asyncio.Task[None]] = set()
        try:
            async with self._api.session.ws_connect(
                url, heartbeat=self._ping_s, max_msg_size=_MOST_BYTES, timeout=_CLOSE
            ) as line:
                worked, ended = await self._listened(line, tasks)
                if tasks and not line.closed:
                    await asyncio.wait(tasks, timeout=_LAST_WORDS_S)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if ended == "link_disabled":
            raise TryLater("Socket Mode is switched off for the app", after=600)
        if not worked:
            raise TryLater("the line ended before it began")
        return worked

    async def _listened(
        self, line: aiohttp.ClientWebSocketResponse, tasks: set[asyncio.Task[None]]
    ) -> tuple[bool, str]:
        """Until the line ends, or Slack says goodbye: whether it greeted, and why it leaves."""
        worked = False
        places = asyncio.Semaphore(_AT_ONCE)
        async for frame in line:
            envelope = _envelope(frame.data) if frame.type is aiohttp.WSMsgType.TEXT else {}
            kind = str(envelope.get("type"))
            if kind == "hello":
                worked = True
                self._back()
            elif kind == "disconnect":
                return worked, str(envelope.get("reason"))
            elif kind in ENVELOPES:
                await places.acquire()
                task = asyncio.create_task(self._answered(line, envelope))
                tasks.add(task)
                task.add_done_callback(lambda done: (tasks.discard(done), places.release()))
        return worked, ""

    async def _answered(
        self, line: aiohttp.ClientWebSocketResponse, envelope: dict[str, Any]
    ) -> None:
        """Told once it is durable, over the line that it came by; else Slack sends it again."""
        payload = envelope.get("payload")
        id_ = envelope.get("envelope_id")
        if not isinstance(payload, dict) or not isinstance(id_, str):
            return
        told = cast("dict[str, Any]", payload)
        if envelope.get("type") != "events_api":
            told = {**told, taps.RECEIVED: f"{time.time():.3f}"}
        answer = await self._take(told, packed(told))
        if answer.status == 200 and not line.closed:
            try:
                await line.send_bytes(orjson.dumps({"envelope_id": id_}))
            except (aiohttp.ClientError, ConnectionError):
                return

    def _lost(self, why: str) -> None:
        if not self._down:
            _log.warning("slack.socket_down", why=why)
        self._down = True

    def _back(self) -> None:
        if self._down:
            _log.info("slack.socket_back")
        self._down = False


def backoff(tries: int) -> float:
    """Seconds before the next try: none after a line that worked, then ever more, spread out."""
    if tries == 0:
        return random.uniform(0.0, 0.2)  # noqa: S311 - spreads replicas, hides nothing
    most = min(_LONGEST_WAIT_S, 0.5 * 2 ** min(tries, 10))
    return random.uniform(most / 2, most)  # noqa: S311


def _envelope(text: str) -> dict[str, Any]:
    try:
        return loaded(text.encode("utf-8", "surrogatepass"))
    except BadEvent:
        return {}
