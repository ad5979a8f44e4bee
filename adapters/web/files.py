"""Downloads: only of what the asker may read, and never as something a browser would run."""

from typing import Final
from urllib.parse import quote

from aiohttp import web

from adapters.web import pages
from adapters.web.keys import PROGRAM
from bot.contract import Notice
from bot.people import private_chat
from storage import chat_log
from storage import pages as questions

_SAFE: Final = ("image/png", "image/jpeg", "image/gif", "audio/", "video/", "application/pdf")
"""Types told as they are; everything else is bytes, so that no page of a customer's runs here."""


async def download(request: web.Request) -> web.StreamResponse:
    """A file of the firm's talk."""
    number = _number(request, "number")
    async with pages.asking(request, "talk.read") as ask:
        file = await questions.attachment(ask.session, ask.actor.scope, number)
    if file is None:
        raise web.HTTPNotFound
    return sent(request, file.name, file.type, file.sha256)


async def of_line(request: web.Request) -> web.StreamResponse:
    """A file that the assistant gave the member in their own chat; nobody else's chat is looked in."""
    number, at = _number(request, "line"), _number(request, "at")
    async with pages.asking(request) as ask:
        row = await chat_log.said(ask.session, private_chat(ask.actor.user_id or 0), number)
    files = Notice.model_validate_json(row.body).files if row else ()
    if at >= len(files):
        raise web.HTTPNotFound
    return sent(request, files[at].name, files[at].type, files[at].sha256)


def _number(request: web.Request, name: str) -> int:
    """A number of the address that the database can hold."""
    digits = request.match_info[name]
    if len(digits) > 18:
        raise web.HTTPNotFound
    return int(digits)


def sent(request: web.Request, name: str, type_: str, sha256: str) -> web.FileResponse:
    """A kept file, to be saved under its name."""
    path = request.app[PROGRAM].media.path(sha256) if sha256 else None
    if path is None or not path.is_file():
        raise web.HTTPNotFound
    kind = type_.split(";", maxsplit=1)[0].strip().lower()
    return web.FileResponse(
        path,
        headers={
            "Content-Type": kind if kind.startswith(_SAFE) else "application/octet-stream",
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        },
    )
