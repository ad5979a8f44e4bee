"""winmail.dat: the text and the files that Outlook hides in it. Format: MS-OXTNEF, MS-OXCDATA 2.11.

Files are pairs of offsets into the bytes, so that nothing is held twice. `read` never raises.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from adapters.email import charsets, html, rtf

TYPES: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
MAX_SIZE: Final = 64 << 20
"""A larger one stays the file that it is."""
_SIGNED: Final = b"\x78\x9f\x3e\x22"
_MAX_FILES: Final = 1_000
_MAX_PROPERTIES: Final = 10_000
_DEEPEST: Final = 4
# Attributes
_BODY, _MESSAGE, _CODE_PAGE = 0x0002800C, 0x00069003, 0x00069007
_NEW_FILE, _TITLE, _DATA, _FILE = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
# Properties
_SUBJECT, _PLAIN, _RICH, _HTML = 0x0037, 0x1000, 0x1009, 0x1013
_CONTENT, _NAME, _LONG_NAME, _SHOWN_NAME, _TYPE = 0x3701, 0x3704, 0x3707, 0x3001, 0x370E
_STRING8, _UNICODE, _BINARY, _OBJECT = 0x1E, 0x1F, 0x102, 0x0D
_SIZES: Final = {0: 0, 1: 0, 2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}


@dataclass(slots=True)
class File:
    name: str = ""
    type: str = ""
    start: int = 0
    end: int = 0


@dataclass(slots=True)
class Contents:
    text: str = ""
    files: list[File] = field(default_factory=list[File])
    whole: bool = False
    """Read to its end, and every file in it came out."""


class _Broken(Exception):
    pass


@dataclass(frozen=True, slots=True)
class _Property:
    id: int
    kind: int
    start: int
    end: int


def read(data: bytes) -> Contents:
    """What is in it, as far as it can be read."""
    contents = Contents()
    reader = _Reader(data, contents)
    try:
        reader.message(0, len(data), 0)
        contents.whole = True
    except (_Broken, struct.error):
        pass  # what came out before the fault counts; `whole` tells of the rest
    contents.files = [file for file in contents.files if file.end > file.start or file.name]
    return contents


class _Reader:
    def __init__(self, data: bytes, contents: Contents) -> None:
        self._data = data
        self._contents = contents
        self._page = "cp1252"

    def message(self, start: int, end: int, depth: int) -> None:
        if depth > _DEEPEST or end - start < 6 or self._data[start : start + 4] != _SIGNED:
            raise _Broken
        found: dict[int, str] = {}
        try:
            for name, at, until in self._attributes(start + 6, end):
                self._attribute(name, at, until, depth, found)
        finally:
            words = found.get(_PLAIN) or found.get(_HTML) or found.get(_RICH) or ""
            if depth and found.get(_SUBJECT):
                words = f"{found[_SUBJECT]}\n\n{words}".strip()
            self._contents.text = "\n\n".join(filter(None, (words, self._contents.text)))

    def _attributes(self, at: int, end: int) -> Iterator[tuple[int, int, int]]:
        while at < end:
            if at + 9 > end:
                raise _Broken
            _, name, length = struct.unpack_from("<BII", self._data, at)
            if at + 9 + length > end:
                raise _Broken
            yield name, at + 9, at + 9 + length
            at += 9 + length + 2  # the checksum is of no use: some programs write none

    def _attribute(self, name: int, at: int, end: int, depth: int, found: dict[int, str]) -> None:
        files = self._contents.files
        if name == _CODE_PAGE and end - at >= 4:
            self._page = f"cp{struct.unpack_from('<I', self._data, at)[0]}"
        elif name == _BODY:
            found.setdefault(_PLAIN, self._string(_Property(_PLAIN, _STRING8, at, end)).strip())
        elif name == _MESSAGE:
            for one in self._properties(at, end):
                if one.id in {_SUBJECT, _PLAIN, _HTML, _RICH} and (words := self._words(one)):
                    found[one.id] = words
        elif name == _NEW_FILE:
            if len(files) >= _MAX_FILES:
                raise _Broken
            files.append(File())
        elif name in {_TITLE, _DATA, _FILE}:
            if not files:
                raise _Broken
            self._of_file(name, at, end, depth, files[-1])

    def _of_file(self, name: int, at: int, end: int, depth: int, file: File) -> None:
        if name == _TITLE:
            title = self._string(_Property(_NAME, _STRING8, at, end))
            file.name = file.name or title
        elif name == _DATA:
            file.start, file.end = at, end
        else:
            inner = None
            for one in self._properties(at, end):
                inner = self._file_property(one, file) or inner
            if inner:
                file.name = ""  # its own text and files come out instead
                self.message(inner.start + 16, inner.end, depth + 1)

    def _file_property(self, one: _Property, file: File) -> _Property | None:
        """Of an embedded message: where it lies, behind the 16 bytes that name its kind."""
        if one.id == _CONTENT and one.kind == _OBJECT:
            if self._data[one.start + 16 : one.start + 20] == _SIGNED:
                return one
            file.start, file.end = one.start, one.end
        elif one.id == _CONTENT and one.kind == _BINARY:
            file.start, file.end = one.start, one.end
        elif one.kind in {_STRING8, _UNICODE}:
            said = self._string(one)
            if one.id == _LONG_NAME:
                file.name = said or file.name
            elif one.id in {_NAME, _SHOWN_NAME}:
                file.name = file.name or said
            elif one.id == _TYPE:
                file.type = said.lower()
        return None

    def _words(self, one: _Property) -> str:
        raw = self._data[one.start : min(one.end, one.start + rtf.MAX_READ)]
        if one.id == _RICH:
            return rtf.to_text(rtf.unpacked(raw))
        if one.id == _HTML:
            text = charsets.decode(raw, self._page) if one.kind != _UNICODE else self._string(one)
            return html.to_text(text)
        return "\n".join(line.rstrip() for line in self._string(one).splitlines()).strip()

    def _string(self, one: _Property) -> str:
        raw = self._data[one.start : min(one.end, one.start + rtf.MAX_READ)]
        if one.kind == _UNICODE:
            text = raw.decode("utf-16-le", "replace")
        else:
            text = charsets.decode(raw.partition(b"\0")[0], self._page)
        return text.partition("\0")[0]

    def _properties(self, at: int, end: int) -> Iterator[_Property]:
        """The single values; of a list of values, none is of use here."""
        (count,) = struct.unpack_from("<I", self._data, at)
        at += 4
        for _ in range(min(count, _MAX_PROPERTIES)):
            if at + 4 > end:
                raise _Broken
            kind, id_ = struct.unpack_from("<HH", self._data, at)
            at = self._named(at + 4) if id_ >= 0x8000 else at + 4
            many, kind = bool(kind & 0x1000), kind & 0xEFFF
            values = 1
            if many or kind in {_STRING8, _UNICODE, _BINARY, _OBJECT}:
                (values,) = struct.unpack_from("<I", self._data, at)
                at += 4
            if values > _MAX_PROPERTIES:
                raise _Broken
            for _ in range(values):
                start, until, at = self._value(kind, at, end)
                if not many:
                    yield _Property(id_, kind, start, until)

    def _named(self, at: int) -> int:
        (kind,) = struct.unpack_from("<I", self._data, at + 16)
        (length,) = struct.unpack_from("<I", self._data, at + 20)
        return at + 24 + (_padded(length) if kind else 0)

    def _value(self, kind: int, at: int, end: int) -> tuple[int, int, int]:
        if kind in {_STRING8, _UNICODE, _BINARY, _OBJECT}:
            (length,) = struct.unpack_from("<I", self._data, at)
            at += 4
        elif kind in _SIZES:
            length = _SIZES[kind]
        else:
            raise _Broken
        if at + length > end:
            raise _Broken
        return at, at + length, at + _padded(length)


def _padded(length: int) -> int:
    return (length + 3) // 4 * 4
