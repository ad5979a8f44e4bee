"""A mark that readers do not see, so that WeCom can tell a repeat from a second message.

WeCom's `enable_duplicate_check` compares contents, not keys: two pushes with the same words within
half an hour would become one, and nothing else of a text message can be made its own. So each text
ends with a few characters of no width that spell a digest of its key: another key is another
content, the same key the same one.
"""

import hashlib
from typing import Final

_SIGNS: Final = "\u200b\u200c\u2060\u2063"
"""Four characters without width; none joins what stands before it, as U+200D would."""
_BITS: Final = 32
BYTES: Final = _BITS // 2 * 3
"""How much of a text the mark takes, in UTF-8."""


def mark(key: str) -> str:
    """The mark of a key, of `BYTES` bytes."""
    digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=_BITS // 8).digest()
    return "".join(_SIGNS[byte >> shift & 3] for byte in digest for shift in (6, 4, 2, 0))


def unmarked(text: str) -> str:
    """A text without the mark at its end."""
    return text.rstrip(_SIGNS)


def digest(*parts: object) -> str:
    """32 letters and digits that stand for a key: as `task_id` and as the `msgid` of 微信客服."""
    joined = "\n".join(str(part) for part in parts)
    return hashlib.blake2b(joined.encode("utf-8", "replace"), digest_size=16).hexdigest()
