"""Notice → messages of the intelligent robot. Pure.

It has no plain text of its own: everything that is not a card is markdown, so what would be taken
for markup is escaped.
"""

import re
from typing import Final

from adapters.wecom import cards, outbound
from adapters.wecom.outbound import Message
from bot.contract import Notice
from bot.render.split import split, utf8
from bot.texts import Text

MOST: Final = 20_480
"""Bytes of one message; WeCom refuses a longer one whole (45002)."""
_BOLD: Final = utf8("****")
_ACTIVE: Final = re.compile(
    r"""\\(?=[!-/:-@\[-`{-~])      # a backslash before what it would escape
      | [*`\[<]                     # emphasis, code, links and pictures, tags
      | (?<![^\W_])_ | _(?![^\W_])  # emphasis at the edge of a word
      | ~(?=~)
      | ^[ ]{0,3}(?:\#(?=[\#\s]) | > | [-=|](?=[-=|\s:]*$))  # headings, quotes, rules, tables
    """,
    re.VERBOSE | re.MULTILINE,
)
_CUT: Final = Text(
    "……（太长，全文请在网页上看）", "… (too long: the whole text is on the web page)"
)
_EMPTY: Final = "…"


def messages(notice: Notice, key: str) -> list[Message]:
    """By the connection: as many messages as it takes, cards for the buttons last.

    Charts are said in words, here and below: a picture would have to be uploaded in parts, over the
    connection, which answers by a `response_url` do not have.
    """
    notice = cards.worded(notice)
    made = _cards(notice, key)
    if made and cards.fits(notice) and len(_tappable(notice)) == len(notice.buttons):
        return made
    told = notice.model_copy(update={"buttons": tuple(_untold(notice))}) if made else notice
    return [*map(_markdown, _pieces(told)), *made]


def one(notice: Notice, key: str) -> Message:
    """By a `response_url`, which is good for one call: what does not fit is said to be missing."""
    notice = cards.worded(notice)
    made = _cards(notice, key)
    if len(made) == 1 and cards.fits(notice) and len(_tappable(notice)) == len(notice.buttons):
        return made[0]
    first, *rest = _pieces(notice)
    if not rest:
        return _markdown(first)
    missing = "\n" + _CUT.in_(notice.language)
    room = MOST - utf8(missing)
    return _markdown(split(first, room, utf8)[0] + missing)


def replacing(notice: Notice, key: str, task_id: str) -> tuple[Message, bool]:
    """The card that takes a tapped one's place, and whether it says all of the notice."""
    card = cards.replacing(notice, key)
    whole = card is not None
    if card is None:
        done = Notice(title=cards.decided(notice), language=notice.language)
        card = cards.replacing(done, key) or {}
    return {
        "response_type": "update_template_card",
        "template_card": {**card, "task_id": task_id},
    }, (whole)


def escaped(text: str) -> str:
    r"""Text as markdown that shows it as it is.

    >>> escaped("P_0001 <b> [x](y) 3*4")
    'P_0001 \\<b> \\[x](y) 3\\*4'
    >>> escaped("# a\n> b\n#1")
    '\\# a\n\\> b\n#1'
    """
    return _ACTIVE.sub(_with_backslash, text)


def _with_backslash(found: re.Match[str]) -> str:
    sign = found[0]
    return sign[:-1] + "\\" + sign[-1]


def _tappable(notice: Notice) -> list[object]:
    return [button for button in notice.buttons if cards.tappable(button)]


def _untold(notice: Notice) -> list[object]:
    """Buttons that a card does not carry, or whose labels it cuts: they are said in words too."""
    return [
        button
        for button in notice.buttons
        if not cards.tappable(button) or cards.width(button.label) > cards.LABEL
    ]


def _cards(notice: Notice, key: str) -> list[Message]:
    if not _tappable(notice):
        return []
    whole = cards.fits(notice) and len(_tappable(notice)) == len(notice.buttons)
    made = cards.cards(notice, key, whole=whole)
    return [{"msgtype": "template_card", "template_card": card} for card in made]


def _pieces(notice: Notice) -> list[str]:
    """Escaped words of at most `MOST` bytes each, the title bold."""
    text = outbound.words(notice)

    def size(part: str) -> int:
        return utf8(part) if len(part) > MOST else utf8(escaped(part))

    pieces = [escaped(piece) for piece in split(text, MOST - _BOLD, size)] or [_EMPTY]
    title = escaped(cards.title(notice).strip())
    if title and "\n" not in title and (pieces[0] == title or pieces[0].startswith(title + "\n")):
        pieces[0] = f"**{title}**{pieces[0][len(title) :]}"
    return pieces


def _markdown(content: str) -> Message:
    return {"msgtype": "markdown", "markdown": {"content": content}}
