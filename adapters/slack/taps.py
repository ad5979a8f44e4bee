"""Buttons, modals, shortcuts and slash commands → InboundMessages. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast

from pydantic import ValidationError

from adapters.slack import buttons, text
from adapters.slack.inbound import CHANNEL, BadEvent, handle, why
from adapters.slack.shapes import Action, Interaction, Slash, at
from bot.contract import PAGE, InboundMessage, Sender, quoted

_HELP: Final = "/help"
_ABOUT: Final = 200
"""Characters of a message that a task made of it begins with."""
_STAMP: Final = re.compile(r"\d{1,11}\.\d+")
RECEIVED: Final = "received_at"
"""Added to what arrives: Slack tells no time of a slash command or a modal."""


def interaction(payload: Mapping[str, Any]) -> Interaction:
    try:
        return Interaction.model_validate(payload)
    except ValidationError as error:
        raise BadEvent(why(error)) from None


def said(payload: Mapping[str, Any], raw: bytes) -> list[InboundMessage]:
    """The command of the button that was tapped; one that only opens something says nothing."""
    tap = interaction(payload)
    action = tap.actions[0] if tap.actions else Action()
    if action.action_id.startswith(buttons.SAY):
        return [_tapped(tap, action, _when(payload, action.action_ts), raw)]
    if action.action_id.startswith((buttons.FILL, buttons.OPEN)):
        return []
    raise BadEvent(f"unknown event: block_actions/{action.action_id[:80]}")


def _tapped(tap: Interaction, action: Action, when: datetime, raw: bytes) -> InboundMessage:
    try:
        value = buttons.read(action.value)
    except ValueError as error:
        raise BadEvent(f"actions.value: {error}") from None
    where = origin(tap)
    return InboundMessage(
        **_by(tap, where, raw),
        event_id=f"tap:{where['p']}:{tap.user.id}:{action.action_id}:{action.action_ts}",
        text=value["c"],
        sent_at=when,
        place=where["p"] if value.get("o") else "",
    )


def origin(tap: Interaction) -> dict[str, str]:
    """Where a tap was: chat, thread and place, as a modal carries them on."""
    if tap.container.type == "view" or not tap.container.channel_id:
        return {"g": "", "t": "", "p": PAGE}
    channel, stamp = tap.container.channel_id, tap.container.message_ts
    thread = tap.message.thread_ts if tap.message else tap.container.thread_ts
    return {
        "g": "" if channel.startswith("D") else channel,
        "t": thread if thread != stamp else "",
        "p": handle(channel, stamp),
    }


def _by(tap: Interaction, where: Mapping[str, str], raw: bytes) -> dict[str, Any]:
    """Who tapped, and in which chat."""
    who = Sender(
        id=tap.user.id,
        name=tap.user.name or tap.user.username,
        proven=True,
        outside=tap.outside,
    )
    return {
        "channel": CHANNEL,
        "chat": where["g"] or who.id,
        "sender": who,
        "thread": where["t"] or None,
        "private": not where["g"],
        "addressed": True,
        "direct": "" if who.outside else who.id,
        "tapped": True,
        "raw": raw,
    }


def _when(payload: Mapping[str, Any], stamp: str = "") -> datetime:
    """The time of a tap; where Slack tells none, when it arrived."""
    told = stamp if _STAMP.fullmatch(stamp) else str(payload.get(RECEIVED, "0"))
    try:
        return at(told)
    except (ValueError, OverflowError):
        raise BadEvent("action_ts: must be a time stamp, as 1763712000.000100") from None


def submitted(payload: Mapping[str, Any], raw: bytes) -> list[InboundMessage]:
    """The command line that a filled-in modal makes."""
    tap = interaction(payload)
    view = tap.view
    if view is None or not view.id:
        raise BadEvent("view.id: missing")
    if view.callback_id != buttons.MODAL:
        raise BadEvent(f"unknown event: view_submission/{view.callback_id[:80]}")
    try:
        carried = buttons.read(view.private_metadata)
        where = {name: str(carried.get(name, "")) for name in "gt"}
        form = buttons.read_form(carried)
    except (ValueError, TypeError, IndexError) as error:
        raise BadEvent(f"view.private_metadata: {type(error).__name__}") from None
    return [
        InboundMessage(
            **_by(tap, where, raw),
            event_id=f"form:{view.id}",
            text=form.line(_values(view.state)),
            sent_at=_when(payload),
        )
    ]


def _values(state: Mapping[str, Any]) -> dict[str, str]:
    """Block by block; a block is named by its field."""
    found: dict[str, str] = {}
    values = state.get("values")
    for name, block in (cast("dict[str, Any]", values) if isinstance(values, dict) else {}).items():
        for element in cast("dict[str, Any]", block).values() if isinstance(block, dict) else ():
            if isinstance(element, dict):
                found[name] = _value(cast("dict[str, Any]", element))
    return found


def _value(element: Mapping[str, Any]) -> str:
    option = element.get("selected_option")
    chosen = cast("dict[str, Any]", option).get("value") if isinstance(option, dict) else None
    value = chosen or element.get("selected_date") or element.get("value")
    return value if isinstance(value, str) else ""


def shortcut(payload: Mapping[str, Any], raw: bytes) -> list[InboundMessage]:
    """A shortcut on a message, or one from anywhere."""
    tap = interaction(payload)
    if tap.callback_id == buttons.NEW:
        return [_short(tap, {"g": "", "t": ""}, "/task new", _when(payload, tap.action_ts), raw)]
    if tap.callback_id not in {buttons.FILE, buttons.TASK}:
        raise BadEvent(f"unknown event: shortcut/{tap.callback_id[:80]}")
    if tap.channel is None or tap.message is None:
        raise BadEvent("message: missing")
    channel, message = tap.channel.id, tap.message
    about = handle(channel, message.ts or tap.message_ts)
    thread = message.thread_ts if message.thread_ts != message.ts else ""
    group = "" if channel.startswith("D") else channel
    line = "/file"
    if tap.callback_id == buttons.TASK:
        words, _ = text.read(message.text or text.of_blocks(message.blocks))
        line = "/task new " + quoted(" ".join(words.split())[:_ABOUT])
    where = {"g": group, "t": thread if group else ""}
    return [_short(tap, where, line, _when(payload, tap.action_ts), raw, about)]


def _short(
    tap: Interaction,
    where: Mapping[str, str],
    line: str,
    when: datetime,
    raw: bytes,
    about: str = "",
) -> InboundMessage:
    if not tap.trigger_id:
        raise BadEvent("trigger_id: missing")
    return InboundMessage(
        **_by(tap, where, raw),
        event_id=f"shortcut:{tap.trigger_id}",
        text=line,
        sent_at=when,
        about=about,
    )


def typed(payload: Mapping[str, Any], raw: bytes) -> list[InboundMessage]:
    """A slash command: `/keqing task list` is `/task list`. It was typed, so it is not a tap.

    It can be typed in a chat that the assistant is not in, between two people even: such a line is
    answered to its writer alone.
    """
    try:
        slash = Slash.model_validate(payload)
    except ValidationError as error:
        raise BadEvent(why(error)) from None
    words, mentions = text.read(slash.text.strip())
    private = slash.channel_id.startswith("D")
    return [
        InboundMessage(
            channel=CHANNEL,
            event_id=f"slash:{slash.trigger_id}",
            chat=slash.user_id if private else slash.channel_id,
            sender=Sender(id=slash.user_id, name=slash.user_name, proven=True),
            text="/" + words.lstrip("/ ") if words.strip("/ ") else _HELP,
            mentions=mentions,
            sent_at=_when(payload),
            addressed=True,
            private=private,
            direct=slash.user_id,
            raw=raw,
        )
    ]
