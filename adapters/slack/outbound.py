"""Notice → the messages that Slack takes, and its Home page. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from adapters.slack import buttons
from adapters.slack.text import escaped, head, mrkdwn
from adapters.slack.text import plain as plain_text
from bot.contract import Button, Form, Level, Notice, Picture, Refused, Table
from bot.render import plain
from bot.render.split import split
from bot.texts import Text

Block = dict[str, Any]

MOST_BLOCKS: Final = 50
MOST_HOME: Final = 100
MOST_SIZE: Final = 12_000
"""Characters of all blocks as JSON. Slack refuses messages from about 13 200 on, and counts more
than the words; how is not documented (bolt-js #2509, #2867)."""
_VIEW: Final = 200_000
"""Bytes of a view; Slack takes 250 000."""
_SECTION: Final = 3_000
_HEADER: Final = 150
_FIELD: Final = 2_000
_FIELDS: Final = 10
_ALT: Final = 2_000
_TEXT: Final = 800
"""Of what a notification shows; escaped it is at most 4 000, as Slack advises."""
_ACTIONS: Final = 25
_LABEL: Final = 75
_URL: Final = 3_000
_ROWS: Final = 99
"""Rows of a table, without its heading."""
_COLUMNS: Final = 20
_CELLS: Final = 6_000
"""Characters of one table block, so that a message has room for it."""
_MARKS: Final = {Level.INFO: "", Level.GOOD: "✅ ", Level.WARNING: "⚠️ ", Level.DANGER: "🔴 "}
_FILL: Final = Text("填写", "Fill in")
_MORE: Final = Text(
    "还有更多内容放不下：请在私聊里发送 /help 查看",
    "There is more than fits here: send /help in the chat",
)


def messages(notice: Notice, picture: str = "") -> list[dict[str, Any]]:
    """The payloads, without their address; joined they are the whole notice.

    `picture` is the uploaded file that shows the chart; without it the chart's words stand there.
    """
    packs = list(_packed(_blocks(notice, tables=True, picture=picture)))
    if not packs:
        raise Refused("a message without any words")
    return [
        {
            "text": _alone(notice) if number == 0 else _first(pack),
            "blocks": pack,
            "parse": "none",
            "link_names": False,
            "unfurl_links": False,
            "unfurl_media": False,
        }
        for number, pack in enumerate(packs)
    ]


def home(notice: Notice) -> dict[str, Any]:
    """The Home page of a member: one view, which says so where it cannot hold all."""
    blocks = list(_blocks(notice, tables=False))
    if _fits(blocks, MOST_HOME):
        return {"type": "home", "blocks": blocks}
    tail = [_section(_MORE.in_(notice.language))]
    tail += [one for one in blocks if one["type"] == "actions"][-1:]
    while not _fits([*blocks, *tail], MOST_HOME):
        blocks.pop()
    return {"type": "home", "blocks": [*blocks, *tail]}


def _fits(blocks: Sequence[Block], most: int) -> bool:
    return len(blocks) <= most and len(buttons.packed(blocks).encode()) <= _VIEW


def _packed(blocks: Iterator[Block]) -> Iterator[list[Block]]:
    """As few messages as hold them, each with one table at most."""
    pack: list[Block] = []
    size = 0
    for block in blocks:
        more = len(buttons.packed(block)) + 1
        second = block["type"] == "table" and any(one["type"] == "table" for one in pack)
        if pack and (len(pack) == MOST_BLOCKS or size + more > MOST_SIZE or second):
            yield pack
            pack, size = [], 0
        pack.append(block)
        size += more
    if pack:
        yield pack


def _alone(notice: Notice) -> str:
    """What a notification shows, and what is found by a search."""
    whole = _MARKS[notice.level] + plain.text(
        notice.model_copy(update={"buttons": (), "form": None})
    )
    return escaped(head(whole, _TEXT))


def _first(pack: Sequence[Block]) -> str:
    return next(
        (one["text"]["text"][:200] for one in pack if one["type"] == "section" and "text" in one),
        "…",
    )


def _blocks(notice: Notice, *, tables: bool, picture: str = "") -> Iterator[Block]:
    """Everything, the buttons last: what carries them is the newest message."""
    taken, told = _sorted(notice.buttons, notice.language)
    yield from _titled(notice)
    yield from _sections("\n".join([*([notice.text] if notice.text else []), *told]))
    yield from _facts(notice)
    if notice.table:
        yield from _tabled(notice.table, notice.language, tables=tables)
    if notice.chart:
        yield from _charted(notice.chart, picture)
    if notice.form and notice.form.title not in {"", notice.title}:
        yield from _sections(notice.form.title, bold=True)
    yield from ({"type": "context", "elements": [mrkdwn(one)]} for one in _cut(notice.note))
    elements = [_button(one, number) for number, one in enumerate(taken)]
    if notice.form:
        elements.append(_form(notice.form, notice.language))
    for start in range(0, len(elements), _ACTIONS):
        yield from _actions(elements[start : start + _ACTIONS])


def _actions(elements: list[Block]) -> Iterator[Block]:
    """Buttons in a row; in several rows where their values are too much for one message."""
    row: list[Block] = []
    for element in elements:
        if row and len(buttons.packed([*row, element])) > MOST_SIZE // 2:
            yield {"type": "actions", "elements": row}
            row = []
        row.append(element)
    yield {"type": "actions", "elements": row}


def _titled(notice: Notice) -> Iterator[Block]:
    mark = _MARKS[notice.level]
    title = " ".join(notice.title.split())
    if not title and mark:
        yield _section(mark.strip())
    elif len(mark + title) > _HEADER:
        yield from _sections(mark + title, bold=True)
    elif title:
        yield {"type": "header", "text": plain_text(mark + title, _HEADER)}


def _facts(notice: Notice) -> Iterator[Block]:
    """Two columns of labels and values; a long value stands by itself."""
    fields: list[Block] = []
    for fact in notice.facts:
        shown = (
            f"*{escaped(fact.label)}*\n{escaped(fact.value)}" if fact.label else escaped(fact.value)
        )
        if len(shown) > _FIELD // 4:
            yield from _fields(fields)
            fields = []
            yield from _sections(plain.labelled(fact.label, fact.value, notice.language))
        elif shown:
            fields.append(mrkdwn(shown))
    yield from _fields(fields)


def _fields(fields: list[Block]) -> Iterator[Block]:
    for start in range(0, len(fields), _FIELDS):
        yield {"type": "section", "fields": fields[start : start + _FIELDS]}


def _tabled(table: Table, language: str, *, tables: bool) -> Iterator[Block]:
    """A table; a line for each row where Slack takes none (the Home page), or none so large."""
    rows = [_row(row) for row in table.rows]
    heading = _row(table.columns)
    sizes = [len(buttons.packed(row)) for row in rows]
    top = len(buttons.packed(heading))
    if not tables or not rows or len(table.columns) > _COLUMNS or max(sizes) + top > _CELLS:
        yield from _sections("\n".join(plain.table(table, language)))
        return
    taken: list[list[Block]] = []
    size = top
    for row, more in zip(rows, sizes, strict=True):
        if taken and (len(taken) == _ROWS or size + more > _CELLS):
            yield {"type": "table", "rows": [heading, *taken]}
            taken, size = [], top
        taken.append(row)
        size += more
    yield {"type": "table", "rows": [heading, *taken]}


def _charted(chart: Picture, picture: str) -> Iterator[Block]:
    if not picture:
        yield from _sections(chart.words)
        return
    alt = head(chart.words, _ALT) or "–"
    yield {"type": "image", "slack_file": {"id": picture}, "alt_text": alt}


def _row(cells: Sequence[str]) -> list[Block]:
    """Cells must not be empty."""
    return [{"type": "raw_text", "text": cell if cell.strip() else "–"} for cell in cells]


def _sections(text: str, *, bold: bool = False) -> Iterator[Block]:
    for piece in _cut(text):
        yield _section(f"*{piece}*" if bold else piece, ready=True)


def _section(text: str, *, ready: bool = False) -> Block:
    return {"type": "section", "text": mrkdwn(text if ready else escaped(text))}


def _cut(text: str) -> list[str]:
    """Pieces that fit once their marks are escaped, escaped; with room for two stars."""
    return [escaped(one) for one in split(text, _SECTION - 2, _length)]


def _length(text: str) -> int:
    """Characters as Slack gets them: a control character is six."""
    return len(text) if len(text) > _SECTION else len(buttons.packed(escaped(text))) - 2


def _sorted(given: Sequence[Button], language: str) -> tuple[list[Button], list[str]]:
    """Buttons that Slack takes; for the others, what to say or to open instead."""
    taken: list[Button] = []
    told: list[str] = []
    for one in given:
        fits = (
            re.match(r"https?://\S+$", one.url) and len(one.url) <= _URL
            if one.url
            else bool(one.command) and len(buttons.value(one)) <= buttons.MOST_VALUE
        )
        if fits and one.label.strip():
            taken.append(one)
        if not fits or len(one.label) > _LABEL or not one.label.strip():
            told.append(plain.button(one, language))
    return taken, told


def _button(one: Button, number: int) -> Block:
    data: Block = {"type": "button", "text": plain_text(one.label, _LABEL)}
    if one.url:
        data |= {"action_id": f"{buttons.OPEN}{number}", "url": one.url}
    else:
        data |= {"action_id": f"{buttons.SAY}{number}", "value": buttons.value(one)}
    return {**data, "style": "primary"} if one.primary else data


def _form(form: Form, language: str) -> Block:
    value = buttons.form_value(form, language)
    if len(value) > buttons.MOST_VALUE:
        raise Refused("a form with more fields than a button of Slack's carries")
    return {
        "type": "button",
        "text": plain_text(_FILL.in_(language), _LABEL),
        "action_id": f"{buttons.FILL}0",
        "value": value,
        "style": "primary",
    }
