"""Runs a command line for a person: permission, confirmation, undo, trace, help on a wrong word."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from rapidfuzz import process
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.commands import arguments, cards, plain, registry, thoughts
from bot.commands.registry import Ask, Command, CommandError, Host, Rest
from bot.contract import Button, Fact, Level, Notice, storable
from bot.domain import command_line
from bot.people import Actor
from bot.texts import Text, listed
from storage import audit
from storage.tables import (
    Conversation,
    Customer,
    Interaction,
    Pending,
    Project,
    Task,
    UndoEntry,
    User,
)
from storage.undo import Recorder

CONFIRM_WITHIN: Final = timedelta(minutes=10)

_UNKNOWN = Text(
    "没有「{word}」这个命令。{near}发送 /帮助 查看全部命令。",
    "There is no command “{word}”. {near}Send /help to see all commands.",
)
_NEAR = Text("您是不是想用 {names}？", "Did you mean {names}? ")
_FORBIDDEN = Text(
    "您没有权限执行「{name}」，需要权限 {permission}。请联系管理员。",
    "You may not use “{name}”: it needs the permission {permission}. Ask an administrator.",
)
_CONFIRM = Text("请确认：{line}", "Please confirm: {line}")
_YES = Text("确认", "Confirm")
_NO = Text("取消", "Cancel")
_HELP = Text("帮助", "Help")
_WHICH = Text("您是想：", "Did you mean one of these?")
_MARKED: Final = re.compile(r"[\w-]+[:：=]\S|[A-Za-z]+-?\d|#\d|@\S|[\"“「]")
"""What people write who type a command: keys, codes, numbers, names, quotes."""
_THINKING = Text("让我想想这句话的意思……", "Let me think about what that means …")
_QUESTION: Final = re.compile(
    r"[?？]\s*$|[吗么呢]\s*$|什么|怎么|哪|谁|多少|几[个次点时]|为何|是否|有没有"
    r"|^(?:what|when|where|who|whose|which|why|how|did|do|does|is|are|was|were|has|have|can|any)\b",
    re.IGNORECASE,
)
WORDS: Final = "words"
"""The use of a language model that reads plain words; see `words`."""
_SURE: Final = 0.55
"""How sure plain words must be to be taken for a command."""
_NEAR_BY: Final = 0.05
"""Two meanings that are no further apart are both shown."""
_EMPTY = Text("请输入命令，例如 /帮助。", "Type a command, for example /help.")


class Forbidden(CommandError):
    """A command that the asker may not use."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a line led to; `ok` is false where nothing was done."""

    notice: Notice
    ok: bool


async def run(
    session: AsyncSession,
    actor: Actor,
    line: str,
    now: datetime,
    *,
    chat: Conversation | None = None,
    host: Host | None = None,
    about: Interaction | None = None,
    confirmed: bool = False,
    answer: str = "",
) -> Outcome:
    """Run one line in the session's transaction; never raises for what a person typed.

    `answer` is the outbox's key of what is answered, where it is posted.
    """
    ask = Ask(session, actor, now.astimezone(actor.zone), chat, host, about, answer)
    try:
        return Outcome(await _run(ask, line, confirmed=confirmed), ok=True)
    except CommandError as error:
        return Outcome(_refusal(ask, error), ok=False)


async def propose(ask: Ask, line: str) -> Outcome:
    """Run a line that somebody else has written for the asker: what would write is shown first."""
    try:
        command, values = await _typed(ask, line)
        return Outcome(await _carefully(ask, line, command, values), ok=True)
    except CommandError as error:
        return Outcome(_refusal(ask, error), ok=False)


async def _carefully(ask: Ask, line: str, command: Command, values: dict[str, Any]) -> Notice:
    """A line that was read from other words: what writes is shown first, all else says what it is."""
    if command.writes(values):
        return await _show_first(ask, line, command, values)
    notice = await command.run(ask, **values)
    return notice.model_copy(update={"note": notice.note or f"→ {line}"})


def _refusal(ask: Ask, error: CommandError) -> Notice:
    return ask.notice(
        text=ask.t(error.text, **error.facts),
        level=Level.WARNING,
        buttons=list(error.buttons),
        form=error.form,
    )


async def _run(ask: Ask, line: str, *, confirmed: bool) -> Notice:
    line = str(storable(line))
    if command_line.is_command(line):
        command, values = await _typed(ask, line)
    else:
        said = await _said(ask, line)
        if isinstance(said, CommandError):
            return await _not_understood(ask, line, said)
        command, values = said.command, said.values
        if said.plainly:
            return await _carefully(ask, said.line, command, values)
    if command.confirm and not confirmed:
        return await _ask_first(ask, line)
    recorder = Recorder(ask.session)
    async with ask.session.begin_nested():
        with recorder:
            notice = await command.run(ask, **values)
            await ask.session.flush()
    await audit.write(ask.session, *ask.traces)
    if not command.final:
        await _keep(ask, line, recorder.changes)
    return notice


