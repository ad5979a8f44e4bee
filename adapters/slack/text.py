"""Slack's marks in text, both ways: `<@U1>`, `<https://…|label>`, `&amp;`. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from bot.contract import Mention

_MARK: Final = re.compile(r"<([^<>]+)>")
_MOST_NODES: Final = 5_000
"""Parts of a message's blocks that are read; Slack itself takes 50 blocks."""


def read(text: str, own: str = "") -> tuple[str, tuple[Mention, ...]]:
    """What people read, and whom it mentions; the assistant's own mention is taken out.

    >>> read("<@U0BOT> &lt;b&gt; <@U1|li>, see <https://x.cn|here>", "U0BOT")[0]
    '<b> @U1, see here (https://x.cn)'
    """
    mentions: dict[str, Mention] = {}

    def shown(found: re.Match[str]) -> str:
        target, _, label = found[1].partition("|")
        if target.startswith("@"):
            mentions.setdefault(target[1:], Mention(id=target[1:], name=_plain(label)))
            return target
        return _named(target, label)

    if own:
        told = re.sub(rf"<@{re.escape(own)}(?:\|[^<>]*)?>[ \t]*", "", text)
        text = told if told == text else told.strip()
    return _plain(_MARK.sub(shown, text)), tuple(mentions.values())


def mentions(text: str, who: str) -> bool:
    return bool(who) and re.search(rf"<@{re.escape(who)}[|>]", text) is not None


def _named(target: str, label: str) -> str:
    """A mark other than a person's: a channel, a group, a date, a link."""
    if target.startswith("#"):
        return "#" + (label or target[1:])
    if target.startswith("!subteam^"):
        return label or "@" + target.removeprefix("!subteam^")
    if target.startswith("!"):
        return label or "@" + target[1:].partition("^")[0]
    address = target.removeprefix("mailto:").removeprefix("tel:")
    if not label or label in {target, address, re.sub(r"^https?://", "", target)}:
        return address
    return f"{label} ({address})"


def _plain(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escaped(text: str) -> str:
    """Words that nothing in them can make a mention, a link or a mark of."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mrkdwn(text: str) -> dict[str, Any]:
    """Escaped words as blocks have them. Verbatim: an address or a name in it becomes no link."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def plain(text: str, most: int) -> dict[str, Any]:
    """Words as labels have them; where they are cut here they stand whole elsewhere."""
    return {"type": "plain_text", "text": head(text, most), "emoji": False}


def head(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def of_blocks(blocks: Sequence[Any]) -> str:
    """The words of a message that has blocks alone; as marked as a message's text is."""
    words = "".join(_words(list(blocks)))
    return re.sub(r"\n{2,}", "\n", words).strip()


_BREAKS: Final = frozenset(
    "section header context rich_text_section rich_text_preformatted rich_text_quote table".split()
)


def _words(blocks: list[Any]) -> Iterator[str]:
    """In reading order, without recursion: nobody vouches for the depth."""
    todo: list[Any] = blocks[::-1]
    for _ in range(_MOST_NODES):
        if not todo:
            return
        node = todo.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, list):
            todo += cast("list[Any]", node)[::-1]
        elif isinstance(node, dict):
            todo += _inside(cast("dict[str, Any]", node))[::-1]


def _inside(node: Mapping[str, Any]) -> list[Any]:
    """What a block or an element has to be read; leaves give their words."""
    kind, text = str(node.get("type")), node.get("text")
    if kind == "user":
        return [f"<@{node.get('user_id')}>"]
    if kind == "channel":
        return [f"<#{node.get('channel_id')}>"]
    if kind == "broadcast":
        return [f"<!{node.get('range')}>"]
    if kind == "link":
        return [f"<{node.get('url')}|{text}>" if text else f"<{node.get('url')}>"]
    if kind == "emoji":
        return [f":{node.get('name')}:"]
    if kind == "text" and isinstance(text, str):
        return [escaped(text)]  # Elements of rich text are not marked; the whole is read as if.
    parts = [text, *(node.get(name) for name in ("fields", "elements", "rows"))]
    found = [part for part in parts if isinstance(part, str | list | dict)]
    return [*found, "\n"] if kind in _BREAKS else found
