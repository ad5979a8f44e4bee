"""A telephone system: recordings as it makes them, a folder that it fills, a webhook that it calls."""

import io
import json
import math
import struct
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from pydantic import SecretStr

from adapters.calls import adapter as calls
from adapters.calls.folder import Watch
from tests import play
from tests.contract.harness import Inside, Media, serving

STARTED = "2026-11-20T14:03:22+08:00"


def wav(tone: int = 440, seconds: float = 0.05) -> bytes:
    """A sound as telephones have it: 8 kHz, 16 bits, one channel; another tone is another file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        count = int(8000 * seconds)
        samples = (int(9000 * math.sin(2 * math.pi * tone * n / 8000)) for n in range(count))
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return file.getvalue()


class CountingMedia(Media):
    """Counts what is read into it."""

    def __init__(self) -> None:
        super().__init__()
        self.puts = 0

    async def put_bytes(self, name, type_, data):
        self.puts += 1
        return await super().put_bytes(name, type_, data)


class Line(Inside):
    """Our side, with a folder that is looked at when told."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.media = CountingMedia()
        self.folder = folder
        self.kept = self.ports
        self.restart()

    def restart(self, own=None) -> None:
        """Another process takes over, with the same cursors."""
        self.watch = Watch(self.folder, own, self.kept, look_s=0.01)

    def put(self, name: str, data: bytes | None = None) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wav() if data is None else data)
        return path

    async def looks(self, times: int = 3) -> None:
        for _ in range(times):
            await self.watch._round()

    @property
    def cursor(self) -> str:
        return self.kept.cursors.cursors.get("calls.folder", "")


class Pbx:
    """A telephone system that posts to us over HTTP."""

    def __init__(self, secret: str | None = play.SECRET.decode(), hosts: list[str] | None = None):
        self.inside = Inside()
        told = SecretStr(secret) if secret else None
        self.adapter = calls.build({"secret": told, "hosts": hosts or []}, self.inside.ports)
        self.http: ClientSession
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Pbx"]:
        async with serving(*self.adapter.routes()) as here, ClientSession() as self.http:
            self.url = f"{here}/calls/recordings"
            yield self

    async def post(self, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        signed = play.signed(raw) if headers is None else headers
        async with self.http.post(self.url, data=io.BytesIO(raw), headers=signed) as response:
            is_json = response.content_type == "application/json"
            return response.status, await response.json() if is_json else await response.text()


def call(**more: Any) -> dict[str, Any]:
    return {
        "id": "c-1",
        "caller": "13800001111",
        "callee": "6021",
        "direction": "in",
        "started_at": STARTED,
        **more,
    }
