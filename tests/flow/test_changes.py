"""A customer wants more: the effect is shown, others decide, and only then plan and budget follow."""

from bot.app import Program
from tests import play


async def planned(program: Program) -> tuple[int, int]:
    """Two tasks, one after the other, on P-0001."""
    await play.run(program, "/done T-1", "李雷")
    await play.run(program, "/budget P-0001 100000")
    await play.run(program, "/task new P-0001 接线 due:2027-03-05", "李雷")
    await play.run(program, "/task new P-0001 调试 due:2027-03-12", "李雷")
    one, two = (await play.rows(program, "SELECT id FROM task ORDER BY id DESC LIMIT 2"))[::-1]
    await play.rows(
        program,
        "UPDATE task SET estimate = 40, starts_on = due - 4, planned_due = due WHERE id IN (:a, :b)"
        " RETURNING 1",
        a=one["id"],
        b=two["id"],
    )
    await play.rows(
        program,
        "INSERT INTO task_link (task_id, after_id) VALUES (:b, :a) RETURNING 1",
        a=one["id"],
        b=two["id"],
    )
    await play.rows(
        program,
        "UPDATE project SET due_on = '2027-03-12', planned_due_on = '2027-03-12' RETURNING 1",
    )
    return one["id"], two["id"]


async def project(program: Program) -> dict[str, object]:
    (row,) = await play.rows(
        program, "SELECT due_on::text, budget::text FROM project WHERE code = 'P-0001'"
    )
    return row


async def test_a_change_rewrites_plan_and_budget_only_once_it_is_approved(loaded: Program):
    one, two = await planned(loaded)
    shown = await play.said(
        loaded,
        f"/变更 P-0001 增加 3 个点位 工时:16 费用:8000 任务:T-{one} 原因:现场新增",
        "韩梅",
    )
    for words in ("+2 个工作日", "8,000.00", "现场新增", "待批准"):
        assert words in shown
    assert await project(loaded) == {"due_on": "2027-03-12", "budget": "100000.00"}
    card = (await play.posted(loaded, await play.own_chat(loaded, "李雷")))[-1]
    said = play.words(card)
    assert "+8.0%" in said  # he sees shares, no amounts
    assert "8,000" not in said
    assert "由 李雷 决定" in await play.said(loaded, "/批准 1", "韩梅")
    assert (await play.run(loaded, "/批准 1 可以", "李雷")).ok
    assert await project(loaded) == {"due_on": "2027-03-16", "budget": "108000.00"}
    rows = await play.rows(
        loaded,
        "SELECT id, due::text, estimate::text FROM task WHERE id IN (:a, :b) ORDER BY id",
        a=one,
        b=two,
    )
    assert rows == [
        {"id": one, "due": "2027-03-09", "estimate": "56.00"},
        {"id": two, "due": "2027-03-16", "estimate": "40.00"},
    ]
    timeline = await play.said(loaded, "/timeline C-0001")
    assert "变更 1 已批准：增加 3 个点位" in timeline


async def test_refused_it_leaves_everything_as_it_was(loaded: Program):
    await planned(loaded)
    english = await play.said(
        loaded, 'change new P-0001 "Three more cameras" hours:16 reason:"asked on site"', "Emma"
    )
    assert "+0 working days" in english  # it fits beside the plan
    assert (await play.run(loaded, "/refuse 1 not this year", "李雷")).ok
    assert await project(loaded) == {"due_on": "2027-03-12", "budget": "100000.00"}
    assert "not this year" in play.words(
        (await play.posted(loaded, await play.own_chat(loaded, "Emma")))[-1]
    )
    assert "已退回" in await play.said(loaded, "/变更列表 P-0001")


async def test_new_work_becomes_a_task_of_its_owner(loaded: Program):
    await planned(loaded)
    await play.run(loaded, "/变更 P-0001 增加报表 工时:8 负责人:@Emma", "韩梅")
    await play.run(loaded, "/批准 1", "李雷")
    (task,) = await play.rows(
        loaded,
        "SELECT t.name, u.name AS who, t.estimate::text FROM task t"
        " JOIN user_account u ON u.id = t.assignee_id WHERE t.name = '增加报表'",
    )
    assert task == {"name": "增加报表", "who": "Emma", "estimate": "8.00"}


async def test_what_cannot_be_is_said(loaded: Program):
    one, _ = await planned(loaded)
    assert "工时" in await play.said(loaded, "/变更 P-0001 多做 工时:-5")
    assert "费用" in await play.said(loaded, "/变更 P-0001 多做 费用:-5")
    assert f"T-{one}" in await play.said(loaded, f"/变更 P-0002 多做 任务:T-{one}")
    assert await play.rows(loaded, "SELECT count(*) FROM change_request") == [{"count": 0}]
