"""`keqing chat`: lines go through the inbox, answers come through the outbox, pushes arrive between.

Filing and sending go on in this process too, so that it works with no server beside it.
"""

import asyncio
import contextlib
import secrets
import sys
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Final

import orjson
import typer
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.patch_stdout import patch_stdout

from bot import people
from bot.app import Program
from bot.commands import registry
from bot.contract import Notice
from bot.inbox import WAKE as INBOX_WAKE
from bot.outbox import WAKE as OUTBOX_WAKE
from bot.people import HOME, Actor
from bot.render import terminal
from bot.texts import Text, listed
from storage import chat_log
from storage import people as members

_WELCOME: Final = Text(
    "您好，{name}。输入命令（/帮助 查看全部），Ctrl-D 退出。",
    "Hello {name}. Type a command (/help shows all); Ctrl-D ends.",
)
_WHO: Final = Text("请用 --as 说明您是谁：{names}", "Say who you are with --as: {names}")
_NOBODY: Final = Text(
    "还没有成员。先运行 keqing demo，或用 keqing load 导入公司资料。",
    "There are no members yet. Run keqing demo, or load a firm with keqing load.",
)


async def converse(program: Program, who: str) -> int:
    """Talk until the input ends; answers the exit code."""
    actor = await _actor(program, who)
    if actor is None:
        return 2
    chat = _Chat(program, actor)
    async with _working(program), chat.listening():
        typer.echo(_WELCOME.in_(actor.language, name=actor.name))
        if sys.stdin.isatty():
            await chat.prompt()
        else:
            await chat.pipe()
    return 0


async def _actor(program: Program, who: str) -> Actor | None:
    language = program.settings.language
    async with program.db.transaction() as session:
        users = await members.all_users(session)
        user = await members.user_named(session, who) if who else None
        if user is None and len(users) == 1 and not who:
            user = users[0]
        if user is not None:
            return await people.actor(session, user.id, program.defaults)
    if not users:
        typer.echo(_NOBODY.in_(language), err=True)
    else:
        typer.echo(_WHO.in_(language, names=listed((u.name for u in users), language)), err=True)
    return None


@contextlib.asynccontextmanager
async def _working(program: Program) -> AsyncIterator[None]:
    """Filing and sending, beside whatever servers there are."""
    for adapter in program.adapters.values():
        await adapter.start()
    parts = [
        program.drain.run(),
        program.db.listen(INBOX_WAKE, program.drain.wake),
        program.sender.run(),
        program.db.listen(OUTBOX_WAKE, program.sender.wake),
    ]
    try:
        async with _beside(*parts):
            yield
    finally:
        for adapter in program.adapters.values():
            await adapter.stop()


@contextlib.asynccontextmanager
async def _beside(*parts: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run parts while the block runs; they end with it."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Chat:
    """A member's own chat, shown in the terminal."""

    def __init__(self, program: Program, actor: Actor) -> None:
        self._program = program
        self._actor = actor
        self._chat = people.private_chat(actor.user_id or 0)
        self._shown = 0
        self._woken = asyncio.Event()
        self._answered = asyncio.Event()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        async with self._program.db.transaction() as session:
            lines = await chat_log.newest(session, self._chat, 1)
            self._shown = lines[-1].turn if lines else 0
        async with _beside(self._program.db.listen(chat_log.WAKE, self._wake), self._show()):
            yield

    async def prompt(self) -> None:
        """Read lines as a person types them."""
        names = ["/" + name for name in registry.spoken_names()]
        session: PromptSession[str] = PromptSession(
            completer=WordCompleter(names, sentence=True, match_middle=True)
        )
        with patch_stdout(raw=True):
            while True:
                try:
                    line = await session.prompt_async("› ")
                except (EOFError, KeyboardInterrupt):
                    return
                if line.strip():
                    await self._say(line)

    async def pipe(self) -> None:
        """Read lines of a script, waiting for each answer."""
        while line := await asyncio.to_thread(sys.stdin.readline):
            if not line.strip():
                continue
            self._answered.clear()
            await self._say(line.strip())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(15):
                    await self._answered.wait()

    async def _say(self, line: str) -> None:
        key = secrets.token_hex(12)
        async with self._program.db.transaction() as session:
            body = orjson.dumps({"text": line})
            await chat_log.append(session, self._chat, key, body, self._actor.user_id)
        said = people.own_message(HOME, self._actor, line, self._program.now())
        await self._program.inbox.accept(said)

    def _wake(self, chat: str) -> None:
        if chat in {"", self._chat}:
            self._woken.set()

    async def _show(self) -> None:
        """Print what the assistant says, as it comes."""
        while True:
            async with self._program.db.transaction() as session:
                lines = await chat_log.after(session, self._chat, self._shown)
            for line in lines:
                self._shown = line.turn
                if line.author_id is None:
                    terminal.show(Notice.model_validate(orjson.loads(line.body)))
                    self._answered.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._woken.wait()
            self._woken.clear()
