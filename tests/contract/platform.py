"""What the harness of a chat platform offers, so that one suite and one scripted day fit them all."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, Self

from bot.contract import Platform
from tests.contract.harness import Inside


class Trouble(StrEnum):
    """How the far side treats a message that we send."""

    LIMIT = "limit"
    """Too much: refused with the platform's own code, and a delay of 7 s where it tells delays."""
    DOWN = "down"
    """A 5xx, the message is not taken."""
    SILENT = "silent"
    """No answer at all, the message is not taken."""
    LATE = "late"
    """The message is taken and shown, but the line is cut before the answer."""
    EXPIRED = "expired"
    """The token is refused with the platform's own code; a new one is given when asked for."""
    REFUSED = "refused"
    """An error that never passes: the chat is gone."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as its readers see it."""

    text: str
    """Everything there is to read, labels of buttons and fields too."""
    buttons: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    """Names of a form's fields."""
    thread: str = ""


class Played(Protocol):
    """A platform, its far side played by a stand-in server, with people who use it."""

    name: str
    inside: Inside
    """Our side, where no program is attached."""
    adapter: Platform
    base: str
    """The address of our own server, where the adapter's routes are."""
    troubles: list[Trouble]
    """How the next messages are treated, the next one first; none: they are taken."""

    can_edit: bool
    """People can edit and recall their messages there, and the adapter is told."""
    can_join: bool
    """The adapter is told who joins a group."""
    can_tell: bool
    """The far side shows one message for one key, however often it is sent."""

    member: str
    boss: str
    customer: str
    """Ids of three people as their messages have them; the customer is not of the firm."""
    inner: str
    outer: str
    """Ids of two group chats as messages have them: of members alone, and with customers."""

    def far(self) -> AbstractAsyncContextManager[Self]:
        """The far side alone, for a program that is run beside it; `base` is set by the test."""
        ...

    def settings(self) -> dict[str, str]:
        """The platform's settings by name, such as API_BASE, that point at the far side."""
        ...

    def running(self) -> AbstractAsyncContextManager[Self]:
        """The far side and the adapter, started, on the ports of `inside`."""
        ...

    def direct(self, who: str) -> str:
        """The id of somebody's private chat with the assistant, as their messages have it."""
        ...

    async def say(self, who: str, text: str, *, chat: str = "", thread: str = "") -> int:
        """Somebody writes, privately where no chat is named; the status of the signed delivery."""
        ...

    async def speak(self, who: str, sound: bytes, *, chat: str = "") -> int:
        """Somebody sends a voice message, in the format that the platform has."""
        ...

    async def edit(self, text: str) -> int:
        """The last line that was said is changed."""
        ...

    async def recall(self) -> int:
        """The last line that was said is taken back."""
        ...

    async def tap(self, who: str, label: str, *, chat: str) -> int:
        """Somebody taps the newest button with this label in a chat."""
        ...

    async def fill(self, who: str, values: dict[str, str], *, chat: str) -> int:
        """Somebody fills in the newest form of a chat and submits it."""
        ...

    async def added(self, chat: str, by: str) -> int:
        """The assistant is taken into a group."""
        ...

    async def joined(self, chat: str, who: str) -> int:
        """Somebody joins a group."""
        ...

    async def again(self) -> int:
        """The last event is delivered once more, as the platform repeats one."""
        ...

    async def post(self, raw: bytes, **changed: Any) -> int:
        """A body of one's own, signed as it must be, but for what is changed."""
        ...

    def shown(self, chat: str) -> list[Shown]:
        """What a chat shows of us, oldest first; a changed message as it is now."""
        ...
