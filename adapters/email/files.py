"""The files of a mail, and names for them that are safe."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from adapters.email import headers, mime
from adapters.email.headers import Headers
from adapters.email.mime import Part

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
    "text/rfc822-headers": ".txt",
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


def attachment(part: Part, number: int) -> Attachment:
    name = safe_name(said_name(part))
    if not name:
        title = safe_name(_inner_subject(part)) or f"attachment-{number}"
        name = title + ENDINGS.get(part.type, ".bin")
    return Attachment(name, part.type, sum(map(len, part.decoded())), part)


def of_bytes(data: bytes, start: int, end: int, name: str, type_: str = "") -> Attachment:
    """A file that lies in bytes which were packed another way."""
    return Attachment(
        safe_name(name) or "attachment.bin",
        type_
        if re.fullmatch(r"[a-z0-9.+_-]+/[a-z0-9.+_-]+", type_)
        else "application/octet-stream",
        end - start,
        Part(Headers(), data, start, end),
    )


def said_name(part: Part) -> str:
    return part.parameter("content-disposition", "filename") or part.parameter(
        "content-type", "name"
    )


def _inner_subject(part: Part) -> str:
    if part.type != "message/rfc822":
        return ""
    inner = part.beginning(mime.PIECE).replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return headers.read(inner).text("subject")


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
