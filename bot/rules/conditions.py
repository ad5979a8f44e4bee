"""What a rule asks: facts compared with values, joined by all, any and not. No language of its own."""

from collections.abc import Iterator
from typing import Annotated, Any, Final, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bot.rules.facts import FACTS, Facts, Op, Value, holds
from bot.texts import Text

_AND: Final = Text("，并且", ", and ")
_OR: Final = Text("，或者", ", or ")
_NOT: Final = Text("并非（{what}）", "not ({what})")
_OPS: Final[dict[Op, Text]] = {
    ">": Text("大于", "is more than"),
    ">=": Text("不小于", "is at least"),
    "<": Text("小于", "is less than"),
    "<=": Text("不大于", "is at most"),
    "==": Text("是", "is"),
    "!=": Text("不是", "is not"),
    "in": Text("属于", "is one of"),
    "contains": Text("包含", "has"),
}


def closed(value: object) -> object:
    """Lists come from TOML and JSON; facts hold tuples."""
    return tuple(cast("list[Any]", value)) if isinstance(value, list) else value


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Condition(_Part):
    fact: str
    op: Op
    value: Annotated[Value, BeforeValidator(closed)]

    @model_validator(mode="after")
    def _can_be_asked(self) -> "Condition":
        if self.fact not in FACTS:
            raise ValueError(f"there is no fact {self.fact!r}")
        why = FACTS[self.fact].refuses(self.op, self.value)
        if why:
            raise ValueError(f"{self.fact}: {why}")
        return self

    def met(self, facts: Facts) -> bool:
        return holds(facts.get(self.fact), self.op, self.value)

    def asks(self) -> Iterator[str]:
        yield self.fact

    def said(self, language: str) -> str:
        fact = FACTS[self.fact]
        words = (fact.text, _OPS[self.op])
        join = " " if language == "en" else ""
        return join.join(
            [
                *(text.in_(language) for text in words),
                " " * (not join) + fact.shown(self.value, language),
            ]
        )


class All(_Part):
    every: "tuple[Clause, ...]" = Field(alias="all", min_length=1)

    def met(self, facts: Facts) -> bool:
        return all(one.met(facts) for one in self.every)

    def asks(self) -> Iterator[str]:
        for one in self.every:
            yield from one.asks()

    def said(self, language: str) -> str:
        return _joined(self.every, _AND, language)


class AnyOf(_Part):
    either: "tuple[Clause, ...]" = Field(alias="any", min_length=1)

    def met(self, facts: Facts) -> bool:
        return any(one.met(facts) for one in self.either)

    def asks(self) -> Iterator[str]:
        for one in self.either:
            yield from one.asks()

    def said(self, language: str) -> str:
        return _joined(self.either, _OR, language)


class Not(_Part):
    """Holds where what it denies does not; a fact that is not known denies nothing."""

    denied: "Clause" = Field(alias="not")

    def met(self, facts: Facts) -> bool:
        known = all(facts.get(name) is not None for name in self.denied.asks())
        return known and not self.denied.met(facts)

    def asks(self) -> Iterator[str]:
        yield from self.denied.asks()

    def said(self, language: str) -> str:
        return _NOT.in_(language, what=self.denied.said(language))


Clause = Condition | All | AnyOf | Not
All.model_rebuild()
AnyOf.model_rebuild()
Not.model_rebuild()


def _joined(parts: tuple[Clause, ...], by: Text, language: str) -> str:
    said = (
        f"({one.said(language)})" if isinstance(one, All | AnyOf) else one.said(language)
        for one in parts
    )
    return by.in_(language).join(said)
