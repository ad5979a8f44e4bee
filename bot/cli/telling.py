"""`keqing systems`: what the operator of a system that rules tell has to know."""

from typing import Final

import typer

from bot.app import Program
from bot.cli import lines
from bot.contract import signing
from bot.texts import Text

_NONE: Final = Text(
    "还没有。写一个 KEQING_HOOK__SYSTEMS，例如 erp=https://erp.example.cn/in",
    "None yet. Set KEQING_HOOK__SYSTEMS, as erp=https://erp.example.cn/in",
)


async def show(program: Program, *, as_json: bool) -> int:
    """Names and secrets, which are made from the installation's key and kept nowhere."""
    found = [
        {"name": name, "secret": signing.of_system(program.key, name)}
        for name in sorted(program.systems())
    ]
    if as_json:
        lines.show(found)
    elif not found:
        typer.echo(_NONE.in_(program.settings.language))
    for one in [] if as_json else found:
        typer.echo(f"{one['name']}\t{one['secret']}")
    return 0
