"""`/wecom/robot`: the intelligent robot by callbacks. As `/wecom/callback`, in JSON.

Every message is acknowledged with an empty 200 and answered later by its `response_url`; a poll for
a streamed answer, which we never begin, is told that it is finished.
"""

import secrets
import time
from typing import Final

from aiohttp import web

from adapters.wecom import chats, robot_inbound, wire
from adapters.wecom.callback import MOST_BYTES, echoed, refused, signed_of
from adapters.wecom.crypto import BadSignature, Crypto
from adapters.wecom.inbound import Unreadable
from adapters.wecom.robot_inbound import Came, Heard
from adapters.wecom.robot_marks import Chats
from bot import log
from bot.contract import Busy, Ports, body_of

_log = log.get("wecom.robot")
_MOST_WHY: Final = 500


class Ears:
    """What is heard goes to the inbox, by whichever way it came."""

    def __init__(self, ports: Ports, marks: Chats, *, app: bool, name: str) -> None:
        self._ports = ports
        self._marks = marks
        self._app = app
        self._name = name

    async def hear(self, given: object, came: Came) -> Heard:
        """Returns once it is durable, or kept as unreadable; raises what storing raises."""
        try:
            heard = robot_inbound.read(given, came, app=self._app, name=self._name)
        except Unreadable as error:
            _log.warning("wecom.unread", why=str(error)[:200])
            kept = robot_inbound.raw(given, came)
            await self._ports.reject(chats.CHANNEL, kept, str(error)[:_MOST_WHY])
            return Heard()
        if heard.message:
            # Before the message: its answer may be on its way as soon as it is delivered.
            _, id_ = chats.split(heard.message.chat)
            await self._marks.learn(id_, heard, came.at)
            await self._ports.deliver(heard.message)
        return heard

    async def hear_frame(self, given: object, came: Came) -> None:
        await self.hear(given, came)


class RobotCallback:
    def __init__(self, crypto: Crypto | None, ears: Ears, ports: Ports) -> None:
        self._crypto = crypto
        self._ears = ears
        self._ports = ports

    async def verify(self, request: web.Request) -> web.Response:
        return echoed(self._open(), request)

    async def receive(self, request: web.Request) -> web.Response:
        crypto = self._open()
        plain = await self._unsealed(crypto, request)
        try:
            given = wire.loads(plain)
        except ValueError as error:
            await self._ports.reject(chats.CHANNEL, plain, f"not JSON: {error}"[:_MOST_WHY])
            return web.Response()
        try:
            heard = await self._ears.hear(given, Came(time.time()))
        except Busy as busy:
            return web.Response(status=429, headers={"Retry-After": str(busy.after)})
        return _finished(crypto, heard.stream) if heard.stream else web.Response()

    def _open(self) -> Crypto:
        if self._crypto is None:
            raise web.HTTPNotFound(
                text="closed: robot_token and robot_encoding_aes_key are not both set"
            )
        return self._crypto

    @staticmethod
    async def _unsealed(crypto: Crypto, request: web.Request) -> bytes:
        signed = signed_of(request)
        if not signed.signature or not signed.is_fresh(time.time()):
            raise refused(BadSignature("the signature is missing or its timestamp is too old"))
        raw = await body_of(request, MOST_BYTES)
        try:
            sealed = wire.as_text(wire.as_object(wire.loads(raw)).get("encrypt"))
            return crypto.open(signed, sealed, time.time())
        except (BadSignature, ValueError) as error:
            raise refused(error) from None


def _finished(crypto: Crypto, stream: str) -> web.Response:
    answer = {"msgtype": "stream", "stream": {"id": stream, "finish": True, "content": ""}}
    sealed = crypto.encrypt(wire.dumps(answer))
    timestamp, nonce = str(int(time.time())), secrets.token_hex(8)
    return web.json_response(
        {
            "encrypt": sealed,
            "msgsignature": crypto.sign(timestamp, nonce, sealed),
            "timestamp": int(timestamp),
            "nonce": nonce,
        }
    )
