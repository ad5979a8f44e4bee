"""Recorded events → messages, exactly."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.wecom import envelope, inbound, keys, kf_inbound
from adapters.wecom.adapter import build
from bot.contract import Happening, InboundMessage, RemoteFile, Sender
from tests.adapters.wecom.harness import WeCom

FIXTURES = Path(__file__).parent / "fixtures"
KF = json.loads((FIXTURES / "kf.json").read_text("utf-8"))
AT = datetime.fromtimestamp(1795140000, UTC)


def file(ref: str, name: str = "", type_: str = "application/octet-stream") -> RemoteFile:
    return RemoteFile(ref=ref, name=name, type=type_, voice=name == "voice.amr")


def private(raw: bytes, **fields: Any) -> InboundMessage:
    """What every private message has."""
    base: dict[str, Any] = {
        "channel": "wecom",
        "chat": "user:LiLei",
        "direct": "user:LiLei",
        "sender": Sender(id="LiLei", proven=True),
        "sent_at": AT,
        "private": True,
        "addressed": True,
        "raw": raw,
    }
    id_ = fields.pop("id", "")
    ids = {"event_id": id_, "message_id": id_} if id_ else {"event_id": inbound.event_id(raw)}
    return InboundMessage(**{**base, **ids, **fields})


MESSAGES: dict[str, dict[str, Any]] = {
    "text": {"id": "7231455129", "text": "@张三 三期进度如何？<b>&"},
    "image": {"id": "7231455130", "files": (file("app:1pic"),)},
    "voice": {"id": "7231455131", "files": (file("app:1sound", "voice.amr", "audio/amr"),)},
    "voice-odd": {"id": "7231455132", "files": (file("app:1sound", "voice.amr", "audio/amr"),)},
    "video": {"id": "7231455133", "files": (file("app:1video", "", "video/mp4"),)},
    "file": {"id": "7231455134", "files": (file("app:1file", "合同.docx"),)},
    "location": {"id": "7231455135", "text": "上海市黄浦区 (31.23, 121.47)"},
    "link": {"id": "7231455136", "text": "验收清单\n三期\nhttps://x.example/a?b=1"},
    "tap": {"text": "/approve 7", "tapped": True, "place": "madeUpResponseCode"},
    "menu-of-card": {"text": "/project P-0001", "tapped": True},
    "menu": {"text": "/tasks", "tapped": True},
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_recorded_callback_is_this_message(name: str):
    raw = (FIXTURES / f"{name}.xml").read_bytes()
    expected = private(raw, **MESSAGES[name])
    assert inbound.read(raw) == inbound.Read((expected,))
    assert list(build({}, WeCom().inside.ports).translate(raw)) == [expected]


def test_a_met_customer_is_told():
    raw = (FIXTURES / "met.xml").read_bytes()
    (message,) = inbound.read(raw).messages
    assert message == InboundMessage(
        channel=message.channel,
        event_id=inbound.event_id(raw),
        chat="user:LiLei",
        sender=Sender(id="wmAJ2GCAAAme1XQRC", proven=True, outside=True),
        people=(Sender(id="LiLei", proven=True),),
        sent_at=AT,
        happened=Happening.MET,
        raw=raw,
    )


def test_waiting_talk_is_a_pull():
    raw = (FIXTURES / "kf.xml").read_bytes()
    assert inbound.read(raw) == inbound.Read(due=inbound.Due("wkAJ2GCAAASSm4", "ENCmadeup"))


def test_entering_the_app_says_nothing():
    assert inbound.read((FIXTURES / "entered.xml").read_bytes()) == inbound.Read()


def test_every_fixture_is_used():
    used = {f"{name}.xml" for name in [*MESSAGES, "met", "kf", "entered"]} | {"kf.json"}
    assert {path.name for path in FIXTURES.iterdir()} == used


def test_handled_and_ignored_are_apart():
    assert not inbound.HANDLED & inbound.IGNORED
    assert not kf_inbound.HANDLED & kf_inbound.IGNORED


TALK: dict[str, dict[str, Any]] = {
    "text": {"text": "三期什么时候验收？"},
    "menu": {"text": "/help"},
    "image": {"files": (file("kf:2pic"),)},
    "voice": {"files": (file("kf:2sound", "voice.amr", "audio/amr"),)},
    "video": {"files": (file("kf:2video", "", "video/mp4"),)},
    "file": {"files": (file("kf:2file"),)},
    "location": {"text": "华建大厦 上海市黄浦区 (31.23, 121.47)"},
    "link": {"text": "验收清单\n三期\nhttps://x.example/"},
    "business_card": {"text": "[名片] LiLei"},
    "miniprogram": {"text": "[小程序] 报修"},
    "msgmenu": {"text": "满意吗？\n满意\n详情\n谢谢"},
    "merged": {
        "text": "群聊的聊天记录\n王芳 2026-11-20 09:43\n周五能上线吗\n李雷 2026-11-20 09:44\n[image]"
    },
    "unknown": {"text": "[note]"},
    "staff": {"text": "周五验收"},
    "recall": {"recalls": "4XYm59AK1", "event_id": "recall:4XYm59AK1", "message_id": "4XYm59AK1"},
    "staff recall": {
        "recalls": "4XYm59AK14",
        "event_id": "recall:4XYm59AK14",
        "message_id": "4XYm59AK14",
    },
}


@pytest.mark.parametrize("name", TALK)
def test_a_recorded_entry_is_this_message(name: str):
    given = KF[name]
    by_staff = given["origin"] == 5 or name == "staff recall"
    staff = {"sender": Sender(id="ZhouFu", proven=True), "direct": "user:ZhouFu"}
    customer = {"sender": Sender(id="wmAJ2", name="王芳", proven=True, outside=True)}
    base: dict[str, Any] = {
        "channel": "wecom",
        "event_id": given["msgid"],
        "message_id": given["msgid"],
        "chat": "kf:wkAJ2:wmAJ2",
        "chat_name": "王芳",
        "sent_at": AT,
        "raw": kf_inbound.raw(given, "王芳"),
        **(staff if by_staff else customer),
    }
    expected = InboundMessage(**{**base, **TALK[name]})
    assert kf_inbound.read(given, "王芳") == [expected]
    assert list(build({}, WeCom().inside.ports).translate(expected.raw)) == [expected]


def test_a_customers_words_are_never_a_tap():
    (message,) = kf_inbound.read(KF["menu"])
    assert (message.tapped, message.addressed) == (False, False)


def test_entering_a_talk_says_nothing_and_a_failed_send_is_kept():
    assert kf_inbound.read(KF["entered"]) == []
    with pytest.raises(inbound.Unreadable, match="fail_type 4"):
        kf_inbound.read(KF["failed"])


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        "x",
        {},
        {**KF["text"], "msgid": ""},
        {**KF["text"], "msgid": 7},
        {**KF["text"], "send_time": "soon"},
        {**KF["text"], "send_time": -1},
        {**KF["text"], "send_time": 10**30},
        {**KF["text"], "origin": 9},
        {**KF["text"], "origin": None},
        {**KF["text"], "msgtype": ""},
        {**KF["text"], "external_userid": None},
        {**KF["text"], "open_kfid": {}},
        {**KF["image"], "image": []},
        {**KF["staff"], "servicer_userid": ""},
        {**KF["recall"], "event": "x"},
        {**KF["recall"], "event": {"event_type": "user_recall_msg"}},
        {**KF["recall"], "event": {"event_type": "party"}},
    ],
)
def test_an_odd_entry_is_unreadable_and_nothing_worse(given: Any):
    with pytest.raises(inbound.Unreadable):
        kf_inbound.read(given)


@pytest.mark.parametrize("content", [None, [], "x", 7, {"content": None}, {"content": ["x"]}])
def test_an_odd_content_is_an_empty_text(content: Any):
    (message,) = kf_inbound.read({**KF["text"], "text": content})
    assert message.text == ""


@pytest.mark.parametrize("told", [None, 7, [], "{", '"x"', "[" * 5000, {"text": {"content": "x"}}])
def test_an_odd_chat_record_is_still_written_out(told: Any):
    item = {"sender_name": "王芳", "send_time": "x", "msg_content": told}
    (message,) = kf_inbound.read({**KF["merged"], "merged_msg": {"item": [item, None, 7]}})
    assert message.text.startswith("王芳 \n")


def test_chat_records_inside_each_other_end():
    inner: dict[str, Any] = {"title": "x", "item": []}
    for _ in range(9):
        content = json.dumps({"merged_msg": inner})
        inner = {"title": "x", "item": [{"msgtype": "merged_msg", "msg_content": content}]}
    (message,) = kf_inbound.read({**KF["merged"], "merged_msg": inner})
    assert message.text.endswith("[merged_msg]")


def test_what_no_database_can_hold_is_replaced():
    (message,) = kf_inbound.read({**KF["text"], "text": {"content": "a\x00b\ud800"}})
    assert message.text == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"x", b"<xml/>", b'{"kf": 7}'])
def test_what_is_no_event_is_not_translated(raw: bytes):
    with pytest.raises(ValueError, match=":"):
        build({}, WeCom().inside.ports).translate(raw)


def test_the_first_of_two_fields_counts_and_comments_do_not():
    raw = b"<xml><!-- c --><A>1</A><?p x?><A>2</A><B><C>in</C>side</B></xml>"
    assert envelope.fields(raw) == {"A": "1", "B": "inside"}


@pytest.mark.parametrize(
    ("key", "read"),
    [
        ("0!/approve 7", ("/approve 7", True)),
        ("5 /help", ("/help", False)),
        ("9 多 行\n第二行", ("多 行\n第二行", False)),
        ("x /help", None),
        ("0/help", None),
        ("0 ", None),
        ("", None),
        ("-", None),
        ("٣ /help", None),
    ],
)
def test_only_our_own_keys_are_commands(key: str, read: tuple[str, bool] | None):
    assert keys.read(key) == read
