"""E-mail's branch of the settings: `KEQING_EMAIL__…`."""

import json
import re
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from adapters.email.dkim import BadKey, Signer
from adapters.email.oauth import OauthSettings
from adapters.email.replies import PLACE, usable

ADDRESS: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
)
_DOMAIN: Final = r"^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$"
# Anybody has an address there: such a domain tells nobody apart.
_FREE_MAIL: Final = frozenset(
    {
        *("qq.com", "foxmail.com", "vip.qq.com", "163.com", "vip.163.com", "126.com", "yeah.net"),
        *("sina.com", "sina.cn", "vip.sina.com", "sohu.com", "139.com", "189.cn", "wo.cn"),
        *("aliyun.com", "tom.com", "21cn.com", "gmail.com", "googlemail.com", "outlook.com"),
        *("hotmail.com", "live.com", "live.cn", "msn.com", "icloud.com", "me.com", "yahoo.com"),
        *(
            "yahoo.cn",
            "yahoo.com.cn",
            "proton.me",
            "protonmail.com",
            "aol.com",
            "gmx.de",
            "gmx.net",
        ),
    }
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
    own_domains: tuple[Annotated[str, Field(pattern=_DOMAIN)], ...] | None = None
    """Whose mail is the firm's; None: the domains of all mailboxes but those of free mail."""
    oauth: OauthSettings | None = None
    """In place of a password, where the provider takes none."""

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


class DkimSettings(BaseModel):
    """What mails are signed with, where the firm's server does not sign them itself."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    domain: str = Field(pattern=_DOMAIN)
    selector: str = Field(pattern=_DOMAIN)
    """Names the public key in DNS: `<selector>._domainkey.<domain>`."""
    key_file: Path
    """The private key: PEM, RSA or Ed25519."""

    @model_validator(mode="after")
    def _can_sign(self) -> "DkimSettings":
        try:
            self.signer()
        except BadKey as error:
            raise ValueError(str(error)) from None
        return self

    def signer(self) -> Signer:
        return Signer(self.domain, self.selector, self.key_file)


class EmailSettings(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    mailboxes: tuple[MailboxSettings, ...] = ()
    smtp_url: SecretStr | None = None
    """smtps://user:password@host:465, or smtp://…:587 with STARTTLS where it is offered."""
    sender: str = ""
    """The address that notices come from; the first mailbox's where it is empty."""
    reply_to: str = ""
    """Such as service+{token}@example.com: answers to it find their thread. Empty: no Reply-To."""
    dkim: DkimSettings | None = None
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

    @field_validator("reply_to")
    @classmethod
    def _reply_to(cls, value: str) -> str:
        if value and not (usable(value) and ADDRESS.fullmatch(value.replace(PLACE, "a"))):
            raise ValueError(
                "an address such as service+{token}@example.com is needed, with at most 15"
                " characters beside {token} before the @"
            )
        return value.lower()

    @field_validator("dkim", mode="before")
    @classmethod
    def _dkim_from_environment(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value.strip() else None
        except ValueError:
            raise ValueError("not JSON: {domain, selector, key_file} is needed") from None

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: SecretStr | None) -> SecretStr | None:
        given = value is not None and value.get_secret_value()
        return _checked(value, ("smtps", "smtp")) if value is not None and given else None

    @field_validator("sender")
    @classmethod
    def _sender(cls, value: str) -> str:
        return _mailbox(value) if value else ""

    def own_domains(self, mailbox: MailboxSettings) -> frozenset[str]:
        """The domains whose people are of the firm, as far as this mailbox can tell."""
        if mailbox.own_domains is not None:
            return frozenset(map(str.lower, mailbox.own_domains))
        return frozenset(one.address.rpartition("@")[2] for one in self.mailboxes) - _FREE_MAIL

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
