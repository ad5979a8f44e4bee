"""The border: all that an adapter and the product know of each other.

Everything that comes in is an `InboundMessage`, everything that goes out is a `Notice`. Three errors
leave an adapter (`TryLater`, `Refused`, `NotSupported`); they say what the outbox must do next.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, NewType, Protocol, runtime_checkable

from aiohttp import web
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

ChannelName = NewType("ChannelName", str)
"""A platform's name, such as "hook" or "slack". The set is open: no enum lists them."""

MAX_TEXT = 1_000_000
"""Characters of text kept for analysis and reading; the raw form beside it stays whole."""

_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def storable(value: object) -> object:
    """Make text that every part of the system can hold: no NUL, no lone surrogates."""
    if isinstance(value, str):
        if "\x00" in value:
            value = value.replace("\x00", "\N{REPLACEMENT CHARACTER}")
        if not value.isascii():
            value = _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", value)
    return value


def _cut(value: object) -> object:
    value = storable(value)
    return value[:MAX_TEXT] if isinstance(value, str) else value


_EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)


def _in_reach(value: datetime) -> datetime:
    """Moments at the calendar's ends cannot be shown in other zones; wrong clocks send them."""
    return min(max(value, _EARLIEST), _LATEST)


Line = Annotated[str, BeforeValidator(storable)]
Body = Annotated[str, BeforeValidator(_cut)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_reach)]


class Audience(StrEnum):
    """Who reads a text or a chat. A chat nobody has declared counts as the customer's."""

    INTERNAL = "internal"
    CUSTOMER = "customer"


class Kind(StrEnum):
    """What sort of contact an item is."""

    MESSAGE = "message"
    MAIL = "mail"
    CALL = "call"
    MEETING = "meeting"
    NOTE = "note"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# --- what comes in -----------------------------------------------------------------------------


class Sender(_Frozen):
    """Who sent a message, as its channel tells it.

    `id` is the channel's own (a mail address for mail, a phone number for calls). `proven` is true
    only where the channel itself vouches for the sender; everything else is a claim.
    """

    id: Line
    name: Line = ""
    email: Line | None = None
    phone: Line | None = None
    proven: bool = False


class StoredFile(_Frozen):
    """A file that is already safe in the media store, named by the SHA-256 of its bytes (hex)."""

    name: Line
    type: Line = "application/octet-stream"
    size: int
    sha256: str


class InboundMessage(_Frozen):
    """One thing somebody said: a chat line, a mail, a call."""

    channel: ChannelName
    event_id: Line
    """Unique per channel: the same event delivered again has the same id. Any length."""
    message_id: Line = ""
    """The message's own id, which edits, recalls and replies name; the event's where empty."""
    chat: Line
    chat_name: Line = ""
    sender: Sender
    text: Body = ""
    subject: Line = ""
    sent_at: Moment
    kind: Kind = Kind.MESSAGE
    thread: Line | None = None
    references: tuple[Line, ...] = ()
    """Ids of earlier messages this one answers, oldest first."""
    recipients: tuple[Line, ...] = ()
    """Mail addresses or phone numbers it was sent to."""
    attachments: tuple[StoredFile, ...] = ()
    edits: Line | None = None
    recalls: Line | None = None
    addressed: bool = False
    """Said to the assistant itself: a private chat with it, or a mention of it."""
    private: bool = False
    """A chat between one member and the assistant."""
    auto: bool = False
    """An automatic reply, bounce or list mail: filed, never answered."""
    quoted: Body = ""
    """What the mail quotes of earlier ones, and its signature; folded on the page."""
    raw: bytes = Field(default=b"", repr=False)
    """What arrived, byte for byte, where it is small enough to keep beside the message."""


class Delivered(_Frozen):
    """The answer to a delivery: it is durable. `again` tells that it was known already."""

    inbox_id: int | None
    again: bool


class Busy(Exception):
    """More arrives than can be stored at once; come back after `after` seconds."""

    after = 1


# --- what goes out -----------------------------------------------------------------------------


class Level(StrEnum):
    """How loud a notice is; platforms colour it."""

    INFO = "info"
    GOOD = "good"
    WARNING = "warning"
    DANGER = "danger"


class Fact(_Frozen):
    """A label and its value, shown on one line."""

    label: str
    value: str


