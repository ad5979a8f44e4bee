"""What Outlook hides in winmail.dat comes out; what is broken stays the file that it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.email import rtf, tnef
from adapters.email.parse import parse
from tests.adapters.email import tnef_maker as make
from tests.adapters.email.broken_mails import ODD, PDF, attached, mixed, part
from tests.adapters.email.test_broken_mails import named_files

BOTH = make.file("二期报价.pdf", PDF) + make.file("a.bin", ODD)
# The worked example of MS-OXRTFCP 3.1.1, and the one with a repeat across the ring's end.
PACKED = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)
CROSSING = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


def of(data, *words, type_="application/ms-tnef"):
    field = 'Content-Disposition: attachment; filename="winmail.dat"'
    return parse(mixed(*words, attached(data, field, type_=type_)))


@pytest.mark.parametrize("type_", ["application/ms-tnef", "application/octet-stream"])
def test_its_files_come_out_under_their_names(type_):
    mail = of(make.winmail(files=BOTH), part("text/plain", b"see below"), type_=type_)
    assert named_files(mail) == {"二期报价.pdf": PDF, "a.bin": ODD}
    assert mail.text == "see below"


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ((make.unicode(0x1000, "你好\r\n世界"),), "你好\n世界"),
        ((make.variable(0x1E, 0x1000, "你好".encode("gbk") + b"\0"),), "你好"),
        ((make.variable(0x102, 0x1013, b"<p>hello <b>world</b>"),), "hello world"),
        ((make.rich(make.RICH),), "你好, 世界\nnext"),
        ((make.rich(make.FROM_HTML),), "helloworld"),
        ((make.rich(make.RICH), make.unicode(0x1000, "plain")), "plain"),
    ],
)
def test_its_text_is_used_where_the_mail_has_none(properties, text):
    assert of(make.winmail(*properties)).text == text
    assert of(make.winmail(*properties), part("text/plain", b"own")).text == "own"


def test_a_message_within_gives_its_subject_its_text_and_its_files():
    inner = make.winmail(make.unicode(0x0037, "内部"), make.unicode(0x1000, "里面"), files=BOTH)
    mail = of(make.winmail(make.unicode(0x1000, "outer"), files=make.embedded(inner)))
    assert mail.text == "outer\n\n内部\n\n里面"
    assert named_files(mail) == {"二期报价.pdf": PDF, "a.bin": ODD}


@pytest.mark.parametrize("lost", [3, 40, 300, len(PDF) + 200, len(BOTH) - 3])
def test_what_is_cut_stays_whole_beside_what_came_out(lost):
    data = make.winmail(files=BOTH)[:-lost]
    files = named_files(of(data))
    assert files["winmail.dat"] == data
    assert all(files[name] == PDF for name in files if name == "二期报价.pdf")


@pytest.mark.parametrize("data", [b"", make.SIGNED[:4], ODD, b"\0" * 5000])
def test_what_is_none_is_a_file(data):
    assert named_files(of(data)) == {"winmail.dat": data}


def test_compressed_rich_text():
    assert rtf.unpacked(PACKED) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert rtf.unpacked(CROSSING) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"
    assert rtf.to_text(rtf.unpacked(PACKED)) == "hello world"


@pytest.mark.parametrize(
    ("rich", "text"),
    [
        (b"{\\rtf1 a{\\*\\generator x;}b{\\pict ffff}c}", "abc"),
        (b"{\\rtf1 \\u-10180?\\u-8435?}", "🌍"),
        (b"{\\rtf1\\uc2\\u20320\\'c4\\'e3x}", "你x"),
        (b"{\\rtf1 a\\{b\\}\\\\c\\~d\\tab e}", "a{b}\\c d\te"),
        (b"}}}}{{{{\\", ""),
        (b"", ""),
    ],
)
def test_rich_text(rich, text):
    assert rtf.to_text(rich) == text


@given(st.binary(max_size=400), st.integers(0, 600))
def test_no_bytes_are_too_odd(junk, at):
    whole = make.winmail(make.rich(make.RICH), files=make.embedded(make.winmail(files=BOTH)) + BOTH)
    tnef.read(make.SIGNED + junk)
    tnef.read(whole[:at] + junk + whole[at + len(junk) :])
    rtf.to_text(rtf.unpacked(PACKED[:16] + junk))
    rtf.to_text(junk)
