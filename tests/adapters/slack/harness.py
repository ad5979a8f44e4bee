"""Slack with both of its ends on real HTTP, and people who use it."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any, Self
from urllib.parse import urlencode

from aiohttp import ClientSession
from pydantic import SecretStr

from adapters.slack.adapter import SlackAdapter, build
from tests.adapters.slack import blockkit
from tests.adapters.slack.workspace import (
    APP,
    APP_TOKEN,
    BOT_TOKEN,
    INNER,
    LI,
    OUTER,
    OWN,
    TEAM,
    THEIRS,
    WANG,
    ZHAO,
    Workspace,
)
from tests.contract.harness import Inside, serving
from tests.contract.platform import Shown, Trouble

SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def signature(timestamp: str, body: bytes) -> str:
    """By slack_sdk, so that both ends cannot be wrong together; by hand where it cannot."""
    import hashlib
    import hmac

    said = f"v0:{timestamp}:".encode() + body
    return "v0=" + hmac.new(SIGNING_SECRET.encode(), said, hashlib.sha256).hexdigest()


class Slack:
    name = "slack"
    can_edit = True
    can_join = True
    can_tell = True
    member = WANG
    boss = LI
    customer = ZHAO
    inner = INNER
    outer = OUTER

    def __init__(self, *, socket: bool = False) -> None:
        self.inside = Inside()
        self.space = Workspace()
        self.adapter: SlackAdapter
        self.base = ""
        self.api_base = ""
        self._socket = socket
        self._http: ClientSession | None = None
        self._events = 0
        self._last: tuple[bytes, dict[str, str]] = (b"", {})
        self._said: dict[str, Any] = {}

    @property
    def troubles(self) -> list[Trouble]:
        return self.space.troubles

    @asynccontextmanager
    async def far(self) -> AsyncIterator[Self]:
        async with self.space.serving() as self.api_base, ClientSession() as self._http:
            yield self

    def settings(self) -> dict[str, str]:
        found = {
            "SIGNING_SECRET": SIGNING_SECRET,
            "BOT_TOKEN": BOT_TOKEN,
            "API_BASE": self.api_base or "http://127.0.0.1:9/api/",
        }
        return {**found, "APP_TOKEN": APP_TOKEN} if self._socket else found

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        async with self.far():
            settings: dict[str, Any] = {
                name.lower(): value if name == "API_BASE" else SecretStr(value)
                for name, value in self.settings().items()
            }
            self.adapter = build(settings, self.inside.ports)
            await self.adapter.start()
            try:
                async with serving(*self.adapter.routes()) as self.base:
                    yield self
            finally:
                await self.adapter.stop()

    def direct(self, who: str) -> str:
        return who

    # --- people --------------------------------------------------------------------------------

    def envelope(self, event: dict[str, Any], **more: Any) -> dict[str, Any]:
        self._events += 1
        return {
            "token": "made-up-verification-token",
            "team_id": TEAM,
            "context_team_id": TEAM,
            "context_enterprise_id": None,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev0{self._events:08d}",
            "event_time": 1_763_712_000,
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": TEAM,
                    "user_id": OWN,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": event.get("channel") == OUTER,
            "event_context": "4-made-up",
        } | more

    def _line(self, who: str, text: str, chat: str, thread: str, **more: Any) -> dict[str, Any]:
        stamp = self.space.stamp()
        team = THEIRS if who == ZHAO else TEAM
        kind = "im" if not chat else "channel"
        said = {
            "type": "message",
            "user": who,
            "text": escaped(text),
            "ts": stamp,
            "client_msg_id": f"00000000-0000-4000-8000-{self._events:012d}",
            "team": team,
            "user_team": team,
            "source_team": team,
            "channel": chat or "D" + who[1:],
            "event_ts": stamp,
            "channel_type": kind,
        }
        return said | ({"thread_ts": thread} if thread else {}) | more

    async def say(self, who: str, text: str, *, chat: str = "", thread: str = "") -> int:
        self._said = self._line(who, text, chat, thread)
        return await self.event(self._said)

    async def speak(self, who: str, sound: bytes, *, chat: str = "") -> int:
        file = self.space.keep("audio_message.m4a", "audio/mp4", sound, subtype="slack_audio")
        return await self.event(
            self._line(who, "", chat, "", subtype="file_share", files=[file], upload=False)
        )

    async def edit(self, text: str) -> int:
        stamp = self.space.stamp()
        inner = ("type", "user", "text", "ts", "team", "user_team", "source_team", "thread_ts")
        old = {name: self._said[name] for name in inner if name in self._said}
        new = {**old, "text": escaped(text), "edited": {"user": old["user"], "ts": stamp}}
        self._said = {**self._said, "text": escaped(text)}
        return await self.event(self._hidden(stamp, "message_changed", message=new, old=old))

    async def recall(self) -> int:
        stamp = self.space.stamp()
        inner = ("type", "user", "text", "ts", "team", "user_team", "source_team", "thread_ts")
        old = {name: self._said[name] for name in inner if name in self._said}
        return await self.event(
            self._hidden(stamp, "message_deleted", deleted_ts=self._said["ts"], old=old)
        )

    def _hidden(self, stamp: str, subtype: str, *, old: Any, **more: Any) -> dict[str, Any]:
        where = {name: self._said[name] for name in ("channel", "channel_type")}
        told = {"type": "message", "subtype": subtype, "hidden": True, "ts": stamp}
        return {**told, **where, "event_ts": stamp, "previous_message": old, **more}

    async def tap(self, who: str, label: str, *, chat: str) -> int:
        message, button = self._button(chat, lambda one: one["text"]["text"] == label)
        return await self.interact(self.tapped(who, chat, message, button))

    def tapped(self, who: str, chat: str, message: Any, button: Any) -> dict[str, Any]:
        channel = self.space.channel(chat)
        action = {"type": "button", "action_id": button["action_id"], "text": button["text"]}
        action |= {"action_ts": self.space.stamp(), "block_id": "b1"}
        action |= {"value": button["value"]} if "value" in button else {}
        return {
            "type": "block_actions",
            **self._person(who),
            "container": {
                "type": "message",
                "message_ts": message["ts"],
                "channel_id": channel,
                "is_ephemeral": False,
            },
            "channel": {"id": channel, "name": "directmessage" if channel[0] == "D" else "group"},
            "message": message,
            "response_url": "https://hooks.slack.example/actions/made-up",
            "actions": [action],
        }

    def _person(self, who: str) -> dict[str, Any]:
        self._events += 1
        team = THEIRS if who == ZHAO else TEAM
        return {
            "user": {"id": who, "username": who.lower(), "name": who.lower(), "team_id": team},
            "api_app_id": APP,
            "token": "made-up-verification-token",
            "trigger_id": f"{self._events}.19874698323.abcdef",
            "team": {"id": TEAM, "domain": "keqing"},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _button(self, chat: str, fits: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        for message in reversed(self.space.messages[self.space.channel(chat)]):
            for button in blockkit.buttons(message["blocks"]):
                if fits(button):
                    return message, dict(button)
        raise LookupError("no such button")

    async def fill(self, who: str, values: dict[str, str], *, chat: str) -> int:
        message, button = self._button(chat, lambda one: one["action_id"].startswith("form:"))
        status = await self.interact(self.tapped(who, chat, message, button))
        assert status == 200, "the form did not open"
        return await self.interact(self.submission(who, self.space.views[-1], values))

    def submission(self, who: str, view: Any, values: dict[str, str]) -> dict[str, Any]:
        state: dict[str, Any] = {}
        for block in view["blocks"]:
            if block["type"] != "input":
                continue
            value, element = values.get(block["block_id"]), block["element"]
            filled: dict[str, Any] = {"type": element["type"], "value": value}
            if element["type"] == "datepicker":
                filled = {"type": "datepicker", "selected_date": value}
            if element["type"] == "static_select":
                option = {"text": {"type": "plain_text", "text": str(value)}, "value": value}
                filled = {"type": "static_select", "selected_option": option if value else None}
            state[block["block_id"]] = {element["action_id"]: filled}
        told = {**view, "state": {"values": state}, "app_installed_team_id": TEAM}
        return {"type": "view_submission", **self._person(who), "view": told, "response_urls": []}

    async def added(self, chat: str, by: str) -> int:
        return await self._member(chat, OWN, inviter=by)

    async def joined(self, chat: str, who: str) -> int:
        return await self._member(chat, who)

    async def _member(self, chat: str, who: str, **more: str) -> int:
        told = {"type": "member_joined_channel", "user": who, "channel": chat, "channel_type": "C"}
        team = THEIRS if who == ZHAO else TEAM
        return await self.event({**told, "team": team, "event_ts": self.space.stamp(), **more})

    # --- the wire ------------------------------------------------------------------------------

    async def event(self, event: dict[str, Any], **more: Any) -> int:
        return await self.post(json.dumps(self.envelope(event, **more)).encode())

    async def interact(self, payload: dict[str, Any]) -> int:
        return await self.form({"payload": json.dumps(payload)})

    async def slash(self, who: str, text: str, *, chat: str, **more: str) -> int:
        self._events += 1
        told = {
            "token": "made-up-verification-token",
            "team_id": TEAM,
            "team_domain": "keqing",
            "channel_id": chat,
            "channel_name": "directmessage" if chat[0] == "D" else "group",
            "user_id": who,
            "user_name": who.lower(),
            "command": "/keqing",
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": "https://hooks.slack.example/commands/made-up",
            "trigger_id": f"{self._events}.19874698323.fedcba",
        }
        return await self.form({**told, **more})

    async def form(self, fields: dict[str, str]) -> int:
        return await self.post(
            urlencode(fields).encode(), content_type="application/x-www-form-urlencoded"
        )

    async def again(self) -> int:
        raw, headers = self._last
        headers |= {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}
        return await self.post(raw, content_type=headers["Content-Type"])

    async def post(self, raw: bytes, **changed: Any) -> int:
        return (await self.asked(raw, **changed))[0]

    async def asked(self, raw: bytes, **changed: Any) -> tuple[int, str, Any]:
        """Status, text and headers; `timestamp`, `signature` and `content_type` may be changed."""
        assert self._http is not None
        stamp = changed.get("timestamp", str(int(time.time())))
        headers = {
            "Content-Type": changed.get("content_type", "application/json"),
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": changed.get("signature", signature(stamp, raw)),
        }
        self._last = raw, {name: value for name, value in headers.items() if value is not None}
        url = f"{self.base}/slack/events"
        async with self._http.post(url, data=BytesIO(raw), headers=self._last[1]) as response:
            return response.status, await response.text(), response.headers

    # --- what is to be seen --------------------------------------------------------------------

    def shown(self, chat: str) -> list[Shown]:
        return [self._shown(one) for one in self.space.messages.get(self.space.channel(chat), [])]

    def _shown(self, message: dict[str, Any]) -> Shown:
        buttons = blockkit.buttons(message["blocks"])
        fields = [
            field[0]
            for one in buttons
            if one["action_id"].startswith("form:")
            for field in json.loads(one["value"])["f"]
        ]
        return Shown(
            text=blockkit.words(message["blocks"]),
            buttons=tuple(one["text"]["text"] for one in buttons),
            fields=tuple(fields),
            thread=message.get("thread_ts", ""),
        )
