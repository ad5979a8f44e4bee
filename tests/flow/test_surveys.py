"""Surveys: asked once approved, answered by tap or on the page, cared for when the score is low."""

from datetime import UTC, datetime, timedelta

from aiohttp.test_utils import TestClient, TestServer

from adapters.web import site
from bot.app import Program
from bot.contract import Notice, Sender
from bot.jobs.surveys import Surveys
from tests import play

WEDNESDAY = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
"""Ten in the morning in Shanghai."""


async def tapped(program: Program, line: str, chat: str = "g-huajian") -> str:
    """What the customer reads after a tap."""
    sender = Sender(id="u-wang", name="王芳", proven=True, outside=True)
    before = len(await play.posted(program, chat))
    number = len(await play.rows(program, "SELECT id FROM inbox"))
    one = play.message(f"tap-{number}", line, sender=sender, tapped=True, chat=chat)
    await play.file_all(program, one)
    return "\n".join(play.words(one) for one in (await play.posted(program, chat))[before:])


def at(program: Program, days: int = 0, hours: int = 0) -> None:
    """Move the clock, for members and for what customers tap."""
    program.now = lambda: WEDNESDAY + timedelta(days=days, hours=hours)
    program.assistant._now = program.now


async def remind(program: Program) -> None:
    await Surveys(program.db, program.now, program.defaults, program).run("")


async def asked(program: Program, line: str = "/满意度调查 C-0001 nps", by: str = "陈总") -> Notice:
    """A survey that was approved: what the customer reads."""
    at(program)
    shown = await play.said(program, line, "韩梅")
    assert "客户将看到" in shown
    assert await play.posted(program, "g-huajian") == []
    assert (await play.run(program, "/批准 1", by)).ok
    (notice,) = await play.posted(program, "g-huajian")
    return notice


async def test_a_low_score_becomes_a_task_of_the_service_head_with_the_comment(loaded: Program):
    notice = await asked(loaded)
    taps = [one.command for one in notice.buttons if one.command]
    assert [one.split()[-1] for one in taps] == [f"score:{n}" for n in range(11)]
    assert notice.buttons[-1].url.rpartition("/")[0].endswith("/s")
    assert "选择 0 到 10" in await tapped(loaded, taps[0][:-1] + "11")
    said = await tapped(loaded, taps[6])
    assert "您的评分：6" in said
    assert "很抱歉" in said
    (task,) = await play.rows(
        loaded,
        """SELECT t.name, u.name AS who, t.due IS NOT NULL AS dated FROM task t
           JOIN user_account u ON u.id = t.assignee_id WHERE t.name LIKE '客户关怀%'""",
    )
    assert task == {
        "name": "客户关怀：C-0001 上海华建工程集团有限公司 的 NPS 为 6",
        "who": "周服",
        "dated": True,
    }
    key = taps[6].split()[1]
    assert "谢谢您的留言" in await tapped(
        loaded, f'/survey.comment {key} comment:"回复太慢，找不到人"'
    )
    (task,) = await play.rows(loaded, "SELECT checklist FROM task WHERE name LIKE '客户关怀%'")
    assert task["checklist"][0]["text"] == "回复太慢，找不到人"
    for who in ("韩梅", "周服"):
        told = await play.posted(loaded, await play.own_chat(loaded, who))
        assert "回复太慢，找不到人" in play.words(told[-1])
    # it may change within a day; a second low score makes no second task
    await tapped(loaded, taps[5])
    assert len(await play.rows(loaded, "SELECT 1 FROM task WHERE name LIKE '客户关怀%'")) == 1
    assert "NPS 推荐意愿 5 回复太慢" in await play.said(loaded, "/timeline C-0001")
    shown = await play.said(loaded, "/问卷结果 C-0001")
    for words in ("NPS -100（近 12 个月 1 份）", "5 回复太慢"):
        assert words in shown
    at(loaded, hours=25)
    assert "已经评价过" in await tapped(loaded, taps[9])
    assert "回复太慢" not in await play.said(loaded, "/问卷结果", "赵强")


