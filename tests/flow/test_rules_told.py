"""Alerts combined, climbed and judged; rules that act on what happens; rules written in words."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.app import Program
from bot.contract import Notice
from bot.jobs.escalation import Escalation
from bot.jobs.risk_scan import RiskScan
from bot.people import HOME
from bot.rules import book
from bot.rules.actions import Begin
from bot.rules.engine import Engine
from bot.rules.firing import Firing
from storage import definitions
from tests import play

MONDAY = datetime(2026, 11, 16, 2, tzinfo=UTC)  # ten in the morning in Shanghai


async def scan(program: Program, at: datetime) -> None:
    await RiskScan(program.db, program.rules, lambda: at, program.defaults, HOME).run("")


async def climb(program: Program, at: datetime) -> None:
    await Escalation(program.db, program.rules, lambda: at).run("")


async def told(program: Program) -> list[tuple[str, Notice]]:
    found = await play.rows(
        program,
        """SELECT COALESCE(u.name, o.chat) AS who, o.notice FROM outbox o
           LEFT JOIN user_account u ON o.channel = 'web' AND o.chat = 'user-' || u.id
           ORDER BY o.id""",
    )
    return [(row["who"], Notice.model_validate_json(row["notice"])) for row in found]


async def happened(program: Program, event: str, at: datetime, customer: str, **facts: Any) -> None:
    (row,) = await play.rows(program, "SELECT id FROM customer WHERE code = :code", code=customer)
    async with program.db.transaction() as session:
        await program.rules.happened(
            session, event, at, customer_id=row["id"], project_id=None, facts=facts
        )


async def said(program: Program, at: datetime, mood: float, *signals: str) -> None:
    number = f"{at:%m%d%H}{mood}"
    for n in range(3):
        await play.file_all(program, play.message(f"{number}-{n}", "收到", sent_at=at))
    await play.rows(
        program,
        """UPDATE interaction SET score = :mood, signals = :signals,
           sentiment = CASE WHEN :mood < 0 THEN 'negative' ELSE 'positive' END
           WHERE occurred_at = :at RETURNING id""",
        mood=mood,
        signals=list(signals),
        at=at,
    )


@pytest.fixture
async def troubled(loaded: Program) -> Program:
    """华建: the mood has dropped, a payment is overdue, the scope keeps changing."""
    await said(loaded, MONDAY - timedelta(days=20), 0.5)
    await said(loaded, MONDAY - timedelta(days=1), -0.4, "scope")
    await play.rows(
        loaded,
        """INSERT INTO payment_term (customer_id, name, amount, paid, currency, due, made_at)
           SELECT id, '首付', 50000, 0, 'CNY', :due, now() FROM customer WHERE code = 'C-0001'
           RETURNING id""",
        due=date(2026, 11, 10),
    )
    return loaded


async def test_mood_money_and_scope_together_are_one_alert_with_three_reasons(troubled: Program):
    await scan(troubled, MONDAY)
    heard = await told(troubled)
    assert [who for who, _ in heard].count("韩梅") == 1
    notice = dict(heard)["韩梅"]
    assert (notice.title, notice.level) == ("客户多项风险同时出现", "danger")
    lines = notice.text.splitlines()[1:]
    assert [line.split("：")[0] for line in lines] == [
        "1. 客户情绪下降",
        "2. 回款逾期 6 天",
        "3. 客户频繁提出变更",
    ]
    assert any(button.command.startswith("/item #") for button in notice.buttons)
    (alert,) = await play.rows(troubled, "SELECT * FROM alert WHERE closed_at IS NULL")
    assert alert["level"] == "danger"
    # The manager of the project sees the customer's mood, and nothing of the customer's money.
    shown = await play.said(troubled, f"预警详情 {alert['id']}", "李雷")
    assert "客户情绪下降" in shown
    assert "逾期" not in shown
    assert "回款逾期" in await play.said(troubled, f"预警详情 {alert['id']}", "钱会计")
    assert "没有预警" in await play.said(troubled, f"预警详情 {alert['id']}", "赵强")

    await scan(troubled, MONDAY + timedelta(minutes=5))
    assert len(await told(troubled)) == len(heard)

    # A reason goes when its cause does; the alert stays until the last is gone.
    await play.rows(troubled, "UPDATE payment_term SET settled_on = :d RETURNING id", d=MONDAY)
    await scan(troubled, MONDAY + timedelta(minutes=10))
    shown = await play.said(troubled, f"预警详情 {alert['id']}", "韩梅")
    assert "客户情绪下降" in shown
    assert "逾期" not in shown
    await play.rows(troubled, "UPDATE interaction SET score = 0.5, signals = '{}' RETURNING id")
    await scan(troubled, MONDAY + timedelta(minutes=15))
    assert await play.rows(troubled, "SELECT 1 FROM alert WHERE closed_at IS NULL") == []


async def test_an_alert_that_nobody_takes_climbs_its_ladder_in_working_time(troubled: Program):
    await scan(troubled, MONDAY)
    before = len(await told(troubled))
    # 华建 is a VIP: half of four hours, then the superior; nobody is above 韩梅, so the managers.
    await climb(troubled, MONDAY + timedelta(minutes=119))
    assert len(await told(troubled)) == before
    await play.rows(
        troubled,
        """UPDATE user_account SET superior_id = (SELECT id FROM user_account WHERE name = '周服')
           WHERE name = '韩梅' RETURNING id""",
    )
    await play.rows(
        troubled, "UPDATE user_account SET roles = '{sales}' WHERE name = '周服' RETURNING id"
    )
    await climb(troubled, MONDAY + timedelta(minutes=121))
    who, notice = (await told(troubled))[-1]
    assert who == "周服"
    assert notice.text.startswith("仍未处理，现升级给您。")
    await climb(troubled, MONDAY + timedelta(minutes=121))
    assert len(await told(troubled)) == before + 1
    (alert,) = await play.rows(troubled, "SELECT id FROM alert")
    await play.run(troubled, f"知道了 {alert['id']}", "韩梅")
    await climb(troubled, MONDAY + timedelta(days=9))
    assert len(await told(troubled)) == before + 1


async def test_an_nps_under_seven_is_a_task_on_the_service_heads_list(loaded: Program):
    await play.rows(
        loaded,
        """UPDATE user_account SET superior_id = (SELECT id FROM user_account WHERE name = '陈总')
           WHERE name = '周服' RETURNING id""",
    )
    for score in (7, 6):
        await happened(
            loaded, "survey.answered", MONDAY, "C-0001", kind="nps", score=score, comment="响应太慢"
        )
    (task,) = await play.rows(
        loaded,
        """SELECT t.name, t.due, u.name AS who FROM task t JOIN user_account u
           ON u.id = t.assignee_id WHERE t.name LIKE '客户关怀%'""",
    )
    assert task["name"] == "客户关怀：C-0001 上海华建工程集团有限公司 的 NPS 为 6"
    assert (task["who"], task["due"]) == ("陈总", date(2026, 11, 17))
    assert [(who, "响应太慢" in notice.text) for who, notice in await told(loaded)] == [
        ("陈总", True)
    ]
    # Without any project it is a reminder, on the same list of things to do.
    await happened(loaded, "survey.answered", MONDAY, "C-0003", kind="nps", score=0)
    (reminder,) = await play.rows(loaded, "SELECT text, due FROM reminder")
    assert "C-0003" in reminder["text"]


async def test_what_upper_layers_do_is_handed_to_them(loaded: Program):
    done: list[tuple[str, str]] = []

    async def begin(session: Any, firing: Firing, action: Any, now: datetime) -> None:
        assert isinstance(action, Begin)
        done.append((firing.rule.id, action.flow))

    loaded.rules = Engine(loaded.defaults, HOME, {"flow": begin})
    await happened(loaded, "payment.received", MONDAY, "C-0001", first=True, on_time=True)
    await happened(loaded, "payment.received", MONDAY, "C-0001", first=False)
    assert done == [("money-received", "kickoff")]


async def test_managers_write_try_and_judge_rules(loaded: Program):
    await play.rows(loaded, "UPDATE task SET due = :d RETURNING id", d=date(2026, 11, 16))
    line = "新建规则 当 任务已逾期的天数 大于 1 天 并且 项目阶段 是 执行 则 提醒 项目经理 抄送 财务"
    assert "没有权限" in await play.said(loaded, line, "李雷")
    shown = await play.said(loaded, line)
    assert "规则 own-1 已生效" in shown
    assert "任务已逾期的天数大于 1 天，并且项目阶段是 执行" in shown
    await scan(loaded, MONDAY + timedelta(days=2))
    heard = await told(loaded)
    assert [who for who, _ in heard] == ["李雷", "钱会计"]
    assert heard[0][1].text == (
        "P-0001 华建三期智慧工地：任务已逾期的天数大于 1 天，并且项目阶段是 执行。"
    )
    await play.run(loaded, heard[0][1].buttons[-1].command, "李雷")
    await play.run(loaded, heard[1][1].buttons[-2].command, "钱会计")
    assert "50%（2 次评价）" in await play.said(loaded, "规则详情 own-1")
    tried = await play.said(loaded, "试运行规则 own-1 30")
    assert "涉及" in tried

    assert "own-1 停用" not in await play.said(loaded, "规则")
    assert "已停用" in await play.said(loaded, "停用规则 own-1")
    await play.run(loaded, "修改规则 own-1 当 任务已逾期的天数 大于 5 则 提醒 客户负责人")
    versions = await play.said(loaded, "规则版本 own-1")
    assert [f"v{n}" in versions for n in (1, 2, 3, 4)] == [True, True, True, False]
    rows = await play.rows(loaded, "SELECT enabled FROM definition ORDER BY id")
    assert [row["enabled"] for row in rows] == [True, False, True]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("当 天气 是 晴 则 提醒 项目经理", "这里应是一个事实"),
        ("当 是否关键任务 > 3 则 提醒 项目经理", "这里应是「是」或「否」"),
        ("当 项目阶段 是 下雨 则 提醒 项目经理", "这里应是：start"),
        ("当 任务已逾期的天数 大于 3 则 提醒 大家", "这里应是：项目经理"),
        ("当 任务已逾期的天数 大于 3", "条件之后是「则」"),
        ("当 任务已逾期的天数 大于 3 且 问卷得分 < 3 则 提醒 项目经理", "不会同时知道"),
        ("当 任务已逾期的天数 大于 3 则 任务 客服主管 回访", "must alert"),
        ("当 项目进度比例 < 70 则 提醒 项目经理", "不能这样比较"),
    ],
)
async def test_words_that_are_no_rule_say_what_is_wrong(loaded: Program, words: str, why: str):
    assert why in await play.said(loaded, f"新建规则 {words}")
    assert await play.rows(loaded, "SELECT 1 FROM definition") == []


async def test_a_rule_that_would_fire_for_very_many_is_held_and_its_owner_asked(loaded: Program):
    await play.rows(
        loaded,
        """INSERT INTO task (project_id, name, due, key, stage, checklist, created_at)
           SELECT p.id, 'x' || n, '2026-11-01', false, 'todo', '[]', now()
           FROM project p, generate_series(1, 201) n WHERE p.code = 'P-0001' RETURNING id""",
    )
    shown = await play.said(loaded, "新建规则 当 任务已逾期的天数 大于 1 则 提醒 项目经理")
    assert "已保存但未启用" in shown
    async with loaded.db.transaction() as session:
        body = {
            "id": "flood",
            "on": "task.checked",
            "when": [{"fact": "task.days_late", "op": ">", "value": 1}],
            "then": [{"alert": "project.manager", "template": "key_task_late"}],
        }
        await definitions.write(session, "rule", "flood", body)
    await scan(loaded, MONDAY)
    assert [(who, notice.title) for who, notice in await told(loaded)] == [
        ("陈总", "规则已暂停：关键任务逾期")
    ]
    await scan(loaded, MONDAY + timedelta(minutes=5))
    assert len(await told(loaded)) == 1
    assert "再发一次" in await play.said(loaded, "启用规则 flood")
    assert "已启用" in await play.said(loaded, "启用规则 flood")
    await scan(loaded, MONDAY + timedelta(minutes=10))
    assert [who for who, _ in await told(loaded)] == ["陈总", "李雷"]  # one notice, 201 reasons


async def test_a_rule_waits_until_its_conditions_have_lasted(loaded: Program):
    await play.rows(loaded, "UPDATE task SET due = :d RETURNING id", d=date(2026, 11, 10))
    async with loaded.db.transaction() as session:
        body = {
            "id": "lasting",
            "on": "task.checked",
            "when": {"not": {"any": [{"fact": "task.days_late", "op": "<", "value": 2}]}},
            "for": "P1D",
            "then": [
                {"alert": "role:sales", "says": {"zh": "{task} 晚了", "en": "{task} is late"}}
            ],
        }
        assert book.read(body).lasts == timedelta(days=1)
        await definitions.write(session, "rule", "lasting", body)
        await definitions.write(session, "rule", "key-task-late", {}, enabled=False)
    for hours, count in ((0, 0), (23, 0), (24, 2)):
        await scan(loaded, MONDAY + timedelta(hours=hours))
        assert len(await told(loaded)) == count
    assert (await told(loaded))[0][1].text == "装摄像头 晚了"


async def test_an_alert_of_before_reasons_were_kept_shows_its_title_and_goes_with_its_cause(
    loaded: Program,
):
    await play.rows(
        loaded,
        """INSERT INTO alert (rule, subject, customer_id, project_id, level, facts, reasons, rung,
           opened_at) VALUES ('key-task-late', 'task:1', 1, 1, 'danger', '{"task.days_late": 9}',
           '[]', 0, now()) RETURNING id""",
    )
    assert "关键任务逾期 P-0001" in await play.said(loaded, "/预警", "李雷")
    assert "关键任务逾期\n" in await play.said(loaded, "/预警详情 1", "李雷")
    assert "没有预警" in await play.said(loaded, "/预警详情 1", "赵强")
    assert "不再提醒" in await play.said(loaded, "/知道了 1", "李雷")
    await scan(loaded, MONDAY)
    (alert,) = await play.rows(loaded, "SELECT closed_at, acknowledged_at FROM alert")
    assert alert["closed_at"] == MONDAY
    assert alert["acknowledged_at"] is not None
