"""JSON lines in, JSON lines out: a bad line is answered with its error and stops nothing."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

import orjson


def read(source: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """One object a line; a line that is none comes as {"id": …, "error": …}."""
    for number, raw in enumerate(source, 1):
        line = raw.strip()
        if not line:
            continue
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError:
            found = _forgiving(line)
        if not isinstance(found, dict):
            yield {"id": None, "error": f"line {number} is not a JSON object"}
        else:
            yield found


def _forgiving(line: bytes) -> Any:
    """What orjson refuses though it can be read: lone surrogates, bytes that are not UTF-8."""
    import json  # noqa: PLC0415 - the rare case

    try:
        return json.loads(line.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def write(out: TextIO, value: Any) -> None:
    """One line; text that cannot be encoded is replaced, never refused."""
    try:
        body = orjson.dumps(value, default=str)
    except TypeError:  # a lone surrogate in a text of the caller's own
        import json  # noqa: PLC0415 - the rare case

        body = json.dumps(value, default=str).encode()
    out.buffer.write(body + b"\n")


def show(value: Any) -> None:
    """One JSON object for whoever scripts against the program."""
    write(sys.stdout, value)
    sys.stdout.flush()
