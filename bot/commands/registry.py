"""One declaration of a command serves every surface; a wrong declaration stops the start.

A command is a plain function: `async def f(ask: Ask, project: Annotated[Project, Text(…)], …)`. The
types of its parameters say how words become values; each needs its name in both languages.
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final, NewType, get_args, get_origin, get_type_hints

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import record
from bot.contract import Audience, Button, Fact, Form, Level, Notice, StoredFile, Table
from bot.outbox import Room
from bot.people import Actor, Defaults
from bot.texts import Language, Text
from storage import audit
from storage.audit import Trace
from storage.tables import Contact, Conversation, Customer, Interaction, Project, Task, User

Percent = NewType("Percent", int)
"""0 to 100, written with or without the sign."""
Hours = NewType("Hours", Decimal)
"""A length of time, written `2h`, `1.5 小时`, `90 min`."""
Rest = NewType("Rest", str)
"""All words that are left, as one text."""
Answers = NewType("Answers", dict[str, str])
"""All `key:value` words that are no other parameter's, such as the fields of a form."""
KINDS: Final = (
    Customer,
    Project,
    User,
    Task,
    Interaction,
    Conversation,
    date,
    datetime,
    Decimal,
    Percent,
    Hours,
    Rest,
    Answers,
    str,
    int,
    bool,
)


_WHICH_CHAT: Final = Text(
    "请说明是哪个聊天，写作 渠道:编号，例如 聊天:hook:工地群。",
    "Say which chat, as channel:id, for example chat:hook:site-group.",
)


class BadDeclaration(Exception):
    """A command is declared wrongly; this stops the start."""


class CommandError(Exception):
    """A command that cannot be done, in words for its person."""

    def __init__(
        self,
        text: Text,
        buttons: tuple[Button, ...] = (),
        *,
        form: Form | None = None,
        **facts: object,
    ) -> None:
        super().__init__(text.en)
        self.text = text
        self.facts = facts
        self.buttons = buttons
        self.form = form


@dataclass(frozen=True, slots=True)
class Param:
    name: str
    text: Text
    kind: Any
    """One of KINDS, or a StrEnum class."""
    optional: bool
    default: Any = None

    @property
    def choices(self) -> type[StrEnum] | None:
        return self.kind if isinstance(self.kind, type) and issubclass(self.kind, StrEnum) else None


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    """Dotted: `task.new`; spoken with a space."""
    zh: str
    help: Text
    run: Callable[..., Awaitable[Notice]]
    params: tuple[Param, ...]
    permission: str
    """What a person needs; empty: whoever is known may."""
    aliases: tuple[str, ...] = ()
    confirm: bool = False
    final: bool = False
    """It cannot be undone: what it did has left the house."""
    reads: bool = False
    """It only shows; all others change something, and plain words ask before they do."""
    sets: str = ""
    """A parameter of a command that reads; given another value than its default, it writes."""

    def writes(self, values: Mapping[str, Any]) -> bool:
        """Whether it changes something with these arguments."""
        if not self.reads:
            return True
        default = next((p.default for p in self.params if p.name == self.sets), None)
        return bool(self.sets) and values.get(self.sets, default) != default

    def spoken(self, language: Language) -> str:
        """Its name as it is said."""
        return self.zh if language == "zh" else self.name.replace(".", " ")

    def usage(self, language: Language) -> str:
        words = [
            f"[{p.text.in_(language)}]" if p.optional else f"<{p.text.in_(language)}>"
            for p in self.params
        ]
        return " ".join([f"/{self.spoken(language)}", *words])


COMMANDS: Final[dict[str, Command]] = {}
FOR_CUSTOMERS: Final[dict[str, Command]] = {}
"""What the buttons of customers say; no member can, and no words can."""
_SPOKEN: Final[dict[str, Command]] = {}


