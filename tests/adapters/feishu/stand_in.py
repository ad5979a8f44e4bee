"""Feishu's side, played strictly: tokens, limits, codes, and what its users see."""

import asyncio
import json
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from tests.adapters.feishu import card_schema
from tests.adapters.feishu.card_schema import BadContent
from tests.contract.platform import Shown, Trouble

APP_ID: Final = "cli_a8c1f0e2b7d3500e"
APP_SECRET: Final = "s3cr3tQ0hX2vYb7mWzKp4nLdRtFj"
BOT: Final = "ou_b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0"
SCOPES: Final = (
    *("im:message", "im:message:send_as_bot", "im:message.p2p_msg:readonly"),
    *("im:message.group_msg", "im:resource", "im:chat:readonly"),
    *("contact:contact.base:readonly", "contact:user.base:readonly"),
    *("contact:user.email:readonly", "contact:user.phone:readonly"),
)
STALE: Final = 99991663
RATE: Final = 230020


class Refuse(Exception):
    """An answer with a code, as Feishu gives it."""

    def __init__(self, code: int, msg: str = "refused", status: int = 400, **headers: str) -> None:
        super().__init__(msg)
        self.code, self.msg, self.status = code, msg, status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass
class Shows:
    """A message of ours, as it is now."""

    id: str
    chat: str
    kind: str
    body: Any
    thread: str = ""
    at: float = field(default_factory=time.monotonic)


