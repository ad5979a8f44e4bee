"""What a talk came to: its weightiest sentences, decisions, things to do, questions left open.

Chosen, never written anew: each stands there word for word, with the second at which it was said.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from bot.contract import Segment, storable
from bot.pipeline import extract, hearing, language, sentiment, signals
from bot.pipeline.hearing import Turn
from bot.pipeline.sentences import plain

MOST: Final = 5
_POLITE: Final = "praise"
"""The weather is fine too; what is praised changes nothing."""
_PARTS: Final = ("lines", "decisions", "to_do", "open")
_LEAST: Final = 4
"""Characters; what is shorter says nothing by itself."""
_ANSWER_S: Final = 45.0
"""An answer comes within so many seconds, or is none."""
_ACTION: Final = re.compile(
    r"负责|跟进|完成|提交|交(?:付|给|出|到|齐)|整理|准备|安排|联系|发(?:给|出|送|到)|更新|修复|修改|落实|采购|到场|验收|测试|部署|上线"
    r"|\b(?:prepare|send|finish|deliver|follow up|complete|submit|fix|update|arrange|contact|deploy|review)\w*\b"
)
_LATER: Final = re.compile(
    r"(?:我|我们|回头|稍后|晚点|这边)?(?:再|先|回去)?(?:确认|核实|问|查|了解|看看|研究)(?:一下|下)|回复您|答复您|给您(?:回复|答复)|不(?:太)?(?:清楚|知道|确定)|说不好"
    r"|\b(?:let me check|get back to you|i'll (?:check|ask|find out)|not sure|don't know|i have to (?:check|ask))\b"
)


@dataclass(frozen=True, slots=True)
class Point:
    """A sentence, when it was said (None where nobody recorded it), by whom, and until when."""

    words: str
    at: float | None = None
    speaker: str = ""
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Gist:
    lines: tuple[Point, ...] = ()
    """The weightiest, in their order."""
    decisions: tuple[Point, ...] = ()
    to_do: tuple[Point, ...] = ()
    """Promises, asks, then what else is to be done by a day."""
    open: tuple[Point, ...] = ()
    """Questions that nobody answered."""
    by: str = ""
    """The language model that wrote it; empty: every sentence was said just so."""


def of(said: Sequence[Turn], day: date, *, timed: bool = True) -> Gist:
    """`day` is when it was said: "Friday" is counted from it. Without `timed` no point has a time."""
    whole = [(turn, words) for turn, words in hearing.sentences(said) if len(words) >= _LEAST]
    found = extract.find("\n".join(turn.text for turn in said), day)
    left_open = _unanswered(whole, day, timed=timed)
    asked = {point.words for point in left_open}
    to_do = [
        _found(one, whole, timed=timed)
        for one in (*found.promises, *found.asks)
        if one.words not in asked
    ]
    known = "\n".join([*asked, *(point.words for point in to_do)])
    to_do += [point for point in _actions(whole, day, timed=timed) if point.words not in known]
    return Gist(
        lines=_weightiest(whole, day, MOST, timed=timed),
        decisions=tuple(
            dict.fromkeys(
                _point(turn, words, timed=timed) for turn, words in whole if extract.decides(words)
            )
        )[:MOST],
        to_do=tuple(to_do),
        open=left_open,
    )


def written(said: Sequence[Segment], value: dict[str, Any], by: str) -> Gist:
    """What a model has answered (prompts/minutes/schema.json); what names no line is left out."""

    def point(one: dict[str, Any]) -> Point | None:
        number, words = one["line"], _clean(one["text"])
        if not 1 <= number <= len(said) or not words:
            return None
        turn = said[number - 1]
        owner = _clean(one.get("owner", "")) or turn.speaker
        return Point(words, turn.start, owner, _day(one.get("due", "")))

    def points(name: str) -> tuple[Point, ...]:
        return tuple(filter(None, map(point, value[name])))

    return Gist(points("lines"), points("decisions"), points("to_do"), points("open"), by)


def _clean(words: str) -> str:
    """What a database can hold of a model's words."""
    return str(storable(words)).strip()


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def as_object(gist: Gist) -> dict[str, Any]:
    """A gist as it is kept beside its transcript; see `kept`."""
    parts = {
        name: [
            {**asdict(point), "due": point.due.isoformat() if point.due else None}
            for point in getattr(gist, name)
        ]
        for name in _PARTS
    }
    return {**parts, "by": gist.by}


