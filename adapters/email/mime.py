"""The parts of a mail, found in place: nothing is copied but what a person reads.

The standard library's parser holds a mail about five times over; here a part is a pair of offsets
into the bytes (or the mapped file) and is decoded piece by piece when somebody asks for it.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from mmap import mmap
from typing import Final

from adapters.email import headers, packed
from adapters.email.headers import Headers

Buffer = bytes | mmap

CHARSET: Final = re.compile(rb"charset=\"?([\w.-]{2,40})", re.IGNORECASE | re.ASCII)
FIRST_LINES: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*\r?\n)*(?:>?From [^\n]*\n)?")
FIELD_LINE: Final = re.compile(rb"(?:[!-9;-~]+[ \t]*:|[ \t])")
NOT_BASE64: Final = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)
_TYPE: Final = re.compile(r"\s*([a-z0-9.+_-]{1,100}/[a-z0-9.+_-]{1,100})(?=[\s;]|$)")
_LIKE_BOUNDARY: Final = re.compile(
    rb"\n--([!-~][ -~]{0,199}?)[ \t]*\r?\n(?=content-[a-z-]{2,40}[ \t]*:)", re.IGNORECASE
)
_UU: Final = ("x-uuencode", "uuencode", "x-uue")
PIECE: Final = 1 << 20
"""Bytes decoded at a time."""
MAX_HEADERS: Final = 1 << 20
"""Bytes of one part's header block that are read."""
MAX_DEPTH: Final = 20
MAX_PARTS: Final = 2_000
"""What nests deeper or counts more stays whole, as one part."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its fields and where its body lies in the mail."""

    headers: Headers
    buffer: Buffer
    start: int
    end: int
    plainly: str = "text/plain"
    """Its type where it names none; message/rfc822 in a digest."""

    @property
    def type(self) -> str:
        """The media type, lower case; text/plain where none is readable (RFC 2045 5.2)."""
        said = _TYPE.match(self.headers.raw("content-type").lower())
        return said[1] if said else self.plainly

    @property
    def coding(self) -> str:
        said = self.headers.raw("content-transfer-encoding")
        return said.split("(")[0].strip(" \t\"'").lower()

    @property
    def encoded(self) -> bool:
        return self.coding in {"base64", "quoted-printable", *_UU}

    def parameter(self, field: str, name: str) -> str:
        return headers.parameters(self.headers.raw(field)).get(name, "")

    def decoded(self) -> Iterator[bytes]:
        """The body without its transfer encoding, in pieces of at most about 1 MiB."""
        match self.coding:
            case "base64":
                yield from _base64(self)
            case "quoted-printable":
                yield from _quoted_printable(self)
            case coding if coding in _UU:
                yield from _uuencoded(self)
            case _:
                yield from self._pieces()

    def beginning(self, limit: int) -> bytes:
        """At most `limit` bytes of the decoded body."""
        out = bytearray()
        for piece in self.decoded():
            out += piece
            if len(out) >= limit:
                break
        return bytes(out[:limit])

    def _pieces(self) -> Iterator[bytes]:
        for at in range(self.start, self.end, PIECE):
            yield self.buffer[at : min(at + PIECE, self.end)]


def _base64(part: Part) -> Iterator[bytes]:
    rest = b""
    for piece in part._pieces():
        clean, padded, _ = (rest + piece.translate(None, NOT_BASE64)).partition(b"=")
        whole = len(clean) if padded else len(clean) // 4 * 4
        rest = clean[whole:]
        yield headers.decode_base64(clean[:whole])
        if padded:  # A list's footer may follow; it is not part of the file.
            return
    yield headers.decode_base64(rest)


def _quoted_printable(part: Part) -> Iterator[bytes]:
    rest = b""
    for piece in part._pieces():
        lines, newline, rest = (rest + piece).rpartition(b"\n")
        if not newline and len(rest) > 4 * PIECE:
            lines, rest = rest[:-3], rest[-3:]
        yield binascii.a2b_qp(lines + newline)
    yield binascii.a2b_qp(rest)


