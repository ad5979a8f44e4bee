"""A mail's bytes → what a person reads in it. `parse` never raises, whatever the bytes are."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from adapters.email import charsets, headers, html, mime, quotes
from adapters.email.headers import Address, Headers
from adapters.email.mime import Buffer, Part

LOOP_HEADER: Final = "X-Keqing-Notice"
"""The field that every mail of our own carries, so that we never answer ourselves."""

MAX_READ: Final = 1 << 20
"""Bytes of one text part that are read; a longer one also stays as an attachment."""

KNOWN_FIELDS: Final = frozenset(
    {
        "from",
        "to",
        "date",
        "subject",
        "message-id",
        "received",
        "return-path",
        "mime-version",
        "content-type",
        "sender",
        "reply-to",
    }
)
ENDINGS: Final = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/calendar": ".ics",
    "message/rfc822": ".eml",
    "message/delivery-status": ".txt",
}
UNSAFE: Final = re.compile(r'[<>:"|?*]')


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail. Its bytes are decoded when asked for; `name` is safe as a file name."""

    name: str
    type: str
    size: int
    _part: Part = field(repr=False)

    def pieces(self) -> Iterator[bytes]:
        """The bytes, at most about 1 MiB at a time."""
        return self._part.decoded()

    @property
    def data(self) -> bytes:
        return b"".join(self.pieces())


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. `new_text` and `quoted` are the two halves of `text`."""

    message_id: str
    """In angle brackets; made from the content where the mail has none."""
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    subject: str
    date: datetime | None
    text: str
    new_text: str
    quoted: str
    attachments: tuple[Attachment, ...]
    auto: bool
    """An automatic answer, a bounce or a list's mail."""
    references: tuple[str, ...]
    """Ids of the mails before this one, oldest first."""
    recognised: bool
    """Whether anything in it looks like a mail at all."""


def parse(data: Buffer, start: int = 0, end: int | None = None) -> Mail:
    """Read the mail in `data[start:end]`. A mapped file must stay open while attachments are read."""
    whole = mime.message(data, start, end)
    fields = whole.headers
    text, attachments = _contents(whole)
    halves = quotes.cut(text)
    return Mail(
        message_id=_own_id(fields) or _made_id(data, start, end),
        sender=_sender(fields),
        to=fields.addresses("to"),
        cc=fields.addresses("cc"),
        reply_to=fields.addresses("reply-to"),
        subject=fields.text("subject"),
        date=_date(fields),
        text=text,
        new_text=halves.new,
        quoted=halves.quoted,
        attachments=attachments,
        auto=_automatic(whole),
        references=_references(fields),
        recognised=not KNOWN_FIELDS.isdisjoint(fields.fields),
    )


# --- fields --------------------------------------------------------------------------------------


def _own_id(fields: Headers) -> str:
    said = "".join(headers.one_line(fields.raw("message-id")).split())
    return next(iter(fields.ids("message-id")), f"<{said.strip('<>')}>" if said.strip("<>") else "")


def _made_id(data: Buffer, start: int, end: int | None) -> str:
    """The same for the same mail, whichever line ends it was saved with."""
    digest = hashlib.sha256()
    end = len(data) if end is None else end
    for at in range(start, end, mime.PIECE):
        digest.update(data[at : min(at + mime.PIECE, end)].translate(None, b"\r"))
    return f"<{digest.hexdigest()}@content.invalid>"


def _sender(fields: Headers) -> Address:
    named = (fields.addresses(name) for name in ("from", "sender", "reply-to", "return-path"))
    found = next((some[0] for some in named if some), None)
    return found or Address(fields.text("from"), "")


def _date(fields: Headers) -> datetime | None:
    received = [value.rpartition(";")[2] for value in fields.all("received")]
    said = [*fields.all("date"), *received]
    return next((found for value in said if (found := headers.moment(value))), None)


