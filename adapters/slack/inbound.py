"""An event → InboundMessages. Pure: no network, no clock, no settings."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import ValidationError

from adapters.slack import text
from adapters.slack.shapes import Envelope, Event, File, Said, Stamp, at
from bot.contract import (
    ChannelName,
    Happening,
    InboundMessage,
    Mention,
    RemoteFile,
    Sender,
)

CHANNEL: Final = ChannelName("slack")

HANDLED: Final = frozenset(
    """
    message app_mention app_home_opened member_joined_channel member_left_channel channel_left
    group_left channel_rename group_rename channel_archive group_archive channel_deleted
    group_deleted channel_shared
    """.split()
)
IGNORED: Final = frozenset(
    """
    app_requested app_uninstalled bot_added bot_changed channel_created channel_history_changed
    channel_id_changed channel_unarchive channel_unshared dnd_updated_user email_domain_changed
    emoji_changed file_change file_created file_deleted file_public file_shared file_unshared
    group_close group_open group_unarchive grid_migration_finished grid_migration_started im_close
    im_created im_open link_shared pin_added pin_removed reaction_added reaction_removed
    shared_channel_invite_accepted shared_channel_invite_approved shared_channel_invite_declined
    shared_channel_invite_received shared_channel_invite_requested star_added star_removed
    subteam_created subteam_members_changed subteam_updated team_access_granted
    team_access_revoked team_domain_change team_join team_rename tokens_revoked user_change
    user_huddle_changed user_profile_changed user_status_changed
    """.split()
)
SAID: Final = frozenset(["", "file_share", "me_message", "thread_broadcast"])
"""Subtypes of a message that somebody said."""
CHANGED: Final = frozenset(["message_changed", "message_deleted"])
SILENT: Final = frozenset(
    """
    assistant_app_thread bot_add bot_disable bot_enable bot_message bot_remove channel_archive
    channel_canvas_updated channel_convert_to_private channel_convert_to_public channel_join
    channel_leave channel_name channel_posting_permissions channel_purpose channel_topic
    channel_unarchive document_mention ekm_access_denied file_comment file_mention group_archive
    group_join group_leave group_name group_purpose group_topic group_unarchive huddle_thread
    joiner_notification joiner_notification_for_inviter message_replied pinned_item reminder_add
    reply_broadcast sh_room_created sh_room_shared tombstone unpinned_item
    """.split()
)
"""Subtypes that are notes of Slack's own, or other bots'."""
_SLACK: Final = Sender(id="USLACKBOT", proven=True)
_NAMED: Final[Mapping[str, Happening]] = {
    "channel_left": Happening.REMOVED,
    "group_left": Happening.REMOVED,
    "channel_archive": Happening.REMOVED,
    "group_archive": Happening.REMOVED,
    "channel_deleted": Happening.REMOVED,
    "group_deleted": Happening.REMOVED,
    "channel_rename": Happening.RENAMED,
    "group_rename": Happening.RENAMED,
}


class BadEvent(Exception):
    """It cannot be read, or nobody knows what it is; says why."""


def why(error: ValidationError) -> str:
    """The field and the reason, without what stood in it."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "body"
    return f"{place}: {first['msg'].removeprefix('Value error, ')}"


def messages(payload: Mapping[str, Any], raw: bytes) -> list[InboundMessage]:
    """The messages in an `event_callback`; none where it is nothing to us."""
    event = payload.get("event")
    kind = event.get("type") if isinstance(event, Mapping) else None
    if not isinstance(kind, str) or not kind:
        raise BadEvent("event.type: missing")
    if kind in IGNORED:
        return []
    if kind not in HANDLED:
        raise BadEvent(f"unknown event: {kind[:80]}")
    try:
        envelope = Envelope.model_validate(payload)
        found = _of(envelope, raw)
    except ValidationError as error:
        raise BadEvent(why(error)) from None
    return [found] if found else []


def _of(envelope: Envelope, raw: bytes) -> InboundMessage | None:
    event = envelope.event
    if event.type in {"message", "app_mention"}:
        return _message(envelope, event, raw)
    if event.type == "app_home_opened":
        return _opened(envelope, event, raw)
    return _happened(envelope, event, raw)


