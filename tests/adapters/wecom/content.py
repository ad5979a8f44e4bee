"""What WeCom takes as the content of a message, written from its pages, apart from the adapter."""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any

INVISIBLE = "\u200b\u200c\u200d\u2060\u2063"
_TASK = re.compile(r"[0-9a-zA-Z_@-]{1,128}")


class Wrong(Exception):
    """What the platform would refuse, with its code."""

    def __init__(self, code: int, told: str) -> None:
        super().__init__(told)
        self.code = code


def need(condition: object, code: int, told: str) -> None:
    if not condition:
        raise Wrong(code, told)


def size(text: str) -> int:
    return len(text.encode())


def columns(text: str) -> int:
    return sum(1 if ord(char) < 0x2E80 else 2 for char in text)


def check_card(card: Any) -> None:
    """`template_card` of the type button_interaction."""
    need(isinstance(card, dict), 40058, "template_card is not an object")
    need(card.get("card_type") == "button_interaction", 40058, "card_type")
    known = (
        "card_type source main_title sub_title_text horizontal_content_list task_id button_list "
        "replace_text card_action quote_area"
    )
    need(set(card) <= set(known.split()), 40058, f"unknown fields: {set(card)}")
    need(_TASK.fullmatch(card.get("task_id", "")), 40058, "task_id")
    title = card.get("main_title", {})
    need(title.get("title") or card.get("sub_title_text"), 40058, "main_title.title")
    need(columns(title.get("title", "")) <= 52, 40058, "main_title.title is longer than 26")
    need(columns(title.get("desc", "")) <= 60, 40058, "main_title.desc is longer than 30")
    need(columns(card.get("sub_title_text", "")) <= 224, 40058, "sub_title_text beyond 112")
    facts = card.get("horizontal_content_list", [])
    need(len(facts) <= 6, 40058, "more than 6 of horizontal_content_list")
    for fact in facts:
        need(fact.get("keyname"), 40058, "keyname is missing")
        need(columns(fact["keyname"]) <= 10, 40058, "keyname is longer than 5")
        need(columns(fact.get("value", "")) <= 52, 40058, "value is longer than 26")
    source = card.get("source", {})
    need(columns(source.get("desc", "")) <= 26, 40058, "source.desc")
    need(source.get("desc_color", 0) in {0, 1, 2, 3}, 40058, "source.desc_color")
    _check_buttons(card.get("button_list"))


def _check_buttons(buttons: Any) -> None:
    need(isinstance(buttons, list) and 1 <= len(buttons) <= 6, 40058, "button_list: 1 to 6")
    keys: list[str] = []
    for button in buttons:
        need(button.get("text"), 40058, "a button without text")
        need(columns(button["text"]) <= 20, 40058, "a button's text is longer than 10")
        need(button.get("style", 1) in {1, 2, 3, 4}, 40058, "style")
        if button.get("type", 0) == 1:
            need(button.get("url", "").startswith("http"), 40058, "url")
        else:
            need(0 < size(button.get("key", "")) <= 1024, 40058, "key: 1 to 1024 bytes")
            keys.append(button["key"])
    need(len(keys) == len(set(keys)), 40058, "two buttons have one key")


def check_picture(image: Any, media: Mapping[str, Any] | None) -> None:
    """`image`: by an id of `media`, or the whole of it where there are no ids."""
    if media is not None:
        need(set(image) == {"media_id"}, 40058, "image")
        need(image["media_id"] in media, 40007, "invalid media_id")
        return
    need(set(image) == {"base64", "md5"}, 40058, "image")
    data = base64.b64decode(image["base64"], validate=True)
    need(hashlib.md5(data).hexdigest() == image["md5"], 301019, "md5")  # noqa: S324 - WeCom's
    need(len(data) <= 2 * 1024 * 1024, 40009, "invalid image size")
    need(data.startswith((b"\x89PNG", b"\xff\xd8")), 40005, "neither PNG nor JPG")


def check_content(
    message: Any,
    *,
    types: set[str],
    markdown: int = 2048,
    media: Mapping[str, Any] | None = None,
) -> None:
    """`msgtype` and its content; what WeCom would cut without a word is a fault here."""
    kind = message.get("msgtype")
    need(kind in types, 40008, f"msgtype {kind}")
    if kind == "image":
        check_picture(message.get("image"), media)
        return
    if kind == "template_card":
        check_card(message.get("template_card"))
        return
    content = message.get(kind, {}).get("content")
    need(isinstance(content, str), 40058, "content is no text")
    need(content.strip(INVISIBLE + " \n\t\r\u3000\ufeff") or content, 44004, "empty content")
    need(size(content) <= (2048 if kind == "text" else markdown), 45002, "content too long")
