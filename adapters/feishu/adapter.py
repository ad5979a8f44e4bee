"""Channel `feishu`: Feishu 飞书, and Lark by another address."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from aiohttp import web

from adapters.feishu import directory, doctor, files, inbound
from adapters.feishu.api import Api
from adapters.feishu.connection import Connection
from adapters.feishu.errors import Fault
from adapters.feishu.events import BadEvent
from adapters.feishu.gate import Challenge, Gate, Stranger
from adapters.feishu.intake import Intake
from adapters.feishu.sender import Sender
from adapters.feishu.settings import FeishuSettings
from bot import clock
from bot.contract import (
    PAGE,
    Budget,
    Busy,
    Can,
    Check,
    Colleague,
    InboundMessage,
    Notice,
    NotSupported,
    Ports,
    RemoteFile,
    Sent,
    StoredFile,
    Target,
    TryLater,
    body_of,
)

MOST_BYTES: Final = 2 * 1024 * 1024
_BUDGETS: Final = (
    Budget(count=5, seconds=1),
    Budget(count=50, seconds=1, across=""),
    Budget(count=1000, seconds=60, across=""),
)
_OFF: Final = "Feishu is off: no KEQING_FEISHU__APP_ID and secret are set"


class FeishuAdapter:
    """Events come to `/feishu/events` or over the long connection; both are the same to us."""

    channel = inbound.CHANNEL
    can: frozenset[Can] = frozenset({Can.BUTTONS, Can.TABLES, Can.FORMS, Can.CHANGES, Can.CHARTS})

    def __init__(self, settings: FeishuSettings, ports: Ports) -> None:
        self.on = settings.on
        self._settings = settings
        self._ports = ports
        self._gate = Gate(
            settings.encrypt_key.get_secret_value(),
            settings.verification_token.get_secret_value(),
        )
        self._api = Api(settings.api_base, settings.app_id, settings.app_secret, ports.tokens)
        self._intake = Intake(self._api, ports)
        self._sender = Sender(self._api)
        self._asking: asyncio.Task[str] | None = None

    def budgets(self, chat: str) -> Sequence[Budget]:  # noqa: ARG002 - the same for all chats
        return _BUDGETS

    def routes(self) -> Sequence[web.RouteDef]:
        return [web.post("/feishu/events", self._receive)]

    async def start(self) -> None:
        """Feishu is asked for our own id beside the start, which does not wait for it."""
        self._api.open()
        if self.on:
            self._asking = asyncio.create_task(self._intake.own_id())

    async def stop(self) -> None:
        asking, self._asking = self._asking, None
        if asking is not None:
            asking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asking
        await self._api.close()

    async def work(self) -> None:
        """The long connection, where the settings want it."""
        if not (self.on and self._settings.long_connection):
            await asyncio.Event().wait()
        await Connection(self._api, self._intake.take).run()

    async def _receive(self, request: web.Request) -> web.Response:
        if not self.on or self._gate.closed:
            raise web.HTTPNotFound(text="Feishu is off, or has neither encrypt key nor token")
        body = await body_of(request, MOST_BYTES)
        try:
            opened = self._gate.open(request.headers, body, clock.now().timestamp())
        except Stranger as stranger:
            return _answer(401, str(stranger))
        except BadEvent as error:
            await self._ports.reject(self.channel, body, str(error))
            return web.json_response({})
        if isinstance(opened, Challenge):
            return web.json_response({"challenge": opened.answer})
        try:
            return web.json_response(await self._intake.take(opened))
        except Busy as busy:
            return _answer(429, "too much at once", {"Retry-After": str(busy.after)})
        except TryLater as error:
            return _answer(503, str(error))

    def translate(self, raw: bytes) -> Sequence[InboundMessage]:
        return inbound.to_messages(raw)

    async def send(self, target: Target, notice: Notice, *, key: str) -> Sent:
        if not self.on:
            raise TryLater(_OFF, after=3600)
        if target.place == PAGE:
            raise NotSupported("Feishu shows no page of ours beside the chat")
        return await self._sender.send(target, notice, key)

    async def find(self, target: Target, key: str) -> Sent | None:  # noqa: ARG002 - the port's shape
        raise NotSupported("Feishu tells repeats by their uuid")

    async def fetch(self, file: RemoteFile) -> StoredFile:
        if not self.on:
            raise TryLater(_OFF, after=3600)
        try:
            return await files.fetch(self._api, self._ports.download, file)
        except Fault as fault:
            raise fault.for_outbox("en") from None

    async def check(self) -> Sequence[Check]:
        return await doctor.check(
            self._api,
            on=self.on,
            encrypted=bool(self._settings.encrypt_key.get_secret_value()),
            by_token=bool(self._settings.verification_token.get_secret_value()),
            long_connection=self._settings.long_connection,
            now=clock.now,
        )

    async def colleagues(self) -> AsyncIterator[Colleague]:
        if not self.on:
            raise TryLater(_OFF, after=3600)
        async for one in directory.colleagues(self._api):
            yield one


def build(settings: dict[str, Any], ports: Ports) -> FeishuAdapter:
    return FeishuAdapter(FeishuSettings.model_validate(settings), ports)


def _answer(status: int, why: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": why}, status=status, headers=headers)
