"""Frames of the long connection: two small protobuf messages, read and written here.

Source: `pbbp2.proto` of Feishu's open-source SDKs, 2026-11.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

CONTROL: Final = 0
DATA: Final = 1
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_U64: Final = (1 << 64) - 1
_U32: Final = (1 << 32) - 1


class BadFrame(Exception):
    """Bytes are no frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    seq: int = 0
    log: int = 0
    service: int = 0
    method: int = CONTROL
    headers: tuple[tuple[str, str], ...] = ()
    encoding: str = ""
    kind: str = ""
    payload: bytes = b""
    log_new: str = ""

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def number(self, name: str) -> int:
        value = self.header(name)
        return int(value) if value.isascii() and value.isdecimal() and len(value) < 9 else 0

    def answered(self, payload: bytes, took_ms: int) -> "Frame":
        """The same frame on its way back."""
        headers = (*self.headers, ("biz_rt", str(took_ms)))
        return replace(self, headers=headers, payload=payload)


def ping(service: int) -> Frame:
    return Frame(service=service, method=CONTROL, headers=(("type", "ping"),))


def encode(frame: Frame) -> bytes:
    parts = [
        _key(1, _VARINT) + _varint(frame.seq & _U64),
        _key(2, _VARINT) + _varint(frame.log & _U64),
        _key(3, _VARINT) + _varint(frame.service & _U64),
        _key(4, _VARINT) + _varint(frame.method & _U64),
    ]
    for name, value in frame.headers:
        parts.append(_chunk(5, _chunk(1, name.encode()) + _chunk(2, value.encode())))
    parts += [_chunk(6, frame.encoding.encode()), _chunk(7, frame.kind.encode())]
    parts += [_chunk(8, frame.payload), _chunk(9, frame.log_new.encode())]
    return b"".join(parts)


def decode(data: bytes) -> Frame:
    """Raises `BadFrame`. Fields that are not known are left out."""
    numbers: dict[int, int] = {}
    chunks: dict[int, bytes] = {}
    headers: list[tuple[str, str]] = []
    for field, value in _fields(data):
        if isinstance(value, int):
            numbers[field] = value
        elif field == 5:
            headers.append(_header(value))
        else:
            chunks[field] = value
    if not {1, 2, 3, 4} <= numbers.keys():
        raise BadFrame("a field is missing")
    return Frame(
        seq=numbers[1],
        log=numbers[2],
        service=_signed(numbers[3]),
        method=_signed(numbers[4]),
        headers=tuple(headers),
        encoding=_text(chunks.get(6, b"")),
        kind=_text(chunks.get(7, b"")),
        payload=chunks.get(8, b""),
        log_new=_text(chunks.get(9, b"")),
    )


def _header(data: bytes) -> tuple[str, str]:
    found = {field: value for field, value in _fields(data) if isinstance(value, bytes)}
    if not {1, 2} <= found.keys():
        raise BadFrame("a header lacks its key or its value")
    return _text(found[1]), _text(found[2])


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        key, at = _read(data, at)
        field, wire = key >> 3, key & 7
        if not 0 < field < 1 << 29:
            raise BadFrame("a field's number is wrong")
        if wire == _VARINT:
            value, at = _read(data, at)
            yield field, value
            continue
        if wire == _BYTES:
            size, at = _read(data, at)
        elif wire in {_FIXED32, _FIXED64}:
            size = 4 if wire == _FIXED32 else 8
        else:
            raise BadFrame("a field's kind is wrong")
        if size > len(data) - at:
            raise BadFrame("cut short")
        if wire == _BYTES:
            yield field, data[at : at + size]
        at += size


def _read(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise BadFrame("cut short")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _U64, at
    raise BadFrame("a number is too long")


def _signed(value: int) -> int:
    low = value & _U32
    return low - (1 << 32) if low >> 31 else low


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _key(field: int, wire: int) -> bytes:
    return _varint(field << 3 | wire)


def _chunk(field: int, data: bytes) -> bytes:
    return _key(field, _BYTES) + _varint(len(data)) + data
