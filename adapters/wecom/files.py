"""Files that messages name by id: `media/get`, kept by WeCom for three days.

Errors come as JSON with a 200, and the token stands in the address. So the answer's head is looked
at first; the file itself is then streamed by our own download.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from adapters.wecom import errors
from adapters.wecom.api import Api, Door
from bot.contract import Download, RemoteFile, StoredFile, TryLater

MOST_BYTES: Final = 20 * 1024 * 1024
"""WeCom's largest: a document. Pictures and videos have 10 MB, voice 2 MB."""


class Files:
    """`doors` says whose token opens a reference, by its prefix."""

    def __init__(self, api: Api, doors: Mapping[str, Door], download: Download) -> None:
        self._api = api
        self._doors = doors
        self._download = download

    async def fetch(self, file: RemoteFile) -> StoredFile:
        prefix, _, media_id = file.ref.partition(":")
        door = self._doors.get(prefix)
        if door is None or not media_id:
            raise TryLater("WeCom is not set up: where this file came from", after=3600)
        url = await self._address(door, media_id, await self._api.token(door))
        return await self._download(url, file, origins=[self._api.base], most=MOST_BYTES)

    async def _address(self, door: Door, media_id: str, token: str) -> str:
        """An address that gives the file, with a new token where the first is turned down."""
        url = self._url(media_id, token)
        error = await self._api.file_error(url)
        if error is not None and error.code in errors.TOKEN:
            url = self._url(media_id, await self._api.token(door, refused=token))
            error = await self._api.file_error(url)
        if error is not None:
            raise error.outcome()
        return url

    def _url(self, media_id: str, token: str) -> str:
        query = urlencode({"access_token": token, "media_id": media_id})
        return f"{self._api.base}/cgi-bin/media/get?{query}"
