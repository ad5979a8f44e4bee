"""Mails as they arrive: wrong charsets, broken fields, odd structures, any bytes at all."""

import base64
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.email import charsets, headers, html
from adapters.email.files import safe_name
from adapters.email.headers import Address
from adapters.email.parse import parse

CHINA = timezone(timedelta(hours=8))


def mail(*fields, body=b"hello", type_="text/plain; charset=utf-8"):
    """A mail of raw lines: str fields are UTF-8, bytes go as they are."""
    lines = [line.encode() if isinstance(line, str) else line for line in fields]
    return b"\r\n".join([*lines, f"Content-Type: {type_}".encode(), b"", body])


def mixed(*parts, kind="mixed"):
    inside = b"".join(b"--b0\r\n" + part + b"\r\n" for part in parts)
    return mail(
        "From: a@b.cn", body=inside + b"--b0--\r\n", type_=f'multipart/{kind}; boundary="b0"'
    )


def part(type_, body, *fields):
    return b"\r\n".join([f"Content-Type: {type_}".encode(), *fields, b"", body])


# --- fields --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "subject"),
    [
        ("Subject: =?gb2312?B?1cXI/Q==?=", "张三"),
        ("Subject: =?x-gbk?B?1cXI/Q==?=", "张三"),
        ("Subject: =?unknown-8bit?B?1cXI/Q==?=", "张三"),
        ("Subject: =?GB2312?Q?=E9F=BB=F9?=", "镕基".encode("gb18030").decode("gb18030")),
        ("Subject: =?utf-8?B?5L2g5aU=?= =?utf-8?B?veS4lueVjA==?=", "你好世界"),
        ("Subject: =?utf-8?B?5L2g5?=\r\n =?utf-8?B?aW9?=", "你好"),
        ("Subject: =?utf-8?Q?=E4=BD=A0?=\r\n\t=?utf-8?Q?=E5=A5=BD_1?= ok", "你好 1 ok"),
        (b"Subject: " + "二期报价".encode("gbk"), "二期报价"),
        ("Subject: 二期报价", "二期报价"),
        ("Subject: =?utf-8?B?!!!?=", ""),
        ("Subject: =?no-such?B?5L2g?=", "你"),
        ("Subject: a =?utf-8?Q?b?= c", "a b c"),
        ("Subject: one\r\n two\r\n\tthree", "one two three"),
        ("Subject:", ""),
    ],
)
def test_subject(line, subject):
    assert parse(mail("From: a@b.cn", line)).subject == subject


@pytest.mark.parametrize(
    ("line", "sender"),
    [
        ("From: a@b.cn", Address("", "a@b.cn")),
        ('From: "Li, Si" <L@B.cn>', Address("Li, Si", "L@B.cn")),
        ("From: =?gbk?B?1cXI/Q==?= <z@b.cn>", Address("张三", "z@b.cn")),
        ('From: "=?gbk?B?1cXI/Q==?=" <z@b.cn>', Address("张三", "z@b.cn")),
        (b"From: " + "张三".encode("gbk") + b" <z@b.cn>", Address("张三", "z@b.cn")),
        ("From: z@b.cn (Zhang San)", Address("Zhang San", "z@b.cn")),
        ("From: =?utf-8?B?5byg5LiJIDx6QGIuY24+?=", Address("张三", "z@b.cn")),
        ("From: <z@b.cn", Address("", "z@b.cn")),
        ("From: [", Address("[", "")),
        ("Sender: s@b.cn", Address("", "s@b.cn")),
        ("Return-Path: <r@b.cn>", Address("", "r@b.cn")),
    ],
)
def test_sender(line, sender):
    assert parse(mail(line)).sender == sender


def test_recipients():
    read = parse(
        mail(
            'To: "Li, Si" <li@a.cn>, w@b.cn;',
            "Cc: team: <x@a.cn>, y@a.cn;, undisclosed-recipients:;",
            "Reply-To: r@a.cn",
        )
    )
    assert [one.address for one in read.to] == ["li@a.cn", "w@b.cn"]
    assert [one.address for one in read.cc] == ["x@a.cn", "y@a.cn"]
    assert read.reply_to == (Address("", "r@a.cn"),)


