"""A summary: what it was about, what is asked, who promised what, the mood, what comes next."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from bot.assistant import figures
from bot.assistant.material import Line, Said, cited, uncited
from bot.pipeline import summary
from bot.pipeline.hearing import Turn

KINDS: Final = ("what", "ask", "promise")
"""The sorts of lines that a model writes; mood and dates are figures, which it does not touch."""
MOST: Final = 8
_EACH: Final = {"what": 4, "ask": 2, "promise": 2}


def offline(said: Sequence[Said], day: date, with_task: frozenset[int] = frozenset()) -> list[Line]:
    """Sentences word for word; an ask that is a task already, or was answered, is left out."""
    found: list[Line] = []
    open_asks = [
        Line("ask", words.words, (one.id,))
        for one in said
        if one.side == "customer" and one.id not in with_task and not _answered(one, said)
        for words in (*one.asks, *one.questions)
    ]
    promised = [
        Line("promise", f"{one.who}：{words.words}" if one.who else words.words, (one.id,))
        for one in said
        for words in one.promises
        if words.due is None or words.due >= day
    ]
    taken = {line.text for line in open_asks} | {
        words.words for one in said for words in one.promises
    }
    turns = [Turn(0.0, 0.0, one.side, one.text) for one in said if one.text]
    for point in summary.of(turns, day, timed=False).lines:
        source = next((one for one in said if point.words in one.text), None)
        if source is not None and point.words not in taken:
            found.append(Line("what", point.words, (source.id,)))
    return _capped([*found, *_newest(open_asks), *_newest(promised)])


def _answered(one: Said, said: Sequence[Said]) -> bool:
    return any(other.side == "us" and other.at > one.at for other in said)


def _newest(lines: Iterable[Line]) -> list[Line]:
    """Each once; the last ones come first."""
    return list({line.text: line for line in lines}.values())[::-1]


def _capped(lines: Iterable[Line]) -> list[Line]:
    left = dict(_EACH)
    kept: list[Line] = []
    for line in lines:
        if left[line.kind] > 0:
            left[line.kind] -= 1
            kept.append(line)
    return kept[:MOST]


def written(value: dict[str, Any], said: Sequence[Said]) -> list[Line]:
    """What a model has made of it; a line that rests on nothing given, or whose figures do not stand
    in what it rests on, is left out.
    """
    lines: list[Line] = []
    known = {one.id: one for one in said}
    for one in value["lines"]:
        line = Line(one["kind"], uncited(one["text"]), cited(one["items"], known))
        if line.text and line.items and supported(line, [known[id_] for id_ in line.items]):
            lines.append(line)
    order = {kind: at for at, kind in enumerate(KINDS)}
    return sorted(lines, key=lambda line: order[line.kind])[:MOST]


def supported(line: Line, said: Sequence[Said]) -> bool:
    """Whether the telling figures of a line stand in the items that it names."""
    told = [one for item in said for one in figures.find(figures.clean(item.text), item.at.date())]
    found = figures.find(figures.clean(line.text), said[-1].at.date()) if said else []
    return all(
        not one.telling or one.kind == "code" or any(figures.same(one, other) for other in told)
        for one in found
    )


def shorter(line: Line, longest: int) -> Line:
    words = " ".join(line.text.split())
    return replace(line, text=words if len(words) <= longest else words[: longest - 1] + "…")
