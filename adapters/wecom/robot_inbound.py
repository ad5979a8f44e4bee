"""What the intelligent robot is told → messages. Pure; the same for callbacks and frames.

Facts: developer.work.weixin.qq.com/document/path/100719 (messages), 101027 (events), 101463 (frames).
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from adapters.wecom import chats, keys, wire
from adapters.wecom.inbound import Unreadable, moment
from adapters.wecom.wire import as_list, as_object, as_text
from bot.contract import InboundMessage, RemoteFile, Sender

HANDLED: Final = frozenset({"template_card_event"})
IGNORED: Final = frozenset({"enter_chat", "feedback_event"})
KICKED: Final = "disconnected_event"
"""Another connection has taken this one's place; it stands in frames alone."""
_FILES: Final = frozenset({"image", "file", "video"})
_FIRST: Final = re.compile(r"\s*@\S+(\s+|$)")
_MOST_FILES: Final = 50


class _Body(BaseModel):
    """What every callback has, by WeCom's names."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Annotated[str, BeforeValidator(as_text)] = Field(default="", alias="msgid", max_length=200)
    type: Annotated[str, BeforeValidator(as_text)] = Field(alias="msgtype", max_length=100)
    chat: Annotated[str, BeforeValidator(as_text)] = Field(default="", alias="chatid")
    chat_type: Annotated[str, BeforeValidator(as_text)] = Field(default="", alias="chattype")
    sender: Annotated[dict[str, Any], BeforeValidator(as_object)] = Field(default={}, alias="from")
    created: int = Field(default=0, alias="create_time", ge=0, le=10**14)
    event: Annotated[dict[str, Any], BeforeValidator(as_object)] = {}
    quote: Annotated[dict[str, Any], BeforeValidator(as_object)] = {}
    reply: Annotated[str, BeforeValidator(as_text)] = Field(default="", alias="response_url")


@dataclass(frozen=True, slots=True)
class Came:
    """How it came: none of it stands in the message itself."""

    at: float
    """Seconds since 1970: not every message has a time of its own."""
    request: str = ""
    """The frame's `req_id`, by which a tapped card can be changed for five seconds."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a callback comes to."""

    message: InboundMessage | None = None
    group: bool = False
    code: str = ""
    """By which one message may be sent back within an hour."""
    stream: str = ""
    """The id of a streamed answer that WeCom asks after."""
    kicked: bool = False


def read(given: Any, came: Came, *, app: bool, name: str = "") -> Heard:
    """What is said; raises `Unreadable`.

    `app` tells whether members have a private chat with the app, which is theirs then.
    """
    try:
        body = _Body.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        raise Unreadable(f"{place}: {first['msg']}") from None
    given = as_object(given)
    if body.type == "stream":
        return Heard(stream=as_text(as_object(given.get("stream")).get("id"))[:200] or "-")
    kind = as_text(body.event.get("eventtype"))
    if body.type == "event":
        if kind == KICKED:
            return Heard(kicked=True)
        if kind in IGNORED:
            return Heard()
        if kind not in HANDLED:
            raise Unreadable(f"unknown event: {kind[:100]}")
        tap = _tap(body, came)
        return _heard(body, _of(body, given, came, app=app, **tap)) if tap else Heard()
    text, files = content(body.type, given)
    if body.chat_type == "group":
        text = _without_name(text, name)
    quoted, _ = content(as_text(body.quote.get("msgtype")), body.quote, lenient=True)
    more = {"message_id": body.id, "text": text, "files": files, "quoted": quoted}
    return _heard(body, _of(body, given, came, app=app, **more))


def again(kept: Mapping[str, Any], *, app: bool, name: str = "") -> list[InboundMessage]:
    """The messages of what `raw` kept; raises `Unreadable`."""
    at = kept.get("at")
    came = Came(float(at) if isinstance(at, int | float) else 0.0, as_text(kept.get("req")))
    message = read(kept.get("robot"), came, app=app, name=name).message
    return [message] if message else []


def raw(given: Any, came: Came) -> bytes:
    """A body as it is kept: with its time, and the frame that it came in."""
    return wire.dumps({"robot": given, "at": came.at, "req": came.request})


