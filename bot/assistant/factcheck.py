"""What a text for a customer says, held against what may be said to them.

Figures, dates, codes and names of such a text must stand in what the customer may see, has said, or
the member has typed. What stands in internal material only is a leak; what stands nowhere is made up.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.assistant import figures
from bot.assistant.figures import Figure
from bot.domain import names
from bot.texts import Text

GAP: Final = "____"
"""Where a person has to fill something in."""
LEAST_HAN: Final = 6
LEAST_LATIN: Final = 4
"""Characters, or words, in a row that two texts share only where one was made from the other."""
_CODE: Final = Text("内部编号", "an internal number")
_RUN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Source:
    """A text, the day on which it was written, and what it is called where something comes from it."""

    text: str
    day: date
    label: Text
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """A name that this customer has no business with."""

    text: str
    label: Text


@dataclass(frozen=True, slots=True)
class Finding:
    """Words of the checked text, and which internal material they stand in."""

    words: str
    label: Text
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    text: str
    """What was checked, with gaps where something was made up."""
    leaks: tuple[Finding, ...] = ()
    made_up: tuple[str, ...] = ()


def check(
    text: str,
    day: date,
    *,
    known: Sequence[Source],
    internal: Sequence[Source],
    strangers: Sequence[Name] = (),
) -> Checked:
    """`known` may be said to the customer; `text` is written on `day`."""
    text = figures.clean(text)
    public = _Material(known)
    secret = [(source, figures.find(figures.clean(source.text), source.day)) for source in internal]
    leaks: list[Finding] = []
    made_up: list[Figure] = []
    for one in figures.find(text, day):
        if public.holds(one):
            continue
        origin = _origin(one, secret)
        if origin is not None:
            leaks.append(Finding(one.words, origin.label, origin.item))
        elif one.kind == "code":
            leaks.append(Finding(one.words, _CODE))
        else:
            made_up.append(one)
    leaks += _named(text, strangers, public)
    leaks += _phrases(text, internal, public)
    return Checked(_with_gaps(text, made_up), _once(leaks), tuple(one.words for one in made_up))


def leaks_only(
    text: str,
    day: date,
    *,
    known: Sequence[Source],
    internal: Sequence[Source],
    strangers: Sequence[Name] = (),
) -> tuple[Finding, ...]:
    """What to warn a person of about their own words: they may well know more than we do."""
    found = check(text, day, known=known, internal=internal, strangers=strangers)
    telling = {one.words for one in figures.find(figures.clean(text), day) if one.telling}
    small = {one.words for one in figures.find(figures.clean(text), day)} - telling
    return tuple(one for one in found.leaks if one.words not in small)


class _Material:
    """Texts as they are compared with."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._figures = [
            one
            for source in sources
            for one in figures.find(figures.clean(source.text), source.day)
        ]
        self._text = "\n".join(names.normal(source.text) for source in sources)
        self.grams = {gram for source in sources for gram in _grams(source.text)}

    def holds(self, one: Figure) -> bool:
        if isinstance(one.value, str):
            return self.says(one.value)
        return any(figures.same(one, other) for other in self._figures)

    def says(self, words: str) -> bool:
        return names.normal(words) in self._text


def _origin(one: Figure, secret: Sequence[tuple[Source, list[Figure]]]) -> Source | None:
    for source, found in secret:
        if isinstance(one.value, str):
            if one.value in names.normal(source.text):
                return source
        elif any(figures.same(one, other) for other in found):
            return source
    return None


def _named(text: str, strangers: Sequence[Name], public: _Material) -> Iterator[Finding]:
    said = names.normal(text)
    for name in strangers:
        norm = names.normal(name.text)
        edge = r"(?<![a-z0-9]){}(?![a-z0-9])" if norm[:1].isascii() else "{}"
        if norm and not public.says(norm) and re.search(edge.format(re.escape(norm)), said):
            yield Finding(name.text, name.label)


def _lower(text: str) -> str:
    """Folded, with its lines, and without the blanks that could part Chinese characters."""
    return "\n".join(names.normal(line) for line in figures.clean(text).splitlines())


def _tokens(text: str) -> Iterator[list[str]]:
    """Runs of Chinese characters, and of Latin words between stops."""
    for line in re.split(r"[。！？!?；;，,、：:()（）\n]+|\.(?=\s|$)", _lower(text)):
        latin: list[str] = []
        for run in _RUN.findall(line):
            if names.is_cjk(run[0]):
                yield list(run)
            else:
                latin.append(run)
        if latin:
            yield latin


def _grams(text: str) -> Iterator[tuple[str, ...]]:
    for run in _tokens(text):
        size = LEAST_HAN if names.is_cjk(run[0]) else LEAST_LATIN
        yield from (tuple(run[at : at + size]) for at in range(len(run) - size + 1))


def _phrases(text: str, internal: Sequence[Source], public: _Material) -> Iterator[Finding]:
    """The longest runs that stand in internal words too, and in nothing that may be said."""
    for source in internal:
        theirs = set(_grams(source.text)) - public.grams
        if not theirs:
            continue
        for run in _tokens(text):
            size = LEAST_HAN if names.is_cjk(run[0]) else LEAST_LATIN
            glue = "" if size == LEAST_HAN else " "
            for start, end in _spans(run, size, theirs):
                yield Finding(glue.join(run[start:end]), source.label, source.item)


def _spans(run: list[str], size: int, theirs: set[tuple[str, ...]]) -> Iterator[tuple[int, int]]:
    at = 0
    while at <= len(run) - size:
        end = at
        while end <= len(run) - size and tuple(run[end : end + size]) in theirs:
            end += 1
        if end > at:
            yield at, end - 1 + size
        at = max(end, at + 1)


def _with_gaps(text: str, made_up: Iterable[Figure]) -> str:
    for one in sorted(made_up, key=lambda one: -one.start):
        text = text[: one.start] + GAP + text[one.end :]
    return text


def _once(found: Sequence[Finding]) -> tuple[Finding, ...]:
    first: dict[str, Finding] = {}
    for one in found:
        first.setdefault(one.words, one)
    return tuple(first.values())
