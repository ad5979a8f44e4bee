"""The member's own chat with the assistant: history, new lines as they come, the composer."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from aiohttp import BodyPartReader, web

from adapters.web import pages, sessions
from adapters.web.keys import LIVE, PROGRAM
from bot import ingest
from bot.commands.registry import COMMANDS, Command
from bot.contract import Button, Form, Level, Notice
from bot.people import HOME, Actor, own_chat, own_message, private_chat
from bot.texts import Text
from storage import chat_log
from storage import people as members
from storage.tables import ChatLine

HEARTBEAT_S: Final = 15.0
MOST_FILE: Final = 200 * 1024 * 1024
_CHUNK: Final = 256 * 1024

_GOT = Text("已收到文件", "Got the file")
_GOT_HOW = Text(
    "{name} 已保存。录音会自动转写；认不出归属的会出现在待归档里。",
    "{name} is kept. Recordings are transcribed; what cannot be placed waits to be filed.",
)
_HELD = Text("里面有 {count} 条。", "There are {count} items in it.")
_AGAIN = Text(
    "其中 {count} 条之前已经收到过，不会重复归档。",
    "{count} of them were there already, and are not filed twice.",
)
_TO_FILE = Text("待归档", "To be filed")


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the page shows it: the member's own words, or a notice of the assistant's."""

    id: int
    at: datetime
    text: str
    notice: Notice | None


def line_of(row: ChatLine) -> Line:
    if row.author_id is None:
        return Line(row.id, row.at, "", Notice.model_validate_json(row.body))
    return Line(row.id, row.at, str(orjson.loads(row.body).get("text", "")), None)


async def page(request: web.Request) -> web.StreamResponse:
    async with pages.asking(request) as ask:
        rows = await chat_log.newest(ask.session, private_chat(ask.actor.user_id or 0))
        return await pages.show(
            request,
            ask,
            "chat.html",
            lines=[line_of(row) for row in rows],
            last=max((row.turn for row in rows), default=0),
            palette=_palette(ask.actor),
            most_mb=MOST_FILE // 2**20,
        )


def _palette(actor: Actor) -> list[Command]:
    """The commands that this member may use, by name."""
    mine = [c for c in COMMANDS.values() if not c.permission or actor.may(c.permission)]
    return sorted((c for c in mine if c.name not in {"yes", "no"}), key=lambda c: c.name)


async def say(request: web.Request) -> web.StreamResponse:
    """Post a line of the member's: shown at once, answered through the inbox."""
    actor = pages.member(request)
    given = await request.post()
    text = str(given.get("line", "")).strip() or _filled(given)
    if text:
        row = await _said(request, actor, text)
        program = request.app[PROGRAM]
        await program.inbox.accept(own_message(HOME, actor, text, program.now()))
        if pages.wants_json(request):
            html = pages.fragment(request, "line.html", line=line_of(row))
            return web.json_response({"id": row.id, "html": html})
    return web.Response(status=303, headers={"Location": "/"})


def _filled(given: Mapping[str, object]) -> str:
    """The command line of a form that was filled in; empty where none was."""
    try:
        form = Form.model_validate_json(str(given.get("form", "")))
    except ValueError:
        return ""
    return form.line(
        {field.name: str(given.get(f"field-{field.name}", "")) for field in form.fields}
    )


async def _said(request: web.Request, actor: Actor, text: str) -> ChatLine:
    chat, user_id = private_chat(actor.user_id or 0), actor.user_id
    body = orjson.dumps({"text": text})
    async with request.app[PROGRAM].db.transaction() as session:
        await own_chat(session, HOME, user_id or 0)
        key = f"said:{secrets.token_hex(16)}"
        id_ = await chat_log.append(session, chat, key, body, user_id)
        return await session.get_one(ChatLine, id_)


# --- files -------------------------------------------------------------------------------------


