"""One entry of kf/sync_msg → a message. Pure.

Facts: developer.work.weixin.qq.com/document/path/94670.
"""

from datetime import datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from adapters.wecom import chats, wire
from adapters.wecom.inbound import Unreadable, located, media, moment
from adapters.wecom.wire import as_list, as_object, as_text
from bot.contract import InboundMessage, RemoteFile, Sender

CUSTOMER: Final = 3
EVENT: Final = 4
STAFF: Final = 5
HANDLED: Final = frozenset({"user_recall_msg", "servicer_recall_msg", "msg_send_fail"})
IGNORED: Final = frozenset(
    "enter_session session_status_change servicer_status_change "
    "reject_customer_msg_switch_change".split()
)
_FILES: Final = frozenset({"image", "voice", "video", "file"})
_CHINA: Final = ZoneInfo("Asia/Shanghai")
_DEEPEST: Final = 3
"""Chat records inside chat records that are still written out."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(alias="msgid", min_length=1, max_length=200)
    kfid: Annotated[str, BeforeValidator(as_text)] = Field(default="", alias="open_kfid")
    customer: Annotated[str, BeforeValidator(as_text)] = Field(default="", alias="external_userid")
    staff: Annotated[str, BeforeValidator(as_text)] = Field(default="", alias="servicer_userid")
    time: int = Field(alias="send_time", ge=0, le=10**14)
    origin: int
    type: str = Field(alias="msgtype", min_length=1, max_length=100)
    event: Annotated[dict[str, Any], BeforeValidator(as_object)] = {}


def customer(given: Any) -> str:
    """Whose talk an entry belongs to; empty where it does not say."""
    entry = as_object(given)
    return as_text(entry.get("external_userid")) or as_text(
        as_object(entry.get("event")).get("external_userid")
    )


def raw(given: Any, name: str) -> bytes:
    """An entry as it is kept: with the name of its customer, which WeCom tells by another call."""
    return wire.dumps({"kf": given, "name": name})


def again(kept: bytes) -> list[InboundMessage]:
    """The messages of what `raw` kept; raises `Unreadable`."""
    try:
        found = as_object(wire.loads(kept))
    except ValueError as error:
        raise Unreadable(f"not JSON: {error}") from None
    return read(found.get("kf"), as_text(found.get("name")))


def read(given: Any, name: str = "") -> list[InboundMessage]:
    """The message of an entry, or none where it says nothing; raises `Unreadable`."""
    try:
        entry = _Entry.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "entry"
        raise Unreadable(f"{place}: {first['msg']}") from None
    kept = raw(given, name)
    if entry.origin == EVENT or entry.type == "event":
        return _event(entry, kept, name)
    if entry.origin not in {CUSTOMER, STAFF}:
        raise Unreadable(f"unknown origin: {entry.origin}")
    if not entry.kfid or not entry.customer:
        raise Unreadable("open_kfid or external_userid is missing")
    text, file = _content(entry.type, as_object(given))
    files = (file,) if file else ()
    return [_of(entry, entry.kfid, entry.customer, name, kept, text=text, files=files)]


def _event(entry: _Entry, kept: bytes, name: str) -> list[InboundMessage]:
    event = entry.event
    kind = as_text(event.get("event_type"))
    if kind in IGNORED:
        return []
    if kind not in HANDLED:
        raise Unreadable(f"unknown event: {kind[:100]}")
    if kind == "msg_send_fail":
        raise Unreadable(f"a message was not taken: fail_type {as_text(event.get('fail_type'))}")
    kfid, who = as_text(event.get("open_kfid")), as_text(event.get("external_userid"))
    recalled = as_text(event.get("recall_msgid"))
    if not kfid or not who or not recalled:
        raise Unreadable(f"{kind}: open_kfid, external_userid or recall_msgid is missing")
    # The same recall is told several times, each with a msgid of its own (seen 2026-06).
    return [_of(entry, kfid, who, name, kept, recalls=recalled)]


def _of(
    entry: _Entry,
    kfid: str,
    who: str,
    name: str,
    kept: bytes,
    *,
    text: str = "",
    files: tuple[RemoteFile, ...] = (),
    recalls: str = "",
) -> InboundMessage:
    by_staff = entry.origin == STAFF or bool(entry.event.get("servicer_userid"))
    staff = entry.staff or as_text(entry.event.get("servicer_userid"))
    if by_staff and not staff:
        raise Unreadable("servicer_userid is missing")
    return InboundMessage(
        channel=chats.CHANNEL,
        event_id=f"recall:{recalls}" if recalls else entry.id,
        message_id=recalls or entry.id,
        chat=chats.kf(kfid, who),
        chat_name=name,
        sender=Sender(id=staff, proven=True)
        if by_staff
        else Sender(id=who, name=name, proven=True, outside=True),
        sent_at=moment(entry.time),
        direct=chats.user(staff) if by_staff else "",
        text=text,
        files=files,
        recalls=recalls or None,
        raw=kept,
    )


def _content(type_: str, given: dict[str, Any]) -> tuple[str, RemoteFile | None]:
    content = as_object(given.get(type_))
    if type_ in _FILES:
        media_id = as_text(content.get("media_id"))
        if not media_id:
            raise Unreadable(f"{type_}: media_id is missing")
        return "", media("kf", type_, media_id)
    return words(type_, content), None


def words(type_: str, content: dict[str, Any], depth: int = 0) -> str:
    """What a message says; of a type that nobody knows its name."""

    def of(*names: str) -> list[str]:
        return [found for name in names if (found := as_text(content.get(name)))]

    if type_ == "text":
        return next(iter(of("content", "menu_id")), "")
    if type_ == "location":
        place = " ".join(of("name", "address"))
        return located(place, as_text(content.get("latitude")), as_text(content.get("longitude")))
    if type_ == "link":
        return "\n".join(of("title", "desc", "url"))
    if type_ == "business_card":
        return " ".join(["[名片]", *of("userid")])
    if type_ == "miniprogram":
        return " ".join(["[小程序]", *of("title")])
    if type_ == "channels":
        return " ".join(["[视频号]", *of("nickname", "title")])
    if type_ == "msgmenu":
        items = [as_object(item) for item in as_list(content.get("list"))]
        labels = [
            as_text(as_object(one.get(as_text(one.get("type")))).get("content")) for one in items
        ]
        return "\n".join([*of("head_content"), *filter(None, labels), *of("tail_content")])
    if type_ == "merged_msg" and depth < _DEEPEST:
        lines = [_quoted(as_object(item), depth) for item in as_list(content.get("item"))]
        return "\n".join([*of("title"), *lines])
    return f"[{type_}]"


def _quoted(item: dict[str, Any], depth: int) -> str:
    """An entry of a chat record: `姓名 时间`, and below it what was said."""
    told = item.get("msg_content")
    try:
        content = as_object(wire.loads(told) if isinstance(told, str) else told)
    except ValueError:
        content = {"text": {"content": told}}
    type_ = as_text(item.get("msgtype")) or as_text(content.get("msgtype")) or "text"
    said = words(type_, as_object(content.get(type_)), depth + 1)
    return f"{as_text(item.get('sender_name'))} {_when(item.get('send_time'))}\n{said}"


def _when(seconds: Any) -> str:
    if not isinstance(seconds, int) or not 0 <= seconds <= 10**11:
        return ""
    at: datetime = moment(seconds).astimezone(_CHINA)
    return at.strftime("%Y-%m-%d %H:%M")
