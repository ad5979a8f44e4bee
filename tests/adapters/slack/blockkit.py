"""Slack's rules for blocks, as its documents give them; the error codes are its own."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

MESSAGE = frozenset(["section", "header", "actions", "context", "divider", "table", "image"])
HOME = MESSAGE - {"table", "image"}
MODAL = frozenset(["section", "header", "context", "divider", "input"])
MOST_CHARACTERS = 13_200


class Wrong(Exception):
    """The error code that Slack answers with."""


def must(held: object, why: str, code: str = "invalid_blocks") -> None:
    if not held:
        raise Wrong(code, why)


def text(one: Any, most: int, *kinds: str) -> None:
    must(isinstance(one, dict) and one.get("type") in (kinds or ("plain_text", "mrkdwn")), "text")
    must(isinstance(one["text"], str) and 0 < len(one["text"]) <= most, f"text over {most}")
    must(not (one["type"] == "mrkdwn" and "emoji" in one), "emoji is for plain_text")
    must(not (one["type"] == "plain_text" and "verbatim" in one), "verbatim is for mrkdwn")
    if one["type"] == "mrkdwn":
        bare = re.sub(r"&(amp|lt|gt);", "", one["text"])
        must(not set(bare) & {"&", "<", ">"}, "a mark that is not escaped")
        must(one.get("verbatim") is True, "names and addresses would become links")


def message(body: Mapping[str, Any]) -> None:
    """Raises `Wrong` for what chat.postMessage and chat.update do not take."""
    blocks = body.get("blocks", [])
    must(body.get("text") or blocks, "nothing", "no_text")
    must(len(body.get("text", "")) <= 40_000, "text", "msg_too_long")
    listed(blocks, 50, MESSAGE)
    whole = len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))
    must(whole <= MOST_CHARACTERS, str(whole), "msg_blocks_too_long")
    tables = [one for one in blocks if one["type"] == "table"]
    must(len(tables) <= 1, "only_one_table_allowed", "invalid_attachments")


def view(body: Any) -> None:
    """Raises `Wrong` for what views.open and views.publish do not take."""
    must(
        isinstance(body, dict) and body.get("type") in {"modal", "home"},
        "view",
        "invalid_arguments",
    )
    modal = body["type"] == "modal"
    listed(body.get("blocks"), 100, MODAL if modal else HOME)
    must(len(body.get("private_metadata", "")) <= 3000, "private_metadata", "invalid_arguments")
    must(len(body.get("callback_id", "")) <= 255, "callback_id", "invalid_arguments")
    must(len(json.dumps(body, ensure_ascii=False).encode()) <= 250_000, "view", "view_too_large")
    if modal:
        for name in ("title", "submit", "close"):
            text(body[name], 24, "plain_text")


def listed(blocks: Any, most: int, kinds: frozenset[str]) -> None:
    must(isinstance(blocks, list) and len(blocks) <= most, f"more than {most} blocks")
    names = [one["block_id"] for one in blocks if "block_id" in one]
    must(len(names) == len(set(names)), "block_id twice")
    for one in blocks:
        must(one.get("type") in kinds, f"unsupported block {one.get('type')}")
        must(len(one.get("block_id", "")) <= 255, "block_id")
        BLOCKS[one["type"]](one)


def section(one: Mapping[str, Any]) -> None:
    must("text" in one or one.get("fields"), "an empty section")
    if "text" in one:
        text(one["text"], 3000)
    must(len(one.get("fields", [])) <= 10, "fields")
    for field in one.get("fields", []):
        text(field, 2000)


def actions(one: Mapping[str, Any]) -> None:
    elements = one["elements"]
    must(0 < len(elements) <= 25, "elements")
    ids = [element["action_id"] for element in elements]
    must(len(ids) == len(set(ids)), "action_id twice")
    for element in elements:
        must(element["type"] == "button", "element")
        text(element["text"], 75, "plain_text")
        must(len(element["action_id"]) <= 255, "action_id")
        must(len(element.get("value", "x")) <= 2000, "value")
        must(element.get("style", "primary") in {"primary", "danger"}, "style")
        if "url" in element:
            must(re.match(r"https?://\S+$", element["url"]) and len(element["url"]) <= 3000, "url")


def context(one: Mapping[str, Any]) -> None:
    must(0 < len(one["elements"]) <= 10, "elements")
    for element in one["elements"]:
        text(element, 3000)


def table(one: Mapping[str, Any]) -> None:
    rows: Sequence[Sequence[Any]] = one["rows"]
    must(0 < len(rows) <= 100, "rows")
    must(len({len(row) for row in rows}) == 1, "rows of unequal length")
    for row in rows:
        must(0 < len(row) <= 20, "cells")
        for cell in row:
            must(cell["type"] == "raw_text" and cell["text"], "an empty cell")


def image(one: Mapping[str, Any]) -> None:
    must(set(one) <= {"type", "block_id", "title", "alt_text", "slack_file", "image_url"}, "image")
    must(isinstance(one.get("alt_text"), str) and 0 < len(one["alt_text"]) <= 2000, "alt_text")
    must(("slack_file" in one) != ("image_url" in one), "slack_file or image_url")
    file = one.get("slack_file", {"id": "F"})
    must(len(file) == 1 and set(file) <= {"id", "url"}, "slack_file: id or url")


def taken_in(one: Mapping[str, Any]) -> None:
    text(one["label"], 2000, "plain_text")
    element = one["element"]
    must(0 < len(element["action_id"]) <= 255, "action_id")
    if element["type"] == "plain_text_input":
        must(element["max_length"] <= 3000, "max_length")
        must(len(element.get("initial_value", "")) <= element["max_length"], "initial_value")
    elif element["type"] == "datepicker":
        must(re.fullmatch(r"\d{4}-\d\d-\d\d", element.get("initial_date", "2026-01-01")), "date")
    else:
        must(element["type"] == "static_select", "element")
        groups = element.get("option_groups") or [{"options": element.get("options")}]
        must(("options" in element) != ("option_groups" in element), "options")
        must(len(groups) <= 100, "option_groups")
        options = [one for group in groups for one in group["options"]]
        for group in groups:
            must(0 < len(group["options"]) <= 100, "options")
        for option in options:
            text(option["text"], 75, "plain_text")
            must(0 < len(option["value"]) <= 75, "option value")
        first = element.get("initial_option")
        must(first is None or first in options, "initial_option is none of them")


def header(one: Mapping[str, Any]) -> None:
    text(one["text"], 150, "plain_text")


BLOCKS = {
    "section": section,
    "actions": actions,
    "context": context,
    "table": table,
    "image": image,
    "header": header,
    "input": taken_in,
    "divider": lambda _: None,
}


def words(blocks: Sequence[Mapping[str, Any]]) -> str:
    """What people read, line by line; marks are undone."""
    lines: list[str] = []
    for one in blocks:
        texts = [one.get("text"), one.get("label"), *one.get("fields", [])]
        texts += [e if isinstance(e["text"], str) else e["text"] for e in one.get("elements", [])]
        lines += [read(text) for text in texts if text]
        lines += [one["alt_text"]] if "alt_text" in one else []
        lines += [" ".join(cell["text"] for cell in row) for row in one.get("rows", [])]
    return "\n".join(lines)


def read(one: Mapping[str, Any]) -> str:
    shown = one["text"]
    if one["type"] == "mrkdwn":
        shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return shown


def buttons(blocks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [e for one in blocks if one["type"] == "actions" for e in one["elements"]]
