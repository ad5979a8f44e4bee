"""A decrypted entry of the conversation archive → a message, and the files to fetch for it. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from adapters.wecom import archive_words, chats, wire
from adapters.wecom.archive_words import Media
from adapters.wecom.inbound import Unreadable, moment
from adapters.wecom.wire import as_object, as_text
from bot.contract import InboundMessage, Sender, StoredFile

IGNORED: Final = frozenset({"external_redpacket", "redpacket"})
_SUFFIXES: Final = ("_external", "_updown_stream")
_OUTSIDE: Final = re.compile(r"w[mo][A-Za-z0-9_-]{18,}")
_ROBOT: Final = re.compile(r"wb[A-Za-z0-9_-]{18,}")
_INNER: Final = {"markdown": "info", "news": "info", "docmsg": "doc", "voiptext": "info"}
"""Types whose content stands under another name."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(alias="msgid", min_length=1, max_length=300)
    action: Annotated[str, BeforeValidator(as_text)] = ""
    sender: Annotated[str, BeforeValidator(as_text)] = Field(default="", alias="from")
    to: Annotated[list[Any], BeforeValidator(wire.as_list)] = Field(default=[], alias="tolist")
    room: Annotated[str, BeforeValidator(as_text)] = Field(default="", alias="roomid")
    time: int = Field(default=0, alias="msgtime", ge=0, le=10**14)
    type: Annotated[str, BeforeValidator(as_text)] = Field(default="", alias="msgtype")


@dataclass(frozen=True, slots=True)
class Read:
    """What an entry comes to; no message: it says nothing to us."""

    message: InboundMessage | None = None
    media: tuple[Media, ...] = ()


def read(given: Any, *, app: bool) -> Read:
    """What is said; raises `Unreadable`. `app`: members have a private chat with the app."""
    given = as_object(given)
    if given.get("action") == "switch":
        return Read()
    try:
        entry = _Entry.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "entry"
        raise Unreadable(f"{place}: {first['msg']}") from None
    if entry.type in IGNORED or _ROBOT.fullmatch(entry.sender):
        return Read()
    if not entry.sender or not entry.type:
        raise Unreadable("from or msgtype is missing")
    content = as_object(given.get(entry.type) or given.get(_INNER.get(entry.type, "")))
    if entry.type == "revoke" or entry.action == "recall":
        revoked = as_text(content.get("pre_msgid")) or as_text(given.get("pre_msgid"))
        if not revoked:
            raise Unreadable("revoke: pre_msgid is missing")
        recalled = bare(revoked)
        ids = {"event_id": f"recall:{recalled}", "message_id": recalled, "recalls": recalled}
        return Read(_of(entry, given, app=app, **ids))
    said = archive_words.said(entry.type, content)
    ids = {"event_id": bare(entry.id), "message_id": bare(entry.id), "text": said.text}
    return Read(_of(entry, given, app=app, **ids), said.media)


def bare(msgid: str) -> str:
    """The id without what it says of its chat: a message may come with and without it."""
    for suffix in _SUFFIXES:
        msgid = msgid.removesuffix(suffix)
    return msgid


def with_files(
    message: InboundMessage, files: Sequence[StoredFile], missing: Sequence[str]
) -> InboundMessage:
    """The message with the files that are safe, and a line for each that is not."""
    text = "\n".join(part for part in (message.text, *missing) if part)
    return message.model_copy(update={"attachments": tuple(files), "text": text})


def again(kept: Mapping[str, Any], *, app: bool) -> list[InboundMessage]:
    """The message of what `raw` kept, without its files; raises `Unreadable`."""
    message = read(kept.get("archive"), app=app).message
    return [message] if message else []


def _of(entry: _Entry, given: Mapping[str, Any], *, app: bool, **more: Any) -> InboundMessage:
    people = {entry.sender, *filter(None, map(as_text, entry.to))}
    outside = bool(_OUTSIDE.fullmatch(entry.sender))
    return InboundMessage(
        channel=chats.CHANNEL,
        chat=f"{chats.ARCHIVE}:{entry.room or ':'.join(sorted(people))}",
        sender=Sender(id=entry.sender, proven=True, outside=outside),
        sent_at=moment(entry.time),
        direct=chats.user(entry.sender) if app and not outside else "",
        raw=wire.dumps({"archive": given}),
        **more,
    )
