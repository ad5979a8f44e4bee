"""The intelligent robot, running: its far side, our routes, and what is ours of it."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from adapters.wecom import adapter as wecom
from adapters.wecom.crypto import Crypto
from bot.contract import Notice, StoredFile, Target
from tests.adapters.wecom.harness import AES_KEY, Heard
from tests.adapters.wecom.robot_stand_in import BOT, SECRET, RobotFar
from tests.contract.harness import Media, Shared, serving
from tests.contract.platform import Shown

ROBOT_TOKEN = "robotTokenMadeUp"
LI = "robot:LiLei"
GROUP = "robot:wrOgQhDgAAcwMTB7YmDkbeBsgT_AAAA1"


class OnDisk(Media):
    """Files that have paths."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root

    async def put_bytes(self, name: str, type_: str, data: bytes) -> StoredFile:
        sha256 = hashlib.sha256(data).hexdigest()
        (self.root / sha256).write_bytes(data)
        return await super().put_bytes(name, type_, data)

    def path(self, sha256: str) -> Path:
        return self.root / sha256


class RobotSide:
    def __init__(self, *, listens: bool = True, connects: bool = False, app: bool = False) -> None:
        self.inside: Heard = Heard()
        self.far = RobotFar()
        self.shared = Shared()
        self.crypto = Crypto.of(ROBOT_TOKEN, AES_KEY, "")
        self.listens, self.connects, self.app = listens, connects, app
        self.api = ""
        self.base = ""
        self.http: ClientSession
        self.adapter: wecom.WeComAdapter

    def settings(self) -> dict[str, Any]:
        callback = {"robot_token": ROBOT_TOKEN, "robot_encoding_aes_key": AES_KEY}
        ws = self.api.replace("http", "ws", 1) + "/robot-ws"
        connection = {"robot_id": BOT, "robot_secret": SECRET, "robot_ws": ws}
        app = {"corp_id": "ww1", "agent_id": "1000002", "secret": "made-up-1"}
        return {
            "api_base": self.api,
            **(callback if self.listens else {}),
            **(connection if self.connects else {}),
            **(app if self.app else {}),
        }

    @asynccontextmanager
    async def running(self) -> AsyncIterator["RobotSide"]:
        async with serving(*self.far.routes()) as self.api, ClientSession() as self.http:
            self.adapter = wecom.build(self.settings(), self.inside.ports)
            await self.adapter.start()
            async with serving(*self.adapter.routes()) as self.base:
                working = asyncio.create_task(self.adapter.work())
                try:
                    if self.connects:
                        await self.far.subscribed.wait()
                    yield self
                finally:
                    working.cancel()
                    await asyncio.gather(working, return_exceptions=True)
                    await self.adapter.stop()

    async def post(self, given: Any, **changed: Any) -> tuple[int, bytes]:
        raw = given if isinstance(given, bytes) else json.dumps(given).encode()
        encrypted = changed.get("encrypted", self.crypto.encrypt(raw))
        timestamp = changed.get("timestamp", str(int(time.time())))
        signature = changed.get("signature", self.crypto.sign(timestamp, "n", encrypted))
        query = {"msg_signature": signature, "timestamp": timestamp, "nonce": "n"}
        body = changed.get("body", json.dumps({"encrypt": encrypted}).encode())
        url = f"{self.base}/wecom/robot"
        async with self.http.post(url, params=query, data=BytesIO(body)) as response:
            return response.status, await response.read()

    async def say(self, text: str, group: str = "", *, url: bool = True) -> dict[str, Any]:
        """李雷 writes; the body that was posted."""
        body = self.far.body("LiLei", group=group, text={"content": text})
        if url:
            body["response_url"] = self.far.url(self.api, f"robot:{group or 'LiLei'}")
        assert (await self.post(body))[0] == 200
        return body

    async def frame(self, body: Any, cmd: str = "aibot_msg_callback") -> str:
        """A frame comes in, and is delivered or refused."""
        known = len(self.inside.delivered)
        request = await self.far.push(body, cmd)
        await self.inside.grown(known)
        return request

    async def send(self, notice: Notice, chat: str = LI, key: str = "k", place: str = ""):
        return await self.adapter.send(Target(chat=chat, place=place), notice, key=key)

    def shown(self, chat: str = LI) -> list[Shown]:
        return [line.shown() for line in self.far.lines if line.chat == chat]