def _references(fields: Headers) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*fields.ids("references"), *fields.ids("in-reply-to")]))


def _automatic(whole: Part) -> bool:
    """The signs of a mail that nobody wrote by hand; answering it would start a loop."""
    fields = whole.headers
    submitted = fields.raw("auto-submitted").partition(";")[0].strip().lower()
    return (
        submitted not in {"", "no"}
        or fields.raw("precedence").strip().lower() in {"bulk", "junk", "list"}
        or whole.type == "multipart/report"
        or fields.raw("return-path").strip() == "<>"
        or any(name in fields.fields for name in ("x-autoreply", "x-autorespond", "list-id"))
        or any(name in fields.fields for name in ("x-auto-response-suppress", LOOP_HEADER.lower()))
    )


# --- contents ------------------------------------------------------------------------------------


def _contents(whole: Part) -> tuple[str, tuple[Attachment, ...]]:
    """The readable text and the files of a mail."""
    found = list(mime.leaves(whole))
    bodies = [(part, around) for part, around in found if _is_text(part)]
    files = [p for p, _ in found if not _is_text(p) or p.end - p.start > MAX_READ]
    attachments = tuple(_attachment(part, number) for number, part in enumerate(files, 1))
    return _text(bodies), attachments


def _is_text(part: Part) -> bool:
    if part.type.startswith("multipart/"):  # one whose boundary is missing: its text is still there
        return True
    shown = part.headers.raw("content-disposition").strip().lower().partition(";")[0]
    return (
        part.type in {"text/plain", "text/html"} and shown != "attachment" and not _said_name(part)
    )


def _text(bodies: list[tuple[Part, tuple[str, ...]]]) -> str:
    """All text parts in order; of the plain and the HTML form of the same words, the plain one."""
    read = [(part.type, "multipart/alternative" in around, _words(part)) for part, around in bodies]
    plain = any(either and kind != "text/html" and words for kind, either, words in read)
    kept = [words for kind, either, words in read if not (either and plain and kind == "text/html")]
    return "\n\n".join(words for words in kept if words)


def _words(part: Part) -> str:
    label = part.parameter("content-type", "charset")
    data = part.beginning(MAX_READ)
    if part.type == "text/html":
        inside = mime.CHARSET.search(data, 0, 2_048)
        label = label or (inside[1].decode("ascii") if inside else "")
        return html.to_text(charsets.decode(data, label, part.headers.hints))
    words = charsets.decode(data, label, part.headers.hints).replace("\x00", "")
    return "\n".join(line.rstrip() for line in words.splitlines()).strip()


def _attachment(part: Part, number: int) -> Attachment:
    name = safe_name(_said_name(part))
    if not name:
        title = safe_name(_inner_subject(part)) or f"attachment-{number}"
        name = title + ENDINGS.get(part.type, ".bin")
    return Attachment(name, part.type, sum(map(len, part.decoded())), part)


def _said_name(part: Part) -> str:
    return part.parameter("content-disposition", "filename") or part.parameter(
        "content-type", "name"
    )


def _inner_subject(part: Part) -> str:
    if part.type != "message/rfc822":
        return ""
    return headers.read(part.beginning(mime.PIECE).partition(b"\n\n")[0]).text("subject")


def safe_name(name: str) -> str:
    """A file name without folders, control and direction marks, at most 180 bytes; '' if nothing is left."""
    base = re.split(r"[/\\]", name.strip())[-1]
    # Category C holds the direction marks that make "exe.pdf" of "fdp.exe".
    base = "".join(c for c in base if unicodedata.category(c)[0] != "C")
    base = UNSAFE.sub("_", base).strip(" .")
    stem, dot, ending = base.rpartition(".")
    if not dot or len(ending) > 15:
        stem, ending = base, ""
    room = 180 - len(ending.encode()) - 1
    short = stem.encode()[:room].decode("utf-8", "ignore")
    return f"{short}.{ending}" if ending else short
