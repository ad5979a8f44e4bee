"""Phone calls as a channel: a folder of recordings, and a webhook for telephone systems."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from pydantic import ValidationError

from adapters.calls import inbound, pattern
from adapters.calls.folder import Watch
from adapters.calls.reader import CHANNEL, TYPES
from adapters.calls.settings import CallsSettings
from bot import log
from bot.contract import (
    Budget,
    Busy,
    Can,
    Check,
    InboundMessage,
    Notice,
    NotSupported,
    Ports,
    RemoteFile,
    Sent,
    StoredFile,
    Target,
    body_of,
    signing,
)
from bot.texts import Text

MOST_BYTES: Final = 12 * 1024 * 1024
HOLD: Final = "calls.folder"

_OPEN: Final = Text(
    "录音 Webhook 已开启：POST /calls/recordings",
    "the webhook for recordings is open: POST /calls/recordings",
)
_FOLDER: Final = Text(
    "录音文件夹 {folder}：可以读取，目前有 {count} 段录音",
    "folder of recordings {folder}: can be read, there are {count} recordings",
)
_NO_FOLDER: Final = Text(
    "没有录音文件夹 {folder}：建好它，或改 KEQING_CALLS__FOLDER（容器里要挂载）",
    "there is no folder {folder}: make it, or change KEQING_CALLS__FOLDER (mount it in a container)",
)
_CLOSED_FOLDER: Final = Text(
    "录音文件夹 {folder} 无法读取（{why}）：给运行本程序的用户读权限",
    "folder {folder} cannot be read ({why}): let the user that this program runs as read it",
)

_log = log.get("calls")


class CallsAdapter:
    """Channel `calls`."""

    channel = CHANNEL
    can: frozenset[Can] = frozenset()

    def __init__(self, settings: CallsSettings, ports: Ports) -> None:
        self._folder = settings.folder
        self._pattern = pattern.compiled(settings.pattern)
        self._secret = settings.secret.get_secret_value().encode() if settings.secret else b""
        self._hosts = tuple(settings.hosts)
        self._ports = ports

    def routes(self) -> Sequence[web.RouteDef]:
        return [web.post("/calls/recordings", self._receive)]

    def budgets(self, chat: str) -> Sequence[Budget]:  # noqa: ARG002 - nothing is sent
        return ()

    async def start(self) -> None:
        """Nothing to open: the folder is watched by `work`."""

    async def stop(self) -> None:
        """Nothing to close."""

    async def work(self) -> None:
        """Watches the folder; where none is set it waits, since a worker runs until cancelled."""
        if self._folder is not None:
            await self._ports.hold(HOLD, self._watch)
        await asyncio.Event().wait()

    async def _watch(self) -> None:
        if self._folder is not None:
            await Watch(self._folder, self._pattern, self._ports).run()

    async def _receive(self, request: web.Request) -> web.Response:
        if not self._secret:
            return _answer(404, "calls are closed: no KEQING_CALLS__SECRET is set")
        raw = await body_of(request, MOST_BYTES)
        stamp = request.headers.get(signing.TIMESTAMP, "")
        signature = request.headers.get(signing.SIGNATURE, "")
        if not signing.is_right(self._secret, stamp, signature, raw, time.time()):
            return _answer(401, "the signature or its timestamp is wrong")
        try:
            return await self._taken(raw)
        except Busy as busy:
            return _answer(429, "too much at once", busy.after)
        except Exception as error:  # noqa: BLE001 - whatever breaks inside, they are told to come again
            _log.warning("calls.not_stored", error=type(error).__name__)
            return _answer(503, "it could not be stored; send it again", 5)

    async def _taken(self, raw: bytes) -> web.Response:
        try:
            call = inbound.read(raw)
            data = call.data()
        except inbound.BadBody as error:
            await self._ports.reject(self.channel, raw, str(error))
            return _answer(400, str(error))
        stored = await self._ports.media.put_bytes(*call.file(data), data) if data else None
        delivered = await self._ports.deliver(inbound.to_message(call, raw, stored))
        return web.json_response({"ok": True, "again": delivered.again})

    @property
    def on(self) -> bool:
        return bool(self._folder or self._secret)

    async def check(self) -> Sequence[Check]:
        """What `keqing doctor` shows: the folder, and whether the webhook is open."""
        found = [Check(True, _OPEN)] if self._secret else []
        if self._folder is not None:
            found.append(await asyncio.to_thread(_looked_at, self._folder))
        return found

    def translate(self, raw: bytes) -> Sequence[InboundMessage]:
        """A recorded body as a message, without the recording: its bytes are not in it."""
        try:
            return [inbound.to_message(inbound.read(raw), raw)]
        except inbound.BadBody as error:
            raise ValueError(str(error)) from error

    async def fetch(self, file: RemoteFile) -> StoredFile:
        """The recording that a body named; asked of the hosts that are set, and of no other."""
        if file.type == inbound.SOUND:
            # Who has it knows what it is.
            file = file.model_copy(update={"type": inbound.GENERIC})
        return await self._ports.download(file.ref, file, origins=self._hosts)

    async def send(self, target: Target, notice: Notice, *, key: str) -> Sent:  # noqa: ARG002
        raise NotSupported("nothing can be said into a phone line")

    async def find(self, target: Target, key: str) -> Sent | None:  # noqa: ARG002 - nothing is sent
        raise NotSupported("nothing can be said into a phone line")


def build(settings: dict[str, Any], ports: Ports) -> CallsAdapter:
    try:
        return CallsAdapter(CallsSettings(**settings), ports)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"calls.{place}: {first['msg']}") from None


def _looked_at(folder: Path) -> Check:
    facts = {"folder": str(folder)}
    try:
        names = [one.name for one in folder.iterdir() if one.suffix.lower() in TYPES]
    except FileNotFoundError:
        return Check(False, _NO_FOLDER, facts)
    except OSError as error:
        return Check(False, _CLOSED_FOLDER, {**facts, "why": error.strerror})
    return Check(True, _FOLDER, {**facts, "count": len(names)})


def _answer(status: int, why: str, after: float | None = None) -> web.Response:
    headers = {} if after is None else {"Retry-After": str(after)}
    return web.json_response({"error": why}, status=status, headers=headers)
