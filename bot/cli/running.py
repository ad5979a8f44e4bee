"""What every command of the program needs: its settings, the program itself, how it ends."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, NoReturn

import typer

from bot import log
from bot.settings import Settings, load
from bot.texts import Language, Text, language_of

DONE, NOT_POSSIBLE = 0, 2
"""Exit codes; 1 is for what was done in part."""


def language() -> Language:
    """The language that help is printed in, before any setting has been checked."""
    return language_of(os.environ.get("KEQING_LANGUAGE", "zh"))


def words(zh: str, en: str) -> str:
    return Text(zh, en).in_(language())


Json = Annotated[bool, typer.Option("--json", help=words("输出 JSON", "print JSON"))]


def fail(text: str) -> NoReturn:
    """Say what is wrong and stop with the exit code for it."""
    typer.echo(text, err=True)
    raise SystemExit(NOT_POSSIBLE)


_UNKNOWN = Text(
    "注意：没有名为 {name} 的设置，已忽略。", "warning: there is no setting {name}; it is ignored."
)


def settings() -> Settings:
    """The settings of this run; unknown ones are warned of by name."""
    from bot import parts  # noqa: PLC0415

    found, unknown = load(parts.settings_models())
    log.setup(found.log_level)
    for name in unknown:
        typer.echo(_UNKNOWN.in_(found.language, name=name), err=True)
    return found


def run_async(work: Callable[[], Coroutine[Any, Any, int | None]]) -> None:
    """Run to the end; a signal cancels, and what was begun is settled at the next start."""
    import uvloop  # noqa: PLC0415

    async def guarded() -> int | None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        for which in (signal.SIGINT, signal.SIGTERM):
            if task is not None:
                loop.add_signal_handler(which, task.cancel)
        return await work()

    try:
        code = uvloop.run(guarded())
    except asyncio.CancelledError:
        code = DONE
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None
    raise SystemExit(code or DONE)


def with_program(
    work: Callable[[Any], Coroutine[Any, Any, int | None]],
    changed: Callable[[Settings], Settings] = lambda found: found,
) -> None:
    """Open the program, do one thing with it, close it; `changed` may set what a run needs."""
    from bot import app as root  # noqa: PLC0415
    from bot.cli import weights  # noqa: PLC0415
    from storage.db import DatabaseError  # noqa: PLC0415
    from storage.embedded import EmbeddedError  # noqa: PLC0415

    found = changed(settings())
    weights.use_own(found.kept, found.language)

    async def opened() -> int | None:
        async with root.opened(found) as program:
            if program.cluster is not None:
                for note in program.cluster.notes:
                    typer.echo(getattr(note, found.language), err=True)
            return await work(program)

    try:
        run_async(opened)
    except EmbeddedError as error:
        fail(getattr(error, found.language))
    except DatabaseError as error:
        fail(str(error))
