"""Decrypted entries of the archive → messages, exactly."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.wecom import archive_inbound
from adapters.wecom.adapter import build
from adapters.wecom.inbound import Unreadable
from bot.contract import InboundMessage, Sender
from tests.adapters.wecom.harness import Heard
from tests.adapters.wecom.test_wecom_archive import CUSTOMER, ROOM, line
from tests.adapters.wecom.test_wecom_fuzz import ODD

AT = datetime.fromtimestamp(1795140000, UTC)
APP = {"corp_id": "ww1", "agent_id": "1", "secret": "s"}
FILE = {"sdkfileid": "f1", "md5sum": "AB" * 16, "filesize": 9}


def of(type_: str, content: Any, name: str = "") -> dict[str, Any]:
    given = line("3001_1795140000_external", msgtype=type_)
    del given["text"]
    return {**given, name or type_: content}


def item(type_: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"type": type_, "msgtime": 1795140000, "content": json.dumps(content), **more}


WORDS: dict[str, tuple[dict[str, Any], str]] = {
    "text": (of("text", {"content": "周五验收？"}), "周五验收？"),
    "agree": (of("agree", {"userid": CUSTOMER, "agree_time": 1}), "[同意存档]"),
    "disagree": (of("disagree", {"userid": CUSTOMER}), "[拒绝存档]"),
    "card": (of("card", {"corpname": "微信联系人", "userid": "wm1"}), "[名片] 微信联系人 wm1"),
    "location": (
        of(
            "location", {"longitude": 121.47, "latitude": 31.23, "title": "华建", "address": "黄浦"}
        ),
        "华建 黄浦 (31.23, 121.47)",
    ),
    "link": (
        of("link", {"title": "清单", "description": "三期", "link_url": "https://x.example/"}),
        "清单\n三期\nhttps://x.example/",
    ),
    "weapp": (of("weapp", {"title": "报修", "displayname": "物业"}), "[小程序] 物业 报修"),
    "todo": (of("todo", {"title": "王芳", "content": "打印"}), "[待办] 王芳 打印"),
    "vote": (of("vote", {"votetitle": "吃什么"}), "[投票] 吃什么"),
    "meeting": (of("meeting", {"topic": "评审", "address": "三楼"}), "[会议] 评审 三楼"),
    "docmsg": (
        of("docmsg", {"title": "方案", "link_url": "https://x/"}, "doc"),
        "[文档] 方案 https://x/",
    ),
    "markdown": (of("markdown", {"content": "# 请"}, "info"), "# 请"),
    "news": (of("news", {"item": [{"title": "t", "url": "u"}]}, "info"), "t\nu"),
    "calendar": (of("calendar", {"title": "例会", "place": "三楼"}), "[日程] 例会 三楼"),
    "voiptext": (of("voiptext", {"callduration": 10, "invitetype": 2}, "info"), "[语音通话] 10 s"),
    "sphfeed": (of("sphfeed", {"sph_name": "号", "feed_desc": "说"}), "[视频号] 号 说"),
    "unknown": (of("hologram", {"x": 1}), "[hologram]"),
    "mixed": (
        of("mixed", {"item": [item("text", {"content": "看"}), item("image", FILE)]}),
        "看",
    ),
    "chatrecord": (
        of(
            "chatrecord",
            {
                "title": "群聊的聊天记录",
                "item": [
                    item("ChatRecordText", {"content": "能上线吗"}, name="王芳"),
                    item("ChatRecordFile", {**FILE, "filename": "a.pdf"}, name="李雷"),
                    item("ChatRecordHologram", {}),
                ],
            },
        ),
        (
            "群聊的聊天记录\n王芳 2026-11-20 10:00\n能上线吗\n李雷 2026-11-20 10:00\n[a.pdf]\n"
            "2026-11-20 10:00\n[hologram]"
        ),
    ),
    "call": (
        of("meeting_voice_call", {**FILE, "demofiledata": [{"filename": "a.ppt"}]}),
        "[语音通话] a.ppt",
    ),
    "no file": (of("image", {}), "[image]"),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_recorded_entry_is_this_message(name: str):
    given, words = WORDS[name]
    message = archive_inbound.read(given, app=True).message
    assert message == InboundMessage(
        channel=message.channel if message else "",
        event_id="3001_1795140000",
        message_id="3001_1795140000",
        chat=f"archive:{ROOM}",
        sender=Sender(id=CUSTOMER, proven=True, outside=True),
        sent_at=AT,
        text=words,
        raw=message.raw if message else b"",
    )
    assert list(build(APP, Heard().ports).translate(message.raw)) == [message]


@pytest.mark.parametrize(
    ("type_", "more", "name", "mime"),
    [
        ("image", {}, "image.jpg", "image/jpeg"),
        ("voice", {}, "voice.amr", "audio/amr"),
        ("video", {}, "video.mp4", "video/mp4"),
        ("file", {"filename": "../../a.docx"}, "a.docx", "application/octet-stream"),
        ("file", {"filename": ".."}, "file", "application/octet-stream"),
        ("emotion", {"type": 1}, "emotion.gif", "image/gif"),
        ("emotion", {"type": []}, "emotion.png", "image/png"),
        ("meeting_voice_call", {}, "call.mp3", "audio/mpeg"),
        ("voip_doc_share", {"filename": "a.ppt"}, "a.ppt", "application/octet-stream"),
    ],
)
def test_files_have_names_and_types(type_: str, more: dict[str, Any], name: str, mime: str):
    (media,) = archive_inbound.read(of(type_, {**FILE, **more}), app=False).media
    assert (media.id, media.name, media.type) == ("f1", name, mime)
    assert (media.md5, media.size) == ("ab" * 16, 9)


def test_files_inside_of_records_are_fetched_too():
    for name in ("mixed", "chatrecord"):
        assert len(archive_inbound.read(WORDS[name][0], app=False).media) == 1


def test_members_and_talk_of_two():
    given = line("m1", **{"from": "LiLei", "tolist": [CUSTOMER], "roomid": ""})
    there = archive_inbound.read(given, app=True).message
    back = archive_inbound.read({**line("m2"), "roomid": ""}, app=True).message
    assert there
    assert back
    assert there.chat == back.chat == f"archive:LiLei:{CUSTOMER}"
    assert (there.sender, there.direct) == (Sender(id="LiLei", proven=True), "user:LiLei")
    assert not there.addressed
    assert not there.tapped
    assert not there.private
    alone = archive_inbound.read(given, app=False).message
    assert alone
    assert alone.direct == ""


def test_a_recall_takes_back_the_message():
    given = of("revoke", {"pre_msgid": "2999_1_external"})
    message = archive_inbound.read({**given, "action": "recall"}, app=False).message
    assert message
    assert (message.recalls, message.event_id) == ("2999_1", "recall:2999_1")
    with pytest.raises(Unreadable, match="pre_msgid"):
        archive_inbound.read(of("revoke", {}), app=False)


@pytest.mark.parametrize(
    "given",
    [
        {"msgid": "x", "action": "switch", "time": 1, "user": "LiLei"},
        of("external_redpacket", {"type": 1}),
        {**line("m1"), "from": "wbAJ2GCAAAme1XQRC-NI-q0_ZM9ukoAw"},
    ],
)
def test_what_says_nothing_is_no_message(given: Any):
    assert archive_inbound.read(given, app=False) == archive_inbound.Read()


@pytest.mark.parametrize(
    "given",
    [None, [], "x", {}, {**line("m"), "msgid": 7}, {**line("m"), "msgtime": "soon"},
     {**line("m"), "from": ""}, {**line("m"), "msgtype": None}],
)  # fmt: skip
def test_an_odd_entry_is_unreadable(given: Any):
    with pytest.raises(Unreadable):
        archive_inbound.read(given, app=False)


@pytest.mark.parametrize("odd", [*ODD, None, 7, -1, [], {}, [None], {"content": {}}, True, 1e300])
def test_odd_types_are_survived(odd: Any):
    for given, _ in WORDS.values():
        for field in [*given, "tolist", "item"]:
            inner = given.get(given["msgtype"])
            changed = [{**given, field: odd}]
            if isinstance(inner, dict):
                changed += [{**given, given["msgtype"]: {**inner, key: odd}} for key in inner]
            for one in changed:
                with suppress(Unreadable):
                    archive_inbound.read(one, app=True)


def test_records_inside_each_other_end():
    inner: dict[str, Any] = {"title": "x", "item": []}
    for _ in range(9):
        inner = {"title": "x", "item": [item("chatrecord", inner)]}
    message = archive_inbound.read(of("chatrecord", inner), app=False).message
    assert message
    assert message.text.endswith("[chatrecord]")
