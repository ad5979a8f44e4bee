"""Mails of our own making, each with one fault or oddity, and what a person must still see of it."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from quopri import encodestring

Files = dict[str, bytes]
PDF = b"%PDF-1.4\n" + bytes(range(256)) * 5 + b"\r\n--not a boundary\r\n%%EOF"
ODD = bytes(range(256))


@dataclass(frozen=True)
class Case:
    name: str
    raw: bytes
    subject: str | None = None
    """None: whatever it says."""
    text: tuple[str, ...] = ()
    """Each stands somewhere in the text."""
    files: Files | None = None
    """Name → bytes of all files; a name that is there twice has its number in front."""
    sender: str | None = None
    message_id: str | None = None


def lines(*each: str | bytes) -> bytes:
    return b"\r\n".join(one.encode() if isinstance(one, str) else one for one in each)


def mail(
    *fields: str | bytes, body: bytes = b"hello", type_: str = "text/plain; charset=utf-8"
) -> bytes:
    return lines("From: Li <li@c.cn>", *fields, f"Content-Type: {type_}", "", body)


def part(type_: str, body: bytes, *fields: str | bytes) -> bytes:
    return lines(f"Content-Type: {type_}", *fields, "", body)


def attached(data: bytes, *fields: str | bytes, type_: str = "application/pdf") -> bytes:
    return part(type_, base64.encodebytes(data), "Content-Transfer-Encoding: base64", *fields)


def mixed(*parts: bytes, kind: str = "mixed", boundary: str = "b0") -> bytes:
    mark = boundary.encode()
    inside = b"".join(b"--" + mark + b"\r\n" + one + b"\r\n" for one in parts)
    body = b"preamble\r\n" + inside + b"--" + mark + b"--\r\nepilogue\r\n"
    return mail("Subject: s", body=body, type_=f'multipart/{kind}; boundary="{boundary}"')


NAMED = 'Content-Disposition: attachment; filename="a.pdf"'
WORDS = part("text/plain; charset=utf-8", "请见附件。".encode())


# --- charsets ------------------------------------------------------------------------------------

CHINESE = "项目进度：二期报价已经发给您，请确认。"
TEXTS: list[tuple[str, str, str]] = [
    # label, codec that wrote it, words
    ("gb2312", "gb2312", CHINESE), ("gb2312", "gb18030", "朱镕基㐀" + CHINESE), ("GBK", "gbk", CHINESE),
    ("gb18030", "gb18030", "𠮷野家" + CHINESE), ("x-gbk", "gbk", CHINESE), ("cp936", "gbk", CHINESE),
    ("ms936", "gbk", CHINESE), ("windows-936", "gbk", CHINESE), ("gb_2312-80", "gb2312", CHINESE),
    ("csGB2312", "gb2312", CHINESE), ("euc-cn", "gb2312", CHINESE), ("big5", "big5", "專案進度，請確認。"),
    ("big5-hkscs", "big5hkscs", "啲嘢，請確認。"), ("x-x-big5", "big5", "專案進度。"), ("hz-gb-2312", "hz", CHINESE),
    ("utf-7", "utf-7", CHINESE), ("unicode-1-1-utf-7", "utf-7", CHINESE), ("iso-2022-jp", "iso2022_jp", "進捗をご確認ください"),
    ("shift_jis", "cp932", "進捗①をご確認ください"), ("x-sjis", "cp932", "進捗をご確認"), ("euc-jp", "euc_jp", "進捗をご確認ください"),
    ("euc-kr", "cp949", "진행 상황을 확인해 주세요"), ("ks_c_5601-1987", "cp949", "똠방각하 확인"), ("iso-2022-kr", "iso2022_kr", "확인해 주세요"),
    ("koi8-r", "koi8_r", "Проверьте ход проекта"), ("koi8-u", "koi8_u", "Перевірте їх"), ("windows-1250", "cp1250", "Příliš žluťoučký kůň"),
    ("windows-1251", "cp1251", "Проверьте ход проекта"), ("windows-1252", "cp1252", "Prüfung “fertig” – 5 €"), ("windows-1253", "cp1253", "Ελέγξτε την πρόοδο"),
    ("windows-1254", "cp1254", "İlerlemeyi kontrol ediniz ğş"), ("windows-1255", "cp1255", "בדקו את ההתקדמות"), ("windows-1256", "cp1256", "تحقق من التقدم"),
    ("windows-1257", "cp1257", "Patikrinkite eigą ąčęė"), ("windows-1258", "cp1258", "Đa xong, tôi xem"), ("iso-8859-1", "cp1252", "Prüfung – fertig €"),
    ("iso-8859-2", "iso8859_2", "Příliš žluťoučký"), ("iso-8859-5", "iso8859_5", "Проверьте"), ("iso-8859-7", "iso8859_7", "Ελέγξτε"),
    ("iso-8859-9", "iso8859_9", "İlerleme ğş"), ("iso-8859-15", "iso8859_15", "Prüfung 5 €"), ("tis-620", "tis_620", "ตรวจสอบ"),
    ("macintosh", "mac_roman", "Prüfung fertig"), ("ibm850", "cp850", "Prüfung fertig"), ("utf-16", "utf-16", CHINESE),
    ("utf-16le", "utf-16-le", CHINESE), ("utf-8", "utf-8", "🏗️ " + CHINESE), ("UTF8", "utf-8", CHINESE),
    ("utf8mb4", "utf-8", CHINESE), ('"utf-8"', "utf-8", CHINESE), ("'gbk'", "gbk", CHINESE), ("utf-8*zh", "utf-8", CHINESE),
    ("unknown-8bit", "gbk", CHINESE), ("unknown", "utf-8", CHINESE), ("x-unknown", "gbk", CHINESE), ("", "gbk", CHINESE), ("", "utf-8", CHINESE),
    ("us-ascii", "utf-8", CHINESE), ("ascii", "gbk", CHINESE), ("ansi_x3.4-1968", "gbk", CHINESE), ("8bit", "utf-8", CHINESE), ("default", "gbk", CHINESE),
    ("utf-8", "gbk", CHINESE), ("gb2312", "utf-8", CHINESE), ("iso-8859-1", "utf-8", CHINESE), ("zip", "utf-8", CHINESE),
    ("base64", "utf-8", CHINESE), ("rot13", "utf-8", "hello"), ("idna", "utf-8", CHINESE), ("utf-8\x00", "utf-8", CHINESE), ("x" * 3000, "utf-8", CHINESE),
    ("_charset_", "utf-8", CHINESE), ("cp65001", "utf-8", CHINESE), ("gb2312_charset", "gbk", CHINESE),
]  # fmt: skip


def charsets() -> Iterator[Case]:
    for at, (label, codec, words) in enumerate(TEXTS):
        data = words.encode(codec)
        name = f"charset-{at}-{label[:20]}-as-{codec}"
        type_ = f"text/plain; charset={label}" if label else "text/plain"
        coded = base64.encodebytes(data)
        yield Case(
            f"{name}-base64",
            mail("Content-Transfer-Encoding: base64", body=coded, type_=type_),
            text=(words,),
            files={},
        )
        if not codec.startswith("utf-16"):
            yield Case(f"{name}-8bit", mail(body=data, type_=type_), text=(words,), files={})


# --- boundaries ----------------------------------------------------------------------------------


def _bounded(parameter: str, body: bytes) -> bytes:
    return mail("Subject: s", body=body, type_=f"multipart/mixed{parameter}")


def boundaries() -> Iterator[Case]:
    two = lines("--b0", WORDS, "--b0", attached(PDF, NAMED), "--b0--", "")
    a = {"a.pdf": PDF}
    words = ("请见附件。",)
    for name, parameter in [
        ("plain", "; boundary=b0"),
        ("quoted", '; boundary="b0"'),
        ("blanks", ' ; boundary = "b0" ; x=y'),
        ("upper", "; BOUNDARY=b0"),
        ("folded", ";\r\n\tboundary=b0"),
        ("half-quoted", '; boundary="b0'),
        ("comment", "; boundary=b0 (made by hand)"),
        ("twice", "; boundary=b0; boundary=b1"),
        ("rfc2231", "; boundary*0=b; boundary*1=0"),
        ("blank-at-end", '; boundary="b0 "'),
        ("no-semicolon", " boundary=b0"),
        ("single-quotes", "; boundary='b0'"),
        ("missing", ""),
        ("empty", '; boundary=""'),
        ("wrong", "; boundary=other"),
    ]:
        yield Case(f"boundary-{name}", _bounded(parameter, two), text=words, files=a)
    b0 = "; boundary=b0"
    yield Case("boundary-never-closed", _bounded(b0, two.replace(b"--b0--", b"")), None, words, a)
    yield Case("boundary-cut", _bounded(b0, two[: two.rindex(b"\r\n--b0--")]), None, words, a)
    yield Case("boundary-lf-only", _bounded(b0, two).replace(b"\r\n", b"\n"), None, words, a)
    yield Case(
        "boundary-blanks-behind", _bounded(b0, two.replace(b"--b0\r", b"--b0  \r")), None, words, a
    )
    yield Case("boundary-repeated", _bounded(b0, b"--b0\r\n" + two), None, words, a)
    yield Case("boundary-never-there", _bounded(b0, "只有文字".encode()), None, ("只有文字",), {})
    yield Case("boundary-empty-body", _bounded(b0, b""), None, (), {})
    inner = lines("--b0x", WORDS, "--b0x", attached(PDF, NAMED), "--b0x--", "")
    prefix = lines("--b0", part("multipart/mixed; boundary=b0x", inner), "--b0--", "")
    yield Case("boundary-prefix-of-inner", _bounded(b0, prefix), None, words, a)
    longer = lines("--b0x", part("multipart/mixed; boundary=b0", two), "--b0x--", "")
    yield Case("boundary-longer-than-inner", _bounded("; boundary=b0x", longer), None, words, a)
    same = lines("--b0", part("multipart/mixed; boundary=b0", two), "--b0--", "")
    yield Case("boundary-same-nested", _bounded(b0, same), None, words, a)
    after = two + lines(
        "--b0", attached(ODD, 'Content-Disposition: attachment; filename="z.bin"'), "--b0--"
    )
    yield Case("boundary-more-after-the-end", _bounded(b0, after), None, words, a | {"z.bin": ODD})
    yield Case(
        "boundary-odd-signs",
        mixed(WORDS, attached(PDF, NAMED), boundary="=_(1)+[2]?*.x"),
        "s",
        words,
        a,
    )
    open_inner = lines(
        "--b0",
        part("multipart/alternative; boundary=b1", lines("--b1", WORDS)),
        "--b0",
        attached(PDF, NAMED),
        "--b0--",
    )
    yield Case("boundary-inner-never-closed", _bounded(b0, open_inner), None, words, a)
    deep = WORDS
    for level in range(40):
        deep = part(
            f"multipart/mixed; boundary=d{level}", lines(f"--d{level}", deep, f"--d{level}--", "")
        )
    yield Case("boundary-forty-deep", lines("From: a@b.cn", deep), None, (), None)


# --- encodings -----------------------------------------------------------------------------------


def encodings() -> Iterator[Case]:
    words = "请见附件，谢谢。"
    plain = base64.b64encode(words.encode())
    for name, coding, body in [
        ("base64-one-line", "base64", plain),
        ("base64-upper", "BASE64", plain),
        ("base64-quoted", '"base64"', plain),
        ("base64-comment", "base64 (really)", plain),
        ("base64-blank-lines", "base64", b"\r\n\r\n".join([plain[:8], plain[8:]])),
        ("base64-odd-lines", "base64", b"\r\n".join([plain[:7], plain[7:13], plain[13:]])),
        ("base64-junk", "base64", plain[:8] + b"!*\x00-" + plain[8:]),
        ("base64-no-padding", "base64", base64.b64encode((words + "a").encode()).rstrip(b"=")),
        (
            "base64-footer",
            "base64",
            base64.b64encode((words + "a").encode()) + b"\r\n___\r\nlist footer",
        ),
        ("8bit-under-7bit", "7bit", words.encode()),
        ("binary", "binary", words.encode()),
        ("unknown", "x-made-up", words.encode()),
        ("empty", "", words.encode()),
        ("qp", "quoted-printable", encodestring(words.encode())),
        ("qp-lower", "quoted-printable", encodestring(words.encode()).lower()),
        ("qp-8bit", "quoted-printable", words.encode()),
        (
            "qp-blank-after-soft",
            "quoted-printable",
            encodestring(words.encode()).replace(b"=\n", b"=  \r\n"),
        ),
        ("qp-ends-soft", "Quoted-Printable", encodestring(words.encode()) + b"="),
        ("qp-lone-equals", "quoted-printable", encodestring(words.encode()) + b" a=b 50%=x"),
    ]:
        raw = mail(f"Content-Transfer-Encoding: {coding}", body=body)
        yield Case(f"coding-{name}", raw, text=(words,), files={})
    cut = mail("Content-Transfer-Encoding: base64", body=plain[:-3])
    yield Case("coding-base64-cut", cut, text=("请见附件，谢谢",), files={})
    broken = part(
        "application/pdf", base64.encodebytes(PDF)[:-4], "Content-Transfer-Encoding: base64", NAMED
    )
    yield Case(
        "coding-file-cut", mixed(WORDS, broken), "s", (), {"a.pdf": PDF[: (len(PDF) - 1) // 3 * 3]}
    )
    uu = (
        b"begin 644 a.pdf\n"
        + b"".join(binascii.b2a_uu(PDF[at : at + 45]) for at in range(0, len(PDF), 45))
        + b"`\nend\n"
    )
    yield Case(
        "coding-uu-in-text",
        mail(body=b"see below\n\n" + uu + b"\nbye"),
        None,
        ("see below", "bye"),
        {"a.pdf": PDF},
    )
    yield Case(
        "coding-uu-crlf",
        mail(body=(b"see\n" + uu).replace(b"\n", b"\r\n")),
        None,
        ("see",),
        {"a.pdf": PDF},
    )
    yield Case(
        "coding-uu-chinese-name",
        mail(body=b"see\n" + uu.replace(b"a.pdf", "报价.pdf".encode("gbk"))),
        None,
        ("see",),
        {"报价.pdf": PDF},
    )
    yield Case(
        "coding-uu-twice",
        mail(body=uu + uu.replace(b"a.pdf", b"b.pdf")),
        None,
        (),
        {"a.pdf": PDF, "b.pdf": PDF},
    )
    yield Case(
        "coding-uu-talk",
        mail(body=b"begin 644 things\nand end them"),
        None,
        ("begin 644 things",),
        {},
    )
    yield Case(
        "coding-x-uuencode",
        mixed(WORDS, part("application/pdf", uu, "Content-Transfer-Encoding: x-uuencode", NAMED)),
        "s",
        ("请见附件。",),
        {"a.pdf": PDF},
    )
    critical = {0, 10, 13, 61}
    coded = b"".join(
        b"=" + bytes([(b + 42 + 64) % 256])
        if (b + 42) % 256 in critical
        else bytes([(b + 42) % 256])
        for b in PDF
    )
    yenc = (
        b"=ybegin line=128 size=%d name=a.pdf\r\n" % len(PDF)
        + b"\r\n".join(_split(coded, 128))
        + b"\r\n=yend size=9\r\n"
    )
    yield Case(
        "coding-yenc",
        mail("Content-Transfer-Encoding: 8bit", body=b"see\r\n" + yenc + b"bye"),
        None,
        ("see", "bye"),
        {"a.pdf": PDF},
    )
    yield Case(
        "coding-yenc-never-ends",
        mail(body=yenc.partition(b"=yend")[0][:40]),
        None,
        ("=ybegin",),
        {},
    )
    yield Case(
        "coding-binary-file",
        mixed(WORDS, part("application/pdf", PDF, "Content-Transfer-Encoding: binary", NAMED)),
        "s",
        (),
        {"a.pdf": PDF},
    )
    yield Case(
        "coding-qp-file",
        mixed(
            part(
                "application/x",
                binascii.b2a_qp(ODD, istext=False),
                "Content-Transfer-Encoding: quoted-printable",
                'Content-Disposition: attachment; filename="o.bin"',
            )
        ),
        "s",
        (),
        {"o.bin": ODD},
    )


def _split(data: bytes, size: int) -> list[bytes]:
    """In lines of `size`, never between an escape and what it escapes."""
    found, at = [], 0
    while at < len(data):
        end = at + size
        end += data[end - 1 : end] == b"="
        found.append(data[at:end])
        at = end
    return found


# --- fields --------------------------------------------------------------------------------------


def word(text: str, charset: str = "utf-8", coding: str = "B") -> str:
    data = text.encode("gbk" if charset.startswith("gb") else charset)
    body = base64.b64encode(data).decode() if coding == "B" else "".join(f"={b:02X}" for b in data)
    return f"=?{charset}?{coding}?{body}?="


def fields() -> Iterator[Case]:
    zh = "二期报价单"
    half = base64.b64encode(zh.encode()[:7]).decode(), base64.b64encode(zh.encode()[7:]).decode()
    subjects: list[tuple[str, str | bytes, str | None]] = [
        ("word-b", word(zh), zh), ("word-q", word(zh, coding="Q"), zh), ("word-gbk", word(zh, "gbk"), zh),
        ("word-lower", word(zh).replace("?B?", "?b?"), zh), ("word-split-inside", f"=?utf-8?B?{half[0]}?= =?utf-8?B?{half[1]}?=", zh),
        ("word-split-folded", f"=?utf-8?B?{half[0]}?=\r\n =?utf-8?B?{half[1]}?=", zh), ("word-wrong-charset", word(zh).replace("utf-8", "us-ascii"), zh),
        ("word-unknown-charset", word(zh).replace("utf-8", "x-none"), zh), ("word-gbk-as-utf8", word(zh, "gbk").replace("gbk", "utf-8"), zh),
        ("word-language", word(zh).replace("utf-8", "utf-8*zh-cn"), zh), ("word-in-quotes", f'"{word(zh)}"', f'"{zh}"'),
        ("word-glued", f"Re:{word(zh)}", f"Re:{zh}"), ("word-then-plain", f"{word(zh)} v2", f"{zh} v2"),
        ("word-without-end", "=?utf-8?B?5LqM", "=?utf-8?B?5LqM"), ("raw-utf8", zh.encode(), zh), ("raw-gbk", zh.encode("gbk"), zh),
        ("raw-big5", "專案進度報告請確認".encode("big5"), None), ("nul", b"a\x00b", "a b"), ("controls", b"a\x07\x1bb", "a b"),
        ("folded-with-tab", "one\r\n\ttwo", "one two"), ("folded-blank-line-of-blanks", "one\r\n two", "one two"), ("lone-cr", b"one\rX-Y: two", None),
        ("100kB", "x" * 100_000, None), ("100kB-words", " ".join([word(zh)] * 3000), None), ("empty", "", ""), ("only-blanks", "    ", ""),
        ("q-underscore", "=?utf-8?Q?a_b?=", "a b"), ("q-broken", "=?utf-8?Q?=E4=BD=A0=ZZ?=", None), ("b-broken", "=?utf-8?B?====?=", ""),
        ("nested-word", word(word(zh)), None), ("emoji", word("🏗️✅"), "🏗️✅"), ("iso2022", word("進捗", "iso-2022-jp"), "進捗"),
    ]  # fmt: skip
    for name, value, said in subjects:
        raw = value if isinstance(value, bytes) else value.encode()
        yield Case(f"subject-{name}", mail(b"Subject: " + raw), said, ("hello",), {})
    senders: list[tuple[str, str | bytes, str | None]] = [
        ("bare", "li@d.cn", "li@d.cn"), ("angled", "<li@d.cn>", "li@d.cn"), ("comment", "li@d.cn (Li (the boss))", "li@d.cn"),
        ("nested-quotes", '"Li \\"Boss\\" Wang" <li@d.cn>', "li@d.cn"), ("unclosed-quote", '"Li <li@d.cn>', "li@d.cn"), ("unclosed-angle", "Li <li@d.cn", "li@d.cn"),
        ("comma-in-name", "Li, Wang <li@d.cn>", "li@d.cn"), ("at-in-name", '"x@y.cn" <li@d.cn>', "li@d.cn"), ("encoded-all", word("李 <li@d.cn>"), "li@d.cn"),
        ("encoded-name", f"{word('李')} <li@d.cn>", "li@d.cn"), ("raw-gbk-name", "李雷".encode("gbk") + b" <li@d.cn>", "li@d.cn"), ("blanks-inside", "Li < li@d.cn >", "li@d.cn"),
        ("group", "team: Li <li@d.cn>;", "li@d.cn"), ("mailto", "Li <mailto:li@d.cn>", None), ("semicolons", "li@d.cn; wang@d.cn", "li@d.cn"),
        ("no-address", "somebody", ""), ("brackets", "[li@d.cn]", None), ("trailing-dot", "li@d.cn.", None), ("empty", "", ""), ("only-signs", '<>,;"', ""),
    ]  # fmt: skip
    for name, value, said in senders:
        raw = value if isinstance(value, bytes) else value.encode()
        whole = lines(b"From: " + raw, "Subject: s", "", "hello")
        yield Case(f"from-{name}", whole, "s", ("hello",), {}, sender=said)
    yield Case(
        "from-twice",
        lines("From: li@d.cn", "From: other@d.cn", "Subject: s", "", "hello"),
        "s",
        ("hello",),
        {},
        sender="li@d.cn",
    )
    yield Case(
        "from-none", lines("Subject: s", "To: a@b.cn", "", "hello"), "s", ("hello",), {}, sender=""
    )
    for name, value, said in [
        ("bracket", "<a@[bad>", "<a@[bad>"), ("bare", "a@b", "<a@b>"), ("blanks", "< a @ b >", "<a@b>"), ("comment", "<a@b> (x)", "<a@b>"),
        ("two", "<a@b> <c@d>", "<a@b>"), ("folded", "\r\n <a@b>", "<a@b>"), ("unclosed", "<a@b", "<a@b>"), ("no-at", "<12345>", "<12345>"), ("quoted", '<"a b"@c>', None),
        ("long", "<" + "x" * 5000 + "@b>", None), ("empty", "", None), ("nul", "<a\x00b@c>", None),
    ]:  # fmt: skip
        yield Case(
            f"id-{name}",
            mail("Subject: s", f"Message-ID: {value}"),
            "s",
            ("hello",),
            {},
            message_id=said,
        )
    for number, value in enumerate([
        "Mon, 3 Mar 2025 10:00:00 +0800", "3 Mar 25 10:00 CST", "2025-03-03T10:00:00+08:00", "2025-03-03 10:00:00", "周一, 3 三月 2025 10:00:00 +0800",
        "Mon, 32 Feb 2025 25:61:00 +9999", "Mon, 3 Mar 1601 10:00:00 +0000", "Mon, 3 Mar 30828 10:00:00 +0000", "now", "", "\x00", "Mon, 3 Mar 2025 10:00:00 GMT+08:00 (中国标准时间)",
        "9" * 500, "Mon, 3 Mar 2025 10:00:00 +99999999999999999999", "0000-00-00", "Thu, 1 Jan 1970 00:00:00 +0000",
    ]):  # fmt: skip
        yield Case(f"date-{number}", mail("Subject: s", f"Date: {value}"), "s", ("hello",), {})
    yield from _blocks()


def _blocks() -> Iterator[Case]:
    """Whole header blocks that are wrong."""
    many = ", ".join(f"p{n}@b.cn" for n in range(10_000))
    for name, raw in [
        ("no-colon", lines("From: li@d.cn", "this is no field", "Subject: s", "", "hello")),
        ("blank-before-colon", lines("From : li@d.cn", "Subject : s", "", "hello")),
        (
            "folded-without-blank",
            lines("From: li@d.cn", "To: a@b.cn,", "b@b.cn", "Subject: s", "", "hello"),
        ),
        ("lf", b"From: li@d.cn\nSubject: s\n\nhello"),
        ("mbox-line", b"From li@d.cn Mon Jan  6 10:00:00 2025\nFrom: li@d.cn\nSubject: s\n\nhello"),
        (
            "escaped-mbox-line",
            b">From li@d.cn Mon Jan  6 10:00:00 2025\nFrom: li@d.cn\nSubject: s\n\nhello",
        ),
        ("blank-lines-first", b"\r\n\r\nFrom: li@d.cn\r\nSubject: s\r\n\r\nhello"),
        ("bom", b"\xef\xbb\xbfFrom: li@d.cn\r\nSubject: s\r\n\r\nhello"),
        ("ten-thousand-to", lines("From: li@d.cn", f"To: {many}", "Subject: s", "", "hello")),
        (
            "ten-thousand-fields",
            lines(
                "From: li@d.cn", "Subject: s", *(f"X-{n}: y" for n in range(10_000)), "", "hello"
            ),
        ),
        ("lower-case", lines("from: li@d.cn", "subject: s", "", "hello")),
        ("upper-case", lines("FROM: li@d.cn", "SUBJECT: s", "", "hello")),
        ("nul-in-name", lines(b"From: li@d.cn", b"X-\x00: y", b"Subject: s", b"", b"hello")),
        ("subject-twice", lines("From: li@d.cn", "Subject: s", "Subject: t", "", "hello")),
        ("type-nonsense", lines("From: li@d.cn", "Subject: s", "Content-Type: ;;;=", "", "hello")),
        ("type-one-word", lines("From: li@d.cn", "Subject: s", "Content-Type: text", "", "hello")),
        ("type-empty", lines("From: li@d.cn", "Subject: s", "Content-Type:", "", "hello")),
        (
            "type-twice",
            lines(
                "From: li@d.cn",
                "Subject: s",
                "Content-Type: text/plain",
                "Content-Type: image/png",
                "",
                "hello",
            ),
        ),
        (
            "type-many-parameters",
            lines(
                "From: li@d.cn",
                "Subject: s",
                "Content-Type: text/plain" + "; a=b" * 5_000,
                "",
                "hello",
            ),
        ),
        (
            "coding-twice",
            lines(
                "From: li@d.cn",
                "Subject: s",
                "Content-Transfer-Encoding: 7bit",
                "Content-Transfer-Encoding: base64",
                "",
                "hello",
            ),
        ),
    ]:
        yield Case(f"fields-{name}", raw, "s", ("hello",), {})


# --- attachments ---------------------------------------------------------------------------------


def attachments() -> Iterator[Case]:
    zh = "二期报价.pdf"
    gbk = zh.encode("gbk")
    percent = "".join(f"%{b:02X}" for b in zh.encode())
    cut = "Content-Disposition: attachment; filename="
    names: list[tuple[str, str | bytes, str | None]] = [
        ("none", "Content-Disposition: attachment", "attachment-1.pdf"), ("empty", cut + '""', "attachment-1.pdf"),
        ("quoted", cut + '"a.pdf"', "a.pdf"), ("unquoted", cut + "a.pdf", "a.pdf"), ("unquoted-blank", cut + "a b.pdf", "a b.pdf"),
        ("unclosed", cut + '"a.pdf', "a.pdf"), ("rfc2231", f"Content-Disposition: attachment; filename*=utf-8''{percent}", zh),
        ("rfc2231-gbk", "Content-Disposition: attachment; filename*=gb2312''" + "".join(f"%{b:02X}" for b in gbk), zh),
        ("rfc2231-continued", f"Content-Disposition: attachment; filename*0*=utf-8''{percent[:12]}; filename*1*={percent[12:]}", zh),
        ("rfc2231-cut-in-character", f"Content-Disposition: attachment; filename*0*=utf-8''{percent[:15]};\r\n filename*1*={percent[15:]}", zh),
        ("rfc2231-order", f"Content-Disposition: attachment; filename*1*={percent[12:]}; filename*0*=utf-8''{percent[:12]}", zh),
        ("rfc2231-plain-pieces", 'Content-Disposition: attachment; filename*0="quo"; filename*1="te.pdf"', "quote.pdf"),
        ("rfc2231-both", f"Content-Disposition: attachment; filename=\"x.pdf\"; filename*=utf-8''{percent}", zh),
        ("word", cut + f'"{word(zh)}"', zh), ("word-unquoted", cut + word(zh), zh), ("word-gbk", cut + f'"{word(zh, "gbk")}"', zh),
        ("raw-utf8", cut + f'"{zh}"', zh), ("raw-gbk", (cut + '"').encode() + gbk + b'"', zh), ("path-unix", cut + '"/etc/../a.pdf"', "a.pdf"),
        ("path-windows", cut + '"C:\\\\Users\\\\li\\\\a.pdf"', "a.pdf"), ("dots", cut + '"../../.."', "attachment-1.pdf"), ("dot", cut + '"."', "attachment-1.pdf"),
        ("nul", (cut + '"a').encode() + b'\x00.pdf"', "a.pdf"), ("newline", cut + '"a\r\n b.pdf"', "a b.pdf"), ("bidi", cut + '"a\u202efdp.exe"', "afdp.exe"),
        ("signs", cut + '"a<b>:c?.pdf"', "a_b__c_.pdf"), ("semicolon", cut + '"a;b.pdf"', "a;b.pdf"), ("quote-inside", cut + '"a\\"b.pdf"', "a_b.pdf"),
        ("inline", 'Content-Disposition: inline; filename="a.pdf"', "a.pdf"), ("upper", 'CONTENT-DISPOSITION: ATTACHMENT; FILENAME="a.pdf"', "a.pdf"),
        ("in-type-too", 'Content-Disposition: attachment; filename="a.pdf"; name="b.pdf"', "a.pdf"), ("no-disposition-word", 'Content-Disposition: ; filename="a.pdf"', "a.pdf"),
    ]  # fmt: skip
    for name, line, said in names:
        yield Case(
            f"file-{name}", mixed(WORDS, attached(PDF, line)), "s", ("请见附件。",), {said: PDF}
        )
    named = part(
        f'application/pdf; name="{zh}"',
        base64.encodebytes(PDF),
        "Content-Transfer-Encoding: base64",
    )
    yield Case("file-name-in-type", mixed(WORDS, named), "s", (), {zh: PDF})
    yield Case("file-zero-bytes", mixed(WORDS, attached(b"", NAMED)), "s", (), {"a.pdf": b""})
    yield Case(
        "file-twice",
        mixed(WORDS, attached(PDF, NAMED), attached(ODD, NAMED)),
        "s",
        (),
        {"1:a.pdf": PDF, "2:a.pdf": ODD},
    )
    yield Case(
        "file-only",
        mail(
            "Subject: s",
            "Content-Transfer-Encoding: base64",
            NAMED,
            body=base64.encodebytes(PDF),
            type_="application/pdf",
        ),
        "s",
        (),
        {"a.pdf": PDF},
    )
    yield Case(
        "file-text",
        mixed(WORDS, attached("日志".encode(), cut + '"log.txt"', type_="text/plain")),
        "s",
        ("请见附件。",),
        {"log.txt": "日志".encode()},
    )
    yield Case(
        "file-html",
        mixed(WORDS, attached(b"<p>x", cut + '"page.html"', type_="text/html")),
        "s",
        (),
        {"page.html": b"<p>x"},
    )
    yield Case(
        "file-csv",
        mixed(WORDS, part("text/csv", b"a,b\r\n1,2")),
        "s",
        (),
        {"attachment-1.bin": b"a,b\r\n1,2"},
    )
    yield Case(
        "file-multipart-as-file",
        mixed(WORDS, part("application/octet-stream", b"--b9\r\n\r\nx", NAMED)),
        "s",
        (),
        {"a.pdf": b"--b9\r\n\r\nx"},
    )
    long = "报" * 300 + ".pdf"
    yield Case(
        "file-long-name",
        mixed(WORDS, attached(PDF, f'{cut}"{long}"')),
        "s",
        (),
        {"报" * 58 + ".pdf": PDF},
    )


# --- kinds of mails ------------------------------------------------------------------------------


def kinds() -> Iterator[Case]:
    page = part("text/html; charset=utf-8", "<p>你好<b>世界</b></p><script>no</script>".encode())
    png = attached(ODD, "Content-ID: <i1>", "Content-Disposition: inline", type_="image/png")
    inner = mail("Subject: inner", "Date: Mon, 3 Mar 2025 10:00:00 +0800", body="里面的话".encode())
    yield Case(
        "kind-html-only",
        mail(body="<div>你好</div>".encode(), type_="text/html; charset=utf-8"),
        None,
        ("你好",),
        {},
    )
    yield Case(
        "kind-html-meta-gbk",
        mail(body='<meta charset="gbk"><p>你好，世界</p>'.encode("gbk"), type_="text/html"),
        None,
        ("你好，世界",),
        {},
    )
    yield Case(
        "kind-html-broken",
        mail(body=b"<table><tr><td>a<td>b</table></p></div><", type_="text/html"),
        None,
        ("a", "b"),
        {},
    )
    yield Case(
        "kind-html-empty-plain",
        mixed(part("text/plain", b""), page, kind="alternative"),
        "s",
        ("你好世界",),
        {},
    )
    yield Case("kind-alternative", mixed(WORDS, page, kind="alternative"), "s", ("请见附件。",), {})
    yield Case(
        "kind-related",
        mixed(page, png, kind="related"),
        "s",
        ("你好世界",),
        {"attachment-1.png": ODD},
    )
    for odd in [
        "x-made-up",
        "parallel",
        "form-data",
        "voice-message",
        "encrypted",
        "byteranges",
        "MIXED",
    ]:
        yield Case(
            f"kind-{odd}",
            mixed(WORDS, attached(PDF, NAMED), kind=odd),
            "s",
            ("请见附件。",),
            {"a.pdf": PDF},
        )
    apple = part(
        "multipart/appledouble; boundary=b1",
        lines(
            "--b1",
            attached(ODD, type_="application/applefile"),
            "--b1",
            attached(PDF, NAMED),
            "--b1--",
        ),
    )
    yield Case(
        "kind-apple-double", mixed(WORDS, apple), "s", (), {"attachment-1.bin": ODD, "a.pdf": PDF}
    )
    p7s = attached(
        ODD,
        'Content-Disposition: attachment; filename="smime.p7s"',
        type_="application/pkcs7-signature",
    )
    yield Case(
        "kind-smime", mixed(WORDS, p7s, kind="signed"), "s", ("请见附件。",), {"smime.p7s": ODD}
    )
    yield Case(
        "kind-smime-opaque",
        mail(
            NAMED.replace("a.pdf", "smime.p7m"),
            "Content-Transfer-Encoding: base64",
            body=base64.encodebytes(ODD),
            type_="application/pkcs7-mime",
        ),
        None,
        (),
        {"smime.p7m": ODD},
    )
    pgp = part(
        "application/pgp-signature",
        b"-----BEGIN PGP SIGNATURE-----",
        'Content-Disposition: attachment; filename="signature.asc"',
    )
    yield Case(
        "kind-pgp",
        mixed(WORDS, pgp, kind="signed"),
        "s",
        ("请见附件。",),
        {"signature.asc": b"-----BEGIN PGP SIGNATURE-----"},
    )
    yield Case(
        "kind-partial",
        mail(body=b"From: x@y.cn\r\n\r\nhalf", type_='message/partial; number=1; total=2; id="x"'),
        None,
        (),
        {"attachment-1.bin": b"From: x@y.cn\r\n\r\nhalf"},
    )
    yield Case(
        "kind-external-body",
        mixed(
            WORDS,
            part("message/external-body; access-type=URL", b"Content-Type: image/png\r\n\r\n"),
        ),
        "s",
        (),
        {"attachment-1.bin": b"Content-Type: image/png\r\n\r\n"},
    )
    yield Case(
        "kind-forwarded",
        mixed(part("message/rfc822", inner)),
        "s",
        ("里面的话", "inner", "li@c.cn", "2025-03-03 10:00"),
        {"inner.eml": inner},
    )
    coded = part("message/rfc822", base64.encodebytes(inner), "Content-Transfer-Encoding: base64")
    yield Case(
        "kind-forwarded-base64",
        mixed(WORDS, coded),
        "s",
        ("请见附件。", "里面的话"),
        {"inner.eml": inner},
    )
    carrying = mixed(WORDS, attached(PDF, NAMED), boundary="b7")
    yield Case(
        "kind-forwarded-with-file",
        mixed(part("message/rfc822", carrying)),
        "s",
        ("请见附件。",),
        {"s.eml": carrying, "a.pdf": PDF},
    )
    twice = mixed(part("message/rfc822", carrying), boundary="b8")
    yield Case(
        "kind-forwarded-twice",
        mixed(part("message/rfc822", twice)),
        "s",
        ("请见附件。",),
        {"1:s.eml": twice, "2:s.eml": carrying, "a.pdf": PDF},
    )
    as_file = attached(
        inner,
        'Content-Disposition: attachment; filename="转发.eml"',
        type_="application/octet-stream",
    )
    yield Case("kind-eml-file", mixed(as_file), "s", ("里面的话",), {"转发.eml": inner})
    digest = mixed(b"\r\n" + inner, part("message/rfc822", inner), kind="digest")
    yield Case(
        "kind-digest", digest, "s", ("里面的话",), {"1:inner.eml": inner, "2:inner.eml": inner}
    )
    yield Case(
        "kind-forwarded-empty",
        mixed(WORDS, part("message/rfc822", b"")),
        "s",
        ("请见附件。",),
        {"attachment-1.eml": b""},
    )
    yield Case(
        "kind-forwarded-nonsense",
        mixed(WORDS, part("message/rfc822", ODD)),
        "s",
        ("请见附件。",),
        None,
    )
    yield Case(
        "kind-tnef-broken",
        mixed(
            WORDS,
            attached(
                ODD,
                'Content-Disposition: attachment; filename="winmail.dat"',
                type_="application/ms-tnef",
            ),
        ),
        "s",
        ("请见附件。",),
        {"winmail.dat": ODD},
    )
    yield Case("kind-empty", b"From: a@b.cn\r\n\r\n", "", (), {})
    yield Case("kind-headers-only", b"From: a@b.cn\r\nSubject: s", "s", (), {})


def cases() -> list[Case]:
    made = [charsets, boundaries, encodings, fields, attachments, kinds]
    return [case for each in made for case in each()]
