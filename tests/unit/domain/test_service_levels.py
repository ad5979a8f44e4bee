"""Service levels, working time, what words want, and the pure parts of teams, ranking and reports."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.staff import last_month
from bot.domain import ranking, service, teams, workdays, worktime
from bot.domain.service import Wants
from bot.domain.teams import Candidate
from bot.domain.workdays import Calendar

CHINA, ZONE = workdays.china(), ZoneInfo("Asia/Shanghai")
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=ZONE)
)
SPANS = st.integers(0, 60 * 24 * 20).map(lambda n: timedelta(minutes=n))


@given(MOMENTS, SPANS)
def test_what_is_added_is_what_lies_between(start: datetime, span: timedelta):
    end = worktime.after(start, span, CHINA)
    assert worktime.between(start, end, CHINA) == span
    assert worktime.between(end, start, CHINA) == -span


@given(MOMENTS, SPANS, SPANS)
def test_working_time_adds_up(start: datetime, one: timedelta, two: timedelta):
    middle, end = start + one, start + one + two
    whole = worktime.between(start, end, CHINA)
    parts = worktime.between(start, middle, CHINA) + worktime.between(middle, end, CHINA)
    assert whole == parts
    assert timedelta() <= whole <= end - start


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        ("2026-11-20 17:30", 60, "2026-11-23 09:30"),  # a Friday
        ("2026-09-30 17:00", 120, "2026-10-08 10:00"),  # the National Day week
        ("2026-10-10 10:00", 60, "2026-10-10 11:00"),  # a Saturday that is worked
        ("2026-11-21 12:00", 30, "2026-11-23 09:30"),
    ],
)
def test_holidays_and_days_worked_instead(start: str, span: int, end: str):
    begun, ended = (datetime.fromisoformat(text).replace(tzinfo=ZONE) for text in (start, end))
    assert worktime.after(begun, timedelta(minutes=span), CHINA) == ended


def test_a_level_around_the_clock_knows_no_night():
    level = service.level("normal", "24x7")
    night = datetime(2026, 11, 21, 23, tzinfo=ZONE)
    assert level.due(night, level.answer, CHINA) == datetime(2026, 11, 22, 0, tzinfo=ZONE)
    assert level.left(night, datetime(2026, 11, 21, 16, tzinfo=UTC), CHINA) == timedelta(hours=1)


def test_what_was_agreed_goes_before_the_tier_and_the_unknown_is_normal():
    assert service.level("vip", "").answer == timedelta(hours=1)
    assert service.level("vip", "key").answer == timedelta(hours=2)
    assert service.level("vip", "gone") == service.level("vip", "")
    assert service.level("nobody", "") == service.level("normal", "")
    assert service.level("vip", "", urgent=True).solve == timedelta(hours=4, minutes=30)


@given(st.integers(1, 10_000).map(lambda n: timedelta(minutes=n)))
def test_a_warning_comes_before_the_end_and_not_with_the_beginning(span: timedelta):
    ahead = service.heads_up(span)
    assert timedelta() < ahead <= span / 2
    if span >= timedelta(hours=1):
        assert ahead >= max(span / 4, timedelta(minutes=30))


def test_a_year_without_a_notice_is_an_estimate():
    assert workdays.is_published(2026)
    assert not workdays.is_published(2027)
    assert service.unsure(datetime(2027, 1, 4, tzinfo=ZONE))


@pytest.mark.parametrize(
    ("words", "asks", "wanted"),
    [
        ("谢谢！", False, Wants.NOTHING),
        ("新年快乐，阖家幸福", False, Wants.NOTHING),
        ("Happy new year!", False, Wants.NOTHING),
        ("", False, Wants.NOTHING),
        ("好的，谢谢", False, Wants.CLOSED),
        ("收到", False, Wants.CLOSED),
        ("ok thanks", False, Wants.CLOSED),
        ("没事了", False, Wants.CLOSED),
        ("在吗", False, Wants.ANSWER),
        ("你好", False, Wants.ANSWER),
        ("图纸发错了", False, Wants.ANSWER),
        ("好的，那什么时候到？", True, Wants.ANSWER),
        ("收到，但我们要投诉", False, Wants.ANSWER),
    ],
)
def test_what_words_want(words: str, asks: bool, wanted: Wants):
    assert service.wants(words, asks=asks) == wanted


def test_a_signal_always_wants_an_answer():
    assert service.wants("行", asks=False, signals=["complaint"]) == Wants.ANSWER


def test_what_fills_a_gap_is_not_filled_itself():
    assert service.filled("{contact}，{other}", {"contact": "{member}"}) == "{member}，{other}"


def test_shipped_replies_have_only_known_gaps():
    for name in service.shipped_replies():
        for language in ("zh", "en"):
            gaps = service.gaps(service.shipped_reply(name, language))
            assert gaps
            assert set(gaps) <= set(service.GAPS)


def test_more_of_anything_never_ranks_lower():
    one = Candidate(1, "a", 0.5, here_hours=10, skills=frozenset({"布线"}), rating=Decimal(4))
    better = [
        Candidate(2, "b", 0.2, 10, skills=one.skills, rating=one.rating),
        Candidate(3, "c", 0.5, 30, skills=one.skills, rating=one.rating),
        Candidate(4, "d", 0.5, 10, skills=frozenset({"布线", "视频"}), rating=one.rating),
        Candidate(5, "e", 0.5, 10, skills=one.skills, rating=Decimal(5)),
    ]
    for other in better:
        first, second = teams.rank([one, other], ["布线", "视频"])
        assert first.candidate == other
        assert second.score < first.score <= 1


def test_skills_that_nobody_asked_for_weigh_nothing():
    (one,) = teams.rank([Candidate(1, "a", 0, 40, rating=Decimal(5))], [])
    assert one.score == 1
    (full,) = teams.rank([Candidate(1, "a", 3.0, rating=Decimal(1))], ["x"])
    assert full.score == 0
    assert full.lacks == ("x",)


@given(st.lists(st.decimals(-1000, 10_000, places=2), max_size=40))
def test_shares_make_a_whole_and_classes_never_rise(amounts: list[Decimal]):
    found = ranking.places(sorted(amounts, reverse=True))
    assert len(found) == len(amounts)
    assert [one.kind for one in found] == sorted(one.kind for one in found)
    if any(amount > 0 for amount in amounts):
        assert abs(sum(one.share for one in found) - 1) < Decimal("1e-9")
        assert found[0].kind == "A"
    else:
        assert all(one.kind == "C" and not one.share for one in found)


def test_the_month_before():
    assert last_month(date(2026, 1, 15)) == date(2025, 12, 1)
    assert last_month(date(2026, 3, 1)) == date(2026, 2, 1)


def test_a_calendar_without_office_days_is_said():
    never = Calendar(weekend=frozenset(range(7)))
    with pytest.raises(ValueError, match="no working day"):
        worktime.after(datetime(2026, 1, 1, tzinfo=ZONE), timedelta(hours=1), never)