def command(
    name: str,
    *,
    zh: str,
    help: Text,  # noqa: A002 - the word everyone uses
    permission: str = "",
    aliases: tuple[str, ...] = (),
    confirm: bool = False,
    final: bool = False,
    reads: bool = False,
    sets: str = "",
    for_customers: bool = False,
) -> Callable[[Callable[..., Awaitable[Notice]]], Callable[..., Awaitable[Notice]]]:
    """Declare the decorated function as a command; raises `BadDeclaration`."""

    def declare(run: Callable[..., Awaitable[Notice]]) -> Callable[..., Awaitable[Notice]]:
        if sets and (not reads or sets not in inspect.signature(run).parameters):
            raise BadDeclaration(f"{name}: {sets!r} is no parameter of a command that reads")
        made = Command(
            name,
            zh,
            help,
            run,
            _params(name, run),
            permission,
            aliases,
            confirm,
            final,
            reads,
            sets,
        )
        if for_customers:
            FOR_CUSTOMERS[name] = made
            return run
        for spoken in (name.replace(".", " "), zh, *aliases):
            key = spoken.casefold()
            if key in _SPOKEN:
                raise BadDeclaration(f"{name}: {spoken!r} is taken by {_SPOKEN[key].name}")
            _SPOKEN[key] = made
        COMMANDS[name] = made
        return run

    return declare


def _params(name: str, run: Callable[..., Any]) -> tuple[Param, ...]:
    hints = get_type_hints(run, include_extras=True)
    listed: list[Param] = []
    for parameter in list(inspect.signature(run).parameters.values())[1:]:
        hint = hints[parameter.name]
        if get_origin(hint) is not Annotated:
            raise BadDeclaration(f"{name}: {parameter.name} has no words in both languages")
        inner, *notes = get_args(hint)
        words = next((note for note in notes if isinstance(note, Text)), None)
        if words is None:
            raise BadDeclaration(f"{name}: {parameter.name} has no words in both languages")
        kind, optional = _unwrap(inner)
        known = kind in KINDS or (isinstance(kind, type) and issubclass(kind, StrEnum))
        if not known:
            raise BadDeclaration(f"{name}: {parameter.name} is of a type nobody can write: {kind}")
        has_default = parameter.default is not inspect.Parameter.empty
        default = parameter.default if has_default else None
        listed.append(Param(parameter.name, words, kind, optional or has_default, default))
    return tuple(listed)


def _unwrap(hint: Any) -> tuple[Any, bool]:
    """The type without `| None`, and whether None was there."""
    arms = [arm for arm in get_args(hint) if arm is not type(None)]
    if arms and len(arms) < len(get_args(hint)):
        return arms[0], True
    return hint, False


def find(words: list[str]) -> tuple[Command, list[str]] | None:
    """The command that the first words name, the longest name first, and the words left."""
    for length in (3, 2, 1):
        spoken = " ".join(words[:length]).casefold()
        if len(words) >= length and spoken in _SPOKEN:
            return _SPOKEN[spoken], words[length:]
    return None


def spoken_names() -> list[str]:
    return list(_SPOKEN)


