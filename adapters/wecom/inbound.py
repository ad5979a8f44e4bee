"""A decrypted callback → messages. Pure: no network, no clock, no settings."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.wecom import chats, envelope, keys
from bot.contract import Happening, InboundMessage, RemoteFile, Sender

HANDLED: Final = frozenset(
    "click template_card_event template_card_menu_event kf_msg_or_event change_external_contact "
    "msgaudit_notify".split()
)
IGNORED: Final = frozenset(
    "view view_miniprogram enter_agent subscribe unsubscribe location batch_job_result "
    "change_contact change_external_chat change_external_tag sys_approval_change "
    "open_approval_change scancode_push scancode_waitmsg pic_sysphoto pic_photo_or_album "
    "pic_weixin location_select close_inactive_agent reopen_inactive_agent".split()
)
_CONTACTS: Final = {
    "add_external_contact": Happening.MET,
    "add_half_external_contact": Happening.MET,
    "del_external_contact": Happening.PARTED,
    "del_follow_user": Happening.PARTED,
    "edit_external_contact": None,
    "transfer_fail": None,
}
_GENERIC: Final = "application/octet-stream"
_SOUND: Final = re.compile(r"[a-z0-9]{1,10}")


class Unreadable(Exception):
    """The signature is right and yet it cannot be read, or nobody knows what it is; says why."""


class _Callback(BaseModel):
    """What every callback has, by WeCom's names."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    to: str = Field(alias="ToUserName", min_length=1, max_length=200)
    sender: str = Field(default="", alias="FromUserName", max_length=200)
    created: int = Field(alias="CreateTime", ge=0, le=10**11)
    type: str = Field(alias="MsgType", min_length=1, max_length=100)
    agent: str = Field(default="", alias="AgentID", max_length=30)
    event: str = Field(default="", alias="Event", max_length=100)
    change: str = Field(default="", alias="ChangeType", max_length=100)


class _Said(BaseModel):
    """A message of a member; which fields are filled depends on its type."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(alias="MsgId", min_length=1, max_length=100)
    content: str = Field(default="", alias="Content")
    media: str = Field(default="", alias="MediaId", max_length=2000)
    format: str = Field(default="amr", alias="Format")
    file_name: str = Field(default="", alias="FileName")
    latitude: str = Field(default="", alias="Location_X")
    longitude: str = Field(default="", alias="Location_Y")
    label: str = Field(default="", alias="Label")
    title: str = Field(default="", alias="Title")
    description: str = Field(default="", alias="Description")
    url: str = Field(default="", alias="Url")


@dataclass(frozen=True, slots=True)
class Due:
    """Talk waits with 微信客服; the token lets us ask for it, for ten minutes."""

    open_kfid: str
    token: str


@dataclass(frozen=True, slots=True)
class ArchiveDue:
    """Talk waits in the conversation archive."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a callback comes to; none of them: it says nothing to us."""

    messages: tuple[InboundMessage, ...] = ()
    due: Due | ArchiveDue | None = None
    noted: str = ""
    """A change of the directory, for the log alone: the directory is read again by its own command."""


def read(raw: bytes) -> Read:
    """The messages of a decrypted callback; raises `Unreadable`."""
    try:
        given = envelope.fields(raw)
        callback = _Callback.model_validate(given)
        if callback.type.lower() != "event":
            return Read((_said(callback, given, raw),))
        return _event(callback, given, raw)
    except envelope.BadXml as error:
        raise Unreadable(str(error)) from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Unreadable(f"{place}: {first['msg']}") from None


def is_for(raw: bytes, corp_id: str, outer: Mapping[str, str], agent_id: str) -> bool:
    """Whether it is addressed to us, inside and outside: the signature covers only the inside."""
    try:
        inner = envelope.fields(raw)
    except envelope.BadXml:
        inner = {}
    receivers = {inner.get("ToUserName", corp_id), outer.get("ToUserName", "")}
    agent = outer.get("AgentID", "")
    return receivers == {corp_id} and agent in {"", agent_id, inner.get("AgentID", "")}


