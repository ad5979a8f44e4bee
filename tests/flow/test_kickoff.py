"""A signed contract becomes a project with its plan; a customer's wish becomes a task."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot import firm
from bot.app import Program
from bot.jobs.wishes import Wishes
from tests import play

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


async def signed(program: Program) -> None:
    program.now = lambda: NOW
    await play.run(program, "/合同 新建 C-0003 知识库平台 300000", "赵强")
    await play.rows(
        program,
        "INSERT INTO contract (code, customer_id, name, amount, currency, terms, state, signed_on,"
        " remind_days, made_at) SELECT 'K-0100', id, '知识库平台', 300000, 'CNY', '', 'signed',"
        " '2026-11-20', 30, now() FROM customer WHERE code = 'C-0003' RETURNING 1",
    )


async def test_a_signed_contract_asks_and_yes_builds_tasks_and_milestones(loaded: Program):
    await signed(loaded)
    which = await play.run(loaded, "/启动项目 K-0100", "赵强")
    assert any(b.command == "/kickoff K-0100 template:software" for b in which.notice.buttons)
    asked = await play.said(loaded, "/启动项目 K-0100 template:software", "赵强")
    assert "审批 #1" in asked
    assert await play.rows(loaded, "SELECT count(*) FROM project WHERE template <> ''") == [
        {"count": 0}
    ]
    assert "知识库平台" in await play.said(loaded, "/批准 1", "陈总")
    (made,) = await play.rows(
        loaded,
        "SELECT p.phase, p.template, u.name AS manager, c.project_id IS NOT NULL AS linked,"
        " (SELECT count(*) > 3 FROM milestone m WHERE m.project_id = p.id) AS stones,"
        " (SELECT count(*) > 5 FROM task t WHERE t.project_id = p.id) AS tasks"
        " FROM project p JOIN user_account u ON u.id = p.manager_id"
        " JOIN contract c ON c.project_id = p.id WHERE p.name = '知识库平台'",
    )
    assert made == {
        "phase": "plan",
        "template": "software",
        "manager": "陈总",
        "linked": True,
        "stones": True,
        "tasks": True,
    }


async def test_what_is_not_signed_does_not_start(loaded: Program):
    await signed(loaded)
    await play.rows(loaded, "UPDATE contract SET signed_on = NULL, state = 'draft' RETURNING 1")
    assert "还没有签署" in await play.said(loaded, "/kickoff K-0100 software", "赵强")


async def wished(program: Program, id_: str, words: str, at: datetime = NOW) -> None:
    await play.file_all(program, play.message(id_, words, chat="g-p1", sent_at=at))


async def test_a_wish_is_proposed_taken_up_and_told_to_sales(loaded: Program):
    loaded.now = lambda: datetime.now(UTC) + timedelta(minutes=1)
    now = loaded.now()
    assert (await play.run(loaded, "/bind P-0001 chat:hook:g-p1 audience:customer", "李雷")).ok
    await wished(loaded, "w1", "请在周五前把三号门的读卡器换掉", now)
    await wished(loaded, "w2", "今天天气不错", now)
    await wished(loaded, "w3", "请把去年的图纸发给我们", now - timedelta(days=9))
    job = Wishes(loaded.db, loaded.now, loaded.defaults, "web")
    await job.run("")
    await job.run("")
    (proposal,) = await play.posted(loaded, await play.own_chat(loaded, "李雷"))
    said = play.words(proposal)
    assert "请在周五前把三号门的读卡器换掉" in said
    assert "图纸" not in said
    make = next(b for b in proposal.buttons if b.command.startswith("/task new"))
    assert (await play.run(loaded, make.command, "李雷")).ok
    (told,) = await play.posted(loaded, await play.own_chat(loaded, "韩梅"))
    assert "客户的请求已建任务" in told.title
    assert any(b.url.endswith("/projects/P-0001") for b in told.buttons)
    change = next(b for b in proposal.buttons if b.command.startswith("/change new"))
    assert (await play.run(loaded, change.command, "韩梅")).ok
    (asked,) = await play.rows(loaded, "SELECT interaction_id FROM change_request")
    assert asked["interaction_id"] is not None


async def test_a_won_chance_starts_its_project_and_knows_it(loaded: Program):
    """By itself, and through the contract that came of it; nothing is linked twice."""
    await play.run(loaded, "/新建商机 C-0003 知识库二期 50万", "赵强")
    assert "还没有赢单" in await play.said(loaded, "/启动项目 D-1 software", "赵强")
    won = (await play.run(loaded, "/商机进展 D-1 赢单", "赵强")).notice
    assert won.buttons[0].command == "/kickoff D-1"
    which = await play.run(loaded, won.buttons[0].command, "赵强")
    assert which.notice.buttons[0].command.startswith("/kickoff D-1 template:")
    assert "审批 #1" in await play.said(loaded, "/启动项目 D-1 software", "赵强")
    assert "知识库二期" in await play.said(loaded, "/批准 1", "陈总")
    shown = await play.said(loaded, "/deal D-1", "陈总")
    assert "项目 P-0003" in shown
    assert "启动项目" not in shown
    await play.run(loaded, "/新建商机 C-0003 门户 20万", "赵强")
    await play.run(loaded, "/商机进展 D-2 赢单", "赵强")
    await signed(loaded)
    await play.run(loaded, "/kickoff K-0100 template:software", "赵强")
    (linked,) = await play.rows(
        loaded,
        "SELECT d.project_id = k.project_id AS same FROM deal d, contract k"
        " WHERE d.id = 2 AND k.code = 'K-0100'",
    )
    assert linked == {"same": True}
    assert "D-9" in await play.said(loaded, "/kickoff D-9", "赵强")


async def test_a_plan_without_a_project_shows_on_the_customers_card(loaded: Program):
    await play.rows(
        loaded,
        """INSERT INTO payment_term (customer_id, name, amount, paid, currency, due, made_at)
           VALUES (1, '框架年费', 88000, 8000, 'CNY', '2031-01-05', now()) RETURNING 1""",
    )
    line = "2031年1月5日 · 框架年费"
    for shown in ("/客户 华建", "/收款情况 P-0001"):
        assert f"{line} · ¥80,000.00 · 未到期" in await play.said(loaded, shown, "陈总")
        mine = await play.said(loaded, shown, "李雷")
        assert f"{line} · 未到期" in mine
        assert "80,000" not in mine
    assert "框架年费" not in await play.said(loaded, "/客户 华建", "周服")


async def test_a_customers_language_is_one_of_two(loaded: Program):
    for words in ("法语", "fr", "xx"):
        refused = await play.run(loaded, f"/修改客户 华建 语言 {words}", "韩梅")
        assert not refused.ok
        assert "语言只能是：中文" in refused.notice.text
    assert (await play.run(loaded, "/修改客户 华建 语言 英文", "韩梅")).ok
    given: dict[str, Any] = {
        "code": "C-0003",
        "name": "北京远山咨询有限公司",
        "language": "English",
        "tier": "vip",
        "projects": [{"name": "评估", "progress": 10}],
    }
    for progress in (10, 40):
        given["projects"][0]["progress"] = progress
        await firm.load(loaded.db, firm.FirmIn.model_validate({"customers": [given]}))
    rows = await play.rows(loaded, "SELECT language, tier FROM customer ORDER BY code")
    assert [row["language"] for row in rows] == ["en", None, "en"]
    assert rows[2]["tier"] == "vip"
    projects = await play.rows(loaded, "SELECT progress FROM project WHERE customer_id = 3")
    assert projects == [{"progress": 40}]
    given["language"] = "fr"
    with pytest.raises(firm.BadFirm, match="fr"):
        await firm.load(loaded.db, firm.FirmIn.model_validate({"customers": [given]}))
