"""What a text announces: complaint, churn, payment, scope, praise, urgency."""

from functools import cache
from typing import Final

from bot.pipeline import features, lexicon, regression
from bot.pipeline.moods import Sentiment
from bot.pipeline.sentences import head, plain, visible

NAMES: Final = regression.SIGNALS
_SURELY: Final = 0.85
_HARDLY: Final = 0.5


def find(text: str, mood: Sentiment) -> tuple[str, ...]:
    """The signals in `text`, sorted, whose mood has been told; rules alone where that was unscored.

    What the rules call complaint or praise counts where the mood agrees, and a text that is very
    surely negative complains, one that is hardly so does not by its sound alone. One that reads negative
    praises nobody; a positive one is no complaint. One of an unknown kind that speaks of no you and us is
    neither.
    """
    if mood.label == "unscored":
        return tuple(by_rules(plain(visible(head(text)))))
    found, rules = set(mood.hints), set(mood.rules)
    if mood.label == "negative":
        if mood.confidence < _HARDLY:
            found.discard("complaint")
        found |= rules & {"complaint"}
        found |= {"complaint"} if mood.familiar and mood.confidence > _SURELY else set()
        found.discard("praise")
    elif mood.label == "positive":
        found |= rules & {"praise"}
        found.discard("complaint")
    if not mood.familiar and not features.TO_US.search(plain(visible(head(text)))):
        found -= {"complaint", "praise"}
    return tuple(sorted(found))


def complains(mood: Sentiment) -> bool:
    """Whether a text that has the signal complaint says so plainly, and not by its mood alone: enough to
    propose a case of it to people who have others to see to.
    """
    if mood.label == "unscored":
        return True  # its signals are what rules have found
    return mood.label == "negative" and "complaint" in (*mood.rules, *mood.surely)


def by_rules(words: str) -> list[str]:
    """What the rules of data/signals.toml find in plain words, sorted, after spans that cancel them
    (没打算换供应商) are blanked.
    """
    cancel, rules = _rules()
    script = lexicon.script_of(words)
    words = cancel[script].sub(" ", words)
    return [name for name, patterns in rules if patterns[script].search(words)]


@cache
def _rules() -> tuple[lexicon.Patterns, tuple[tuple[str, lexicon.Patterns], ...]]:
    data = lexicon.read("signals.toml")
    return lexicon.either(data["cancel"]), tuple(
        (name, lexicon.either(data[name]["rules"])) for name in NAMES
    )
