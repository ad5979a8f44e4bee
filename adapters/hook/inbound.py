"""A webhook's body → InboundMessage. Pure: no network, no clock, no settings."""

import binascii
import hashlib
import json
import re
from base64 import b64decode
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import orjson
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError

from bot.contract import ChannelName, InboundMessage, Sender, StoredFile

CHANNEL: Final = ChannelName("hook")
SYSTEM: Final = "system:"
"""Chats that stand for systems of the firm's; nobody speaks in them."""
_ID_LIKE = (str, int)


class BadBody(Exception):
    """The body cannot be read as a message; says why, for whoever sends it."""


def _as_text(value: Any) -> Any:
    """Ids may be numbers; they are kept as the text that they are."""
    return str(value) if isinstance(value, _ID_LIKE) and not isinstance(value, bool) else value


def _filled(value: str) -> str:
    if not value:
        raise ValueError("must not be empty")
    return value


def _moment(value: Any) -> datetime:
    """ISO 8601, or Unix seconds or milliseconds; without a zone it is UTC."""
    if isinstance(value, bool) or value is None:
        raise ValueError("must be a time, as 2026-11-21T09:30:00+08:00")
    try:
        if isinstance(value, int | float):
            seconds = value / 1000 if value > 1e11 else value
            return datetime.fromtimestamp(seconds, UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError("must be a time, as 2026-11-21T09:30:00+08:00") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _of_people(value: str) -> str:
    if value.startswith(SYSTEM):
        raise ValueError(f"must not begin with {SYSTEM}")
    return value


Id = Annotated[str, BeforeValidator(_as_text), AfterValidator(_filled)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Sender(_Body):
    id: Id
    name: str | None = None
    email: str | None = None
    phone: Annotated[str | None, BeforeValidator(_as_text)] = None


class RawFile(_Body):
    """An attachment as it comes in, its bytes in base64."""

    name: str = "file"
    type: str = "application/octet-stream"
    base64: str

    def data(self) -> bytes:
        """Its bytes; raises `BadBody` where the base64 is broken."""
        try:
            return b64decode(re.sub(r"\s+", "", self.base64), validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadBody(f"attachments: {self.name[:80]!r} is not valid base64") from error

    def safe_name(self) -> str:
        """The name without any path, so that it can never leave a folder."""
        name = re.split(r"[\\/]", self.name.replace("\x00", ""))[-1].strip()
        return name[:200] if name not in {"", ".", ".."} else "file"


class Body(_Body):
    """What is POSTed to `/hooks/message`."""

    id: Id
    chat: Annotated[Id, AfterValidator(_of_people)]
    sender: _Sender
    text: str | None = ""
    subject: str | None = ""
    sent_at: Annotated[datetime, BeforeValidator(_moment)]
    attachments: list[RawFile] | None = None
    edits: Annotated[str | None, BeforeValidator(_as_text)] = None
    recalls: Annotated[str | None, BeforeValidator(_as_text)] = None


def read(raw: bytes) -> Body:
    """The body, checked; raises `BadBody` with the field and the reason."""
    try:
        return Body.model_validate(_json(raw))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        reason = first["msg"].removeprefix("Value error, ")
        raise BadBody(f"{place}: {reason}") from None


def _json(raw: bytes) -> Any:
    """JSON, forgiving what other systems get wrong: lone surrogates, bytes that are not UTF-8."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        try:
            return json.loads(raw.decode("utf-8", "replace"), strict=False)
        except (ValueError, RecursionError) as error:
            raise BadBody(f"the body is not JSON: {error}") from None


def to_message(body: Body, raw: bytes, files: Sequence[StoredFile] = ()) -> InboundMessage:
    """The message. What it claims of its sender is a claim: a webhook proves nobody."""
    sender = body.sender
    return InboundMessage(
        channel=CHANNEL,
        event_id=_event_id(body),
        message_id=body.id,
        chat=body.chat,
        sender=Sender(id=sender.id, name=sender.name or "", email=sender.email, phone=sender.phone),
        text=body.text or "",
        subject=body.subject or "",
        sent_at=body.sent_at,
        attachments=tuple(files),
        edits=body.edits or None,
        recalls=body.recalls or None,
        raw=raw,
    )


def _event_id(body: Body) -> str:
    """Edits and recalls may carry the id of what they change; they are events of their own."""
    changed = body.edits or body.recalls
    if not changed:
        return body.id
    kind = "recall" if body.recalls else "edit"
    said = hashlib.blake2b((body.text or "").encode("utf-8", "replace"), digest_size=8)
    return f"{body.id}\n{kind}\n{changed}\n{said.hexdigest()}"
