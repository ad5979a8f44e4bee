"""What a message says: Feishu's content by kind of message → text, mentions, files. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.feishu.events import BadEvent, Mentioned, load
from bot.contract import Mention, RemoteFile

ALL: Final = "all"
_PLACEHOLDER: Final = re.compile(r"@_user_\d+")
_OWN: Final = re.compile(r"[ \t\u00a0]*\x00[ \t\u00a0]*")
_DEEPEST: Final = 12
_MOST_PARTS: Final = 2000

_WORDS: Final = {
    "image": "[图片]",
    "file": "[文件]",
    "folder": "[文件夹]",
    "media": "[视频]",
    "sticker": "[表情]",
    "merge_forward": "[合并转发]",
    "interactive": "[卡片]",
    "share_chat": "[群名片]",
    "share_user": "[个人名片]",
    "location": "[位置]",
    "todo": "[任务]",
    "calendar": "[日程]",
    "general_calendar": "[日程]",
    "share_calendar_event": "[日程]",
    "vote": "[投票]",
    "video_chat": "[视频会议]",
    "hongbao": "[红包]",
    "system": "[系统消息]",
}
"""What stands for a message that has no words; of an unknown kind it is the kind's own name."""

_TELLING: Final = {
    "file": "file_name",
    "folder": "file_name",
    "media": "file_name",
    "location": "name",
    "calendar": "summary",
    "general_calendar": "summary",
    "share_calendar_event": "summary",
    "vote": "topic",
    "video_chat": "topic",
    "hongbao": "text",
}
"""The field that says more about it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one message says."""

    text: str
    mentions: tuple[Mention, ...] = ()
    files: tuple[RemoteFile, ...] = ()
    to_us: bool = False
    """The assistant is mentioned."""


def said(
    kind: str, content: str, mentioned: tuple[Mentioned, ...], message_id: str, bot: str
) -> Said:
    """Raises `BadEvent`. The assistant's own mention (of `bot`, its open_id) is taken out."""
    body = _body(content)
    raw, files = _read(kind, body, message_id)
    ours = {one.key for one in mentioned if _is_us(one, bot)}
    text = _named(raw, mentioned, ours)
    others = {one.id: one.name for one in mentioned if one.key not in ours and one.id}
    if "@_all" in text:
        text = text.replace("@_all", f"@{ALL}")
        others[ALL] = "所有人"
    mentions = tuple(Mention(id=id_, name=name) for id_, name in others.items())
    return Said(text=text, mentions=mentions, files=files, to_us=bool(ours))


def _body(content: str) -> Mapping[str, Any]:
    """The content's fields; some kinds come with plain words instead of JSON."""
    if not content.lstrip().startswith("{"):
        return {"text": content}
    body = load(content)
    if not isinstance(body, dict):
        raise BadEvent("content: not an object")
    return body


def _is_us(one: Mentioned, bot: str) -> bool:
    """By our open_id; where that could not be asked, any bot that is mentioned is taken for us."""
    return one.id == bot if bot else one.mentioned_type == "bot"


def _read(
    kind: str, body: Mapping[str, Any], message_id: str
) -> tuple[str, tuple[RemoteFile, ...]]:
    match kind:
        case "text":
            return _string(body, "text"), ()
        case "post":
            return _post(body, message_id)
        case "audio":
            return "", _file(body, message_id, "file_key", "voice.opus", "audio/ogg", voice=True)
        case "image":
            return _WORDS[kind], _image(body, message_id)
        case "file" | "media":
            name = _string(body, "file_name") or ("video.mp4" if kind == "media" else "file")
            type_ = "video/mp4" if kind == "media" else "application/octet-stream"
            return f"{_WORDS[kind]} {name}", _file(body, message_id, "file_key", name, type_)
        case "todo":
            return _told(kind, " ".join(_texts(body.get("summary")))), ()
        case "interactive":
            return _told(kind, "\n".join(_texts(body))), ()
        case _:
            return _told(kind, _string(body, _TELLING.get(kind, ""))), ()


def _told(kind: str, more: str) -> str:
    return f"{_WORDS.get(kind, f'[{kind}]')} {more}".rstrip()


def _string(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _file(
    body: Mapping[str, Any],
    message_id: str,
    field: str,
    name: str,
    type_: str,
    *,
    voice: bool = False,
) -> tuple[RemoteFile, ...]:
    key = _string(body, field)
    resource = "image" if field == "image_key" else "file"
    if not key:
        return ()
    ref = f"{message_id}/{key}/{resource}"
    return (RemoteFile(ref=ref, name=name[:200], type=type_, voice=voice),)


def _image(body: Mapping[str, Any], message_id: str) -> tuple[RemoteFile, ...]:
    # Feishu does not tell the format; the answer to the fetch does.
    return _file(body, message_id, "image_key", "", "application/octet-stream")


def _post(body: Mapping[str, Any], message_id: str) -> tuple[str, tuple[RemoteFile, ...]]:
    """Rich text as lines; it may come in a shell for its language."""
    inner = body
    if "content" not in body:
        shells = [one for one in body.values() if isinstance(one, dict) and "content" in one]
        inner = shells[0] if shells else body
    lines = [_string(inner, "title")]
    files: list[RemoteFile] = []
    rows = inner.get("content")
    for row in rows if isinstance(rows, list) else []:
        elements = [one for one in row if isinstance(one, dict)] if isinstance(row, list) else []
        lines.append("".join(_element(one) for one in elements))
        for one in elements:
            files += _element_file(one, message_id)
    return "\n".join(lines).strip("\n"), tuple(files)


def _element(one: Mapping[str, Any]) -> str:
    tag, text = _string(one, "tag"), _string(one, "text")
    if tag == "a":
        href = _string(one, "href")
        return text if href in {"", text} else f"{text} {href}"
    if tag == "at":
        user = _string(one, "user_id")
        return user if user.startswith("@") else f"@{user}"
    if tag == "emotion":
        return f"[{_string(one, 'emoji_type')}]"
    if tag in {"img", "media"}:
        return _WORDS["image" if tag == "img" else "media"]
    return "———" if tag == "hr" else text


def _element_file(one: Mapping[str, Any], message_id: str) -> tuple[RemoteFile, ...]:
    tag = _string(one, "tag")
    if tag == "img":
        return _image(one, message_id)
    if tag == "media":
        return _file(one, message_id, "file_key", "video.mp4", "video/mp4")
    return ()


def _texts(body: Any) -> list[str]:
    """The words in a card or a task, in order."""
    found: list[str] = []
    for part in _walk(body, 0):
        found.append(part)
        if len(found) >= _MOST_PARTS:
            break
    return found


def _walk(part: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(part, dict):
        for name, inner in part.items():
            if isinstance(inner, str):
                if name in {"title", "text", "content"} and inner.strip():
                    yield inner
            else:
                yield from _walk(inner, depth + 1)
    elif isinstance(part, list):
        for inner in part:
            yield from _walk(inner, depth + 1)


def _named(text: str, mentioned: tuple[Mentioned, ...], ours: set[str]) -> str:
    """Placeholders as `@` and id; our own mention goes, with the blanks around it."""
    ids = {one.key: one.id for one in mentioned}

    def put(found: re.Match[str]) -> str:
        key = found.group()
        if key in ours:
            return "\x00"
        return f"@{ids[key]}" if ids.get(key) else key

    named = _PLACEHOLDER.sub(put, text.replace("\x00", "\N{REPLACEMENT CHARACTER}"))
    return _OWN.sub(" ", named).strip() if ours else named
