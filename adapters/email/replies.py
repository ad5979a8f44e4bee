"""The signed token in Reply-To: which mail of ours is answered, and by whom. Pure.

A token names a Message-ID of ours and, by a keyed digest, the correspondent it was written to; both
are signed. It is base32, because mail programs change the case of addresses. It proves that
somebody had our mail, never who they are: that is why the sender must be the one it was given to.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.contract import Key

PLACE: Final = "{token}"
VERSION: Final = "a"
"""The first character of a token; base32 has no "1"."""
_ID_BYTES: Final = 15
_WHO_BYTES: Final = 5
_SEAL_BYTES: Final = 10
LENGTH: Final = 49
"""Characters of a token: the version, and 30 bytes in base32."""
MOST_LOCAL: Final = 64
_TOKEN: Final = f"({VERSION}[a-z2-7]{{{LENGTH - 1}}})"
_STOP: Final = re.compile(rf"\s*unsubscribe\s+{_TOKEN}\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a token that is really ours says."""

    message_id: str
    by_correspondent: bool
    """Whether the mail is from whom the token was written to."""


class Replies:
    """Makes tokens, and reads them back out of addresses and unsubscriptions."""

    def __init__(self, key: Key, template: str, domain: str) -> None:
        """`template` is the Reply-To with `{token}`, or empty; `domain` that of our Message-IDs."""
        self._seal = key("email.reply")
        self._ids = key("email.message-id")
        self._template = template
        self._domain = domain
        before, _, behind = template.partition(PLACE)
        self._address = re.compile(f"{re.escape(before)}{_TOKEN}{re.escape(behind)}", re.IGNORECASE)

    def message_id(self, key: str) -> str:
        """The same for the same key: whoever has it twice sees it once. Nobody can guess it."""
        digest = hmac.digest(self._ids, key.encode("utf-8", "replace"), "sha256")
        return self._named(digest[:_ID_BYTES])

    def token(self, message_id: str, correspondent: str) -> str:
        """The token for a mail of ours (`message_id` gave its id) to a correspondent."""
        named = bytes.fromhex(message_id[1:].partition("@")[0])
        told = named + self._who(correspondent)
        return VERSION + base64.b32encode(told + self._sealed(told)).decode().lower()

    def address(self, token: str) -> str:
        """The Reply-To that carries a token; empty where none is set."""
        return self._template.replace(PLACE, token)

    def among(self, addresses: Iterable[str], sender: str) -> Answered | None:
        """What the first valid token among the addresses that a mail was sent to says."""
        if not self._template:
            return None
        found = (self._address.fullmatch(one.strip()) for one in addresses)
        read = (self._read(one[1], sender) for one in found if one)
        return next((one for one in read if one), None)

    def stops(self, subject: str, sender: str) -> bool:
        """Whether it is the unsubscription that one of our mails offered to this very sender."""
        found = _STOP.fullmatch(subject)
        read = self._read(found[1], sender) if found else None
        return read is not None and read.by_correspondent

    def _read(self, token: str, sender: str) -> Answered | None:
        whole = base64.b32decode(token[1:].upper())
        told, seal = whole[:-_SEAL_BYTES], whole[-_SEAL_BYTES:]
        if not hmac.compare_digest(seal, self._sealed(told)):
            return None
        named, who = told[:_ID_BYTES], told[_ID_BYTES:]
        return Answered(self._named(named), hmac.compare_digest(who, self._who(sender)))

    def _named(self, digest: bytes) -> str:
        return f"<{digest.hex()}@{self._domain}>"

    def _who(self, correspondent: str) -> bytes:
        address = correspondent.strip().lower().encode("utf-8", "replace")
        return hmac.digest(self._seal, b"who\0" + address, hashlib.sha256)[:_WHO_BYTES]

    def _sealed(self, told: bytes) -> bytes:
        return hmac.digest(self._seal, b"token\0" + told, hashlib.sha256)[:_SEAL_BYTES]


def usable(template: str) -> bool:
    """Whether it can be a Reply-To: the token in the local part, which stays short enough with it."""
    local, _, domain = template.rpartition("@")
    return (
        local.count(PLACE) == 1
        and PLACE not in domain
        and len(local) - len(PLACE) + LENGTH <= MOST_LOCAL
    )
