"""A mail handed to the firm's server, once. SMTP tells no repeats apart: RFC 5321, 4.5.3.2 and 6.1."""

import asyncio
from collections.abc import Sequence
from typing import Final

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPResponseException,
)

from adapters.email.headers import one_line
from adapters.email.oauth import Access, NoToken, Unreachable
from adapters.email.settings import Server
from bot.contract import Check, Refused, TryLater
from bot.texts import Text

GREYLISTED_S: Final = 300.0
NOT_LET_IN_S: Final = 900.0
_TIMEOUT_S: Final = 8.0
"""Below the time that a whole send may take, so that it is known how far it came."""
_SLOWEST: Final = 150_000
"""Bytes per second of a line that a mail still gets through; a third of them are base64's."""
_REMEMBERED: Final = 10_000
_MOST_WORDS: Final = 300


_READY: Final = Text("发信服务器 {host}：可以发信", "SMTP server {host}: mail can be sent")
_NOT_LET_IN: Final = Text(
    "发信服务器 {host}：用户名或密码不对（{why}）。密码要用授权码，并确认已开启 SMTP",
    "SMTP server {host}: user or password is not taken ({why}). It wants the password made for"
    " programs (授权码, app password), and SMTP must be switched on",
)
_NOT_REACHED: Final = Text(
    "发信服务器 {host}:{port}：连不上（{why}）。检查 KEQING_EMAIL__SMTP_URL 的主机、端口（smtps 465，"
    "smtp 587）和防火墙",
    "SMTP server {host}:{port}: not reached ({why}). Check host and port of KEQING_EMAIL__SMTP_URL"
    " (smtps 465, smtp 587), and firewalls",
)


class Mailer:
    def __init__(self, server: Server, access: Access | None) -> None:
        """`access` is what lets in where the server takes no password."""
        self._server = server
        self._access = access
        self._handed: dict[str, bool] = {}
        """Keys that this process has tried → whether any of their mail was sent to the server."""

    def certainly_not_sent(self, key: str) -> bool:
        """This process has tried, and never came as far as the mail's own lines."""
        return self._handed.get(key) is False

    async def send(
        self, mail: bytes, key: str, *, sender: str, recipients: Sequence[str]
    ) -> dict[str, str]:
        """Answers who of the recipients was refused for good, and why; the others have it.

        Raises `Refused` where nobody is taken. Who is put off for now holds back the others: a mail
        that went out twice would reach them twice.
        """
        self._handed.setdefault(key, False)
        while len(self._handed) > _REMEMBERED:
            self._handed.pop(next(iter(self._handed)))
        client = SMTP(
            hostname=self._server.host,
            port=self._server.port,
            use_tls=self._server.tls,
            timeout=_TIMEOUT_S,
            local_hostname=sender.rpartition("@")[2],
        )
        try:
            refused = await self._before_data(client, sender, recipients)
            self._handed[key] = True
            await self._data(client, mail, key)
        finally:
            client.close()
        return refused

    async def check(self) -> Check:
        """Whether a mail could be handed over now; none is."""
        facts: dict[str, object] = {"host": self._server.host, "port": self._server.port}
        client = SMTP(
            hostname=self._server.host,
            port=self._server.port,
            use_tls=self._server.tls,
            timeout=_TIMEOUT_S,
        )
        try:
            await client.connect()
            await self._log_in(client)
        except SMTPAuthenticationError as error:
            return Check(False, _NOT_LET_IN, {**facts, "why": _words(error)})
        except (TryLater, SMTPException, OSError, ValueError) as error:
            return Check(False, _NOT_REACHED, {**facts, "why": one_line(str(error))[:_MOST_WORDS]})
        finally:
            client.close()
        return Check(True, _READY, facts)

    async def _before_data(
        self, client: SMTP, sender: str, recipients: Sequence[str]
    ) -> dict[str, str]:
        """Everything that leaves no doubt when it fails: nothing was sent yet."""
        try:
            await client.connect()
            await self._log_in(client)
            await client.mail(sender)
            return await _name(client, recipients)
        except SMTPAuthenticationError as error:
            raise TryLater(f"not let in ({error.code})", after=NOT_LET_IN_S) from None
        except SMTPConnectError as error:
            raise TryLater(f"not reachable: {type(error).__name__}") from None
        except SMTPResponseException as error:
            raise _answered(error) from None
        except (SMTPException, OSError, ValueError) as error:
            raise TryLater(type(error).__name__) from None

    async def _log_in(self, client: SMTP) -> None:
        if self._access is None:
            if self._server.user:
                await client.login(self._server.user, self._server.password)
            return
        try:
            token = await self._access.token()
            try:
                await client.auth_xoauth2(self._server.user, token)
            except SMTPAuthenticationError:  # it may have been called back before its time
                token = await self._access.token(refused=token)
                await client.auth_xoauth2(self._server.user, token)
        except NoToken as error:
            raise TryLater(f"no access token: {error}", after=NOT_LET_IN_S) from None
        except Unreachable as error:
            raise TryLater(f"no access token: {error}") from None

    async def _data(self, client: SMTP, mail: bytes, key: str) -> None:
        transport = client.transport
        try:
            await client.data(mail, timeout=_TIMEOUT_S + len(mail) / _SLOWEST)
        except SMTPResponseException as error:
            self._handed[key] = False
            raise _answered(error) from None
        except (SMTPException, OSError) as error:
            raise TryLater(f"no answer to the mail: {type(error).__name__}", unknown=True) from None
        finally:
            if _unsent(transport):
                self._handed[key] = False


async def _name(client: SMTP, recipients: Sequence[str]) -> dict[str, str]:
    """Name the recipients to the server, one by one; answers who is refused for good, and why."""
    refused: dict[str, str] = {}
    for recipient in recipients:
        try:
            await client.rcpt(recipient)
        except SMTPResponseException as error:
            if error.code < 500 or len(recipients) == 1:
                raise
            refused[recipient] = _words(error)
    if len(refused) == len(recipients):
        raise Refused("; ".join(refused.values())[:_MOST_WORDS])
    return refused


def _unsent(transport: asyncio.BaseTransport | None) -> bool:
    """Whether the end of the mail still waits in this process: then it never gets out of it.

    A large mail over a slow line is cut short so, and the server throws away what it has of it.
    """
    if not isinstance(transport, asyncio.WriteTransport) or not transport.get_write_buffer_size():
        return False
    transport.abort()
    return True


def _answered(error: SMTPResponseException) -> Exception:
    """The server's no, as the outbox understands it; its words are for people, so they are short."""
    if 400 <= error.code < 500:
        return TryLater(f"answered {error.code}", after=GREYLISTED_S)
    if error.code >= 500:
        return Refused(_words(error))
    return TryLater(f"answered {error.code}")


def _words(error: SMTPResponseException) -> str:
    return f"{error.code} {one_line(error.message)}"[:_MOST_WORDS]