@pytest.mark.parametrize(
    ("lines", "date"),
    [
        (["Date: Mon, 3 Mar 2025 10:00:00 +0800 (CST)"], datetime(2025, 3, 3, 10, tzinfo=CHINA)),
        (["Date: Mon, 3 Mar 2025 10:00:00"], datetime(2025, 3, 3, 10, tzinfo=UTC)),
        (["Date: 2025-03-03T10:00:00+08:00"], datetime(2025, 3, 3, 10, tzinfo=CHINA)),
        (
            ["Date: yesterday", "Received: by x; Mon, 3 Mar 2025 10:00:00 +0800"],
            datetime(2025, 3, 3, 10, tzinfo=CHINA),
        ),
        (["Date: Mon, 99 Foo 99999 99:99:99 +9999"], None),
        (["Date: Fri, 31 Dec 1601 00:00:00 +0800"], None),
        ([], None),
    ],
)
def test_date(lines, date):
    assert parse(mail("From: a@b.cn", *lines)).date == date


@pytest.mark.parametrize(
    ("line", "id_"),
    [
        ("Message-ID: <a@b>", "<a@b>"),
        ("Message-ID: <a@[bad>", "<a@[bad>"),
        ("Message-ID: a@b", "<a@b>"),
        ("Message-ID:\r\n <a@b>", "<a@b>"),
        ("Message-ID: <a @b>", "<a@b>"),
    ],
)
def test_message_id(line, id_):
    assert parse(mail(line)).message_id == id_


def test_a_missing_message_id_is_made_from_the_content():
    one = mail("From: a@b.cn")
    made = parse(one).message_id
    assert made.endswith("@content.invalid>")
    assert made == parse(one.replace(b"\r\n", b"\n")).message_id
    assert made != parse(one + b"!").message_id


def test_references_are_oldest_first_and_once():
    read = parse(mail("References: <1@a>\r\n <2@a> <1@a>", "In-Reply-To: <3@a>"))
    assert read.references == ("<1@a>", "<2@a>", "<3@a>")


@pytest.mark.parametrize(
    "line",
    [
        "Auto-Submitted: auto-replied; x=y",
        "Precedence: Bulk",
        "X-Autoreply: yes",
        "X-Auto-Response-Suppress: All",
        "List-Id: <list.a.cn>",
        "Return-Path: <>",
        "X-Keqing-Notice: 1",
    ],
)
def test_what_nobody_wrote_by_hand(line):
    assert parse(mail("From: a@b.cn", line)).auto


def test_a_bounce_is_automatic_and_a_letter_is_not():
    assert parse(mixed(part("text/plain", b"x"), kind="report")).auto
    assert not parse(mail("From: a@b.cn", "Auto-Submitted: no", "Return-Path: <a@b.cn>")).auto


# --- texts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "label", "text"),
    [
        ("镕基，你好".encode("gbk"), "gb2312", "镕基，你好"),
        ("你好".encode("gbk"), "x-gbk", "你好"),
        ("你好".encode("gbk"), "unknown-8bit", "你好"),
        ("项目进度的说明".encode("gbk"), "utf-8", "项目进度的说明"),
        ("你好".encode(), "us-ascii", "你好"),
        ("你好".encode(), "iso-8859-1", "你好"),
        ("café".encode("latin-1"), "iso-8859-1", "café"),
        ("繁體".encode("big5"), "big5", "繁體"),
        (b"abc", "zip", "abc"),
        (b"a\\qb", "unicode_escape", "a\\qb"),
        ("你好".encode()[:-1], "utf-8", "你\ufffd"),
        ("日本".encode("iso2022_jp"), "iso-2022-jp", "日本"),
        (b"x", "\x00", "x"),
        (b"+2AA-", "utf-7", "?"),
    ],
)
def test_charsets(data, label, text):
    assert charsets.decode(data, label) == text


def test_the_plain_form_is_read_and_the_html_form_left():
    both = part("text/plain; charset=utf-8", "你好".encode()), part("text/html", b"<b>hi</b>")
    assert parse(mixed(*both, kind="alternative")).text == "你好"


def test_html_is_read_where_the_plain_form_is_blank():
    both = part("text/plain", b"  \r\n"), part("text/html; charset=utf-8", "<p>你好".encode())
    assert parse(mixed(*both, kind="alternative")).text == "你好"


def test_html_names_its_own_charset():
    body = '<meta charset="gbk"><p>报价'.encode("gbk")
    assert parse(mail("From: a@b.cn", body=body, type_="text/html")).text == "报价"


