"""Feishu with both of its ends on real HTTP; its people write, tap and fill in."""

import hashlib
import itertools
import json
import os
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any, Final, Self

from aiohttp import ClientSession
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from adapters.feishu.adapter import FeishuAdapter, build
from tests.adapters.feishu import card_schema, stand_in
from tests.adapters.feishu.line import Line
from tests.adapters.feishu.stand_in import Shows, StandIn
from tests.contract.harness import Inside, serving
from tests.contract.platform import Shown, Trouble

KEY: Final = "kJ8vEncryptKey0fTheApp"
TOKEN: Final = "v9Verificati0nT0ken"
TENANT: Final = "2ca1d211f64f6438"
OTHER_TENANT: Final = "7f00aa11bb22cc33"


def encrypted(plain: bytes, key: str = KEY, iv: bytes | None = None) -> bytes:
    """Written a second time, so that both ends cannot be wrong together."""
    first = iv or os.urandom(16)
    pad = padding.PKCS7(128).padder()
    aes = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(first))
    padded = pad.update(plain) + pad.finalize()
    ciphered = aes.encryptor().update(padded)
    return json.dumps({"encrypt": b64encode(first + ciphered).decode()}).encode()


def signed(body: bytes, key: str = KEY, at: float | None = None) -> dict[str, str]:
    stamp, nonce = str(int(time.time() if at is None else at)), "n0nce"
    digest = hashlib.sha256(stamp.encode() + nonce.encode() + key.encode() + body).hexdigest()
    return {
        "X-Lark-Request-Timestamp": stamp,
        "X-Lark-Request-Nonce": nonce,
        "X-Lark-Signature": digest,
        "Content-Type": "application/json; charset=utf-8",
    }


