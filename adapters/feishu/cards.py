"""The parts of a card, JSON 2.0. Pure.

Words are shown as `plain_text` everywhere: it knows no markup, so nothing that a customer wrote can
mention somebody, link or format. JSON 2.0 refuses attributes that it does not know (2026-11).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import orjson

from adapters.feishu import taps
from bot.contract import Button, Fact, Field, FieldKind, Form, Level, Table, storable
from bot.render import plain, split
from bot.texts import Text

Element = dict[str, Any]

MOST_BYTES: Final = 30 * 1024
"""Of a whole request with a card or rich text in it."""
MOST_ELEMENTS: Final = 200
MOST_COLUMNS: Final = 50
ROWS_SHOWN: Final = 10
MOST_INPUT: Final = 1000
_SHORT_INPUT: Final = 100
MOST_CHOICES: Final = 100
_FORM_BYTES: Final = 20_000
PIECE: Final = 9000
"""Bytes of one piece of text."""
_TABLE_BYTES: Final = 18_000
_BUTTON_BYTES: Final = 6000
_TITLE: Final = 80
_SHORT: Final = 500
_ROW: Final = 8
FORM: Final = "__form"
SUBMIT: Final = "__submit"
COLOURS: Final = {
    Level.INFO: "blue",
    Level.GOOD: "green",
    Level.WARNING: "orange",
    Level.DANGER: "red",
}
MARKS: Final = {Level.INFO: "", Level.GOOD: "✅ ", Level.WARNING: "⚠️ ", Level.DANGER: "🔴 "}
"""For what has no title that could be coloured."""
_CHOOSE = Text("请选择", "Choose")
_NOW = Text("{label}（原文见上，填写后替换）", "{label} (shown above; what you write replaces it)")


def weight(value: Any) -> int:
    """Bytes that a value takes in a request, where it is JSON in a text in JSON."""
    return len(orjson.dumps(orjson.dumps(value).decode()))


def _weight_of_text(text: str) -> int:
    return weight(text) - 6


def pieces(text: str, most: int = PIECE) -> list[str]:
    return split.split(clean(text), most, _weight_of_text)


def clean(text: str) -> str:
    """Text that JSON can carry: no lone surrogates."""
    return str(storable(text))


def words(text: str) -> Element:
    return {"tag": "plain_text", "content": clean(text)}


def div(text: str, **style: str) -> Element:
    return {"tag": "div", "text": words(text) | style}


def texts(text: str, **style: str) -> list[Element]:
    return [div(piece, **style) for piece in pieces(text)]


def small(text: str) -> list[Element]:
    return texts(text, text_size="notation", text_color="grey")


def header(title: str, level: Level) -> tuple[Element, list[Element]]:
    """The card's head; a title that it would cut stands below it in full."""
    title = clean(title)
    shown = title if len(title) <= _TITLE else title[: _TITLE - 1] + "…"
    head = {"title": words(shown), "template": COLOURS[level]}
    return head, texts(title, text_size="heading") if shown != title else []


def facts(shown: Sequence[Fact], language: str) -> list[Element]:
    made: list[Element] = []
    for fact in shown:
        if fact.label and len(fact.label) + len(fact.value) <= _SHORT:
            columns = [
                _column([div(fact.label, text_color="grey")], weight=1),
                _column([div(fact.value)], weight=3),
            ]
            made.append({"tag": "column_set", "flex_mode": "none", "columns": columns})
        else:
            made += texts(plain.labelled(fact.label, fact.value, language))
    return made


def _column(elements: list[Element], **shape: int) -> Element:
    width = {"width": "weighted"} if shape else {"width": "auto"}
    return {"tag": "column", **width, **shape, "elements": elements}


def tables(shown: Table, language: str) -> list[Element]:
    """Tables of as many rows as fit; lines of text where a row or the columns are too many."""
    columns = [
        {
            "name": f"c{number}",
            "display_name": clean(heading),
            "data_type": "text",
            "width": "auto",
        }
        for number, heading in enumerate(shown.columns)
    ]
    rows = [
        {f"c{number}": clean(cell) for number, cell in enumerate(cells)} for cells in shown.rows
    ]
    head = weight(columns) + 200
    if not 1 <= len(columns) <= MOST_COLUMNS or not rows:
        return texts("\n".join(plain.table(shown, language)))
    if head + max(weight(row) for row in rows) > _TABLE_BYTES:
        return texts("\n".join(plain.table(shown, language)))
    return [_table(columns, chunk) for chunk in _chunks(rows, _TABLE_BYTES - head)]


def _table(columns: list[Element], rows: list[Element]) -> Element:
    return {
        "tag": "table",
        "page_size": min(len(rows), ROWS_SHOWN),
        "row_height": "auto",
        "row_max_height": "999px",
        "columns": columns,
        "rows": rows,
    }


