"""Slack's request signatures: HMAC-SHA256 over `v0:{timestamp}:{body}`.

slack_sdk's verifier raises on what strangers send (a timestamp that is no number, a body that is not
UTF-8, a signature that is not ASCII); this one answers. A test holds the two against each other.
"""

import hashlib
import hmac
from typing import Final

TIMESTAMP: Final = "X-Slack-Request-Timestamp"
SIGNATURE: Final = "X-Slack-Signature"
TOLERANCE_S: Final = 300


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """The value of the signature header."""
    mac = hmac.new(secret, b"v0:" + timestamp.encode() + b":", hashlib.sha256)
    mac.update(body)
    return "v0=" + mac.hexdigest()


def is_right(secret: bytes, timestamp: str, signature: str, body: bytes, now: float) -> bool:
    """Whether a request is signed with our secret, and fresh."""
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        return False
    if abs(now - int(timestamp)) > TOLERANCE_S:
        return False
    expected = sign(secret, timestamp, body)
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
