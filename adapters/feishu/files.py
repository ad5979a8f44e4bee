"""Files in messages, fetched after the acknowledgement."""

import re
from typing import Final

from adapters.feishu.api import Api, segment
from adapters.feishu.errors import Fault
from bot.contract import Download, Refused, RemoteFile, StoredFile

MOST_FILE: Final = 100 * 1024 * 1024
"""Feishu gives out no larger ones."""
_REF: Final = re.compile(r"([^/]+)/([^/]+)/(file|image)")


async def fetch(api: Api, download: Download, file: RemoteFile) -> StoredFile:
    """Raises as `send` does; `Refused` says why, for a person."""
    found = _REF.fullmatch(file.ref)
    if found is None:
        raise Refused("this is not a file of Feishu's")
    message, key, kind = found.groups()
    path = f"im/v1/messages/{segment(message)}/resources/{segment(key)}"
    url = f"{api.url(path)}?type={kind}"
    try:
        return await _download(api, download, url, file, await api.token())
    except Refused as error:
        if not _may_be_told(error):
            raise
        refused = error
    # The download saw a refusal only; asked once more, the API says which. That replaces a stale
    # token too, so that where nothing else is wrong the file comes now.
    try:
        await api.call("GET", path, params={"type": kind})
        return await _download(api, download, url, file, await api.token())
    except Fault as fault:
        raise (fault.for_outbox("en") if fault.code > 0 else refused) from None


async def _download(
    api: Api, download: Download, url: str, file: RemoteFile, token: str
) -> StoredFile:
    headers = {"Authorization": f"Bearer {token}"}
    return await download(url, file, origins=[api.base], headers=headers, most=MOST_FILE)


def _may_be_told(refused: Refused) -> bool:
    """Refused over there, not by our own limits."""
    return re.search(r"answered 4\d\d", str(refused)) is not None
