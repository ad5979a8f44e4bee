"""`/wecom/callback`: signature first, then storing, then the empty 200 that acknowledges.

Anything but 200 is a failure to WeCom, which then repeats three times. So what is right and
unreadable is kept and answered 200 too.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from adapters.wecom import chats, envelope, inbound
from adapters.wecom.crypto import BadSignature, Crypto, Signed
from bot import log
from bot.contract import Busy, Ports, body_of

MOST_BYTES: Final = 2 * 1024 * 1024

_log = log.get("wecom")

PutDue = Callable[[inbound.Due | inbound.ArchiveDue], Awaitable[None]]
"""Keeps that a pull is due, for good, and wakes who pulls."""


class Callback:
    def __init__(self, crypto: Crypto | None, agent_id: str, ports: Ports, put_due: PutDue) -> None:
        self._crypto = crypto
        self._agent_id = agent_id
        self._ports = ports
        self._put_due = put_due

    async def verify(self, request: web.Request) -> web.Response:
        return echoed(self._open(), request)

    async def receive(self, request: web.Request) -> web.Response:
        crypto = self._open()
        outer, plain = self._unsealed(
            crypto, signed_of(request), await body_of(request, MOST_BYTES)
        )
        if not inbound.is_for(plain, crypto.receiver, outer, self._agent_id):
            raise refused(BadSignature("it is addressed to another app"))
        try:
            found = inbound.read(plain)
        except inbound.Unreadable as error:
            _log.warning("wecom.unread", why=str(error)[:200])
            await self._ports.reject(chats.CHANNEL, plain, str(error)[:500])
            return web.Response()
        if found.noted:
            _log.info("wecom.directory_changed", change=found.noted)
        try:
            if found.due:
                await self._put_due(found.due)
            for message in found.messages:
                await self._ports.deliver(message)
        except Busy as busy:
            return web.Response(status=429, headers={"Retry-After": str(busy.after)})
        return web.Response()

    def _open(self) -> Crypto:
        if self._crypto is None:
            raise web.HTTPNotFound(
                text="closed: corp_id, token and encoding_aes_key are not all set"
            )
        return self._crypto

    @staticmethod
    def _unsealed(crypto: Crypto, signed: Signed, raw: bytes) -> tuple[dict[str, str], bytes]:
        """The outer fields and the message. The signature is over one of the fields: they come first."""
        if not signed.signature or not signed.is_fresh(time.time()):
            raise refused(BadSignature("the signature is missing or its timestamp is too old"))
        try:
            outer = envelope.fields(raw)
            return outer, crypto.open(signed, outer.get("Encrypt", "").strip(), time.time())
        except (BadSignature, envelope.BadXml) as error:
            raise refused(error) from None


def echoed(crypto: Crypto, request: web.Request) -> web.Response:
    """WeCom's test when an address is saved: the bare text, within a second."""
    # A proxy that decodes the address once more makes blanks of the plus signs.
    sealed = request.query.get("echostr", "").replace(" ", "+")
    try:
        plain = crypto.open(signed_of(request), sealed, time.time())
    except BadSignature as error:
        raise refused(error) from None
    return web.Response(body=plain, content_type="text/plain")


def signed_of(request: web.Request) -> Signed:
    query = request.query
    return Signed(
        query.get("msg_signature", ""), query.get("timestamp", ""), query.get("nonce", "")
    )


def refused(error: Exception) -> web.HTTPUnauthorized:
    _log.debug("wecom.refused", why=str(error)[:200])
    return web.HTTPUnauthorized(text="the signature is wrong, too old, or for somebody else")
