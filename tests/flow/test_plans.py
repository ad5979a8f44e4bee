"""The plan of a project: from a template, on the board, before a phase, looked ahead."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.app import Program
from bot.contract import Gantt, Notice
from bot.planning import making, outlook
from bot.render import plain
from storage import definitions
from storage.tables import Project
from tests import play

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""Friday noon in Shanghai, nearly."""


@pytest.fixture
async def firm(loaded: Program) -> Program:
    loaded.now = lambda: NOW
    return loaded


async def plan_of(program: Program, code: str) -> list[dict[str, Any]]:
    return await play.rows(
        program,
        """SELECT t.id, t.name, t.starts_on::text AS starts_on, t.due::text AS due, t.planned_due,
                  u.name AS who, m.name AS goal, t.stage, t.done_at
           FROM task t JOIN project p ON p.id = t.project_id
           LEFT JOIN user_account u ON u.id = t.assignee_id
           LEFT JOIN milestone m ON m.id = t.milestone_id
           WHERE p.code = :code ORDER BY t.id""",
        code=code,
    )


async def test_a_project_from_a_template_runs_from_phase_to_phase(firm: Program):
    assert "software" in await play.said(firm, "模板列表", "李雷")
    shown = await play.said(firm, "模板 软件", "李雷")
    assert "★ 上线切换 · 24 h" in shown
    assert "执行 合同已签订\n前面阶段的任务全部完成" in shown

    made = await play.said(
        firm,
        "新建项目 C-0001 四期门禁 template:软件 start:2026-12-01 manager:@李雷",
        "陈总",
    )
    assert "进度 0%" in made
    assert "交付日期 2027年" in made
    code = made.split()[0]
    tasks = await plan_of(firm, code)
    assert len(tasks) == 19
    assert tasks[0]["starts_on"] == "2026-12-01"
    assert (tasks[0]["due"], tasks[0]["who"]) == ("2026-12-02", "李雷")
    # A New Year's Day that is not worked lies within.
    requirements = next(task for task in tasks if task["name"] == "需求调研与文档")
    assert (requirements["starts_on"], requirements["due"]) == ("2026-12-03", "2026-12-15")
    assert requirements["goal"] == "需求确认"
    assert all(str(task["planned_due"]) == task["due"] for task in tasks)

    # One undo takes all of it back, and the plan can be made anew.
    await play.run(firm, "撤销", "陈总")
    assert await plan_of(firm, code) == []
    again = "新建项目 C-0001 四期门禁 template:软件 start:2026-12-01 manager:@李雷"
    code = (await play.said(firm, again, "陈总")).split()[0]
    tasks = await plan_of(firm, code)
    assert "已按模板「软件」排过计划" in await play.said(firm, f"套用模板 {code} 施工", "李雷")
    first = tasks[0]["id"]
    assert f"☑ 确认沟通方式 /task tick T-{first} 2" in await play.said(
        firm, f"查看任务 T-{first}", "李雷"
    )
    ticked = await play.said(firm, f"勾选 T-{first} 2", "李雷")
    assert "☐ 1. 确认干系人\n☑ 2. 确认沟通方式" in ticked
    board = await play.said(firm, f"移动任务 T-{first} 进行中", "李雷")
    assert f"进行中 (1) T-{first} 召开启动会 · 李雷" in board
    assert "待办 (18)" in board
    assert "……另有 10 个" in board
    assert f"T-{first} → 待检查 /task stage T-{first} review" in board
    assert "已完成" in await play.said(firm, f"完成任务 T-{first}", "李雷")
    assert "早已完成" in await play.said(firm, f"移动任务 T-{first} 待办", "李雷")

    # Planning needs a manager, which is there; doing it needs a contract and the work before.
    assert "立项 ▸ [计划]" in await play.said(firm, f"项目阶段 {code} 计划", "李雷")
    refused = await play.run(firm, f"项目阶段 {code} 执行", "李雷")
    assert "合同已签订" in refused.notice.text
    assert "前面阶段的任务全部完成（T-" in refused.notice.text
    form = refused.notice.form
    assert form is not None
    line = form.line({"project": code, "phase": "do", "reason": "客户要求先进场"})
    assert "[执行]" in await play.said(firm, line, "李雷")
    history = await play.said(firm, f"时间线 {code}", "李雷")
    assert "未满足条件仍进入新阶段：客户要求先进场" in history
    assert "按模板「软件」生成 19 个任务" in history
    assert "[计划]" in await play.said(firm, f"项目阶段 {code} 计划", "李雷")

    # Who answers for nothing here may not force it, with whatever reason.
    await play.run(firm, f"项目成员 {code} @Emma", "李雷")
    forced = await play.run(firm, f"phase {code} do because", "Emma")
    assert "Not ready for “execution”" in forced.notice.text
    assert forced.notice.form is None


