"""Files written into the text itself, as programs did before MIME: uuencode and yEnc."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_UU: Final = re.compile(
    rb"^begin [0-7]{3,4} ([^\r\n]{1,250})\r?\n((?:[ -`]{1,90}\r?\n){0,2000000}?)(?:`|[ ])?\r?\n?end[ \t]*\r?$",
    re.MULTILINE,
)
_YENC: Final = re.compile(
    rb"^=ybegin [^\r\n]{0,200}?name=([^\r\n]{1,250})\r?\n(?:=ypart [^\r\n]{0,200}\r?\n)?",
    re.MULTILINE,
)
_LESS_42: Final = bytes((byte - 42) % 256 for byte in range(256))
_ESCAPE: Final = re.compile(rb"=(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Packed:
    name: bytes
    data: bytes
    start: int
    end: int


def files(text: bytes) -> Iterator[Packed]:
    """The files in a text, with where each stands in it."""
    if b"begin " not in text:
        return
    for found in _UU.finditer(text):
        yield Packed(found[1].strip(), uudecoded(found[2]), found.start(), found.end())
    for found in _YENC.finditer(text):
        end = text.find(b"\n=yend", found.end() - 1)
        if end < 0:
            return
        below = text.find(b"\n", end + 1)
        data = _ydecoded(text[found.end() : end])
        yield Packed(found[1].strip(b' "'), data, found.start(), below if below > 0 else len(text))


def uudecoded(lines: bytes) -> bytes:
    """The bytes of uuencoded lines; what is no such line is passed over."""
    out = bytearray()
    for line in lines.splitlines():
        length = (line[0] - 32) & 63 if line else 0
        # Servers strip blanks at line ends, which stand for zeros.
        body = line[: 1 + (length + 2) // 3 * 4]
        try:
            out += binascii.a2b_uu(body)
        except binascii.Error:
            continue
    return bytes(out)


def _ydecoded(body: bytes) -> bytes:
    joined = body.replace(b"\r", b"").replace(b"\n", b"")
    plain = _ESCAPE.sub(lambda m: bytes([(m[1][0] - 64) % 256]), joined)
    return plain.translate(_LESS_42)
