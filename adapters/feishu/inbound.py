"""Feishu's events → InboundMessage. Pure: no network, no clock, no settings."""

from typing import Any, Final

from pydantic import ValidationError

from adapters.feishu import content, forwarded, taps
from adapters.feishu.events import (
    BadEvent,
    CardTapped,
    ChatChange,
    ChatUpdated,
    Envelope,
    MenuTapped,
    Message,
    Recalled,
    Received,
    envelope,
    read,
)
from bot.contract import ChannelName, Happening, InboundMessage, Sender

CHANNEL: Final = ChannelName("feishu")
RECEIVED: Final = "im.message.receive_v1"
UPDATED: Final = "im.message.updated_v1"
RECALLED: Final = "im.message.recalled_v1"
RENAMED: Final = "im.chat.updated_v1"
MENU: Final = "application.bot.menu_v6"
TAPPED: Final = "card.action.trigger"
_PEOPLE: Final = {
    "im.chat.member.user.added_v1": Happening.JOINED,
    "im.chat.member.user.deleted_v1": Happening.LEFT,
    "im.chat.member.user.withdrawn_v1": Happening.LEFT,
}
_US: Final = {
    "im.chat.member.bot.added_v1": Happening.ADDED,
    "im.chat.member.bot.deleted_v1": Happening.REMOVED,
    "im.chat.disbanded_v1": Happening.REMOVED,
}
HANDLED: Final = frozenset(
    {RECEIVED, UPDATED, RECALLED, RENAMED, MENU, TAPPED, *_PEOPLE, *_US},
)
IGNORED: Final = frozenset(
    {
        "im.message.message_read_v1",
        "im.message.reaction.created_v1",
        "im.message.reaction.deleted_v1",
        "im.chat.access_event.bot_p2p_chat_entered_v1",
        "im.message.bot_muted_v1",
        "application.application.app_version.audit_v6",
        "application.application.app_version.publish_apply_v6",
        "application.application.app_version.publish_revoke_v6",
        "application.application.created_v6",
        "application.application.visibility.added_v6",
        "application.bot.new_menu_v6",
        "contact.scope.updated_v3",
        "contact.user.created_v3",
        "contact.user.deleted_v3",
        "contact.user.updated_v3",
    }
)


def to_messages(raw: bytes) -> tuple[InboundMessage, ...]:
    """The messages in an event, none in one that is ignored or our own; raises `BadEvent`."""
    return translated(envelope(raw), raw)


def translated(event: Envelope, raw: bytes) -> tuple[InboundMessage, ...]:
    kind = event.header.event_type
    if kind in IGNORED:
        return ()
    if kind not in HANDLED:
        raise BadEvent(f"unknown event: {kind[:100]}")
    try:
        made = _made(kind, event)
    except (ValidationError, RecursionError):
        raise BadEvent("cannot be read as a message") from None
    return () if made is None else (made.model_copy(update={"raw": raw}),)


def _made(kind: str, event: Envelope) -> InboundMessage | None:
    match kind:
        case "im.message.receive_v1" | "im.message.updated_v1":
            return _message(event, read(Received, event.event), updated=kind == UPDATED)
        case "im.message.recalled_v1":
            return _recall(event, read(Recalled, event.event))
        case "card.action.trigger":
            return _tap(event, read(CardTapped, event.event))
        case "application.bot.menu_v6":
            return _menu(event, read(MenuTapped, event.event))
        case "im.chat.updated_v1":
            return _renamed(event, read(ChatUpdated, event.event))
        case _:
            return _happened(kind, event, read(ChatChange, event.event))


def _outside(event: Envelope, tenant: str) -> bool:
    """Of another firm; where Feishu tells no firm it is ours."""
    return bool(tenant and event.header.tenant_key and tenant != event.header.tenant_key)