def kept(value: dict[str, Any]) -> Gist:
    """What `as_object` made."""

    def points(name: str) -> tuple[Point, ...]:
        return tuple(
            Point(one["words"], one["at"], one["speaker"], _day(one["due"] or ""))
            for one in value[name]
        )

    return Gist(points("lines"), points("decisions"), points("to_do"), points("open"), value["by"])


def lines(said: Sequence[str], day: date, most: int = MOST) -> tuple[str, ...]:
    """The weightiest sentences of texts alone; see `of`."""
    spoken = [Turn(0.0, 0.0, "", text) for text in said]
    whole = [(turn, words) for turn, words in hearing.sentences(spoken) if len(words) >= _LEAST]
    return tuple(point.words for point in _weightiest(whole, day, most, timed=False))


def _point(turn: Turn, words: str, *, timed: bool, due: date | None = None) -> Point:
    at = round(hearing.second_of(turn, words), 1) if timed else None
    return Point(words, at, turn.speaker, due)


def _found(one: extract.Words, whole: Sequence[tuple[Turn, str]], *, timed: bool) -> Point:
    turn = next((turn for turn, _ in whole if one.words in turn.text), None)
    if turn is None:
        return Point(one.words, due=one.due)
    return _point(turn, one.words, timed=timed, due=one.due)


def _actions(whole: Sequence[tuple[Turn, str]], day: date, *, timed: bool) -> Iterator[Point]:
    """Work with a day to it, as minutes put it: "李雷：周五前交图纸"."""
    for turn, words in whole:
        if _ACTION.search(plain(words)) and not extract.decides(words):
            named = extract.find(words, day).dates
            if named and named[0].value >= day:
                yield _point(turn, words, timed=timed, due=named[0].value)


def _weightiest(
    whole: Sequence[tuple[Turn, str]], day: date, most: int, *, timed: bool
) -> tuple[Point, ...]:
    """Asks and promises weigh most, then what complains or presses, dates and amounts, questions."""
    first: dict[str, Turn] = {}
    for turn, words in whole:
        first.setdefault(words, turn)
    told = list(first.items())
    weights = [_weight(words, day) for words, _ in told]
    best = sorted(range(len(told)), key=lambda at: (-weights[at], at))[:most]
    return tuple(
        _point(told[at][1], told[at][0], timed=timed)
        for at in sorted(best)
        if weights[at] > 0 or len(told) <= most
    )


def _weight(sentence: str, day: date) -> float:
    told = extract.find(sentence, day)
    mood = sentiment.score(sentence, language.detect(sentence))
    return (
        3.0 * bool(told.asks or told.promises)
        + 2.5 * extract.decides(sentence)
        + 2.0 * bool(set(signals.find(sentence, mood)) - {_POLITE})
        + 1.0 * bool(told.dates)
        + 1.0 * bool(told.amounts)
        + 1.5 * bool(told.questions)
        + max(0.0, -mood.score)
    )


def _unanswered(whole: Sequence[tuple[Turn, str]], day: date, *, timed: bool) -> tuple[Point, ...]:
    """Questions after which nobody else says anything of substance, or only that they will see."""
    found: list[Point] = []
    sides = len({turn.speaker for turn, _ in whole}) > 1
    for number, (turn, words) in enumerate(whole):
        if not extract.find(words, day).questions:
            continue
        after = [
            (other, said)
            for other, said in whole[number + 1 : number + 6]
            if not timed or other.start - turn.end < _ANSWER_S
        ]
        answers = [said for other, said in after if other.speaker != turn.speaker or not sides]
        if not answers or _LATER.search(plain(answers[0])):
            found.append(_point(turn, words, timed=timed))
    return tuple(dict.fromkeys(found))[:MOST]
