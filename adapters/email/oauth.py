"""Access tokens for mailboxes that take no password: Gmail, Microsoft 365. RFC 6749 section 6, XOAUTH2."""

import hashlib
from typing import Final, Literal
from urllib.parse import urlsplit

import aiohttp
import orjson
from pydantic import BaseModel, ConfigDict, SecretStr, field_validator, model_validator

from bot.contract import Token, Tokens

_PRESETS: Final = {
    "google": ("https://oauth2.googleapis.com/token", "https://mail.google.com/"),
    "microsoft": (
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        (
            "offline_access https://outlook.office.com/IMAP.AccessAsUser.All"
            " https://outlook.office.com/SMTP.Send"
        ),
    ),
}
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_TIMEOUT: Final = aiohttp.ClientTimeout(total=15, connect=8)
_MARGIN_S: Final = 120.0
_REFRESH_LASTS_S: Final = 80 * 86_400.0
"""Microsoft's last 90 days from their making; each refresh brings a new one."""
_MOST_ANSWER: Final = 256 << 10


class OauthSettings(BaseModel):
    """With `provider`, token_url and scope are known; a tenant's own token_url may be given."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    provider: Literal["", "google", "microsoft"] = ""
    token_url: str = ""
    client_id: str
    client_secret: SecretStr = SecretStr("")
    """Empty for an app that has none."""
    refresh_token: SecretStr
    scope: str = ""

    @field_validator("token_url")
    @classmethod
    def _safe(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and not (
            (parts.scheme == "https" and parts.hostname)
            or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        ):
            raise ValueError("an https:// address is needed")
        return value

    @model_validator(mode="after")
    def _complete(self) -> "OauthSettings":
        if not self.provider and not self.token_url:
            raise ValueError('provider "google" or "microsoft", or a token_url, is needed')
        return self

    @property
    def endpoint(self) -> str:
        return self.token_url or _PRESETS[self.provider][0]

    @property
    def asked(self) -> str:
        return self.scope or (_PRESETS[self.provider][1] if self.provider else "")


class NoToken(Exception):
    """The provider gives no token for what it was given; a person has to act. Says its error code."""


class Unreachable(Exception):
    """The provider does not answer, or not with a token."""


class Access:
    """A mailbox's access tokens, shared by all replicas and by reading and sending."""

    def __init__(self, settings: OauthSettings, tokens: Tokens) -> None:
        self._settings = settings
        self._tokens = tokens
        given = f"{settings.client_id}\0{settings.refresh_token.get_secret_value()}"
        # New settings have a name of their own: nothing of the old ones is used again.
        self._name = f"email.oauth:{hashlib.sha256(given.encode()).hexdigest()[:32]}"

    async def token(self, refused: str = "") -> str:
        """An access token; `refused` is the one that the server has just turned down.

        Raises `NoToken` and `Unreachable`.
        """
        # Before and after, not within: a token is asked for while its row is held.
        refresh = await self._refresh()
        newer: list[str] = []

        async def ask() -> Token:
            answer = await self._ask(refresh)
            if answer.refresh and answer.refresh != refresh:
                newer.append(answer.refresh)
            return answer.access

        token = await self._tokens.get(self._name, ask, refused=refused)
        for new in newer:
            await self._refresh(refresh, new)
        return token

    async def _refresh(self, old: str = "", new: str = "") -> str:
        """The refresh token in use; `new` takes the place of `old`."""

        async def ask() -> Token:
            return Token(new or self._settings.refresh_token.get_secret_value(), _REFRESH_LASTS_S)

        return await self._tokens.get(f"{self._name}:refresh", ask, refused=old)

    async def _ask(self, refresh: str) -> "_Answer":
        form = {
            "grant_type": "refresh_token",
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret.get_secret_value(),
            "refresh_token": refresh,
            "scope": self._settings.asked,
        }
        try:
            # No environment proxy and no redirect: they would see the secrets.
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=False) as session,
                session.post(
                    self._settings.endpoint,
                    data={name: said for name, said in form.items() if said},
                    allow_redirects=False,
                ) as response,
            ):
                status, raw = response.status, await response.content.read(_MOST_ANSWER)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(type(error).__name__) from None
        return _read(status, raw)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    access_token: SecretStr
    expires_in: float = 3600
    refresh_token: SecretStr = SecretStr("")

    @property
    def access(self) -> Token:
        lasts = max(self.expires_in - _MARGIN_S, self.expires_in / 2)
        return Token(self.access_token.get_secret_value(), lasts)

    @property
    def refresh(self) -> str:
        return self.refresh_token.get_secret_value()


def _read(status: int, raw: bytes) -> _Answer:
    try:
        said = orjson.loads(raw)
        if status == 200:
            return _Answer.model_validate(said)
        code = str(said["error"])
    except (ValueError, TypeError, KeyError):
        raise Unreachable(f"answered {status}") from None
    # RFC 6749 5.2: what is wrong with the request is a 400 or 401; the rest passes by itself.
    if status in {400, 401} and code.isascii() and len(code) < 60:
        raise NoToken(code)
    raise Unreachable(f"answered {status}")


def sasl(user: str, token: str) -> str:
    """The client's first words of AUTHENTICATE XOAUTH2, before base64."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"
