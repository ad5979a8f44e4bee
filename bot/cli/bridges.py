"""Commands that adapters bring: a bridge that works in a process of its own, found by entry point."""

from importlib.metadata import entry_points
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from bot.cli import running
from bot.texts import Text

_HELP = Text(
    "独立进程：从平台读取往来并投递到收件箱",
    "a process of its own: reads a platform's talk and delivers it to the inbox",
)
_ONCE = Text("读到最新即结束", "read to the end, then stop")


class WithBridges(TyperGroup):
    """The program's commands and, where a name is none of them, the bridges of the adapters.

    They are looked for only then: looking costs as much as a small command takes.
    """

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        found = super().get_command(ctx, cmd_name)
        if found is None and cmd_name in _names():
            return _command(cmd_name)
        return found

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *_names()]


def _names() -> list[str]:
    return sorted(entry.name for entry in entry_points(group="keqing.bridges"))


def _command(name: str) -> Any:
    language = running.language()

    def bridge(
        once: Annotated[bool, typer.Option("--once", help=_ONCE.in_(language))] = False,
    ) -> None:
        running.with_program(lambda program: _run(program, name, once=once))

    made = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    made.command(name, help=_HELP.in_(language))(bridge)
    return get_command(made)


async def _run(program: Any, name: str, *, once: bool) -> int:
    (entry,) = entry_points(group="keqing.bridges", name=name)
    # A bridge is named after its channel, as `wecom-archive`: that is whose settings it gets.
    branch = program.settings.branch(name.split("-", maxsplit=1)[0])
    return await entry.load()(branch, program.ports, once=once)
