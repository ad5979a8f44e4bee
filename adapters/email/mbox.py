"""Where the mails lie in an mbox file. Format: RFC 4155, and what programs write instead."""

import re
from collections.abc import Iterator
from mmap import mmap
from typing import Final

# "From sender Mon Jan  6 10:00:00 2025"; Thunderbird writes "-" for the sender, Gmail a number.
SEPARATOR: Final = re.compile(
    rb"From [^\n]{0,300}?\d\d?:\d\d[^\n]{0,40}\b(?:19|20)\d\d\b[^\n]{0,40}(?:\n|\Z)"
)
FIELD: Final = re.compile(rb"[!-9;-~]+:")
ESCAPED_FROM: Final = re.compile(rb"^>(>*From )", re.MULTILINE)


def mails(buffer: mmap) -> Iterator[tuple[int, int]]:
    """Start and end of each mail, without its separator line."""
    start = None
    for mark, body in _separators(buffer):
        if start is not None:
            yield start, mark
        start = body
    if start is not None:
        yield start, len(buffer)


def _separators(buffer: mmap) -> Iterator[tuple[int, int]]:
    """Offsets of each separator line and of the mail below it."""
    at = 0
    while at >= 0:
        line = SEPARATOR.match(buffer, at)
        if line and _believable(buffer, at, line.end()):
            yield at, line.end()
        found = buffer.find(b"\nFrom ", at)
        at = found + 1 if found >= 0 else -1


def _believable(buffer: mmap, at: int, below: int) -> bool:
    """A line of a letter may begin "From 10:00 on": a separator has a blank line above, or fields below."""
    above = buffer[max(0, at - 4) : at].replace(b"\r", b"")
    return at == 0 or above.endswith(b"\n\n") or bool(FIELD.match(buffer, below))


def unescaped(buffer: mmap, start: int, end: int) -> bytes | None:
    """The mail with ">From " lines as they were written; None where it has no such lines."""
    if not ESCAPED_FROM.search(buffer, start, end):
        return None
    return ESCAPED_FROM.sub(rb"\1", buffer[start:end])
