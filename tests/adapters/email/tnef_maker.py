"""winmail.dat files of our own making."""

import struct

SIGNED = struct.pack("<IH", 0x223E9F78, 1)
RICH = b"{\\rtf1\\ansi\\ansicpg936{\\fonttbl{\\f0 SimSun;}}\\pard\\'c4\\'e3\\'ba\\'c3, \\u19990?\\u30028?\\par next\\par}"
FROM_HTML = (
    b"{\\rtf1\\ansi\\ansicpg1252\\fromhtml1{\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 hello"
    b"{\\*\\htmltag84 <b>}world{\\*\\htmltag92 </b>}\\htmlrtf\\par}\\htmlrtf0{\\*\\htmltag72 </p>}}"
)


def attribute(level: int, name: int, data: bytes) -> bytes:
    head = struct.pack("<BII", level, name, len(data))
    return head + data + struct.pack("<H", sum(data) % 65_536)


def padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def variable(kind: int, name: int, data: bytes) -> bytes:
    return struct.pack("<HHII", kind, name, 1, len(data)) + padded(data)


def properties(*each: bytes) -> bytes:
    return struct.pack("<I", len(each)) + b"".join(each)


def unicode(name: int, text: str) -> bytes:
    return variable(0x1F, name, (text + "\0").encode("utf-16-le"))


def rich(data: bytes) -> bytes:
    """Rich text as it lies there, not compressed."""
    return variable(
        0x102, 0x1009, struct.pack("<II4sI", len(data) + 12, len(data), b"MELA", 0) + data
    )


def named_number() -> bytes:
    """A property with a name of its own, and one with a list: both are passed over."""
    word = "Keywords".encode("utf-16-le")
    named = struct.pack("<HH", 0x101F, 0x8001) + b"g" * 16 + struct.pack("<II", 1, len(word))
    listed = struct.pack("<I", 2) + b"".join(struct.pack("<I", 4) + b"a\0b\0" for _ in range(2))
    return named + padded(word) + listed


def file(name: str, data: bytes) -> bytes:
    title = name.encode("gbk", "replace")[:8] + b".DAT\0"
    told = properties(unicode(0x3707, name), struct.pack("<HHI", 3, 0x0E20, len(data)))
    return (
        attribute(2, 0x00069002, b"\1\0" + b"\0" * 12)
        + attribute(2, 0x00018010, title)
        + attribute(2, 0x0006800F, data)
        + attribute(2, 0x00069005, told)
    )


def embedded(whole: bytes) -> bytes:
    """A message within: its object is the 16 bytes of an id, and then a winmail.dat."""
    told = properties(unicode(0x3001, "inner"), variable(0x0D, 0x3701, b"i" * 16 + whole))
    return attribute(2, 0x00069002, b"\1\0" + b"\0" * 12) + attribute(2, 0x00069005, told)


def winmail(*properties_: bytes, files: bytes = b"", page: int = 936) -> bytes:
    return (
        SIGNED
        + attribute(1, 0x00069007, struct.pack("<II", page, 0))
        + attribute(1, 0x00069003, properties(named_number(), *properties_))
        + files
    )
