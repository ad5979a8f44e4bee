"""Forms of the firm's own: what is asked, what is a good answer, and what comes of it."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.domain import dates, definition
from bot.domain.command_line import folded
from bot.domain.templates import Id, Name
from bot.domain.terms import RiskLevel, Severity
from bot.texts import Language, Text, listed

LONGEST: Final = {"text": 200, "long": 4000}
"""Characters of an answer."""
TAKEN: Final = frozenset(
    {"name", "form", "表单", "project", "项目", "customer", "客户", "answers", "内容"}
)
"""What the command calls its own parameters, so that no field can be called so."""
_MEANT: Final[dict[str, type[Severity] | type[RiskLevel]]] = {
    "severity": Severity,
    "level": RiskLevel,
}
"""Fields that a defect or a risk takes over; their choices are of a closed list."""
_BETWEEN: Final = Text("：", ": ")

_EMPTY = Text("「{label}」必须填写。", "“{label}” is needed.")
_UNKNOWN = Text("这张表没有「{name}」一项。", "This form has no field “{name}”.")
_LONG = Text("「{label}」最多 {most} 字。", "“{label}” has at most {most} characters.")
_DATE = Text("「{label}」看不懂日期「{value}」。", "“{label}”: “{value}” is no day.")
_NUMBER = Text("「{label}」要填数字，不能是「{value}」。", "“{label}”: “{value}” is no number.")
_CHOICE = Text("「{label}」只能是：{choices}。", "“{label}” can only be: {choices}.")


class BadAnswer(Exception):
    """An answer that a form does not take, in words for whoever filled it in."""

    def __init__(self, text: Text, **facts: object) -> None:
        super().__init__(text.en)
        self.text = text
        self.facts = facts


class Makes(StrEnum):
    NOTE = "note"
    TASK = "task"
    DEFECT = "defect"
    RISK = "risk"

    @property
    def text(self) -> Text:
        return {
            "note": Text("内部备注", "an internal note"),
            "task": Text("任务", "a task"),
            "defect": Text("缺陷", "a defect"),
            "risk": Text("风险", "a risk"),
        }[self.value]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(_Part):
    """One thing to fill in."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
    label: Name
    kind: Literal["text", "long", "date", "choice", "number"] = "text"
    required: bool = False
    choices: tuple[Name, ...] = Field(default=(), max_length=50)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError(f"{self.name}: a choice has choices, and nothing else has")
        if self.name in TAKEN:
            raise ValueError(f"{self.name}: the command's own word; call the field otherwise")
        if self.name in _MEANT and self.kind == "choice":
            for one in self.choices:
                if not any(one.zh == known.text.zh for known in _MEANT[self.name]):
                    raise ValueError(f"{self.name}: {one.zh!r} is none of its values")
        return self


class Blank(_Part):
    """A form, as data; docs/definitions.md tells what its parts mean."""

    id: Id
    title: Name
    about: Literal["project", "customer"]
    makes: Makes = Makes.NOTE
    fields: tuple[Asked, ...] = Field(min_length=1, max_length=30)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        names = [one.name for one in self.fields]
        if len(set(names)) != len(names):
            raise ValueError("two fields have the same name")
        if self.makes != Makes.NOTE and self.about != "project":
            raise ValueError(f"what makes {self.makes} is about a project")
        return self


def read(body: Mapping[str, Any]) -> Blank:
    return definition.read(Blank, "form", body)


@cache
def shipped() -> dict[str, Blank]:
    """The forms that come with the program, by id."""
    return {one.id: one for one in map(read, definition.bodies("forms"))}


Answer = str | date
"""A date, or words; of a choice its Chinese form."""


def answers(
    blank: Blank, given: Mapping[str, str], now: datetime, language: Language
) -> dict[str, Answer]:
    """The good answers by field, in the form's order; raises `BadAnswer` at the first other one.

    A field is named by its name, or its label in either language.
    """
    named = {
        word.casefold(): one
        for one in blank.fields
        for word in (one.label.zh, one.label.en, one.name)
    }
    said: dict[str, str] = {}
    for key, value in given.items():
        field = named.get(key.casefold())
        if field is None:
            raise BadAnswer(_UNKNOWN, name=key)
        said[field.name] = value.strip()
    found: dict[str, Answer] = {}
    for one in blank.fields:
        value, label = said.get(one.name, ""), one.label.in_(language)
        if value:
            found[one.name] = _read(one, value, label, now, language)
        elif one.required:
            raise BadAnswer(_EMPTY, label=label)
    return found


def _read(one: Asked, value: str, label: str, now: datetime, language: Language) -> Answer:
    if one.kind == "date":
        day = dates.parse(value, now)
        if day is None:
            raise BadAnswer(_DATE, label=label, value=value[:40])
        return day.date() if isinstance(day, datetime) else day
    if one.kind == "number":
        return _number(value, label)
    if one.kind == "choice":
        for choice in one.choices:
            if value.casefold() in {choice.zh.casefold(), choice.en.casefold()}:
                return choice.zh
        choices = listed((choice.in_(language) for choice in one.choices), language)
        raise BadAnswer(_CHOICE, label=label, choices=choices)
    if len(value) > LONGEST[one.kind]:
        raise BadAnswer(_LONG, label=label, most=LONGEST[one.kind])
    return value


def _number(value: str, label: str) -> str:
    plain = folded(value).replace(",", "")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or len(plain) > 20:
        raise BadAnswer(_NUMBER, label=label, value=value[:40])
    return plain


def text(blank: Blank, found: Mapping[str, Answer], language: Language) -> str:
    """A filled-in form as lines of text."""
    lines = [blank.title.in_(language)]
    for one in blank.fields:
        if one.name in found:
            said = shown(one, found[one.name], language)
            lines.append(f"{one.label.in_(language)}{_BETWEEN.in_(language)}{said}")
    return "\n".join(lines)


def shown(one: Asked, answer: Answer, language: Language) -> str:
    if isinstance(answer, date):
        return answer.isoformat()
    choice = next((c for c in one.choices if c.zh == answer), None)
    return choice.in_(language) if choice else answer
