"""Numbers as people write them: 12, １２, 十二, 两万三千, 半."""

import re
import unicodedata
from decimal import Decimal
from typing import Final

_DIGITS: Final = {c: n for n, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "○": 0, "两": 2, "俩": 2, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9,
}  # fmt: skip
_TENS: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS: Final = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
_FIGURES: Final = re.compile(r"\d{1,15}(?:,\d{3}){0,4}(?:\.\d{1,6})?")

HAN: Final = "零一二三四五六七八九十百千万亿两〇"
"""Characters of a Chinese number, for use in a character class."""


def number(words: str) -> Decimal | None:
    """The value of a whole number word, or None: "１２", "3,500.5", "十二", "二十", "两万三", "半".

    At most 30 characters are read as a number.
    """
    words = unicodedata.normalize("NFKC", words).strip()
    if not words or len(words) > 30:
        return None
    if _FIGURES.fullmatch(words):
        return Decimal(words.replace(",", ""))
    if words == "半":
        return Decimal("0.5")
    value = _han(words)
    return None if value is None else Decimal(value)


def whole(words: str) -> int | None:
    """`number` where it is a whole one."""
    value = number(words)
    return int(value) if value is not None and value == value.to_integral_value() else None


def _han(words: str) -> int | None:
    if all(c in _DIGITS for c in words):
        return int("".join(str(_DIGITS[c]) for c in words))
    total = section = digit = 0
    unit = 1
    for c in words:
        if c in _DIGITS:
            digit = _DIGITS[c]
            unit = 1 if c in "零〇" else unit
        elif c in _TENS:
            unit = _TENS[c]
            section += (digit or 1) * unit
            digit = 0
        elif c in _MYRIADS:
            unit = _MYRIADS[c]
            total = (total + section + digit) * unit
            section = digit = 0
        else:
            return None
    # 两万三 is 23 000: a last digit stands for the next smaller place.
    return total + section + digit * (unit // 10 if unit >= 100 and digit else 1)
