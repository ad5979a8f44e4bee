"""What a message of the conversation archive says, and the files that it has. Pure.

Facts: developer.work.weixin.qq.com/document/path/91774, "消息格式".
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from adapters.wecom import wire
from adapters.wecom.inbound import located, moment
from adapters.wecom.wire import as_list, as_object, as_text

MOST_FILES: Final = 50
_DEEPEST: Final = 3
"""Chat records inside chat records that are still written out."""
_CHINA: Final = ZoneInfo("Asia/Shanghai")
_GENERIC: Final = "application/octet-stream"
_EMOTIONS: Final = {1: ("emotion.gif", "image/gif"), 2: ("emotion.png", "image/png")}


@dataclass(frozen=True, slots=True)
class Media:
    """A file that `GetMediaData` gives."""

    id: str
    name: str
    type: str
    md5: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Said:
    text: str = ""
    media: tuple[Media, ...] = ()


def said(type_: str, content: dict[str, Any], depth: int = 0) -> Said:
    """Words and files; of a type that nobody knows its name."""
    if type_ in _FILES:
        media = _media(type_, content)
        words = _FILES[type_](content)
        return Said(words, (media,)) if media else Said(words or f"[{type_}]")
    if type_ in {"chatrecord", "mixed"} and depth < _DEEPEST:
        return _nested(type_, content, depth)
    words = _WORDS.get(type_)
    return Said(words(content) if words else f"[{type_}]")


def _lines(content: dict[str, Any], *names: str) -> str:
    return "\n".join(found for name in names if (found := as_text(content.get(name))))


def _after(word: str, *names: str) -> Callable[[dict[str, Any]], str]:
    def words(content: dict[str, Any]) -> str:
        return " ".join([word, *filter(None, _lines(content, *names).split("\n"))])

    return words


def _location(content: dict[str, Any]) -> str:
    place = _lines(content, "title", "address").replace("\n", " ")
    return located(place, as_text(content.get("latitude")), as_text(content.get("longitude")))


def _call(content: dict[str, Any]) -> str:
    """The documents and screens that were shown; the sound itself is the file."""
    shown = [as_object(one) for one in as_list(content.get("demofiledata"))]
    names = [name for one in shown if (name := as_text(one.get("filename")))]
    return " ".join(["[语音通话]", *names])


def _voip(content: dict[str, Any]) -> str:
    kind = "视频通话" if content.get("invitetype") in {1, 3} else "语音通话"
    return f"[{kind}] {as_text(content.get('callduration'))} s"


def _nothing(content: dict[str, Any]) -> str:  # noqa: ARG001 - a file says it all
    return ""


_FILES: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "image": _nothing,
    "voice": _nothing,
    "video": _nothing,
    "file": _nothing,
    "emotion": _nothing,
    "meeting_voice_call": _call,
    "voip_doc_share": _nothing,
}
_WORDS: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "text": lambda content: _lines(content, "content"),
    "markdown": lambda content: _lines(content, "content"),
    "agree": lambda _: "[同意存档]",
    "disagree": lambda _: "[拒绝存档]",
    "card": _after("[名片]", "corpname", "userid"),
    "location": _location,
    "link": lambda content: _lines(content, "title", "description", "link_url"),
    "weapp": _after("[小程序]", "displayname", "title", "description"),
    "sphfeed": _after("[视频号]", "sph_name", "feed_desc"),
    "todo": _after("[待办]", "title", "content"),
    "vote": _after("[投票]", "votetitle"),
    "collect": _after("[填表]", "title", "room_name"),
    "meeting": _after("[会议]", "topic", "address", "remarks"),
    "docmsg": _after("[文档]", "title", "link_url"),
    "calendar": _after("[日程]", "title", "place", "remarks"),
    "news": lambda content: "\n".join(
        _lines(as_object(one), "title", "description", "url")
        for one in as_list(content.get("item"))
    ),
    "voiptext": _voip,
}


def _media(type_: str, content: dict[str, Any]) -> Media | None:
    id_ = as_text(content.get("sdkfileid"))
    if not id_:
        return None
    name, mime = as_text(content.get("filename")).replace("\\", "/").rsplit("/", 1)[-1], _GENERIC
    if type_ == "voice":
        name, mime = "voice.amr", "audio/amr"
    elif type_ == "meeting_voice_call":
        name, mime = "call.mp3", "audio/mpeg"
    elif type_ == "image":
        name, mime = name or "image.jpg", "image/jpeg"
    elif type_ == "video":
        name, mime = name or "video.mp4", "video/mp4"
    elif type_ == "emotion":
        name, mime = _EMOTIONS.get(as_int(content.get("type")), _EMOTIONS[2])
    sizes = [content.get(one) for one in ("filesize", "voice_size", "imagesize")]
    size = next((one for one in sizes if isinstance(one, int) and one > 0), None)
    name = name if name not in {"", ".", ".."} else "file"
    return Media(id_, name[:200], mime, as_text(content.get("md5sum")).lower(), size)


def as_int(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _nested(type_: str, content: dict[str, Any], depth: int) -> Said:
    """The entries of a chat record as `姓名 时间` and what was said; of a mixed one one after the other."""
    texts = [as_text(content.get("title"))] if type_ == "chatrecord" else []
    media: list[Media] = []
    for item in map(as_object, as_list(content.get("item"))):
        inner = _inner(item.get("content"))
        kind = as_text(item.get("type")).removeprefix("ChatRecord").lower() or "text"
        one = said(kind, inner, depth + 1)
        media.extend(one.media)
        words = one.text or "".join(f"[{file.name}]" for file in one.media)
        if type_ == "chatrecord":
            who = next(
                (n for key in ("name", "sender", "from") if (n := as_text(item.get(key)))), ""
            )
            heading = f"{who} {_when(item.get('msgtime'))}".strip()
            words = f"{heading}\n{words}".strip()
        elif one.media:
            words = one.text
        texts.append(words)
    return Said("\n".join(text for text in texts if text), tuple(media[:MOST_FILES]))


def _inner(told: Any) -> dict[str, Any]:
    """The content of an entry: JSON as a text, an object, or plain words."""
    try:
        found = wire.loads(told) if isinstance(told, str) else told
    except ValueError:
        found = None
    return as_object(found) or {"content": told}


def _when(told: Any) -> str:
    if not isinstance(told, int) or isinstance(told, bool) or not 0 < told <= 10**14:
        return ""
    at: datetime = moment(told).astimezone(_CHINA)
    return at.strftime("%Y-%m-%d %H:%M")
