"""Who may deliver events: signature, encryption, verification token; nothing is read before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.feishu import crypto
from adapters.feishu.events import BadEvent, load

_VERIFICATION = "url_verification"


class Stranger(Exception):
    """Not proven to come from Feishu."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """Feishu asks whether the address is ours."""

    answer: str


class Gate:
    """Opens what Feishu sends. With neither key nor token nobody is let in."""

    def __init__(self, encrypt_key: str, token: str) -> None:
        self._key = encrypt_key
        self._token = token

    @property
    def closed(self) -> bool:
        return not (self._key or self._token)

    def open(self, headers: Mapping[str, str], body: bytes, now: float) -> bytes | Challenge:
        """The event's plain body.

        Raises `Stranger`, and `BadEvent` for what is signed but cannot be read.
        """
        return self._decrypted(headers, body, now) if self._key else self._by_token(body)

    def _decrypted(self, headers: Mapping[str, str], body: bytes, now: float) -> bytes | Challenge:
        signature = headers.get(crypto.SIGNATURE, "")
        if not signature:
            return self._challenge(body)
        if not crypto.is_right(
            self._key,
            headers.get(crypto.TIMESTAMP, ""),
            headers.get(crypto.NONCE, ""),
            signature,
            body,
            now,
        ):
            raise Stranger("the signature or its timestamp is wrong")
        outer = load(body)
        if not isinstance(outer, dict) or not isinstance(outer.get("encrypt"), str):
            raise Stranger("the body is not encrypted")
        plain = self._plain(outer["encrypt"])
        try:
            inner = _object(plain)
        except BadEvent:
            return plain  # whoever reads it says what is wrong, and keeps it
        return self._answer(inner) if inner.get("type") == _VERIFICATION else plain

    def _plain(self, text: str) -> bytes:
        try:
            return crypto.decrypt(self._key, text)
        except crypto.BadCipher as error:
            raise BadEvent(f"cannot be decrypted: {error}") from None

    def _challenge(self, body: bytes) -> Challenge:
        """The one thing that comes without a signature; encrypted it is all the same."""
        try:
            outer = load(body)
            text = outer.get("encrypt") if isinstance(outer, dict) else None
            inner = _object(self._plain(text)) if isinstance(text, str) else {}
        except BadEvent:
            inner = {}
        if inner.get("type") != _VERIFICATION:
            raise Stranger("there is no signature")
        return self._answer(inner)

    def _answer(self, inner: Mapping[str, Any]) -> Challenge:
        if self._token and not self._is_token(inner.get("token")):
            raise Stranger("the verification token is wrong")
        challenge = inner.get("challenge")
        return Challenge(challenge if isinstance(challenge, str) else "")

    def _is_token(self, given: object) -> bool:
        return isinstance(given, str) and crypto.same(self._token, given)

    def _by_token(self, body: bytes) -> bytes | Challenge:
        try:
            inner = _object(body)
        except BadEvent:
            raise Stranger("there is no verification token") from None
        header = inner.get("header")
        given = header.get("token") if isinstance(header, dict) else inner.get("token")
        if not self._is_token(given):
            raise Stranger("the verification token is wrong")
        return self._answer(inner) if inner.get("type") == _VERIFICATION else body


def _object(raw: bytes) -> dict[str, Any]:
    """JSON's fields; raises `BadEvent`."""
    inner = load(raw)
    if not isinstance(inner, dict):
        raise BadEvent("not an object")
    return inner
