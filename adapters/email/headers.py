"""Header fields of mails as they really arrive: folded wrongly, half encoded, raw GBK.

Each field is read by itself, so that a broken one never hides the others. Nothing here raises on
any bytes. Formats: RFC 5322 (fields), RFC 2047 (encoded words), RFC 2231 (parameters).
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import unquote_to_bytes

from adapters.email import charsets

FIELD: Final = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)
ENCODED_WORD: Final = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
PARAMETER: Final = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)', re.DOTALL)
ANGLED: Final = re.compile(r"<([^<>]*)>?")
ID: Final = re.compile(r"<[^<>]+>")
LONGEST: Final = 100_000
"""Characters of one field that are read."""


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox: the name shown, and the address as written."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields of one part: lower-cased name → raw values in order, unfolded."""

    fields: dict[str, list[bytes]] = field(default_factory=dict[str, list[bytes]])
    hints: tuple[str, ...] = ()
    """Charsets that the mail names anywhere; they help with raw bytes in fields."""

    def raw(self, name: str) -> str:
        """The first value of a field with its encoded words still encoded; '' where absent."""
        values = self.fields.get(name)
        return charsets.guess(values[0], self.hints) if values else ""

    def all(self, name: str) -> list[str]:
        return [charsets.guess(value, self.hints) for value in self.fields.get(name, ())]

    def text(self, name: str) -> str:
        """The first value of a field, decoded, on one line."""
        return one_line(decode_words(self.raw(name)))

    def addresses(self, name: str) -> tuple[Address, ...]:
        return tuple(one for value in self.all(name) for one in addresses(value))

    def ids(self, name: str) -> list[str]:
        """Message ids of a field, each in angle brackets; a bare id gets them."""
        found: list[str] = []
        for value in self.all(name):
            angled = ID.findall(value)
            found += angled or [f"<{word}>" for word in value.strip("<> ").split() if "@" in word]
        return ["".join(one.split()) for one in found]


def read(block: bytes, hints: tuple[str, ...] = ()) -> Headers:
    """Fields of a header block; lines that are no field belong to the one before."""
    fields: dict[str, list[bytes]] = {}
    last: list[bytes] | None = None
    for line in block.splitlines():
        found = None if line[:1] in b" \t" else FIELD.match(line)
        if found:
            last = fields.setdefault(found[1].decode("ascii").lower(), [])
            last.append(found[2].strip())
        elif last and len(last[-1]) < LONGEST:
            last[-1] += b" " + line.strip()
    return Headers(fields, hints)


def one_line(text: str) -> str:
    """The text without control characters and with single blanks."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


# --- encoded words -----------------------------------------------------------------------------


def decode_words(text: str) -> str:
    """Replace RFC 2047 encoded words by what they say.

    Neighbours of one charset are joined as bytes first: many programs cut a character in two
    between them. Base64 cut inside a group of four is joined as text for the same reason.
    """
    out: list[str] = []
    pending: list[tuple[str, bytes]] = []
    loose = ""
    at = 0
    for found in ENCODED_WORD.finditer(text[:LONGEST]):
        between = text[at : found.start()]
        if between.strip() or not (pending or loose):
            out += [_spoken(pending), between]
            pending, loose = [], ""
        charset, coding, body = found.groups()
        if coding in "bB":
            body, loose = loose + body, ""
            if (
                len(body.rstrip()) % 4
                and not body.endswith("=")
                and text[found.end() :].lstrip().startswith("=?")
            ):
                loose = body[len(body) // 4 * 4 :]
                body = body[: len(body) // 4 * 4]
        pending.append((charset.lower(), _bytes_of(coding, body)))
        at = found.end()
    return "".join([*out, _spoken(pending), text[at:]])


def _bytes_of(coding: str, body: str) -> bytes:
    raw = body.encode("utf-8", "replace")
    if coding in "qQ":
        return binascii.a2b_qp(raw, header=True)
    return decode_base64(raw)


def decode_base64(data: bytes) -> bytes:
    """What base64 text says up to its padding; junk between is skipped, a cut end tolerated."""
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", data.partition(b"=")[0])
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    return base64.b64decode(clean + b"=" * (-len(clean) % 4))


def _spoken(words: Sequence[tuple[str, bytes]]) -> str:
    out: list[str] = []
    run = b""
    for number, (charset, data) in enumerate(words):
        run += data
        if number + 1 == len(words) or words[number + 1][0] != charset:
            out.append(charsets.decode(run, charset))
            run = b""
    return "".join(out)


# --- parameters --------------------------------------------------------------------------------


def parameters(value: str) -> dict[str, str]:
    """`name=value` pairs after a field's first word: RFC 2231 pieces joined, words decoded."""
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for found in PARAMETER.finditer(value[:LONGEST]):
        name, said = found[1].lower(), _unquoted(found[2].strip())
        base, *rest = name.split("*")
        if rest:
            number = int(rest[0]) if rest[0].isascii() and rest[0].isdecimal() else 0
            pieces.setdefault(base, {}).setdefault(number, (said, not rest[-1]))
        else:
            plain.setdefault(base, decode_words(said))
    return plain | {name: _joined(parts) for name, parts in pieces.items()}


