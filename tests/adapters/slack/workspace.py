"""Slack, played: its Web API on loopback, as strict as the real one about tokens, shapes and sizes."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from typing import Any

from aiohttp import WSMsgType, web

from tests.adapters.slack import blockkit
from tests.contract.harness import serving
from tests.contract.platform import Trouble

BOT_TOKEN = "xoxb-17653672481-19874698323-made-up"
APP_TOKEN = "xapp-1-A0KEQING-1965482-made-up"
TEAM, THEIRS = "T0KEQING1", "T0CUSTOM1"
OWN, OWN_BOT, APP = "U0KEQING1", "B0KEQING1", "A0KEQING1"
WANG, LI, ZHAO = "U0WANGF01", "U0LIQ0001", "U0ZHAOM01"
INNER, OUTER, ARCHIVED = "C0INNER01", "C0OUTER01", "C0ARCHIV1"
SCOPES = (
    "app_mentions:read,channels:history,channels:read,chat:write,commands,files:read,files:write,groups:history,"
    "groups:read,im:history,im:write,mpim:history,users:read,users:read.email"
)
READ = frozenset(
    "auth.test apps.connections.open conversations.history conversations.replies files.info "
    "files.getUploadURLExternal users.list".split()
)
"""Methods that take forms alone."""


def user(id_: str, name: str, **more: Any) -> dict[str, Any]:
    profile = {"real_name": name, "email": f"{id_.lower()}@keqing.example", "phone": ""}
    return {"id": id_, "team_id": TEAM, "name": name, "deleted": False, "is_bot": False} | {
        "profile": profile,
        **more,
    }


USERS = [
    user("USLACKBOT", "Slackbot"),
    user(WANG, "王芳"),
    user(LI, "李强"),
    user("U0LEFT001", "陈离", deleted=True),
    user(OWN, "keqing", is_bot=True),
    user(ZHAO, "赵敏", team_id=THEIRS, is_stranger=True),
    user("U0GUEST01", "客人", is_restricted=True),
]


class Workspace:
    """Its users see `messages`: channel → messages, oldest first."""

    def __init__(self) -> None:
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.views: list[dict[str, Any]] = []
        """Modals, in the order in which they were opened."""
        self.homes: dict[str, dict[str, Any]] = {}
        self.files: dict[str, tuple[dict[str, Any], bytes, str]] = {}
        self.troubles: list[Trouble] = []
        self.fails: dict[str, list[dict[str, Any] | int]] = {}
        """How the next calls of a method fail: with such an answer, or such a status."""
        self.calls: list[str] = []
        self.scopes = SCOPES
        self.clock_ahead = 0.0
        self.revoked = ""
        """Why the bot token is refused."""
        self.page = 3
        self.base = ""
        self.sockets = 0
        self.frames: asyncio.Queue[Any] = asyncio.Queue()
        """What the socket says next; None cuts the line, a dict goes out as it is."""
        self.acks: asyncio.Queue[str] = asyncio.Queue()
        self.greets = True
        self.deaf = False
        """The first connection answers no pings."""
        self.reconnected = asyncio.Event()
        self.troubled_after = 0
        """So many messages are taken before the first trouble."""
        self.slow = 0
        """How often a message may name a picture in vain, before Slack has worked through it."""
        self.upload_answers: list[int] = []
        """How the next bytes are answered: with such a status."""
        self.uploads: dict[str, tuple[int, bytes, bool]] = {}
        """File → length that was told, bytes, whether it is complete."""
        self._stamp = 1_763_712_000_000_000
        self._files: dict[str, str] = {}

    def stamp(self) -> str:
        self._stamp += 1_000_100
        return f"{self._stamp // 1_000_000}.{self._stamp % 1_000_000:06d}"

    def channel(self, chat: str) -> str:
        """A member's private chat is a channel of its own."""
        return "D" + chat[1:] if chat[0] in "UW" else chat

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        routes = (
            web.route("*", "/api/{method}", self._call),
            web.get("/files/{id}", self._file),
            web.post("/upload/{id}", self._upload),
            web.get("/link", self._socket),
        )
        async with serving(*routes) as self.base:
            yield f"{self.base}/api/"

    # --- the Web API ---------------------------------------------------------------------------

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls.append(method)
        failing = self.fails.get(method)
        if failing:
            how = failing.pop(0)
            if isinstance(how, int):
                there = {"Location": f"{self.base}/api/elsewhere"} if how == 302 else {}
                return web.Response(
                    status=how, text="<html>", content_type="text/html", headers=there
                )
            return self._json(how)
        token = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
        if request.headers.get("Authorization") != f"Bearer {token}":
            return self._json({"ok": False, "error": "invalid_auth"})
        if self.revoked:
            return self._json({"ok": False, "error": self.revoked})
        body = await self._body(request, method)
        if body is None:
            return self._json({"ok": False, "error": "invalid_arguments"})
        answer = getattr(self, "_" + method.replace(".", "_"), None)
        if answer is None:
            return self._json({"ok": False, "error": "unknown_method"})
        sends = method.startswith(("chat.", "views.publish")) and bool(self.troubles)
        if sends and self.troubled_after:
            self.troubled_after -= 1
        elif sends:
            troubled = await self._troubled(request, self.troubles.pop(0), answer, body)
            if troubled is not None:
                return troubled
        try:
            return self._json({"ok": True, **answer(body)})
        except blockkit.Wrong as error:
            told = {"messages": [f"[ERROR] {error.args[-1]}"]}
            return self._json({"ok": False, "error": error.args[0], "response_metadata": told})

    async def _body(self, request: web.Request, method: str) -> dict[str, Any] | None:
        """Methods that only read take no JSON: they would not see its arguments."""
        kind = request.content_type
        if method in READ:
            return (
                dict(await request.post()) if kind == "application/x-www-form-urlencoded" else None
            )
        return await request.json() if kind == "application/json" else None

    async def _troubled(
        self, request: web.Request, trouble: Trouble, answer: Any, body: dict[str, Any]
    ) -> web.Response | None:
        if trouble is Trouble.LIMIT:
            limited = self._json({"ok": False, "error": "ratelimited"}, 429)
            limited.headers["Retry-After"] = "7"
            return limited
        if trouble is Trouble.DOWN:
            return web.Response(status=503, text="<html>Service Unavailable</html>")
        if trouble is Trouble.EXPIRED:
            return self._json({"ok": False, "error": "token_revoked"})
        if trouble is Trouble.REFUSED:
            return self._json({"ok": False, "error": "channel_not_found"})
        if trouble is Trouble.LATE:
            answer(body)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    def _json(self, data: dict[str, Any], status: int = 200) -> web.Response:
        import time

        headers = {
            "Date": formatdate(time.time() + self.clock_ahead, usegmt=True),
            "x-oauth-scopes": self.scopes,
        }
        return web.json_response(data, status=status, headers=headers)

    def _auth_test(self, _: Any) -> dict[str, Any]:
        return {
            "url": "https://keqing.slack.com/",
            "team": "客情 {科技}",
            "user": "keqing",
            "team_id": TEAM,
            "user_id": OWN,
            "bot_id": OWN_BOT,
        }

    def _chat_postMessage(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        blockkit.must(body.get("channel") != ARCHIVED, "", "is_archived")
        known = body.get("channel", "")[:1] in set("CDGUW")
        blockkit.must(known, "", "channel_not_found")
        blockkit.message(body)
        meta = body.get("metadata", {})
        blockkit.must(meta.get("event_type"), "", "metadata_must_be_sent_with_an_event_type")
        channel = self.channel(body["channel"])
        if "thread_ts" in body:
            heads = [one["ts"] for one in self.messages.get(channel, [])]
            blockkit.must(body["thread_ts"] in heads or self.foreign, "", "thread_not_found")
        self._see_pictures(body["blocks"])
        for name in ("unfurl_links", "unfurl_media", "link_names"):
            assert body[name] is False, name
        told = {
            "type": "message",
            "user": OWN,
            "bot_id": OWN_BOT,
            "app_id": APP,
            "ts": self.stamp(),
        }
        kept = ("text", "blocks", "metadata", "thread_ts")
        said = told | {name: body[name] for name in kept if name in body}
        self.messages.setdefault(channel, []).append(said)
        return {"channel": channel, "ts": said["ts"], "message": said}

    foreign = True
    """Threads may hang on messages that people wrote, which are not kept here."""

    def _chat_update(self, body: dict[str, Any]) -> dict[str, Any]:
        blockkit.must(body["channel"][0] in "CDG", "", "channel_not_found")
        blockkit.message(body)
        self._see_pictures(body["blocks"])
        for one in self.messages.get(body["channel"], []):
            if one["ts"] == body["ts"]:
                one.update({name: body[name] for name in ("text", "blocks", "metadata")})
                return {"channel": body["channel"], "ts": one["ts"], "text": one["text"]}
        raise blockkit.Wrong("message_not_found", "")

    def _views_open(self, body: dict[str, Any]) -> dict[str, Any]:
        blockkit.must(body.get("trigger_id"), "", "invalid_trigger_id")
        blockkit.view(body["view"])
        self.views.append({**body["view"], "id": f"V{len(self.views) + 1:09d}"})
        return {"view": self.views[-1]}

    def _views_publish(self, body: dict[str, Any]) -> dict[str, Any]:
        blockkit.view(body["view"])
        blockkit.must(body["view"]["type"] == "home", "", "invalid_arguments")
        self.homes[body["user_id"]] = body["view"]
        return {"view": {"id": "V0HOME", **body["view"]}}

    def _conversations_open(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"channel": {"id": self.channel(body["users"])}}

    def _conversations_history(self, body: dict[str, Any]) -> dict[str, Any]:
        blockkit.must(body["channel"][0] in "CDG", "", "channel_not_found")
        said = [one for one in self.messages.get(body["channel"], []) if "thread_ts" not in one]
        return self._paged(said[::-1], body, "messages")

    def _conversations_replies(self, body: dict[str, Any]) -> dict[str, Any]:
        said = self.messages.get(body["channel"], [])
        return self._paged(
            [one for one in said if body["ts"] in {one["ts"], one.get("thread_ts")}],
            body,
            "messages",
        )

    def _users_list(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._paged(USERS, body, "members")

    def _paged(self, all_: list[Any], body: dict[str, Any], name: str) -> dict[str, Any]:
        start = int(body.get("cursor") or 0)
        size = min(int(body.get("limit", 100)), self.page)
        more = str(start + size) if start + size < len(all_) else ""
        shown = all_[start : start + size]
        if body.get("include_all_metadata") != "true" and name == "messages":
            shown = [{k: v for k, v in one.items() if k != "metadata"} for one in shown]
        return {name: shown, "response_metadata": {"next_cursor": more}}

    def _files_info(self, body: dict[str, Any]) -> dict[str, Any]:
        blockkit.must(body["file"] in self.files, "", "file_not_found")
        return {"file": self.files[body["file"]][0]}

    def _files_getUploadURLExternal(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._may_write_files()
        length = body.get("length", "")
        blockkit.must(body.get("filename"), "filename", "invalid_arguments")
        blockkit.must(length.isdecimal() and int(length), "length", "invalid_arguments")
        id_ = f"F{len(self.uploads) + 1:09d}UP"
        self.uploads[id_] = (int(length), b"", False)
        return {"upload_url": f"{self.base}/upload/{id_}", "file_id": id_}

    async def _upload(self, request: web.Request) -> web.Response:
        """Whoever has the address may write there once; a token there would be a leak."""
        assert "Authorization" not in request.headers
        if self.upload_answers:
            return web.Response(status=self.upload_answers.pop(0), text="<html>")
        data, id_ = await request.read(), request.match_info["id"]
        if len(data) != self.uploads[id_][0]:
            return web.Response(status=400, text="the length is wrong")
        self.uploads[id_] = (len(data), data, False)
        return web.Response(text=f"OK - {len(data)}")

    def _files_completeUploadExternal(self, body: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._may_write_files()
        blockkit.must(set(body) == {"files"}, "shared with a channel", "invalid_arguments")
        for one in body["files"]:
            length, data, complete = self.uploads.get(one["id"], (0, b"", True))
            blockkit.must(data and not complete, "no such upload", "file_not_found")
            self.uploads[one["id"]] = (length, data, True)
        return {"files": body["files"]}

    def _may_write_files(self) -> None:
        if "files:write" not in self.scopes.split(","):
            raise blockkit.Wrong("missing_scope", "needed: files:write")

    def _see_pictures(self, blocks: list[dict[str, Any]]) -> None:
        for one in blocks:
            if one["type"] == "image":
                _, data, complete = self.uploads.get(one["slack_file"]["id"], (0, b"", False))
                blockkit.must(complete and data.startswith(b"\x89PNG"), "slack_file")
                self.slow -= 1
                blockkit.must(self.slow < 0, "slack_file is not ready")

    # --- files ---------------------------------------------------------------------------------

    def keep(self, name: str, kind: str, data: bytes, **more: Any) -> dict[str, Any]:
        """A file as events tell it; `served` is what its address gives instead."""
        id_ = f"F{len(self.files) + 1:09d}"
        served = more.pop("served", "")
        url = more.pop("url", f"{self.base}/files/{id_}")
        told = {"id": id_, "name": name, "title": name, "mimetype": kind, "size": len(data)}
        told |= {"url_private": url, "url_private_download": url, "mode": "hosted", **more}
        self.files[id_] = (told, data, served)
        return told

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """A bearer that may not read gets the page to log in, with a 200."""
        told, data, served = self.files[request.match_info["id"]]
        if served.startswith("http"):
            raise web.HTTPFound(served)
        lacks = request.headers.get("Authorization") != f"Bearer {BOT_TOKEN}"
        if lacks or served == "login":
            return web.Response(
                text="<!DOCTYPE html><title>Slack</title>", content_type="text/html"
            )
        return web.Response(body=data, content_type=told["mimetype"])

    # --- Socket Mode ---------------------------------------------------------------------------

    def _apps_connections_open(self, _: Any) -> dict[str, Any]:
        return {"url": f"{self.base.replace('http', 'ws')}/link?ticket={secrets.token_hex(4)}"}

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        self.sockets += 1
        if self.sockets > 1:
            self.reconnected.set()
        line = web.WebSocketResponse(autoping=not (self.deaf and self.sockets == 1))
        await line.prepare(request)
        if self.greets:
            await line.send_json({"type": "hello", "num_connections": 1, "debug_info": {}})
        reading = asyncio.create_task(self._heard(line))
        try:
            while True:
                next_ = asyncio.create_task(self.frames.get())
                await asyncio.wait({reading, next_}, return_when=asyncio.FIRST_COMPLETED)
                if not next_.done():
                    next_.cancel()
                    break
                frame = next_.result()
                self.frames.task_done()
                if frame is None:
                    assert request.transport is not None
                    request.transport.abort()
                    break
                await line.send_str(frame if isinstance(frame, str) else json.dumps(frame))
        finally:
            reading.cancel()
        return line

    async def _heard(self, line: web.WebSocketResponse) -> None:
        async for frame in line:
            if frame.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                self.acks.put_nowait(json.loads(frame.data)["envelope_id"])
