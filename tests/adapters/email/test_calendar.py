"""An invitation is readable in the mail's text and stays a file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.email import calendar
from adapters.email.parse import parse
from tests.adapters.email.broken_mails import mixed, part

INVITATION = """BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:China Standard Time
BEGIN:STANDARD
DTSTART:16010101T000000
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
ORGANIZER;CN=王经理:mailto:wang@firm.cn
ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN="李, 雷":MAILTO:li@c.cn
ATTENDEE:mailto:zhao@c.cn
SUMMARY;LANGUAGE=zh-CN:二期验收\\, 第一次
DTSTART;TZID=China Standard Time:20261125T140000
DTEND;TZID=China Standard Time:20261125T153000
LOCATION:3 号会议室\\n二楼 很长的地址很长的
  地址
BEGIN:VALARM
DESCRIPTION:REMINDER
SUMMARY:no
END:VALARM
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")
SHOWN = """会议邀请 / Meeting invitation: 二期验收, 第一次
时间 / When: 2026-11-25 14:00 – 15:30 (China Standard Time)
地点 / Where: 3 号会议室 二楼 很长的地址很长的 地址
组织者 / Organiser: 王经理 <wang@firm.cn>
参加 / Attendees: 李, 雷 <li@c.cn> (接受 / accepted), zhao@c.cn"""


def test_an_invitation_in_words():
    assert calendar.to_text(INVITATION) == SHOWN


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ("DTSTART;VALUE=DATE:20261125", "时间 / When: 2026-11-25"),
        ("DTSTART:20261125T060000Z\r\nDTEND:20261126T060000Z", "2026-11-25 06:00 – 2026-11-26 06:00 (UTC)"),
        ("DTSTART:20261125T060000\r\nDURATION:PT1H", "2026-11-25 06:00 PT1H"),
        ("DTSTART:tomorrow", "时间 / When: tomorrow"),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO", "重复 / Repeats: FREQ=WEEKLY;BYDAY=MO"),
        ("\r\n".join(f"ATTENDEE:mailto:p{n}@c.cn" for n in range(40)), "p29@c.cn … +10"),
    ],
)  # fmt: skip
def test_its_lines(lines, shown):
    assert shown in calendar.to_text(f"BEGIN:VEVENT\r\n{lines}\r\nEND:VEVENT")


@pytest.mark.parametrize(
    ("method", "shown"),
    [
        ("CANCEL", "会议取消 / Meeting cancelled: x"),
        ("REPLY", "会议答复 / Answer to a meeting: x"),
        ("PUBLISH", "会议 / Meeting: x"),
    ],
)
def test_what_becomes_of_it(method, shown):
    ics = f"BEGIN:VCALENDAR\nMETHOD:{method}\nBEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT"
    assert calendar.to_text(ics) == shown


@pytest.mark.parametrize(
    "ics", [part("text/calendar; charset=utf-8; method=REQUEST", INVITATION.encode()),
            part('application/octet-stream; name="invite.ics"', INVITATION.encode())]
)  # fmt: skip
def test_it_stands_below_what_the_mail_says_and_stays_a_file(ics):
    words = "请参加\n\n-- \n王经理\n电话 13800000000".encode()
    mail = parse(mixed(part("text/plain; charset=utf-8", words), ics, kind="alternative"))
    assert mail.new_text == f"请参加\n\n{SHOWN}"
    assert [one.data for one in mail.attachments] == [INVITATION.encode()]


@given(st.text(max_size=300))
def test_no_text_is_too_odd(text):
    calendar.to_text(text)
    calendar.to_text(f"BEGIN:VEVENT\nDTSTART{text}\nATTENDEE;CN={text}:{text}\nEND:VEVENT")
