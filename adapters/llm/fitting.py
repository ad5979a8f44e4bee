"""Whether an answer is JSON that fits its schema.

Only the keywords that our prompts use are known; a schema with another one is our mistake.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, cast

import orjson

THINKING: Final = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
"""Models on servers of one's own often think aloud first (Qwen3, DeepSeek-R1)."""
FENCED: Final = re.compile(r"```(?:json)?[^\S\n]*\n(.*?)\n?[^\S\n]*```", re.DOTALL | re.IGNORECASE)
TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
SAID_ONLY: Final = frozenset({"title", "description"})
CHECKED: Final = frozenset(
    "type enum properties required additionalProperties items maxItems maxLength minimum maximum".split()
)


class Misfit(Exception):
    """The answer does not fit; the message tells the model where and why."""


def read(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The object in an answer. Raises `Misfit`."""
    return fit(parsed(text), schema)


def parsed(text: str) -> dict[str, Any]:
    """The object in an answer, whatever it says. Raises `Misfit`."""
    value = _json(THINKING.sub("", text).strip())
    if not isinstance(value, dict):
        raise Misfit("the answer is not a JSON object")
    return cast("dict[str, Any]", value)


def fit(value: object, schema: dict[str, Any], at: str = "$") -> dict[str, Any]:
    """The value, which is an object that fits. Raises `Misfit`."""
    if not isinstance(value, dict):
        raise Misfit(f"{at} must be of type object")
    for wrong in _faults(cast("object", value), schema, at):
        raise Misfit(wrong)
    return cast("dict[str, Any]", value)


def _json(text: str) -> object:
    fenced = FENCED.search(text)
    for candidate in (text, fenced[1] if fenced else ""):
        try:
            return orjson.loads(candidate)
        except orjson.JSONDecodeError:
            continue
    raise Misfit("the answer is not valid JSON")


def check_schema(schema: dict[str, Any]) -> None:
    """Raises `ValueError` for a schema that asks for what is not checked here."""
    for part in _parts(schema):
        unknown = sorted(set(part) - CHECKED - SAID_ONLY)
        unknown += sorted(_types(part) - set(TYPES))
        if unknown:
            raise ValueError(f"not known in an answer's schema: {', '.join(unknown)}")


def strict(schema: dict[str, Any]) -> bool:
    """Whether the schema may be sent as strict: OpenAI then wants closed objects without optional
    properties, and knows no `maxLength`.
    """
    return all(
        "maxLength" not in part
        and (
            "object" not in _types(part)
            or (
                part.get("additionalProperties") is False
                and set(part.get("required", ())) == set(part.get("properties", ()))
            )
        )
        for part in _parts(schema)
    )


def _parts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schema and all within it."""
    yield schema
    inner = [*schema.get("properties", {}).values(), schema.get("items")]
    for one in (*inner, schema.get("additionalProperties")):
        if isinstance(one, dict):
            yield from _parts(cast("dict[str, Any]", one))


def _types(schema: dict[str, Any]) -> set[str]:
    said = schema.get("type", [])
    return {said} if isinstance(said, str) else set(said)


def _faults(value: object, schema: dict[str, Any], at: str) -> Iterator[str]:
    types = _types(schema)
    if types and not any(_is(value, name) for name in types):
        yield f"{at} must be of type {' or '.join(sorted(types))}"
        return
    if "enum" in schema and not any(_same(value, one) for one in schema["enum"]):
        yield f"{at} must be one of {orjson.dumps(schema['enum']).decode()}"
    if isinstance(value, dict):
        yield from _object_faults(cast("dict[str, object]", value), schema, at)
    elif isinstance(value, list):
        yield from _list_faults(cast("list[object]", value), schema, at)
    elif isinstance(value, str):
        if len(value) > schema.get("maxLength", len(value)):
            yield f"{at} must have at most {schema['maxLength']} characters"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if value < schema.get("minimum", value):
            yield f"{at} must be at least {schema['minimum']}"
        if value > schema.get("maximum", value):
            yield f"{at} must be at most {schema['maximum']}"


def _object_faults(value: dict[str, object], schema: dict[str, Any], at: str) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{at}.{name} is missing"
    more = schema.get("additionalProperties", True)
    known = schema.get("properties", {})
    for name, one in value.items():
        inner = known.get(name, more)
        if inner is False:
            yield f"{at} may not have the property {name[:40]!r}"
        elif inner is not True:
            yield from _faults(one, inner, f"{at}.{name[:40]}")


def _list_faults(value: list[object], schema: dict[str, Any], at: str) -> Iterator[str]:
    if len(value) > schema.get("maxItems", len(value)):
        yield f"{at} must have at most {schema['maxItems']} items"
    if "items" in schema:
        for number, one in enumerate(value):
            yield from _faults(one, schema["items"], f"{at}[{number}]")


def _is(value: object, name: str) -> bool:
    """JSON's true is no number, whatever Python says."""
    return isinstance(value, TYPES[name]) and isinstance(value, bool) == (name == "boolean")


def _same(value: object, other: object) -> bool:
    return value == other and isinstance(value, bool) == isinstance(other, bool)
