"""The intelligent robot's far side: a strict WebSocket server, and `aibot/response` over HTTP."""

import asyncio
import itertools
import json
import re
import time
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from tests.adapters.wecom.content import Wrong, check_card, need, size
from tests.adapters.wecom.far import Line
from tests.contract.platform import Shown

BOT = "aibMadeUp7Yt"
SECRET = "made-up-robot-secret-5d2"
_COMMANDS = {"aibot_subscribe", "ping", "aibot_send_msg", "aibot_respond_update_msg"}


def check_message(body: dict[str, Any]) -> None:
    """`msgtype` and its content, as both ways out take it."""
    kind = body.get("msgtype")
    need(kind in {"markdown", "template_card"}, 40008, f"msgtype {kind}")
    if kind == "template_card":
        check_card(body.get("template_card"))
        return
    content = body.get("markdown", {}).get("content")
    need(isinstance(content, str) and content, 44004, "empty content")
    need(size(content) <= 20480, 45002, "content exceed max length")


class RobotLine(Line):
    def shown(self) -> Shown:
        if "template_card" in self.message:
            return super().shown()
        text = self.message["markdown"]["content"]
        text = re.sub(r"^\*\*(.*)\*\*$", r"\1", text, count=1, flags=re.MULTILINE)
        return Shown(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text))


