"""A notice as a mail: nothing in it becomes a header, markup, or a request to elsewhere."""

import email.policy
import re
from datetime import UTC, datetime

import pytest

from adapters.email import outbound
from adapters.email.parse import parse
from bot.contract import Button, Fact, Level, Notice, Refused, Table, Target
from tests.contract.harness import TEXTS

NOW = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)


def made(notice, target=None, key="k"):
    whole = outbound.mail(target or Target(chat="li@a.cn"), notice, key, "us@b.cn", NOW).as_bytes()
    return email.message_from_bytes(whole, policy=email.policy.default), whole


def words(message, kind):
    return message.get_body((kind,)).get_content().replace("\r\n", "\n")


def test_every_field_that_a_notice_needs_is_there():
    message, whole = made(Notice(title="今天的事", text="第一行", language="zh"))
    assert message["From"].addresses[0].display_name == "Keqing 客情助手"
    assert message["From"].addresses[0].addr_spec == "us@b.cn"
    assert message["To"] == "li@a.cn"
    assert message["Subject"] == "今天的事"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Keqing-Notice"] == "1"
    assert message["List-Unsubscribe"] == "<mailto:us@b.cn?subject=unsubscribe>"
    assert message["In-Reply-To"] is None
    assert all(len(line) <= 998 for line in whole.split(b"\r\n"))
    assert b"\n" not in whole.replace(b"\r\n", b"")
    assert parse(whole).auto


def test_the_same_key_has_the_same_id_and_another_key_another():
    one, two, other = (made(Notice(), key=key)[0]["Message-ID"] for key in ("a", "a", "b"))
    assert one == two != other
    assert re.fullmatch(r"<[0-9a-f]{40}@b\.cn>", one)


def test_an_answer_joins_its_thread_whole_however_long_its_id():
    before = f"<{'x' * 150}@mail.example.com>"
    _, whole = made(Notice(title="t"), Target(chat="li@a.cn", thread=before))
    assert f"\r\nIn-Reply-To: {before}\r\nReferences: {before}\r\n".encode() in whole


@pytest.mark.parametrize(
    "thread", ["", "no id", "<a@b>\r\nBcc: x@y.cn", "<a b@c>", "<a@b\x00>", "<长@b>"]
)
def test_a_thread_that_is_no_id_is_left_out(thread):
    message, whole = made(Notice(title="t"), Target(chat="li@a.cn", thread=thread))
    assert message["References"] is None
    assert b"Bcc" not in whole


@pytest.mark.parametrize(
    "chat",
    [
        "li",
        "li@a.cn, x@y.cn",
        "li@a.cn\r\nBcc: x@y.cn",
        "<li@a.cn>",
        "a b@c.cn",
        "unknown",
        "李@a.cn",
    ],
)
def test_a_chat_that_is_no_address_is_refused(chat):
    with pytest.raises(Refused):
        made(Notice(title="t"), Target(chat=chat))


def test_a_title_of_several_lines_is_one_line():
    message, _ = made(Notice(title="a\r\nBcc: x@y.cn\r\n\r\nbody\x00\u2028b"))
    assert message["Subject"] == "a Bcc: x@y.cn body b"
    assert "Bcc" not in [name for name, _ in message.items()]


@pytest.mark.parametrize(
    ("notice", "subject"),
    [
        (Notice(text="\n  \n第一行\n第二行"), "第一行"),
        (Notice(), "来自 Keqing 客情助手的通知"),
        (Notice(language="en"), "A notice from Keqing"),
        (Notice(title="长" * 300), "长" * 149 + "…"),
    ],
)
def test_a_subject_is_found(notice, subject):
    assert made(notice)[0]["Subject"] == subject


def test_words_are_never_markup():
    evil = "<script>alert(1)</script><img src=https://x.cn/a.png>\"'&"
    notice = Notice(
        title=evil,
        text=evil,
        facts=(Fact(label=evil, value=evil),),
        table=Table(columns=(evil, "b"), rows=((evil, evil),)),
        buttons=(
            Button(label=evil, url='https://a.cn/"onmouseover="x'),
            Button(label="bad", url="javascript:alert(1)"),
        ),
        note=evil,
    )
    html = words(made(notice)[0], "html")
    tags = {one.lower() for one in re.findall(r"<\s*/?\s*([a-zA-Z0-9!]+)", html)}
    assert tags <= set("!doctype html head meta body div h2 p table tr th td a".split())
    assert 'href="javascript' not in html
    assert '"onmouseover' not in html
    assert not re.search(r"<[^>]*\b(src|background)\s*=", html)
    assert "url(" not in html


def test_buttons_are_links_and_commands_are_words():
    notice = Notice(
        title="t",
        level=Level.DANGER,
        buttons=(
            Button(label="打开", url="https://a.cn/?a=1&b=2"),
            Button(label="完成", command="/done 1"),
        ),
    )
    message, _ = made(notice)
    html, text = words(message, "html"), words(message, "plain")
    assert '<a href="https://a.cn/?a=1&amp;b=2">打开</a>' in html
    for shown in (html, text):
        assert "完成：回复 /done 1" in shown
    assert "https://a.cn/?a=1&b=2" in text


def test_a_table_is_a_table():
    notice = Notice(table=Table(columns=("名", "数"), rows=(("甲", "1"), ("乙", "2"))))
    html = words(made(notice)[0], "html")
    assert html.count("<tr>") == 3
    assert html.count("<td") == 4


@pytest.mark.parametrize("name", TEXTS)
def test_every_text_survives(name):
    text = TEXTS[name][:50_000]
    message, whole = made(Notice(title="t", text=text))
    assert text.replace("\r", "\n").strip() in words(message, "plain").replace("\r", "\n")
    assert all(len(line) <= 998 for line in whole.split(b"\r\n"))


def test_half_characters_and_nothing_at_all_make_mails_too():
    made(Notice(title="\ud800", text="\udfff\x00"))
