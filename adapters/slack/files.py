"""Files of messages: fetched from Slack's own hosts alone, with the bot's token."""

from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import urlsplit

from adapters.slack.api import Api, Failed
from bot.contract import Download, Refused, RemoteFile, StoredFile

_WHY: Final[Mapping[str, str]] = {
    "file_not_found": "the file is gone from Slack, or lies in a channel that the app is not in",
    "file_deleted": "the file was deleted in Slack",
    "access_denied": "the other firm does not share this file with apps",
    "missing_scope": "the app lacks the scope files:read",
}


def origins(base: str) -> tuple[str, ...]:
    """The hosts that a file may lie with, from the API's address.

    >>> origins("https://slack.com/api/")
    ('https://slack.com', 'https://*.slack.com')
    """
    parts = urlsplit(base)
    if parts.scheme == "http":
        return (f"http://{parts.netloc}",)
    return f"https://{parts.netloc}", f"https://*.{parts.netloc}"


async def fetch(api: Api, download: Download, file: RemoteFile, base: str) -> StoredFile:
    """`ref` is the file's id and its address; without an address Slack is asked for it."""
    id_, _, url = file.ref.partition(" ")
    if not url:
        file, url = await _told(api, file, id_)
    return await download(url, file, origins=origins(base), headers=api.bearer())


async def _told(api: Api, file: RemoteFile, id_: str) -> tuple[RemoteFile, str]:
    """Files of other firms and of large messages come without an address, name or type."""
    try:
        answer = await api.read("files.info", file=id_)
    except Failed as error:
        raise Refused(_WHY.get(error.code, f"Slack does not give the file: {error.code}")) from None
    found = cast("dict[str, Any]", answer.data.get("file") or {})
    url = found.get("url_private_download") or found.get("url_private")
    if not isinstance(url, str) or not url:
        raise Refused("Slack gives no address for this file (its plan may hide old files)")
    name, kind, size = found.get("name"), found.get("mimetype"), found.get("size")
    told = RemoteFile(
        ref=file.ref,
        name=file.name or (name if isinstance(name, str) else ""),
        type=kind
        if file.type == "application/octet-stream" and isinstance(kind, str) and kind
        else file.type,
        size=size if isinstance(size, int) else file.size,
    )
    return told, url
