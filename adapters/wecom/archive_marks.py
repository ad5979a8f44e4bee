"""How far the conversation archive is read, and that there is more; kept for all replicas."""

import secrets
from typing import Final

from bot.contract import Cursors

DUE: Final = "wecom.archive.due"


async def put_due(cursors: Cursors, now: float) -> None:
    """Two notices of one moment are two marks."""
    await cursors.put(DUE, f"{now:.3f} {secrets.token_hex(4)}")


async def due(cursors: Cursors) -> str:
    return await cursors.get(DUE)


async def seq(cursors: Cursors, corp: str) -> int:
    told = await cursors.get(_name(corp))
    return int(told) if told.isascii() and told.isdecimal() else 0


async def move(cursors: Cursors, corp: str, to: int) -> None:
    await cursors.put(_name(corp), str(to))


def _name(corp: str) -> str:
    return f"wecom.archive:{corp}"