async def test_one_reminder_after_three_working_days_and_no_second_survey_in_90(loaded: Program):
    await asked(loaded)
    assert "90 天内只问一次" in await play.said(loaded, "/满意度调查 华建 nps", "韩梅")
    assert (await play.run(loaded, "/满意度调查 华建 csat P-0001", "韩梅")).ok
    assert "不是 C-0002 的项目" in await play.said(loaded, "/满意度调查 C-0002 csat P-0001")
    assert (await play.run(loaded, "/退回 2", "李雷")).ok  # a refused one was never asked
    assert (await play.run(loaded, "/满意度调查 华建 csat P-0001", "韩梅")).ok
    assert (await play.run(loaded, "/退回 3", "李雷")).ok
    for days in (1, 2, 3, 4):  # Thursday, Friday, the weekend
        at(loaded, days)
        await remind(loaded)
    pushes = "SELECT count(*) AS n FROM push WHERE kind = 'survey'"
    assert (await play.rows(loaded, pushes))[0]["n"] == 3
    for days in (5, 5, 6, 9):  # Monday and after
        at(loaded, days)
        await remind(loaded)
    assert (await play.rows(loaded, pushes))[0]["n"] == 4
    assert (await play.run(loaded, "/批准 4")).ok
    first, second = await play.posted(loaded, "g-huajian")
    assert "前几天" in second.text
    assert [one.command for one in second.buttons] == [one.command for one in first.buttons]
    assert "很抱歉" not in await tapped(loaded, second.buttons[9].command)


async def test_the_page_is_for_whoever_has_its_link(loaded: Program):
    notice = await asked(loaded, "/survey C-0001 csat P-0001", "李雷")
    path = "/s/" + notice.buttons[-1].url.rpartition("/")[2]
    ours = {"Sec-Fetch-Site": "same-origin"}
    async with TestClient(TestServer(site.make(loaded))) as client:
        page = await (await client.get(path)).text()
        assert "华建三期智慧工地" in page
        assert "很不满意" in page
        for inside in ("李雷", "韩梅", "C-0001", "<script"):
            assert inside not in page
        assert (await client.get("/s/guessed")).status == 404
        assert (await play.rows(loaded, "SELECT score FROM survey"))[0]["score"] is None
        wrong = await client.post(path, data={"score": "6"}, headers=ours)
        assert "选择 1 到 5" in await wrong.text()
        form = {"score": "2", "comment": "<b>门禁</b>又坏了"}
        done = await (await client.post(path, data=form, headers=ours)).text()
        assert "很抱歉" in done
        assert "&lt;b&gt;门禁" in done
        at(loaded, days=2)
        late = await client.post(path, data={"score": "5"}, headers=ours)
        assert late.status == 410
        assert "已经评价过" in await late.text()
    (row,) = await play.rows(loaded, "SELECT score, comment, task_id IS NOT NULL AS t FROM survey")
    assert row == {"score": 2, "comment": "<b>门禁</b>又坏了", "t": True}


async def test_a_mail_gets_the_link_alone_in_english(loaded: Program):
    at(loaded)
    await play.rows(loaded, "UPDATE customer SET language = 'en' WHERE code = 'C-0002' RETURNING 1")
    assert (await play.run(loaded, "/survey Acme nps", "赵强")).ok
    assert (await play.run(loaded, "/approve 1")).ok
    (row,) = await play.rows(loaded, "SELECT channel, chat FROM outbox WHERE key LIKE 'push:%'")
    assert row == {"channel": "email", "chat": "john@acme.example"}
    (notice,) = await play.posted(loaded, "john@acme.example")
    assert "How likely are you to recommend us" in notice.text
    assert [bool(one.url) for one in notice.buttons] == [True]


async def test_a_key_is_good_in_its_customers_chat_only_and_no_member_answers(loaded: Program):
    notice = await asked(loaded)
    await play.run(loaded, "/bind P23-001 chat:hook:g-other audience:customer", "Emma")
    line = notice.buttons[3].command
    assert "失效" in await tapped(loaded, line, "g-other")
    assert not (await play.run(loaded, line, "韩梅")).ok
    assert (await play.rows(loaded, "SELECT score FROM survey"))[0]["score"] is None
