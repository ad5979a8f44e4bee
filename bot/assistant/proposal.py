"""A draft of a proposal: what the customer asked for, with the items, and gaps where a person decides."""

from collections.abc import Sequence
from typing import Any, Final

from bot.assistant.factcheck import GAP
from bot.assistant.material import Line, Said, cited, uncited
from bot.texts import Language, Text

SECTIONS: Final[dict[str, Text]] = {
    "background": Text("背景", "Background"),
    "goal": Text("目标", "Goals"),
    "approach": Text("方案", "Approach"),
    "plan": Text("计划", "Plan"),
    "price": Text("报价", "Price"),
}
_MOST: Final = 6
_TOPIC: Final = Text("主题：{topic}", "Subject: {topic}")
_FOR: Final = Text("针对“{ask}”：{gap}", "For “{ask}”: {gap}")
_STANDS: Final = Text("现状：{view}", "Where it stands: {view}")


def offline(
    said: Sequence[Said], topic: str, views: Sequence[str], language: Language
) -> list[Line]:
    """`views` are the public views of the customer's projects, a line each."""
    asked = [
        (one.id, words.words)
        for one in said
        if one.side == "customer"
        for words in (*one.asks, *one.questions)
    ]
    asks = list(dict.fromkeys(asked))[-_MOST:]
    lines = [Line("background", _TOPIC.in_(language, topic=topic))] if topic else []
    lines += [Line("background", _STANDS.in_(language, view=view)) for view in views]
    lines += [Line("goal", words, (id_,)) for id_, words in asks]
    lines += [
        Line("approach", _FOR.in_(language, ask=words, gap=GAP), (id_,)) for id_, words in asks
    ]
    return [*lines, *(Line(one, GAP) for one in SECTIONS if _empty(lines, one))]


def _empty(lines: Sequence[Line], section: str) -> bool:
    return all(line.kind != section for line in lines)


def written(value: dict[str, Any], said: Sequence[Said]) -> list[Line]:
    """A model's sections; the price is never its business."""
    known = {one.id for one in said}
    lines = [
        Line(one["section"], uncited(one["text"]), cited(one["items"], known))
        for one in value["lines"]
        if one["section"] != "price"
    ]
    kept = [line for line in lines if line.text and (line.items or line.kind != "goal")]
    return [*kept, *(Line(one, GAP) for one in SECTIONS if _empty(kept, one))]