class RobotFar:
    def __init__(self) -> None:
        self.lines: list[RobotLine] = []
        self.groups: set[str] = set()
        self.written: set[str] = set()
        """Chats in which somebody has written."""
        self.line: web.WebSocketResponse | None = None
        self.opened = 0
        self.kicks = 0
        self.subscribed = asyncio.Event()
        self.gone = asyncio.Event()
        self.pinged = asyncio.Event()
        self.mute = False
        """Frames are read and not answered."""
        self.late = 0
        """How many of the next messages are taken and the line cut before the answer."""
        self.cut_every = 0
        """Cut the line after so many frames of ours, the answers not counted."""
        self.faults: list[int] = []
        """Codes that the next messages are answered with instead."""
        self.codes: dict[str, str] = {}
        """response_code → chat, while it is good."""
        self.http_faults: list[Any] = []
        self.events: dict[str, float] = {}
        self.tasks: dict[str, RobotLine] = {}
        self.seen: set[str] = set()
        self.pushed = 0
        self.wrong: list[str] = []
        self._numbers = itertools.count(1)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/robot-ws", self.listen),
            web.post("/cgi-bin/aibot/response", self.response),
        ]

    # --- the connection ------------------------------------------------------------------------

    async def listen(self, request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(timeout=0.1)
        await ws.prepare(request)
        self.opened += 1
        mine = False
        try:
            async for message in ws:
                if message.type is not WSMsgType.TEXT:
                    break
                frame = json.loads(message.data)
                request_id = frame.get("headers", {}).get("req_id", "")
                answer = {"errcode": 0, "errmsg": "ok"}
                try:
                    need(mine or frame.get("cmd") == "aibot_subscribe", 846609, "not subscribed")
                    mine = await self._take(ws, frame, request_id) or mine
                except Wrong as wrong:
                    self.wrong.append(f"{wrong.code} {wrong}")
                    answer = {"errcode": wrong.code, "errmsg": str(wrong)}
                if self.mute:
                    continue
                if self.late and frame["cmd"] == "aibot_send_msg":
                    self.late -= 1
                    assert request.transport is not None
                    request.transport.abort()
                    break
                with suppress(ConnectionError):
                    await ws.send_json({"headers": {"req_id": request_id}, **answer})
                if mine and self.line is ws:
                    self.subscribed.set()
        finally:
            if self.line is ws:
                self.line = None
                self.subscribed.clear()
            self.gone.set()
        return ws

    async def _take(self, ws: web.WebSocketResponse, frame: Any, request_id: str) -> bool:
        cmd, body = frame.get("cmd"), frame.get("body", {})
        need(cmd in _COMMANDS, 40058, f"unknown cmd {cmd}")
        need(request_id, 40058, "req_id is missing")
        if cmd == "aibot_respond_update_msg":
            self._update(request_id, body)
            return False
        need(request_id not in self.seen, 846605, "req_id is used")
        self.seen.add(request_id)
        if cmd == "ping":
            self.pinged.set()
        elif cmd == "aibot_subscribe":
            need(set(body) == {"bot_id", "secret"}, 40058, "fields")
            need((body["bot_id"], body["secret"]) == (BOT, SECRET), 40001, "invalid secret")
            await self._take_over(ws)
            return True
        else:
            self._send(body)
        return False

    async def _take_over(self, ws: web.WebSocketResponse) -> None:
        """A new connection puts the old one out."""
        old, self.line = self.line, ws
        if old is not None:
            self.kicks += 1
            await old.send_json(
                {
                    "cmd": "aibot_event_callback",
                    "headers": {"req_id": f"kick{next(self._numbers)}"},
                    "body": {
                        "msgtype": "event",
                        "create_time": int(time.time()),
                        "aibotid": BOT,
                        "event": {"eventtype": "disconnected_event"},
                    },
                }
            )
            await old.close()

    def _send(self, body: dict[str, Any]) -> None:
        if self.faults:
            raise Wrong(self.faults.pop(0), "made up")
        known = {"chatid", "chat_type", "msgtype", "markdown", "template_card"}
        need(set(body) <= known, 40058, f"unknown fields {set(body)}")
        to = body.get("chatid")
        need(to in self.written, 846610, "the user has not written")
        need(body.get("chat_type") == (2 if to in self.groups else 1), 40058, "chat_type")
        check_message(body)
        self._show(f"robot:{to}", body)

    def _update(self, request_id: str, body: dict[str, Any]) -> None:
        need(time.monotonic() - self.events.get(request_id, -9e9) < 5, 846605, "invalid req_id")
        need(body.get("response_type") == "update_template_card", 40058, "response_type")
        check_card(body.get("template_card"))
        line = self.tasks.get(body["template_card"]["task_id"])
        need(line, 40058, "task_id is no card's")
        assert line is not None
        line.message = {"msgtype": "template_card", "template_card": body["template_card"]}

    def _show(self, chat: str, body: dict[str, Any]) -> None:
        minute = [x for x in self.lines if x.chat == chat and time.monotonic() - x.at < 60]
        need(len(minute) < 30, 45009, "api freq out of limit")
        line = RobotLine(chat, body)
        if body["msgtype"] == "template_card":
            task = body["template_card"]["task_id"]
            need(task not in self.tasks, 42014, "task_id already exist")
            self.tasks[task] = line
        self.lines.append(line)

    # --- what people do ------------------------------------------------------------------------

    def body(self, who: str, type_: str = "text", group: str = "", **fields: Any) -> dict[str, Any]:
        """A callback's body, without an address to answer to."""
        self.written.add(group or who)
        if group:
            self.groups.add(group)
        return {
            "msgid": f"CAIQ16HMjQYY{next(self._numbers)}",
            "aibotid": BOT,
            **({"chatid": group} if group else {}),
            "chattype": "group" if group else "single",
            "from": {"userid": who},
            "create_time": int(time.time()),
            "msgtype": type_,
            **fields,
        }

    def url(self, base: str, chat: str) -> str:
        code = f"madeUpCode{next(self._numbers)}"
        self.codes[code] = chat
        return f"{base}/cgi-bin/aibot/response?response_code={code}"

    async def push(self, body: Any, cmd: str = "aibot_msg_callback", *, cut: bool = True) -> str:
        """Hand a frame to whoever holds the line, then perhaps cut it; its `req_id`."""
        await self.subscribed.wait()
        assert self.line is not None
        request_id = f"frame{next(self._numbers)}"
        if cmd == "aibot_event_callback":
            self.events[request_id] = time.monotonic()
        frame = {"cmd": cmd, "headers": {"req_id": request_id}, "body": body}
        line = self.line
        await line.send_json(frame)
        self.pushed += 1
        if cut and self.cut_every and self.pushed % self.cut_every == 0:
            self.subscribed.clear()
            self.line = None
            await line.close()
        return request_id

    # --- response_url --------------------------------------------------------------------------

    async def response(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        fault = self.http_faults.pop(0) if self.http_faults else None
        if fault == "down":
            return web.Response(status=502, text="<html>bad gateway</html>")
        if isinstance(fault, int):
            return web.json_response({"errcode": fault, "errmsg": "made up"})
        try:
            chat = self.codes.get(request.query.get("response_code", ""), "")
            need(chat, 60140, "response_code is invalid or expired")
            check_message(body)
            self._show(chat, body)
            del self.codes[request.query["response_code"]]
        except Wrong as wrong:
            return web.json_response({"errcode": wrong.code, "errmsg": str(wrong)})
        if fault == "late":
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"errcode": 0, "errmsg": "ok"})
