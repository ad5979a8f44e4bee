"""`keqing serve`, `worker` and `demo`: long runs of the program."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import typer

from bot import log, runtime
from bot.app import Program
from bot.settings import Settings
from bot.texts import Text
from storage import people as members
from storage import tokens

LEAVE_S: Final = 5
"""What a child whose parent is gone may take for tidying up."""

_log = log.get("serving")

_READY: Final = Text("客情助手已启动：{url}", "Keqing is ready: {url}")
_FIRST: Final = Text(
    "还没有可以登录的管理员。请在 24 小时内打开这个一次性链接，创建第一位管理员：\n  {url}",
    "No administrator can log in yet. Within 24 hours, open this one-time link to make the first"
    " one:\n  {url}",
)
_TAKEN: Final = Text(
    "端口 {port} 已被占用。请换一个：KEQING_PORT=8081 keqing serve",
    "The port {port} is taken. Choose another one: KEQING_PORT=8081 keqing serve",
)


async def serve_all(program: Program) -> int:
    """Everything in one process, speech in a child of its own so that acks never wait for it."""
    await _greet(program)
    async with _speech_child():
        return await _run(program, web_too=True, work=True, queues=(runtime.DEFAULT,))


async def serve_web(program: Program) -> int:
    await _greet(program)
    return await _run(program, web_too=True, work=False, queues=())


def worker(queue: str, *, attached: bool) -> Callable[[Program], Coroutine[Any, Any, int]]:
    """The background roles: all but the web, or one queue's jobs alone.

    An attached worker ends with the parent that holds its standard input open.
    """

    async def work(program: Program) -> int:
        if attached:
            _end_with_parent()
        if queue:
            return await _run(program, web_too=False, work=False, queues=(queue,))
        return await _run(program, web_too=False, work=True, queues=(runtime.DEFAULT,))

    return work


def _end_with_parent() -> None:
    """Cancel this task when standard input ends; leave the hard way where that takes too long."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def ended() -> None:
        # Else it fires on every turn of the loop, and each cancel breaks off the tidying up of the
        # one before: orphans stayed for good, at full load.
        loop.remove_reader(sys.stdin.fileno())
        if task is not None:
            task.cancel()
        loop.call_later(LEAVE_S, os._exit, 1)

    loop.add_reader(sys.stdin.fileno(), ended)


async def serve_demo(program: Program) -> int:
    """The sample firm, loaded through the real pipeline while the server is up already."""
    from bot import demo  # noqa: PLC0415 - only the demo reads its data

    async with _speech_child():
        await demo.prepare(program)
        typer.echo(_READY.in_(program.settings.language, url=program.link("")))
        typer.echo(demo.logins(program.settings.language))
        fill = asyncio.create_task(demo.fill(program))
        try:
            return await _run(program, web_too=True, work=True, queues=(runtime.DEFAULT,))
        finally:
            fill.cancel()
            await asyncio.gather(fill, return_exceptions=True)


def for_demo(settings: Settings) -> Settings:
    """The demo has no quiet hours: its pushes are there to be seen, whenever it is tried."""
    return settings.model_copy(update={"quiet_hours": ""})


async def _run(program: Program, *, web_too: bool, work: bool, queues: tuple[str, ...]) -> int:
    try:
        await program.run(web_too=web_too, work=work, queues=queues)
    except OSError as error:
        if error.errno != 98:
            raise
        settings = program.settings
        typer.echo(_TAKEN.in_(settings.language, port=settings.port), err=True)
        return 2
    return 0


async def _greet(program: Program) -> None:
    typer.echo(_READY.in_(program.settings.language, url=program.link("")))
    async with program.db.transaction() as session:
        if await members.has_admin(session):
            return
        secret = await tokens.make(
            session, tokens.FIRST_ADMIN, None, datetime.now(UTC) + timedelta(hours=24)
        )
    link = program.link(f"/first-admin/{secret}")
    typer.echo(_FIRST.in_(program.settings.language, url=link))


@contextlib.asynccontextmanager
async def _speech_child() -> AsyncIterator[None]:
    """A child process that works on the speech queue; restarted where it dies."""
    watcher = asyncio.create_task(_keep_speech())
    try:
        yield
    finally:
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)


async def _end(child: asyncio.subprocess.Process) -> None:
    """End a child, the hard way where it does not end by itself."""
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
        try:
            async with asyncio.timeout(5):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()


async def _keep_speech() -> None:
    while True:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from bot.cli import main; main()",
            "worker",
            "--queue",
            runtime.SPEECH,
            "--attached",
            stdin=asyncio.subprocess.PIPE,
        )
        try:
            await child.wait()
        finally:
            if child.returncode is None:
                await _end(child)
        _log.warning("speech.worker_ended", code=child.returncode)
        await asyncio.sleep(2)