def _unquoted(said: str) -> str:
    if not said.startswith('"'):
        return said
    # Only quote and backslash are ever escaped: paths of Windows programs keep theirs.
    return re.sub(r'\\(["\\])', r"\1", said[1:].removesuffix('"'))


def _joined(parts: dict[int, tuple[str, bool]]) -> str:
    ordered = [parts[number] for number in sorted(parts)]
    charset = ""
    first, encoded = ordered[0]
    if encoded and first.count("'") >= 2:
        charset, _, first = first.split("'", 2)
        ordered[0] = (first, True)
    data = b"".join(
        unquote_to_bytes(said) if encoded else said.encode("utf-8", "replace")
        for said, encoded in ordered
    )
    return decode_words(charsets.decode(data, charset))


# --- addresses ---------------------------------------------------------------------------------


def addresses(value: str) -> Iterable[Address]:
    """Mailboxes of an address field, as written; groups give their members."""
    found = [one for piece in _pieces(value[:LONGEST]) if (one := _mailbox(piece))]
    decoded = decode_words(value[:LONGEST])
    # Some programs encode the whole field, address and all.
    if not found and decoded != value:
        found = [one for piece in _pieces(decoded) if (one := _mailbox(piece))]
    return found


def _pieces(value: str) -> list[str]:
    """Cut an address list at commas and semicolons outside quotes, brackets and comments."""
    pieces: list[str] = []
    begun = depth = 0
    quoted = angled = False
    for at, char in enumerate(value):
        if char == '"' and value[at - 1 : at] != "\\":
            quoted = not quoted
        elif not quoted and char in "<>":
            angled = char == "<"
        elif not quoted and char in "()":
            depth = max(0, depth + (1 if char == "(" else -1))
        if char in ",;" and not quoted and not angled and not depth:
            pieces.append(value[begun:at])
            begun = at + 1
    return [*pieces, value[begun:]]


def _mailbox(piece: str) -> Address | None:
    angled = ANGLED.search(piece)
    if angled and "@" in angled[1]:
        return Address(_name(piece[: angled.start()]), "".join(angled[1].split()))
    comment = re.search(r"\(([^()]*)\)", piece)
    bare = (piece[: comment.start()] if comment else piece).rpartition(":")[2]
    word = next((w for w in bare.split() if "@" in w[1:-1] and not w.startswith("=?")), "")
    return Address(_name(comment[1] if comment else ""), word.strip("<>\"'")) if word else None


def _name(text: str) -> str:
    text = text.strip()
    # A group's title stands before its first member: `friends: "A" <a@b>`.
    if ":" in text and not text.startswith('"') and "=?" not in text:
        text = text.rpartition(":")[2].strip()
    return one_line(decode_words(re.sub(r"\\(.)", r"\1", text.strip("\"'"))).strip("\"' "))


# --- dates -------------------------------------------------------------------------------------


def moment(value: str) -> datetime | None:
    """The time a Date field names, aware; UTC where it names no zone, None where unreadable."""
    value = one_line(value)[:100]
    for reading in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = reading(value)
            found = found if found.tzinfo else found.replace(tzinfo=UTC)
            # Broken clocks write 1601 or 30828; neither is a time that anybody sent a mail.
            return found if 1971 <= found.astimezone(UTC).year <= 2200 else None
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None
