"""Files from platforms: streamed, bounded, and asked of no host that a setting does not name."""

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Mapping, Sequence
from email.message import Message
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import urljoin, urlsplit

import aiohttp

from bot.contract import (
    MOST_FILE,
    AdapterError,
    MediaStore,
    Refused,
    RemoteFile,
    StoredFile,
    TryLater,
)

_CHUNK: Final = 256 * 1024
_TIMEOUT: Final = aiohttp.ClientTimeout(total=600, connect=10, sock_read=30)
_MOST_REDIRECTS: Final = 5
_GENERIC: Final = "application/octet-stream"


class Downloads:
    """The contract's `Download` over HTTP."""

    def __init__(self, media: MediaStore) -> None:
        self._media = media

    async def __call__(
        self,
        url: str,
        file: RemoteFile,
        *,
        origins: Sequence[str],
        headers: Mapping[str, str] | None = None,
        most: int = MOST_FILE,
    ) -> StoredFile:
        if file.size is not None and file.size > most:
            raise Refused(_too_large(most))
        # No environment proxy: it would see the credentials, and reach hosts that we may not.
        async with aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=False) as session:
            try:
                return await self._follow(session, url, file, origins, headers or {}, most)
            except AdapterError:
                raise
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise TryLater(f"the file could not be fetched: {type(error).__name__}") from None

    async def _follow(
        self,
        session: aiohttp.ClientSession,
        url: str,
        file: RemoteFile,
        origins: Sequence[str],
        headers: Mapping[str, str],
        most: int,
    ) -> StoredFile:
        for _ in range(_MOST_REDIRECTS):
            if not allowed(url, origins):
                raise Refused("the file lies with a host that is not the platform's")
            async with session.get(url, headers=headers, allow_redirects=False) as response:
                if response.status in {301, 302, 303, 307, 308}:
                    url = urljoin(url, response.headers.get("Location", ""))
                    continue
                return await self._keep(response, file, most)
        raise Refused("the file's address leads in a circle")

    async def _keep(
        self, response: aiohttp.ClientResponse, file: RemoteFile, most: int
    ) -> StoredFile:
        if response.status == 429 or response.status >= 500:
            after = response.headers.get("Retry-After", "")
            raise TryLater(
                f"the file's host answered {response.status}",
                after=float(after) if after.isdecimal() and len(after) < 9 else None,
            )
        if response.status != 200:
            raise Refused(f"the file's host answered {response.status}")
        if response.content_type == "text/html" and file.type != "text/html":
            raise Refused(
                "a web page came instead of the file: the permission to read files is missing"
            )
        if (response.content_length or 0) > most:
            raise Refused(_too_large(most))
        name, type_ = _named(response, file)
        return await self._media.put(name, type_, _chunks(response, most))


def allowed(url: str, origins: Sequence[str]) -> bool:
    """Whether a URL is of one of the origins; `*` stands for labels of a host name.

    >>> allowed("https://files.slack.com/a", ["https://*.slack.com"])
    True
    >>> allowed("https://slack.com.evil.example/a", ["https://*.slack.com", "https://slack.com"])
    False
    >>> allowed("https://x@127.0.0.1/", ["https://*.slack.com"])
    False
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None or parts.scheme not in {"http", "https"}:
        return False
    origin = f"{parts.scheme}://{parts.hostname.lower()}" + (f":{port}" if port else "")
    return any(fnmatchcase(origin, one.lower().rstrip("/")) for one in origins)


def _too_large(most: int) -> str:
    return f"the file is larger than {most // 1024 // 1024} MB"


def _named(response: aiohttp.ClientResponse, file: RemoteFile) -> tuple[str, str]:
    """The file's name and type, from the answer where the message told none."""
    type_ = response.content_type if file.type == _GENERIC else file.type
    name = file.name
    if not name:
        told = Message()
        told["content-disposition"] = response.headers.get("Content-Disposition", "")
        name = (told.get_filename() or "").replace("\\", "/").rsplit("/", 1)[-1].strip()
    if name in {"", ".", ".."}:
        name = "file" + (mimetypes.guess_extension(type_) or "")
    return name[:200], type_


async def _chunks(response: aiohttp.ClientResponse, most: int) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in response.content.iter_chunked(_CHUNK):
        size += len(chunk)
        if size > most:
            raise Refused(_too_large(most))
        yield chunk
        await asyncio.sleep(0)
