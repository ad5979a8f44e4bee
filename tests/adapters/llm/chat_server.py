"""A server with OpenAI's chat completions: strict in what it takes, and failing as it is told."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.contract.harness import serving

KEY, MODEL = "sk-s3cret", "small-1"
SPENT = 40
SCHEMA = {
    "type": "object",
    "properties": {"mood": {"enum": ["good", "bad"]}, "risks": {"type": "integer"}},
    "required": ["mood", "risks"],
    "additionalProperties": False,
}
GOOD = {"mood": "bad", "risks": 2}

Play = Callable[[], web.StreamResponse]


def message(content: str | None, **more: Any) -> Play:
    """A completion with this text."""
    return body(
        {
            "id": "c-1",
            "object": "chat.completion",
            "model": MODEL,
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": content, **more},
                }
            ],
            "usage": {"total_tokens": SPENT},
        }
    )


def body(value: object) -> Play:
    return lambda: web.json_response(value)


def status(code: int, **headers: str) -> Play:
    """An error that quotes what must not be shown."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    error = {"error": {"message": f"wrong key {KEY}", "code": "x"}}
    return lambda: web.json_response(error, status=code, headers=told)


class ChatServer:
    def __init__(self) -> None:
        self.plays: list[Play | None] = []
        """How the next questions are answered, None: not at all; then the good answer."""
        self.asked: list[dict[str, Any]] = []
        self.faults: list[str] = []
        """What a caller did that it must not do."""
        self.refuses: tuple[str, ...] = ()
        """Forms of answer that this server turns down."""
        self.url = ""
        self.stalls = asyncio.Event()
        """Set once a caller gets no answer."""
        self.left = asyncio.Event()
        """Set once a caller that got no answer has gone."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["ChatServer"]:
        async with serving(
            web.post("/v1/chat/completions", self._complete),
            web.route("*", "/{rest:.*}", self._lost),
        ) as here:
            self.url = f"{here}/v1"
            yield self
        assert self.faults == []

    async def _lost(self, request: web.Request) -> web.Response:
        self.faults.append(f"asked for {request.method} {request.path}")
        return web.Response(status=404)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.asked.append(asked)
        self.faults += _faults(request, asked)
        if asked["response_format"]["type"] in self.refuses:
            return status(400)()
        play = self.plays.pop(0) if self.plays else message(json.dumps(GOOD))
        if play is not None:
            return play()
        self.stalls.set()
        try:
            return await asyncio.get_running_loop().create_future()
        finally:
            self.left.set()

    def forms(self) -> list[str]:
        return [asked["response_format"]["type"] for asked in self.asked]


def _faults(request: web.Request, asked: dict[str, Any]) -> list[str]:
    faults: list[str] = []
    if request.headers.get("Authorization") != f"Bearer {KEY}":
        faults.append("not the key")
    if asked.get("model") != MODEL:
        faults.append("not the model")
    # Tools and streams are among what is not allowed here.
    faults += sorted(set(asked) - {"model", "messages", "response_format"})
    roles = [one["role"] for one in asked["messages"]]
    if roles not in (["system", "user"], ["system", "user", "assistant", "user"]):
        faults.append(f"roles {roles}")
    form = asked["response_format"]
    if form["type"] == "json_schema":
        inner = form["json_schema"]
        if set(inner) != {"name", "strict", "schema"}:
            faults.append("not such a schema")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", inner["name"]):
            faults.append("not such a name")
    elif form != {"type": "json_object"} or '"properties"' not in asked["messages"][0]["content"]:
        faults.append("no schema at all")
    return faults
