"""Styles and scripts: read once, sent compressed, kept by browsers until they change."""

import gzip
import hashlib
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from aiohttp import web

FOREVER: Final = "public, max-age=31536000, immutable"
_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    zipped: bytes
    type: str
    version: str


class Assets:
    """The files under `static/`, by their path there."""

    def __init__(self) -> None:
        folder = resources.files("adapters.web").joinpath("static")
        self._files = {
            f"{part.name}/{file.name}": _read(file)
            for part in folder.iterdir()
            for file in part.iterdir()
            if _suffix(file.name) in _TYPES
        }

    def url(self, path: str) -> str:
        """Where a file is had; changes whenever the file does."""
        return f"/static/{path}?v={self._files[path].version}"

    async def send(self, request: web.Request) -> web.Response:
        file = self._files.get(request.match_info["path"])
        if file is None:
            raise web.HTTPNotFound
        headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
        zipped = "gzip" in request.headers.get("Accept-Encoding", "")
        if zipped:
            headers["Content-Encoding"] = "gzip"
        body = file.zipped if zipped else file.body
        return web.Response(body=body, content_type=file.type, charset="utf-8", headers=headers)


def _suffix(name: str) -> str:
    return "." + name.rsplit(".", 1)[-1]


def _read(file: Traversable) -> _File:
    body = file.read_bytes()
    version = hashlib.sha256(body).hexdigest()[:12]
    return _File(body, gzip.compress(body, mtime=0), _TYPES[_suffix(file.name)], version)
