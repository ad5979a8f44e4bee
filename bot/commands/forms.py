"""A command's parameters as a form to fill in, with what was said already."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from bot.commands.registry import Ask, Command, Param, Rest
from bot.contract import Choice, Field, FieldKind, Form
from bot.texts import Text
from storage.tables import Conversation, Customer, Interaction, Project, Task, User

_SUBMIT = Text("提交", "Submit")
_YES, _NO = Text("是", "yes"), Text("否", "no")


def of(ask: Ask, command: Command, values: Mapping[str, Any]) -> Form:
    """The form of a command; `values` are those that are known, by parameter."""
    return Form(
        command="/" + command.spoken(ask.language),
        title=ask.t(command.help),
        submit=ask.t(_SUBMIT),
        fields=tuple(_field(ask, param, values.get(param.name)) for param in command.params),
    )


def _field(ask: Ask, param: Param, value: Any) -> Field:
    choices: tuple[Choice, ...] = ()
    kind = FieldKind.TEXT
    if param.choices is not None:
        kind = FieldKind.CHOICE
        choices = tuple(Choice(value=c.value, label=_label(ask, c)) for c in param.choices)
    elif param.kind is bool:
        kind = FieldKind.CHOICE
        choices = tuple(
            Choice(value=word, label=ask.t(text)) for word, text in (("yes", _YES), ("no", _NO))
        )
    elif param.kind is date:
        kind = FieldKind.DATE
    elif param.kind is Rest:
        kind = FieldKind.LONG
    return Field(
        name=param.name,
        label=ask.t(param.text),
        kind=kind,
        required=not param.optional,
        choices=choices,
        value=_said(value),
    )


def _label(ask: Ask, choice: StrEnum) -> str:
    return ask.t(getattr(choice, "text", Text(choice.value, choice.value)))


def _said(value: Any) -> str:
    """A value as it would be typed."""
    if isinstance(value, Customer | Project):
        return value.code
    if isinstance(value, Task):
        return f"T-{value.id}"
    if isinstance(value, Interaction):
        return f"#{value.id}"
    if isinstance(value, User):
        return value.name
    if isinstance(value, Conversation):
        return f"{value.channel}:{value.chat}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    return "" if value is None else str(value)
