"""Answers to questions over the record: the sentences that fit best, word for word, with their items."""

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.assistant import brief
from bot.assistant.material import Line, Said, cited, uncited
from bot.domain import names
from bot.pipeline import sentences
from storage.search import lexemes

MOST: Final = 5
_LEAST_SHARE: Final = 0.34
"""How much of a question's weight an item must hold to be about it."""
_ASKING: Final = re.compile(
    r"什么时候|是什么|有什么|为什么|什么|哪些|哪个|哪天|哪里|哪|谁|怎么样|怎么|怎样|多少|几次|几个|有没有|是否|是不是|能不能|请问"
    r"|我们|他们|你们|客户|关于|上次|最近|一下|吗|呢|的|了|说过|说|过|和|与|在|是"
    r"|\b(?:what|when|where|who|whose|which|why|how|many|much|did|does|do|is|are|was|were|has|have|had|the|a|an|of|to|for|in|on|at|about|"
    r"with|they|we|our|us|them|it|me|any|last|say|said|tell|told|there|by|and|or|be|been)\b"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's own words, without those that only make it one and without the names in it."""

    words: tuple[str, ...]


def asked(question: str, called: Collection[str] = ()) -> Asked:
    """`called` are the names in it, in normal form, that were resolved already."""
    norm = names.normal(question)
    for name in sorted(called, key=len, reverse=True):
        norm = norm.replace(name, " ")
    return Asked(tuple(lexemes(_ASKING.sub(" ", norm))))


def best(question: Asked, said: Sequence[Said], most: int = MOST) -> list[Said]:
    """The items that hold most of the question; rare words weigh more."""
    if not question.words:
        return list(said)[:most]
    held = {one.id: frozenset(lexemes(one.text)) for one in said}
    seen = Counter(word for words in held.values() for word in words & set(question.words))
    weight = {word: math.log(1 + (len(said) + 1) / (1 + seen[word])) for word in question.words}
    whole = sum(weight.values())

    def share(one: Said) -> float:
        return sum(weight[word] for word in question.words if word in held[one.id]) / whole

    ranked = sorted(said, key=lambda one: (-share(one), -one.at.timestamp()))
    return [one for one in ranked if share(one) >= _LEAST_SHARE][:most]


def offline(question: Asked, said: Sequence[Said]) -> list[Line]:
    """From each item the sentence that holds most of the question."""
    found: list[Line] = []
    for one in said:
        parts = sentences.split(one.text) or [one.text]
        words = set(question.words)
        top = max(parts, key=lambda part: len(words & set(lexemes(part))))
        found.append(Line("answer", top, (one.id,)))
    return found


def written(value: dict[str, Any], said: Sequence[Said]) -> list[Line]:
    """A model's sentences that name what they rest on, with figures that stand there."""
    known = {one.id: one for one in said}
    lines = [
        Line("answer", uncited(one["text"]), cited(one["items"], known)) for one in value["lines"]
    ]
    return [
        line
        for line in lines
        if line.text and line.items and brief.supported(line, [known[id_] for id_ in line.items])
    ]
