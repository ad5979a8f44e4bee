"""What is in a mail: its own words, meetings, mails that it carries, and files. Never raises."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.email import calendar, charsets, files, headers, html, mime, packed, tnef
from adapters.email.files import Attachment
from adapters.email.headers import Address, Headers
from adapters.email.mime import Part

MAX_READ: Final = 1 << 20
"""Bytes of one text part that are read; a longer one also stays as an attachment."""
MAX_INNER: Final = 64 << 20
"""Bytes of a carried mail that are unpacked to be read."""
DEEPEST: Final = 4
"""Mails within mails."""
_MOST_INNER: Final = 200
_FORWARDED: Final = "---------- 转发的邮件 / Forwarded message ----------"


@dataclass(slots=True)
class Contents:
    words: list[str] = field(default_factory=list[str])
    """What the mail itself says."""
    meetings: list[str] = field(default_factory=list[str])
    carried: list[str] = field(default_factory=list[str])
    """Other mails, as people read them."""
    files: list[Attachment] = field(default_factory=list[Attachment])

    @property
    def own(self) -> str:
        return "\n\n".join(self.words)


def read(whole: Part, depth: int = 0) -> tuple[Contents, list[tuple[Part, tuple[str, ...]]]]:
    """The contents, and the parts that they are in."""
    found = list(mime.leaves(whole))
    contents = Contents()
    bodies: list[tuple[Part, tuple[str, ...]]] = []
    packed_words: list[str] = []
    for part, around in found:
        if is_text(part):
            bodies.append((part, around))
            if part.end - part.start > MAX_READ:
                _file(contents, part)
        elif not (_is_tnef(part) and _unpacked(part, contents, packed_words)):
            _file(contents, part)
            _shown(part, around, contents, depth)
    contents.words = _words(bodies, contents) or packed_words
    return contents, found


def _file(contents: Contents, part: Part) -> None:
    contents.files.append(files.attachment(part, len(contents.files) + 1))


def is_text(part: Part) -> bool:
    if part.type.startswith("multipart/"):  # one whose boundary is missing: its text is still there
        return True
    shown = part.headers.raw("content-disposition").strip().lower().partition(";")[0]
    return (
        part.type in {"text/plain", "text/html"}
        and shown != "attachment"
        and not files.said_name(part)
    )


# --- words ---------------------------------------------------------------------------------------


def _words(bodies: Sequence[tuple[Part, tuple[str, ...]]], contents: Contents) -> list[str]:
    """All text parts in order; of the plain and the HTML form of the same words, the plain one."""
    read = [
        (part.type, "multipart/alternative" in around, _said(part, contents))
        for part, around in bodies
    ]
    plain = any(either and kind != "text/html" and words for kind, either, words in read)
    kept = [words for kind, either, words in read if not (either and plain and kind == "text/html")]
    return [words for words in kept if words]


def _said(part: Part, contents: Contents) -> str:
    label = part.parameter("content-type", "charset")
    data = part.beginning(MAX_READ)
    if part.type == "text/html":
        inside = mime.CHARSET.search(data, 0, 2_048)
        label = label or (inside[1].decode("ascii") if inside else "")
        return html.to_text(charsets.decode(data, label, part.headers.hints))
    data = _without_files(data, part.headers, contents)
    return tidy(charsets.decode(data, label, part.headers.hints))


def tidy(words: str) -> str:
    return "\n".join(line.rstrip() for line in words.replace("\x00", "").splitlines()).strip()


def _without_files(data: bytes, fields: Headers, contents: Contents) -> bytes:
    """A text without the files that are written into it."""
    kept, at = b"", 0
    for one in packed.files(data):
        name = charsets.guess(one.name, fields.hints)
        contents.files.append(files.of_bytes(one.data, 0, len(one.data), name))
        kept, at = kept + data[at : one.start], one.end
    return kept + data[at:] if at else data


# --- what is more than a file --------------------------------------------------------------------


def _is_tnef(part: Part) -> bool:
    return part.type in tnef.TYPES or files.said_name(part).lower() == "winmail.dat"


def _unpacked(part: Part, contents: Contents, words: list[str]) -> bool:
    """Take what is in a winmail.dat; false where any of it did not come out."""
    if part.end - part.start > tnef.MAX_SIZE:
        return False
    data = b"".join(part.decoded())
    inside = tnef.read(data)
    for one in inside.files:
        contents.files.append(files.of_bytes(data, one.start, one.end, one.name, one.type))
    if inside.text:
        words.append(tidy(inside.text))
    return inside.whole


def _shown(part: Part, around: tuple[str, ...], contents: Contents, depth: int) -> None:
    """Files that people also read: meetings and mails."""
    name = files.said_name(part).lower()
    if part.type in calendar.TYPES or name.endswith(".ics"):
        label = part.parameter("content-type", "charset") or "utf-8"
        meeting = calendar.to_text(charsets.decode(part.beginning(MAX_READ), label))
        if meeting and meeting not in contents.meetings:
            contents.meetings.append(meeting)
    elif (part.type == "message/rfc822" or name.endswith(".eml")) and not (
        # What a bounce returns was written by ourselves.
        "multipart/report" in around or depth >= DEEPEST or len(contents.files) > _MOST_INNER
    ):
        _carried(part, contents, depth)


def _carried(part: Part, contents: Contents, depth: int) -> None:
    if part.end - part.start > MAX_INNER:
        return
    if part.encoded:
        inner = mime.message(b"".join(part.decoded()))
    else:
        inner = mime.message(part.buffer, part.start, part.end)
    inside, _ = read(inner, depth + 1)
    head = [
        ("发件人 / From", ", ".join(map(_shown_address, inner.headers.addresses("from")))),
        ("时间 / Date", _shown_date(inner.headers)),
        ("主题 / Subject", inner.headers.text("subject")),
    ]
    rows = [f"{label}: {said}" for label, said in head if said]
    said = [inside.own, *inside.meetings, *inside.carried]
    if rows or inside.own:
        contents.carried.append("\n\n".join(filter(None, ("\n".join([_FORWARDED, *rows]), *said))))
    contents.files += inside.files


def _shown_address(one: Address) -> str:
    return f"{one.name} <{one.address}>" if one.name else one.address


def _shown_date(fields: Headers) -> str:
    at = headers.moment(fields.raw("date"))
    return f"{at:%Y-%m-%d %H:%M %z}" if at else ""
