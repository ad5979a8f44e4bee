"""A server with OpenAI's chat completions: strict in what it takes, and failing as it is told.

Others' tests give it a script per purpose: a function from what is asked to an answer.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
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
USAGE = {"prompt_tokens": 30, "completion_tokens": 10, "total_tokens": SPENT}

Play = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Calls:
    """An answer that calls a tool; `arguments` as a text are sent as they are."""

    tool: str
    arguments: dict[str, Any] | str


@dataclass(frozen=True)
class Question:
    """What was asked, as scripts get it."""

    purpose: str
    """As the request has it: letters, digits and underscores; empty where it tells none."""
    system: str
    data: str
    """Customers' words, without the marks around them."""
    tools: tuple[str, ...]
    body: dict[str, Any]


Script = Callable[[Question], dict[str, Any] | Calls]


def body(value: object) -> Play:
    async def play(_: web.Request) -> web.StreamResponse:
        return web.json_response(value)

    return play


def raw(data: object, type_: str = "application/json") -> Play:
    async def play(_: web.Request) -> web.StreamResponse:
        return web.Response(body=data, content_type=type_)

    return play


def completion(content: str | None, usage: object = USAGE, **more: Any) -> dict[str, Any]:
    said = {"role": "assistant", "content": content, **more}
    return {
        "id": "c-1",
        "object": "chat.completion",
        "model": MODEL,
        "choices": [{"index": 0, "finish_reason": "stop", "message": said}],
        "usage": usage,
    }


def message(content: str | None, **more: Any) -> Play:
    """A completion with this text."""
    return body(completion(content, **more))


def tool_calls(*calls: Calls) -> list[dict[str, Any]]:
    return [
        {
            "id": f"call-{number}",
            "type": "function",
            "function": {
                "name": one.tool,
                "arguments": one.arguments
                if isinstance(one.arguments, str)
                else json.dumps(one.arguments),
            },
        }
        for number, one in enumerate(calls)
    ]


def calling(*calls: Calls, content: str | None = None) -> Play:
    """A completion that calls tools."""
    return message(content, tool_calls=tool_calls(*calls))


def status(code: int, **headers: str) -> Play:
    """An error that quotes what must not be shown."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    error = {"error": {"message": f"wrong key {KEY}", "code": "x"}}

    async def play(_: web.Request) -> web.StreamResponse:
        return web.json_response(error, status=code, headers=told)

    return play


def chunk(content: str | None, *, last: bool = False) -> str:
    choice = {
        "index": 0,
        "delta": {"content": content},
        "finish_reason": "stop" if last else None,
    }
    made = {"id": "c-1", "object": "chat.completion.chunk", "choices": [choice], "usage": None}
    return json.dumps(made)


LAST = (
    chunk("", last=True),
    json.dumps({"id": "c-1", "choices": [], "usage": USAGE}),
    "[DONE]",
)
"""How a stream ends."""


def pieces(text: str, size: int = 3) -> list[str]:
    return [chunk(text[at : at + size]) for at in range(0, len(text), size)]


def stream(*events: str, then: Play | None = None, cut: int = 0) -> Play:
    """Server-sent events, each of them data; cut into `cut` bytes a piece, wherever that falls.

    `then` is what happens in place of the end: nothing may be sent by it.
    """

    async def play(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        whole = "".join(f"data: {one}\r\n\r\n" for one in events).encode()
        for at in range(0, len(whole), cut or len(whole)):
            await response.write(whole[at : at + (cut or len(whole))])
        if then is not None:
            await then(request)
        await response.write_eof()
        return response

    return play


async def breaks_off(request: web.Request) -> web.StreamResponse:
    """The connection is closed in the middle."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


