"""Items, moods over time, reminders, promises, remarks on tasks: seen in chat, in both languages."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.app import Program
from bot.contract import Sender
from bot.jobs import remind
from tests import play


async def test_an_item_shows_mood_why_asks_and_a_task_in_one_tap(loaded: Program):
    await play.file_all(
        loaded, play.message("m1", "三期已经第三次延期了，请周五前给我们新的进度计划。")
    )
    said = await play.said(loaded, "/往来 #1")
    assert "− 负面" in said
    assert "第三次延期" in said
    assert "C-0001" in said
    assert "请周五前给我们新的进度计划" in said
    button = next(line for line in said.splitlines() if "/task new" in line)
    line = button[button.index("/task new") :]
    await play.run(loaded, line)
    (task,) = await play.rows(loaded, "SELECT name, due, interaction_id FROM task WHERE id > 1")
    assert task["due"] is not None
    assert task["interaction_id"] == 1


async def test_not_negative_is_kept_as_a_correction_and_counted(loaded: Program):
    await play.file_all(loaded, play.message("m1", "三期已经第三次延期了，麻烦给个说法"))
    assert "/correct #1 neutral" in await play.said(loaded, "/item #1")
    await play.run(loaded, "/correct #1 neutral")
    await play.run(loaded, "/correct #1 positive")
    (kept,) = await play.rows(loaded, "SELECT before, after FROM correction")
    assert (kept["before"], kept["after"]) == ("negative", "positive")
    (item,) = await play.rows(loaded, "SELECT sentiment, mood_by FROM interaction")
    assert (item["sentiment"], item["mood_by"]) == ("positive", "person")


async def test_a_remark_on_a_task_finds_it_and_its_assignee_is_told(loaded: Program):
    await play.run(loaded, "/task new P-0001 安装塔吊监控摄像头 @李雷")
    said = play.message("m1", "塔吊监控摄像头今天又黑屏了，抓紧看看", sent_at=datetime.now(UTC))
    await play.file_all(loaded, said)
    (tied,) = await play.rows(loaded, "SELECT state, task_id, interaction_id FROM task_talk")
    assert (tied["state"], tied["task_id"]) == ("linked", 2)
    told = [play.words(notice) for notice in await play.posted(loaded)]
    assert any("客户谈到任务 T-2" in words and "黑屏" in words for words in told)
    assert "T-2 安装塔吊监控摄像头" in await play.said(loaded, "/item #1", "李雷")
    await play.run(loaded, "/about no #1 T-2")
    assert "T-2 安装" not in await play.said(loaded, "/item #1")
    assert not (
        await play.run(loaded, "/item #1", "李雷")
    ).ok  # the customer's, not their project's


async def test_a_remark_that_may_be_about_a_task_is_not_shown_to_who_may_not_read_it(
    loaded: Program,
):
    await play.run(loaded, "/task new P-0001 安装塔吊监控摄像头 @李雷")
    await play.run(loaded, "/task new P-0001 安装塔吊监控平台 @李雷")
    said = play.message("m1", "塔吊监控今天又黑屏了，抓紧看看", sent_at=datetime.now(UTC))
    await play.file_all(loaded, said)
    (tied,) = await play.rows(loaded, "SELECT state FROM task_talk")
    assert tied["state"] == "proposed"
    assert not any("黑屏" in play.words(one) for one in await play.posted(loaded, "user-3"))


async def test_talk_that_names_no_work_touches_no_task(loaded: Program):
    await play.run(loaded, "/task new P-0001 安装塔吊监控摄像头 @李雷")
    await play.file_all(loaded, play.message("m1", "今天的会几点开始？我们三个人到"))
    assert await play.rows(loaded, "SELECT 1 AS one FROM task_talk") == []


async def test_what_a_member_promises_comes_back_as_a_reminder(loaded: Program):
    now = datetime.now(UTC)
    day = (now + timedelta(days=3)).astimezone(clock.zone("Asia/Shanghai")).date()
    words = f"您放心，我们{day.month}月{day.day}日前把整改方案发给您。"
    long_ago = "我们1月15日前把资料发给您。"
    await play.file_all(
        loaded,
        play.message("m1", words, sender=Sender(id="m-li"), sent_at=now),
        play.message(
            "m2", long_ago, sender=Sender(id="m-li"), sent_at=datetime(2025, 12, 1, tzinfo=UTC)
        ),
    )
    (kept,) = await play.rows(
        loaded, "SELECT r.*, u.name AS who FROM reminder r JOIN user_account u ON u.id = r.user_id"
    )
    assert (kept["who"], kept["source"], str(kept["due"])) == ("李雷", "promise", str(day))
    due = kept["at"] + timedelta(minutes=1)
    job = remind.Remind(loaded.db, lambda: due, loaded.defaults, "web")
    await job.run("")
    await job.run("")
    told = [play.words(one) for one in await play.posted(loaded)]
    assert sum("您承诺过客户" in words and "整改方案" in words for words in told) == 1
    assert "已办" in await play.said(loaded, "/reminder done 1", "李雷")
    assert "没有" in await play.said(loaded, "/reminders", "李雷")


async def test_a_promise_in_an_approved_reply_is_kept_too(loaded: Program):
    await play.file_all(loaded, play.message("m1", "三期什么时候验收？"))
    day = (datetime.now(UTC) + timedelta(days=3)).astimezone(clock.zone("Asia/Shanghai")).date()
    await play.run(loaded, f"/reply #1 我们{day.month}月{day.day}日前把验收计划发给您。", "李雷")
    assert await play.rows(loaded, "SELECT 1 AS one FROM reminder") == []
    (made,) = await play.rows(loaded, "SELECT id FROM interaction WHERE message_key = 'answers:1'")
    await play.run(loaded, f"/reply send #{made['id']}")
    (kept,) = await play.rows(
        loaded, "SELECT u.name, r.due FROM reminder r JOIN user_account u ON u.id = r.user_id"
    )
    assert (kept["name"], kept["due"]) == ("李雷", day)


async def test_reminders_are_ones_own(loaded: Program):
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    assert "已设提醒" in await play.said(loaded, f"/提醒 {day} 给王总打电话", "李雷")
    assert "给王总打电话" in await play.said(loaded, "/reminders", "李雷")
    assert "没有" in await play.said(loaded, "/reminder done 1", "陈总")
    assert "过去" in await play.said(loaded, "/remind 2020-01-01 too late", "李雷")


@pytest.mark.parametrize(("line", "turned"), [("/情绪 C-0001", "转折"), ("/mood P-0001", "转折")])
async def test_mood_over_time_says_where_it_turned_and_what_moved_it(
    loaded: Program, line: str, turned: str
):
    begin = datetime.now(UTC) - timedelta(days=40)
    good = ("谢谢，安装很顺利，大家都满意", "三期这次交付很快，辛苦了", "培训效果很好，感谢")
    bad = (
        "系统又崩了，第三次了，没人跟进",
        "三期再次延期，我们非常不满",
        "投诉了两次都没人回复，太差了",
    )
    await play.file_all(
        loaded,
        *(
            play.message(f"g{n}", f"P-0001 {words}", sent_at=begin + timedelta(days=3 * n))
            for n, words in enumerate((*good, *good, *bad, *bad))
        ),
    )
    outcome = await play.run(loaded, line)
    said = play.words(outcome.notice)
    assert turned in said
    assert "触动情绪的话" in said
    assert outcome.notice.chart is not None
    moved = said[said.index("触动情绪的话") :]
    assert any(words[-6:] in moved for words in bad)


async def test_late_projects_name_who_and_why(loaded: Program):
    assert "没有延期" in await play.said(loaded, "/延期")
    await play.run(loaded, "/milestone P-0001 初验报告 due:2026-01-05")
    said = await play.said(loaded, "/late")
    assert "P-0001" in said
    assert "初验报告" in said
