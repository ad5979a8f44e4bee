"""Notice → the body that is POSTed to the other system. Pure."""

from typing import Any

import orjson

from bot.contract import Notice
from bot.texts import Text

_OPENS = Text("回复命令", "reply with")


def body(chat: str, notice: Notice, key: str) -> bytes:
    """The notice as data and as plain words; buttons degrade to the commands that they say."""
    data: dict[str, Any] = {
        "key": key,
        "chat": chat,
        "text": plain(notice),
        "title": notice.title,
        "level": notice.level,
        "audience": notice.audience,
        "language": notice.language,
        "facts": [fact.model_dump() for fact in notice.facts],
        "table": notice.table.model_dump() if notice.table else None,
        "buttons": [button.model_dump() for button in notice.buttons],
    }
    return orjson.dumps(data)


def plain(notice: Notice) -> str:
    """The whole notice as lines of text."""
    lines = [notice.title, notice.text]
    lines += [f"{fact.label}: {fact.value}" for fact in notice.facts]
    if notice.table:
        lines.append(" | ".join(notice.table.columns))
        lines += [" | ".join(row) for row in notice.table.rows]
    lines += [
        f"{button.label}: {button.url or _OPENS.in_(notice.language) + ' ' + button.command}"
        for button in notice.buttons
    ]
    return "\n".join(line for line in lines if line)