@dataclass(slots=True)
class Ask:
    """What a command gets: who asks, where, when, and the transaction to work in."""

    session: AsyncSession
    actor: Actor
    now: datetime
    """Aware, in the actor's zone."""
    chat: Conversation | None = None
    host: "Host | None" = None
    about: Interaction | None = None
    """What the line answers, or was said about by a shortcut."""
    answer: str = ""
    """The outbox's key of the answer to the line, where it is posted."""
    by: Contact | None = None
    """The customer's person whose tap it is, where we know them."""
    traces: list[Trace] = field(default_factory=list)
    undo_with: str | None = None
    """A command line that takes the write back, where row changes alone cannot."""

    @property
    def language(self) -> Language:
        return self.actor.language

    @property
    def defaults(self) -> Defaults:
        return self.host.defaults if self.host else Defaults()

    def here(self, chat: Conversation | None) -> Conversation:
        """The chat that was named, else the one that the line was written in."""
        found = chat or self.chat
        if found is None:
            raise CommandError(_WHICH_CHAT)
        return found

    def t(self, text: Text, /, **facts: object) -> str:
        return text.in_(self.language, **facts)

    def say(self, text: Text, /, level: Level = Level.INFO, **facts: object) -> Notice:
        """A notice of one sentence."""
        return self.notice(text=self.t(text, **facts), level=level)

    def notice(
        self,
        *,
        title: str = "",
        text: str = "",
        level: Level = Level.INFO,
        facts: list[tuple[str, str]] | None = None,
        table: Table | None = None,
        buttons: list[Button] | None = None,
        form: Form | None = None,
    ) -> Notice:
        """An internal notice in the asker's language; facts without a value are left out."""
        shown = tuple(Fact(label=label, value=value) for label, value in facts or [] if value)
        return Notice(
            audience=Audience.INTERNAL,
            level=level,
            title=title,
            text=text,
            facts=shown,
            table=table,
            buttons=tuple(buttons or ()),
            form=form,
            language=self.language,
        )

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """All that is done within, with its audit trail; where it raises, nothing of it."""
        before = len(self.traces)
        try:
            async with self.session.begin_nested():
                yield
                await self.session.flush()
                await audit.write(self.session, *self.traces[before:])
        finally:
            del self.traces[before:]

    def wrote(self, action: str, row: Any, /, **facts: object) -> None:
        """Note a write for the audit trail."""
        self.traces.append(
            Trace(action, str(row.__tablename__), row.id, self.actor.user_id, facts or None)
        )

    async def did(
        self,
        event: str,
        row: Any,
        /,
        *,
        customer_id: int | None = None,
        project_id: int | None = None,
        **facts: Any,
    ) -> None:
        """A write that the timeline of a customer or a project tells of, as well as the audit trail."""
        self.session.add(row)
        self.session.add(
            record.happened(
                event,
                customer_id=customer_id,
                project_id=project_id,
                user_id=self.actor.user_id,
                **facts,
            )
        )
        await self.session.flush()
        self.wrote(event, row, **facts)
        if self.host is not None:
            await self.host.happened(
                self, event, customer_id=customer_id, project_id=project_id, facts=facts
            )


class Host:
    """What commands may ask of the running program, beyond the record."""

    defaults: Defaults

    async def happened(
        self,
        ask: Ask,
        event: str,
        *,
        customer_id: int | None,
        project_id: int | None,
        facts: Mapping[str, Any],
    ) -> None:
        """Rules on something that a command has just done."""
        raise NotImplementedError

    async def check_project(self, ask: Ask, project: Project) -> None:
        """Rules on the figures of a project that has just changed."""
        raise NotImplementedError

    def link(self, path: str) -> str:
        """The whole address of one of the web side's paths."""
        raise NotImplementedError

    async def keep(self, name: str, type_: str, data: bytes) -> StoredFile:
        """Keep a file that a notice may carry."""
        raise NotImplementedError

    def key(self, purpose: str) -> bytes:
        """32 secret bytes of this installation for one purpose, the same ever after."""
        raise NotImplementedError

    def systems(self) -> Mapping[str, tuple[str, str]]:
        """The firm's other systems that rules may tell, by name: channel and chat."""
        raise NotImplementedError

    async def allowance(self, chat: Conversation) -> Room:
        """What the platform lets us send to a chat now."""
        raise NotImplementedError

    async def transcribe_again(self, ask: Ask, item: Interaction) -> None:
        """Let a recording be heard once more, before all others."""
        raise NotImplementedError

    async def sync(self, ask: Ask, channel: str) -> bool:
        """Read a platform's directory in the background; False where it has none."""
        raise NotImplementedError

    async def think(self, ask: Ask, use: str, **ids: int) -> bool:
        """Let a language model write this answer anew; False where there is none."""
        raise NotImplementedError

    async def now_digest(self, ask: Ask, project: Project | None) -> Notice:
        """The digest as it would be sent now."""
        raise NotImplementedError
