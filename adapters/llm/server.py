"""Any server with OpenAI's chat completions: one question, one reply, one repeat in trouble."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from adapters.llm import reply
from adapters.llm.limits import Limits
from adapters.llm.reply import NoCompletion, Reply
from adapters.llm.settings import ModelSettings

Grown = Callable[[str], None]
_Read = TypeVar("_Read")


class Failed(Exception):
    """The server does not work. `after`: seconds until a repeat may help; `status`: its answer."""

    def __init__(self, why: str, after: float | None = None, status: int = 0) -> None:
        super().__init__(why)
        self.after = after
        self.status = status


class NotTaken(Exception):
    """The server works, but turns down this question, or the form of answer asked for."""


class Server:
    def __init__(self, settings: ModelSettings, limits: Limits) -> None:
        self._settings = settings
        self._limits = limits
        self._made: Any = None

    async def reply(self, question: dict[str, Any], grown: Callable[[], Grown]) -> Reply:
        """Raises `Failed` and `NotTaken`. What comes in pieces is told to what `grown` makes."""
        try:
            return await self._once(question, grown())
        except Failed as failed:
            # Not `after > patience`: a server may say NaN.
            if failed.after is None or not 0 <= failed.after <= self._limits.patience_s:
                raise
            after = failed.after
        await asyncio.sleep(after)
        return await self._once(question, grown())

    async def models(self) -> Sequence[str]:
        """The names of its models. Raises `Failed` and `NotTaken`."""
        client = await self._client()

        async def read(answer: Any) -> Sequence[str]:
            return reply.names(await self._body(answer))

        return await self._asked(client.models.with_streaming_response.list(), read)

    async def _once(self, question: dict[str, Any], grown: Grown) -> Reply:
        client = await self._client()
        sent = sum(len(one["content"]) for one in question["messages"])

        async def read(answer: Any) -> Reply:
            if "event-stream" in answer.headers.get("content-type", ""):
                return await reply.streamed(self._pieces(answer), sent, grown)
            return reply.whole(await self._body(answer), sent)

        asking = client.chat.completions.with_streaming_response.create(
            model=self._settings.model, **question
        )
        return await self._asked(asking, read)

    async def _asked(self, asking: Any, read: Callable[[Any], Awaitable[_Read]]) -> _Read:
        import httpx2  # noqa: PLC0415
        import openai  # noqa: PLC0415 -- `_client` has done the slow part in a thread

        # None of the libraries' errors is chained: their texts may quote the question or the key.
        try:
            # The client's own limits are for each read: a server that drips would hold us for ever.
            async with asyncio.timeout(self._limits.call_s), asking as answer:
                return await read(answer)
        except (TimeoutError, openai.APITimeoutError, httpx2.TimeoutException):
            raise Failed("no answer in time", self._limits.retry_s) from None
        except openai.APIConnectionError:
            raise Failed("no connection", self._limits.retry_s) from None
        except openai.APIStatusError as error:
            raise self._trouble(error.status_code, error.response.headers) from None
        except httpx2.HTTPError:
            raise Failed("an answer that broke off", self._limits.retry_s) from None
        except NoCompletion as error:
            raise Failed(str(error)) from None

    async def _pieces(self, answer: Any) -> AsyncIterator[bytes]:
        """Raises `NoCompletion` for more than any answer has."""
        size = 0
        async for piece in answer.iter_bytes():
            size += len(piece)
            if size > self._limits.bytes:
                raise NoCompletion("an answer that does not end")
            yield piece

    async def _body(self, answer: Any) -> bytes:
        return b"".join([piece async for piece in self._pieces(answer)])

    def _trouble(self, status: int, headers: Mapping[str, str]) -> Failed | NotTaken:
        why = f"the server answers {status}"
        if status in {400, 413, 422}:
            return NotTaken(why)
        if status != 429 and status < 500:
            return Failed(why, status=status)
        try:
            after = float(headers.get("retry-after", self._limits.retry_s))
        except ValueError:  # a date: nobody who means seconds writes one
            return Failed(why, status=status)
        return Failed(why, after, status)

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
