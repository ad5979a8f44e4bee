"""Bytes of mails to text, whatever their charset label says. Nothing here raises on any bytes."""

import codecs
from collections.abc import Sequence
from typing import Final

# Labels seen in the wild → the superset that mail programs really mean by them. gb2312 almost
# always carries characters beyond it, and gb18030 reads everything gbk and gb2312 can hold.
MEANT: Final = {
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gb2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "windows-936": "gb18030",
    "euc-cn": "gb18030",
    "chinese": "gb18030",
    "gb-18030": "gb18030",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "utf8": "utf-8",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "cn-gb": "gb18030",
}
# Codecs that Python offers as text encodings and that no mail means: slow, or they warn.
NEVER: Final = frozenset(
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}
)
# Labels that say nothing about the bytes.
SAYS_NOTHING: Final = frozenset({"us-ascii", "ascii"})


def known(label: str) -> str | None:
    """The codec that a charset label means; None where it names none that mails use."""
    label = label.strip(" \t\"'").partition("*")[0].lower()
    try:
        name = codecs.lookup(MEANT.get(label, label)).name
        b"abcd".decode(name, "ignore")  # "zip" and "base64" are codecs too, but of no text
    except (LookupError, ValueError):  # ValueError: a NUL or a lone surrogate in the label
        return None
    name = name.replace("_", "-")
    return None if name in NEVER or name in SAYS_NOTHING else MEANT.get(name, name)


def decode(data: bytes, label: str = "", hints: Sequence[str] = ()) -> str:
    """Text of `data`, whose charset is said to be `label`; `hints` are labels from nearby.

    The label is believed as long as the bytes agree. UTF-8 that hides behind another label, and GBK
    behind "utf-8", are both common and both recognisable; what stays undecodable shows as U+FFFD.
    """
    codec = known(label)
    if codec is None:
        return guess(data, hints)
    if codec == "utf-8":
        return _nearly_utf8(data)
    if codec == "utf-7":  # the one codec that lets half a surrogate pair through
        return data.decode(codec, "replace").encode("utf-8", "replace").decode("utf-8")
    # Multibyte and 8-bit codecs accept nearly anything; valid UTF-8 of some length is no accident.
    tries = ("utf-8", codec) if codec in {"cp1252", "iso8859-15"} else (codec, "utf-8")
    return _first(data, tries) or data.decode(codec, "replace")


def guess(data: bytes, hints: Sequence[str] = ()) -> str:
    """Text of bytes without a usable label: UTF-8, then what stands nearby, then Chinese."""
    nearby = [codec for hint in hints if (codec := known(hint)) is not None]
    return _first(data, ("utf-8", *nearby, "gb18030", "cp1252")) or data.decode("latin-1")


def _first(data: bytes, codecs_: Sequence[str]) -> str | None:
    for codec in codecs_:
        try:
            return data.decode(codec)
        except ValueError:
            continue
    return None


def _nearly_utf8(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    wrong = text.count("\N{REPLACEMENT CHARACTER}")
    # One or two holes are a cut character; many are another charset under the wrong label.
    if wrong <= 2 or wrong * 50 < len(text):
        return text
    return _first(data, ("gb18030",)) or text