def _message(envelope: Envelope, event: Event, raw: bytes) -> InboundMessage | None:
    if event.subtype in SILENT or _is_bot(event, envelope):
        return None
    if event.subtype in SAID:
        return _said(envelope, event, raw)
    if event.subtype == "message_deleted":
        return _recalled(envelope, event.previous_message, event.deleted_ts, raw)
    if event.subtype == "message_changed":
        return _changed(envelope, event, raw)
    raise BadEvent(f"unknown event: message/{event.subtype[:80]}")


def _is_bot(said: Said, envelope: Envelope) -> bool:
    """Another bot's, or our own echo."""
    others = {envelope.own, _SLACK.id} - {""}
    return bool(said.bot_id) or said.user in others or said.subtype == "bot_message"


def _said(envelope: Envelope, event: Event, raw: bytes) -> InboundMessage:
    """`app_mention` and `message` both come for one line; the same id makes them one."""
    place = handle(_channel(event), event.ts)
    return InboundMessage(
        event_id=f"message:{place}",
        **_words(envelope, event, event, raw),
    )


def _changed(envelope: Envelope, event: Event, raw: bytes) -> InboundMessage | None:
    """An edit; Slack also tells of a new preview of a link, or a guess of the language, so."""
    new, old = event.message, event.previous_message
    if new is None:
        raise BadEvent("event.message: missing")
    if new.subtype == "tombstone":  # So it tells that the first message of a thread is gone.
        return _recalled(envelope, old, new.ts, raw)
    if _is_bot(new, envelope) or new.subtype in SILENT:
        return None
    if old and (old.text, old.files, old.blocks) == (new.text, new.files, new.blocks):
        return None
    place = handle(_channel(event), new.ts)
    version = event.event_ts or event.ts  # `edited.ts` knows whole seconds alone.
    return InboundMessage(
        event_id=f"edit:{place}:{version}",
        edits=place,
        **_words(envelope, event, new, raw, at(_stamp(version))),
    )


def _recalled(
    envelope: Envelope, old: Said | None, deleted: str, raw: bytes
) -> InboundMessage | None:
    event = envelope.event
    if old is None or not old.user:
        raise BadEvent("event.previous_message: missing")
    if old.subtype in SILENT or _is_bot(old, envelope):
        return None
    place = handle(_channel(event), deleted)
    return InboundMessage(
        event_id=f"recall:{place}",
        recalls=place,
        **_where(envelope, event, old),
        message_id=place,
        thread=_thread(old),
        sent_at=at(_stamp(event.event_ts or event.ts)),
        raw=raw,
    )


def handle(channel: str, ts: str) -> str:
    """A message's name: its time stamp is unique in its channel alone.

    Ids of channels are unique in all of Slack, and a shared channel has one id for both firms; a
    workspace's id beside it would differ with the side that tells of it.
    """
    return f"{channel}:{_stamp(ts)}"


def _stamp(ts: str) -> Stamp:
    try:
        at(ts)
    except (ValueError, OverflowError):
        raise BadEvent("ts: must be a time stamp, as 1763712000.000100") from None
    return ts


def _words(
    envelope: Envelope, event: Event, said: Said, raw: bytes, sent: datetime | None = None
) -> dict[str, Any]:
    """What a message and its later versions have in common."""
    own = envelope.own
    marked = said.text or text.of_blocks(said.blocks) or _forwarded(said)
    words, mentions = text.read(marked, own)
    where = _where(envelope, event, said)
    channel, thread = _channel(event), _thread(said)
    addressed = where["private"] or event.type == "app_mention" or text.mentions(marked, own)
    return {
        **where,
        "message_id": handle(channel, said.ts),
        "text": words,
        "mentions": _others(mentions, own),
        "files": tuple(_file(one) for one in said.files if one.mode != "tombstone"),
        "sent_at": sent or at(_stamp(said.ts)),
        "thread": thread,
        "references": (handle(channel, thread),) if thread else (),
        "about": handle(channel, thread) if thread else "",
        "addressed": addressed,
        "raw": raw,
    }


def _others(found: tuple[Mention, ...], own: str) -> tuple[Mention, ...]:
    return tuple(one for one in found if one.id != own)


