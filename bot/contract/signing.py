"""Our own webhooks' signatures, the same both ways: HMAC-SHA256 over `{timestamp}.{body}`."""

import hashlib
import hmac
from typing import Final

TIMESTAMP: Final = "X-Keqing-Timestamp"
SIGNATURE: Final = "X-Keqing-Signature"
TOLERANCE_S: Final = 300


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """The value of the signature header."""
    digest = hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256)
    return "sha256=" + digest.hexdigest()


def is_right(secret: bytes, timestamp: str, signature: str, body: bytes, now: float) -> bool:
    """Whether a request is signed with our secret, and fresh."""
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        return False
    if abs(now - int(timestamp)) > TOLERANCE_S:
        return False
    expected = sign(secret, timestamp, body)
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
