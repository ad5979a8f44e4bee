"""Recorded events without what people said or who they are; their shape and their links stay.

Ids are replaced by others of the same form, the same one always by the same, so that replies, edits
and redeliveries in a recording still belong together. Words become as many letters.
"""

import hashlib
import re
from typing import Any, Final

import orjson
from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] - lxml has no types

_WORDS: Final = frozenset(
    "text content name chat_name real_name display_name user_name username realname nickname title"
    " description label location_name address alias email emails mail mobile phone telephone"
    " filename file_name subject quoted fallback preview plain_text poi source_name".split()
)
"""Keys, in lower case, whose values are what people wrote or are called."""
_TYPES: Final = re.compile(
    r"(^|_)(sub|chat|msg|message|channel|event|action|chat_?|sender_?|change)?_?type$"
    r"|^(event|schema|tag|format|cmd|eventkey|changetype|origin|mode)$",
    re.IGNORECASE,
)
"""Keys whose values say what kind of thing it is."""
_PEOPLE: Final = re.compile(
    r"user|from|owner|member|operator|creator|inviter|receiver|sender|servicer", re.IGNORECASE
)
"""Keys whose values name somebody, even where the id is a plain word."""
_TIME: Final = re.compile(r"\d{10}(\d{3}|\d{6})?(\.\d{1,6})?|\d{4}-\d\d-\d\d[T ][\d:.+Z-]+")
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_ID: Final = re.compile(r"[A-Za-z0-9_-]*\d[A-Za-z0-9_-]*|[A-Za-z0-9_=-]{12,}")
_PLACEHOLDER: Final = re.compile(r"@_user_\d+|@_all")


def mask(raw: bytes, key: bytes) -> bytes:
    """An event's body, JSON or XML, masked; what is neither becomes its size. `key` is a secret."""
    try:
        return orjson.dumps(_value(orjson.loads(raw), "", key))
    except orjson.JSONDecodeError:
        pass
    try:
        root = etree.fromstring(raw, _parser())
    except etree.XMLSyntaxError:
        return b"%d bytes" % len(raw)
    for element in root.iter(etree.Element):
        if element.text and element.text.strip():
            element.text = _text(element.text, str(element.tag), key)
    return etree.tostring(root, encoding="utf-8")


def _parser() -> Any:
    return etree.XMLParser(resolve_entities=False, no_network=True)


def _value(value: Any, name: str, key: bytes) -> Any:
    if isinstance(value, dict):
        return {
            (_ids(k, key) if any(map(str.isdigit, k)) else k): _value(v, k, key)
            for k, v in value.items()
        }
    if isinstance(value, list):
        return [_value(one, name, key) for one in value]
    return _text(value, name, key) if isinstance(value, str) else value


def _text(text: str, name: str, key: bytes) -> str:
    if _TYPES.search(name) or _TIME.fullmatch(text.strip()):
        return text
    if text[:1] in {"{", "["}:
        try:
            return orjson.dumps(_value(orjson.loads(text), name, key)).decode()
        except orjson.JSONDecodeError:
            pass
    text = _MAIL.sub(lambda found: f"{_hash(found[0], key)[:8]}@masked.example", text)
    if name.lower() not in _WORDS:
        plain_word = _PEOPLE.search(name) and not _ID.search(text)
        return _filled(text, "", _hash(text, key)) if plain_word else _ids(text, key)
    return "".join(
        part if index % 2 else _words(part, key)
        for index, part in enumerate(_split(_PLACEHOLDER, text))
    )


def _split(pattern: re.Pattern[str], text: str) -> list[str]:
    """The text around what matches, and every second time the match itself."""
    parts: list[str] = []
    at = 0
    for found in pattern.finditer(text):
        parts += [text[at : found.start()], found[0]]
        at = found.end()
    return [*parts, text[at:]]


def _words(text: str, key: bytes) -> str:
    """Letters as x, Chinese as 某, with ids and commands' slashes still to be known."""
    out: list[str] = []
    for index, part in enumerate(_split(_ID, text)):
        out.append(_ids(part, key) if index % 2 and len(part) >= 6 else _hidden(part))
    return "".join(out)


def _hidden(text: str) -> str:
    return "".join(
        ("x" if c.isascii() else "某") if c.isalpha() else ("0" if c.isdigit() else c) for c in text
    )


def _ids(text: str, key: bytes) -> str:
    return _ID.sub(lambda found: _same_form(found[0], key), text)


def _same_form(id_: str, key: bytes) -> str:
    """Another id of this form: its first letters say what it is and stay."""
    if _TIME.fullmatch(id_):
        return id_
    start = re.match(r"[A-Za-z]{0,3}_?", id_)
    kept = start[0] if start and len(start[0]) < len(id_) else ""
    return kept + _filled(id_[len(kept) :], kept, _hash(id_, key))


def _filled(text: str, before: str, digest: str) -> str:
    """Letters for letters and digits for digits, as a digest (hex) has them."""
    return "".join(_other(c, int(digest[at % 64], 16)) for at, c in enumerate(text, len(before)))


def _other(c: str, number: int) -> str:
    if c.isdigit():
        return str(number % 10)
    return chr((65 if c.isupper() else 97) + number) if c.isalpha() else c


def _hash(text: str, key: bytes) -> str:
    return hashlib.blake2b(
        text.encode("utf-8", "replace"), key=key[:32], digest_size=32
    ).hexdigest()
