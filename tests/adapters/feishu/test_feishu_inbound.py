"""Recorded events (made up) and exactly the messages that they are."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.feishu import inbound
from adapters.feishu.events import BadEvent
from bot.contract import Happening, InboundMessage, Mention, RemoteFile, Sender

FIXTURES = Path(__file__).parent / "fixtures"
NAMES = sorted(path.stem for path in FIXTURES.glob("*.json"))
LI = "ou_7dab8a3d3cdcc9da365777c7ad535d62"
WANG = "ou_c99c5f35d542efc7ee492afe11af19ef"
GROUP = "oc_5ce6d572455d361153b7cb51da133945"
ID = "om_5ce6d572455d361153b7cb51da133945"
EVENT = "5e3702a84e847582be8db7fb73283c02"
AT = datetime(2026, 11, 20, 2, 0, 0, 500000, tzinfo=UTC)
US = Sender(id=LI, proven=True)
THEM = Sender(id=WANG, proven=True, outside=True)


def raw(name: str) -> bytes:
    return (FIXTURES / f"{name}.json").read_bytes()


def said(text: str, **more: Any) -> InboundMessage:
    """A line of 李雷's in the group, but for what differs."""
    plain: dict[str, Any] = {
        "channel": inbound.CHANNEL,
        "event_id": ID,
        "message_id": ID,
        "chat": GROUP,
        "sender": US,
        "text": text,
        "sent_at": AT,
        "direct": LI,
    }
    return InboundMessage(**plain | more)


def about(happened: Happening, **more: Any) -> InboundMessage:
    plain = {"event_id": EVENT, "message_id": "", "chat_name": "华建三期群", "happened": happened}
    return said("", **plain | more)


def file(key: str, name: str, type_: str, kind: str = "file") -> tuple[RemoteFile, ...]:
    voice = name == "voice.opus"
    return (RemoteFile(ref=f"{ID}/{key}/{kind}", name=name, type=type_, voice=voice),)


def private(**more: Any) -> dict[str, Any]:
    return {"chat": LI, "private": True, "addressed": True, **more}


BINARY = "application/octet-stream"
PEOPLE = (
    Sender(id=WANG, name="王芳", proven=True, outside=True),
    Sender(id=LI, name="李雷", proven=True),
)
TAP = {"event_id": EVENT, "message_id": "", "tapped": True, "addressed": True}
TAPPED_AT = datetime(2026, 11, 20, 2, 0, 0, 500123, tzinfo=UTC)
POST = "周报\n完成了 方案 https://a.example@" + WANG + "\n[图片]\nselect 1\n[SMILE]**好**"
FORWARDED = (
    f"{WANG} 2026-11-20 09:43:22\n@{LI} 方案呢？\n"
    f"{LI} 2026-11-20 09:43:23\n周五前给\n"
    f"{WANG} 2026-11-20 09:43:24\n[图片]\n"
    "王芳 2026-11-20 09:43:21\n[语音]"
)

EXPECTED: dict[str, InboundMessage | None] = {
    "text_private": said("/帮助", **private()),
    "text_group": said(
        f"请 @{WANG} 跟进三期，@{LI} 看一下 [方案](https://a.example/x)",
        addressed=True,
        mentions=(Mention(id=WANG, name="王芳"), Mention(id=LI, name="李雷")),
    ),
    "text_outside": said(
        "三期什么时候验收？@all",
        sender=THEM,
        direct="",
        mentions=(Mention(id="all", name="所有人"),),
    ),
    "text_bot_unasked": said("/help", addressed=True),
    "post": said(
        POST,
        mentions=(Mention(id=WANG, name="王芳"),),
        files=file("img_7ea74629-9191-4176-998c-2e603c9c5e8g", "", BINARY, "image"),
    ),
    "post_in_shell": said("一行"),
    "image": said("[图片]", files=file("img_v3_02f1", "", BINARY, "image")),
    "file": said("[文件] 验收报告.pdf", files=file("file_v3_00f2", "验收报告.pdf", BINARY)),
    "audio": said("", files=file("file_v3_00f3", "voice.opus", "audio/ogg")),
    "media": said("[视频] 现场.mp4", files=file("file_v3_00f4", "现场.mp4", "video/mp4")),
    "sticker": said("[表情]"),
    "location": said("[位置] 华建三期工地"),
    "share_chat": said("[群名片]"),
    "share_user": said("[个人名片]"),
    "todo": said("[任务] 多吃水果"),
    "calendar": said("[日程] 周会"),
    "vote": said("[投票] 哪天验收"),
    "card": said("[卡片] 审批\n请确认\n同意"),
    "unknown_kind": said("[hologram]"),
    "merge_forward_unread": said("[合并转发]"),
    "merge_forward": said(FORWARDED),
    "topic": said("在话题里", thread="om_root", references=("om_root",), about="om_root"),
    "topic_first": said("新话题", thread=ID),
    "reply": said("同意", references=("om_root", "om_parent"), about="om_parent"),
    "edited": said(
        "周一上线",
        event_id=f"{ID}\nedit\n1795140060.000",
        edits=ID,
        sent_at=datetime(2026, 11, 20, 2, 1, tzinfo=UTC),
    ),
    "updated": said("周二上线", event_id=f"{ID}\nedit\n1795140000.500", edits=ID),
    "from_app": None,
    "recalled": said(
        "",
        event_id=f"{ID}\nrecall",
        message_id="",
        recalls=ID,
        sender=Sender(id=""),
        direct="",
        sent_at=datetime(2026, 11, 20, 2, 1, 40, tzinfo=UTC),
    ),
    "recalled_private": said(
        "",
        event_id=f"{ID}\nrecall",
        message_id="",
        recalls=ID,
        sent_at=datetime(2026, 11, 20, 2, 1, 40, tzinfo=UTC),
        **private(),
    ),
    "user_added": about(Happening.JOINED, people=PEOPLE),
    "user_deleted": about(Happening.LEFT, people=PEOPLE),
    "user_withdrawn": about(Happening.LEFT, people=PEOPLE),
    "bot_added": about(Happening.ADDED),
    "bot_added_from_outside": about(Happening.ADDED, sender=THEM, direct=""),
    "bot_deleted": about(Happening.REMOVED),
    "disbanded": about(Happening.REMOVED),
    "renamed": about(Happening.RENAMED, chat_name="华建三期验收群"),
    "not_renamed": None,
    "menu": said(
        "/help",
        sender=Sender(id=LI, name="李雷", proven=True),
        sent_at=datetime(2026, 11, 20, 2, 0, tzinfo=UTC),
        **private(**TAP),
    ),
    "tap": said("/tasks", thread="om_root", sent_at=TAPPED_AT, **TAP),
    "tap_once_private": said(
        "/approve 7",
        place="om_574d639e4a44e4dd646eaf628e2a6a6d",
        sent_at=TAPPED_AT,
        **private(**TAP),
    ),
    "tap_form": said(
        '/task new name:"修 ”登录”" due:"2026-12-01"', sent_at=TAPPED_AT, **private(**TAP)
    ),
    "reaction": None,
    "entered": None,
}


