"""A body of `/calls/recordings` → InboundMessage. Pure: no network, no clock, no settings."""

import binascii
import re
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Annotated, Any, Final, Literal
from urllib.parse import unquote, urlsplit

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from adapters.calls import pattern
from adapters.calls.reader import CHANNEL, TYPES, UNKNOWN
from bot.contract import InboundMessage, Kind, RemoteFile, Sender, StoredFile, storable
from bot.texts import Text

GENERIC: Final = "application/octet-stream"
SOUND: Final = "audio/x-unknown"
"""A recording's type until its bytes are here: what is called sound is transcribed."""
_HEADS: Final = (
    (rb"RIFF....WAVE", ".wav"),
    (rb"ID3|\xff[\xf2-\xff]", ".mp3"),
    (rb"\xff[\xf0\xf1\xf8\xf9]", ".aac"),
    (rb"OggS", ".ogg"),
    (rb"#!AMR", ".amr"),
    (rb"fLaC", ".flac"),
    (rb"....ftyp", ".m4a"),
    (rb"\x1aE\xdf\xa3", ".webm"),
    (rb"\x30\x26\xb2\x75", ".wma"),
)
_LONGEST: Final = 200
"""Characters of an id or a number."""
_NOT_RECORDED: Final = Text("通话（无录音）", "phone call, not recorded")
_LASTED: Final = Text("通话 {time}（无录音）", "phone call of {time}, not recorded")


class BadBody(Exception):
    """The body cannot be read as a call; says why, for whoever sends it."""


def _as_text(value: Any) -> Any:
    """Numbers and ids may be written as numbers; they are kept as their digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**_LONGEST else value
    return storable(value)


def _number(value: str) -> str:
    return pattern.plain(value.removeprefix("tel:"))


def _moment(value: Any) -> datetime:
    """ISO 8601, or seconds or milliseconds since 1970; without a zone it is UTC."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError("must be a time, as 2026-11-21T09:30:00+08:00") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError("must be an https:// address")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no user name or password")
    return value


def _file_name(value: str) -> str:
    """The name without any path, so that it can never leave a folder."""
    name = re.split(r"[\\/]", value)[-1].strip()
    return name[-200:] if name not in {"", ".", ".."} else ""


Entity = Annotated[str, BeforeValidator(_as_text), Field(max_length=_LONGEST)]
Number = Annotated[Entity, AfterValidator(_number)]


class Recording(BaseModel):
    """What is POSTed to `/calls/recordings`."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[Entity, Field(min_length=1)]
    caller: Number
    callee: Number
    """Empty where a number is withheld."""
    direction: Literal["in", "out"]
    started_at: Annotated[datetime, BeforeValidator(_moment)]
    duration_s: float | None = Field(default=None, ge=0, le=10_000_000, allow_inf_nan=False)
    name: Annotated[str, BeforeValidator(storable), AfterValidator(_file_name)] | None = None
    """The recording's file name."""
    recording: str | None = Field(default=None, repr=False)
    url: Annotated[str, Field(max_length=4000), AfterValidator(_address)] | None = None
    note: Annotated[str, BeforeValidator(storable)] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "Recording":
        if self.recording and self.url:
            raise ValueError("either recording or url, not both")
        return self

    def data(self) -> bytes:
        """The recording's bytes; raises `BadBody` where the base64 is broken."""
        try:
            return b64decode(re.sub(r"\s+", "", self.recording or ""), validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadBody("recording: not valid base64") from error

    def file(self, data: bytes) -> tuple[str, str]:
        """The name and the type of a recording that came with the body."""
        return _named(self.name or "", _ending(data))

    def remote(self) -> RemoteFile:
        """The recording that lies elsewhere."""
        url = self.url or ""
        told = self.name or _file_name(str(storable(unquote(urlsplit(url).path))))
        name, type_ = _named(told, "")
        return RemoteFile(ref=url, name=name, type=type_)


def read(raw: bytes) -> Recording:
    """The body, checked; raises `BadBody` with the field and the reason."""
    try:
        return Recording.model_validate(orjson.loads(raw))
    except orjson.JSONDecodeError as error:
        raise BadBody(f"the body is not JSON: {error}") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        raise BadBody(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None


def to_message(call: Recording, raw: bytes, stored: StoredFile | None = None) -> InboundMessage:
    """The call. Whose numbers these are is what the telephone system claims."""
    incoming = call.direction == pattern.IN
    theirs, ours = (call.caller, call.callee) if incoming else (call.callee, call.caller)
    who = theirs or UNKNOWN
    recorded = stored is not None or call.url is not None
    note = (call.note or "").strip()
    return InboundMessage(
        channel=CHANNEL,
        event_id=f"id:{call.id}",
        message_id=call.id,
        chat=who,
        sender=Sender(id=who, phone=theirs if re.fullmatch(r"\+?\d{5,20}", theirs) else None),
        # The words of a recorded call are its transcript.
        subject=note if recorded else "",
        text="" if recorded else note or _unrecorded(call.duration_s),
        sent_at=call.started_at,
        kind=Kind.CALL,
        recipients=(ours,) if ours else (),
        attachments=(stored,) if stored else (),
        files=(call.remote(),) if call.url else (),
        raw=_without_recording(raw) if call.recording else raw,
    )


def _unrecorded(seconds: float | None) -> str:
    if seconds is None:
        return f"{_NOT_RECORDED.zh} / {_NOT_RECORDED.en}"
    time = f"{int(seconds) // 60}:{int(seconds) % 60:02}"
    return f"{_LASTED.in_('zh', time=time)} / {_LASTED.in_('en', time=time)}"


def _without_recording(raw: bytes) -> bytes:
    """The recording is kept as a file; once is enough."""
    body: dict[str, Any] = orjson.loads(raw)
    return orjson.dumps({**body, "recording": None})


def _ending(data: bytes) -> str:
    found = (end for head, end in _HEADS if re.match(head, data[:16], re.DOTALL))
    return next(found, "")


def _named(name: str, ending: str) -> tuple[str, str]:
    """A file's name and type; what its bytes say goes before what its name says."""
    said = PurePosixPath(name).suffix.lower()
    known = ending or (said if said in TYPES else "")
    type_ = TYPES.get(known, SOUND)
    return (name if name and said in TYPES else (name or "recording") + known), type_