def test_texts_around_an_image_are_joined():
    read = parse(
        mixed(part("text/plain", b"above"), part("image/png", b"x"), part("text/plain", b"below"))
    )
    assert read.text == "above\n\nbelow"
    assert [file.name for file in read.attachments] == ["attachment-1.png"]


def test_a_multipart_without_boundary_keeps_its_words():
    assert "words" in parse(mail("From: a@b.cn", body=b"words", type_="multipart/mixed")).text


def test_a_cut_off_mail_keeps_what_came():
    whole = mixed(part("text/plain", b"above"), part("text/plain", b"below and more"))
    assert parse(whole[:-20]).text == "above\n\nbelo"


def test_html_tables_quotes_and_hidden_words():
    text = html.to_text(
        "<style>p{}</style><p style='margin:99999999em'>您好</p><div style='display:none'>x</div>"
        "<table><tr><td>项目</td><td>金额</td></tr></table>"
        "<blockquote type=cite>旧<br>话</blockquote><p>新</p>"
    )
    assert text == "您好\n\n项目  金额\n\n> 旧\n> 话\n\n新"


HTML_REPLIES = {
    "foxmail": '<div>好的</div><hr><blockquote style="margin-left:0"><div><b>发件人：</b>&nbsp;<a>李四</a></div>'
    "<div><b>发送时间：</b>&nbsp;2025-03-03</div><div><b>收件人：</b>&nbsp;张三</div>旧内容</blockquote>",
    "qq": '<div>好的</div><div><includetail><div style="font-size:12px">------------------&nbsp;原始邮件&nbsp;'
    "------------------</div><div><b>发件人:</b>李四</div>旧内容</includetail></div>",
    "163": '<div>好的</div><p>At 2025-03-03 10:00:00, "李四" &lt;l@163.com&gt; wrote:</p>'
    '<blockquote id="isReplyContent">旧内容</blockquote>',
    "gmail": '<div dir="ltr">好的</div><br><div class="gmail_quote"><div class="gmail_attr">On Mon, Mar 3, '
    '2025 at 10:00 AM Li &lt;<a href="mailto:l@a.cn">l@a.cn</a>&gt; wrote:<br></div>'
    '<blockquote class="gmail_quote"><div>旧内容</div><div>更多</div></blockquote></div>',
    "outlook": '<p>好的</p><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Li<br><b>Sent:'
    "</b> Monday<br><b>To:</b> Zhang<br><b>Subject:</b> RE: x</div><div>旧内容</div>",
    "apple": "<div>好的<div><br><blockquote type=cite><div>在 2025年3月3日，10:00，李四 &lt;l@a.cn&gt; 写道：</div>"
    "<br><div>旧内容</div></blockquote></div></div>",
}


@pytest.mark.parametrize("body", HTML_REPLIES.values(), ids=HTML_REPLIES.keys())
def test_replies_in_html(body):
    read = parse(mail("From: a@b.cn", body=body.encode(), type_="text/html; charset=utf-8"))
    assert read.new_text == "好的"
    assert "旧内容" in read.quoted


@pytest.mark.parametrize(
    "text", ["", "<", "<!-- x", "<?xml version='1.0' encoding='x'?><p>a", "\x00", "<p>" * 3000]
)
def test_html_that_is_none(text):
    assert isinstance(html.to_text(text), str)


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ([b'Content-Disposition: attachment; filename="a.pdf"'], "a.pdf"),
        ([b"Content-Disposition: attachment; filename=a b.pdf"], "a b.pdf"),
        ([b"Content-Disposition: attachment; filename*=utf-8''%E6%8A%A5%E4%BB%B7.pdf"], "报价.pdf"),
        (
            [
                b"Content-Disposition: attachment;\r\n filename*0*=gbk''%B1%A8;\r\n filename*1=\".pdf\""
            ],
            ".pdf",
        ),
        ([b'Content-Disposition: attachment; filename="=?gb2312?B?sai82y5wZGY=?="'], "报价.pdf"),
        (
            [b'Content-Disposition: attachment; filename="' + "报价.pdf".encode("gbk") + b'"'],
            "报价.pdf",
        ),
        ([b'Content-Disposition: attachment; filename="../../etc/passwd"'], "passwd"),
        ([rb'Content-Disposition: attachment; filename="C:\dir\b.doc"'], "b.doc"),
        ([b"Content-Disposition: attachment"], "attachment-1.pdf"),
        ([b'Content-Disposition: inline; filename=".."'], "attachment-1.pdf"),
    ],
)
def test_file_names(fields, name):
    read = parse(mixed(part("application/pdf", b"x", *fields)))
    expected = "报.pdf" if name == ".pdf" else name
    assert [file.name for file in read.attachments] == [expected]


