"""Feishu's API: tokens, calls, and what can go wrong with them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from io import BytesIO
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import orjson
from pydantic import SecretStr

from adapters.feishu.errors import LATER, STALE_TOKEN, Fault, delay
from adapters.feishu.events import BadEvent, load
from bot.contract import Token, Tokens, TryLater, storable

_TIMEOUT: Final = aiohttp.ClientTimeout(total=8, connect=4)
_MOST_ANSWER: Final = 16 * 1024 * 1024
_MARGIN_S: Final = 300
_MOST_PAGES: Final = 2000


class Api:
    """Calls in the name of the app. Raises `Fault` and `TryLater`, nothing else."""

    def __init__(self, base: str, app_id: str, secret: SecretStr, tokens: Tokens) -> None:
        self.base = base
        self._app_id = app_id
        self._secret = secret
        self._tokens = tokens
        self._session: aiohttp.ClientSession | None = None
        self._closed = False
        self.date = ""
        """The clock over there, as the last answer told it."""

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._closed:
            raise TryLater("Feishu's adapter has stopped")
        if self._session is None:
            # No environment proxy: it would see the credentials.
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=False)
        return self._session

    def open(self) -> None:
        self._closed = False

    async def close(self) -> None:
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def url(self, path: str) -> str:
        return f"{self.base}/open-apis/{path}"

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> dict[str, Any]:
        """The answer's fields. A token that is turned down is replaced once.

        A body of bytes is a picture for a message; any other is JSON.
        """
        token = await self.token()
        try:
            return await self._ask(method, self.url(path), token, params, body)
        except Fault as fault:
            if fault.code not in STALE_TOKEN:
                raise
        token = await self.token(refused=token)
        return await self._ask(method, self.url(path), token, params, body)

    async def pages(
        self, path: str, params: Mapping[str, str], items: str = "items"
    ) -> AsyncIterator[dict[str, Any]]:
        """The items of all pages."""
        page = ""
        for _ in range(_MOST_PAGES):
            asked = {**params, **({"page_token": page} if page else {})}
            data = section(await self.call("GET", path, params=asked), "data")
            found = data.get(items)
            for item in found if isinstance(found, list) else []:
                if isinstance(item, dict):
                    yield item
            page = data.get("page_token")
            if data.get("has_more") is not True or not isinstance(page, str) or not page:
                return

    async def token(self, *, refused: str = "") -> str:
        name = f"feishu.tenant:{self._app_id}"
        return await self._tokens.get(name, self._fresh, refused=refused)

    async def connection(self) -> dict[str, Any]:
        """Where a long connection goes, and how it is kept: `URL` and `ClientConfig`."""
        body = {"AppID": self._app_id, "AppSecret": self._secret.get_secret_value()}
        answer = await self._ask("POST", f"{self.base}/callback/ws/endpoint", "", None, body)
        return section(answer, "data")

    async def _fresh(self) -> Token:
        """Feishu gives a new one only when less than 30 minutes of the old one are left."""
        url = self.url("auth/v3/tenant_access_token/internal")
        body = {"app_id": self._app_id, "app_secret": self._secret.get_secret_value()}
        try:
            answer = await self._ask("POST", url, "", None, body)
        except TryLater as error:
            # Nothing but a token was asked for, so nothing can have been taken.
            raise TryLater(str(error), after=error.after) from None
        value, lasts = answer.get("tenant_access_token"), answer.get("expire")
        if not isinstance(value, str) or not value or not isinstance(lasts, int):
            raise TryLater("Feishu gave no token", after=60)
        return Token(value, max(30.0, float(lasts - _MARGIN_S)))

    async def _ask(
        self, method: str, url: str, token: str, params: Mapping[str, str] | None, body: Any
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        data = None
        if isinstance(body, bytes):
            data = _picture(body)
        elif body is not None:
            # In UTF-8, as sizes are counted; the client's own JSON would double Chinese.
            data = orjson.dumps(body)
            headers["Content-Type"] = "application/json; charset=utf-8"
        try:
            async with self.session.request(
                method, url, params=params, data=data, headers=headers, allow_redirects=False
            ) as response:
                self.date = response.headers.get("Date", "")
                return await _outcome(response)
        except aiohttp.ClientConnectorError as error:
            raise TryLater(f"not reachable: {type(error).__name__}") from None
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise TryLater(f"no answer: {type(error).__name__}", unknown=True) from None


def _picture(data: bytes) -> aiohttp.FormData:
    form = aiohttp.FormData({"image_type": "message"})
    form.add_field("image", BytesIO(data), filename="chart.png", content_type="image/png")
    return form


async def _outcome(response: aiohttp.ClientResponse) -> dict[str, Any]:
    if response.status >= 500:
        after = delay(response.headers)
        raise TryLater(f"answered {response.status}", after=after, unknown=True)
    if response.status == 429:
        raise TryLater("too much at once", after=delay(response.headers))
    if response.content_type not in {"application/json", "text/json", "text/plain"}:
        await _is_no_json(response)
        return {}
    answer = await _read(response)
    told = answer.get("code", 0)
    code = told if isinstance(told, int) else -1
    if code in LATER:
        raise TryLater(f"too much at once ({code})", after=delay(response.headers))
    if code != 0:
        raise Fault(code, text(answer, "msg"))
    if response.status >= 300:
        raise Fault(-response.status)
    return answer


async def _is_no_json(response: aiohttp.ClientResponse) -> None:
    """A file, as a question about it is answered where nothing is wrong; its bytes stay there."""
    response.close()
    if response.status != 200:
        raise Fault(-response.status)


async def _read(response: aiohttp.ClientResponse) -> dict[str, Any]:
    raw = b""
    async for chunk in response.content.iter_chunked(256 * 1024):
        raw += chunk
        if len(raw) > _MOST_ANSWER:
            raise TryLater("the answer is too large", unknown=True)
    try:
        answer = load(raw)
    except BadEvent:
        answer = None
    if not isinstance(answer, dict):
        if response.status < 300:
            raise TryLater("the answer cannot be read", unknown=True)
        raise Fault(-response.status)
    return answer


def section(answer: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A part of an answer; empty where it is none."""
    found = answer.get(name)
    return found if isinstance(found, dict) else {}


def text(answer: Mapping[str, Any], name: str) -> str:
    found = answer.get(name)
    return found if isinstance(found, str) else ""


def segment(name: str) -> str:
    """An id as one segment of a path."""
    return quote(str(storable(name)), safe="")
