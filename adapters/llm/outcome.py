"""What a reply comes to: an object that fits, or one call of a tool that was given."""

from typing import Any

import orjson

from adapters.llm import fitting, wording
from adapters.llm.fitting import Misfit
from adapters.llm.reply import Called, Reply
from adapters.llm.wording import Way
from bot.contract import Asked, Call, NoModel

Outcome = tuple[dict[str, Any], Call | None]


def check(asked: Asked) -> None:
    """Raises `ValueError` for a question that asks for what is not checked here."""
    fitting.check_schema(asked.schema)
    for tool in asked.tools:
        fitting.check_schema(tool.parameters)
        if tool.parameters.get("type") != "object":
            raise ValueError(f"the arguments of {tool.name} are no object")


def read(reply: Reply, asked: Asked, way: Way) -> Outcome:
    """Raises `Misfit` where another try may help, else `NoModel`."""
    if not reply.text and not reply.calls:
        raise NoModel("no answer, or a call of tools")
    if reply.calls:
        if not asked.tools:
            raise NoModel("no answer, or a call of tools")
        return {}, _call(reply.calls, asked)
    if not asked.tools or way.tools:
        return fitting.read(reply.text, asked.schema), None
    value = fitting.parsed(reply.text)
    called = wording.called_in_words(value)
    if called is not None:
        return {}, _call((called,), asked)
    if "tool" in value:
        return fitting.fit(value.get("answer"), asked.schema, "$.answer"), None
    return fitting.fit(value, asked.schema), None


def _call(calls: tuple[Called, ...], asked: Asked) -> Call:
    called, *more = calls
    if more:
        raise Misfit(f"{len(calls)} tools were called; call one at most")
    for tool in asked.tools:
        if tool.name == called.name:
            arguments = fitting.fit(_json(called), tool.parameters, f"{tool.name}.arguments")
            return Call(tool.name, arguments)
    raise Misfit(f"there is no tool {called.name[:40]!r}")


def _json(called: Called) -> object:
    try:
        return orjson.loads(called.arguments.strip() or "{}")
    except orjson.JSONDecodeError:
        raise Misfit(f"the arguments of {called.name[:40]} are not valid JSON") from None
