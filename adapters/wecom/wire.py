"""JSON both ways, forgiving what others write: lone surrogates, huge numbers, bytes not UTF-8."""

import json
from typing import Any, cast

import orjson


def loads(raw: bytes | str) -> Any:
    """The value; raises ValueError for what is not JSON, or is too deep."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
        try:
            return json.loads(text, strict=False)
        except RecursionError:
            raise ValueError("too deep") from None


def dumps(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()


def as_object(value: Any) -> dict[str, Any]:
    """An object, or an empty one in place of anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """A text; numbers are the text that they are, anything else is empty."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