class StandIn:
    """The API. Chats are named as we name them: groups by `oc_`, private ones by `ou_`."""

    def __init__(self) -> None:
        self.messages: list[Shows] = []
        self.troubles: list[Any] = []
        self.uuids: dict[str, Shows] = {}
        self.tokens = ["t-0"]
        self.given = 0
        self.visits: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.file_answers: list[web.Response] = []
        self.items: dict[str, list[dict[str, Any]]] = {}
        """What the messages' API tells of the messages of others."""
        self.private: set[str] = set()
        """Chats with one person, by their `oc_` id."""
        self.gone: set[str] = set()
        """Chats that the bot is not in, and messages that were recalled."""
        self.too_old: set[str] = set()
        self.users: list[dict[str, Any]] = []
        self.departments: list[str] = []
        self.granted = list(SCOPES)
        self.all_staff = True
        self.refusing: list[Refuse] = []
        """What the next calls of any kind are answered."""
        self.secret = APP_SECRET
        self.edits: Counter[str] = Counter()
        self.recall_troubles: list[Refuse] = []
        """What the next recalls are answered."""
        self.images: dict[str, bytes] = {}
        """Pictures that were uploaded, by their key."""
        self.pace: dict[str, deque[float]] = {}
        self.paced = True

    def routes(self) -> list[web.RouteDef]:
        api = "/open-apis"
        im = f"{api}/im/v1"
        return [
            web.post(f"{api}/auth/v3/tenant_access_token/internal", self._answering(self._token)),
            web.get(f"{api}/bot/v3/info", self._answering(self._info)),
            web.post(f"{im}/messages", self._answering(self._create)),
            web.post(f"{im}/messages/{{id}}/reply", self._answering(self._reply)),
            web.patch(f"{im}/messages/{{id}}", self._answering(self._patch)),
            web.put(f"{im}/messages/{{id}}", self._answering(self._edit)),
            web.delete(f"{im}/messages/{{id}}", self._answering(self._recall)),
            web.post(f"{im}/images", self._answering(self._image)),
            web.get(f"{im}/messages/{{id}}", self._answering(self._get)),
            web.get(f"{im}/messages/{{id}}/resources/{{key}}", self._answering(self._file)),
            web.get(f"{im}/chats/{{id}}", self._answering(self._chat)),
            web.get(f"{api}/application/v6/scopes", self._answering(self._scopes)),
            web.get(f"{api}/contact/v3/departments/{{id}}/children", self._answering(self._below)),
            web.get(f"{api}/contact/v3/users/find_by_department", self._answering(self._people)),
            web.get(f"{api}/contact/v3/users/{{id}}", self._answering(self._user)),
            web.get(f"{api}/contact/v3/scopes", self._answering(self._contact_scopes)),
        ]

    def _answering(self, ask: Any) -> Any:
        async def answer(request: web.Request) -> web.StreamResponse:
            self.visits[f"{request.method} {request.path}"] += 1
            try:
                if not request.path.endswith("/internal"):
                    self._is_signed(request)
                if self.refusing:
                    raise self.refusing.pop(0)
                told = await ask(request)
            except Refuse as refuse:
                body = {"code": refuse.code, "msg": refuse.msg, "error": {"log_id": "2026112"}}
                return web.json_response(body, status=refuse.status, headers=refuse.headers)
            except BadContent as bad:
                return web.json_response({"code": bad.code, "msg": str(bad)}, status=400)
            return told if isinstance(told, web.StreamResponse) else web.json_response(told)

        return answer

    def _is_signed(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if not given.startswith("Bearer t-"):
            raise Refuse(99991661, "Missing access token for authorization")
        if given.removeprefix("Bearer ") != self.tokens[-1]:
            raise Refuse(STALE, "Invalid access token for authorization")

    async def _token(self, request: web.Request) -> Any:
        asked = await request.json()
        if asked != {"app_id": APP_ID, "app_secret": self.secret}:
            raise Refuse(10014, "app secret invalid", 200)
        self.given += 1
        if self.given > len(self.tokens) or self.tokens[-1] == "t-0":
            self.tokens.append(f"t-{len(self.tokens)}")
        return {"code": 0, "msg": "ok", "tenant_access_token": self.tokens[-1], "expire": 7200}

    def expire(self) -> None:
        """The token given last is taken no more."""
        self.tokens.append("t-0")

    async def _info(self, request: web.Request) -> Any:
        bot = {"activate_status": 2, "app_name": "客情助手", "open_id": BOT}
        return {"code": 0, "msg": "ok", "bot": bot}

    async def _create(self, request: web.Request) -> Any:
        body = await self._body(request)
        kind = request.query.get("receive_id_type")
        chat = body["receive_id"]
        if kind != {"ou": "open_id", "oc": "chat_id", "on": "union_id"}.get(chat[:2]):
            raise Refuse(230001, "ext=invalid receive_id")
        return await self._take(request, body, chat, "")

    async def _reply(self, request: web.Request) -> Any:
        body = await self._body(request)
        root = request.match_info["id"]
        if root in self.gone:
            raise Refuse(230011, "The message was withdrawn.")
        if body.get("reply_in_thread") is not True:
            raise Refuse(230001, "reply_in_thread")
        known = [one for one in self.items.get(root, []) if one.get("message_id") == root]
        if not known:
            raise Refuse(230001, "ext=invalid message_id")
        return await self._take(request, body, known[0]["chat"], root)

    async def _body(self, request: web.Request) -> dict[str, Any]:
        raw = await request.read()
        body = json.loads(raw)
        self.bodies.append(body)
        if not 0 < len(body.get("uuid", "")) <= 50:
            raise Refuse(230001, "uuid")
        self._has_pictures(card_schema.check(body["msg_type"], body["content"], len(raw)))
        return body

    async def _take(self, request: web.Request, body: Any, chat: str, thread: str) -> Any:
        trouble = self.troubles.pop(0) if self.troubles else None
        await self._trouble(request, trouble)
        if chat in self.gone:
            raise Refuse(230002, "The bot can not be outside the group.")
        if body["uuid"] not in self.uuids:
            self._is_slow_enough(chat)
            shows = Shows(
                f"om_{len(self.uuids):032x}", chat, body["msg_type"], json.loads(body["content"])
            )
            shows.thread = thread
            self.messages.append(shows)
            self.uuids[body["uuid"]] = shows
        if trouble is Trouble.LATE:
            assert request.transport is not None
            request.transport.abort()
        made = self.uuids[body["uuid"]]
        return {"code": 0, "msg": "success", "data": {"message_id": made.id, "chat_id": chat}}

    async def _trouble(self, request: web.Request, trouble: Trouble | None) -> None:
        match trouble:
            case Trouble.LIMIT:
                raise Refuse(99991400, "request trigger frequency limit", x_ogw_ratelimit_reset="7")
            case Trouble.DOWN:
                raise Refuse(55, "internal error", 503)
            case Trouble.SILENT:
                await asyncio.sleep(60)
            case Trouble.EXPIRED:
                self.expire()
                raise Refuse(STALE, "Invalid access token for authorization")
            case Trouble.REFUSED:
                raise Refuse(232009, "Chat is dissolved already.")
            case _:
                pass

    def _is_slow_enough(self, chat: str) -> None:
        if not self.paced:
            return
        latest = self.pace.setdefault(chat, deque(maxlen=5))
        if len(latest) == 5 and time.monotonic() - latest[0] < 1:
            raise Refuse(RATE, "Too many messages to this chat", x_ogw_ratelimit_reset="1")
        latest.append(time.monotonic())

    async def _patch(self, request: web.Request) -> Any:
        raw = await request.read()
        body = json.loads(raw)
        await self._trouble(request, self.troubles.pop(0) if self.troubles else None)
        place = request.match_info["id"]
        if place in self.too_old:
            raise Refuse(230031, "The message is out of date.")
        if place in self.gone:
            raise Refuse(230011, "The message was withdrawn.")
        found = [one for one in self.messages if one.id == place]
        if not found or set(body) != {"content"}:
            raise Refuse(230001, "ext=invalid message_id")
        if found[0].kind != "interactive":
            raise Refuse(230054, "This message type cannot be updated.")
        found[0].body = card_schema.check("interactive", body["content"], len(raw))
        self._has_pictures(found[0].body)
        return {"code": 0, "msg": "success", "data": {}}

    async def _edit(self, request: web.Request) -> Any:
        """A message of words becomes other words, twenty times."""
        raw = await request.read()
        body = json.loads(raw)
        place = request.match_info["id"]
        if place in self.too_old:
            raise Refuse(230075, "exceeds the time limit for editing")
        found = [one for one in self.messages if one.id == place]
        if not found or set(body) != {"msg_type", "content"}:
            raise Refuse(230001, "ext=invalid message_id")
        if body["msg_type"] not in {"text", "post"} or found[0].kind == "interactive":
            raise Refuse(230054, "This operation is not supported for this message type.")
        self.edits[place] += 1
        if self.edits[place] > 20:
            raise Refuse(230072, "The message has reached the number of times it can be edited.")
        found[0].kind = body["msg_type"]
        found[0].body = card_schema.check(body["msg_type"], body["content"], len(raw))
        return {"code": 0, "msg": "success", "data": {"message_id": place}}

    async def _recall(self, request: web.Request) -> Any:
        """Of the bot's own messages, for a day."""
        place = request.match_info["id"]
        if self.recall_troubles:
            raise self.recall_troubles.pop(0)
        if place in self.too_old:
            raise Refuse(230009, "exceeds the time limit for recalling")
        found = [one for one in self.messages if one.id == place]
        if not found:
            raise Refuse(230001, "ext=invalid message_id")
        self.messages.remove(found[0])
        self.gone.add(place)
        return {"code": 0, "msg": "success", "data": {}}

    async def _image(self, request: web.Request) -> Any:
        if not {"im:resource", "im:resource:upload"} & set(self.granted):
            raise Refuse(
                99991672,
                "Access denied. One of the following scopes is required: "
                "[im:resource, im:resource:upload]",
            )
        if request.content_type != "multipart/form-data":
            raise Refuse(234001, "Invalid request param.")
        form = await request.post()
        image = form.get("image")
        if form.get("image_type") != "message" or not isinstance(image, web.FileField):
            raise Refuse(234001, "Invalid request param.")
        data = image.file.read()
        if not 0 < len(data) <= 10 * 1024 * 1024:
            raise Refuse(234006 if data else 234010, "size")
        if not data.startswith(b"\x89PNG"):
            raise Refuse(234011, "Can't regonnize the image format.")
        key = f"img_v3_{len(self.images):04d}_made-up"
        self.images[key] = data
        return {"code": 0, "msg": "success", "data": {"image_key": key}}

    def _has_pictures(self, content: Any) -> None:
        for one in card_schema.walk(content):
            if one.get("tag") == "img" and one["img_key"] not in self.images:
                raise Refuse(230099, "ErrCode: 11246; image key is not valid")

    async def _get(self, request: web.Request) -> Any:
        items = self.items.get(request.match_info["id"])
        if items is None:
            raise Refuse(230110, "the message has been deleted")
        return {"code": 0, "msg": "success", "data": {"items": items}}

    async def _file(self, request: web.Request) -> Any:
        if self.file_answers:
            return self.file_answers.pop(0)
        if request.query.get("type") not in {"image", "file"}:
            raise Refuse(234001, "Invalid request param.")
        found = self.files.get(f"{request.match_info['id']}/{request.match_info['key']}")
        if found is None:
            raise Refuse(234003, "File not in msg.")
        return web.Response(body=found, content_type="application/octet-stream")

    async def _chat(self, request: web.Request) -> Any:
        mode = "p2p" if request.match_info["id"] in self.private else "group"
        return {"code": 0, "msg": "success", "data": {"chat_mode": mode, "name": "群"}}

    async def _scopes(self, request: web.Request) -> Any:
        told = [{"scope_name": name, "grant_status": 1} for name in self.granted]
        told.append({"scope_name": "calendar:calendar", "grant_status": 2})
        return {"code": 0, "msg": "success", "data": {"scopes": told}}

    async def _below(self, request: web.Request) -> Any:
        above = request.match_info["id"]
        if above == "0" and not self.all_staff:
            raise Refuse(40004, "no dept authority error", 403)
        below = self.departments if above == "0" else []
        items = [{"open_department_id": one} for one in below]
        return {"code": 0, "msg": "success", "data": {"has_more": False, "items": items}}

    async def _people(self, request: web.Request) -> Any:
        """Two a page, so that paging is used."""
        asked = request.query.get("department_id")
        users = [one for one in self.users if asked in one["department_ids"]]
        start = int(request.query.get("page_token", "0"))
        data: dict[str, Any] = {"items": users[start : start + 2], "has_more": False}
        if start + 2 < len(users):
            data |= {"has_more": True, "page_token": str(start + 2)}
        return {"code": 0, "msg": "success", "data": data}

    async def _user(self, request: web.Request) -> Any:
        (user,) = (one for one in self.users if one["open_id"] == request.match_info["id"])
        return {"code": 0, "msg": "success", "data": {"user": user}}

    async def _contact_scopes(self, request: web.Request) -> Any:
        data = {
            "department_ids": self.departments[:1],
            "user_ids": [one["open_id"] for one in self.users[:1]],
            "has_more": False,
        }
        return {"code": 0, "msg": "success", "data": data}

    def shown(self, chat: str) -> list[Shown]:
        made: list[Shown] = []
        for one in self.messages:
            if one.chat == chat:
                text, buttons, fields = card_schema.seen(one.kind, one.body)
                made.append(Shown(text, buttons, fields, one.thread))
        return made