@pytest.mark.parametrize("name", NAMES)
def test_an_event_is_exactly_this_message(name: str):
    made = inbound.to_messages(raw(name))
    expected = EXPECTED[name]
    if expected is None:
        assert made == ()
    else:
        assert made == (expected.model_copy(update={"raw": raw(name)}),)


def test_every_expectation_has_its_event():
    assert set(EXPECTED) == set(NAMES)


def test_what_is_handled_and_what_is_ignored_never_overlap():
    assert not inbound.HANDLED & inbound.IGNORED


def changed(name: str, *path: str, to: Any) -> bytes:
    body = json.loads(raw(name))
    at = body
    for step in path[:-1]:
        at = at[step]
    if to is KeyError:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return json.dumps(body).encode()


BAD = {
    "not JSON": b"{",
    "empty": b"",
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "no header": changed("tap", "header", to=KeyError),
    "no event": changed("tap", "event", to=KeyError),
    "unknown": changed("tap", "header", "event_type", to="im.message.sung_v1"),
    "no message": changed("image", "event", "message", to=KeyError),
    "no sender": changed("image", "event", "sender", "sender_id", to=None),
    "no id": changed("image", "event", "message", "message_id", to=""),
    "time in words": changed("image", "event", "message", "create_time", to="now"),
    "time is true": changed("image", "event", "message", "create_time", to=True),
    "time is huge": changed("image", "event", "message", "create_time", to=10**400),
    "time is digits of another script": changed(
        "image", "event", "message", "create_time", to="٣٣٣"
    ),
    "content is broken": changed("image", "event", "message", "content", to="{"),
    "content is deep": changed("image", "event", "message", "content", to='{"a":' * 50_000),
    "foreign value": changed("tap", "event", "action", "value", to={"x": 1}),
    "no value": changed("tap", "event", "action", "value", to=""),
    "command is a list": changed("tap", "event", "action", "value", to={"c": ["/x"]}),
    "no place": changed("tap", "event", "context", to={}),
    "no chat": changed("tap", "event", "context", "open_chat_id", to=None),
    "no operator": changed("menu", "event", "operator", to={}),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_what_cannot_be_read_says_why(body: bytes):
    with pytest.raises(BadEvent) as caught:
        inbound.to_messages(body)
    assert 3 < len(str(caught.value)) < 250


def test_an_unknown_event_is_named():
    with pytest.raises(BadEvent, match=r"^unknown event: im\.message\.sung_v1$"):
        inbound.to_messages(BAD["unknown"])


def test_the_same_message_is_the_same_event_under_another_envelope():
    first = inbound.to_messages(raw("image"))
    again = inbound.to_messages(changed("image", "header", "event_id", to="another"))
    assert first[0].event_id == again[0].event_id


def test_what_no_database_can_hold_is_replaced():
    body = changed("image", "event", "message", "content", to='{"text":"a\\u0000b\\ud83d"}')
    (message,) = inbound.to_messages(body.replace(b'"image"', b'"text"'))
    assert message.text == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    "text", ["/approve 7", '{"c":"/approve 7"}', '" /approve 7', "修\n/approve 7"]
)
def test_what_is_filled_in_never_becomes_a_command(text: str):
    body = json.loads(raw("tap_form"))
    body["event"]["action"]["form_value"] = {"name": text, "c": "/evil", "due": ["x", {"c": 1}]}
    (message,) = inbound.to_messages(json.dumps(body).encode())
    assert message.text.startswith('/task new name:"')
    assert message.text.count('"') == 4


def test_a_written_value_is_no_tap():
    body = changed("text_group", "event", "message", "content", to='{"text":"{\\"c\\":\\"/x\\"}"}')
    (message,) = inbound.to_messages(body)
    assert not message.tapped
