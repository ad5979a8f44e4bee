"""What Feishu takes for the content of a message: strict, with its own codes (2026-11)."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

TOO_LONG: Final = 230025
BAD_CARD: Final = 230099
BAD_PARAMETER: Final = 230001

MOST_TEXT: Final = 150 * 1024
MOST_CARD: Final = 30 * 1024
MOST_ELEMENTS: Final = 200
MOST_TABLES: Final = 5

_WORDS: Final = {"tag", "content"}
ATTRIBUTES: Final[dict[str, set[str]]] = {
    "plain_text": _WORDS | {"text_size", "text_color", "text_align", "lines"},
    "markdown": _WORDS | {"text_size", "text_align", "icon", "element_id", "margin"},
    "div": {"tag", "text", "icon", "width", "element_id", "margin"},
    "hr": {"tag", "element_id", "margin"},
    "column_set": {"tag", "columns", "flex_mode", "background_style", "horizontal_spacing"},
    "column": {"tag", "width", "weight", "elements", "vertical_align", "vertical_spacing"},
    "button": {"tag", "name", "text", "type", "size", "width", "behaviors", "form_action_type"},
    "table": {
        *("tag", "page_size", "row_height", "row_max_height", "header_style"),
        *("freeze_first_column", "columns", "rows"),
    },
    "img": {
        *("tag", "img_key", "alt", "title", "scale_type", "size", "transparent", "preview"),
        *("corner_radius", "element_id", "margin"),
    },
    "form": {"tag", "name", "elements", "direction", "element_id"},
    "input": {
        *("tag", "name", "required", "placeholder", "default_value", "width", "max_length"),
        *("input_type", "rows", "max_rows", "auto_resize", "label", "label_position"),
    },
    "date_picker": {"tag", "name", "required", "width", "initial_date", "placeholder"},
    "select_static": {
        *("tag", "name", "required", "width", "type", "options", "initial_index", "placeholder"),
    },
}
ROOT_ONLY: Final = {"table", "form"}
IN_FORM: Final = {"input", "date_picker", "select_static"}


class BadContent(Exception):
    def __init__(self, code: int, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code


def need(condition: object, why: str, code: int = BAD_CARD) -> None:
    if not condition:
        raise BadContent(code, why)


def check(kind: str, content: str, size: int) -> Any:
    """The content, read; raises `BadContent`. `size` is the whole request's, in bytes."""
    need(size <= (MOST_TEXT if kind == "text" else MOST_CARD), f"{size} bytes", TOO_LONG)
    try:
        body = json.loads(content)
    except ValueError:
        raise BadContent(BAD_PARAMETER, "content is not JSON") from None
    if kind == "text":
        need(set(body) == {"text"} and body["text"].strip(), "text", BAD_PARAMETER)
    elif kind == "post":
        _post(body)
    else:
        need(kind == "interactive", f"msg_type {kind}", BAD_PARAMETER)
        _card(body)
    return body


def _post(body: Any) -> None:
    for shell in body.values():
        need(set(shell) == {"title", "content"}, "post", BAD_PARAMETER)
        need(shell["content"], "empty post", BAD_PARAMETER)
        for element in (one for row in shell["content"] for one in row):
            need(set(element) <= {"tag", "text", "href"}, "post element", BAD_PARAMETER)
            need(element["tag"] in {"text", "a"}, "post tag", BAD_PARAMETER)


def _card(card: Any) -> None:
    need(set(card) <= {"schema", "config", "header", "body"}, f"card {set(card)}")
    need(card["schema"] == "2.0", "schema")
    need(card["config"] == {"update_multi": True}, "config")
    if "header" in card:
        need(set(card["header"]) <= {"title", "subtitle", "template"}, "header")
        need(card["header"]["title"]["content"], "an empty title")
        need(card["header"]["template"] in {"blue", "green", "orange", "red"}, "template")
    elements = card["body"]["elements"]
    need(elements, "an empty body")
    tags = [one for one in walk(card) if "tag" in one]
    need(len(tags) <= MOST_ELEMENTS, f"{len(tags)} elements")
    need(sum(one["tag"] == "table" for one in tags) <= MOST_TABLES, "11310: tables")
    names = [one["name"] for one in tags if "name" in one]
    need(len(names) == len(set(names)), "names are not unique")
    for element in elements:
        _element(element, "root")


