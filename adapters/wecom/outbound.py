"""Notice → messages of WeCom. Pure.

Every list has the messages in order, as `msgtype` and its content; who they go to is added by who
sends them. Texts are cut by bytes, since WeCom cuts what is longer without a word.
"""

import base64
import hashlib
import re
from typing import Any, Final

from adapters.wecom import cards, invisible
from adapters.wecom.cards import EMOJI
from bot.contract import Level, Notice
from bot.render import plain
from bot.render.split import split, utf8

MOST_TEXT: Final = 2048
MOST_ROBOT_MARKDOWN: Final = 4096
_COLORS: Final = {Level.GOOD: "info", Level.WARNING: "warning", Level.DANGER: "warning"}
_ACTIVE: Final = re.compile(r"[*_`#<>\[\]~|\\&]|^\s*[-+\d]", re.MULTILINE)
"""What WeCom's markdown would take for its own; it has no escapes, so such words go as text."""
_EMPTY: Final = "…"
"""WeCom takes no empty message (44004)."""

Message = dict[str, Any]


def private(notice: Notice, key: str, shown: Message | None = None) -> list[Message]:
    """To a member, by the app: the picture of a chart, text, then cards for the buttons.

    No markdown here: members who read in WeChat would see that it is not supported, and no more.
    """
    first, notice = _charted(notice, shown)
    if first and not words(notice):
        return first
    return first + _private(notice, key)


def _private(notice: Notice, key: str) -> list[Message]:
    untold = [button for button in notice.buttons if not cards.tappable(button)]
    if not notice.buttons or len(untold) == len(notice.buttons):
        return _texts(words(notice), key)
    whole = cards.fits(notice) and not untold
    told = [] if whole else _texts(_beside_cards(notice), key)
    made = cards.cards(notice, key, whole=whole)
    return told + [{"msgtype": "template_card", "template_card": card} for card in made]


def group(notice: Notice, shown: Message | None = None) -> list[Message]:
    """To a group of the app's: buttons are words there."""
    return _coloured(notice, MOST_TEXT, shown)


def robot(notice: Notice, shown: Message | None = None) -> list[Message]:
    """To a group robot's webhook."""
    return _coloured(notice, MOST_ROBOT_MARKDOWN, shown)


def picture(media_id: str) -> Message:
    """A picture that was uploaded."""
    return {"msgtype": "image", "image": {"media_id": media_id}}


def whole_picture(data: bytes) -> Message:
    """A picture for a group robot's webhook, which knows no uploads of pictures: 2 MB at most."""
    told = {
        "base64": base64.b64encode(data).decode(),
        "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
    }
    return {"msgtype": "image", "image": told}


def _charted(notice: Notice, shown: Message | None) -> tuple[list[Message], Notice]:
    """The message that shows the chart, and the rest; without one, words stand in the rest."""
    if notice.chart is None or shown is None:
        return [], cards.worded(notice)
    return [shown], notice.model_copy(update={"chart": None})


def customer(notice: Notice, key: str) -> list[Message]:
    """To a customer, by 微信客服: texts with ids of their own."""
    return [
        {"msgtype": "text", "text": {"content": piece}, "msgid": invisible.digest(key, number)}
        for number, piece in enumerate(_pieces(words(notice), MOST_TEXT))
    ]


def words(notice: Notice) -> str:
    """The whole notice as lines of text, its level as a sign before the title."""
    lines = plain.body(notice)
    title = cards.title(notice)
    if not title and lines:
        lines[0] = EMOJI.get(notice.level, "") + lines[0]
    form = [notice.form.title, plain.usage(notice)] if notice.form else []
    return "\n".join(part for part in (title, *lines, *form, notice.note) if part)


def _beside_cards(notice: Notice) -> str:
    """The notice without the buttons that a card carries, but for labels that it cuts."""
    told = tuple(
        button
        for button in notice.buttons
        if not cards.tappable(button) or cards.width(button.label) > cards.LABEL
    )
    return words(notice.model_copy(update={"buttons": told}))


def _texts(text: str, key: str) -> list[Message]:
    pieces = _pieces(text, MOST_TEXT - invisible.BYTES)
    return [
        {"msgtype": "text", "text": {"content": piece + invisible.mark(f"{key}\n{number}")}}
        for number, piece in enumerate(pieces)
    ]


def _pieces(text: str, most: int) -> list[str]:
    return split(text, most, utf8) or [_EMPTY]


def _coloured(notice: Notice, most: int, shown: Message | None) -> list[Message]:
    """A chart's picture; then markdown where nothing in the words would be taken for it and it goes in one; else text."""
    first, notice = _charted(notice, shown)
    text = words(notice)
    marked = _markdown(notice)
    if first and not text:
        return first
    if notice.title and not _ACTIVE.search(text) and utf8(marked) <= most:
        return [*first, {"msgtype": "markdown", "markdown": {"content": marked}}]
    texts = [{"msgtype": "text", "text": {"content": one}} for one in _pieces(text, MOST_TEXT)]
    return [*first, *texts]


def _markdown(notice: Notice) -> str:
    color = _COLORS.get(notice.level)
    title = cards.title(notice)
    parts = [f'**<font color="{color}">{title}</font>**' if color else f"**{title}**"]
    bare = notice.model_copy(update={"facts": (), "buttons": (), "table": None})
    parts += plain.body(bare)
    facts = [plain.labelled(f.label, f.value, notice.language) for f in notice.facts]
    parts += ["> " + fact.replace("\n", "\n> ") for fact in facts]
    parts += plain.body(notice.model_copy(update={"text": "", "facts": ()}))
    if notice.form:
        parts += [notice.form.title, plain.usage(notice)]
    if notice.note:
        parts.append(f'<font color="comment">{notice.note}</font>')
    return "\n".join(part for part in parts if part)
