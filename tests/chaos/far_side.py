"""The other system: it counts what is pushed to it, and is as unreliable as others' systems are."""

import asyncio
import json
from collections import Counter
from random import Random
from typing import Self

from aiohttp import web

from benchmarks.installation import free_port


class FarSide:
    """Takes pushes; `taken` counts every arrival by Idempotency-Key, repeats included."""

    def __init__(self, seed: int) -> None:
        self._dice = Random(seed)
        self.kind = False
        """Answers at once and well; otherwise three arrivals in ten go wrong somehow."""
        self.taken: Counter[str] = Counter()
        self.chats: dict[str, str] = {}
        """Key → chat."""
        self.changed: list[str] = []
        """Keys that came with another body than before."""
        self._bodies: dict[str, bytes] = {}
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/pushes"

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.add_routes([web.post("/pushes", self._take)])
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        key, body = request.headers["Idempotency-Key"], await request.read()
        fate = 1.0 if self.kind else self._dice.random()
        if fate < 0.08:
            return web.Response(status=503)
        self.taken[key] += 1
        self.chats[key] = json.loads(body)["chat"]
        if self._bodies.setdefault(key, body) != body:
            self.changed.append(key)
        if fate < 0.16:  # taken, and the answer is lost
            if request.transport is not None:
                request.transport.abort()
        elif fate < 0.24:
            return web.Response(status=500)
        elif fate < 0.34:
            await asyncio.sleep(self._dice.uniform(0.2, 1.0))
        return web.Response(headers={"X-Message-Id": f"far-{key}"})
