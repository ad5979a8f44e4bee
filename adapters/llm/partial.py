"""The first text of an answer while it comes: a JSON object cut anywhere, also within a character."""

import string
from typing import Any, Final

_THINKS, _THOUGHT = "<think>", "</think>"
_SIGNS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_HEX: Final = frozenset(string.hexdigits)


def first_text(schema: dict[str, Any]) -> str | None:
    """The first property that is a text; words to choose from are none."""
    for name, part in schema.get("properties", {}).items():
        if part.get("type") == "string" and "enum" not in part:
            return name
    return None


class Growing:
    """Takes an object's JSON piece by piece; `text` is what is known of one of its properties.

    It judges nothing: what is no JSON gives any text or none, and is found out at the end.
    """

    def __init__(self, name: str) -> None:
        self.text = ""
        self._name = name
        self._head: str | None = ""
        """What comes before the object; None: it has begun."""
        self._depth = 0
        self._key = ""
        self._at_key = False
        self._done = False
        self._string: _String | None = None

    def feed(self, piece: str) -> None:
        if self._head is not None:
            piece = self._begun(self._head + piece)
        for sign in piece:
            if self._done:
                return
            if self._string is None:
                self._between(sign)
            elif self._string.take(sign):
                self._string_ends(self._string.text)
        if self._string is not None and self._wanted():
            self.text = self._string.text

    def _begun(self, head: str) -> str:
        """What follows the thoughts before an answer, from the object's brace on."""
        said = head.lstrip()
        self._head = head
        if len(said) < len(_THINKS) and _THINKS.startswith(said):
            return ""
        if said.startswith(_THINKS):
            _, ended, said = said.partition(_THOUGHT)
            if not ended:
                return ""
        _, brace, rest = said.partition("{")
        if brace:
            self._head = None
        return brace + rest

    def _between(self, sign: str) -> None:
        if sign == '"':
            self._string = _String()
        elif sign in "{[":
            self._depth += 1
            self._at_key = self._depth == 1
        elif sign in "}]":
            self._depth -= 1
        elif sign == "," and self._depth == 1:
            self._at_key = True

    def _wanted(self) -> bool:
        return self._depth == 1 and not self._at_key and self._key == self._name

    def _string_ends(self, text: str) -> None:
        if self._wanted():
            self.text, self._done = text, True
        if self._depth == 1 and self._at_key:
            self._key, self._at_key = text, False
        self._string = None


class _String:
    """One JSON text: its escapes and pairs of surrogates wait until they are whole."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._escape = ""
        self._high = 0

    @property
    def text(self) -> str:
        return "".join(self._said)

    def take(self, sign: str) -> bool:
        """Whether it ends here."""
        if self._escape:
            self._escaped(sign)
        elif sign == "\\":
            self._escape = sign
        elif sign == '"':
            return True
        else:
            self._put(sign)
        return False

    def _escaped(self, sign: str) -> None:
        self._escape += sign
        if self._escape[1] != "u":
            self._escape = ""
            self._put(_SIGNS.get(sign, sign))
        elif len(self._escape) == 6:
            digits, self._escape = self._escape[2:], ""
            if _HEX.issuperset(digits):
                self._unit(int(digits, 16))

    def _unit(self, code: int) -> None:
        if 0xD800 <= code < 0xDC00:
            self._high = code
        elif self._high and 0xDC00 <= code < 0xE000:
            whole = 0x10000 + ((self._high - 0xD800) << 10) + (code - 0xDC00)
            self._put(chr(whole))
        elif not 0xDC00 <= code < 0xE000:
            self._put(chr(code))

    def _put(self, sign: str) -> None:
        self._high = 0
        self._said.append(sign)