def _uuencoded(part: Part) -> Iterator[bytes]:
    rest = b""
    for piece in part._pieces():
        lines, newline, rest = (rest + piece).rpartition(b"\n")
        yield packed.uudecoded(lines + newline)
    yield packed.uudecoded(rest)


def message(buffer: Buffer, start: int = 0, end: int | None = None) -> Part:
    """The whole mail in `buffer[start:end]` as one part."""
    end = len(buffer) if end is None else end
    leading = FIRST_LINES.match(buffer, start, end)
    named = CHARSET.findall(buffer[start : min(end, start + MAX_HEADERS)])
    hints = tuple(dict.fromkeys(label.decode("ascii").lower() for label in named[:20]))
    return _part(buffer, leading.end() if leading else start, end, hints)


def _part(buffer: Buffer, start: int, end: int, hints: tuple[str, ...]) -> Part:
    """Read a part's header block; the body begins after it, or at once where there is none."""
    body = _header_end(buffer, start, end)
    fields = headers.read(buffer[start : min(body, start + MAX_HEADERS)], hints)
    return Part(fields, buffer, body, end)


def _header_end(buffer: Buffer, start: int, end: int) -> int:
    at = start
    limit = min(end, start + MAX_HEADERS)
    while at < limit:
        line_end = buffer.find(b"\n", at, limit) + 1 or limit
        if not buffer[at:line_end].strip():
            return line_end
        field = FIELD_LINE.match(buffer, at, line_end)
        # A line folded without its blank belongs to the headers when a field follows it.
        if not field and (at == start or not FIELD_LINE.match(buffer, line_end, limit)):
            return at
        at = line_end
    return limit


def leaves(whole: Part) -> Iterator[tuple[Part, tuple[str, ...]]]:
    """The parts that hold something, in order, each with the multipart types around it."""
    waiting: list[tuple[Part, tuple[str, ...]]] = [(whole, ())]
    count = 0
    while waiting:
        part, around = waiting.pop()
        inside: list[Part] = []
        if part.type.startswith("multipart/") and len(around) < MAX_DEPTH:
            inside = _inside(part, MAX_PARTS - count)
            count += len(inside)
        if inside:
            waiting += [(one, (*around, part.type)) for one in reversed(inside)]
        else:
            yield part, around


def _inside(part: Part, room: int) -> list[Part]:
    """The parts of a multipart; none where nothing in it looks like a boundary."""
    said = part.parameter("content-type", "boundary").rstrip().encode("utf-8", "replace")
    found = _between(part, said, room) if said else []
    if found:
        return found
    # None is named, or another one was written: the first line that stands above fields.
    seen = _LIKE_BOUNDARY.search(part.buffer, max(part.start - 1, 0), part.end)
    return _between(part, seen[1], room) if seen else []


def _between(part: Part, boundary: bytes, room: int) -> list[Part]:
    line = re.compile(rb"\n--" + re.escape(boundary) + rb"(--)?[ \t]*\r?(?=\n|\Z)")
    found: list[Part] = []
    begun = -1
    at = max(part.start - 1, 0)  # the newline before the body, where its first line is a boundary
    while (mark := line.search(part.buffer, at, part.end)) and len(found) < room:
        if begun >= 0:
            found.append(_child(part, begun, mark.start()))
        # Some programs go on with parts behind the end; what stands there is not lost.
        begun = -1 if mark[1] else min(mark.end() + 1, part.end)
        at = mark.end()
    if begun >= 0 and begun < part.end:
        found.append(_child(part, begun, part.end))
    return found


def _child(part: Part, start: int, end: int) -> Part:
    if end > start and part.buffer[end - 1 : end] == b"\r":
        end -= 1
    child = _part(part.buffer, start, max(start, end), part.headers.hints)
    return replace(child, plainly="message/rfc822") if part.type == "multipart/digest" else child
