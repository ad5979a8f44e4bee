"""What an adapter may ask of us, and what we ask of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Protocol, runtime_checkable

from aiohttp import web

from bot.contract.inbound import Busy, Delivered, InboundMessage, RemoteFile, StoredFile
from bot.contract.outbound import Budget, Can, Notice, Sent, Target
from bot.contract.words import ChannelName
from bot.texts import Text

MOST_FILE: Final = 100 * 1024 * 1024
"""Bytes of one file from a platform; a larger one is refused with a word."""

Deliver = Callable[[InboundMessage], Awaitable[Delivered]]
"""Returns once the message is durable; only then may the platform be answered."""

Reject = Callable[[ChannelName, bytes, str], Awaitable[None]]
"""Keeps input that could not be read, or that nobody knows: channel, raw bytes, why."""


async def deliver_patiently(deliver: Deliver, message: InboundMessage) -> Delivered:
    """Deliver what nobody would send again: where too much arrives at once, wait for room."""
    while True:
        try:
            return await deliver(message)
        except Busy as busy:
            await asyncio.sleep(busy.after)


class MediaStore(Protocol):
    """Files by content; what was put once is there for good."""

    async def put(self, name: str, type_: str, chunks: AsyncIterator[bytes]) -> StoredFile: ...

    async def put_bytes(self, name: str, type_: str, data: bytes) -> StoredFile: ...

    def path(self, sha256: str) -> Path: ...


class ChatLog(Protocol):
    """Our own chats (web, terminal): the platform that keeps their lines is ourselves."""

    async def append(self, chat: str, notice: Notice, *, key: str, place: str = "") -> str:
        """Add a line once per key, or put it in the place of the line `place`; answers its id."""
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """A secret that a platform gave for a while."""

    value: str = field(repr=False)
    lasts_s: float
    """Seconds from now that it may be used; leave a margin."""


class Tokens(Protocol):
    """Tokens that all replicas share; one at a time asks the platform for a new one."""

    async def get(
        self, name: str, ask: Callable[[], Awaitable[Token]], *, refused: str = ""
    ) -> str:
        """The token called `name`, from `ask` where there is none that lasts.

        `refused` is a token that the platform has just turned down: it is replaced, unless another
        replica has done so already.
        """
        ...


class Cursors(Protocol):
    """How far an adapter has read, kept for good. Move one only after what it covers is delivered."""

    async def get(self, name: str) -> str:
        """Empty where it has never been set."""
        ...

    async def put(self, name: str, value: str) -> None: ...


Hold = Callable[[str, Callable[[], Awaitable[None]]], Awaitable[None]]
"""`hold(name, work)`: run `work` while this process is the only one of all replicas that does.

Waits its turn, runs `work`, cancels it where the hold is lost and waits again; returns only when
`work` returns, and ends when cancelled.
"""


Key = Callable[[str], bytes]
"""32 secret bytes of this installation for one purpose, the same ever after."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of what a system outside has told."""

    what: Literal["taken", "again", "refused", "unreadable", "unknown"]
    """unknown: there is no such system, or it was stopped."""
    why: str = ""
    ignored: int = 0
    """Fields that nobody has asked for."""


Tell = Callable[[str, str, bytes], Awaitable[Told]]
"""`tell(kind, name, body)`: what a system proved to be `name` says; durable once it returns."""


class Download(Protocol):
    """Fetches a file over HTTP into the media store, and from nowhere that it should not."""

    async def __call__(
        self,
        url: str,
        file: RemoteFile,
        *,
        origins: Sequence[str],
        headers: Mapping[str, str] | None = None,
        most: int = MOST_FILE,
    ) -> StoredFile:
        """The file at `url`, streamed.

        `origins` ("https://files.slack.com", "https://*.slack.com") are the only ones that are asked,
        redirects included; all of them get `headers`. Raises `Refused` for another origin, for more
        than `most` bytes, for a page of HTML in place of a file; `TryLater` for 429, 5xx, time-outs.
        A name and a type that the answer tells replace generic ones.
        """
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What the composition root hands to every adapter."""

    deliver: Deliver
    reject: Reject
    media: MediaStore
    chat_log: ChatLog
    tokens: Tokens
    cursors: Cursors
    hold: Hold
    download: Download
    key: Key
    tell: Tell


@dataclass(frozen=True, slots=True)
class Check:
    """One finding of `keqing doctor` about a platform, with what to click where it is not well."""

    ok: bool
    text: Text
    facts: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of the firm as a platform's directory has them."""

    id: str
    """The channel's id, as senders have it."""
    name: str
    email: str = ""
    phone: str = ""
    superior: str = ""
    """The channel's id of who is above them."""
    active: bool = True


@runtime_checkable
class Adapter(Protocol):
    """One channel. Made by the factory that its entry point names; see `AdapterFactory`."""

    channel: ChannelName
    can: frozenset[Can]

    def budgets(self, chat: str) -> Sequence[Budget]:
        """What the far side lets through to a chat; all of them bind."""
        ...

    def routes(self) -> Sequence[web.RouteDef]: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def send(self, target: Target, notice: Notice, *, key: str) -> Sent:
        """Send once: the same `key` again is the same message over there where it can tell.

        The notice asks for nothing beyond `can`.
        """
        ...

    async def find(self, target: Target, key: str) -> Sent | None:
        """After an unknown outcome: is the message with `key` there? None: it is not.

        Raises `NotSupported` where the far side cannot be asked; then the send is repeated with
        the same key.
        """
        ...


@runtime_checkable
class Translating(Protocol):
    """An adapter whose recorded events can be replayed."""

    def translate(self, raw: bytes) -> Sequence[InboundMessage]:
        """The messages in a recorded event, which is the `raw` of a message. Raises `ValueError`."""
        ...


@runtime_checkable
class Fetching(Protocol):
    """An adapter whose messages name files that are fetched later."""

    async def fetch(self, file: RemoteFile) -> StoredFile:
        """A file that a message named. Raises as `send` does; `Refused` says why, for a person."""
        ...


@runtime_checkable
class Checking(Adapter, Protocol):
    """An adapter that can tell how it stands with its far side."""

    on: bool
    """Whether its settings switch it on."""

    async def check(self) -> Sequence[Check]:
        """What `keqing doctor` shows: let in or not, scopes, clock."""
        ...


@runtime_checkable
class Platform(Checking, Translating, Fetching, Protocol):
    """A chat platform: an adapter that can also do these."""

    def colleagues(self) -> AsyncIterator[Colleague]:
        """The firm's members, where the platform tells them; raises as `send` does."""
        ...


@runtime_checkable
class Reaching(Protocol):
    """An adapter that tells other systems of the firm's what rules say."""

    def systems(self) -> Mapping[str, str]:
        """The systems that its settings name: name → the chat that stands for it."""
        ...


@runtime_checkable
class Working(Protocol):
    """An adapter with work of its own beside the server: a long connection, a poll."""

    async def work(self) -> None:
        """Runs until cancelled, in every process that works in the background."""
        ...


AdapterFactory = Callable[[dict[str, Any], Ports], Adapter]
"""Entry point group `keqing.adapters`: its own branch of the settings and the ports → adapter."""