class Feishu:
    """Implements `Played`."""

    name = "feishu"
    can_edit = True
    can_join = True
    can_tell = True
    member = "ou_11111111111111111111111111111111"
    boss = "ou_22222222222222222222222222222222"
    customer = "ou_33333333333333333333333333333333"
    inner = "oc_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    outer = "oc_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

    def __init__(self, **settings: Any) -> None:
        self.inside = Inside()
        self.there = StandIn()
        self.line = Line(self.there)
        self.there.users = [
            _user(self.member, "李雷", leader=self.boss, departments=["0", "od-1"]),
            _user(self.boss, "陈总", departments=["0"]),
            _user("ou_" + "4" * 32, "韩梅", leader=self.boss, departments=["od-1"]),
        ]
        self.there.departments = ["od-1"]
        self.adapter: FeishuAdapter
        self.base = ""
        self.api = ""
        self.answer: Any = None
        """What the last delivery was answered."""
        self._changed = settings
        self._last: dict[str, Any] = {}
        self._said: dict[str, Any] = {}
        self._numbers = itertools.count(1)

    @property
    def troubles(self) -> list[Trouble]:
        return self.there.troubles

    @asynccontextmanager
    async def far(self) -> AsyncIterator[Self]:
        async with serving(*self.there.routes(), *self.line.routes()) as there:
            self.api = self.line.base = there
            yield self

    def settings(self) -> dict[str, str]:
        return {
            "API_BASE": self.api,
            "APP_ID": stand_in.APP_ID,
            "APP_SECRET": stand_in.APP_SECRET,
            "ENCRYPT_KEY": KEY,
            "VERIFICATION_TOKEN": TOKEN,
        }

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        async with self.far():
            branch = {name.lower(): value for name, value in self.settings().items()}
            self.adapter = build(branch | self._changed, self.inside.ports)
            await self.adapter.start()
            try:
                async with serving(*self.adapter.routes()) as here:
                    self.base = here
                    yield self
            finally:
                await self.adapter.stop()

    def direct(self, who: str) -> str:
        return who

    def id(self, prefix: str = "om") -> str:
        return f"{prefix}_{next(self._numbers):032x}"

    def event(self, kind: str, event: dict[str, Any], **header: Any) -> dict[str, Any]:
        told = {
            "event_id": hashlib.md5(os.urandom(8)).hexdigest(),  # noqa: S324 - the form of an id
            "event_type": kind,
            "create_time": str(int(time.time() * 1000)),
            "token": TOKEN,
            "app_id": stand_in.APP_ID,
            "tenant_key": TENANT,
            **header,
        }
        return {"schema": "2.0", "header": told, "event": event}

    def message(
        self, who: str, kind: str, content: Any, *, chat: str = "", thread: str = "", **more: Any
    ) -> dict[str, Any]:
        at = str(int(time.time() * 1000))
        tenant = OTHER_TENANT if who == self.customer else TENANT
        message = {
            "message_id": self.id(),
            "create_time": at,
            "update_time": at,
            "chat_id": chat or f"oc_p2p{who[6:]}",
            "chat_type": "group" if chat else "p2p",
            "message_type": kind,
            "content": json.dumps(content, ensure_ascii=False),
            **({"root_id": thread, "parent_id": thread, "thread_id": "omt_1"} if thread else {}),
            **more,
        }
        sender = {"sender_id": _ids(who), "sender_type": "user", "tenant_key": tenant}
        kept = {
            "message_id": message["message_id"],
            "chat": chat or who,
            "sender": {"id": who, "id_type": "open_id", "sender_type": "user"},
        }
        self.there.items[message["message_id"]] = [kept]
        if not chat:
            self.there.private.add(message["chat_id"])
        return self.event("im.message.receive_v1", {"sender": sender, "message": message})

    async def say(self, who: str, text: str, *, chat: str = "", thread: str = "") -> int:
        if thread:
            self.there.items.setdefault(thread, [{"message_id": thread, "chat": chat or who}])
        event = self.message(who, "text", {"text": text}, chat=chat, thread=thread)
        self._said = event
        return await self.deliver(event)

    async def speak(self, who: str, sound: bytes, *, chat: str = "") -> int:
        key = f"file_v3_{next(self._numbers)}"
        event = self.message(who, "audio", {"file_key": key, "duration": 2000}, chat=chat)
        self.there.files[f"{event['event']['message']['message_id']}/{key}"] = sound
        return await self.deliver(event)

    async def edit(self, text: str) -> int:
        """The same message comes again, updated later."""
        message = self._said["event"]["message"]
        later = str(int(message["update_time"]) + 1500)
        changed = {"content": json.dumps({"text": text}), "update_time": later}
        event = {**self._said["event"], "message": message | changed}
        self._said = self.event("im.message.receive_v1", event)
        return await self.deliver(self._said)

    async def recall(self) -> int:
        message = self._said["event"]["message"]
        event = {
            "message_id": message["message_id"],
            "chat_id": message["chat_id"],
            "recall_time": str(int(time.time() * 1000)),
            "recall_type": "message_owner",
        }
        return await self.deliver(self.event("im.message.recalled_v1", event))

    async def tap(self, who: str, label: str, *, chat: str) -> int:
        for shows in reversed(self.there.messages):
            for one in card_schema.walk(shows.body) if shows.chat == chat else ():
                if one.get("tag") == "button" and one["text"]["content"] == label:
                    action = {"tag": "button", "value": one["behaviors"][0]["value"]}
                    return await self.deliver(self.tapped(who, shows, action))
        raise LookupError(label)

    async def fill(self, who: str, values: dict[str, str], *, chat: str) -> int:
        for shows in reversed(self.there.messages):
            for form in card_schema.walk(shows.body) if shows.chat == chat else ():
                if form.get("tag") == "form":
                    return await self.deliver(self.tapped(who, shows, _submit(form, values)))
        raise LookupError("no form")

    def tapped(self, who: str, shows: Shows, action: dict[str, Any]) -> dict[str, Any]:
        chat = shows.chat if shows.chat.startswith("oc_") else f"oc_p2p{shows.chat[6:]}"
        event = {
            "operator": {"tenant_key": TENANT, "open_id": who, "union_id": "on_1"},
            "token": "c-295ee57216a5dc9de90fefd0aadb4b1d7d4c9b0e",
            "action": action,
            "host": "im_message",
            "context": {"open_message_id": shows.id, "open_chat_id": chat},
        }
        micro = str(int(time.time() * 1_000_000))
        return self.event("card.action.trigger", event, create_time=micro)

    async def added(self, chat: str, by: str) -> int:
        event = {"chat_id": chat, "operator_id": _ids(by), "name": "项目群", "external": False}
        event["operator_tenant_key"] = TENANT
        return await self.deliver(self.event("im.chat.member.bot.added_v1", event))

    async def joined(self, chat: str, who: str) -> int:
        tenant = OTHER_TENANT if who == self.customer else TENANT
        user = {"name": "王芳", "tenant_key": tenant, "user_id": _ids(who)}
        event = {"chat_id": chat, "operator_id": _ids(self.member), "users": [user]}
        event["operator_tenant_key"] = TENANT
        return await self.deliver(self.event("im.chat.member.user.added_v1", event))

    async def deliver(self, event: dict[str, Any]) -> int:
        self._last = event
        return await self.post(json.dumps(event).encode())

    async def again(self) -> int:
        """A message may come with another envelope's id; everything else has the same one."""
        header = dict(self._last["header"])
        if header["event_type"].startswith("im.message.receive"):
            header["event_id"] += "-again"
        return await self.post(json.dumps(self._last | {"header": header}).encode())

    async def post(self, raw: bytes, **changed: Any) -> int:
        """`body` replaces what goes over the wire, `headers` some of what signs it."""
        body = changed.get("body", encrypted(raw))
        headers = signed(body, at=changed.get("at")) | changed.get("headers", {})
        url = f"{self.base}/feishu/events"
        async with (
            ClientSession() as http,
            http.post(url, data=BytesIO(body), headers=headers) as response,
        ):
            text = await response.text()
            self.answer = json.loads(text) if response.content_type.endswith("json") else text
            return response.status

    def shown(self, chat: str) -> list[Shown]:
        return self.there.shown(chat)


def _ids(who: str) -> dict[str, str]:
    return {"open_id": who, "union_id": f"on_{who[3:]}", "user_id": "e33ggbyz"}


def _submit(form: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    """What the client sends: every field's value, a date with the reader's zone."""
    filled: dict[str, str] = {}
    for one in form["elements"]:
        if one["tag"] in card_schema.IN_FORM:
            value = values.get(one["name"], "")
            assert value or not one["required"], "有必填项未填写"
            zone = " +0800" if one["tag"] == "date_picker" and value else ""
            filled[one["name"]] = value + zone
    (submit,) = (one for one in form["elements"] if one["tag"] == "button")
    value = submit["behaviors"][0]["value"]
    return {"tag": "button", "name": submit["name"], "value": value, "form_value": filled}


def _user(who: str, name: str, *, leader: str = "", departments: list[str]) -> dict[str, Any]:
    return {
        "open_id": who,
        "name": name,
        "enterprise_email": f"{who[-4:]}@zhuyun.example",
        "mobile": "+8613800001111",
        "leader_user_id": leader,
        "department_ids": departments,
        "status": {"is_frozen": False, "is_resigned": False, "is_activated": True},
    }
