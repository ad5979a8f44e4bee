"""The few sentences that tell what a talk came to: chosen, never written anew."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from bot.pipeline import extract, language, sentences, sentiment, signals

MOST: Final = 5
_POLITE: Final = "praise"
"""The weather is fine too; what is praised changes nothing."""
_LEAST: Final = 4
"""Characters; what is shorter says nothing by itself."""


def lines(said: Sequence[str], day: date, most: int = MOST) -> tuple[str, ...]:
    """The weightiest sentences of what was said, in its order; each is there word for word.

    Asks and promises weigh most, then what complains or presses, dates and amounts, questions. `day`
    is when it was said: "Friday" is counted from it.
    """
    found = [one for text in said for one in sentences.split(text) if len(one.strip()) >= _LEAST]
    whole = list(dict.fromkeys(one.strip() for one in found))
    weights = [_weight(one, day) for one in whole]
    best = sorted(range(len(whole)), key=lambda at: (-weights[at], at))[:most]
    return tuple(whole[at] for at in sorted(best) if weights[at] > 0 or len(whole) <= most)


def _weight(sentence: str, day: date) -> float:
    told = extract.find(sentence, day)
    mood = sentiment.score(sentence, language.detect(sentence))
    return (
        3.0 * bool(told.asks or told.promises)
        + 2.0 * bool(set(signals.find(sentence, mood)) - {_POLITE})
        + 1.0 * bool(told.dates)
        + 1.0 * bool(told.amounts)
        + 1.5 * bool(told.questions)
        + max(0.0, -mood.score)
    )
