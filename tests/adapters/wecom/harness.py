"""WeCom played: its far side, our callback on real HTTP, and people who write and tap."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from aiohttp import ClientSession

from adapters.wecom import adapter as wecom
from adapters.wecom.crypto import Crypto
from bot.contract import Delivered, InboundMessage
from tests.adapters.wecom import far as platform
from tests.contract.harness import Inside, serving
from tests.contract.platform import Shown

TOKEN = "QDG6eKmadeup"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
CUSTOMER = "wmAJ2GCAAAme1XQRC-NI-q0_ZM9ukoAw"


class Heard(Inside):
    """Our side that also tells when something was handed over, or could not be."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = asyncio.Event()
        self.failures = 0

    async def deliver(self, message: InboundMessage) -> Delivered:
        try:
            return await super().deliver(message)
        except Exception:
            self.failures += 1
            raise
        finally:
            self.changed.set()

    async def reject(self, channel: Any, raw: bytes, why: str) -> None:
        await super().reject(channel, raw, why)
        self.changed.set()

    async def heard(self, id_: str) -> None:
        """Waits until a message is in, or was tried in vain."""
        failures = self.failures
        while not any(id_ == m.message_id or id_ in m.event_id for m in self.delivered):
            if self.failures > failures or self.rejected:
                return
            self.changed.clear()
            await self.changed.wait()

    async def grown(self, known: int) -> None:
        """Waits until more than `known` messages are in, or something was refused."""
        while len(self.delivered) <= known and not self.rejected:
            self.changed.clear()
            await self.changed.wait()


