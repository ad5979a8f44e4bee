"""The long connection's far side: it sends events, wants answers, repeats what has none, and cuts."""

import asyncio
import json
from typing import Any

from aiohttp import WSMsgType, web

from adapters.feishu import frames
from adapters.feishu.frames import Frame
from tests.adapters.feishu import stand_in
from tests.adapters.feishu.stand_in import StandIn


class Line:
    """`cut_every`: the line is cut after so many frames of ours, before the last is read."""

    def __init__(self, there: StandIn) -> None:
        self.base = ""
        self.there = there
        self.config: dict[str, Any] = {
            "PingInterval": 120,
            "ReconnectCount": -1,
            "ReconnectInterval": 0,
            "ReconnectNonce": 0,
        }
        self.waiting: list[tuple[str, bytes]] = []
        """Events that have no answer yet, by their name."""
        self.answers: dict[str, list[Any]] = {}
        self.done = asyncio.Event()
        self.opened = 0
        self.pings = 0
        self.deaf = False
        """Takes pings and gives no pongs."""
        self.cut_every = 0
        self.parts = 1
        self.refusals: list[dict[str, Any]] = []
        self._frames = 0
        self._live: web.WebSocketResponse | None = None

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/callback/ws/endpoint", self._endpoint), web.get("/ws", self._socket)]

    async def _endpoint(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if self.refusals:
            return web.json_response(self.refusals.pop(0))
        if asked != {"AppID": stand_in.APP_ID, "AppSecret": stand_in.APP_SECRET}:
            return web.json_response({"code": 1000040345, "msg": "app_id or app_secret is wrong"})
        url = self.base.replace("http", "ws", 1) + "/ws?device_id=7&service_id=33554678&ticket=t"
        data = {"URL": url, "ClientConfig": self.config}
        return web.json_response({"code": 0, "msg": "", "data": data})

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.opened += 1
        self._live = socket
        for name, raw in list(self.waiting):
            await self._send(socket, name, raw)
        async for message in socket:
            if message.type is not WSMsgType.BINARY:
                continue
            self._frames += 1
            if self.cut_every and self._frames % self.cut_every == 0:
                assert request.transport is not None
                request.transport.abort()
                break
            await self._heard(socket, frames.decode(message.data))
        return socket

    async def _heard(self, socket: web.WebSocketResponse, frame: Frame) -> None:
        assert frame.service == 33554678
        if frame.method == frames.CONTROL:
            self.pings += 1
            if not self.deaf:
                pong = Frame(
                    service=frame.service,
                    headers=(("type", "pong"),),
                    payload=json.dumps(self.config).encode(),
                )
                await socket.send_bytes(frames.encode(pong))
            return
        name = frame.header("message_id")
        assert frame.header("biz_rt").isdecimal()
        answer = json.loads(frame.payload)
        self.answers.setdefault(name, []).append(answer)
        if answer["code"] == 200:
            self.waiting = [one for one in self.waiting if one[0] != name]
        if not self.waiting:
            self.done.set()

    async def push(self, event: dict[str, Any]) -> str:
        """An event goes out, at once where somebody is connected; its name."""
        name = f"m{len(self.answers)}-{len(self.waiting)}-{event['header']['event_id']}"
        raw = json.dumps(event, ensure_ascii=False).encode()
        self.waiting.append((name, raw))
        self.done.clear()
        if self._live is not None and not self._live.closed:
            await self._send(self._live, name, raw)
        return name

    async def again(self) -> None:
        """What has no answer is sent once more."""
        if self._live is not None and not self._live.closed:
            for name, raw in list(self.waiting):
                await self._send(self._live, name, raw)

    async def _send(self, socket: web.WebSocketResponse, name: str, raw: bytes) -> None:
        size = -(-len(raw) // self.parts)
        chunks = [raw[at : at + size] for at in range(0, len(raw), size)]
        for number, chunk in reversed(list(enumerate(chunks))):
            frame = Frame(
                seq=number,
                log=2**63,
                service=33554678,
                method=frames.DATA,
                headers=(
                    ("type", "event"),
                    ("message_id", name),
                    ("sum", str(len(chunks))),
                    ("seq", str(number)),
                    ("trace_id", "t"),
                ),
                payload=chunk,
            )
            try:
                await socket.send_bytes(frames.encode(frame))
            except ConnectionError:
                return
