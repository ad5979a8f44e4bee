"""Who leaves hands over: first shown, then done, briefed and undone."""

from datetime import UTC, datetime

from bot.app import Program
from tests import play

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

HELD = """SELECT (SELECT count(*) FROM customer WHERE owner_id = u.id) AS customers,
  (SELECT count(*) FROM project WHERE manager_id = u.id) AS projects,
  (SELECT count(*) FROM project_member WHERE user_id = u.id) AS joined,
  (SELECT count(*) FROM task WHERE assignee_id = u.id) AS tasks,
  (SELECT count(*) FROM service_case WHERE owner_id = u.id) AS cases
  FROM user_account u WHERE u.name = :who"""


async def held(program: Program, who: str) -> list[int]:
    (row,) = await play.rows(program, HELD, who=who)
    return list(row.values())


async def test_an_account_manager_leaves(loaded: Program):
    loaded.now = lambda: NOW
    await play.file_all(loaded, play.message("m1", "验收时间定了吗？我们很不满意。", sent_at=NOW))
    await play.run(loaded, "/新建工单 C-0001 门禁坏了 @韩梅", "陈总")
    await play.run(loaded, "/新建商机 C-0001 四期", "韩梅")
    before = await held(loaded, "韩梅")
    assert "权限" in await play.said(loaded, "/交接 @韩梅 @赵强", "韩梅")
    assert "本人" in await play.said(loaded, "/交接 @韩梅 @韩梅")
    shown = await play.run(loaded, "/交接 @韩梅 @赵强")
    words = play.words(shown.notice)
    assert "交接：韩梅 → 赵强" in words
    assert "客户 1" in words
    assert "未结工单 1" in words
    assert await held(loaded, "韩梅") == before
    done = await play.said(loaded, shown.notice.buttons[0].command)
    assert "已交接：韩梅 → 赵强" in done
    assert await held(loaded, "韩梅") == [0, 0, 0, 0, 0]
    assert "名下没有" in await play.said(loaded, "/交接 @韩梅 @赵强")
    (brief,) = [
        one
        for one in await play.posted(loaded, await play.own_chat(loaded, "赵强"))
        if "接手客户" in one.title
    ]
    said = play.words(brief)
    assert "原负责人 韩梅" in said
    assert "未完成任务 1" in said
    assert "未结工单 1" in said
    assert "初验" in said
    assert "验收时间定了吗" in said
    assert "负责人：韩梅 → 赵强" in await play.said(loaded, "/时间线 C-0001", "赵强")
    assert "已撤销" in await play.said(loaded, "/撤销")
    assert await held(loaded, "韩梅") == before


async def test_a_project_manager_hands_over_to_one_who_has_joined_already(loaded: Program):
    loaded.now = lambda: NOW
    await play.run(loaded, "/project member P-0002 @李雷")
    assert await held(loaded, "李雷") == [0, 1, 1, 1, 0]
    shown = await play.run(loaded, "/handover @李雷 @Emma")
    await play.run(loaded, shown.notice.buttons[0].command)
    assert await held(loaded, "李雷") == [0, 0, 0, 0, 0]
    assert (await held(loaded, "Emma"))[1:4] == [
        3,
        2,
        1,
    ]  # named in P-0001 and now in P-0002, once each
    titles = [one.title for one in await play.posted(loaded, await play.own_chat(loaded, "Emma"))]
    assert "Now yours: C-0001 上海华建工程集团有限公司" in titles
    await play.run(loaded, "/undo")
    assert await held(loaded, "李雷") == [0, 1, 1, 1, 0]
