"""What our buttons and modals carry, so that a tap tells the whole command. Pure."""

import json
from collections.abc import Sequence
from typing import Any, Final, cast

from bot.contract import Button, Choice, Field, FieldKind, Form

MOST_VALUE: Final = 2_000
"""Characters of a button's value."""
SAY: Final = "say:"
FILL: Final = "form:"
OPEN: Final = "open:"
MODAL: Final = "form"
FILE: Final = "file_message"
TASK: Final = "make_task"
NEW: Final = "new_task"
_EMPTY: Final[Sequence[Any]] = ("", "", "text", 0, "", ())


def packed(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def value(button: Button) -> str:
    """The button's command; too long for Slack where it is longer than MOST_VALUE."""
    return packed({"c": button.command, **({"o": 1} if button.once else {})})


def form_value(form: Form, language: str) -> str:
    """The form, as whole as fits: without its choices, else its command and names alone."""
    plain = [field.model_copy(update={"choices": ()}) for field in form.fields]
    named = [Field(name=field.name, label=field.name) for field in form.fields]
    tried = ""
    for fields in (form.fields, plain, named):
        tried = _form(form.model_copy(update={"fields": tuple(fields)}), language)
        if len(tried) <= MOST_VALUE:
            break
    return tried


def _form(form: Form, language: str) -> str:
    return packed(
        {
            "c": form.command,
            "t": form.title,
            "s": form.submit,
            "l": language,
            "f": [_field(field) for field in form.fields],
        }
    )


def _field(field: Field) -> list[object]:
    """Name, label, kind, required, value, choices; what is empty at the end is left out."""
    choices = [
        [one.value] if one.label == one.value else [one.value, one.label] for one in field.choices
    ]
    found: list[object] = [
        field.name,
        "" if field.label == field.name else field.label,
        field.kind.value,
        int(field.required),
        field.value,
        choices,
    ]
    while len(found) > 3 and not found[-1]:
        found.pop()
    return found


def read(text: str) -> dict[str, Any]:
    """A value that we gave a button; raises `ValueError` for anything else."""
    try:
        found: object = json.loads(text)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(found, dict) or not isinstance(found.get("c"), str) or not found["c"]:
        raise ValueError("the value is none of ours")
    return cast("dict[str, Any]", found)


def read_form(data: dict[str, Any]) -> Form:
    """The form in a button's value; raises `ValueError` for anything else."""
    fields = data.get("f")
    if not isinstance(fields, list):
        raise ValueError("the value has no form")  # noqa: TRY004 - a bad value, not a wrong call
    return Form(
        command=data["c"],
        title=data.get("t", ""),
        submit=data.get("s", ""),
        fields=tuple(_read_field(one) for one in cast("list[Sequence[Any]]", fields)),
    )


def _read_field(parts: Sequence[Any]) -> Field:
    filled: list[Any] = [*parts, *_EMPTY[len(parts) :]]
    name, label, kind, required, value, choices = filled[:6]
    return Field(
        name=name,
        label=label or name,
        kind=FieldKind(kind),
        required=bool(required),
        value=value,
        choices=tuple(Choice(value=one[0], label=one[-1]) for one in choices),
    )
