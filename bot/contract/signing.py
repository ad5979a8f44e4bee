"""Our own webhooks' signatures, the same both ways: HMAC-SHA256 over `{timestamp}.{body}`."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

TIMESTAMP: Final = "X-Keqing-Timestamp"
SIGNATURE: Final = "X-Keqing-Signature"
TOLERANCE_S: Final = 300


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """The value of the signature header."""
    digest = hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256)
    return "sha256=" + digest.hexdigest()


def of_source(key: Callable[[str], bytes], kind: str, name: str) -> str:
    """The secret of a system outside, made from the installation's own: it is kept nowhere."""
    return key(f"source:{kind}:{name}").hex()


def of_system(key: Callable[[str], bytes], name: str) -> str:
    """The secret that proves to a system of the firm's that it is we who tell it something."""
    return key(f"system:{name}").hex()


def is_right(secret: bytes, timestamp: str, signature: str, body: bytes, now: float) -> bool:
    """Whether a request is signed with our secret, and fresh."""
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        return False
    if abs(now - int(timestamp)) > TOLERANCE_S:
        return False
    expected = sign(secret, timestamp, body)
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
