"""What a text announces: complaint, churn, payment, scope, praise, urgency."""

import re
from functools import cache
from typing import Final

from bot.pipeline import lexicon
from bot.pipeline.sentences import head, plain, visible
from bot.pipeline.sentiment import Sentiment

NAMES: Final = ("churn", "complaint", "payment", "praise", "scope", "urgency")

_COMPLAINT_BELOW: Final = -0.6
_PRAISE_ABOVE: Final = 0.0


def find(text: str, sentiment: Sentiment) -> tuple[str, ...]:
    """The signals in `text`, sorted; a strongly negative `sentiment` is a complaint by itself.

    Rules of data/signals.toml, after spans that cancel them (没打算换供应商) are blanked. Praise
    needs a text that does not read negative: what praises there is sarcasm. A positive text is no
    complaint. Reads the first
    `sentences.LIMIT` characters; linear in their number.
    """
    cancel, rules = _rules()
    words = cancel.sub(" ", plain(visible(head(text))))
    found = {name for name, pattern in rules if pattern.search(words)}
    if sentiment.score < _COMPLAINT_BELOW:
        found.add("complaint")
    if sentiment.score < _PRAISE_ABOVE:
        found.discard("praise")
    if sentiment.label == "positive":
        found.discard("complaint")
    return tuple(sorted(found))


@cache
def _rules() -> tuple[re.Pattern[str], tuple[tuple[str, re.Pattern[str]], ...]]:
    data = lexicon.read("signals.toml")
    return lexicon.either(data["cancel"]), tuple(
        (name, lexicon.either(data[name]["rules"])) for name in NAMES
    )
