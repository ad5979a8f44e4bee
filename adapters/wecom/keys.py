"""A command inside a button: `key` of a template card, which comes back as `EventKey`."""

import re
from typing import Final

MOST_BYTES: Final = 1024
DONE: Final = "-"
"""The key of the grey button of a card that is decided; it says nothing."""
_KEY: Final = re.compile(r"[0-9]([ !])(/?.+)", re.DOTALL)
_FRONT: Final = 2


def key(number: int, command: str, *, once: bool) -> str:
    """The number keeps the keys of a card apart; `!` marks a decision."""
    return f"{number}{'!' if once else ' '}{command}"


def fits(command: str) -> bool:
    return bool(command) and len(command.encode("utf-8", "replace")) + _FRONT <= MOST_BYTES


def read(told: str) -> tuple[str, bool] | None:
    """The command and whether it is a decision; None for a key that is not ours."""
    found = _KEY.fullmatch(told)
    return (found[2], found[1] == "!") if found else None
