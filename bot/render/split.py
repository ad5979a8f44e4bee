"""Long text in pieces that a platform takes whole, cut where a reader would pause."""

import re
from collections.abc import Callable, Iterator
from typing import Final

_PAUSES: Final = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"[。！？!?；;…]+[”’」』）)\"']*|\.(?=\s)"),
    re.compile(r"[，,、：:]|\s"),
)
"""Where to cut, the best first; the cut is behind the match."""
_JOINED: Final = re.compile("[\u0300-\u036f\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\u20e3]")
"""What belongs to the character before it: marks, variation selectors, joiners, skin tones."""


def utf8(text: str) -> int:
    """Bytes of a text in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def split(text: str, most: int, size: Callable[[str], int] = len) -> list[str]:
    """Pieces of at most `most`, measured by `size`; joined they are the text, but for outer blanks.

    Cuts behind paragraphs, else lines, sentences, commas, words; never inside an emoji.

    >>> split("第一句。第二句。第三句", 9, utf8)
    ['第一句', '。', '第二句', '。', '第三句']
    >>> split("One. Two. Three.", 10)
    ['One. Two.', 'Three.']
    """
    return [piece for piece in _pieces(text.strip(), most, size) if piece]


def _pieces(text: str, most: int, size: Callable[[str], int]) -> Iterator[str]:
    while size(text) > most:
        longest = _fitting(text, most, size)
        cut = _pause(text, longest) or _whole(text, longest)
        yield text[:cut].rstrip()
        text = text[cut:].lstrip()
    yield text


def _fitting(text: str, most: int, size: Callable[[str], int]) -> int:
    """How many characters of the text fit; one at least, so that it ends."""
    low, high = 1, min(len(text), most)
    while low < high:
        middle = (low + high + 1) // 2
        if size(text[:middle]) <= most:
            low = middle
        else:
            high = middle - 1
    return low


def _pause(text: str, longest: int) -> int:
    """Behind the last pause in the later half of what fits; 0 where there is none."""
    for pause in _PAUSES:
        last = 0
        for found in pause.finditer(text, longest // 2, longest):
            last = found.end()
        if last:
            return last
    return 0


def _whole(text: str, longest: int) -> int:
    """A cut that leaves no character in two."""
    cut = longest
    while cut > 1 and (_JOINED.match(text, cut) or text[cut - 1] == "\u200d"):
        cut -= 1
    return cut if cut > 1 else longest