class WeCom:
    name = "wecom"
    can_edit = False
    can_join = False
    can_tell = True
    member = "LiLei"
    boss = "ChenZong"
    customer = CUSTOMER
    inner = "group:wrOgQhDgAAcwMTB7YmDkbeBsgT_AAAA1"
    outer = f"kf:{platform.KFID}:{CUSTOMER}"

    def __init__(self) -> None:
        self.inside: Heard = Heard()
        self.server = platform.Far()
        self.troubles = self.server.troubles
        self.adapter: wecom.WeComAdapter
        self.base = ""
        self.api = ""
        self.http: ClientSession
        self.crypto = Crypto.of(TOKEN, AES_KEY, platform.CORP)
        self._numbers = itertools.count(4561255354251345929)
        self._last: tuple[bytes, bool] = (b"", False)
        self._said: dict[str, Any] = {}
        self._beside = True
        """Whether a program runs beside us, and not the adapter on the ports of `inside`."""
        for userid, name, above in (
            ("LiLei", "李雷", "ChenZong"),
            ("ChenZong", "陈总", ""),
            ("WangFang", "王芳", ""),
        ):
            self.server.members[userid] = {
                "userid": userid,
                "name": name,
                "department": [2] if above else [1],
                "is_leader_in_dept": [0 if above or userid == "WangFang" else 1],
                "direct_leader": [above] if above else [],
                "status": 1,
            }
        self.server.groups.add(self.inner.partition(":")[2])
        self.server.names[CUSTOMER] = "王芳"

    # --- running -------------------------------------------------------------------------------

    @asynccontextmanager
    async def far(self) -> AsyncIterator["WeCom"]:
        async with serving(*self.server.routes()) as self.api, ClientSession() as self.http:
            yield self

    def settings(self) -> dict[str, str]:
        return {
            "CORP_ID": platform.CORP,
            "AGENT_ID": str(platform.AGENT),
            "SECRET": platform.SECRETS["app"],
            "TOKEN": TOKEN,
            "ENCODING_AES_KEY": AES_KEY,
            "KF_SECRET": platform.SECRETS["kf"],
            "API_BASE": self.api,
            "GROUP_ROBOTS__SALES": platform.ROBOT_KEY,
        }

    def branch(self) -> dict[str, Any]:
        """The settings as the adapter is handed them."""
        plain = {name.lower(): value for name, value in self.settings().items()}
        robots = {"sales": plain.pop("group_robots__sales")}
        return {"api_base": self.api, **plain, "group_robots": robots}

    @asynccontextmanager
    async def running(self) -> AsyncIterator["WeCom"]:
        async with self.far():
            self.adapter = wecom.build(self.branch(), self.inside.ports)
            await self.adapter.start()
            self._beside = False
            async with serving(*self.adapter.routes()) as self.base:
                working = asyncio.create_task(self.adapter.work())
                try:
                    await self.server.synced.wait()
                    yield self
                finally:
                    working.cancel()
                    await asyncio.gather(working, return_exceptions=True)
                    await self.adapter.stop()

    def direct(self, who: str) -> str:
        return f"user:{who}"

    # --- what people do ------------------------------------------------------------------------

    async def say(self, who: str, text: str, *, chat: str = "", thread: str = "") -> int:
        if chat.startswith("kf:"):
            return await self.kf(who, chat, "text", {"content": text})
        if chat not in {"", self.direct(who)}:
            raise NotImplementedError("nobody is heard in a group")
        return await self.private(who, "text", Content=text)

    async def speak(self, who: str, sound: bytes, *, chat: str = "") -> int:
        media_id = f"1media{len(self.server.media)}"
        kf = chat.startswith("kf:")
        name = {"Content-Disposition": 'attachment; filename="voice.amr"'}
        self.server.media[media_id] = ("kf" if kf else "app", sound, "audio/amr", name)
        if kf:
            return await self.kf(who, chat, "voice", {"media_id": media_id})
        return await self.private(who, "voice", MediaId=media_id, Format="amr")

    async def edit(self, text: str) -> int:
        raise NotImplementedError("nobody edits in WeCom")

    async def recall(self) -> int:
        """A customer takes back what they said last."""
        event = {
            "event_type": "user_recall_msg",
            "open_kfid": self._said["open_kfid"],
            "external_userid": self._said["external_userid"],
            "recall_msgid": self._said["msgid"],
        }
        entry = {
            "msgid": f"recall{next(self._numbers)}",
            "send_time": int(time.time()),
            "origin": 4,
            "msgtype": "event",
            "event": event,
        }
        return await self.entry(entry)

    async def tap(self, who: str, label: str, *, chat: str) -> int:
        for line in reversed(self.server.lines):
            card = line.message.get("template_card")
            if line.chat != chat or not card or line.replaced or "replace_text" in card:
                continue
            for button in card["button_list"]:
                if label.startswith(button["text"].rstrip("…")):
                    return await self.press(who, button["key"], card["task_id"], line.code)
        raise AssertionError(f"no button {label!r} in {chat}")

    async def press(self, who: str, key: str, task: str, code: str) -> int:
        return await self.event(
            who,
            "template_card_event",
            EventKey=key,
            TaskId=task,
            CardType="button_interaction",
            ResponseCode=f"{code}+{next(self._numbers)}",
        )

    async def fill(self, who: str, values: dict[str, str], *, chat: str) -> int:
        raise NotImplementedError("WeCom has no forms")

    async def added(self, chat: str, by: str) -> int:
        raise NotImplementedError("nobody is told")

    async def joined(self, chat: str, who: str) -> int:
        raise NotImplementedError("nobody is told")

    # --- how it comes --------------------------------------------------------------------------

    async def private(self, who: str, type_: str, **fields: str) -> int:
        return await self.post(self.xml(who, type_, MsgId=str(next(self._numbers)), **fields))

    async def event(self, who: str, name: str, **fields: str) -> int:
        return await self.post(self.xml(who, "event", Event=name, **fields))

    def xml(self, who: str, type_: str, **fields: str) -> bytes:
        all_fields = {
            "ToUserName": platform.CORP,
            "FromUserName": who,
            "CreateTime": str(int(time.time())),
            "MsgType": type_,
            "AgentID": str(platform.AGENT),
            **fields,
        }
        inner = "".join(
            f"<{tag}>{escape(text)}</{tag}>" for tag, text in all_fields.items() if text
        )
        return f"<xml>{inner}</xml>".encode()

    async def kf(self, who: str, chat: str, type_: str, content: dict[str, Any]) -> int:
        _, kfid, customer = chat.split(":")
        staff = {"servicer_userid": who} if who != customer else {}
        entry = {
            "msgid": f"kf{next(self._numbers)}",
            "open_kfid": kfid,
            "external_userid": customer,
            "send_time": int(time.time()),
            "origin": 5 if staff else 3,
            **staff,
            "msgtype": type_,
            type_: content,
        }
        self.server.left[customer] = 0
        self._said = entry
        return await self.entry(entry, entry["msgid"])

    async def entry(self, entry: dict[str, Any], id_: str = "") -> int:
        """Something is there to be pulled; WeCom says so, and we wait until it is in.

        A program beside us tells nothing: there it is awaited that the entry has been pulled.
        """
        self.server.entries.append(entry)
        number, known = len(self.server.entries), len(self.inside.delivered)
        status = await self.post(self.kf_event())
        self._last = (self._last[0], True)
        if status == 200 and self._beside:
            while self.server.served < number:
                self.server.synced.clear()
                await self.server.synced.wait()
        elif status == 200 and id_:
            await self.inside.heard(id_)
        elif status == 200:
            await self.inside.grown(known)
        return status

    def kf_event(self, kfid: str = platform.KFID) -> bytes:
        return self.xml(
            "",
            "event",
            Event="kf_msg_or_event",
            Token=self.server.msg_token,
            OpenKfId=kfid,
            AgentID="",
        )

    async def again(self) -> int:
        raw, pulled = self._last
        self.server.synced.clear()
        status = await self.post(raw)
        if pulled and status == 200:
            await self.server.synced.wait()
            self._last = (raw, True)
        return status

    async def post(self, raw: bytes, **changed: Any) -> int:
        """`signature`, `timestamp`, `nonce`, `encrypted`, `to`, `agent`, `body` may be changed."""
        self._last = (raw, False)
        encrypted = changed.get("encrypted", self.crypto.encrypt(raw))
        timestamp = changed.get("timestamp", str(int(time.time())))
        nonce = changed.get("nonce", "263014780")
        signature = changed.get("signature", self.crypto.sign(timestamp, nonce, encrypted))
        outer = (
            f"<xml><ToUserName><![CDATA[{changed.get('to', platform.CORP)}]]></ToUserName>"
            f"<Encrypt><![CDATA[{encrypted}]]></Encrypt>"
            f"<AgentID><![CDATA[{changed.get('agent', platform.AGENT)}]]></AgentID></xml>"
        )
        query = {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}
        url, body = f"{self.base}/wecom/callback", changed.get("body", outer.encode())
        async with self.http.post(url, params=query, data=BytesIO(body)) as response:
            await response.read()
            return response.status

    def shown(self, chat: str) -> list[Shown]:
        return [line.shown() for line in self.server.lines if line.chat == chat]