def _heard(body: _Body, message: InboundMessage) -> Heard:
    codes = parse_qs(urlsplit(body.reply).query).get("response_code", [""])
    return Heard(message, group=body.chat_type == "group", code=codes[0][:2000])


def _of(
    body: _Body, given: Mapping[str, Any], came: Came, *, app: bool, **more: Any
) -> InboundMessage:
    who = as_text(body.sender.get("userid"))
    if not who:
        raise Unreadable("from.userid is missing")
    group = body.chat_type == "group"
    if group and not body.chat:
        raise Unreadable("chatid is missing")
    if not body.id and body.type != "event":
        raise Unreadable("msgid is missing")
    seconds = body.created or came.at
    return InboundMessage(
        channel=chats.CHANNEL,
        event_id=body.id or hashlib.sha256(wire.dumps(dict(given))).hexdigest(),
        chat=chats.robot(body.chat if group else who),
        sender=Sender(id=who, proven=True),
        sent_at=moment(int(seconds)),
        private=not group,
        addressed=True,
        direct=chats.user(who) if app else chats.robot(who),
        raw=raw(given, came),
        **more,
    )


def _tap(body: _Body, came: Came) -> dict[str, Any]:
    """The fields of a tap; empty for the grey button of a card that is decided."""
    # Older pages have the fields one level up, and `taskid` for `task_id`.
    event = {**body.event, **as_object(body.event.get("template_card_event"))}
    told = as_text(event.get("event_key"))
    if told == keys.DONE:
        return {}
    found = keys.read(told)
    if not found:
        raise Unreadable("unknown button")
    command, once = found
    task = as_text(event.get("task_id")) or as_text(event.get("taskid"))
    place = f"{came.request} {task}" if once and came.request and task else ""
    return {"text": command, "tapped": True, "place": place}


def content(
    type_: str, given: Mapping[str, Any], *, lenient: bool = False
) -> tuple[str, tuple[RemoteFile, ...]]:
    """Words and files. `lenient`: what nobody knows is told by its name, and nothing is raised."""
    inner = as_object(given.get(type_))
    if type_ in {"text", "voice"}:
        return as_text(inner.get("content")), ()
    if type_ == "mixed":
        return _mixed(inner, lenient=lenient)
    if type_ in _FILES:
        file = _file(type_, inner)
        if file is None and not lenient:
            raise Unreadable(f"{type_}: url is missing")
        return (f"[{type_}]", ()) if lenient else ("", (file,) if file else ())
    if not lenient:
        raise Unreadable(f"unknown message type: {type_}")
    return f"[{type_}]" if type_ else "", ()


def _mixed(inner: Mapping[str, Any], *, lenient: bool) -> tuple[str, tuple[RemoteFile, ...]]:
    texts: list[str] = []
    files: list[RemoteFile] = []
    for item in map(as_object, as_list(inner.get("msg_item"))):
        type_ = as_text(item.get("msgtype"))
        known = type_ in {"text", "voice", *_FILES}
        text, more = content(type_ if known else "", item, lenient=lenient or not known)
        texts.append(text or ("" if known else f"[{type_}]"))
        files.extend(more)
    return "\n".join(text for text in texts if text), tuple(files[:_MOST_FILES])


def _file(type_: str, inner: Mapping[str, Any]) -> RemoteFile | None:
    """Files lie encrypted at an address that is good for five minutes.

    A frame has a key for each file; for callbacks it is the robot's own EncodingAESKey.
    """
    url, key = as_text(inner.get("url")), as_text(inner.get("aeskey"))
    if not url:
        return None
    name = as_text(inner.get("filename")) or as_text(inner.get("name"))
    type_ = "video/mp4" if type_ == "video" else "application/octet-stream"
    return RemoteFile(ref=f"{chats.ROBOT}:{key}:{url}", name=name[:200], type=type_)


def _without_name(text: str, name: str) -> str:
    if name:
        return re.sub(rf"@{re.escape(name)}(?!\w)\s*", "", text).strip()
    return _FIRST.sub("", text, count=1).strip()
