"""Feishu's events as it sends them, read into models that take what we use and no more."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.contract import storable

Shape = TypeVar("Shape", bound=BaseModel)

KNOWN: Final = "keqing"
"""Where a kept event holds what we asked Feishu about it; Feishu's own have no such field."""


class BadEvent(Exception):
    """An event cannot be read; says why."""


def _list(value: Any) -> Any:
    return value or []


def _text(value: Any) -> Any:
    return "" if value is None else value


def _digits(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**20:
        return str(value)
    return value if isinstance(value, str) else ""


def moment(value: Any) -> datetime:
    """Seconds, milliseconds or microseconds since 1970, as a number or as text.

    Messages count in milliseconds, menus in seconds, card taps in microseconds.
    """
    digits = _digits(value)
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 20):
        raise ValueError("must be a time")
    number = float(digits)
    while number > 1e11:
        number /= 1000
    try:
        return datetime.fromtimestamp(number, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError("must be a time") from error


Id = Annotated[str, Field(min_length=1)]
Loose = Annotated[str, BeforeValidator(_text)]
At = Annotated[datetime, BeforeValidator(moment)]


class _Raw(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class UserId(_Raw):
    open_id: Id


class Header(_Raw):
    event_id: Id
    event_type: Id
    token: Loose = ""
    tenant_key: Loose = ""
    create_time: At


class Known(_Raw):
    """What the event itself lacks; asked of Feishu before the event is kept."""

    bot: str = ""
    """The assistant's own open_id, where somebody is mentioned."""
    sender: str = ""
    """Who wrote a message that is recalled."""
    private: bool = False
    """A recalled message stood in a private chat."""
    items: tuple[dict[str, Any], ...] = ()
    """The messages in a merged forward."""


class Envelope(_Raw):
    header: Header
    event: dict[str, Any]
    known: Known = Field(default=Known(), alias=KNOWN)


class MessageSender(_Raw):
    sender_id: UserId | None = None
    sender_type: Loose = "user"
    tenant_key: Loose = ""


def _open_id(value: Any) -> Any:
    """Events have ids by kind, the messages' API has the open_id alone."""
    return value if not isinstance(value, dict) else value.get("open_id")


class Mentioned(_Raw):
    key: Id
    id: Annotated[str, BeforeValidator(_text), BeforeValidator(_open_id)] = ""
    name: Loose = ""
    mentioned_type: Loose = ""


Mentions = Annotated[tuple[Mentioned, ...], BeforeValidator(_list)]


class Message(_Raw):
    message_id: Id
    root_id: Loose = ""
    parent_id: Loose = ""
    thread_id: Loose = ""
    create_time: At
    update_time: At | None = None
    chat_id: Id
    chat_type: Loose = "group"
    message_type: Id
    content: Loose = ""
    mentions: Mentions = ()


class Received(_Raw):
    sender: MessageSender
    message: Message


class Recalled(_Raw):
    message_id: Id
    chat_id: Id
    recall_time: At


class Person(_Raw):
    user_id: UserId
    name: Loose = ""
    tenant_key: Loose = ""


class ChatChange(_Raw):
    chat_id: Id
    operator_id: UserId | None = None
    operator_tenant_key: Loose = ""
    name: Loose = ""
    users: Annotated[tuple[Person, ...], BeforeValidator(_list)] = ()


class ChatName(_Raw):
    name: Loose = ""


class ChatUpdated(ChatChange):
    before_change: ChatName | None = None
    after_change: ChatName | None = None


class Operator(_Raw):
    operator_id: UserId
    operator_name: Loose = ""


class MenuTapped(_Raw):
    operator: Operator
    event_key: Id
    timestamp: At | None = None


class CardOperator(_Raw):
    open_id: Id
    tenant_key: Loose = ""


class Action(_Raw):
    value: dict[str, Any] | str = ""
    form_value: dict[str, Any] | None = None


class CardContext(_Raw):
    open_message_id: Id
    open_chat_id: Loose = ""


class CardTapped(_Raw):
    operator: CardOperator
    action: Action
    context: CardContext


class Forwarded(_Raw):
    """A message as the messages' API gives it, out of a merged forward."""

    class From(_Raw):
        id: Loose = ""
        sender_name: Loose = ""

    class Body(_Raw):
        content: Loose = ""

    message_id: Id
    upper_message_id: Loose = ""
    msg_type: Id
    create_time: At
    sender: From | None = None
    body: Body | None = None
    mentions: Mentions = ()


def load(raw: bytes | str) -> Any:
    """JSON, forgiving lone surrogates and bytes that are not UTF-8; raises `BadEvent`."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        pass
    try:
        text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
        forgiven = json.dumps(json.loads(text, strict=False), ensure_ascii=False)
        return orjson.loads(str(storable(forgiven)))
    except (ValueError, RecursionError):
        raise BadEvent("not JSON") from None


def read(shape: type[Shape], value: Any) -> Shape:
    """The value in its shape; raises `BadEvent` with the field and the reason."""
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:100] or "event"
        raise BadEvent(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None
    except RecursionError:
        raise BadEvent("too deep") from None


def envelope(raw: bytes) -> Envelope:
    return read(Envelope, load(raw))


def with_known(raw: bytes, known: Known) -> bytes:
    """The event with what was found out about it, so that it can be read again without asking."""
    if known == Known():
        return raw
    body = load(raw)
    body[KNOWN] = known.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(body, ensure_ascii=True).encode()
