"""The webhook's web side: what comes in is durable before the 200; what goes out is signed.

People's messages come to `/hooks/message`; systems that tell of a project or of money have an
address and a secret each, and so have systems that rules tell.
"""

import time
from collections.abc import Sequence
from typing import Any, Final

import aiohttp
from aiohttp import web
from pydantic import SecretStr

from adapters.hook import far, inbound, outbound
from adapters.hook.systems import Systems, read
from bot.contract import (
    Budget,
    Busy,
    Can,
    InboundMessage,
    Notice,
    NotSupported,
    Ports,
    Sent,
    StoredFile,
    Target,
    TryLater,
    body_of,
    signing,
)

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_TOLD: Final = 256 * 1024
_REFUSED: Final = {"unreadable": 400, "unknown": 404, "refused": 422}


class HookAdapter:
    """Channel `hook`."""

    channel = inbound.CHANNEL
    can: frozenset[Can] = frozenset({Can.BUTTONS, Can.TABLES})

    def __init__(
        self,
        secret: SecretStr | None,
        push_url: str | None,
        ports: Ports,
        systems: Systems | None = None,
    ) -> None:
        self._secret = secret.get_secret_value().encode() if secret else b""
        self._push_url = push_url
        self._ports = ports
        self._systems = systems or Systems({}, ports.key)
        self._session: aiohttp.ClientSession | None = None

    def routes(self) -> Sequence[web.RouteDef]:
        return [
            web.post("/hooks/message", self._receive),
            web.post("/hooks/{kind:status|money}/{name:[a-z0-9-]+}", self._told),
        ]

    def budgets(self, chat: str) -> Sequence[Budget]:
        if chat.startswith(inbound.SYSTEM):  # so short that nothing is merged: each is an event
            return (Budget(count=100, seconds=10),)
        return (Budget(count=600, seconds=60),)

    def systems(self) -> dict[str, str]:
        return {name: inbound.SYSTEM + name for name in self._systems.names}

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=far.TIMEOUT)
        await self._systems.start()

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
        await self._systems.stop()

    async def _receive(self, request: web.Request) -> web.Response:
        if not self._secret:
            raise web.HTTPNotFound(text="the webhook is closed: no KEQING_HOOK__SECRET is set")
        raw = await body_of(request, MOST_BYTES)
        if not _is_right(self._secret, request, raw):
            return _answer(401, "the signature or its timestamp is wrong")
        try:
            body = inbound.read(raw)
            files = [await self._store(file) for file in body.attachments or []]
            message = inbound.to_message(body, raw, files)
        except (inbound.BadBody, ValueError) as error:
            await self._ports.reject(self.channel, raw, str(error))
            return _answer(400, str(error))
        try:
            delivered = await self._ports.deliver(message)
        except Busy as busy:
            return _answer(429, "too much at once", {"Retry-After": str(busy.after)})
        return web.json_response({"ok": True, "again": delivered.again})

    async def _told(self, request: web.Request) -> web.Response:
        """What a system outside says. Who cannot prove themselves is not even looked up."""
        kind, name = request.match_info["kind"], request.match_info["name"]
        raw = await body_of(request, MOST_TOLD)
        if not _is_right(signing.of_source(self._ports.key, kind, name).encode(), request, raw):
            return _answer(401, "the signature or its timestamp is wrong")
        told = await self._ports.tell(kind, name, raw)
        if told.what not in {"taken", "again"}:
            why = told.why or "there is no such source, or it was stopped"
            return _answer(_REFUSED[told.what], why)
        again = told.what == "again"
        return web.json_response({"ok": True, "again": again, "ignored": told.ignored})

    async def _store(self, file: inbound.RawFile) -> StoredFile:
        return await self._ports.media.put_bytes(file.safe_name(), file.type, file.data())

    def translate(self, raw: bytes) -> Sequence[InboundMessage]:
        """A recorded body as a message, without its files: their bytes are masked away."""
        try:
            return [inbound.to_message(inbound.read(raw), raw)]
        except inbound.BadBody as error:
            raise ValueError(str(error)) from error

    async def send(self, target: Target, notice: Notice, *, key: str) -> Sent:
        """POST a notice; the far side tells repeats by the Idempotency-Key."""
        if target.chat.startswith(inbound.SYSTEM):
            return await self._systems.send(target.chat.removeprefix(inbound.SYSTEM), notice, key)
        if not self._push_url or not self._secret or self._session is None:
            raise TryLater("no KEQING_HOOK__PUSH_URL and secret are set", after=3600)
        body = outbound.body(target, notice, key)
        return await far.post(self._session, self._push_url, body, secret=self._secret, key=key)

    async def find(self, target: Target, key: str) -> Sent | None:  # noqa: ARG002 - the port's shape
        raise NotSupported("the far side tells repeats by the Idempotency-Key")


def _is_right(secret: bytes, request: web.Request, raw: bytes) -> bool:
    return signing.is_right(
        secret,
        request.headers.get(signing.TIMESTAMP, ""),
        request.headers.get(signing.SIGNATURE, ""),
        raw,
        time.time(),
    )


def build(settings: dict[str, Any], ports: Ports) -> HookAdapter:
    systems = Systems(read(settings.get("systems", "")), ports.key)
    return HookAdapter(settings.get("secret"), settings.get("push_url"), ports, systems)


def _answer(status: int, why: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": why}, status=status, headers=headers)
