"""A typed line → words: quotes of both languages, full-width marks, `key:value`."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

_QUOTES: Final = {'"': '"', "'": "'", "“": "”", "‘": "’", "「": "」", "『": "』", "《": "》"}
_GAPS: Final = frozenset(" \t\r\n\u3000，、；")
_NUMBERED: Final = re.compile(r"(?<=\d),(?=#\d)")
"""A plain comma stays in a word (1,200), but for one between numbers of items: #12,#13."""
_COLON: Final = re.compile(r"^([^\W\d][\w-]{0,30})[:：=](.+)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a line. What stood in quotes is text and nothing else."""

    text: str
    quoted: bool = False
    key: str = ""
    """The part before the colon of `due:friday`; empty without one."""
    gap: str = field(default=" ", compare=False)
    """What stood before it: blanks, line breaks, commas."""


def is_command(line: str) -> bool:
    """Whether a line begins as a command does: with a slash of either width."""
    return line.lstrip().startswith(("/", "／"))


def split(line: str) -> list[Word]:
    """The words of a line; a quote that is never closed goes on to the end.

    >>> [w.text for w in split('/task new “fix login” @li due:fri')]
    ['task', 'new', 'fix login', '@li', 'due:fri']
    >>> [w.text for w in split("/file #12,#13 C-0001")], [w.text for w in split("/cost 1,200")]
    (['file', '#12', '#13', 'C-0001'], ['cost', '1,200'])
    """
    body = line.strip()
    if is_command(body):
        body = body[1:]
    body = _NUMBERED.sub("、", body)
    words: list[Word] = []
    at = begun = 0
    while at < len(body):
        if body[at] in _GAPS:
            at += 1
            continue
        gap = body[begun:at]
        word, at = _next(body, at)
        words.append(replace(word, gap=gap))
        begun = at
    return words


def said(words: Sequence[Word]) -> str:
    """Words as one text, with what stood between them."""
    return "".join(f"{word.gap if number else ''}{word.text}" for number, word in enumerate(words))


def _next(body: str, at: int) -> tuple[Word, int]:
    closing = _QUOTES.get(body[at])
    # An apostrophe opens a quote only where one closes it: "what's new" is two words.
    if closing and (body[at] != "'" or body.find("'", at + 1) > 0):
        end = body.find(closing, at + 1)
        end = len(body) if end < 0 else end
        return Word(body[at + 1 : end], quoted=True), end + 1
    end = at
    while end < len(body) and body[end] not in _GAPS:
        closing = _QUOTES.get(body[end])
        if closing and body[end] not in {"'", "‘"} and end > at and body[end - 1] in ":：=":
            close = body.find(closing, end + 1)
            close = len(body) if close < 0 else close
            return Word(body[end + 1 : close], True, _folded(body[at : end - 1])), close + 1
        end += 1
    text = body[at:end]
    found = _COLON.match(text)
    if found and not text.startswith(("http:", "https:")):
        return Word(text, key=_folded(found.group(1))), end
    return Word(text), end


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def value_of(word: Word) -> str:
    """The part after the colon of `due:friday`; for one in quotes, the whole text."""
    if word.quoted:
        return word.text
    found = _COLON.match(word.text)
    return found.group(2) if found else word.text


def folded(text: str) -> str:
    """Full-width digits and letters made plain."""
    return unicodedata.normalize("NFKC", text)
