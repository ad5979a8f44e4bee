"""A notice as a mail: nothing in it becomes a header, markup, or a request to elsewhere."""

import email.policy
import re
from datetime import UTC, datetime

import pytest

from adapters.email import outbound
from adapters.email.parse import parse
from bot.contract import (
    Audience,
    Button,
    Chart,
    Fact,
    Level,
    Notice,
    Refused,
    Series,
    StoredFile,
    Table,
    Target,
)
from bot.render import chart
from tests.contract.harness import TEXTS

NOW = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)


def made(notice, target=None, **more):
    letter = outbound.Letter("us@b.cn", "<0123@b.cn>", NOW, **more)
    whole = outbound.mail(target or Target(chat="li@a.cn"), notice, letter).as_bytes()
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


# --- files, copies, the token --------------------------------------------------------------------


def stored(name, size=3, type_="application/pdf"):
    return StoredFile(name=name, type=type_, size=size, sha256="0" * 64)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("合同 “终稿”;x=1.pdf", "合同 “终稿”;x=1.pdf"),
        ("../../etc/pass\r\nBcc: x@y.cn", "passBcc_ x@y.cn"),
        ("long" * 90 + ".pdf", "long" * 44 + ".pdf"),
        ("", "file.bin"),
    ],
)
def test_a_file_goes_along_under_a_safe_name(name, shown):
    message, whole = made(Notice(title="t"), files=((stored(name), b"\x00abc"),))
    [file] = message.iter_attachments()
    assert (file.get_filename(), file.get_content()) == (shown, b"\x00abc")
    assert file.get_content_type() == "application/pdf"
    assert parse(whole).attachments[0].name == shown
    assert "Bcc" not in [field for field, _ in message.items()]


@pytest.mark.parametrize("type_", ["message/rfc822", "multipart/mixed", "x", "a/b\r\nX: y", "长/b"])
def test_a_type_that_cannot_be_carried_is_plain_bytes(type_):
    message, _ = made(Notice(title="t"), files=((stored("a", type_=type_), b"abc"),))
    [file] = message.iter_attachments()
    assert (file.get_content_type(), file.get_content()) == ("application/octet-stream", b"abc")


def test_the_largest_are_left_out_and_named():
    files = [stored("a", 1), stored("b", 15 << 20), stored("c", 9 << 20), stored("d", 10 << 20)]
    kept, left = outbound.fitting(files)
    assert [file.name for file in kept] == ["a", "c", "d"]
    assert [file.name for file in left] == ["b"]
    message, _ = made(Notice(title="t", text="见附件"), large=("b",), gone=("e",))
    for kind in ("plain", "html"):
        assert "未随邮件附上（总共超过 20 MB）：b" in words(message, kind)
        assert "未随邮件附上（文件已不在）：e" in words(message, kind)


def test_copies_are_each_one_address_once_and_never_our_own():
    copies = ("x@y.cn", "LI@a.cn", "X@y.cn", "us@b.cn", "no address", "q@r.cn\r\nBcc: z@z.cn")
    target = Target(chat="li@a.cn", copies=copies)
    message, _ = made(Notice(title="t"), target)
    assert (message["To"], message["Cc"]) == ("li@a.cn", "X@y.cn")
    assert outbound.recipients(target, "us@b.cn") == ["li@a.cn", "X@y.cn"]


def test_the_token_is_where_answers_and_unsubscriptions_go():
    message, whole = made(Notice(title="t"), token="a" * 49, reply_to="s+" + "a" * 49 + "@b.cn")
    assert message["Reply-To"] == "s+" + "a" * 49 + "@b.cn"
    link = f"<mailto:s+{'a' * 49}@b.cn?subject=unsubscribe%20{'a' * 49}>"
    assert f"\r\nList-Unsubscribe: {link}\r\n".encode() in whole
    assert made(Notice(title="t"))[0]["Reply-To"] is None


def test_a_persons_answer_to_a_customer_is_no_automatic_mail():
    target = Target(chat="li@a.cn", thread="<root@a.cn> <last@a.cn>")
    message, _ = made(Notice(title="Re: t", audience=Audience.CUSTOMER), target)
    assert message["In-Reply-To"] == "<last@a.cn>"
    assert message["References"] == "<root@a.cn> <last@a.cn>"
    assert message["Auto-Submitted"] is None
    assert message["List-Unsubscribe"] is None


def test_a_chart_is_a_picture_with_its_words():
    mood = Chart(
        title="情绪",
        series=(Series(name="客户", points=((0, -1), (60, 1))),),
        low=-1,
        high=1,
        across=((0, "0:00"), (60, "1:00")),
        words='由"差"转好',
    )
    message, _ = made(Notice(title="要点", text="一", chart=mood), chart=chart.png(mood))
    assert words(message, "plain") == '要点\n一\n由"差"转好\n'
    html = words(message, "html")
    assert 'src="cid:chart" alt="由&quot;差&quot;转好"' in html
    (picture,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<chart>"
    assert picture.get_content().startswith(b"\x89PNG")
    assert [file.name for file in parse(message.as_bytes()).attachments] == ["chart.png"]
