"""What a button carries and brings back: its command, and how to answer. Pure.

Feishu returns a button's value as it was sent, so a command is never made of anything that a
customer wrote; what is filled in comes apart from it and is only ever a quoted parameter.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from adapters.feishu.events import BadEvent, load
from bot.contract import Field, FieldKind, Form

_DATE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?: [+-]\d{4})?")
_COMMAND, _ONCE, _PRIVATE, _THREAD, _FIELDS = "c", "o", "p", "t", "f"


@dataclass(frozen=True, slots=True)
class Tap:
    line: str
    once: bool = False
    private: bool = False
    thread: str = ""


def value(
    command: str, *, once: bool, private: bool, thread: str, form: Form | None = None
) -> dict[str, Any]:
    """A button's value. A tap in a private chat does not say that it is one: the value does."""
    carried: dict[str, Any] = {_COMMAND: command}
    if once:
        carried[_ONCE] = 1
    if private:
        carried[_PRIVATE] = 1
    if thread:
        carried[_THREAD] = thread
    if form is not None:
        carried[_FIELDS] = {field.name: field.kind.value for field in form.fields}
    return carried


def read(carried: dict[str, Any] | str, filled: dict[str, Any] | None) -> Tap:
    """Raises `BadEvent` for a value that is none of ours."""
    if isinstance(carried, str):
        carried = load(carried) if carried.startswith("{") else {}
    if not isinstance(carried, dict):
        raise BadEvent("action.value: not ours")
    command, thread, fields = (carried.get(name) for name in (_COMMAND, _THREAD, _FIELDS))
    if not isinstance(command, str) or not command.strip():
        raise BadEvent("action.value: no command")
    if isinstance(fields, dict):
        command = _line(command, fields, filled or {})
    return Tap(
        line=command,
        once=carried.get(_ONCE) == 1,
        private=carried.get(_PRIVATE) == 1,
        thread=thread if isinstance(thread, str) else "",
    )


def _line(command: str, fields: dict[str, Any], filled: dict[str, Any]) -> str:
    form = Form(
        command=command,
        title="",
        submit="",
        fields=tuple(Field(name=str(name), label="") for name in fields),
    )
    values = {
        str(name): _filled(filled.get(name), is_date=kind == FieldKind.DATE)
        for name, kind in fields.items()
    }
    return form.line(values)


def _filled(given: Any, *, is_date: bool) -> str:
    """What was filled in, as text; a date comes with the reader's zone, `2026-12-01 +0800`."""
    if given is None:
        return ""
    if isinstance(given, list):
        return ", ".join(_filled(one, is_date=is_date) for one in given)
    if isinstance(given, dict):
        return ""
    text = str(given)
    found = _DATE.fullmatch(text.strip()) if is_date else None
    return found.group(1) if found else text
