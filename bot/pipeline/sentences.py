"""A text cut into sentences, cleaned for matching: what sentiment, signals and extract read."""

import re
import unicodedata
from typing import Final

LIMIT: Final = 20_000
"""Characters of a text that are analysed; the rest of a longer one is not read."""

SENTENCES: Final = 400
"""Sentences of a text that are analysed."""

LONGEST: Final = 300
"""Characters of a sentence; a longer one is cut, so that no step costs more than a line."""

# Marks of direction, joiners, variation selectors and other characters that nobody sees.
_UNSEEN: Final = dict.fromkeys(
    [
        0x00AD,
        0x061C,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xFE00, 0xFE10),
        0xFEFF,
        *range(0xE0000, 0xE0080),
    ]
)
_LOOKS: Final = str.maketrans("。、‘’“”…", ".,''\"\".")
_MARKUP: Final = re.compile(
    r"(?:https?://|www\.)[^\s\u3000-\uffef]{1,2000}"
    r"|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"
    r"|[@＠][\w.-]{1,40}"
)
_END: Final = re.compile(
    r"[^。！？!?；;\n]{1,300}?(?:[。！？!?；;\n]{1,8}|\.(?=\s|$)|$)|[^\n]{1,300}"
)


def head(text: str) -> str:
    """What is analysed of a text: its first LIMIT characters."""
    return text[:LIMIT]


def visible(text: str) -> str:
    """`text` without links, mail addresses, @mentions and characters nobody sees."""
    if text.isascii() and "@" not in text and "://" not in text and "www." not in text:
        return text
    return _MARKUP.sub(" ", text.translate(_UNSEEN))


def plain(text: str) -> str:
    """`text` as the patterns expect it: lower case, half-width, plain quotes and stops."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_LOOKS)
    return text.lower()


def split(text: str) -> list[str]:
    """The sentences of `text` in order, at most SENTENCES of at most LONGEST characters."""
    found: list[str] = []
    for match in _END.finditer(text):
        if sentence := match.group().strip():
            found.append(sentence)
            if len(found) == SENTENCES:
                break
    return found
