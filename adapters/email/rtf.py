"""Rich text of Outlook to plain text, and the compression that it arrives in.

Formats: MS-OXRTFCP (LZFu), MS-OXRTFEX (HTML inside rich text). Nothing here raises on any bytes.
"""

import re
import struct
from typing import Final

from adapters.email import charsets, html

MAX_READ: Final = 4 << 20
"""Bytes of rich text that are read."""
_DICTIONARY: Final = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_TOKEN: Final = re.compile(
    rb"\\(?:([a-z]{1,32})(-?\d{1,9})? ?|'([0-9a-fA-F]{2})|(.))|([{}])|[\r\n]+|([^\\{}\r\n]+)",
    re.IGNORECASE | re.DOTALL,
)
_BREAKS: Final = {"par": "\n", "line": "\n", "row": "\n", "cell": "\t", "tab": "\t"}
_NOT_READ: Final = frozenset(
    {"fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "header", "footer"}
)
_SYMBOLS: Final = {b"~": " ", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}"}


def unpacked(data: bytes) -> bytes:
    """The rich text that LZFu bytes hold, as far as they can be read."""
    if len(data) < 16:
        return b""
    size, kind = struct.unpack_from("<I4s", data, 4)
    if kind == b"MELA":
        return data[16 : 16 + min(size, MAX_READ)]
    out = bytearray(_DICTIONARY)
    at, end = 16, len(data)
    most = len(_DICTIONARY) + min(size, MAX_READ)
    while at < end and len(out) < most:
        flags = data[at]
        at += 1
        for bit in range(8):
            if flags >> bit & 1:
                if at + 2 > end or not _repeat(out, data[at] << 8 | data[at + 1]):
                    return bytes(out[len(_DICTIONARY) : most])
                at += 2
            else:
                out += data[at : at + 1]
                at += 1
    return bytes(out[len(_DICTIONARY) : most])


def _repeat(out: bytearray, reference: int) -> bool:
    """Append what stands at a place of the ring of 4096 bytes; false where that is its end."""
    place, length = reference >> 4, (reference & 15) + 2
    back = (len(out) - place) % 4096
    if back == 0 or back > len(out):
        return False
    for _ in range(length):
        out.append(out[-back])
    return True


def to_text(rich: bytes) -> str:
    """The words of a rich text; of one that was made from HTML, those of the HTML."""
    if b"\\fromhtml" in rich[:2_000]:
        return html.to_text(_Reader(rich).text())
    lines = _Reader(rich).text().splitlines()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()


class _Reader:
    def __init__(self, rich: bytes) -> None:
        self._rich = rich
        self._out: list[str] = []
        self._bytes = bytearray()
        """Bytes of the code page: a character may take two of them, each written by itself."""
        page = re.search(rb"\\ansicpg(\d{3,5})", rich[:2_000])
        self._page = f"cp{int(page[1])}" if page else "cp1252"
        self._groups: list[tuple[bool, int]] = []
        self._hidden = False
        self._skip = 1
        """Characters after \\u that repeat it for old programs."""
        self._left = 0
        self._starred = False
        self._not_shown = False

    def text(self) -> str:
        for found in _TOKEN.finditer(self._rich[:MAX_READ]):
            word, number, code, symbol, brace, plain = found.groups()
            if brace:
                self._group(opens=brace == b"{")
            elif word:
                self._word(word.decode("ascii").lower(), int(number) if number else None)
            elif code:
                self._say_bytes(bytes.fromhex(code.decode("ascii")))
            elif symbol == b"*":
                self._starred = True
            elif symbol:
                self._say(_SYMBOLS.get(symbol, ""))
            elif plain:
                self._say_bytes(plain)
        self._flush()
        # Beyond the first plane, \\u comes twice, half a character each.
        return (
            "".join(self._out).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        )

    def _group(self, *, opens: bool) -> None:
        self._left = 0
        self._starred = False
        if opens:
            self._groups.append((self._hidden, self._skip))
        elif self._groups:
            self._hidden, self._skip = self._groups.pop()

    def _word(self, word: str, number: int | None) -> None:
        starred, self._starred = self._starred, False
        if word == "u" and number is not None:
            self._left = 0
            self._say(chr(number % 65_536))
            self._left = self._skip
        elif word == "uc":
            self._skip = min(max(number or 0, 0), 10)
        elif word == "htmlrtf":
            self._not_shown = number != 0
        elif word in _NOT_READ or (starred and word != "htmltag"):
            self._hidden = True
        elif word in _BREAKS:
            self._say(_BREAKS[word])

    def _say_bytes(self, data: bytes) -> None:
        skipped = min(self._left, len(data))
        self._left -= skipped
        if not self._hidden and not self._not_shown:
            self._bytes += data[skipped:]

    def _say(self, words: str) -> None:
        if not self._hidden and not self._not_shown:
            self._flush()
            self._out.append(words)

    def _flush(self) -> None:
        if self._bytes:
            self._out.append(charsets.decode(bytes(self._bytes), self._page))
            self._bytes.clear()