def _forwarded(said: Said) -> str:
    return "\n".join(one.text or one.fallback for one in said.attachments).strip()


def _where(envelope: Envelope, event: Event, said: Said) -> dict[str, Any]:
    """Chat and sender: a private chat is named by its member, since pushes go there by that name."""
    channel = _channel(event)
    private = event.channel_type == "im" or (not event.channel_type and channel[:1] == "D")
    sender = _sender(envelope, said)
    return {
        "channel": CHANNEL,
        "chat": sender.id if private else channel,
        "sender": sender,
        "private": private,
        "direct": "" if sender.outside else sender.id,
    }


def _channel(event: Event) -> str:
    channel = event.channel if isinstance(event.channel, str) else event.channel.id
    if not channel:
        raise BadEvent("event.channel: missing")
    return channel


def _sender(envelope: Envelope, said: Said) -> Sender:
    if not said.user:
        raise BadEvent("event.user: missing")
    team = said.user_team or said.team or said.source_team
    # In a channel that is shared with another firm, whoever's firm is untold is not ours.
    outside = not envelope.is_ours(team) if team else envelope.is_ext_shared_channel
    return Sender(id=said.user, proven=True, outside=outside)


def _thread(said: Said) -> str | None:
    """The first message of a thread carries its own stamp there: it stands in the channel."""
    return said.thread_ts if said.thread_ts and said.thread_ts != said.ts else None


def _file(file: File) -> RemoteFile:
    """`ref` is the file's id, and its address where the message tells one."""
    kind = file.mimetype or "application/octet-stream"
    voice = file.subtype == "slack_audio"
    if voice and not kind.startswith("audio/"):
        kind = "audio/" + kind.partition("/")[2]  # A voice clip may come as video/mp4.
    hidden = file.file_access == "check_file_info"
    url = "" if hidden else file.url_private_download or file.url_private
    return RemoteFile(
        ref=f"{file.id} {url}".strip(),
        name=file.name or file.title,
        type=kind,
        size=file.size,
        voice=voice,
    )


def _opened(envelope: Envelope, event: Event, raw: bytes) -> InboundMessage | None:
    """The tab of messages is not the page: `app_home_opened` tells of both."""
    if event.tab == "messages":
        return None
    sender = _sender(envelope, event)
    return InboundMessage(
        channel=CHANNEL,
        event_id=envelope.event_id,
        chat=sender.id,
        sender=sender,
        sent_at=_moment(envelope),
        happened=Happening.OPENED,
        private=True,
        addressed=True,
        direct=sender.id,
        raw=raw,
    )


def _happened(envelope: Envelope, event: Event, raw: bytes) -> InboundMessage:
    happened, sender, people = _who(envelope, event)
    return InboundMessage(
        channel=CHANNEL,
        event_id=envelope.event_id,
        chat=_channel(event),
        chat_name=_name(event),
        sender=sender,
        sent_at=_moment(envelope),
        happened=happened,
        people=people,
        direct="" if sender.outside or sender == _SLACK else sender.id,
        raw=raw,
    )


def _who(envelope: Envelope, event: Event) -> tuple[Happening, Sender, tuple[Sender, ...]]:
    """What happened to a chat, who did it, and whom it is about."""
    if event.type == "channel_shared":  # The channel is now another firm's too.
        firm = Sender(id=event.connected_team_id or "T", proven=True, outside=True)
        return Happening.JOINED, _SLACK, (firm,)
    if event.type in _NAMED:
        actor = event.actor_id or event.user
        return _NAMED[event.type], Sender(id=actor, proven=True) if actor else _SLACK, ()
    person = _sender(envelope, event)
    joined = event.type == "member_joined_channel"
    if person.id == envelope.own:
        done = Happening.ADDED if joined else Happening.REMOVED
        return done, Sender(id=event.inviter, proven=True) if event.inviter else _SLACK, ()
    return Happening.JOINED if joined else Happening.LEFT, person, (person,)


def _name(event: Event) -> str:
    return "" if isinstance(event.channel, str) else event.channel.name


def _moment(envelope: Envelope) -> datetime:
    stamp = envelope.event.event_ts or f"{max(envelope.event_time, 0)}.0"
    return at(_stamp(stamp)).astimezone(UTC)