async def _typed(ask: Ask, line: str) -> tuple[Command, dict[str, Any]]:
    """The command that a line names, and its arguments."""
    words = command_line.split(line)
    if not words:
        raise CommandError(_EMPTY)
    command, rest = _command(ask, words)
    if command.permission and not ask.actor.may(command.permission):
        raise Forbidden(
            _FORBIDDEN,
            name=ask.t(Text(command.zh, command.name.replace(".", " "))),
            permission=command.permission,
        )
    return command, await arguments.read(ask, command, rest)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a line without a slash comes to. `plainly`: in plain words, which are shown as `line`."""

    command: Command
    values: dict[str, Any]
    line: str
    plainly: bool = False


async def _said(ask: Ask, line: str) -> _Said | CommandError:
    """A command typed without its slash, or what plain words mean; else what is wrong with it."""
    typed: tuple[Command, dict[str, Any]] | None = None
    wrong = CommandError(_EMPTY)
    try:
        typed = await _typed(ask, line)
    except Forbidden:
        raise  # named outright: it must not be taken for something else
    except CommandError as error:
        wrong = error
    if typed and not (_free(typed[0]) and not _MARKED.search(line)):
        return _Said(*typed, line)
    meant = [one for one in await plain.meanings(ask, line) if one.sure >= _SURE]
    if meant and (typed is None or meant[0].command is typed[0]):
        if len(meant) > 1 and meant[0].sure - meant[1].sure < _NEAR_BY:
            buttons = tuple(Button(label=one.line, command=one.line) for one in meant)
            raise CommandError(_WHICH, buttons)
        command, values = await _typed(ask, meant[0].line)
        if typed is None or values != typed[1]:
            return _Said(command, values, meant[0].line, plainly=True)
    return _Said(*typed, line) if typed else wrong


async def _not_understood(ask: Ask, line: str, wrong: CommandError) -> Notice:
    """A language model may know what is meant; without one, a question is looked up."""
    if len(line) > plain.LONGEST or not line.strip():
        raise wrong
    if (
        ask.host is not None
        and ask.actor.user_id is not None
        and await ask.host.think(ask, WORDS, line=await thoughts.keep(ask, line))
    ):
        return ask.say(_THINKING)
    if _QUESTION.search(line) and ask.actor.may(registry.COMMANDS["ask"].permission):
        found = await registry.COMMANDS["ask"].run(ask, question=line)
        return found.model_copy(update={"note": found.note or f"→ /ask {line}"})
    raise wrong


def _free(command: Command) -> bool:
    """Whether it takes whatever words follow: then a sentence may only look like it."""
    return any(param.kind is Rest for param in command.params)


def _command(
    ask: Ask, words: Sequence[command_line.Word]
) -> tuple[Command, Sequence[command_line.Word]]:
    plain = [command_line.folded(word.text) for word in words[:3] if not word.quoted]
    found = registry.find(plain)
    if found is None:
        names = registry.spoken_names()
        near = process.extract(plain[0] if plain else "", names, limit=3, score_cutoff=70)
        shown = listed(("/" + name for name, _, _ in near), ask.language)
        raise CommandError(
            _UNKNOWN,
            (Button(label=ask.t(_HELP), command="/help"),),
            word=words[0].text[:40],
            near=ask.t(_NEAR, names=shown) if shown else "",
        )
    command, left = found
    return command, words[len(plain) - len(left) :]


async def _ask_first(ask: Ask, line: str, said: str = "") -> Notice:
    """A write that is shown before it is done; `said` in place of its line."""
    chat = f"{ask.chat.channel}:{ask.chat.chat}" if ask.chat else ""
    pending = Pending(user_id=ask.actor.user_id or 0, chat=chat, line=line)
    ask.session.add(pending)
    await ask.session.flush()
    return ask.notice(
        text=ask.t(_CONFIRM, line=said or line.strip()),
        buttons=[
            Button(label=ask.t(_YES), command=f"/yes {pending.id}", primary=True, once=True),
            Button(label=ask.t(_NO), command=f"/no {pending.id}", once=True),
        ],
    )


async def _show_first(ask: Ask, line: str, command: Command, values: Mapping[str, Any]) -> Notice:
    """The same for words that were read as a command: what it would be done with, one by one."""
    made = await _ask_first(ask, line, f"/{command.spoken(ask.language)}")
    facts = tuple(
        Fact(label=ask.t(param.text), value=_shown(ask, values[param.name]))
        for param in command.params
        if values.get(param.name) not in (None, "", param.default)
    )
    return made.model_copy(update={"facts": facts})


def _shown(ask: Ask, value: Any) -> str:
    """An argument as a person reads it."""
    if isinstance(value, Customer | Project):
        return f"{value.code} {value.name}"
    if isinstance(value, Task):
        return f"T-{value.id} {value.name}"
    if isinstance(value, User):
        return value.name
    if isinstance(value, Interaction):
        return f"#{value.id} {cards.short(value.text or value.subject, 60)}"
    if isinstance(value, Conversation):
        return f"{value.channel} {value.name or value.chat}"
    if isinstance(value, datetime):
        return cards.moment(ask, value)
    if isinstance(value, date):
        return cards.day(value, ask.language)
    label: Text | None = getattr(value, "text", None)
    return ask.t(label) if isinstance(label, Text) else str(value)


async def _keep(ask: Ask, line: str, changes: list[dict[str, Any]]) -> None:
    """What it takes to undo a write."""
    if ask.actor.user_id is None:
        return
    if ask.undo_with:
        changes = [{"command": ask.undo_with}]
    if changes and ask.traces:
        ask.session.add(UndoEntry(user_id=ask.actor.user_id, command=line, changes=changes))
        await ask.session.flush()


async def pending(
    session: AsyncSession, user_id: int, now: datetime, number: int | None
) -> Pending | None:
    """The write of this person that waits to be confirmed: the one named, or the newest."""
    asked = select(Pending).where(
        Pending.user_id == user_id,
        col(Pending.done_at).is_(None),
        col(Pending.at) > now - CONFIRM_WITHIN,
    )
    if number is not None:
        asked = asked.where(Pending.id == number)
    return (await session.exec(asked.order_by(col(Pending.id).desc()))).first()
