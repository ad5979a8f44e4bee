"""Any server with OpenAI's chat completions: one question, one reply, one repeat in trouble."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from adapters.llm.limits import Limits
from adapters.llm.settings import ModelSettings
from adapters.llm.wording import Messages


class Failed(Exception):
    """The server does not work. `after`: seconds until a repeat may help."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


class NotTaken(Exception):
    """The server works, but turns down this question, or the form of answer asked for."""


@dataclass(frozen=True, slots=True)
class Reply:
    text: str
    """Empty where there is no answer to use: none at all, a refusal, a call of tools."""
    tokens: int


class _Message(BaseModel):
    content: str | None = None
    tool_calls: list[object] | None = None
    function_call: object = None


class _Choice(BaseModel):
    message: _Message


class _Usage(BaseModel):
    total_tokens: int | None = None


class _Completion(BaseModel):
    choices: list[_Choice]
    usage: _Usage | None = None


class Server:
    def __init__(self, settings: ModelSettings, limits: Limits) -> None:
        self._settings = settings
        self._limits = limits
        self._made: Any = None

    async def reply(self, messages: Messages, form: dict[str, Any]) -> Reply:
        """Raises `Failed` and `NotTaken`."""
        try:
            return await self._once(messages, form)
        except Failed as failed:
            # Not `after > patience`: a server may say NaN.
            if failed.after is None or not 0 <= failed.after <= self._limits.patience_s:
                raise
            after = failed.after
        await asyncio.sleep(after)
        return await self._once(messages, form)

    async def _once(self, messages: Messages, form: dict[str, Any]) -> Reply:
        client = await self._client()
        import openai  # noqa: PLC0415 -- `_client` has done the slow part in a thread

        # None of the library's errors is chained: their texts may quote the question or the key.
        try:
            # The client's own limits are for each read: a server that drips would hold us for ever.
            async with asyncio.timeout(self._limits.call_s):
                answer = await client.chat.completions.with_raw_response.create(
                    model=self._settings.model, messages=messages, response_format=form
                )
        except (TimeoutError, openai.APITimeoutError):
            raise Failed("no answer in time", self._limits.retry_s) from None
        except openai.APIConnectionError:
            raise Failed("no connection", self._limits.retry_s) from None
        except openai.APIStatusError as error:
            raise self._trouble(error.status_code, error.response.headers) from None
        return _read(answer.http_response.content, messages)

    def _trouble(self, status: int, headers: Mapping[str, str]) -> Failed | NotTaken:
        why = f"the server answers {status}"
        if status in {400, 413, 422}:
            return NotTaken(why)
        if status != 429 and status < 500:
            return Failed(why)
        try:
            return Failed(why, float(headers.get("retry-after", self._limits.retry_s)))
        except ValueError:  # a date: nobody who means seconds writes one
            return Failed(why)

    async def _client(self) -> Any:
        if self._made is None:
            self._made = await asyncio.to_thread(self._make)
        return self._made

    def _make(self) -> Any:
        import httpx2  # noqa: PLC0415
        import openai  # noqa: PLC0415 -- takes most of a second to import

        limit = httpx2.Timeout(self._limits.call_s, connect=self._limits.connect_s)
        # No connection outlives its call, so that there is nothing to close; and customers' words
        # go nowhere but where the settings say, so no redirects.
        http = openai.DefaultAsyncHttpxClient(
            timeout=limit,
            limits=httpx2.Limits(max_keepalive_connections=0),
            follow_redirects=False,
        )
        return openai.AsyncOpenAI(
            base_url=self._settings.base_url,
            # A server of one's own often wants no key, but the client insists on some.
            api_key=self._settings.api_key.get_secret_value() or "none",
            timeout=limit,
            max_retries=0,
            http_client=http,
        )


def _read(raw: bytes, messages: Messages) -> Reply:
    try:
        completion = _Completion.model_validate_json(raw)
    except ValidationError:
        raise Failed("an answer that is no completion") from None
    message = completion.choices[0].message if completion.choices else _Message()
    called = bool(message.tool_calls or message.function_call)
    text = "" if called else (message.content or "").strip()
    told = completion.usage.total_tokens if completion.usage else None
    if told is not None and told > 0:  # some servers fill in zeros
        return Reply(text, told)
    said = sum(len(one["content"]) for one in messages) + len(message.content or "")
    return Reply(text, said // 2)
