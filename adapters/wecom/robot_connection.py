"""The intelligent robot's long connection.

A new connection puts the old one out, so one replica holds it, and one that is put out by a stranger
waits long before it comes back. WeCom repeats nothing here: what has arrived is delivered whatever
happens to the connection, and what is said while it is down is lost.
Facts: developer.work.weixin.qq.com/document/path/101463.
"""

import asyncio
import itertools
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from adapters.wecom import errors, robot_inbound, wire
from adapters.wecom.errors import ApiError
from adapters.wecom.robot_arrivals import Arrivals, Hear
from bot import log
from bot.contract import TryLater

_MOST_FRAME: Final = 2 * 1024 * 1024
_LATEST_S: Final = 5.0
_CALLBACKS: Final = frozenset({"aibot_msg_callback", "aibot_event_callback"})

_log = log.get("wecom.robot")


@dataclass(frozen=True, slots=True)
class Pace:
    ping_s: float = 30.0
    answer_s: float = 10.0
    """How long an answer to one of our frames may take."""
    first_s: float = 1.0
    longest_s: float = 60.0
    refused_s: float = 300.0
    """After a wrong secret, and after another connection has taken our place."""
    again_s: float = 1.0
    """Between tries to deliver while the database is away."""


class Kicked(Exception):
    """Another connection has taken this one's place."""


class Unsubscribed(Exception):
    """WeCom does not let us in."""


@dataclass(frozen=True, slots=True)
class Line:
    """An open connection and the answers that are awaited on it."""

    ws: aiohttp.ClientWebSocketResponse
    awaited: dict[str, asyncio.Future[dict[str, Any]]] = field(
        default_factory=dict[str, asyncio.Future[dict[str, Any]]]
    )
    requests: dict[str, float] = field(default_factory=dict[str, float])
    """Events that came by this connection, by `req_id`, and until when they may be answered."""

    def end(self) -> None:
        """Whoever waits for an answer is told that there will be none."""
        for answer in self.awaited.values():
            if not answer.done():
                answer.set_exception(TryLater("the line was cut", unknown=True))


