"""E-mail's branch of the settings: `KEQING_EMAIL__…`."""

import json
import re
from typing import Final
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

ADDRESS: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
)
_PORTS: Final = {"imaps": 993, "imap": 143, "smtps": 465, "smtp": 587}


class Server:
    """A server's address with what opens it; nothing of it is ever shown."""

    def __init__(self, url: SecretStr) -> None:
        parts = urlsplit(url.get_secret_value())
        self.tls = parts.scheme in {"imaps", "smtps"}
        self.host = parts.hostname or ""
        self.port = parts.port or _PORTS[parts.scheme]
        self.user = unquote(parts.username or "")
        self.password = unquote(parts.password or "")


class MailboxSettings(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    url: SecretStr
    """imaps://user:password@host:993; an @ in the user is written %40."""
    address: str
    folders: tuple[str, ...] = ()
    """Where it is empty: INBOX, and the folder of sent mail."""
    authserv_id: str = ""
    """What the firm's own server writes first in Authentication-Results; "" proves nobody."""

    @field_validator("url")
    @classmethod
    def _imap(cls, value: SecretStr) -> SecretStr:
        return _checked(value, ("imaps", "imap"))

    @field_validator("address")
    @classmethod
    def _address(cls, value: str) -> str:
        return _mailbox(value)

    @property
    def server(self) -> Server:
        return Server(self.url)


class EmailSettings(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    mailboxes: tuple[MailboxSettings, ...] = ()
    smtp_url: SecretStr | None = None
    """smtps://user:password@host:465, or smtp://…:587 with STARTTLS where it is offered."""
    sender: str = ""
    """The address that notices come from; the first mailbox's where it is empty."""
    since_days: int = Field(default=30, ge=0)
    """How far back a mailbox is read when it is first opened."""

    @field_validator("mailboxes", mode="before")
    @classmethod
    def _from_environment(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value.strip() else ()
        except ValueError:
            raise ValueError("not JSON: a list of {url, address} is needed") from None

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: SecretStr | None) -> SecretStr | None:
        given = value is not None and value.get_secret_value()
        return _checked(value, ("smtps", "smtp")) if value is not None and given else None

    @field_validator("sender")
    @classmethod
    def _sender(cls, value: str) -> str:
        return _mailbox(value) if value else ""

    @property
    def from_address(self) -> str:
        return self.sender or next((one.address for one in self.mailboxes), "")


def _checked(value: SecretStr, schemes: tuple[str, ...]) -> SecretStr:
    """The URL, where it can be used. What is wrong is told without showing any of it."""
    try:
        parts = urlsplit(value.get_secret_value())
        usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(
            f"{schemes[0]}://user:password@host is needed; write @ : / in them as %40 %3A %2F"
        )
    return value


def _mailbox(value: str) -> str:
    if not ADDRESS.fullmatch(value):
        raise ValueError("a mail address such as service@example.com is needed")
    return value.lower()
