"""The long connection: Feishu's events over a websocket that we open ourselves.

Each event goes to one of the app's connections (at most 50), and is sent again where no frame
answers it; so a frame is answered only after the event is stored.
"""

import asyncio
import contextlib
import random
import time
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import aiohttp
import orjson

from adapters.feishu import frames
from adapters.feishu.api import Api, section, text
from adapters.feishu.errors import Fault
from adapters.feishu.events import BadEvent, load
from adapters.feishu.frames import BadFrame, Frame
from bot import log

Take = Callable[[bytes], Awaitable[dict[str, Any]]]
"""Stores an event; gives what a tap is answered with."""

MOST_FRAME: Final = 4 * 1024 * 1024
MOST_EVENT: Final = 2 * 1024 * 1024
_MOST_AT_ONCE: Final = 64
_MOST_BROKEN_UP: Final = 200
_FIRST_PAUSE_S: Final = 1.0
_CLOSING: Final = aiohttp.ClientWSTimeout(ws_close=0.5)  # pyright: ignore[reportCallIssue]
_log = log.get("feishu")


@dataclass(frozen=True, slots=True)
class Pace:
    """How Feishu wants the connection kept; seconds."""

    ping: float = 120
    pause: float = 120
    """The longest pause between two tries."""
    spread: float = 30
    """The first try comes after a random part of this, so that not all come at once."""

    def changed(self, told: dict[str, Any]) -> "Pace":
        return Pace(
            ping=_seconds(told, "PingInterval", self.ping) or self.ping,
            pause=_seconds(told, "ReconnectInterval", self.pause),
            spread=_seconds(told, "ReconnectNonce", self.spread),
        )


class Parts:
    """Events that come in several frames, until they are whole."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, dict[int, bytes]] = OrderedDict()

    def whole(self, frame: Frame) -> bytes | None:
        """The event that this frame completes; None while others are missing."""
        of, number = frame.number("sum"), frame.number("seq")
        if of <= 1:
            return frame.payload
        name = frame.header("message_id")
        parts = self._kept.setdefault(name, {})
        parts[number] = frame.payload
        whole = len(parts) == of
        if whole or sum(map(len, parts.values())) > MOST_EVENT:
            del self._kept[name]
        elif len(self._kept) > _MOST_BROKEN_UP:
            self._kept.popitem(last=False)
        return b"".join(parts[one] for one in sorted(parts)) if whole else None


class Connection:
    """Kept up until cancelled; whatever goes wrong, it tries again."""

    def __init__(self, api: Api, take: Take) -> None:
        self._api = api
        self._take = take
        self._pace = Pace()
        self._parts = Parts()
        self._up = False
        self._told_down = False
        self._tries = 0

    async def run(self) -> None:
        while True:
            why = "closed"
            try:
                await self._once()
            except Exception as error:  # noqa: BLE001 - the edge: nothing may end the connection
                why = str(error) if isinstance(error, Fault) else type(error).__name__
            self._down(why)
            await asyncio.sleep(self._wait())

    def _down(self, why: str) -> None:
        if not self._told_down:
            _log.warning("feishu.connection_lost", why=why)
            self._told_down = True
        self._up = False

    def _wait(self) -> float:
        """The first try soon, but not all clients' at once; then longer and longer pauses."""
        self._tries += 1
        if self._tries == 1:
            return random.uniform(0, min(self._pace.spread, self._pace.pause))  # noqa: S311
        longest = min(self._pace.pause, _FIRST_PAUSE_S * 2 ** min(self._tries, 10))
        return random.uniform(longest / 2, longest)  # noqa: S311

    async def _once(self) -> None:
        told = await self._api.connection()
        self._pace = self._pace.changed(section(told, "ClientConfig"))
        url = text(told, "URL")
        service = _service(url)
        async with self._api.session.ws_connect(
            url, max_msg_size=MOST_FRAME, timeout=_CLOSING
        ) as socket:
            await self._keep(socket, service)

    async def _keep(self, socket: aiohttp.ClientWebSocketResponse, service: int) -> None:
        running: set[asyncio.Task[None]] = set()
        pings = asyncio.create_task(self._ping(socket, service))
        try:
            while True:
                # Nothing for so long, not even an answer to our pings: the line is dead.
                async with asyncio.timeout(self._pace.ping * 2.5):
                    message = await socket.receive()
                if message.type is not aiohttp.WSMsgType.BINARY:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        continue
                    return
                self._is_up()
                frame = _decoded(message.data)
                if frame is None or not self._is_event(frame):
                    continue
                if len(running) >= _MOST_AT_ONCE:
                    await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                task = asyncio.create_task(self._handle(socket, frame))
                running.add(task)
                task.add_done_callback(running.discard)
        finally:
            await _end([pings, *running])

    async def _ping(self, socket: aiohttp.ClientWebSocketResponse, service: int) -> None:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            while True:
                await socket.send_bytes(frames.encode(frames.ping(service)))
                await asyncio.sleep(self._pace.ping)

    def _is_up(self) -> None:
        """The line counts as up once something has come over it."""
        if not self._up:
            _log.info("feishu.connected")
            self._up, self._told_down, self._tries = True, False, 0

    def _is_event(self, frame: Frame) -> bool:
        if frame.method == frames.DATA:
            return frame.header("type") in {"event", "card"}
        if frame.header("type") == "pong" and frame.payload:
            with contextlib.suppress(BadEvent):
                told = load(frame.payload)
                self._pace = self._pace.changed(told if isinstance(told, dict) else {})
        return False

    async def _handle(self, socket: aiohttp.ClientWebSocketResponse, frame: Frame) -> None:
        raw = self._parts.whole(frame)
        if raw is None:
            return
        began = time.monotonic()
        answer: dict[str, Any] = {"code": 500}
        try:
            told = await self._take(raw)
            answer = {"code": 200}
            if told:
                answer["data"] = b64encode(orjson.dumps(told)).decode()
        except Exception as error:  # noqa: BLE001 - the edge: whatever it is, Feishu sends it again
            _log.warning("feishu.event_not_stored", why=type(error).__name__)
        took = int((time.monotonic() - began) * 1000)
        with contextlib.suppress(aiohttp.ClientError, OSError):
            await socket.send_bytes(frames.encode(frame.answered(orjson.dumps(answer), took)))


def _decoded(data: bytes) -> Frame | None:
    try:
        return frames.decode(data)
    except BadFrame as error:
        _log.warning("feishu.bad_frame", why=str(error), size=len(data))
        return None


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _service(url: str) -> int:
    parts = urlsplit(url)
    if parts.scheme not in {"ws", "wss"}:
        raise BadEvent("no address for the connection")
    value = parse_qs(parts.query).get("service_id", ["0"])[0]
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else 0


def _seconds(told: dict[str, Any], name: str, default: float) -> float:
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 3600:
        return default
    return float(value)
