"""What a firm writes itself as data: read with words for what is wrong, and laid over what ships."""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import resources
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from bot import log

_log = log.get("definitions")
_M = TypeVar("_M", bound=BaseModel)
_T = TypeVar("_T")


class Unusable(Exception):
    """A definition cannot be used; the message names it and says why."""


class Written(Protocol):
    """The newest version of one, as it is kept."""

    name: str
    body: dict[str, Any]
    """Empty: what ships, switched on or off."""
    enabled: bool


def read(model: type[_M], kind: str, body: Mapping[str, Any]) -> _M:
    """One from its data; raises `Unusable` with its kind, its id and the reason."""
    try:
        return model.model_validate(body)
    except ValueError as error:
        raise Unusable(f"{kind} {body.get('id', '?')}: {error}") from error


def bodies(folder: str) -> Iterator[dict[str, Any]]:
    """What ships in a folder of `data`, a file each, in the order of their names."""
    files = resources.files("bot.domain").joinpath("data", folder).iterdir()
    for file in sorted(files, key=lambda one: one.name):
        if file.name.endswith(".toml"):
            yield tomllib.loads(file.read_text("utf-8"))


def in_force(
    shipped: Mapping[str, _T],
    own: Iterable[Written],
    read: Callable[[Mapping[str, Any]], _T],
    *,
    off: bool = False,
) -> dict[str, _T]:
    """What ships, by id, with the firm's own and its switches; `off`: with those switched off, too.

    One that cannot be read is left out aloud: it must not silence the others.
    """
    found = dict(shipped)
    for one in own:
        if not one.enabled and not off:
            found.pop(one.name, None)
        elif one.body:
            try:
                found[one.name] = read(one.body)
            except Unusable as error:
                _log.error("definitions.unreadable", name=one.name, why=str(error))
    return found
