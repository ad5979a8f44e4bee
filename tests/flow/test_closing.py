"""A project ends: what is open is said, the customer gets the report, lessons stay."""

from bot.app import Program
from bot.commands import lesson
from bot.commands.registry import Ask
from storage.tables import Project
from tests import play


async def test_a_project_is_closed_with_report_survey_and_lessons(loaded: Program):
    await play.rows(
        loaded,
        """INSERT INTO payment_term (customer_id, project_id, name, amount, paid, currency, due, made_at)
           VALUES (1, 1, '尾款', 88000, 0, 'CNY', '2030-01-01', now()) RETURNING 1""",
    )
    await play.run(loaded, "/登记交付物 P-0001 竣工图", "李雷")
    refused = await play.run(loaded, "/结项 P-0001", "李雷")
    said = play.words(refused.notice)
    for words in ("未完成任务：T-1 装摄像头", "竣工图 v1", "未收齐的款项：尾款", "写明理由"):
        assert words in said
    assert "88" not in said
    assert refused.notice.form is not None
    assert await play.rows(loaded, "SELECT 1 FROM push") == []
    await play.run(loaded, "/milestone done P-0001 初验", "李雷")
    shown = await play.said(loaded, "/结项 P-0001 理由:客户要求提前结项", "Emma")
    assert "华建三期智慧工地：结项报告" in shown
    assert "初验" in shown
    assert "waits already" in await play.said(loaded, "/close P-0001 reason:again", "Emma")
    (asked,) = [n for n in await play.posted(loaded, await play.own_chat(loaded, "Emma")) if n.form]
    assert "what have you learnt" in asked.title
    assert (await play.run(loaded, "/批准 1", "李雷")).ok
    (report,) = await play.posted(loaded, "g-huajian")
    for inside in ("装摄像头", "竣工图", "提前结项", "尾款", "李雷"):
        assert inside not in play.words(report)
    (row,) = await play.rows(
        loaded, "SELECT phase, closed_at IS NOT NULL AS at FROM project WHERE id = 1"
    )
    assert row == {"phase": "closed", "at": True}
    assert await play.rows(loaded, "SELECT kind FROM survey") == [{"kind": "nps"}]
    assert "已经关闭" in await play.said(loaded, "/close P-0001", "李雷")
    assert "未满足条件仍进入新阶段：客户要求提前结项" in await play.said(loaded, "/timeline P-0001")


async def test_without_a_chat_or_mailbox_it_is_closed_all_the_same(loaded: Program):
    await play.run(loaded, "/project new C-0003 评估", "陈总")
    assert "结项报告未发出" in await play.said(loaded, "/结项 P-0003")


async def test_lessons_are_found_again_where_they_fit(loaded: Program):
    assert "do again" in await play.said(
        loaded, "lesson P-0002 good ask for the staff list before 实名制 starts", "Emma"
    )
    assert "应当避免" in await play.said(
        loaded, "/登记经验 P-0001 bad 智慧工地的点位没有先勘察", "李雷"
    )
    assert not (await play.run(loaded, "/lesson P-0001 good", "李雷")).ok
    assert not (await play.run(loaded, "/lesson P23-001 good 无权", "韩梅")).ok
    assert "先勘察" in await play.said(loaded, "/经验库 点位 智慧")
    assert "没有找到" in await play.said(loaded, "/lessons 隧道")
    assert "没有找到" in await play.said(loaded, "/lessons", "赵强")
    await play.run(loaded, "/project new C-0001 四期智慧工地", "陈总")
    actor = await play.actor(loaded, "陈总")
    async with loaded.db.transaction() as session:
        found = await lesson.of_similar(
            Ask(session, actor, loaded.now()), await session.get_one(Project, 4)
        )
    assert found is not None
    assert "没有先勘察" in play.words(found)
    assert "staff list" not in play.words(found)
