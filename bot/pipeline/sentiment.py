"""How a text feels, by words and facts, offline: the score, and the sentence that caused it."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.pipeline import features, lexicon, regression, signals
from bot.pipeline.language import Language
from bot.pipeline.moods import Label, Sentiment
from bot.pipeline.sentences import head, plain, split, visible

_UNSCORED: Final = Sentiment("unscored")

_NEGATIVE_FROM, _POSITIVE_FROM = -0.25, 0.33
_FLAT: Final = 15.0
"""VADER's own constant of score = sum / sqrt(sum² + 15)."""

_LEANING: Final = {"short": (1.0, 0.0), "long": (2.0, 0.0), "en": (5.0, 1.0)}
"""How much the lists lean a text towards their side, and how much it is drawn to neutral, more where they
say little. The corpus is of the trade: reviews, which are long, and everyday English are told better
by the lists.
"""
_SPOKEN_TO: Final = 0.4
"""How much of the pull to neutral is left where a text speaks of you and us, as those of the trade do."""
_LISTED: Final = 8.0
"""What the weight of a listed word is among the weights of runs, where a cause is looked for."""
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


@dataclass(frozen=True, slots=True)
class Weighed:
    """What word lists, patterns and rules find in a text."""

    words: str
    """The text as patterns expect it."""
    sentences: tuple[tuple[str, float, float], ...]
    """Each with its positive and its negative weight."""
    rules: tuple[str, ...]
    """Signals that rules find."""
    facts: dict[str, float]
    leaning: tuple[float, float]
    """For `regression.tell`: towards positive, and towards neutral."""


def score(text: str, language: Language) -> Sentiment:
    """The mood of `text`: VADER with business overrides, Chinese phrases and patterns of facts, and the
    regression that has read all of them and the words themselves.

    "unscored" where nothing is said (no words and no face of mood) or the language is another.
    Reads the first `sentences.LIMIT` characters and `sentences.SENTENCES` sentences; linear.
    """
    if language == "other":
        return _of_faces(visible(head(text)))
    found = weighed(text, language)
    if not any(_WORD.search(sentence) for sentence, _, _ in found.sentences):
        return _of_faces(visible(head(text)))
    told = regression.tell(found.words, found.facts, *found.leaning)
    negative, neutral, positive = told.moods
    label: Label = "neutral"
    because = ""
    if negative > max(neutral, positive):
        label, because = "negative", _cause(found, least=True)
    elif positive > neutral:
        label, because = "positive", _cause(found, least=False)
    return Sentiment(
        label,
        score=round(positive - negative, 4),
        because=because,
        hints=told.signals,
        surely=told.surely,
        rules=found.rules,
        confidence=round(max(told.moods), 3),
        familiar=told.familiar,
    )


def weighed(text: str, language: Language) -> Weighed:
    """What lists and rules say of a text in a language that is read."""
    text = visible(head(text))
    words = plain(text)
    sentences = tuple((sentence, *_weigh(sentence, language)) for sentence in split(text))
    good = sum(plus for _, plus, _ in sentences)
    bad = sum(minus for _, _, minus in sentences)
    value = _lists(good, bad, sentences)
    rules = tuple(signals.by_rules(words))
    facts = features.facts(good, bad, rules, words)
    kind = "en" if language == "en" else "long" if len(text.encode()) > _SHORT else "short"
    lean, calm = _LEANING[kind]
    calm *= (1 - abs(value)) * (_SPOKEN_TO if features.TO_US.search(words) else 1.0)
    return Weighed(words, sentences, rules, facts, (lean * value, calm))


def _cause(found: Weighed, *, least: bool) -> str:
    """The sentence that pulls a text to where it ends."""
    if len(found.sentences) == 1:
        return found.sentences[0][0]
    pulls = [
        (regression.pull(plain(sentence)) + _LISTED * (good + bad), sentence)
        for sentence, good, bad in found.sentences
        if _WORD.search(sentence)
    ]
    return (min(pulls) if least else max(pulls))[1]


def _lists(good: float, bad: float, sentences: Sequence[tuple[str, float, float]]) -> float:
    """The mood that word lists and patterns alone tell, -1 … 1."""
    if sum(len(sentence.encode()) for sentence, _, _ in sentences) > _SHORT:
        bad *= 0.75
    elif good and bad < -2:
        # Praise beside a plain grievance is courtesy or sarcasm (真专业，改一个字改了三天).
        good *= 0.6 if good > -2 * bad else 0.35
    return _squash(good + bad, len(sentences))


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
    if not good and not bad:
        return _UNSCORED
    value = _squash(good + bad, 1)
    if _NEGATIVE_FROM < value < _POSITIVE_FROM:
        return Sentiment("neutral", value)
    return Sentiment("negative" if value < 0 else "positive", value, text.strip()[:300])
