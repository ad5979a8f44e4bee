"""Files that people bring."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from bot.contract.inbound import InboundMessage
from bot.contract.ports import MediaStore


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