def _message(event: Envelope, received: Received, *, updated: bool) -> InboundMessage | None:
    sent, sender = received.message, received.sender
    if sender.sender_type != "user":
        return None  # other bots, and the system's own lines
    if sender.sender_id is None:
        raise BadEvent("sender.sender_id: missing")
    who = sender.sender_id.open_id
    said = content.said(
        sent.message_type, sent.content, sent.mentions, sent.message_id, event.known.bot
    )
    text = said.text
    if sent.message_type == "merge_forward" and event.known.items:
        text = forwarded.text(event.known.items, sent.message_id) or text
    changed = _changed_at(sent, updated=updated)
    private = sent.chat_type == "p2p"
    outside = _outside(event, sender.tenant_key)
    event_id = sent.message_id
    if changed:
        event_id = f"{sent.message_id}\nedit\n{changed.timestamp():.3f}"
    return InboundMessage(
        channel=CHANNEL,
        event_id=event_id,
        message_id=sent.message_id,
        chat=who if private else sent.chat_id,
        sender=Sender(id=who, proven=True, outside=outside),
        text=text,
        sent_at=changed or sent.create_time,
        thread=_thread(sent),
        references=tuple(dict.fromkeys(one for one in (sent.root_id, sent.parent_id) if one)),
        about=sent.parent_id,
        mentions=said.mentions,
        files=said.files,
        edits=sent.message_id if changed else None,
        addressed=private or said.to_us,
        private=private,
        direct="" if outside and not private else who,
    )


def _changed_at(sent: Message, *, updated: bool) -> Any:
    """When a message was edited: it comes again under the same id, with a later time of update."""
    if sent.update_time is not None and sent.update_time > sent.create_time:
        return sent.update_time
    return sent.create_time if updated else None


def _thread(sent: Message) -> str | None:
    """A topic is answered by replying to its first message, so that one names it."""
    return (sent.root_id or sent.message_id) if sent.thread_id else None


def _recall(event: Envelope, recalled: Recalled) -> InboundMessage:
    """The event does not say who wrote the message: that has been asked of Feishu."""
    who = event.known.sender
    private = bool(event.known.private and who)
    return InboundMessage(
        channel=CHANNEL,
        event_id=f"{recalled.message_id}\nrecall",
        chat=who if private else recalled.chat_id,
        sender=Sender(id=who, proven=bool(who)),
        sent_at=recalled.recall_time,
        recalls=recalled.message_id,
        private=private,
        addressed=private,
        direct=who,
    )


def _tap(event: Envelope, tapped: CardTapped) -> InboundMessage:
    tap = taps.read(tapped.action.value, tapped.action.form_value)
    who = tapped.operator.open_id
    chat = who if tap.private else tapped.context.open_chat_id
    if not chat:
        raise BadEvent("context.open_chat_id: missing")
    outside = _outside(event, tapped.operator.tenant_key)
    return InboundMessage(
        channel=CHANNEL,
        event_id=event.header.event_id,
        chat=chat,
        sender=Sender(id=who, proven=True, outside=outside),
        text=tap.line,
        sent_at=event.header.create_time,
        thread=tap.thread or None,
        addressed=True,
        private=tap.private,
        direct="" if outside and not tap.private else who,
        tapped=True,
        place=tapped.context.open_message_id if tap.once else "",
    )


def _menu(event: Envelope, tapped: MenuTapped) -> InboundMessage:
    who = tapped.operator.operator_id.open_id
    return InboundMessage(
        channel=CHANNEL,
        event_id=event.header.event_id,
        chat=who,
        sender=Sender(id=who, name=tapped.operator.operator_name, proven=True),
        text=tapped.event_key,
        sent_at=tapped.timestamp or event.header.create_time,
        addressed=True,
        private=True,
        direct=who,
        tapped=True,
    )


def _renamed(event: Envelope, change: ChatUpdated) -> InboundMessage | None:
    before, after = change.before_change, change.after_change
    if after is None or not after.name or (before is not None and before.name == after.name):
        return None  # something else about the chat
    named = change.model_copy(update={"name": after.name})
    return _about_chat(event, named, Happening.RENAMED)


def _happened(kind: str, event: Envelope, change: ChatChange) -> InboundMessage:
    return _about_chat(event, change, _PEOPLE.get(kind) or _US[kind])


def _about_chat(event: Envelope, change: ChatChange, happening: Happening) -> InboundMessage:
    who = change.operator_id.open_id if change.operator_id else ""
    outside = _outside(event, change.operator_tenant_key)
    return InboundMessage(
        channel=CHANNEL,
        event_id=event.header.event_id,
        chat=change.chat_id,
        chat_name=change.name,
        sender=Sender(id=who, proven=bool(who), outside=outside),
        sent_at=event.header.create_time,
        happened=happening,
        people=tuple(
            Sender(
                id=one.user_id.open_id,
                name=one.name,
                proven=True,
                outside=_outside(event, one.tenant_key),
            )
            for one in change.users
        ),
        direct="" if outside else who,
    )
