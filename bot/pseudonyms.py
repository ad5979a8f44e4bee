"""Names, numbers and addresses of people as stand-ins, for a model that is not to see them.

A stand-in looks like `[phone-1]`. Models keep that form; brackets, blanks and width that they change
on the way are forgiven. What somebody typed in that form is replaced as well, so that it cannot come
back as another's number.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

_KINDS: Final = ("text", "mail", "id", "card", "phone", "name")
_OPEN, _CLOSE = r"\[［【〔", r"\]］】〕"
_SAID: Final = frozenset({"enum", "title", "description"})
_DASH: Final = r"[-－–—_‑]"
_STAND_IN: Final = rf"[{_OPEN}]\s*(?:{'|'.join(_KINDS)})\s*{_DASH}?\s*\d{{1,9}}\s*[{_CLOSE}]"
_PARTS: Final = re.compile(
    rf"[{_OPEN}]\s*({'|'.join(_KINDS)})\s*{_DASH}?\s*(\d{{1,9}})\s*[{_CLOSE}]", re.IGNORECASE
)
_BEGUN: Final = re.compile(rf"[{_OPEN}][^{_OPEN}{_CLOSE}]{{0,24}}\Z")
_GAP: Final = r"[ \-－‑]?"
_PATTERNS: Final = {
    "text": _STAND_IN,
    "mail": r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]+[@＠][A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",
    "id": rf"(?<!\d)\d{{6}}{_GAP}\d{{8}}{_GAP}\d{{3}}[\dXxＸ](?![\dA-Za-z])",
    "card": rf"(?<!\d)\d{{4}}(?:{_GAP}\d{{4}}){{2}}{_GAP}\d{{1,4}}(?:{_GAP}\d{{1,4}})?(?!\d)",
    "phone": (
        rf"[+＋]\d{{1,3}}(?:[ \-.()（）]{{0,2}}\d){{6,14}}(?!\d)"
        rf"|(?<!\d)(?:(?:86|0086){_GAP})?1[3-9]\d(?:{_GAP}\d{{4}}){{2}}(?!\d)"
        rf"|(?<!\d)[(（]?0\d{{2,3}}[)）]?{_GAP}\d{{3,4}}{_GAP}\d{{4}}(?:(?:转|ext\.?){_GAP}\d{{1,5}})?(?!\d)"
        rf"|(?<!\d)[48]00{_GAP}\d{{3,4}}{_GAP}\d{{3,4}}(?!\d)"
        r"|(?<!\d)\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?!\d)"
    ),
}
"""Tried in this order at each place: a card's number holds what looks like a telephone's."""


class Pseudonyms:
    """One question's stand-ins: the same words have the same one, in all that is masked with it."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """`names` of people and firms; ones of a single letter stand in too many words."""
        patterns = dict(_PATTERNS)
        known = {name.strip() for name in names}
        named = sorted((name for name in known if len(name) > 1), key=lambda n: (-len(n), n))
        if named:
            patterns["name"] = "|".join(_bounded(name) for name in named)
        self._find = re.compile(
            "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in patterns.items()), re.IGNORECASE
        )
        self._stand_ins: dict[tuple[str, str], str] = {}
        self._words: dict[tuple[str, int], str] = {}

    def mask(self, text: str) -> str:
        return self._find.sub(self._stand_in, text)

    def unmask(self, text: str) -> str:
        """The text with the words back; a stand-in that was not given out stays."""
        return _PARTS.sub(self._word, text)

    def unmask_growing(self, text: str) -> str:
        """The beginning of a text, up to a stand-in that may still be cut."""
        return self.unmask(_BEGUN.sub("", text))

    def mask_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A JSON schema with what it says to a model masked: its choices and descriptions."""
        return {
            name: _each(part, self.mask)
            if name in _SAID and not isinstance(part, dict)
            else self.mask_schema(cast("dict[str, Any]", part))
            if isinstance(part, dict)
            else part
            for name, part in schema.items()
        }

    def unmask_all(self, value: dict[str, Any]) -> dict[str, Any]:
        """An object with the words back in every text, however deep."""
        return _each(value, self.unmask)

    def _stand_in(self, found: re.Match[str]) -> str:
        kind = found.lastgroup or "text"
        key = (kind, found[0])
        if key not in self._stand_ins:
            number = 1 + sum(1 for other, _ in self._stand_ins if other == kind)
            self._stand_ins[key] = f"[{kind}-{number}]"
            self._words[kind, number] = found[0]
        return self._stand_ins[key]

    def _word(self, found: re.Match[str]) -> str:
        return self._words.get((found[1].lower(), int(found[2])), found[0])


def _bounded(name: str) -> str:
    """A name in Latin letters is a word of its own; blanks in it may be any."""
    inner = r"\s+".join(re.escape(part) for part in name.split())
    before = r"(?<![A-Za-z0-9])" if name[0].isascii() else ""
    after = r"(?![A-Za-z0-9])" if name[-1].isascii() else ""
    return before + inner + after


def _each(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        inside = cast("dict[str, Any]", value)
        return {change(name): _each(one, change) for name, one in inside.items()}
    if isinstance(value, list):
        return [_each(one, change) for one in cast("list[Any]", value)]
    return value
