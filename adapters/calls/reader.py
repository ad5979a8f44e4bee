"""Recordings that people bring: each becomes a call, transcribed later."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from adapters.calls import names, pattern
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

CHANNEL: Final = ChannelName("calls")
TYPES: Final = {
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/opus",
    ".amr": "audio/amr",
    ".webm": "audio/webm",
    ".flac": "audio/flac",
    ".mp4": "audio/mp4",  # only the sound of it is ours, and what is called video is not transcribed
    ".wma": "audio/x-ms-wma",
    ".aac": "audio/aac",
}
PIECE: Final = 1 << 20
UNKNOWN: Final = "unknown"
MAX_SIDECAR: Final = 1 << 20

CANNOT_OPEN: Final = Text("{name}：无法打开（{why}）", "{name}: cannot be opened ({why})")
BAD_SIDECAR: Final = Text(
    "{name}：录音旁的说明文件无法读取（{why}）",
    "{name}: the note beside the recording cannot be read ({why})",
)
BAD_TIME: Final = Text(
    "{at}：不是 ISO 8601 时间，例如 2025-03-03T10:00",
    "{at}: not an ISO 8601 time such as 2025-03-03T10:00",
)
NOT_AN_OBJECT: Final = Text("不是一个 JSON 对象", "not a JSON object")


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What the JSON file beside a recording says; '' where it is silent."""

    sender: str = ""
    chat: str = ""
    name: str = ""
    time: str = ""


class CallReader:
    """Entry point `keqing.readers`: see `contract.Reader`. One recording is one call.

    `NAME.json` (or `NAME.amr.json`) beside `NAME.amr` may hold sender, chat, time and name. An empty
    recording is kept too: its transcription says what is wrong with it.
    """

    suffixes: frozenset[str] = frozenset(TYPES)

    def __init__(self, own: re.Pattern[str] | None = None) -> None:
        self._own = own

    async def read(
        self, path: Path, given: Given, media: MediaStore
    ) -> AsyncIterator[tuple[str, InboundMessage | Unreadable]]:
        named = pattern.read(path.name, clock.zone(None), self._own)
        try:
            beside = _sidecar(path)
            sent_at = _when(path, given, beside, named)
            sound = path.open("rb")
        except Unreadable as why:
            yield path.name, why
            return
        except OSError as error:
            yield path.name, _unreadable(CANNOT_OPEN, name=path.name, why=error.strerror)
            return
        with sound:
            file = await media.put(path.name, TYPES[path.suffix.lower()], _pieces(sound))
        yield path.name, _call(given, beside, named, sent_at, file)


def _call(
    given: Given, beside: Sidecar, named: pattern.Named, sent_at: datetime, file: StoredFile
) -> InboundMessage:
    number = named.customer
    who = given.sender or beside.sender or number or UNKNOWN
    return InboundMessage(
        channel=CHANNEL,
        event_id=f"sha256:{file.sha256}",
        chat=given.chat or beside.chat or who,
        sender=Sender(
            id=who, name=beside.name or named.name, phone=names.phone(who) or number or None
        ),
        recipients=(named.ours,) if named.ours else (),
        sent_at=sent_at,
        kind=Kind.CALL,
        attachments=(file,),
    )


async def _pieces(sound: BinaryIO) -> AsyncIterator[bytes]:
    # A folder may lie on another machine.
    while piece := await asyncio.to_thread(sound.read, PIECE):
        yield piece


def _sidecar(path: Path) -> Sidecar:
    """Raises `Unreadable` where there is one that nobody can read."""
    beside = (path.with_suffix(".json"), path.with_name(f"{path.name}.json"))
    note = next((one for one in beside if one.is_file()), None)
    if note is None:
        return Sidecar()
    try:
        data = note.read_bytes()[:MAX_SIDECAR]
        said: object = json.loads(_text(data))
    except (ValueError, RecursionError) as error:
        raise _unreadable(BAD_SIDECAR, name=note.name, why=error) from error
    if not isinstance(said, dict):
        raise _unreadable(BAD_SIDECAR, name=note.name, why=NOT_AN_OBJECT.in_("en"))
    facts = cast("dict[str, Any]", said)
    return Sidecar(*(_word(facts.get(key)) for key in ("sender", "chat", "name", "time")))


def _text(data: bytes) -> str:
    """UTF-8 with or without its mark; Chinese Windows programs write GBK."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _word(value: object) -> str:
    """A number (a phone, seconds since 1970) is taken like its digits; anything else is silence."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()


def _when(path: Path, given: Given, beside: Sidecar, named: pattern.Named) -> datetime:
    """When the call was: given, beside, in the name, else when the file was last changed."""
    zone = clock.zone(None)
    for said in (given.at, beside.time):
        if said:
            found = _moment(said)
            return found if found.tzinfo else found.replace(tzinfo=zone)
    return named.at or datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _moment(said: str) -> datetime:
    try:
        if said.replace(".", "", 1).isdecimal() and len(said) >= 10:
            return datetime.fromtimestamp(float(said), UTC)
        return datetime.fromisoformat(said.replace("/", "-"))
    except (ValueError, OverflowError, OSError) as error:
        raise _unreadable(BAD_TIME, at=said) from error


def _unreadable(text: Text, **facts: object) -> Unreadable:
    """In both languages: the reader of a file is not known here."""
    return Unreadable(f"{text.in_('en', **facts)} / {text.in_('zh', **facts)}")
