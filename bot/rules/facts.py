"""The closed list of facts that rules may speak of, and how they are compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast

from bot.domain import terms
from bot.texts import Text

_YES: Final = Text("是", "yes")
_NO: Final = Text("否", "no")

Value = bool | int | float | str | tuple[str, ...]
Facts = Mapping[str, Value | None]
Op = Literal[">", ">=", "<", "<=", "==", "!=", "in", "contains"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact's meaning; `kind` is what its values are, `words` what people call them."""

    kind: type
    text: Text
    words: type[terms.Tier | terms.Signal | terms.Sentiment | terms.Phase | terms.Kind] | None = (
        None
    )
    share: bool = False
    """Shown in percent."""

    def shown(self, value: object, language: str) -> str:
        """A value as a person reads it."""
        if isinstance(value, bool):
            return _YES.in_(language) if value else _NO.in_(language)
        if isinstance(value, float):
            return f"{value:.0%}" if self.share else f"{value:+.2f}"
        listed = cast("list[object]", value) if isinstance(value, list | tuple) else [value]
        return ", ".join(self._word(str(one), language) for one in listed)

    def _word(self, value: str, language: str) -> str:
        if self.words is None or value not in set(self.words):
            return value
        return self.words(value).text.in_(language)


FACTS: Final[dict[str, Fact]] = {
    "task.days_late": Fact(int, Text("任务已逾期的天数", "days that a task is late")),
    "task.key": Fact(bool, Text("是否关键任务", "whether a task is a key task")),
    "project.budget_used": Fact(
        float, Text("预算使用比例", "share of the budget that is used"), share=True
    ),
    "project.progress": Fact(
        float, Text("项目进度比例", "share of the project that is done"), share=True
    ),
    "project.phase": Fact(str, Text("项目阶段", "phase of the project"), terms.Phase),
    "customer.tier": Fact(str, Text("客户等级", "tier of the customer"), terms.Tier),
    "customer.mood": Fact(
        float, Text("客户近 7 天的平均情绪", "mean mood of the customer, last 7 days")
    ),
    "customer.mood_drop": Fact(
        float, Text("相比之前 30 天情绪下降多少", "how far mood fell against the 30 days before")
    ),
    "message.sentiment": Fact(str, Text("消息情绪", "sentiment of a message"), terms.Sentiment),
    "message.score": Fact(float, Text("消息情绪分", "sentiment score of a message")),
    "message.signals": Fact(tuple, Text("消息信号", "signals of a message"), terms.Signal),
    "message.kind": Fact(str, Text("消息种类", "kind of a message"), terms.Kind),
}


def holds(value: Value | None, op: Op, wanted: Value) -> bool:
    """Whether a fact's value meets a condition; a fact that is not known never does."""
    if value is None:
        return False
    match op:
        case "==":
            return value == wanted
        case "!=":
            return value != wanted
        case "in":
            return isinstance(wanted, tuple) and value in wanted
        case "contains":
            return isinstance(value, tuple) and wanted in value
        case _:
            return _ordered(value, op, wanted)


def _ordered(value: Value, op: Op, wanted: Value) -> bool:
    if not isinstance(value, int | float) or not isinstance(wanted, int | float):
        return False
    return {
        ">": value > wanted,
        ">=": value >= wanted,
        "<": value < wanted,
        "<=": value <= wanted,
    }[op]
