"""A form → the modal that Slack opens for it. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from adapters.slack import buttons
from adapters.slack.text import escaped, head, mrkdwn, plain
from bot.contract import Choice, Field, FieldKind
from bot.texts import Text

_TITLE: Final = 24
_CHOICE: Final = 75
"""Characters of an option's words and of its value (150 since 2024; the older limit is kept)."""
_CHOICES: Final = 100
_INPUT: Final = 3_000
_LABEL: Final = 2_000
_HEAD: Final = 500
"""Characters of a title above the fields, so that it fits however much is escaped."""
_SUBMIT: Final = Text("提交", "Submit")
_CANCEL: Final = Text("取消", "Cancel")
_FORM: Final = Text("填写", "Fill in")


def modal(value: Mapping[str, Any], where: Mapping[str, str]) -> dict[str, Any]:
    """The modal for a form button's value; it carries on where it was opened."""
    form = buttons.read_form(dict(value))
    language = str(value.get("l", "zh"))
    carried = {"c": form.command, "f": [[one.name] for one in form.fields], **where}
    title = form.title.strip() or _FORM.in_(language)
    whole = [_words(title)] if len(title) > _TITLE else []
    return {
        "type": "modal",
        "callback_id": buttons.MODAL,
        "private_metadata": buttons.packed(carried),
        "title": plain(title, _TITLE),
        "submit": plain(form.submit.strip() or _SUBMIT.in_(language), _TITLE),
        "close": plain(_CANCEL.in_(language), _TITLE),
        "blocks": [*whole, *(_input(one) for one in form.fields)],
    }


def _words(text: str) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(f"*{escaped(head(text, _HEAD))}*")}


def _input(field: Field) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": field.name,
        "label": plain(field.label.strip() or field.name, _LABEL),
        "optional": not field.required,
        "element": _element(field),
    }


def _element(field: Field) -> dict[str, Any]:
    if field.kind is FieldKind.DATE:
        first = {"initial_date": field.value} if _is_date(field.value) else {}
        return {"type": "datepicker", "action_id": "v", **first}
    if field.kind is FieldKind.CHOICE and _selectable(field.choices):
        return _select(field)
    first = {"initial_value": field.value[:_INPUT]} if field.value else {}
    long = field.kind is FieldKind.LONG
    element = {"type": "plain_text_input", "action_id": "v", "max_length": _INPUT}
    return {**element, "multiline": long, **first}


def _selectable(choices: Sequence[Choice]) -> bool:
    """A choice that Slack cannot hold is typed instead."""
    return 0 < len(choices) <= _CHOICES**2 and all(
        0 < len(one.value) <= _CHOICE and one.label.strip() for one in choices
    )


def _select(field: Field) -> dict[str, Any]:
    """More than a hundred come in groups, which are named by their numbers."""
    options = [{"text": plain(one.label, _CHOICE), "value": one.value} for one in field.choices]
    first = next((one for one in options if one["value"] == field.value), None)
    element: dict[str, Any] = {"type": "static_select", "action_id": "v"}
    if first:
        element["initial_option"] = first
    if len(options) <= _CHOICES:
        return {**element, "options": options}
    groups = [
        {
            "label": plain(f"{start + 1}–{min(start + _CHOICES, len(options))}", _CHOICE),
            "options": options[start : start + _CHOICES],
        }
        for start in range(0, len(options), _CHOICES)
    ]
    return {**element, "option_groups": groups}


def _is_date(value: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
