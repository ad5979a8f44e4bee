"""What a server with chat completions answers, whole or in pieces, read with no trust in it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Final, cast

import orjson
from pydantic import BaseModel, ValidationError

DATA: Final = b"data:"
END: Final = b"[DONE]"


class NoCompletion(Exception):
    """What came is no completion, or broke off before its end."""


@dataclass(frozen=True, slots=True)
class Called:
    """A call of a tool as the model wrote it; empty where it wrote none that can be read."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Reply:
    text: str
    """Empty where there is no answer to use: none at all, a refusal."""
    calls: tuple[Called, ...]
    tokens_in: int
    tokens_out: int


class _Message(BaseModel):
    content: str | None = None
    tool_calls: list[Any] | None = None
    function_call: Any = None


class _Choice(BaseModel):
    message: _Message = _Message()
    delta: _Message = _Message()
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None


class _Completion(BaseModel):
    choices: list[_Choice]
    usage: _Usage | None = None


class _Chunk(BaseModel):
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: Any = None


class _Named(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Named]


def names(raw: bytes) -> list[str]:
    """The models in a list of them. Raises `NoCompletion`."""
    try:
        return [one.id for one in _Models.model_validate_json(raw).data]
    except ValidationError:
        raise NoCompletion("an answer that is no list of models") from None


def whole(raw: bytes, sent: int) -> Reply:
    """A reply in one piece; `sent` is how many characters were asked. Raises `NoCompletion`."""
    try:
        completion = _Completion.model_validate_json(raw)
    except ValidationError:
        raise NoCompletion("an answer that is no completion") from None
    message = completion.choices[0].message if completion.choices else _Message()
    return _reply(message.content or "", _calls(message), completion.usage, sent)


async def streamed(
    pieces: AsyncIterator[bytes], sent: int, grown: Callable[[str], None] | None
) -> Reply:
    """A reply in pieces; `grown` gets each as it comes. Raises `NoCompletion`."""
    said: list[str] = []
    calls: tuple[Called, ...] = ()
    usage: _Usage | None = None
    ended = False
    async for line in _data(pieces):
        if line == END:
            ended = True
            break
        chunk = _chunk(line)
        usage = chunk.usage or usage
        for choice in chunk.choices[:1]:
            ended = ended or choice.finish_reason is not None
            calls += _calls(choice.delta)
            if choice.delta.content:
                said.append(choice.delta.content)
                if grown is not None:
                    grown(choice.delta.content)
    if not ended:
        raise NoCompletion("an answer that broke off")
    return _reply("".join(said), calls, usage, sent)


async def _data(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The data of server-sent events; each of ours has one line."""
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(DATA):
                yield line.removeprefix(DATA).strip()
    if rest.startswith(DATA):
        yield rest.removeprefix(DATA).strip()


def _chunk(line: bytes) -> _Chunk:
    try:
        chunk = _Chunk.model_validate_json(line)
    except ValidationError:
        raise NoCompletion("an answer that is no completion") from None
    if chunk.error is not None:
        raise NoCompletion("an answer that broke off")
    return chunk


def _calls(message: _Message) -> tuple[Called, ...]:
    functions = [
        cast("dict[str, Any]", call).get("function") if isinstance(call, dict) else None
        for call in message.tool_calls or []
    ]
    if message.function_call:
        functions.append(message.function_call)
    return tuple(_called(one) for one in functions)


def _called(function: object) -> Called:
    if not isinstance(function, dict):
        return Called("", "")
    told = cast("dict[str, object]", function)
    name, arguments = told.get("name"), told.get("arguments")
    if not isinstance(arguments, str):  # some servers give the object itself
        arguments = "" if arguments is None else orjson.dumps(arguments).decode()
    return Called(name if isinstance(name, str) else "", arguments)


def _reply(said: str, calls: tuple[Called, ...], usage: _Usage | None, sent: int) -> Reply:
    """Where a server tells no usage, half a token per character is counted."""
    written = len(said) + sum(len(one.name) + len(one.arguments) for one in calls)
    usage = usage or _Usage()
    asked, answered = usage.prompt_tokens or 0, usage.completion_tokens or 0
    total = max(usage.total_tokens or 0, asked + answered)
    if total <= 0:  # some servers fill in zeros
        total = (sent + written) // 2
    if asked <= 0 or answered <= 0:
        answered = min(total, written // 2)
        asked = total - answered
    return Reply(said.strip(), calls, asked, answered)
