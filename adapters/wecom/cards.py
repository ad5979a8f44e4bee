"""A notice's buttons as template cards (`button_interaction`). Pure.

Facts: developer.work.weixin.qq.com/document/path/90236 and 94888. The lengths are recommendations
counted in Chinese characters; beyond them a phone shows dots. So what is longer is said in words
before the card, and the card holds what fits.
"""

from collections.abc import Sequence
from typing import Any, Final

from adapters.wecom import keys
from adapters.wecom.invisible import digest
from bot.contract import Button, Can, Level, Notice
from bot.render.degrade import degrade
from bot.texts import Text

MOST_BUTTONS: Final = 6
MOST_FACTS: Final = 6
_WIDE: Final = 0x2E80
"""Where the scripts of two columns begin."""
TITLE: Final = 52
"""Columns; a Chinese character takes two. So for the others."""
DESC: Final = 60
SUB_TITLE: Final = 224
FACT_LABEL: Final = 10
FACT_VALUE: Final = 52
LABEL: Final = 20
_WITHOUT_CHARTS: Final = frozenset(Can) - {Can.CHARTS}
_MOST_URL: Final = 2048
_COLORS: Final = {Level.DANGER: 2, Level.WARNING: 2, Level.GOOD: 3}
_SOURCE: Final = Text("客情助手", "Keqing")
_CHOOSE: Final = Text("请选择", "Please choose")
_DONE: Final = Text("已处理", "Done")
EMOJI: Final = {Level.GOOD: "✅ ", Level.WARNING: "⚠️ ", Level.DANGER: "🔴 "}


def width(text: str) -> int:
    """Columns on a screen, at most: what only colours the letter before it counts as a wide one."""
    return sum(1 if ord(char) < _WIDE else 2 for char in text)


def shortened(text: str, most: int) -> str:
    """A text in at most `most` columns, with dots where it goes on."""
    if width(text) <= most:
        return text
    while width(text) > most - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def tappable(button: Button) -> bool:
    """Whether a card can carry it; otherwise it is said in words."""
    if button.url:
        return len(button.url.encode("utf-8", "replace")) <= _MOST_URL
    return keys.fits(button.command)


def title(notice: Notice) -> str:
    return EMOJI.get(notice.level, "") + notice.title if notice.title else ""


def worded(notice: Notice) -> Notice:
    """The notice with a chart's words in its text, in place of the chart."""
    return degrade(notice, _WITHOUT_CHARTS)


def fits(notice: Notice) -> bool:
    """Whether a card shows all of a notice but its buttons."""
    lines = [
        notice.title,
        notice.note,
        *(text for f in notice.facts for text in (f.label, f.value)),
    ]
    return (
        notice.table is None
        and notice.form is None
        and bool(notice.title.strip() or notice.text.strip())
        and not any("\n" in line for line in lines)
        and width(title(notice)) <= TITLE
        and width(notice.note) <= DESC
        and width(notice.text) <= SUB_TITLE
        and notice.text.count("\n") < 6
        and len(notice.facts) <= MOST_FACTS
        and all(
            f.label.strip() and width(f.label) <= FACT_LABEL and width(f.value) <= FACT_VALUE
            for f in notice.facts
        )
        and all(width(button.label) <= LABEL for button in notice.buttons)
    )


def cards(notice: Notice, key: str, *, whole: bool) -> list[dict[str, Any]]:
    """Cards of at most six buttons each; the first shows the notice itself where it is `whole`."""
    buttons = [button for button in notice.buttons if tappable(button)]
    rows = [buttons[at : at + MOST_BUTTONS] for at in range(0, len(buttons), MOST_BUTTONS)]
    return [
        _card(notice, digest(key, "card", number), _buttons(row), whole=whole and number == 0)
        for number, row in enumerate(rows)
    ]


def replacing(notice: Notice, key: str) -> dict[str, Any] | None:
    """The card that takes the place of one that was tapped; None where it needs more room.

    A decided card keeps one grey button: a card of this type cannot be without.
    """
    notice = worded(notice)
    if not fits(notice) or not all(tappable(button) for button in notice.buttons):
        return None
    if len(notice.buttons) > MOST_BUTTONS:
        return None
    if notice.buttons:
        return _card(notice, digest(key, "place"), _buttons(notice.buttons), whole=True)
    done = _DONE.in_(notice.language)
    grey = [{"text": done, "style": 2, "type": 0, "key": keys.DONE}]
    return _card(notice, digest(key, "place"), grey, whole=True) | {"replace_text": done}


def decided(notice: Notice) -> str:
    """What stands on the grey buttons of a card whose answer comes as a message of its own."""
    return _DONE.in_(notice.language)


def _card(
    notice: Notice, task_id: str, buttons: list[dict[str, Any]], *, whole: bool
) -> dict[str, Any]:
    heading = title(notice) or ("" if whole else _CHOOSE.in_(notice.language))
    card: dict[str, Any] = {
        "card_type": "button_interaction",
        "source": {
            "desc": _SOURCE.in_(notice.language),
            "desc_color": _COLORS.get(notice.level, 0),
        },
        "task_id": task_id,
        "main_title": {"title": shortened(heading, TITLE)} if heading else {},
        "button_list": buttons,
    }
    if whole:
        if notice.note:
            card["main_title"]["desc"] = notice.note
        if notice.text.strip():
            card["sub_title_text"] = notice.text.strip()
        if notice.facts:
            card["horizontal_content_list"] = [
                {"keyname": fact.label, "value": fact.value} for fact in notice.facts
            ]
    return card


def _buttons(buttons: Sequence[Button]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for number, button in enumerate(buttons):
        one = {"text": shortened(button.label, LABEL), "style": 1 if button.primary else 2}
        if button.url:
            made.append({**one, "type": 1, "url": button.url})
        else:
            key = keys.key(number, button.command, once=button.once)
            made.append({**one, "type": 0, "key": key})
    return made
