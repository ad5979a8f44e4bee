"""A mail handed to the firm's server, once. SMTP tells no repeats apart: RFC 5321, 4.5.3.2 and 6.1."""

from email.message import EmailMessage
from typing import Final

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPResponseException,
)

from adapters.email.headers import one_line
from adapters.email.settings import Server
from bot.contract import Refused, TryLater

GREYLISTED_S: Final = 300.0
NOT_LET_IN_S: Final = 900.0
_TIMEOUT_S: Final = 8.0
"""Below the time that a whole send may take, so that it is known how far it came."""
_REMEMBERED: Final = 10_000
_MOST_WORDS: Final = 300


class Mailer:
    def __init__(self, server: Server) -> None:
        self._server = server
        self._handed: dict[str, bool] = {}
        """Keys that this process has tried → whether any of their mail was sent to the server."""

    def certainly_not_sent(self, key: str) -> bool:
        """This process has tried, and never came as far as the mail's own lines."""
        return self._handed.get(key) is False

    async def send(self, message: EmailMessage, key: str, *, sender: str, recipient: str) -> None:
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
            await self._before_data(client, sender, recipient)
            self._handed[key] = True
            await self._data(client, message, key)
        finally:
            client.close()

    async def _before_data(self, client: SMTP, sender: str, recipient: str) -> None:
        """Everything that leaves no doubt when it fails: nothing was sent yet."""
        try:
            await client.connect()
            if self._server.user:
                await client.login(self._server.user, self._server.password)
            await client.mail(sender)
            await client.rcpt(recipient)
        except SMTPAuthenticationError as error:
            raise TryLater(f"not let in ({error.code})", after=NOT_LET_IN_S) from None
        except SMTPConnectError as error:
            raise TryLater(f"not reachable: {type(error).__name__}") from None
        except SMTPResponseException as error:
            raise _answered(error) from None
        except (SMTPException, OSError, ValueError) as error:
            raise TryLater(type(error).__name__) from None

    async def _data(self, client: SMTP, message: EmailMessage, key: str) -> None:
        try:
            await client.data(message.as_bytes())
        except SMTPResponseException as error:
            self._handed[key] = False
            raise _answered(error) from None
        except (SMTPException, OSError) as error:
            raise TryLater(f"no answer to the mail: {type(error).__name__}", unknown=True) from None


def _answered(error: SMTPResponseException) -> Exception:
    """The server's no, as the outbox understands it; its words are for people, so they are short."""
    if 400 <= error.code < 500:
        return TryLater(f"answered {error.code}", after=GREYLISTED_S)
    if error.code >= 500:
        return Refused(f"{error.code} {one_line(error.message)}"[:_MOST_WORDS])
    return TryLater(f"answered {error.code}")
