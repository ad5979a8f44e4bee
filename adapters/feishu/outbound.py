"""Notice and target → calls of the messages' API. Pure."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from adapters.feishu import cards, taps
from adapters.feishu.api import segment
from adapters.feishu.cards import Element
from bot.contract import Button, Notice, Target
from bot.render import plain, split
from bot.texts import Text

MOST_TEXT: Final = 150 * 1024
"""Bytes of a whole request with a text message."""
_ENVELOPE: Final = 1024
"""Left free for the request around the content: receiver, kind, uuid, a title's number."""
_CARD: Final = cards.MOST_BYTES - _ENVELOPE
_MARKUP: Final = re.compile(r"<[a-zA-Z/!]|\]\s*\(")
"""What a text message would take for a mention, a style or a link."""
_PART = Text("（{number}/{all}）", " ({number}/{all})")


@dataclass(frozen=True, slots=True)
class Call:
    """A request that makes or changes one message."""

    method: str
    path: str
    body: dict[str, Any]
    params: dict[str, str] = field(default_factory=dict[str, str])


def calls(target: Target, notice: Notice, key: str, picture: str = "") -> list[Call]:
    """What to send, in order. The first takes the place of a message where the target names one.

    `picture` is the key of the uploaded picture that shows the notice's chart.
    """
    contents = messages(target, notice, picture)
    if target.place:
        first = change(target.place, contents[0][1])
        return [first, *(fresh(target, contents, key, part) for part in range(1, len(contents)))]
    return [fresh(target, contents, key, part) for part in range(len(contents))]


def change(place: str, content: Element) -> Call:
    return Call("PATCH", f"im/v1/messages/{segment(place)}", {"content": dumped(content)})


def edit(target: Target, notice: Notice) -> Call | None:
    """A change of a message of words; None for what needs a card, or more than one message."""
    if not _is_plain(notice) or len(messages(target, notice)) > 1:
        return None
    kind, content = _texts(cards.MARKS[notice.level] + notice.text)[0]
    path = f"im/v1/messages/{segment(target.place)}"
    return Call("PUT", path, {"msg_type": kind, "content": dumped(content)})


def fresh(
    target: Target, contents: list[tuple[str, Element]], key: str, part: int, *, thread: bool = True
) -> Call:
    """A new message: a reply in the target's thread, or one to its chat."""
    kind, content = contents[part]
    body = {"msg_type": kind, "content": dumped(content), "uuid": uuid(key, part)}
    if target.thread and thread:
        return Call(
            "POST",
            f"im/v1/messages/{segment(target.thread)}/reply",
            body | {"reply_in_thread": True},
        )
    params = {"receive_id_type": id_type(target.chat)}
    return Call("POST", "im/v1/messages", body | {"receive_id": target.chat}, params)


def messages(target: Target, notice: Notice, picture: str = "") -> list[tuple[str, Element]]:
    """Kind and content of each message. Only a card can take the place of another."""
    if not target.place and _is_plain(notice):
        return _texts(cards.MARKS[notice.level] + notice.text)
    made = _cards(target, notice, picture)
    return [("interactive", one) for one in made]


def dumped(content: Element) -> str:
    return orjson.dumps(content).decode()


def uuid(key: str, part: int) -> str:
    """Feishu shows one message for one of these, for an hour; at most 50 characters."""
    return hashlib.blake2b(f"{part}\n{key}".encode("utf-8", "replace"), digest_size=20).hexdigest()


def id_type(chat: str) -> str:
    if chat.startswith("ou_"):
        return "open_id"
    return "union_id" if chat.startswith("on_") else "chat_id"


def _is_plain(notice: Notice) -> bool:
    """Nothing but words: those need no card."""
    more = notice.title or notice.facts or notice.table or notice.buttons or notice.form
    return not (more or notice.chart or notice.note) and bool(notice.text.strip())


def _texts(text: str) -> list[tuple[str, Element]]:
    """Text messages; words with markup in them go as rich text, which takes them as they are."""
    text = cards.clean(text)
    if _MARKUP.search(text):
        most = _CARD - 200
        parts = split.split(text, most, lambda part: cards.weight(_post(part)))
        return [("post", _post(part)) for part in parts]
    most = MOST_TEXT - _ENVELOPE
    parts = split.split(text, most, lambda part: cards.weight({"text": part}))
    return [("text", {"text": part}) for part in parts]


def _post(text: str) -> Element:
    return {"zh_cn": {"title": "", "content": [[{"tag": "text", "text": text}]]}}


def _cards(target: Target, notice: Notice, picture: str) -> list[Element]:
    head, body = None, list[Element]()
    if notice.title:
        head, body = cards.header(notice.title, notice.level)
        body += cards.texts(notice.text)
    else:
        body = cards.texts(cards.MARKS[notice.level] + notice.text)
    body += cards.facts(notice.facts, notice.language)
    if notice.table:
        body += cards.tables(notice.table, notice.language)
    if notice.chart:
        body.append(cards.picture(picture, notice.chart.words))
    acting = _acting(target, notice)
    packs = _packed(body if body or acting else [{"tag": "hr"}], acting, head)
    return [
        cards.card(pack, _numbered(head, number, len(packs), notice.language))
        for number, pack in enumerate(packs, start=1)
    ]


def _acting(target: Target, notice: Notice) -> list[Element]:
    """What is tapped, and the small print: they belong together, on the last card."""
    private = id_type(target.chat) == "open_id"

    def value(one: Button) -> dict[str, Any]:
        return taps.value(one.command, once=one.once, private=private, thread=target.thread)

    made: list[Element] = []
    if notice.form:
        if notice.form.title:
            made += cards.texts(notice.form.title)
        carried = cards.form_value(notice.form, private=private, thread=target.thread)
        made += cards.form(notice.form, carried, notice.language) or cards.texts(
            plain.usage(notice)
        )
    made += cards.buttons(notice.buttons, value, notice.language)
    return made + cards.small(notice.note)


def _packed(
    body: list[Element], acting: list[Element], head: Element | None
) -> list[list[Element]]:
    """Elements in cards that hold them; `acting` stays together where one card can."""
    most = _CARD - cards.weight(cards.card([], head))
    packs = _filled(body, most)
    last = packs[-1] if packs else []
    if packs and _fits([*last, *acting], most):
        return [*packs[:-1], [*last, *acting]]
    return packs + _filled(acting, most)


def _filled(elements: list[Element], most: int) -> list[list[Element]]:
    packs: list[list[Element]] = []
    for element in elements:
        if packs and _fits([*packs[-1], element], most):
            packs[-1].append(element)
        else:
            packs.append([element])
    return packs


def _fits(elements: list[Element], most: int) -> bool:
    # Feishu takes five tables a card; by their size there are never more than two.
    return cards.weight(elements) <= most and cards.count(elements) < cards.MOST_ELEMENTS


def _numbered(head: Element | None, number: int, of: int, language: str) -> Element | None:
    """The head of one of several cards tells which it is."""
    if head is None or of == 1:
        return head
    told = head["title"]["content"] + _PART.in_(language, number=number, all=of)
    return head | {"title": cards.words(told)}
