"""How a text feels, by words and facts, offline: the score, and the sentence that caused it."""

import math
import re
from dataclasses import dataclass
from typing import Final, Literal

from bot.pipeline import lexicon
from bot.pipeline.language import Language
from bot.pipeline.sentences import head, plain, split, visible

Label = Literal["negative", "neutral", "positive", "unscored"]


@dataclass(frozen=True, slots=True)
class Sentiment:
    """`score` is -1 … 1; `because` is the sentence that weighed most, "" where none did."""

    label: Label
    score: float = 0.0
    because: str = ""


_UNSCORED: Final = Sentiment("unscored")

_NEGATIVE_FROM, _POSITIVE_FROM = -0.25, 0.33
_FLAT: Final = 15.0
"""VADER's own constant of score = sum / sqrt(sum² + 15)."""

_SHORT: Final = 150
"""Bytes of a message (50 Chinese characters, 25 English words); a longer text is a review or a report, where praise may be meant."""

_FACE: Final = re.compile(r"[\u2600-\u27bf\U0001f000-\U0001faff]")
_FACES: Final = {
    **dict.fromkeys("😡😠🤬👎💢😤😭😞😢😩😫🙄💩😒😱😰😣😖☹😔💔😓🤮", -2.2),
    **dict.fromkeys("👍😊😀😁😄😃🎉❤👏🥰😍💯🌹💪🤝🥳😘✅😆🙌🌟⭐👌🙂💐", 1.8),
    **dict.fromkeys("🙏", 0.6),
}
_WORD: Final = re.compile(r"[^\W\d_]")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_ENGLISH_WORD: Final = re.compile(r"[a-z]{2}")
_ASKS: Final = re.compile(
    r"能不能|可不可以|能否|可否|是否|请问|麻烦|烦请|请|帮忙|[\u4e00-\u9fff]一下|希望|需要|吗|呢"
    r"|\b(?:please|could you|can you|would you|can we|may i|kindly|let me know)\b|\?"
)


def score(text: str, language: Language) -> Sentiment:
    """The mood of `text`: VADER with business overrides, Chinese phrases, and patterns of facts.

    "unscored" where nothing is said (no words and no face of mood) or the language is another.
    Reads the first `sentences.LIMIT` characters and `sentences.SENTENCES` sentences; linear.
    """
    text = visible(head(text))
    if language == "other":
        return _of_faces(text)
    weighed = [(sentence, *_weigh(sentence, language)) for sentence in split(text)]
    if not any(_WORD.search(sentence) for sentence, _, _ in weighed):
        return _of_faces(text)
    good = sum(plus for _, plus, _ in weighed)
    bad = sum(minus for _, _, minus in weighed)
    return _judged(good, bad, weighed)


def _judged(good: float, bad: float, weighed: list[tuple[str, float, float]]) -> Sentiment:
    if sum(len(sentence.encode()) for sentence, _, _ in weighed) > _SHORT:
        bad *= 0.75
    elif good and bad < -2:
        # Praise beside a plain grievance is courtesy or sarcasm (真专业，改一个字改了三天).
        good *= 0.6 if good > -2 * bad else 0.35
    value = _squash(good + bad, len(weighed))
    if value <= _NEGATIVE_FROM:
        return Sentiment("negative", value, min(weighed, key=lambda w: w[2] + 0.3 * w[1])[0])
    if value >= _POSITIVE_FROM:
        return Sentiment("positive", value, max(weighed, key=lambda w: w[1] + w[2])[0])
    return Sentiment("neutral", value)


def _squash(total: float, sentences: int) -> float:
    flat = _FLAT * (1 + 0.15 * min(sentences - 1, 20))
    return round(total / math.sqrt(total * total + flat), 4)


def _weigh(sentence: str, language: Language) -> tuple[float, float]:
    """The positive and the negative weight of one sentence."""
    words = plain(sentence)
    good, bad = _faces(sentence)
    if language != "en" or _HAN.search(words):
        plus, minus, words = _chinese(words)
        good, bad = good + plus, bad + minus
    if language == "en" or (language == "mix" and _ENGLISH_WORD.search(words)):
        plus, minus = _english(words)
        good, bad = good + plus, bad + minus
    if good and _ASKS.search(plain(sentence)):
        good *= 0.45
    return good, bad


def _chinese(words: str) -> tuple[float, float, str]:
    facts, phrases = lexicon.chinese()
    good, bad, rest = facts.weigh(words)
    plus, minus = phrases.mood(rest)
    return good + plus, bad + minus, rest


def _english(words: str) -> tuple[float, float]:
    facts, vader = lexicon.english()
    good, bad, rest = facts.weigh(words)
    if not _ENGLISH_WORD.search(rest):
        return good, bad
    compound = vader.polarity_scores(_HAN.sub(" ", rest))["compound"]
    total = compound * math.sqrt(_FLAT / max(1e-3, 1 - compound * compound))
    return good + max(total, 0), bad + min(total, 0)


def _faces(text: str) -> tuple[float, float]:
    if text.isascii():
        return 0.0, 0.0
    moods = [_FACES.get(face, 0.0) for face in set(_FACE.findall(text))]
    return sum(m for m in moods if m > 0), sum(m for m in moods if m < 0)


def _of_faces(text: str) -> Sentiment:
    good, bad = _faces(text)
    return _judged(good, bad, [(text.strip()[:300], good, bad)]) if good or bad else _UNSCORED
