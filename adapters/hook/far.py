"""One signed POST to another system, and its answer as the outbox understands it.

Nothing of an answer is read but its status and headers, and no redirect is followed.
"""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Final

import aiohttp

from adapters.hook.guard import NotPublic
from bot.contract import Refused, Sent, TryLater, signing

TIMEOUT: Final = aiohttp.ClientTimeout(total=9)
"""Less than what the outbox waits for an adapter."""
_LATER: Final = frozenset({408, 425, 429})


async def post(
    session: aiohttp.ClientSession, url: str, body: bytes, *, secret: bytes, key: str
) -> Sent:
    """Raises as `Adapter.send` does. The far side tells repeats by the Idempotency-Key."""
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        signing.TIMESTAMP: timestamp,
        signing.SIGNATURE: signing.sign(secret, timestamp, body),
    }
    try:
        async with session.post(
            url, data=BytesIO(body), headers=headers, allow_redirects=False
        ) as response:
            return await _outcome(response)
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, NotPublic):
            raise Refused(str(error.os_error)) from None
        raise TryLater(f"not reachable: {type(error).__name__}") from None
    except (aiohttp.ClientError, TimeoutError) as error:
        raise TryLater(type(error).__name__, unknown=True) from None


async def _outcome(response: aiohttp.ClientResponse) -> Sent:
    if response.status < 300:
        return Sent(id=response.headers.get("X-Message-Id", "")[:200])
    if response.status in _LATER or response.status >= 500:
        raise TryLater(
            f"answered {response.status}",
            after=_wait(response.headers.get("Retry-After", "")),
            unknown=response.status >= 500,
        )
    raise Refused(f"answered {response.status}")


def _wait(told: str) -> float | None:
    """Seconds that a Retry-After asks for: a number or a date (RFC 9110, 10.2.3); None for neither."""
    if told.isdecimal():
        return float(told)
    try:
        at = parsedate_to_datetime(told)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