async def test_tasks_wait_for_each_other_but_never_in_a_ring(firm: Program):
    for name in ("布线", "通电", "联调"):
        await play.run(firm, f"新建任务 P-0002 {name}", "Emma")
    wiring, power, joint = (task["id"] for task in await plan_of(firm, "P-0002"))
    await play.run(firm, f"task after T-{power} T-{wiring}", "Emma")
    shown = await play.said(firm, f"task after T-{joint} T-{power}", "Emma")
    assert f"Waits for T-{power} 通电" in shown
    ring = await play.said(firm, f"任务依赖 T-{wiring} T-{joint}", "管理员")
    assert "会成环" in ring
    for id_ in (wiring, power, joint):
        assert f"T-{id_}" in ring
    assert "不能等待自己" in await play.said(firm, f"任务依赖 T-{wiring} T-{wiring}", "管理员")
    assert "不在同一个项目" in await play.said(firm, f"任务依赖 T-{wiring} T-1", "管理员")
    assert len(await play.rows(firm, "SELECT id FROM task_link")) == 2
    await play.run(firm, f"取消依赖 T-{joint} T-{power}", "管理员")
    assert "本来就不等" in await play.said(firm, f"取消依赖 T-{joint} T-{power}", "管理员")
    assert "会成环" not in await play.said(firm, f"任务依赖 T-{wiring} T-{joint}", "管理员")
    await play.run(firm, "撤销", "管理员")
    assert len(await play.rows(firm, "SELECT id FROM task_link")) == 1


async def test_bad_days_hours_and_items_are_told_and_change_nothing(firm: Program):
    for line, word in (
        ("任务截止 T-1", "请写截止日期"),
        ("任务截止 T-1 2029-12-01 start:2029-12-31", "早于开始日期"),
        ("任务截止 T-1 2026-02-30", "看不懂"),
        ("任务工时 T-1 0", "0.1 到 100000"),
        ("任务工时 T-1 -5", "0.1 到 100000"),
        ("勾选 T-1 1", "没有第 1 个检查项"),
        ("检查项 T-1 " + "长" * 201, "最多 200 字"),
        ("/进度 P-0001 101%", "不能作为"),
        ("进度 P-0001 50% 按任务", "要么"),
        ("进度 P-0002 按任务", "还没有任务"),
        ("新建项目 C-0001 五期 template:火箭", "没有模板「火箭」"),
        ("新建项目 C-0001 五期 template:软件 due:2026-12-01 start:2027-01-04", "早于开始日期"),
        ("甘特图 P-0002", "/套用模板 P-0002 软件"),
        ("存为模板 P-0002 新", "还没有里程碑"),
    ):
        assert word in await play.said(firm, line, "陈总"), line
    (task,) = await play.rows(firm, "SELECT due::text, estimate, checklist FROM task")
    assert task == {"due": "2030-01-01", "estimate": None, "checklist": []}
    assert len(await play.rows(firm, "SELECT id FROM project")) == 3


async def test_progress_follows_the_tasks_where_it_shall(firm: Program):
    for name, hours in (("设计", 30), ("施工", 60), ("收尾", 10)):
        said = await play.said(firm, f"新建任务 P-0002 {name}", "陈总")
        number = said.split("T-")[1].split("\n")[0]
        await play.run(firm, f"任务工时 T-{number} {hours}", "陈总")
    tasks = [task["id"] for task in await plan_of(firm, "P-0002")]
    assert "进度 0%" in await play.said(firm, "进度 P-0002 按任务", "陈总")
    await play.run(firm, f"完成任务 T-{tasks[0]}", "陈总")
    assert "进度 30%" in await play.said(firm, "项目 P-0002", "陈总")
    for word in ("底板", "顶板"):
        await play.run(firm, f"检查项 T-{tasks[1]} {word}", "陈总")
    await play.run(firm, f"勾选 T-{tasks[1]} 1", "陈总")
    assert "进度 60%" in await play.said(firm, "项目 P-0002", "陈总")
    await play.run(firm, "撤销", "陈总")
    assert "进度 30%" in await play.said(firm, "项目 P-0002", "陈总")
    await play.run(firm, "进度 P-0002 45%", "陈总")
    await play.run(firm, f"完成任务 T-{tasks[1]}", "陈总")
    assert "进度 45%" in await play.said(firm, "项目 P-0002", "陈总")


@pytest.fixture
async def slipping(firm: Program) -> Program:
    """P-0002 is due in a week; of its three tasks the first is late and holds up the second."""
    for line in (
        "新建任务 P-0002 布线 due:2026-11-13",
        "新建任务 P-0002 调试 due:2026-11-26",
        "新建任务 P-0002 培训 due:2026-11-24",
    ):
        await play.run(firm, line, "陈总")
    ids = [task["id"] for task in await plan_of(firm, "P-0002")]
    await play.rows(firm, "UPDATE task SET created_at = '2026-11-09 02:00+00' RETURNING id")
    await play.run(firm, f"任务截止 T-{ids[0]} 2026-11-13 start:2026-11-09", "陈总")
    await play.run(firm, f"任务截止 T-{ids[1]} 2026-11-26 start:2026-11-16", "陈总")
    for id_, hours in zip(ids, (40, 80, 16), strict=True):
        await play.run(firm, f"任务工时 T-{id_} {hours}", "陈总")
    await play.run(firm, f"任务依赖 T-{ids[1]} T-{ids[0]}", "陈总")
    await play.rows(
        firm, "UPDATE project SET due_on = '2026-11-27' WHERE code = 'P-0002' RETURNING id"
    )
    return firm


