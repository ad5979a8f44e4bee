"""Digests that come by themselves, and those that people choose."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.app import Program
from bot.jobs.digest import Digest
from bot.people import HOME
from tests import play


def digest(program: Program, at: datetime) -> Digest:
    return Digest(program.db, lambda: at, program.defaults, HOME)


def next_monday_at_nine(program: Program) -> datetime:
    """In the firm's own zone, eight hours ahead of UTC, which is when nobody chose another time."""
    day = program.now().astimezone(UTC) + timedelta(days=1)
    while day.weekday() != 0:
        day += timedelta(days=1)
    return day.replace(hour=1, minute=0, second=30, microsecond=0)


async def test_a_bound_internal_chat_gets_a_weekly_digest_by_itself(loaded: Program):
    await digest(loaded, loaded.now()).run("")
    assert await play.posted(loaded) == []
    at = next_monday_at_nine(loaded)
    await digest(loaded, at).run("")
    await digest(loaded, at + timedelta(minutes=1)).run("")
    (notice,) = await play.posted(loaded, "i-p1")
    assert "P-0001" in play.words(notice)
    assert await play.posted(loaded, "g-huajian") == []


async def test_a_member_who_uses_the_assistant_gets_their_day_if_there_is_one(loaded: Program):
    await play.run(loaded, "我的任务", "李雷")
    await play.run(loaded, "whoami", "Emma")
    await digest(loaded, loaded.now()).run("")
    await digest(loaded, next_monday_at_nine(loaded)).run("")
    told = [play.words(n) for n in await play.posted(loaded)]
    assert [t for t in told if "李雷，您的今日摘要" in t]
    assert not [t for t in told if "Emma" in t]  # no open task, no alert: nothing to say


async def test_a_chosen_time_replaces_the_one_that_comes_by_itself(loaded: Program):
    said = await play.said(loaded, "digest P-0001 always 14:05 chat:hook:i-p1")
    assert "14:05" in said
    await digest(loaded, loaded.now()).run("")
    found = await play.rows(loaded, "SELECT every, at::text FROM subscription")
    assert {"every": "always", "at": "14:05:00"} in found
    local = loaded.now().astimezone(UTC) + timedelta(days=1)
    at = local.replace(hour=6, minute=5, second=10)
    await digest(loaded, at).run("")
    assert len(await play.posted(loaded, "i-p1")) == 1


async def test_a_digest_that_is_switched_off_stays_off(loaded: Program):
    assert "不再推送" in await play.said(loaded, "摘要 关闭 聊天:hook:i-p1")
    await digest(loaded, loaded.now()).run("")
    await digest(loaded, next_monday_at_nine(loaded)).run("")
    assert await play.posted(loaded, "i-p1") == []


@pytest.mark.parametrize(
    ("line", "who"),
    [
        ("digest P-0001 daily chat:hook:g-huajian", "陈总"),
        ("digest daily chat:hook:i-p1", "赵强"),
        ("digest daily chat:hook:i-p1", "钱会计"),
        ("mute 8 chat:hook:i-p1", "周服"),
        ("digest daily chat:web:user-1", "韩梅"),
    ],
)
async def test_chats_of_others_are_left_alone(loaded: Program, line: str, who: str):
    await play.run(loaded, "whoami", "陈总")
    done = await play.run(loaded, line, who)
    assert not done.ok


async def test_a_muted_chat_stays_silent(loaded: Program):
    assert "已静音" in await play.said(loaded, "静音 200 聊天:hook:i-p1")
    await digest(loaded, loaded.now()).run("")
    await digest(loaded, next_monday_at_nine(loaded)).run("")
    assert await play.posted(loaded, "i-p1") == []
