"""What the regression sees of a text: runs of characters and words, and what the rules say of it."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

LONGEST: Final = 4
"""Units of a run: Chinese characters, words, figures, marks."""
_UNITS: Final = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:[.,:]\d+)*|[^\sa-z\d]")
TO_US: Final = re.compile(r"[你您咱]|贵(?:司|公司|方)|我们|我方|\b(?:you|your|we|our|us)\b")
"""Words of a talk between two firms; what everybody writes has few of them."""
_STEM: Final = 5
_MANY: Final = 3_000
"""Units of a text that are read."""


def units(words: str) -> list[str]:
    """A text in lower case as units; figures are all alike, words begin with a blank.

    >>> units("请在 3:00 前 fix it!")
    ['请', '在', '0', '前', ' fix', ' it', '!']
    """
    return [_unit(found) for found in _UNITS.findall(words)[:_MANY]]


def _unit(found: str) -> str:
    if found[0].isdecimal():
        return "0"
    return f" {found}" if found[0].isascii() and found[0].isalpha() else found


def runs(words: str) -> Iterator[str]:
    """All runs of one to LONGEST units, with its ends marked, and the beginnings of long words."""
    whole = ["^", *units(words), "$"]
    for start in range(len(whole)):
        run = ""
        for unit in whole[start : start + LONGEST]:
            run += unit
            yield run
    for unit in whole:
        if len(unit) > _STEM and unit[0] == " ":
            yield f"~{unit[1 : _STEM + 1]}"


def facts(good: float, bad: float, signals: Iterable[str], words: str) -> dict[str, float]:
    """What word lists and rules say, as numbers near -1 … 1."""
    told = {
        "§good": min(good, 6.0) / 3,
        "§bad": min(-bad, 6.0) / 3,
        "§sum": max(-1.0, min(1.0, (good + bad) / 4)),
        "§asks": 1.0 if words.rstrip().endswith(("?", "吗", "呢", "么")) else 0.0,
        "§loud": min(words.count("!"), 3) / 3,
        "§us": 1.0 if TO_US.search(words) else 0.0,
        "§long": min(len(words), 300) / 300,
        "§latin": sum(c.isascii() and c.isalpha() for c in words) / (len(words) or 1),
    }
    told |= {f"§{name}": 1.0 for name in signals}
    return {name: value for name, value in told.items() if value}
