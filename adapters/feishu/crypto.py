"""How Feishu signs and encrypts what it sends.

Source: "Encrypt Key encryption policy" and "Handle events" of the Open Platform, 2026-11.
"""

import binascii
import hashlib
import hmac
from base64 import b64decode
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

TIMESTAMP: Final = "X-Lark-Request-Timestamp"
NONCE: Final = "X-Lark-Request-Nonce"
SIGNATURE: Final = "X-Lark-Signature"
TOLERANCE_S: Final = 300
"""A repeat hours later has a timestamp of its own, so nothing older needs to be let in."""
_BLOCK: Final = 16


class BadCipher(Exception):
    """What came cannot be decrypted with our key."""


def sign(key: str, timestamp: str, nonce: str, body: bytes) -> str:
    """The signature of a body as it came over the wire, encrypted."""
    return hashlib.sha256(f"{timestamp}{nonce}{key}".encode("utf-8", "replace") + body).hexdigest()


def is_right(key: str, timestamp: str, nonce: str, signature: str, body: bytes, now: float) -> bool:
    """Whether a request is signed with our key, and fresh."""
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        return False
    if abs(now - int(timestamp)) > TOLERANCE_S:
        return False
    return same(sign(key, timestamp, nonce, body), signature)


def same(expected: str, given: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(
        expected.encode("utf-8", "replace"), given.encode("utf-8", "replace")
    )


def decrypt(key: str, text: str) -> bytes:
    """What `encrypt` holds: AES-256-CBC under sha256(key), the first block is the IV, PKCS#7.

    Raises `BadCipher`.
    """
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadCipher("not base64") from error
    if len(data) < 2 * _BLOCK or len(data) % _BLOCK:
        raise BadCipher("not whole blocks")
    aes = Cipher(
        algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(data[:_BLOCK])
    ).decryptor()
    padded = aes.update(data[_BLOCK:]) + aes.finalize()
    size = padded[-1]
    if not 1 <= size <= _BLOCK or padded[-size:] != bytes([size]) * size:
        raise BadCipher("wrong padding")
    return padded[:-size]
