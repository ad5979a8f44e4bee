"""What WeCom's callbacks are signed and encrypted with. Pure: the time is a plain value.

Facts: developer.work.weixin.qq.com/document/path/90968. `msg_signature` is the SHA-1 (hex) of token,
timestamp, nonce and Encrypt, sorted and joined. Encrypt is AES-256-CBC with the key's first 16 bytes
as IV; the plain text is 16 random bytes, the length in 4 bytes (big-endian), the message, the
receiver's id, and PKCS#7 padding to blocks of 32 bytes, though AES has blocks of 16.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

TOLERANCE_S: Final = 600
_BLOCK: Final = 32
_RANDOM: Final = 16
_HEAD: Final = _RANDOM + 4


class BadSignature(Exception):
    """It does not come from WeCom, or it is not for us."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What stands in a callback's address."""

    signature: str
    timestamp: str
    nonce: str

    def is_fresh(self, now: float) -> bool:
        """Repeats come at once and with a time of their own *(?)*: ten minutes are plenty."""
        told = self.timestamp
        return (
            told.isascii()
            and told.isdecimal()
            and len(told) < 12
            and abs(now - int(told)) <= TOLERANCE_S
        )


@dataclass(frozen=True, slots=True)
class Crypto:
    """One callback's token, key and receiver: the corp id, or empty for an intelligent robot."""

    token: str = field(repr=False)
    key: bytes = field(repr=False)
    receiver: str

    @classmethod
    def of(cls, token: str, encoding_aes_key: str, receiver: str) -> "Crypto":
        return cls(token, base64.b64decode(encoding_aes_key + "="), receiver)

    def sign(self, timestamp: str, nonce: str, encrypted: str) -> str:
        joined = "".join(sorted([self.token, timestamp, nonce, encrypted]))
        return hashlib.sha1(joined.encode("utf-8", "replace")).hexdigest()  # noqa: S324 - WeCom's choice

    def open(self, signed: Signed, encrypted: str, now: float) -> bytes:
        """The message, once signature, age and receiver are right; else raises `BadSignature`."""
        right = self.sign(signed.timestamp, signed.nonce, encrypted)
        given = signed.signature.encode("utf-8", "replace")
        if not hmac.compare_digest(right.encode(), given):
            raise BadSignature("the signature is wrong")
        if not signed.is_fresh(now):
            raise BadSignature("the timestamp is too old, or ahead")
        return self.decrypt(encrypted)

    def decrypt(self, encrypted: str) -> bytes:
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError):
            raise BadSignature("what is encrypted is not base64") from None
        if not sealed or len(sealed) % 16:
            raise BadSignature("what is encrypted has no whole blocks")
        opener = Cipher(algorithms.AES(self.key), modes.CBC(self.key[:16])).decryptor()
        return self._message(_unpadded(opener.update(sealed) + opener.finalize()))

    def _message(self, plain: bytes) -> bytes:
        if len(plain) < _HEAD:
            raise BadSignature("what is encrypted is too short")
        end = _HEAD + int.from_bytes(plain[_RANDOM:_HEAD], "big")
        if end > len(plain):
            raise BadSignature("what is encrypted is shorter than it says")
        if not hmac.compare_digest(plain[end:], self.receiver.encode()):
            raise BadSignature("it is for another receiver")
        return plain[_HEAD:end]

    def encrypt(self, message: bytes, random: bytes | None = None) -> str:
        head = (random or secrets.token_bytes(_RANDOM)) + len(message).to_bytes(4, "big")
        plain = head + message + self.receiver.encode()
        missing = _BLOCK - len(plain) % _BLOCK
        plain += bytes([missing]) * missing
        sealer = Cipher(algorithms.AES(self.key), modes.CBC(self.key[:16])).encryptor()
        return base64.b64encode(sealer.update(plain) + sealer.finalize()).decode()


def _unpadded(plain: bytes) -> bytes:
    missing = plain[-1]
    padding = plain[-missing:]
    if not 1 <= missing <= min(_BLOCK, len(plain)):
        raise BadSignature("the padding is wrong")
    if not hmac.compare_digest(padding, bytes([missing]) * missing):
        raise BadSignature("the padding is wrong")
    return plain[:-missing]