def walk(part: Any) -> Iterator[dict[str, Any]]:
    """Every object of a card, in the order in which it is read."""
    if isinstance(part, dict):
        yield part
        for inner in part.values():
            yield from walk(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from walk(inner)


def _element(one: Any, where: str) -> None:
    tag = one.get("tag")
    need(tag in ATTRIBUTES, f"tag {tag}")
    need(set(one) <= ATTRIBUTES[tag], f"{tag}: {set(one) - ATTRIBUTES[tag]}")
    need(tag not in ROOT_ONLY or where == "root", f"{tag} in {where}")
    need(tag not in IN_FORM or where == "form", f"{tag} in {where}")
    match tag:
        case "div":
            need(one["text"]["tag"] in {"plain_text", "lark_md"}, "div text")
            _words(one["text"])
        case "markdown":
            need("<at" not in one["content"], "a mention")
        case "column_set":
            need(one["flex_mode"] in {"none", "flow", "stretch", "bisect", "trisect"}, "flex_mode")
            for column in one["columns"]:
                need(column["tag"] == "column" and column["elements"], "column")
                need(set(column) <= ATTRIBUTES["column"], "column")
                for inner in column["elements"]:
                    _element(inner, "column")
        case "form":
            need(one["name"], "form name")
            for inner in one["elements"]:
                _element(inner, "form")
            submits = [i for i in one["elements"] if i.get("form_action_type") == "submit"]
            need(len(submits) == 1 and submits[0].get("name"), "a form needs a named submit button")
        case "button":
            _button(one, where)
        case "table":
            _table(one)
        case "img":
            need(one["img_key"], "an image without a key")
            need(one["alt"]["tag"] == "plain_text", "alt")
            _words(one["alt"])
            need(one.get("scale_type") in {"crop_center", "crop_top", "fit_horizontal"}, "scale")
        case "input" | "date_picker" | "select_static":
            _field(one)
        case _:
            pass


def _words(text: Any) -> None:
    need(set(text) <= ATTRIBUTES["plain_text"], f"text {set(text)}")
    need(isinstance(text["content"], str), "content")


def _button(one: Any, where: str) -> None:
    _words(one["text"])
    need(one["text"]["content"], "a button without a label")
    need(one["type"] in {"default", "primary", "danger"}, "button type")
    need(("form_action_type" in one) == (where == "form"), "form_action_type")
    for behavior in one["behaviors"]:
        if behavior["type"] == "open_url":
            need(re.match(r"https?://", behavior["default_url"]), "url")
        else:
            need(behavior["type"] == "callback", "behavior")
            need(isinstance(behavior["value"], dict), "value")


def _table(one: Any) -> None:
    need(1 <= one["page_size"] <= 10, "page_size")
    need(1 <= len(one["columns"]) <= 50, "columns")
    need(one["row_height"] in {"low", "middle", "high", "auto"}, "row_height")
    names = {column["name"] for column in one["columns"]}
    need(len(names) == len(one["columns"]), "column names")
    for column in one["columns"]:
        need(set(column) <= {"name", "display_name", "data_type", "width"}, "column")
        need(column["data_type"] in {"text", "number", "lark_md"}, "data_type")
    for row in one["rows"]:
        need(set(row) <= names, "row")
        need(all(isinstance(cell, str) for cell in row.values()), "cell")


def _field(one: Any) -> None:
    need(one.get("name"), "a field without a name")
    if one["tag"] == "input":
        need(1 <= one["max_length"] <= 1000, "max_length")
        need(len(one.get("default_value", "")) <= one["max_length"], "default_value")
        _words(one["label"])
    elif one["tag"] == "date_picker":
        need(re.fullmatch(r"(\d{4}-\d\d-\d\d)?", one.get("initial_date", "")), "initial_date")
    else:
        need(one["options"], "options")
        values = [option["value"] for option in one["options"]]
        need(len(values) == len(set(values)) and all(values), "option values")
        need(1 <= one.get("initial_index", 1) <= len(values), "initial_index")
        for option in one["options"]:
            need(set(option) <= {"text", "value", "icon"}, "option")


def seen(kind: str, body: Any) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """What a reader sees of a message: words, labels of buttons, names of fields."""
    if kind == "text":
        text = re.sub(r"<at\b[^>]*>.*?</at>", "@somebody", body["text"])
        text = re.sub(r"</?(b|i|u|s|a)\b[^>]*>", "", text)
        return re.sub(r"\[([^\]]*)\]\(([^)]*)\)", r"\1", text), (), ()
    if kind == "post":
        rows = next(iter(body.values()))["content"]
        return "\n".join("".join(one["text"] for one in row) for row in rows), (), ()
    words: list[str] = []
    for one in walk(body):
        if one.get("tag") == "table":
            words += [column["display_name"] for column in one["columns"]]
            words += [cell for row in one["rows"] for cell in row.values()]
        elif one.get("tag") in {"plain_text", "markdown"}:
            words.append(one["content"])
        words += [one["default_value"]] if "default_value" in one else []
    buttons = [one["text"]["content"] for one in walk(body) if one.get("tag") == "button"]
    fields = [one["name"] for one in walk(body) if one.get("tag") in IN_FORM]
    return "\n".join(words), tuple(buttons), tuple(fields)
