"""A merged forward as lines that name who said what, and when. Pure."""

from collections.abc import Sequence
from typing import Any, Final

from adapters.feishu import content
from adapters.feishu.events import BadEvent, Forwarded, read
from bot import clock

_DEEPEST: Final = 5
_TIME: Final = "%Y-%m-%d %H:%M:%S"
_MERGED: Final = "merge_forward"


def text(items: Sequence[dict[str, Any]], message_id: str) -> str:
    """`name time`, then what was said, for every message; forwards in forwards follow in place.

    Times are those of China, as the client shows them. What cannot be read is left out.
    """
    below: dict[str, list[Forwarded]] = {}
    for item in items:
        try:
            one = read(Forwarded, item)
        except BadEvent:
            continue
        if one.message_id != message_id:
            below.setdefault(one.upper_message_id or message_id, []).append(one)
    return "\n".join(_blocks(below, message_id, 0))


def _blocks(below: dict[str, list[Forwarded]], upper: str, depth: int) -> list[str]:
    blocks: list[str] = []
    for one in sorted(below.pop(upper, []), key=lambda item: item.create_time):
        if one.msg_type == _MERGED and depth < _DEEPEST:
            blocks += _blocks(below, one.message_id, depth + 1)
            continue
        sender = one.sender or Forwarded.From()
        at = one.create_time.astimezone(clock.zone(None)).strftime(_TIME)
        blocks.append(f"{sender.sender_name or sender.id or '?'} {at}\n{_words(one)}")
    return blocks


def _words(one: Forwarded) -> str:
    try:
        body = one.body.content if one.body else ""
        said = content.said(one.msg_type, body, one.mentions, one.message_id, "")
    except BadEvent:
        return f"[{one.msg_type}]"
    return said.text or ("[语音]" if one.msg_type == "audio" else "")