def _chunks(rows: Iterable[Element], most: int) -> list[list[Element]]:
    chunks: list[list[Element]] = []
    left = 0
    for row in rows:
        size = weight(row) + 1
        if not chunks or size > left:
            chunks.append([])
            left = most
        chunks[-1].append(row)
        left -= size
    return chunks


def picture(key: str, alt: str) -> Element:
    """A picture as wide as the card, with nothing cut off."""
    return {"tag": "img", "img_key": key, "alt": words(alt), "scale_type": "fit_horizontal"}


Value = Callable[[Button], Mapping[str, Any]]


def buttons(shown: Sequence[Button], value: Value, language: str) -> list[Element]:
    """Rows of buttons; one that no card can hold is written as words."""
    made: list[Element] = []
    row: list[Element] = []
    for one in shown:
        element = _button(one, value(one))
        if weight(element) > _BUTTON_BYTES:
            made += texts(plain.button(one, language))
            continue
        row.append(_column([element]))
        if len(row) == _ROW:
            made.append(_row(row))
            row = []
    return [*made, _row(row)] if row else made


def _row(columns: list[Element]) -> Element:
    return {"tag": "column_set", "flex_mode": "flow", "columns": columns}


def _button(one: Button, value: Mapping[str, Any]) -> Element:
    behavior: Element = (
        {"type": "open_url", "default_url": clean(one.url)}
        if one.url
        else {"type": "callback", "value": dict(value)}
    )
    return {
        "tag": "button",
        "text": words(one.label or one.command or one.url),
        "type": "primary" if one.primary else "default",
        "behaviors": [behavior],
    }


def form(shown: Form, value: Mapping[str, Any], language: str) -> list[Element]:
    """A form, after what is too long to be edited in it; nothing where no card can hold it."""
    for longest in (MOST_INPUT, _SHORT_INPUT):
        above: list[Element] = []
        elements: list[Element] = []
        for field in shown.fields:
            above += texts(field.value) if _is_long(field, longest) else []
            elements += _field(field, language, longest)
        made = {"tag": "form", "name": FORM, "elements": [*elements, _submit(shown, value)]}
        if weight(made) <= _FORM_BYTES and count(made) < MOST_ELEMENTS - 20:
            return [*above, made]
    return []


def _submit(shown: Form, value: Mapping[str, Any]) -> Element:
    return {
        "tag": "button",
        "name": SUBMIT,
        "text": words(shown.submit or shown.title or shown.command),
        "type": "primary",
        "form_action_type": "submit",
        "behaviors": [{"type": "callback", "value": dict(value)}],
    }


def _is_long(field: Field, longest: int) -> bool:
    return field.kind in {FieldKind.TEXT, FieldKind.LONG} and len(field.value) > longest


def form_value(shown: Form, *, private: bool, thread: str) -> dict[str, Any]:
    return taps.value(shown.command, once=False, private=private, thread=thread, form=shown)


def _field(field: Field, language: str, longest: int) -> list[Element]:
    """A field; pickers have no label of their own, so one stands above them."""
    common: Element = {"name": field.name, "required": field.required, "width": "fill"}
    if field.kind is FieldKind.DATE:
        picker = {"tag": "date_picker", **common, "placeholder": words(_CHOOSE.in_(language))}
        if len(field.value) == 10:
            picker["initial_date"] = clean(field.value)
        return [div(field.label), picker]
    if field.kind is FieldKind.CHOICE and 0 < len(field.choices) <= MOST_CHOICES:
        return [div(field.label), _select(field, common, language)]
    box: Element = {"tag": "input", **common, "max_length": MOST_INPUT, "label_position": "top"}
    if field.kind is FieldKind.LONG:
        box |= {"input_type": "multiline_text", "rows": 4, "auto_resize": True}
    if _is_long(field, longest):
        return [box | {"label": words(_NOW.in_(language, label=field.label))}]
    if field.value:
        box["default_value"] = clean(field.value)
    return [box | {"label": words(field.label)}]


def _select(field: Field, common: Element, language: str) -> Element:
    picker = {"tag": "select_static", **common, "placeholder": words(_CHOOSE.in_(language))}
    options = [{"text": words(one.label), "value": clean(one.value)} for one in field.choices]
    picker["options"] = options
    values = [one.value for one in field.choices]
    if field.value in values:
        picker["initial_index"] = values.index(field.value) + 1
    return picker


def count(part: Any) -> int:
    """Elements in a part of a card, nested ones too."""
    if isinstance(part, list):
        return sum(count(one) for one in part)
    if not isinstance(part, dict):
        return 0
    return ("tag" in part) + sum(count(inner) for name, inner in part.items() if name != "rows")


def card(elements: list[Element], head: Element | None) -> Element:
    """A whole card. Forwarded ones cannot be tapped; all who have it see a change of it."""
    made: Element = {"schema": "2.0", "config": {"update_multi": True}}
    if head is not None:
        made["header"] = head
    return made | {"body": {"elements": elements}}
