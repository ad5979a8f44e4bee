"""Downloads: only of what the asker may read, and never as something a browser would run."""

from typing import Final
from urllib.parse import quote

from aiohttp import web

from adapters.web import pages
from adapters.web.keys import PROGRAM
from storage import pages as questions

_SAFE: Final = ("image/png", "image/jpeg", "image/gif", "audio/", "video/", "application/pdf")
"""Types told as they are; everything else is bytes, so that no page of a customer's runs here."""


async def download(request: web.Request) -> web.StreamResponse:
    number = int(request.match_info["number"])
    async with pages.asking(request, "talk.read") as ask:
        if number >= 2**63:
            raise web.HTTPNotFound
        file = await questions.attachment(ask.session, ask.actor.scope, number)
    path = request.app[PROGRAM].media.path(file.sha256) if file and file.sha256 else None
    if file is None or path is None or not path.is_file():
        raise web.HTTPNotFound
    kind = file.type.split(";")[0].strip().lower()
    return web.FileResponse(
        path,
        headers={
            "Content-Type": kind if kind.startswith(_SAFE) else "application/octet-stream",
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        },
    )