def test_a_file_name_hides_nothing_and_fits():
    assert safe_name("a\u202efdp.exe") == "afdp.exe"
    assert safe_name("con\r\nX: y.txt") == "conX_ y.txt"
    long = safe_name("报" * 300 + ".pdf")
    assert long.endswith(".pdf")
    assert len(long.encode()) <= 180


def test_files_are_decoded_when_asked():
    data = bytes(range(256)) * 9000
    read = parse(
        mixed(
            part("image/png", base64.encodebytes(data), b"Content-Transfer-Encoding: base64"),
            part("text/csv", b"a=3Db=\r\nc", b"Content-Transfer-Encoding: quoted-printable"),
        )
    )
    assert [file.size for file in read.attachments] == [len(data), 4]
    assert read.attachments[0].data == data
    assert read.attachments[1].data == b"a=bc"


def test_a_forwarded_mail_is_a_file_named_by_its_subject():
    inner = mail("From: c@d.cn", "Subject: =?gbk?B?sai82w==?=", body=b"inner")
    read = parse(mixed(part("text/plain", b"see below"), part("message/rfc822", inner)))
    assert read.new_text == "see below"
    assert read.quoted.splitlines()[1:] == [
        "发件人 / From: c@d.cn",
        "主题 / Subject: 报价",
        "",
        "inner",
    ]
    assert [(file.name, file.data) for file in read.attachments] == [("报价.eml", inner)]


def test_an_archive_is_not_opened():
    bomb = b"PK\x03\x04" + b"\x00" * 1000
    read = parse(mixed(part("application/zip; name=bomb.zip", bomb)))
    assert read.attachments[0].data == bomb


def test_nested_and_countless_parts_stop_somewhere():
    deep = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(200)
    )
    assert parse(b"From: a@b.cn\r\n" + deep).recognised
    many = mixed(*[part("image/png", b"x")] * 5000)
    assert len(parse(many).attachments) <= 2001


def test_what_the_standard_library_writes_is_read():
    message = EmailMessage()
    message["From"] = "张三 <z@b.cn>"
    message["Subject"] = "二期项目的报价与进度说明，请各位领导审阅并尽快回复，谢谢大家" * 2
    message.set_content("你好\n")
    message.add_alternative("<p>你好</p>", subtype="html")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="报价单.pdf")
    read = parse(message.as_bytes())
    assert read.subject == message["Subject"]
    assert (read.sender.name, read.text) == ("张三", "你好")
    assert [(file.name, file.data) for file in read.attachments] == [("报价单.pdf", b"%PDF")]


# --- any bytes -----------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        b"From: ", b"To: ", b"Date: ", b"Subject: ", b"Message-ID: <", b"Content-Type: ",
        b"multipart/mixed; boundary=b", b"text/html; charset=", b"message/rfc822", b"\r\n", b"\n\n",
        b"--b\r\n", b"--b--", b"=?gb2312?B?", b"=?utf-8?Q?=E4", b"?=", b"Content-Transfer-Encoding: ",
        b"base64\r\n", b"quoted-printable\r\n", b"filename*0*=", b"Content-Disposition: attachment; ",
        b"\xd5\xc5", b"\xff\x00", b"<p>", b"<blockquote type=cite>", b"((((", b'"', b"\\", b"; name=",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(), st.lists(st.one_of(PIECES, st.binary(max_size=6))).map(b"".join)))
def test_no_bytes_are_too_odd(data):
    read = parse(data)
    assert read.message_id
    assert all(file.size == len(file.data) for file in read.attachments)
    for text in (read.text, read.new_text, read.quoted, read.subject):
        text.encode()  # raises on half a surrogate pair


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_no_field_is_too_odd(text):
    headers.decode_words(text)
    headers.parameters(text)
    list(headers.addresses(text))
    headers.moment(text)
