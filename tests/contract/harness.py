"""Both ends of a channel: what the adapter asks of us, and the platform on the other side.

The far side is strict: it takes signed pushes only, one message per key, and fails as it is told.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession, web
from pydantic import SecretStr

from adapters.hook import adapter as hook
from adapters.web import adapter as own
from bot.contract import (
    MOST_FILE,
    Adapter,
    ChannelName,
    Delivered,
    InboundMessage,
    Notice,
    Ports,
    RemoteFile,
    StoredFile,
    Token,
    Told,
    signing,
)
from bot.download import Downloads
from bot.sharing import OwnChats
from storage import chat_log
from storage.db import Database
from tests import play

SECRET: Final = play.SECRET.decode()
TEXTS: Final = {
    "emoji": "👩‍👩‍👧‍👦 🇨🇳 👍🏽",
    "chinese": "你好，三期进度如何？𠮷野家",
    "right to left": "\u202eمرحبا\u202c שלום",
    "code": "```\n<b>&amp;</b> {{x}} %s $1 \\n 'quote' \"\n```",
    "long": "长" * 1_000_000,
    "blank": " \t\r\n\u3000\u200b\ufeff",
}
"""Texts that must survive both ways."""


class Media:
    """Files in memory."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    async def put(self, name: str, type_: str, chunks: AsyncIterator[bytes]) -> StoredFile:
        return await self.put_bytes(name, type_, b"".join([chunk async for chunk in chunks]))

    async def put_bytes(self, name: str, type_: str, data: bytes) -> StoredFile:
        sha256 = hashlib.sha256(data).hexdigest()
        self.files[sha256] = data
        return StoredFile(name=name, type=type_, size=len(data), sha256=sha256)

    def path(self, sha256: str) -> Path:
        raise FileNotFoundError(sha256)


