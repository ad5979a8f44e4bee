"""Commands as tools that a language model may propose, made from their declarations."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from bot.commands.registry import COMMANDS, Answers, Ask, Command, Hours, Param, Percent
from bot.contract import Call, Tool, quoted
from storage.tables import Conversation, Customer, Interaction, Project, Task, User

_LEFT_OUT: Final = frozenset({"yes", "no", "home", "help"})
"""A model confirms nothing, and needs no help."""
_WRITTEN: Final[dict[Any, str]] = {
    Customer: "customer, by code or name",
    Project: "project, by code or name",
    User: "member, by name; me for who asks",
    Task: "task, as T-12",
    Interaction: "item, as #12",
    Conversation: "chat, as channel:id",
    date: "day, YYYY-MM-DD",
    datetime: "moment, YYYY-MM-DDTHH:MM",
    Decimal: "amount of money, a number",
    Percent: "percent, 0 to 100",
    Hours: "hours of work, such as 2h or 1.5h",
    int: "whole number",
    bool: "yes or no",
    Answers: "field:value for each field, with a blank between",
}


def tools(ask: Ask) -> tuple[Tool, ...]:
    """Those that the asker may run."""
    return tuple(
        _tool(command)
        for name, command in sorted(COMMANDS.items())
        if name not in _LEFT_OUT and (not command.permission or ask.actor.may(command.permission))
    )


def line(call: Call) -> str | None:
    """The line that a call stands for; None for a tool that is no command."""
    command = next((c for n, c in COMMANDS.items() if _name(n) == call.tool), None)
    if command is None or command.name in _LEFT_OUT:
        return None
    given: Mapping[str, Any] = call.arguments
    words = [
        f"{param.name}:{quoted(str(given[param.name]))}"
        for param in command.params
        if str(given.get(param.name) or "").strip()
    ]
    return " ".join([f"/{command.spoken('en')}", *words])


def _name(command: str) -> str:
    return command.replace(".", "_")


def _tool(command: Command) -> Tool:
    return Tool(
        name=_name(command.name),
        text=f"{command.help.en} / {command.zh}: {command.help.zh}",
        parameters={
            "type": "object",
            "additionalProperties": False,
            "required": [param.name for param in command.params if not param.optional],
            "properties": {param.name: _schema(param) for param in command.params},
        },
    )


def _schema(param: Param) -> dict[str, Any]:
    said = f"{param.text.en} / {param.text.zh}"
    if param.choices is not None:
        values = [choice.value for choice in param.choices]
        return {"type": "string", "description": said, "enum": values}
    written = _WRITTEN.get(param.kind)
    return {"type": "string", "description": f"{said} ({written})" if written else said}