class Connection:
    def __init__(
        self,
        url: str,
        robot_id: str,
        secret: str,
        hear: Hear,
        told: Callable[[str], Awaitable[None]],
        pace: Pace | None = None,
    ) -> None:
        """`told` is handed why it does not work, and "" when it works again."""
        self._url = url
        self._robot_id = robot_id
        self._secret = secret
        self._told = told
        self._pace = pace or Pace()
        self._line: Line | None = None
        self._numbers = itertools.count(1)
        self._arrivals = Arrivals(hear, self._pace.again_s)
        self._down: str | None = None
        """Why it does not work; None before the first try."""

    @property
    def is_open(self) -> bool:
        return self._line is not None

    def answers(self, request: str) -> bool:
        """Whether a card that was tapped can still be changed by its frame."""
        line = self._line
        return line is not None and line.requests.get(request, 0.0) > time.monotonic()

    async def run(self) -> None:
        """Until cancelled: connect, listen, connect again."""
        async with asyncio.TaskGroup() as tasks:
            delivering = tasks.create_task(self._arrivals.deliver())
            try:
                await self._stay()
            finally:
                delivering.cancel()

    async def _stay(self) -> None:
        failures = 0
        while True:
            pause, failed = self._pace.first_s, ""
            try:
                async with aiohttp.ClientSession(trust_env=False) as http:
                    await self._once(http)
            except Kicked:
                failed, pause = (
                    "另一个程序连上了同一个机器人 / another connection took our place",
                    self._pace.refused_s,
                )
            except Unsubscribed as error:
                failed, pause = str(error), self._pace.refused_s
            except Exception as error:  # noqa: BLE001 - the loop's edge: it never dies silently
                failed = type(error).__name__
            # A connection that worked was told of as working: then this is the first failure again.
            failures = failures + 1 if self._down else 0
            await self._tell(failed or "closed")
            if pause != self._pace.refused_s:
                pause = min(self._pace.first_s * 2 ** min(failures, 10), self._pace.longest_s)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads, hides nothing

    async def _once(self, http: aiohttp.ClientSession) -> None:
        """One connection, until it ends."""
        timeout = aiohttp.ClientWSTimeout(ws_close=0.5)  # pyright: ignore[reportCallIssue] -- attrs
        async with (
            asyncio.timeout(self._pace.answer_s) as opening,
            http.ws_connect(self._url, max_msg_size=_MOST_FRAME, timeout=timeout) as ws,
        ):
            opening.reschedule(None)
            line = Line(ws)
            both = [
                asyncio.create_task(self._beat(line)),
                asyncio.create_task(self._listen(line)),
            ]
            try:
                ended, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                raise _first([one.exception() for one in ended])
            finally:
                self._line = None
                for task in both:
                    task.cancel()
                await asyncio.gather(*both, return_exceptions=True)
                line.end()

    async def _beat(self, line: Line) -> None:
        """Subscribe, then ping; a connection that does not answer is closed."""
        body = {"bot_id": self._robot_id, "secret": self._secret}
        try:
            answer = await self._ask(line, "aibot_subscribe", body)
            code = errors.code_of(answer)
            if code in {errors.BUSY, *errors.LATER}:
                raise ConnectionError(f"errcode {code}")
            if code:
                raise Unsubscribed(f"errcode {code}: robot_id / robot_secret?")
            self._line = line
            await self._tell("")
            while True:
                await asyncio.sleep(self._pace.ping_s)
                await self._ask(line, "ping", None)
        except TryLater:
            # Its close frame would not be answered either.
            raise ConnectionError("no answer") from None

    async def _listen(self, line: Line) -> None:
        async for message in line.ws:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            try:
                frame = wire.as_object(wire.loads(message.data))
            except ValueError:
                _log.warning("wecom.robot.frame", why="not JSON")
                continue
            await self._frame(line, frame)
        raise ConnectionError(f"closed: {line.ws.close_code}")

    async def _frame(self, line: Line, frame: dict[str, Any]) -> None:
        request = wire.as_text(wire.as_object(frame.get("headers")).get("req_id"))
        cmd = frame.get("cmd")
        if cmd in _CALLBACKS:
            body = frame.get("body")
            event = wire.as_object(wire.as_object(body).get("event"))
            if event.get("eventtype") == robot_inbound.KICKED:
                raise Kicked
            now = time.monotonic()
            for old in [one for one, until in line.requests.items() if until < now]:
                del line.requests[old]
            line.requests[request] = now + _LATEST_S
            await self._arrivals.put(body, robot_inbound.Came(time.time(), request))
            return
        answer = line.awaited.get(request)
        if answer is not None and not answer.done():
            answer.set_result(frame)
        elif cmd == "ping":
            pong: dict[str, Any] = {"cmd": "pong", "headers": {"req_id": request}}
            await line.ws.send_str(wire.dumps(pong).decode())

    async def _tell(self, failed: str) -> None:
        """A line when it stops working, and one when it works again."""
        if failed and not self._down:
            _log.warning("wecom.robot.down", error=failed)
        if self._down and not failed:
            _log.info("wecom.robot.back")
        if failed != self._down:
            try:
                await self._told(failed)
            except Exception as error:  # noqa: BLE001 - as above; the doctor knows less, no more
                _log.warning("wecom.robot.untold", error=type(error).__name__)
        self._down = failed

    async def call(self, cmd: str, body: Mapping[str, Any], request: str = "") -> dict[str, Any]:
        """The answer to a frame; raises `ApiError`, and TryLater where there is no connection."""
        line = self._line
        if line is None:
            raise TryLater("the robot's connection is not here", after=5)
        answer = await self._ask(line, cmd, body, request)
        code = errors.code_of(answer)
        if code:
            raise ApiError(code, wire.as_text(answer.get("errmsg"))[:500])
        return answer

    async def _ask(
        self, line: Line, cmd: str, body: Mapping[str, Any] | None, request: str = ""
    ) -> dict[str, Any]:
        request = request or f"{cmd}-{next(self._numbers)}-{secrets.token_hex(4)}"
        frame: dict[str, Any] = {"cmd": cmd, "headers": {"req_id": request}}
        if body is not None:
            frame["body"] = body
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        line.awaited[request] = answer
        try:
            async with asyncio.timeout(self._pace.answer_s):
                await line.ws.send_str(wire.dumps(frame).decode())
                return await answer
        except TimeoutError:
            raise TryLater("no answer to a frame", unknown=True) from None
        except (aiohttp.ClientError, ConnectionError) as error:
            raise TryLater(type(error).__name__, unknown=True) from None
        finally:
            line.awaited.pop(request, None)


def _first(ended: list[BaseException | None]) -> BaseException:
    """What says most of several: that we were put out, or not let in."""
    found = [one for one in ended if one is not None]
    telling = [one for one in found if isinstance(one, Kicked | Unsubscribed)]
    return next(iter([*telling, *found]), ConnectionError("closed"))
