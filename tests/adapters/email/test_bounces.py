"""Which mail never arrived, and why; what is no bounce marks nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.email.parse import parse
from adapters.email.reader import to_message
from bot import clock
from bot.contract import Given
from tests.adapters.email.bounces import FREE, NO_BOUNCE, NOT_FINAL, OURS, dsn, free


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers", "message/global"])
def test_a_report_names_the_mail_the_recipient_and_the_reason(returned):
    mail = parse(dsn(returned=returned))
    assert mail.undelivered == OURS
    assert mail.auto
    line = "未送达 / Not delivered: li@c.cn — 550 5.1.1 <li@c.cn>: no such user"
    assert mail.new_text.splitlines()[0] == line
    assert to_message(mail, Given(), clock.now(), (), b"").undelivered == OURS


def test_a_server_that_gave_up_after_days_is_final_though_its_status_is_4():
    assert parse(dsn("failed", "4.4.1")).undelivered == OURS


def test_a_reason_that_is_missing_is_its_status():
    assert "li@c.cn — 5.7.1" in parse(dsn(status="5.7.1", diagnostic="")).text


@pytest.mark.parametrize(
    ("raw", "reason"), [(raw, why) for _, raw, why in FREE], ids=[n for n, *_ in FREE]
)
def test_bounces_in_words(raw, reason):
    mail = parse(raw)
    assert mail.undelivered == OURS
    assert mail.auto
    line = mail.new_text.splitlines()[0]
    assert line.startswith("未送达 / Not delivered: li@c.cn — ")
    assert reason in line


@pytest.mark.parametrize("raw", [raw for _, raw in NOT_FINAL], ids=[name for name, _ in NOT_FINAL])
def test_a_delay_is_told_and_marks_nothing(raw):
    mail = parse(raw)
    assert mail.undelivered == ""
    assert mail.auto
    assert mail.new_text.startswith("投递延迟 / Delayed: li@c.cn")


@pytest.mark.parametrize("raw", [raw for _, raw in NO_BOUNCE], ids=[name for name, _ in NO_BOUNCE])
def test_what_is_no_bounce(raw):
    mail = parse(raw)
    assert mail.undelivered == ""
    assert "Not delivered" not in mail.text


@pytest.mark.parametrize(
    ("subject", "auto"),
    [
        ("自动回复：Re: 进度", True), ("[自动回复] 进度", True), ("Automatic reply: progress", True),
        ("Out of Office: progress", True), ("Auto-Reply", True), ("不在办公室", True), ("OOO: x", True),
        ("Re: 自动回复：进度", False), ("关于自动回复的需求", False), ("Office move", False), ("", False),
    ],
)  # fmt: skip
def test_out_of_office(subject, auto):
    assert parse(free("li@c.cn", subject, "x")).auto == auto


@given(st.binary(max_size=300), st.integers(0, 1200))
def test_no_bytes_are_too_odd(junk, at):
    whole = dsn()
    parse(whole[:at] + junk + whole[at + len(junk) :])
    parse(FREE[0][1][:at] + junk + FREE[0][1][at:])
