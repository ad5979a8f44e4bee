"""Brings files in through the real inbox, waits for them, and tells what became of each."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, parts
from bot.app import Program
from bot.contract import (
    ChannelName,
    Given,
    InboundMessage,
    MediaStore,
    Reader,
    Sender,
    StoredFile,
    Unreadable,
    deliver_patiently,
)
from bot.pipeline import media, pasted
from bot.pipeline.evidence import PASTED
from bot.runtime import SPEECH
from storage import inbox as rows

CHANNEL: Final = ChannelName(PASTED)
WINDOW: Final = 2000
"""Items that are on their way at once: memory stays bounded however long a file is."""


@dataclass(slots=True)
class Item:
    """One message of a file, on its way."""

    source: str
    message: InboundMessage | None = None
    again: bool = False
    error: str = ""


class PastedReader:
    """`.txt` files of pasted WeChat talk; a text that is none is one message."""

    suffixes = frozenset({".txt"})

    async def read(
        self,
        path: Path,
        given: Given,
        media: MediaStore,  # noqa: ARG002 - the port's shape; a text has no files
    ) -> AsyncIterator[tuple[str, InboundMessage | Unreadable]]:
        content = _decoded(path.read_bytes())
        now = _moment(given.at) or clock.now()
        lines = pasted.read(content, now.astimezone(clock.zone(None)), clock.zone(None))
        chat = given.chat or path.stem
        if not content.strip():
            yield path.name, Unreadable("the file is empty")
            return
        if lines is None:
            yield path.name, _message(chat, given.sender or path.stem, content, now)
            return
        for number, line in enumerate(lines, 1):
            yield f"{path.name}:{number}", _message(chat, line.name, line.text, line.at)


def _message(chat: str, sender: str, said: str, at: datetime) -> InboundMessage:
    key = hashlib.sha256(f"{chat}\0{sender}\0{at.isoformat()}\0{said}".encode()).hexdigest()
    return InboundMessage(
        channel=CHANNEL,
        event_id=key,
        chat=chat,
        sender=Sender(id=sender, name=sender),
        text=said,
        sent_at=at,
    )


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "replace")


def _moment(given: str) -> datetime | None:
    if not given:
        return None
    found = datetime.fromisoformat(given)
    return found if found.tzinfo else found.replace(tzinfo=clock.zone(None))


def files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files that paths name; of a folder, every file in it that somebody can read."""
    suffixes = set(all_readers())
    for path in paths:
        if path.is_dir():
            listed = sorted(p for p in path.rglob("*") if p.is_file())
            yield from (p for p in listed if p.suffix.lower() in suffixes)
        else:
            yield path


class Ingest:
    """Feeds messages into a program's inbox and sees them through."""

    def __init__(self, program: Program, given: Given, seen: Callable[[int], None]) -> None:
        """`seen` is told how many items are settled."""
        self._program = program
        self._given = given
        self._seen = seen
        self._readers = all_readers()

    async def run(self, paths: Sequence[Path]) -> AsyncIterator[dict[str, Any]]:
        """One result per item, in order, as each window of them is settled."""
        window: list[Item] = []
        async for item in self._items(paths):
            window.append(item)
            if len(window) >= WINDOW:
                async for result in self._settle(window):
                    yield result
                window = []
        async for result in self._settle(window):
            yield result

    async def _items(self, paths: Sequence[Path]) -> AsyncIterator[Item]:
        for path in files(paths):
            reader = self._readers.get(path.suffix.lower())
            if reader is None or not path.is_file():
                why = "there is no such file" if reader else "no reader for this kind of file"
                yield Item(path.name, error=why)
                continue
            try:
                async for source, found in reader.read(path, self._given, self._program.media):
                    yield await self._item(source, found)
            except (OSError, ValueError) as error:
                yield Item(path.name, error=f"cannot be read: {error}")

    async def _item(self, source: str, found: InboundMessage | Unreadable) -> Item:
        if isinstance(found, Unreadable):
            await self._program.inbox.reject(CHANNEL, source.encode(), str(found))
            return Item(source, error=str(found))
        return Item(source, found)

    async def _settle(self, window: Sequence[Item]) -> AsyncIterator[dict[str, Any]]:
        await self._accept([item for item in window if item.message is not None])
        await self._finish([item for item in window if item.message is not None])
        async with self._program.db.transaction() as session:
            results = [await _result(session, item) for item in window]
        self._seen(len(window))
        for result in results:
            yield result

    async def _accept(self, items: Sequence[Item]) -> None:
        """Deliver in order, many at a time."""
        for start in range(0, len(items), 200):
            batch = items[start : start + 200]
            done = await asyncio.gather(*(self._deliver(item) for item in batch))
            for item, again in zip(batch, done, strict=True):
                item.again = again

    async def _deliver(self, item: Item) -> bool:
        assert item.message is not None  # noqa: S101 - only items with one come here
        return (await deliver_patiently(self._program.inbox.accept, item.message)).again

    async def _finish(self, items: Sequence[Item]) -> None:
        """Drain here, whether or not a server does too; then transcribe what has just come."""
        keys = [_key(item) for item in items]
        while True:
            while await self._program.drain.once():
                pass
            async with self._program.db.transaction() as session:
                if not await _waiting(session, keys):
                    break
            await asyncio.sleep(0.05)
        if any(item.message and media.recording(item.message) for item in items):
            await self._program.jobs.run((SPEECH,), concurrency=1, wait=False)