class Shared:
    """What replicas share, where there is one: tokens, cursors, holds."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}
        self.cursors: dict[str, str] = {}
        self._one = asyncio.Lock()

    async def get(
        self,
        name: str,
        ask: Callable[[], Awaitable[Token]] | None = None,
        *,
        refused: str = "",
    ) -> str:
        if ask is None:
            return self.cursors.get(name, "")
        async with self._one:
            if self.tokens.get(name, refused) == refused:
                self.tokens[name] = (await ask()).value
            return self.tokens[name]

    async def put(self, name: str, value: str) -> None:
        self.cursors[name] = value

    async def hold(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        await work()


class Inside:
    """Our side of the border: keeps what is delivered and refused; `hurdle` comes before storing."""

    def __init__(self, chats: OwnChats | None = None) -> None:
        self.delivered: list[InboundMessage] = []
        self.rejected: list[tuple[str, bytes, str]] = []
        self.told: list[tuple[str, str, bytes]] = []
        self.media = Media()
        self.hurdle: Exception | asyncio.Event | None = None
        self._chats = chats

    @property
    def ports(self) -> Ports:
        shared = Shared()
        return Ports(
            self.deliver,
            self.reject,
            self.media,
            self,
            shared,
            shared,
            shared.hold,
            self.download,
            self.key,
            self.tell,
        )

    async def tell(self, kind: str, name: str, body: bytes) -> Told:
        self.told.append((kind, name, body))
        return Told("taken")

    def key(self, purpose: str) -> bytes:
        return hashlib.sha256(purpose.encode()).digest()

    async def download(
        self,
        url: str,
        file: RemoteFile,
        *,
        origins: Sequence[str],
        headers: Mapping[str, str] | None = None,
        most: int = MOST_FILE,
    ) -> StoredFile:
        """The real one, into the files in memory."""
        return await Downloads(self.media)(url, file, origins=origins, headers=headers, most=most)

    async def deliver(self, message: InboundMessage) -> Delivered:
        if isinstance(self.hurdle, Exception):
            raise self.hurdle
        if self.hurdle is not None:
            await self.hurdle.wait()
        again = message.event_id in {one.event_id for one in self.delivered}
        self.delivered.append(message)
        return Delivered(inbox_id=len(self.delivered), again=again)

    async def reject(self, channel: ChannelName, raw: bytes, why: str) -> None:
        self.rejected.append((channel, raw, why))

    async def append(self, chat: str, notice: Notice, *, key: str, place: str = "") -> str:
        assert self._chats is not None, "this channel keeps no chats with us"
        return await self._chats.append(chat, notice, key=key, place=place)


class FarSide:
    """The other system: one message per Idempotency-Key, signed with the secret or refused."""

    def __init__(self) -> None:
        self.messages: dict[str, dict[str, Any]] = {}
        self.keys: list[str] = []
        """Keys of all arrivals, repeats included."""
        self.came = asyncio.Event()
        self.bodies: list[bytes] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        """How the next arrivals are answered instead; 0: not at all, 1: the line is cut."""
        self.visits: list[str] = []
        self.left = asyncio.Event()
        """Set once a caller that got no answer has gone."""

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.visits.append(request.path)
        if not _signed(request, body):
            return web.Response(status=401)
        key = request.headers["Idempotency-Key"]
        self.keys.append(key)
        self.came.set()
        self.bodies.append(body)
        status, headers = self.answers.pop(0) if self.answers else (200, {})
        if status == 0:
            try:
                await asyncio.sleep(60)
            finally:
                self.left.set()
        if status == 1:
            assert request.transport is not None
            request.transport.abort()
        if status == 200:
            self.messages.setdefault(key, json.loads(body))
            headers = {"X-Message-Id": f"far-{list(self.messages).index(key)}"}
        return web.Response(status=status or 200, headers=headers)


def _signed(request: web.Request, body: bytes) -> bool:
    """Checked with a second implementation, so that both ends cannot be wrong together."""
    timestamp = request.headers.get("X-Keqing-Timestamp", "")
    fresh = timestamp.isdecimal() and abs(time.time() - int(timestamp)) < 300
    expected = play.signed(body, at=float(timestamp or 0))["X-Keqing-Signature"]
    return fresh and request.headers.get("X-Keqing-Signature") == expected


@asynccontextmanager
async def serving(*routes: web.RouteDef) -> AsyncIterator[str]:
    """Serve routes on loopback; gives the address."""
    application = web.Application(client_max_size=16 * 1024**2)
    application.add_routes(routes)
    async with served(application) as address:
        yield address


@asynccontextmanager
async def served(application: web.Application) -> AsyncIterator[str]:
    """Serve an application on loopback; gives the address."""
    runner = web.AppRunner(
        application, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
    )
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Hook:
    """The webhook with both of its ends on real HTTP."""

    name = "hook"

    def __init__(self, secret: str | None = SECRET) -> None:
        self.inside = Inside()
        self.far = FarSide()
        self.secret = secret
        self.adapter: Adapter
        self.url = ""
        self.http: ClientSession

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Hook"]:
        far = web.post("/pushes", self.far.take)
        strayed = web.route("*", "/elsewhere", self.far.take)
        async with serving(far, strayed) as there:
            self.adapter = self.made(f"{there}/pushes")
            await self.adapter.start()
            try:
                async with serving(*self.adapter.routes()) as here, ClientSession() as self.http:
                    self.url = f"{here}/hooks/message"
                    yield self
            finally:
                await self.adapter.stop()

    def made(self, push_url: str | None) -> Adapter:
        secret = SecretStr(self.secret) if self.secret else None
        return hook.build({"secret": secret, "push_url": push_url}, self.inside.ports)

    async def post(self, raw: bytes, headers: dict[str, str] | None = None) -> tuple[int, Any, Any]:
        """Status, headers and JSON (None where it is none) of a request; signed unless told."""
        signed = play.signed(raw) if headers is None else headers
        async with self.http.post(self.url, data=BytesIO(raw), headers=signed) as response:
            is_json = response.content_type == "application/json"
            return response.status, response.headers, await response.json() if is_json else None

    async def there(self) -> dict[str, str]:
        """What the far side shows: key → words."""
        return {key: one["text"] for key, one in self.far.messages.items()}


class Web:
    """Members' own chats, kept in the database."""

    name = "web"

    def __init__(self, db: Database) -> None:
        self.db = db
        self.inside = Inside(OwnChats(db))
        self.adapter: Adapter = own.build({}, self.inside.ports)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Web"]:
        await self.adapter.start()
        yield self
        await self.adapter.stop()

    async def there(self) -> dict[str, str]:
        async with self.db.transaction() as session:
            lines = await chat_log.newest(session, "room")
        notices = {line.key: Notice.model_validate_json(line.body) for line in lines}
        return {key: f"{n.title}\n{n.text}".lstrip("\n") for key, n in notices.items()}


def timestamp(seconds_ago: float = 0) -> str:
    return str(int(time.time() - seconds_ago))


def headers(raw: bytes, **changed: str) -> dict[str, str]:
    """Right headers, but for what is changed."""
    right = {signing.TIMESTAMP: timestamp()}
    right |= {k: v for k, v in changed.items() if k == signing.TIMESTAMP}
    right[signing.SIGNATURE] = signing.sign(SECRET.encode(), right[signing.TIMESTAMP], raw)
    return {**right, **changed}
