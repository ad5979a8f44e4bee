"""Calls of Slack's Web API, and what its errors mean for whoever waits.

slack_sdk's client is not used for them: it sends a request again by itself when a line is cut, which
shows a message twice, and it raises whatever its parser meets (3.47).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any, Final, cast
from urllib.parse import urlencode

import aiohttp
import orjson

from bot import log
from bot.contract import Refused, TryLater

_TIMEOUT: Final = aiohttp.ClientTimeout(total=9, connect=5)
_REPAIR_S: Final = 600
"""A person can repair a token; what is to be sent waits so long."""
TOKEN: Final = frozenset(
    """
    account_inactive ekm_access_denied enterprise_is_restricted invalid_auth not_authed
    org_login_required token_expired token_revoked
    """.split()
)
BUSY: Final = frozenset(["ratelimited", "rate_limited", "message_limit_exceeded"])
UNKNOWN: Final = frozenset(["internal_error", "fatal_error", "request_timeout"])
"""Slack says of them that some part of the call may have succeeded."""
PASSING: Final = frozenset(["service_unavailable", "team_added_to_org", "accesslimited"])

_log = log.get("slack")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call that worked gave."""

    data: Mapping[str, Any]
    headers: Mapping[str, str]


class Failed(Refused):
    """Slack's own word for why a call will never work."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


class Api:
    """Slack as one bot sees it."""

    def __init__(self, base: str, token: str) -> None:
        self._base = base
        self._token = token
        self._session: aiohttp.ClientSession | None = None
        self._refused = False

    def __repr__(self) -> str:
        return f"Api({self._base!r})"

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=_TIMEOUT)

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            raise TryLater("not running", after=60)
        return self._session

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    async def write(self, method: str, data: Mapping[str, Any]) -> Answer:
        """A call whose effect others see, or that has blocks: its body is JSON."""
        headers = {**self.bearer(), "Content-Type": "application/json; charset=utf-8"}
        return await self._call(method, orjson.dumps(data), headers)

    async def read(self, method: str, *, token: str | None = None, **data: str) -> Answer:
        """A call that only asks; these take forms alone."""
        bearer = {"Authorization": f"Bearer {token}"} if token else self.bearer()
        headers = {**bearer, "Content-Type": "application/x-www-form-urlencoded"}
        return await self._call(method, urlencode(data).encode(), headers)

    async def upload(self, url: str, data: bytes) -> None:
        """Bytes to an address that Slack gave for them; it is secret enough without our token."""
        headers = {"Content-Type": "application/octet-stream"}
        status, told, _ = await self._post(url, data, headers)
        if status == 429 or status >= 500:
            raise self._error("upload", status, told, {})
        if status != 200:
            raise Failed(str(status), f"upload: {status}")

    async def _call(self, method: str, body: bytes, headers: dict[str, str]) -> Answer:
        status, told, data = await self._post(self._base + method, body, headers)
        if status == 200 and data.get("ok") is True:
            self._well()
            return Answer(data, told)
        raise self._error(method, status, told, data)

    async def _post(
        self, url: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, Mapping[str, str], Mapping[str, Any]]:
        try:
            async with self.session.post(
                url, data=BytesIO(body), headers=headers, allow_redirects=False
            ) as response:
                return response.status, response.headers, _read(await response.read())
        except aiohttp.ClientConnectorError as error:
            raise TryLater(f"not reachable: {type(error).__name__}") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TryLater(f"no answer: {type(error).__name__}", unknown=True) from None

    def _error(
        self, method: str, status: int, told: Mapping[str, str], data: Mapping[str, Any]
    ) -> Exception:
        code = str(data.get("error", ""))[:100]
        why = f"{method}: {code or status}"
        if status == 429 or code in BUSY:
            return TryLater(why, after=wait(told.get("Retry-After", "")))
        if code in TOKEN:
            self._turned_down(code)
            return TryLater(why, after=_REPAIR_S)
        if status >= 500 or code in UNKNOWN:
            return TryLater(why, unknown=True)
        if code in PASSING or not code:
            return TryLater(why, unknown=status == 200)
        if code == "missing_scope":
            why = f"{method}: the app lacks the scope {data.get('needed', '?')}"
        return Failed(code, why)

    def _turned_down(self, code: str) -> None:
        if not self._refused:
            _log.error("slack.token_refused", code=code)
        self._refused = True

    def _well(self) -> None:
        if self._refused:
            _log.info("slack.token_taken")
        self._refused = False


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def wait(told: str) -> float | None:
    """Seconds that a Retry-After asks for."""
    return float(told) if told.isascii() and told.isdecimal() and len(told) < 8 else None


def skew(told: str, now: datetime) -> float | None:
    """Seconds that our clock is ahead of a `Date` header; None where it tells none."""
    try:
        at = parsedate_to_datetime(told)
    except ValueError:
        return None
    return (now - at.replace(tzinfo=at.tzinfo or UTC)).total_seconds()
