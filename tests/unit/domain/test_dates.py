"""Dates and times, read on Wednesday 2026-11-18 at ten in Shanghai."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import dates

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 18, 10, 0, tzinfo=ZONE)

DAYS = {
    "今天": "2026-11-18", "明天": "2026-11-19", "后天": "2026-11-20", "大后天": "2026-11-21", "昨天": "2026-11-17",
    "周五": "2026-11-20", "星期五": "2026-11-20", "礼拜天": "2026-11-22", "周三": "2026-11-18", "下周三": "2026-11-25",
    "下下周一": "2026-11-30", "本周五": "2026-11-20", "上周二": "2026-11-10", "这周日": "2026-11-22", "周二": "2026-11-24",
    "月底": "2026-11-30", "下月底": "2026-12-31", "下个月底": "2026-12-31", "年底": "2026-12-31", "12月底": "2026-12-31",
    "明年1月15日": "2027-01-15", "去年12月3号": "2025-12-03", "后年三月5号": "2028-03-05",
    "2026-12-01": "2026-12-01", "2026/12/1": "2026-12-01", "2026年12月1日": "2026-12-01", "12月1日": "2026-12-01",
    "12月1号": "2026-12-01", "12/1": "2026-12-01", "１２月１日": "2026-12-01", "十二月一号": "2026-12-01",
    "二〇二六年十二月一日": "2026-12-01", "3月5日": "2027-03-05", "25号": "2026-11-25", "5号": "2026-12-05",
    "3天后": "2026-11-21", "三天内": "2026-11-21", "三个工作日内": "2026-11-23", "两周后": "2026-12-02", "半个月后": "2026-12-03",
    "三个月后": "2027-02-18", "一个半月后": "2027-01-02", "周末": "2026-11-21", "本周内": "2026-11-20", "下周": "2026-11-27",
    "today": "2026-11-18", "Tomorrow": "2026-11-19", "fri": "2026-11-20", "Friday": "2026-11-20", "next Wednesday": "2026-11-25",
    "this friday": "2026-11-20", "last tuesday": "2026-11-10", "in 3 days": "2026-11-21", "in two weeks": "2026-12-02",
    "dec 1": "2026-12-01", "December 1st, 2026": "2026-12-01", "1 december 2026": "2026-12-01", "the 25th": "2026-11-25",
    "end of month": "2026-11-30", "eom": "2026-11-30", "EOW": "2026-11-20", "end of the week": "2026-11-20", "end of next month": "2026-12-31",
    "within 5 working days": "2026-11-25", "by end of the year": None, "end of the year": "2026-12-31", "2月29日": "2028-02-29",
}  # fmt: skip

TIMES = {
    "明天下午三点": "2026-11-19T15:00", "今晚八点半": "2026-11-18T20:30", "上午10:30": "2026-11-18T10:30", "3pm": "2026-11-18T15:00",
    "9am": "2026-11-19T09:00", "周五下午2:03": "2026-11-20T14:03", "明早九点": "2026-11-19T09:00", "明天中午12点": "2026-11-19T12:00",
    "2026-12-01 14:30": "2026-12-01T14:30", "12月1日 下午3点一刻": "2026-12-01T15:15", "tomorrow at 3pm": "2026-11-19T15:00",
    "next wednesday 10:00": "2026-11-25T10:00", "今晚十二点": "2026-11-19T00:00", "2小时后": "2026-11-18T12:00", "半小时内": "2026-11-18T10:30",
    "in 2 hours": "2026-11-18T12:00", "晚上八点": "2026-11-18T20:00", "friday noon": "2026-11-20T12:00", "noon": "2026-11-18T12:00",
}  # fmt: skip


@pytest.mark.parametrize(("words", "iso"), DAYS.items())
def test_a_day(words, iso):
    assert dates.parse(words, NOW) == (iso and date.fromisoformat(iso))


@pytest.mark.parametrize(("words", "iso"), TIMES.items())
def test_a_time_is_aware_and_in_the_persons_zone(words, iso):
    found = dates.parse(words, NOW)
    assert isinstance(found, datetime)
    assert found.tzinfo is ZONE
    assert found.strftime("%Y-%m-%dT%H:%M") == iso


@pytest.mark.parametrize(
    "words",
    ["", "你好", "hello", "13月40日", "2026-02-30", "25:99", "第3周", "V1.2.3", "192.168.1.10", "3号楼", "100%",
     "周报", "一下", "marching", "sunset", "may", "the", "10万", "他今天来", "P23-001", "周期", "一点", "三点意见", "晚一点"],
)  # fmt: skip
def test_what_is_no_date(words):
    assert dates.parse(words, NOW) is None


def test_dates_in_running_text_carry_their_place():
    text = "方案下周三前给，尾款12月1日付；kickoff tomorrow 3pm，3号楼除外"
    found = dates.find(text, NOW)
    assert [(text[start:end], value.isoformat()[:16]) for start, end, value in found] == [
        ("下周三", "2026-11-25"),
        ("12月1日", "2026-12-01"),
        ("tomorrow 3pm", "2026-11-19T15:00"),
    ]


@given(st.text(max_size=200))
def test_nothing_raises(text):
    dates.parse(text, NOW)
    for start, end, _ in dates.find(text, NOW):
        assert 0 <= start < end <= len(text)


@given(
    st.lists(
        st.sampled_from([*DAYS, *TIMES, "内", "半", "点", "：", "9", "一", "\u200f", "İ", " "]),
        max_size=8,
    )
)
def test_no_mixture_raises(parts):
    dates.find("".join(parts), NOW)


@given(st.dates(date(2026, 11, 18), date(2100, 1, 1)))
def test_an_iso_day_is_itself(day):
    assert dates.parse(day.isoformat(), NOW) == day


def test_the_end_of_time_is_no_crash():
    late = datetime(9999, 12, 31, 23, 59, tzinfo=ZONE)
    for words in [*DAYS, *TIMES]:
        dates.find(words, late)
