"""Slack's web side: what comes in is durable before the 200; what goes out is said once."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from aiohttp import web

from adapters.slack import directory, doctor, files, signing
from adapters.slack.api import Api
from adapters.slack.inbound import CHANNEL, BadEvent
from adapters.slack.intake import Answer, Intake, loaded, messages, packed, payload_of
from adapters.slack.sending import Sending
from adapters.slack.settings import SlackSettings
from adapters.slack.socketmode import Socket
from bot import clock, log
from bot.contract import (
    Budget,
    Can,
    Check,
    Colleague,
    InboundMessage,
    Notice,
    Ports,
    RemoteFile,
    Sent,
    StoredFile,
    Target,
    TryLater,
    body_of,
)

PATH: Final = "/slack/events"
MOST_BYTES: Final = 2 * 1024 * 1024
_BUDGET: Final = Budget(count=1, seconds=1)

_log = log.get("slack")


class SlackAdapter:
    """Channel `slack`."""

    channel = CHANNEL
    can: frozenset[Can] = frozenset({Can.BUTTONS, Can.TABLES, Can.FORMS, Can.CHANGES, Can.CHARTS})

    def __init__(self, settings: SlackSettings, ports: Ports) -> None:
        secret, bot, app = settings.signing_secret, settings.bot_token, settings.app_token
        self.on = settings.on
        self._ports = ports
        self._base = settings.api_base
        self._secret = secret.get_secret_value().encode() if secret and self.on else b""
        self._app_token = app.get_secret_value() if app and self.on else ""
        self._api = Api(settings.api_base, bot.get_secret_value() if bot else "")
        self._intake = Intake(ports)
        self._sending = Sending(self._api)

    def __repr__(self) -> str:
        return f"SlackAdapter(on={self.on})"

    def budgets(self, chat: str) -> Sequence[Budget]:  # noqa: ARG002 - the same for every chat
        return (_BUDGET,)

    def routes(self) -> Sequence[web.RouteDef]:
        return [web.post(PATH, self._receive)]

    async def start(self) -> None:
        if not self.on:
            return
        await self._api.start()
        from adapters.slack.bolt import Listeners  # noqa: PLC0415 - Bolt is no cost where Slack is off

        self._intake.interactions = Listeners(self._intake, self._api)

    async def stop(self) -> None:
        await self._api.stop()

    async def work(self) -> None:
        """Holds the socket; where there is none it waits, since a worker runs until cancelled."""
        if self._app_token:
            await Socket(self._api, self._app_token, self._taken).work()
        await asyncio.Event().wait()

    async def _receive(self, request: web.Request) -> web.Response:
        if not self._secret:
            raise web.HTTPNotFound(text="Slack is closed: no KEQING_SLACK__SIGNING_SECRET is set")
        raw = await body_of(request, MOST_BYTES)
        stamp = request.headers.get(signing.TIMESTAMP, "")
        signature = request.headers.get(signing.SIGNATURE, "")
        if not signing.is_right(self._secret, stamp, signature, raw, time.time()):
            return web.json_response({"error": "the signature or its time is wrong"}, status=401)
        kind = request.content_type
        try:
            payload = payload_of(kind, raw, stamp)
        except BadEvent as error:
            await self._ports.reject(CHANNEL, raw, str(error))
            return web.Response()
        body = raw if payload.get("type") == "event_callback" else packed(payload)
        return _response(await self._taken(payload, body))

    async def _taken(self, payload: dict[str, Any], raw: bytes) -> Answer:
        """Whatever goes wrong inside, Slack is told to come again."""
        try:
            return await self._intake.take(payload, raw)
        except Exception as error:  # noqa: BLE001 - the edge: the event stays with Slack
            _log.error("slack.not_taken", error=type(error).__name__)
            return Answer(500)

    async def send(self, target: Target, notice: Notice, *, key: str) -> Sent:
        self._must_be_on()
        return await self._sending.send(target, notice, key)

    async def find(self, target: Target, key: str) -> Sent | None:
        self._must_be_on()
        return await self._sending.find(target, key)

    def translate(self, raw: bytes) -> Sequence[InboundMessage]:
        try:
            return messages(loaded(raw), raw)
        except BadEvent as error:
            raise ValueError(str(error)) from None

    async def fetch(self, file: RemoteFile) -> StoredFile:
        self._must_be_on()
        return await files.fetch(self._api, self._ports.download, file, self._base)

    async def check(self) -> Sequence[Check]:
        if not self.on:
            return []
        return await doctor.checks(self._api, self._app_token, clock.now())

    async def colleagues(self) -> AsyncIterator[Colleague]:
        self._must_be_on()
        async for one in directory.colleagues(self._api):
            yield one

    def _must_be_on(self) -> None:
        if not self.on:
            raise TryLater("no KEQING_SLACK__BOT_TOKEN and secret are set", after=3600)


def build(settings: dict[str, Any], ports: Ports) -> SlackAdapter:
    return SlackAdapter(SlackSettings.model_validate(settings), ports)


def _response(answer: Answer) -> web.Response:
    if answer.data is None:
        return web.Response(status=answer.status, headers=dict(answer.headers))
    return web.json_response(answer.data, status=answer.status, headers=dict(answer.headers))
