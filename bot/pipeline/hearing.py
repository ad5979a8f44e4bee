"""The shape of a talk: whose turns, how they felt, who spoke how much, silences, talk-over."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.contract import Segment, Transcript, Word
from bot.pipeline import language, sentiment
from bot.pipeline.sentences import split

AGENT: Final = "agent"
CUSTOMER: Final = "customer"
"""The two sides of a call whose channels are recorded apart; all others are names."""
_OVERLAP_S: Final = 0.5
"""Two who speak at once for so long talk over each other; less is a nod."""
_SMOOTH: Final = 0.5
"""How much of the mood before a turn lives on after it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker said, and how it felt: -1 … 1; None where it says nothing of that."""

    start: float
    end: float
    speaker: str
    text: str
    score: float | None = None
    because: str = ""
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    duration_s: float
    shares: tuple[tuple[str, float], ...]
    """Each speaker's part of all that was spoken, 0..1; empty where there is one voice."""
    silence_s: float
    """The longest time in which nobody spoke, between two turns."""
    silence_at: float
    talk_over: int
    """How often two spoke at once."""


def turns(transcript: Transcript) -> tuple[Turn, ...]:
    return tuple(_turn(part) for part in transcript.segments)


def _turn(part: Segment) -> Turn:
    mood = sentiment.score(part.text, language.detect(part.text))
    score = None if mood.label == "unscored" else mood.score
    return Turn(part.start, part.end, part.speaker, part.text, score, mood.because, part.words)


def customers_words(transcript: Transcript) -> str:
    """What the customer's side says, where the sides are known; else all of it."""
    theirs = [part.text for part in transcript.segments if part.speaker == CUSTOMER]
    return "\n".join(theirs) or transcript.text


def shape(transcript: Transcript) -> Shape:
    parts = sorted(transcript.segments, key=lambda part: part.start)
    spoken: defaultdict[str, float] = defaultdict(float)
    for part in parts:
        spoken[part.speaker] += part.end - part.start
    whole = sum(spoken.values())
    several = len(spoken) > 1 and whole > 0
    silence, at = _silence(parts)
    return Shape(
        duration_s=transcript.duration_s,
        shares=tuple((who, share / whole) for who, share in sorted(spoken.items()))
        if several
        else (),
        silence_s=silence,
        silence_at=at,
        talk_over=_talk_over(parts),
    )


def _silence(parts: Sequence[Segment]) -> tuple[float, float]:
    longest, at = 0.0, 0.0
    heard = parts[0].end if parts else 0.0
    for part in parts:
        if part.start - heard > longest:
            longest, at = part.start - heard, heard
        heard = max(heard, part.end)
    return longest, at


def _talk_over(parts: Sequence[Segment]) -> int:
    count, last = 0, parts[0] if parts else None
    for part in parts[1:]:
        if last is not None and part.speaker != last.speaker:
            count += min(last.end, part.end) - part.start >= _OVERLAP_S
        if last is None or part.end > last.end:
            last = part
    return count


def curve(said: Sequence[Turn]) -> dict[str, tuple[tuple[float, float], ...]]:
    """Speaker → mood over time, each point (second, -1 … 1) with what came before it smoothed in."""
    found: dict[str, list[tuple[float, float]]] = {}
    for turn in said:
        if turn.score is None:
            continue
        points = found.setdefault(turn.speaker, [])
        before = points[-1][1] if points else turn.score
        points.append((turn.start, _SMOOTH * before + (1 - _SMOOTH) * turn.score))
    return {who: tuple(points) for who, points in found.items()}


def movers(said: Sequence[Turn], most: int = 3) -> list[tuple[Turn, str]]:
    """The sentences that moved the mood most, with their turns, in order of time."""
    felt = [turn for turn in said if turn.score is not None and turn.because]
    felt.sort(key=lambda turn: -abs(turn.score or 0.0))
    chosen = [turn for turn in felt[:most] if abs(turn.score or 0.0) >= 0.3]
    return [(turn, turn.because) for turn in sorted(chosen, key=lambda turn: turn.start)]


def second_of(turn: Turn, words: str) -> float:
    """When a sentence of a turn was said: by its first word, else by its place among the letters."""
    at = turn.text.find(words)
    if at <= 0:
        return turn.start
    passed = 0
    for word in turn.words:
        passed += len(word.text)
        if passed > at:
            return word.start
    return turn.start + (turn.end - turn.start) * at / len(turn.text)


def sentences(said: Sequence[Turn]) -> list[tuple[Turn, str]]:
    return [(turn, one.strip()) for turn in said for one in split(turn.text) if one.strip()]


def stored(value: dict[str, Any] | None) -> Transcript | None:
    """The transcript that an interaction holds."""
    return Transcript.model_validate(value) if value else None


def clock_time(seconds: float) -> str:
    """Seconds as 1:02 or 1:02:03.

    >>> clock_time(62), clock_time(3723.4)
    ('1:02', '1:02:03')
    """
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
