"""Mail files that people bring: .eml, and .mbox mail by mail."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final

from adapters.email import mbox
from adapters.email.mime import PIECE, Buffer
from adapters.email.parse import Mail, parse
from bot import clock
from bot.contract import (
    ChannelName,
    Given,
    InboundMessage,
    Kind,
    MediaStore,
    Sender,
    StoredFile,
    Unreadable,
)
from bot.texts import Text

CHANNEL: Final = ChannelName("email")
KEPT_WHOLE: Final = 64 << 10
"""A mail smaller than this many bytes also stays beside its message, as raw."""
UNKNOWN: Final = "unknown"

CANNOT_OPEN: Final = Text("{name}：无法打开（{why}）", "{name}: cannot be opened ({why})")
EMPTY: Final = Text("{name}：文件是空的", "{name}: the file is empty")
NOT_A_MAIL: Final = Text("{name}：不像一封邮件", "{name}: this does not look like a mail")
NO_MAILS: Final = Text("{name}：里面没有邮件", "{name}: there is no mail in it")
BAD_TIME: Final = Text(
    "{at}：不是 ISO 8601 时间，例如 2025-03-03T10:00",
    "{at}: not an ISO 8601 time such as 2025-03-03T10:00",
)


def unreadable(text: Text, **facts: object) -> Unreadable:
    """Why it cannot be read, in both languages: the reader of a file is not known here."""
    return Unreadable(f"{text.in_('en', **facts)} / {text.in_('zh', **facts)}")


class MailReader:
    """Entry point `keqing.readers`: see `contract.Reader`. Files are mapped, never read whole."""

    suffixes: frozenset[str] = frozenset({".eml", ".mbox"})

    async def read(
        self, path: Path, given: Given, media: MediaStore
    ) -> AsyncIterator[tuple[str, InboundMessage | Unreadable]]:
        try:
            file = path.open("rb")
        except OSError as error:
            yield path.name, unreadable(CANNOT_OPEN, name=path.name, why=error.strerror)
            return
        if path.stat().st_size == 0:
            file.close()
            yield path.name, unreadable(EMPTY, name=path.name)
            return
        with file, mmap(file.fileno(), 0, access=ACCESS_READ) as mapped:
            number = 0
            for name, (start, end) in _mails(path, mapped):
                number += 1
                yield name, await _message(path, name, mapped, start, end, given, media)
            if not number:
                yield path.name, unreadable(NO_MAILS, name=path.name)


def _mails(path: Path, mapped: mmap) -> Iterable[tuple[str, tuple[int, int]]]:
    if path.suffix.lower() == ".mbox":
        return ((f"{path.name}:{n}", lies) for n, lies in enumerate(mbox.mails(mapped), 1))
    return [(path.name, (0, len(mapped)))]


async def _message(
    path: Path, name: str, mapped: mmap, start: int, end: int, given: Given, media: MediaStore
) -> InboundMessage | Unreadable:
    buffer: Buffer = mapped
    if path.suffix.lower() == ".mbox" and (whole := mbox.unescaped(mapped, start, end)) is not None:
        buffer, start, end = whole, 0, len(whole)
    # A mail of 200 MB takes seconds: the loop must not wait for it.
    mail = await asyncio.to_thread(parse, buffer, start, end)
    if not mail.recognised:
        return unreadable(NOT_A_MAIL, name=name)
    try:
        sent_at = _given_time(given.at) or mail.date or _changed(path)
    except ValueError:
        return unreadable(BAD_TIME, at=given.at)
    return await stored(mail, (buffer, start, end), given, sent_at, media)


async def stored(
    mail: Mail, lies: tuple[Buffer, int, int], given: Given, sent_at: datetime, media: MediaStore
) -> InboundMessage:
    """The message of a mail, once its files and the mail itself are in the media store."""
    buffer, start, end = lies
    original = await media.put("original.eml", "message/rfc822", _slices(buffer, start, end))
    files = [await _stored(mail, number, media) for number in range(len(mail.attachments))]
    raw = buffer[start:end] if end - start < KEPT_WHOLE else b""
    return to_message(mail, given, sent_at, (*files, original), raw)


def to_message(
    mail: Mail, given: Given, sent_at: datetime, files: tuple[StoredFile, ...], raw: bytes
) -> InboundMessage:
    """The border's form of a mail whose files are stored. What is given goes before what it says."""
    address = (given.sender or mail.sender.address or UNKNOWN).lower()
    return InboundMessage(
        channel=CHANNEL,
        event_id=mail.message_id,
        message_id=mail.message_id,
        chat=given.chat or address,
        # A From line can say anything; nothing in a file proves it.
        sender=Sender(id=address, name=mail.sender.name, email=address if "@" in address else None),
        text=mail.new_text or mail.text,
        subject=mail.subject,
        sent_at=sent_at,
        kind=Kind.MAIL,
        thread=next(iter(mail.references), mail.message_id),
        references=mail.references,
        recipients=tuple(dict.fromkeys(one.address.lower() for one in (*mail.to, *mail.cc))),
        labels=mail.labels,
        attachments=files,
        auto=mail.auto,
        undelivered=mail.undelivered,
        quoted=mail.quoted if mail.new_text else "",
        raw=raw,
    )


def _given_time(at: str) -> datetime | None:
    """Raises ValueError where `at` is no ISO 8601 time."""
    if not at:
        return None
    said = datetime.fromisoformat(at)
    return said if said.tzinfo else said.replace(tzinfo=clock.zone(None))


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


async def _stored(mail: Mail, number: int, media: MediaStore) -> StoredFile:
    file = mail.attachments[number]

    async def pieces() -> AsyncIterator[bytes]:
        for piece in file.pieces():
            yield piece

    return await media.put(file.name, file.type, pieces())


async def _slices(buffer: Buffer, start: int, end: int) -> AsyncIterator[bytes]:
    for at in range(start, end, PIECE):
        yield buffer[at : min(at + PIECE, end)]