class Table(_Frozen):
    """Rows under headings; every row is as long as `columns`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Button(_Frozen):
    """A tap that says `command` for whoever taps, or opens `url`."""

    label: str
    command: str = ""
    url: str = ""
    primary: bool = False


class Notice(_Frozen):
    """Something the assistant says, written once and rendered by every surface.

    Texts are already in the reader's language. `audience` says who may read it: an internal notice
    can never be sent to a customer's chat.
    """

    audience: Audience = Audience.INTERNAL
    level: Level = Level.INFO
    title: str = ""
    text: str = ""
    facts: tuple[Fact, ...] = ()
    table: Table | None = None
    buttons: tuple[Button, ...] = ()
    language: str = "zh"


class Can(StrEnum):
    """What a channel is able to show; the renderer writes the rest as plain words."""

    BUTTONS = "buttons"
    TABLES = "tables"
    MARKDOWN = "markdown"


class Budget(_Frozen):
    """At most `count` sends in `seconds`, to one chat."""

    count: int
    seconds: float


class Sent(_Frozen):
    """The far side has it; `id` is its own name for the message, where it gave one."""

    id: str = ""


class AdapterError(Exception):
    """What leaves an adapter when a send or a fetch did not work."""


class TryLater(AdapterError):
    """It may work later; `after` seconds where the far side said so.

    `unknown` tells that the far side may have taken it all the same (a time-out, say).
    """

    def __init__(self, why: str, *, after: float | None = None, unknown: bool = False) -> None:
        super().__init__(why)
        self.after = after
        self.unknown = unknown


class Refused(AdapterError):
    """It will never work like this."""


class NotSupported(AdapterError):
    """This channel cannot do it."""


# --- ports: what an adapter may ask of us ------------------------------------------------------

Deliver = Callable[[InboundMessage], Awaitable[Delivered]]
"""Returns once the message is durable; only then may the platform be answered."""


class MediaStore(Protocol):
    """Files by content; what was put once is there for good."""

    async def put(self, name: str, type_: str, chunks: AsyncIterator[bytes]) -> StoredFile: ...

    async def put_bytes(self, name: str, type_: str, data: bytes) -> StoredFile: ...

    def path(self, sha256: str) -> Path: ...


class ChatLog(Protocol):
    """Our own chats (web, terminal): the platform that keeps their lines is ourselves."""

    async def append(self, chat: str, notice: Notice, *, key: str) -> str: ...


Reject = Callable[[ChannelName, bytes, str], Awaitable[None]]
"""Keeps input that could not be read: channel, raw bytes, why."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What the composition root hands to every adapter."""

    deliver: Deliver
    reject: Reject
    media: MediaStore
    chat_log: ChatLog


@runtime_checkable
class Adapter(Protocol):
    """One channel. Made by the factory that its entry point names; see `AdapterFactory`."""

    channel: ChannelName
    can: frozenset[Can]
    budget: Budget

    def routes(self) -> Sequence[web.RouteDef]: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def send(self, chat: str, notice: Notice, *, key: str) -> Sent:
        """Send once: the same `key` again is the same message over there where it can tell."""
        ...

    async def find(self, chat: str, key: str) -> Sent | None:
        """After an unknown outcome: is the message with `key` there? None: it is not.

        Raises `NotSupported` where the far side cannot be asked; then the send is repeated with
        the same key.
        """
        ...


AdapterFactory = Callable[[dict[str, Any], Ports], Adapter]
"""Entry point group `keqing.adapters`: its own branch of the settings and the ports → adapter."""


# --- files that people bring -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given:
    """What the person who brings a file says about it; empty where they said nothing."""

    sender: str = ""
    chat: str = ""
    at: str = ""
    """ISO 8601, with or without a zone."""


class Unreadable(Exception):
    """A file or a line of one that cannot be read; says why, for a person."""


@runtime_checkable
class Reader(Protocol):
    """Entry point group `keqing.readers`: turns files of certain endings into messages.

    `read` yields one item per message in the file: the name of the item (the file's, or
    `file:number`) and either the message or why it could not be read. One bad item never hides
    its neighbours. It must hold neither a large file nor all of its messages in memory.
    """

    suffixes: frozenset[str]

    def read(
        self, path: Path, given: Given, media: MediaStore
    ) -> AsyncIterator[tuple[str, InboundMessage | Unreadable]]: ...


# --- speech ------------------------------------------------------------------------------------


class Segment(_Frozen):
    """What one speaker said in one breath; times in seconds from the start."""

    start: float
    end: float
    speaker: str = ""
    text: str
    confidence: float | None = None


class Transcript(_Frozen):
    language: str
    duration_s: float
    segments: tuple[Segment, ...]
    bad_packets: int = 0

    @property
    def text(self) -> str:
        """One line per segment, with the speaker before it where there are several."""
        several = len({segment.speaker for segment in self.segments}) > 1
        return "\n".join(f"{s.speaker}: {s.text}" if several else s.text for s in self.segments)


class WaitingForModel(Exception):
    """There is no speech model to transcribe with; the recording waits for one."""


class SpeechEngine(Protocol):
    """Entry point group `keqing.speech`. `transcribe` blocks: run it in a thread.

    Raises `WaitingForModel` where no model is there, `Unreadable` where the recording cannot be
    decoded (empty, no sound, SILK, not a recording at all).
    """

    def transcribe(
        self, path: Path, *, hotwords: Sequence[str] = (), progress: Callable[[float], None]
    ) -> Transcript: ...

    def pull(self, name: str, progress: Callable[[float], None]) -> Path:
        """Fetch a model by name from the configured mirror into the models folder."""
        ...

    def models(self) -> Iterator[tuple[str, Path]]:
        """The models that are there: name and folder."""
        ...


SpeechFactory = Callable[[dict[str, Any], Path], SpeechEngine]
"""The speech branch of the settings and the folder models are kept in → engine."""