@dataclass(slots=True)
class Brought:
    """What became of a file that somebody brought."""

    new: int = 0
    again: int = 0
    """Items that were known already."""
    unread: tuple[str, ...] = ()
    """Why the others could not be read."""


async def bring(program: Program, file: StoredFile, chat: str) -> Brought | None:
    """Deliver what a file of the media store holds, as the readers know it; None: none of them does.

    `chat` is the member's own chat where they are told what becomes of it.
    """
    reader = all_readers().get(Path(file.name).suffix.lower())
    if reader is None:
        return None
    found = Brought()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(file.name).name
        path.symlink_to(program.media.path(file.sha256))
        async for source, message in reader.read(path, Given(), program.media):
            if isinstance(message, Unreadable):
                await program.inbox.reject(CHANNEL, source.encode(), str(message))
                found.unread = (*found.unread, str(message))
                continue
            told = message.model_copy(update={"brought_in": chat})
            again = (await deliver_patiently(program.inbox.accept, told)).again
            found.again += again
            found.new += not again
    return found


def all_readers() -> dict[str, Reader]:
    """File ending → reader, that of pasted talk included."""
    return {**parts.readers(), **dict.fromkeys(PastedReader.suffixes, PastedReader())}


def _key(item: Item) -> Any:
    assert item.message is not None  # noqa: S101 - only items with one come here
    return rows.key_of(item.message.channel, item.message.event_id)


async def _waiting(session: AsyncSession, keys: Sequence[Any]) -> bool:
    asked = text("""
SELECT EXISTS (SELECT 1 FROM inbox WHERE key = ANY(CAST(:keys AS uuid[])) AND state = 'waiting')
""")
    return bool(await session.scalar(asked, {"keys": list(keys)}))


async def _result(session: AsyncSession, item: Item) -> dict[str, Any]:
    result: dict[str, Any] = {
        "source": item.source,
        "interaction": None,
        "customer": None,
        "project": None,
        "confidence": 0.0,
        "language": None,
        "sentiment": None,
        "signals": [],
        "status": "failed",
    }
    if item.message is None:
        return {**result, "error": item.error}
    row = (
        await session.execute(
            text("""
SELECT i.id, c.code, p.code, i.confidence, i.language, i.sentiment, i.signals, i.status,
  COALESCE(i.error, b.error)
FROM inbox b
LEFT JOIN interaction i ON i.id = b.interaction_id
LEFT JOIN customer c ON c.id = i.customer_id
LEFT JOIN project p ON p.id = i.project_id
WHERE b.key = :key
"""),
            {"key": _key(item)},
        )
    ).first()
    if row is None:
        return {**result, "status": "already_there"}
    names = ("interaction", "customer", "project", "confidence", "language", "sentiment")
    result |= dict(zip(names, row[:6], strict=True))
    result["signals"] = row[6] or []
    result["status"] = "already_there" if item.again else row[7] or "filed"
    if row[8]:  # kept, and where it belongs if that is known; but a person must look
        result |= {"error": row[8], "status": "failed"}
    return result