def _event(callback: _Callback, given: Mapping[str, str], raw: bytes) -> Read:
    name = callback.event.lower()
    if name in IGNORED:
        return Read(noted=callback.change if name == "change_contact" else "")
    if name not in HANDLED:
        raise Unreadable(f"unknown event: {callback.event}")
    if name == "kf_msg_or_event":
        return Read(due=Due(given.get("OpenKfId", "")[:200], given.get("Token", "")[:2000]))
    if name == "msgaudit_notify":
        return Read(due=ArchiveDue())
    if name == "change_external_contact":
        return _contact(callback, given, raw)
    if given.get("EventKey") == keys.DONE and name != "click":
        return Read()
    return Read((_tap(callback, given, raw, name),))


def _tap(callback: _Callback, given: Mapping[str, str], raw: bytes, name: str) -> InboundMessage:
    told = given.get("EventKey", "").strip()
    # A menu's key is written by the firm's administrator: it is a command line as it stands.
    found = (told, False) if name == "click" and told else keys.read(told)
    if not found:
        raise Unreadable("unknown button")
    command, once = found
    place = given.get("ResponseCode", "") if once else ""
    return _private(callback, raw, event_id(raw), text=command, tapped=True, place=place)


def _contact(callback: _Callback, given: Mapping[str, str], raw: bytes) -> Read:
    if callback.change not in _CONTACTS:
        raise Unreadable(f"unknown change of a contact: {callback.change}")
    happened = _CONTACTS[callback.change]
    if happened is None:
        return Read()
    member, outsider = given.get("UserID", ""), given.get("ExternalUserID", "")
    if not member or not outsider:
        raise Unreadable("a change of a contact names a member and a customer's person")
    message = InboundMessage(
        channel=chats.CHANNEL,
        event_id=event_id(raw),
        chat=chats.user(member),
        sender=Sender(id=outsider, proven=True, outside=True),
        sent_at=moment(callback.created),
        happened=happened,
        people=(Sender(id=member, proven=True),),
        raw=raw,
    )
    return Read((message,))


def _said(callback: _Callback, given: Mapping[str, str], raw: bytes) -> InboundMessage:
    said = _Said.model_validate(given)
    text, file = _content(callback.type.lower(), said)
    files = (file,) if file else ()
    return _private(callback, raw, said.id, message_id=said.id, text=text, files=files)


def _content(type_: str, said: _Said) -> tuple[str, RemoteFile | None]:
    if type_ == "text":
        return said.content, None
    if type_ == "location":
        return located(said.label, said.latitude, said.longitude), None
    if type_ == "link":
        return "\n".join(part for part in (said.title, said.description, said.url) if part), None
    if type_ not in {"image", "voice", "video", "file"}:
        raise Unreadable(f"unknown message type: {type_}")
    if not said.media:
        raise Unreadable(f"{type_}: MediaId is missing")
    return "", media("app", type_, said.media, name=said.file_name, sound=said.format)


def _private(callback: _Callback, raw: bytes, id_: str, **more: Any) -> InboundMessage:
    if not callback.sender:
        raise Unreadable("FromUserName is missing")
    chat = chats.user(callback.sender)
    return InboundMessage(
        channel=chats.CHANNEL,
        event_id=id_,
        chat=chat,
        sender=Sender(id=callback.sender, proven=True),
        sent_at=moment(callback.created),
        private=True,
        addressed=True,
        direct=chat,
        raw=raw,
        **more,
    )


def event_id(raw: bytes) -> str:
    """Of an event: the documented FromUserName + CreateTime drops distinct events of a second."""
    return hashlib.sha256(raw).hexdigest()


def moment(seconds: int) -> datetime:
    """Seconds or milliseconds since 1970."""
    return datetime.fromtimestamp(seconds / 1000 if seconds > 10**10 else seconds, UTC)


def located(name: str, latitude: str, longitude: str) -> str:
    """A place on the map, as words."""
    return f"{name} ({latitude}, {longitude})".strip()


def media(door: str, type_: str, media_id: str, *, name: str = "", sound: str = "") -> RemoteFile:
    """A file that is fetched by its id, with the token of the door that it came in by.

    Pictures and documents have neither name nor type here; the answer to the fetch tells both.
    """
    ref = f"{door}:{media_id}"
    if type_ == "voice":
        sound = sound.lower() if _SOUND.fullmatch(sound.lower()) else "amr"
        return RemoteFile(ref=ref, name=f"voice.{sound}", type=f"audio/{sound}", voice=True)
    return RemoteFile(ref=ref, name=name, type="video/mp4" if type_ == "video" else _GENERIC)
