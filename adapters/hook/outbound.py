"""Notice → the body that is POSTed to the other system. Pure."""

from typing import Any

import orjson

from bot.contract import Notice, Target
from bot.render import plain


def body(target: Target, notice: Notice, key: str) -> bytes:
    """The notice as data and as plain words; buttons degrade to the commands that they say."""
    data: dict[str, Any] = {
        "key": key,
        "chat": target.chat,
        "thread": target.thread,
        "text": plain.text(notice),
        "title": notice.title,
        "level": notice.level,
        "audience": notice.audience,
        "language": notice.language,
        "facts": [fact.model_dump() for fact in notice.facts],
        "table": notice.table.model_dump() if notice.table else None,
        "buttons": [button.model_dump() for button in notice.buttons],
    }
    return orjson.dumps(data)


def told(notice: Notice, key: str) -> bytes:
    """What a system is told by a rule: words for people, and the same as data."""
    data: dict[str, Any] = {
        "id": key,
        "level": notice.level,
        "title": notice.title,
        "text": notice.text,
        "language": notice.language,
        **(notice.data or {}),
    }
    return orjson.dumps(data)