async def drop(request: web.Request) -> web.StreamResponse:
    """Take a recording, a mail or another file into the firm's talk, and say so in the chat."""
    actor = pages.member(request)
    program = request.app[PROGRAM]
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or not part.filename:
            continue
        name = part.filename.replace("\\", "/").rsplit("/", 1)[-1][:200]
        type_ = part.headers.get("Content-Type", "application/octet-stream")
        file = await program.media.put(name, type_, _chunks(part))
        await _said(request, actor, f"📎 {name}")
        found = await ingest.bring(program, file, private_chat(actor.user_id or 0))
        if found is None:
            await _introduce(request, actor)
            await program.inbox.accept(own_message(HOME, actor, "", program.now(), file))
        await _confirm(request, actor, name, found)
    if pages.wants_json(request):
        return web.json_response({})
    return web.Response(status=303, headers={"Location": "/"})


async def _introduce(request: web.Request, actor: Actor) -> None:
    """Make the member known to filing, which would take them for a customer's contact."""
    async with request.app[PROGRAM].db.transaction() as session:
        await members.add_identity(session, HOME, str(actor.user_id), user_id=actor.user_id)


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    size = 0
    while chunk := await part.read_chunk(_CHUNK):
        size += len(chunk)
        if size > MOST_FILE:
            raise web.HTTPRequestEntityTooLarge(MOST_FILE, size)
        yield bytes(chunk)


async def _confirm(
    request: web.Request, actor: Actor, name: str, found: ingest.Brought | None
) -> None:
    lines = [_GOT_HOW.in_(actor.language, name=name)]
    if found and found.new + found.again > 1:
        lines.append(_HELD.in_(actor.language, count=found.new + found.again))
    if found and found.again:
        lines.append(_AGAIN.in_(actor.language, count=found.again))
    lines += found.unread if found else ()
    notice = Notice(
        level=Level.WARNING if found and found.unread else Level.GOOD,
        title=_GOT.in_(actor.language),
        text="\n".join(lines),
        buttons=(Button(label=_TO_FILE.in_(actor.language), command="/inbox"),),
        language=actor.language,
    )
    body = notice.model_dump_json(exclude_defaults=True).encode()
    chat, key = private_chat(actor.user_id or 0), f"got:{secrets.token_hex(16)}"
    async with request.app[PROGRAM].db.transaction() as session:
        await chat_log.append(session, chat, key, body, None)


# --- new lines as they come --------------------------------------------------------------------


async def stream(request: web.Request) -> web.StreamResponse:
    """Server-sent events: each new line as HTML, numbered so that a reader resumes where it was."""
    actor = pages.member(request)
    chat = private_chat(actor.user_id or 0)
    seen = _number(request.headers.get("Last-Event-ID") or request.query.get("after", ""))
    response = web.StreamResponse(headers={"X-Accel-Buffering": "no"})
    response.content_type = "text/event-stream"
    with contextlib.suppress(ConnectionResetError), request.app[LIVE].following(chat) as news:
        await response.prepare(request)
        await response.write(b"retry: 1000\n\n")
        while not request.app[LIVE].closing:
            news.clear()
            seen = await _send_new(request, response, chat, seen)
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    await news.wait()
            except TimeoutError:
                if await sessions.actor(request) is None:
                    break  # logged out elsewhere
                await response.write(b": still here\n\n")
    return response


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


async def _send_new(
    request: web.Request, response: web.StreamResponse, chat: str, seen: int
) -> int:
    """Send what is new after the turn `seen`; answers the last turn."""
    async with request.app[PROGRAM].db.transaction() as session:
        rows = await chat_log.after(session, chat, seen)
    for row in rows:
        html = pages.fragment(request, "line.html", line=line_of(row))
        await response.write(_event(row.turn, html))
        seen = row.turn
    return seen


def _event(turn: int, html: str) -> bytes:
    data = "".join(f"data: {part}\n" for part in html.splitlines())
    return f"id: {turn}\nevent: line\n{data}\n".encode()
