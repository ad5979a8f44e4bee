"""WeCom's API over HTTP: tokens, codes, and what is known after a call that broke off."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any, Final

import aiohttp

from adapters.wecom import errors, wire
from adapters.wecom.errors import ApiError
from bot import clock
from bot.contract import Refused, Token, Tokens, TryLater

_TIMEOUT: Final = aiohttp.ClientTimeout(total=10, connect=5)
_MOST_ANSWER: Final = 32 * 1024 * 1024
_BUSY_TRIES: Final = 3
"""WeCom asks for no more than three repeats where it is busy (-1)."""
_BUSY_PAUSE_S: Final = 0.2
_MARGIN_S: Final = 300.0

Body = Mapping[str, Any] | bytes
"""What is sent: JSON, or the bytes of a picture as a form's file."""


@dataclass(frozen=True, slots=True)
class Door:
    """One of the firm's secrets: what it opens has tokens of its own."""

    name: str
    """What its token is called among all replicas."""
    secret: str = field(repr=False)


class Api:
    """Calls that answer with the JSON of a success, or raise what the outbox understands.

    `ApiError` comes out too, for codes that the caller may know a way around; `outcome` of it is
    what leaves the adapter.
    """

    def __init__(self, base: str, corp_id: str, tokens: Tokens) -> None:
        self.base = base
        self._corp_id = corp_id
        self._tokens = tokens
        self._session: aiohttp.ClientSession | None = None
        self.ahead_s: float | None = None
        """How far our clock is ahead of WeCom's, as of the last answer."""

    async def start(self) -> None:
        # No environment proxy: it would see the secrets, which stand in the address.
        self._session = aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=False)

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def token(self, door: Door, *, refused: str = "") -> str:
        async def ask() -> Token:
            query = {"corpid": self._corp_id, "corpsecret": door.secret}
            try:
                answer = await self.ask("GET", "gettoken", query=query)
            except ApiError as error:
                raise error.outcome() from None
            value, lasts = answer.get("access_token"), answer.get("expires_in", 7200)
            if not isinstance(value, str) or not value or not isinstance(lasts, int | float):
                raise TryLater("a token came without itself")
            return Token(value, max(60.0, lasts - _MARGIN_S))

        return await self._tokens.get(door.name, ask, refused=refused)

    async def call(
        self,
        door: Door,
        path: str,
        body: Body | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """GET without a body, POST with one; a token that is turned down is replaced once."""
        token = await self.token(door)
        method = "GET" if body is None else "POST"
        try:
            return await self.ask(method, path, body, {**(query or {}), "access_token": token})
        except ApiError as error:
            if error.code not in errors.TOKEN:
                raise
        token = await self.token(door, refused=token)
        return await self.ask(method, path, body, {**(query or {}), "access_token": token})

    async def ask(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Without a token; repeats while WeCom is busy, three times at most."""
        for left in reversed(range(_BUSY_TRIES)):
            answer = await self._answer(method, path, body, query or {})
            code = errors.code_of(answer)
            if code == 0:
                return answer
            if code != errors.BUSY or not left:
                raise ApiError(code, wire.as_text(answer.get("errmsg"))[:500])
            await asyncio.sleep(_BUSY_PAUSE_S)
        raise AssertionError("unreachable")

    async def _answer(
        self, method: str, path: str, body: Body | None, query: Mapping[str, str]
    ) -> dict[str, Any]:
        if self._session is None:
            raise TryLater("WeCom is not started")
        data, headers = _encoded(body)
        # Errors name their type only: their words would have the address, and so the token.
        try:
            async with self._session.request(
                method,
                f"{self.base}/cgi-bin/{path}",
                params=dict(query),
                data=data,
                headers=headers,
                allow_redirects=False,
            ) as response:
                return await self._read(response)
        except aiohttp.ClientConnectorError as error:
            raise TryLater(f"not reachable: {type(error).__name__}") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TryLater(type(error).__name__, unknown=True) from None

    async def _read(self, response: aiohttp.ClientResponse) -> dict[str, Any]:
        self._compare_clocks(response.headers.get("Date", ""))
        if response.status == 429:
            after = response.headers.get("Retry-After", "")
            wait = float(after) if after.isdecimal() and len(after) < 9 else 60.0
            raise TryLater("answered 429", after=wait)
        if response.status >= 500:
            raise TryLater(f"answered {response.status}", unknown=True)
        if response.status >= 400:
            raise Refused(f"answered {response.status}")
        if response.status != 200:
            raise TryLater(f"answered {response.status}", after=300)
        try:
            answer = wire.loads(await bounded(response))
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            # A proxy's page, most likely; whether WeCom has seen the call nobody knows.
            raise TryLater("the answer is not JSON", after=60, unknown=True)
        return wire.as_object(answer)

    def _compare_clocks(self, told: str) -> None:
        try:
            at = parsedate_to_datetime(told)
        except (TypeError, ValueError):
            return
        now = clock.now()
        self.ahead_s = (now - at.replace(tzinfo=at.tzinfo or UTC)).total_seconds()

    async def file_error(self, url: str) -> ApiError | None:
        """The error that an address of a file answers with instead of the file, if it does."""
        if self._session is None:
            raise TryLater("WeCom is not started")
        try:
            async with self._session.get(url, allow_redirects=False) as response:
                told = response.content_type in {"application/json", "text/plain"}
                if (
                    response.status != 200
                    or not told
                    or response.headers.get("Content-Disposition")
                ):
                    return None
                answer = wire.as_object(wire.loads(await response.content.read(64 * 1024)))
        except ValueError:
            return None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TryLater(f"the file could not be fetched: {type(error).__name__}") from None
        code = errors.code_of(answer)
        return ApiError(code, wire.as_text(answer.get("errmsg"))[:500]) if code else None


def _encoded(body: Body | None) -> tuple[BytesIO | aiohttp.FormData | None, dict[str, str]]:
    """A body's data and headers."""
    if body is None:
        return None, {}
    if isinstance(body, bytes):
        form = aiohttp.FormData()
        form.add_field("media", BytesIO(body), filename="chart.png", content_type="image/png")
        return form, {}
    return BytesIO(wire.dumps(body)), {"Content-Type": "application/json"}


async def bounded(response: aiohttp.ClientResponse) -> bytes:
    """The answer's bytes; raises ValueError beyond what any of WeCom's has."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(256 * 1024):
        size += len(chunk)
        if size > _MOST_ANSWER:
            raise ValueError("too large")
        chunks.append(chunk)
    return b"".join(chunks)