async def test_a_plan_says_what_is_critical_and_when_it_will_be_done(slipping: Program):
    ids = [task["id"] for task in await plan_of(slipping, "P-0002")]
    plan = await play.said(slipping, "项目计划 P-0002", "陈总")
    assert f"关键路径 T-{ids[0]} 布线" in plan
    assert f"\nT-{ids[1]} 调试" in plan
    assert "培训" not in plan
    assert "逾期任务 1" in plan

    gantt = await play.run(slipping, "甘特图 P-0002", "陈总")
    picture = Notice.model_validate_json(gantt.notice.model_dump_json()).chart
    assert isinstance(picture, Gantt)
    assert next(row.label for row in picture.rows if row.strong) == f"T-{ids[0]} 布线"
    assert "3 个任务" in picture.words
    _, _, *bars = plain.picture(picture)
    assert f"◆ T-{ids[0]} 布线 11-09 → 11-13 ██" in "\n".join(bars)
    assert f"T-{ids[1]} 调试" in "\n".join(bars)
    assert {len(line.rpartition(" ")[2]) for line in bars} == {24}
    assert gantt.notice.buttons[-1].url.endswith("/projects/P-0002")

    forecast = await play.said(slipping, "预测 P-0002", "陈总")
    assert "很可能延期" in forecast
    assert f"T-{ids[1]} 调试：" in forecast
    assert f"T-{ids[0]} 布线" in forecast
    assert "已逾期 7 天" in forecast
    assert forecast == await play.said(slipping, "预测 P-0002", "陈总")
    english = await play.said(slipping, "forecast P-0002", "Emma")
    assert "Will probably slip" in english
    assert "Because of:" in english

    assert "很可能延期" in await play.said(slipping, "谁的项目要延期", "陈总")
    async with slipping.db.transaction() as session:
        project = await session.get_one(Project, 2)
        seen = await outlook.forecast_of(session, project, NOW.date(), "Asia/Shanghai")
    assert seen is not None
    assert seen.half <= seen.most
    assert (seen.slip or 0) > 0


async def test_indices_show_amounts_only_to_those_who_may_see_them(slipping: Program):
    await play.rows(
        slipping,
        """UPDATE project SET budget = 200000, spent = 100000 WHERE code = 'P-0002'
           RETURNING id""",
    )
    ids = [task["id"] for task in await plan_of(slipping, "P-0002")]
    await play.rows(
        slipping,
        """INSERT INTO time_entry (project_id, user_id, hours, worked_on, note, made_at)
           VALUES (2, 1, 50, '2026-11-12', '', now()) RETURNING id""",
    )
    await play.rows(
        slipping,
        """INSERT INTO defect (project_id, title, severity, found_on, made_at)
           VALUES (2, '漏水', 'major', '2026-11-12', now()) RETURNING id""",
    )
    await play.run(slipping, f"完成任务 T-{ids[0]}", "陈总")
    shown = await play.said(slipping, "指标 P-0002", "钱会计")
    # Forty hours of a hundred and thirty-six are done, which took fifty.
    assert "工时指数 CPI 0.80 = 已完成 40 小时 ÷ 已投入 50 小时" in shown
    assert "¥100,000.00" in shown
    assert "0.74（1 个缺陷 ÷ 136 计划工时 × 100；未修复 1）" in shown
    manager = await play.said(slipping, "kpi P-0002", "Emma")
    assert "CPI in money 0.59 = done 29% ÷ spent 50%" in manager
    assert "¥" not in manager
    assert "100,000" not in manager
    outsider = await play.said(slipping, "kpi P-0002", "赵强")
    assert "P-0002" not in outsider.replace("“P-0002”", "").replace("「P-0002」", "")


async def test_a_plan_becomes_a_template_of_ones_own(slipping: Program):
    await play.run(slipping, "里程碑 P-0002 上线 due:2026-11-27", "陈总")
    kept = await play.said(slipping, "存为模板 P-0002 机房改造", "管理员")
    assert "◆ 上线" in kept
    assert "布线 · 40 h" in kept
    made = await play.said(
        slipping, "新建项目 C-0003 远山机房 template:机房改造 start:2027-03-01", "陈总"
    )
    tasks = await plan_of(slipping, made.split()[0])
    assert [(t["name"], t["starts_on"], t["due"]) for t in tasks] == [
        ("布线", "2027-03-01", "2027-03-05"),
        ("调试", "2027-03-08", "2027-03-18"),
        ("培训", "2027-03-16", "2027-03-16"),
    ]
    # One that cannot be read is left out, and a name may be switched off.
    async with slipping.db.transaction() as session:
        await definitions.write(session, "project", "broken", {"id": "broken"})
        await definitions.write(session, "project", "consulting", {}, enabled=False)
        assert {"broken", "consulting"} & {*await making.known(session)} == set()