class ChatServer:
    def __init__(self) -> None:
        self.plays: list[Play | None] = []
        """How the next questions are answered, None: not at all; then as the scripts say."""
        self.scripts: dict[str, Script] = {}
        """By purpose; a question that has none gets the good answer."""
        self.asked: list[dict[str, Any]] = []
        self.faults: list[str] = []
        """What a caller did that it must not do."""
        self.refuses: tuple[str, ...] = ()
        """What this server turns down: `json_schema`, `json_object`, `tools`, `stream`."""
        self.models: Play = body({"object": "list", "data": [{"id": MODEL}, {"id": "other"}]})
        self.url = ""
        self.stalls = asyncio.Event()
        """Set once a caller gets no answer."""
        self.left = asyncio.Event()
        """Set once a caller that got no answer has gone."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["ChatServer"]:
        async with serving(
            web.post("/v1/chat/completions", self._complete),
            web.get("/v1/models", self._list),
            web.route("*", "/{rest:.*}", self._lost),
        ) as here:
            self.url = f"{here}/v1"
            yield self
        assert self.faults == []

    async def stall(self, _: web.Request) -> web.StreamResponse:
        """Says nothing until the caller has gone."""
        self.stalls.set()
        try:
            return await asyncio.get_running_loop().create_future()
        finally:
            self.left.set()

    async def _lost(self, request: web.Request) -> web.Response:
        self.faults.append(f"asked for {request.method} {request.path}")
        return web.Response(status=404)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return await status(401)(request)
        return await self.models(request)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.asked.append(asked)
        self.faults += _faults(request, asked)
        beside = {asked.get("response_format", {}).get("type"), *asked}
        if beside & set(self.refuses):
            return await status(400)(request)
        play = self.plays.pop(0) if self.plays else self._scripted(asked)
        return await (play or self.stall)(request)

    def _scripted(self, asked: dict[str, Any]) -> Play:
        question = _question(asked)
        script = self.scripts.get(question.purpose)
        answer = GOOD if script is None else script(question)
        if isinstance(answer, Calls):
            return calling(answer)
        text = json.dumps(answer, ensure_ascii=False)
        return stream(*pieces(text), *LAST) if asked.get("stream") else message(text)

    def forms(self) -> Sequence[str]:
        return [asked.get("response_format", {}).get("type", "") for asked in self.asked]


def _question(asked: dict[str, Any]) -> Question:
    form = asked.get("response_format", {}).get("json_schema", {})
    _, *lines, _ = asked["messages"][1]["content"].split("\n")
    return Question(
        purpose=form.get("name", ""),
        system=asked["messages"][0]["content"],
        data="\n".join(lines),
        tools=tuple(one["function"]["name"] for one in asked.get("tools", ())),
        body=asked,
    )


def _faults(request: web.Request, asked: dict[str, Any]) -> list[str]:
    faults: list[str] = []
    if request.headers.get("Authorization") != f"Bearer {KEY}":
        faults.append("not the key")
    if asked.get("model") != MODEL:
        faults.append("not the model")
    known = {"model", "messages", "response_format"}
    if "tools" in asked:
        known |= {"tools", "tool_choice"}
        faults += _tool_faults(asked)
    if "stream" in asked:
        known |= {"stream", "stream_options"}
        if "tools" in asked or asked.get("stream_options") != {"include_usage": True}:
            faults.append("not such a stream")
    faults += sorted(set(asked) - known)
    roles = [one["role"] for one in asked["messages"]]
    if roles not in (["system", "user"], ["system", "user", "assistant", "user"]):
        faults.append(f"roles {roles}")
    if not all(one["content"].strip() for one in asked["messages"]):
        faults.append("a message without words")
    return faults + _form_faults(asked)


def _form_faults(asked: dict[str, Any]) -> list[str]:
    form = asked.get("response_format", {"type": ""})
    if form["type"] == "json_schema":
        inner = form["json_schema"]
        if set(inner) != {"name", "strict", "schema"}:
            return ["not such a schema"]
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", inner["name"]):
            return ["not such a name"]
        return []
    if form != {"type": "json_object"} and not ("tools" in asked and form == {"type": ""}):
        return ["not such a form of answer"]
    if '"properties"' not in asked["messages"][0]["content"]:
        return ["no schema at all"]
    return []


def _tool_faults(asked: dict[str, Any]) -> list[str]:
    faults = [] if asked.get("tool_choice") == "auto" else ["not such a choice of tools"]
    for one in asked["tools"]:
        function = one.get("function", {})
        if one.get("type") != "function" or set(function) != {
            "name",
            "description",
            "parameters",
            "strict",
        }:
            faults.append("not such a tool")
        elif not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", function["name"]):
            faults.append("not such a name of a tool")
    return faults or ([] if asked["tools"] else ["no tools at all"])
