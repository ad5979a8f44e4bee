"""Who may see and do what: through commands, lists, search, digests alike."""

import pytest

from bot.app import Program
from tests import play


@pytest.fixture
async def talked(loaded: Program) -> Program:
    """A firm where both customers have said something secret."""
    await play.file_all(
        loaded,
        play.message("m1", "三期的机密 alpha"),
        play.message("m2", "劳务实名制系统的机密 gamma"),
        play.message("m3", "warehouse secret beta", sender="u-john", chat="x"),
        play.message("m4", "陌生的机密 delta", sender="stranger", chat="y"),
    )
    return loaded


async def test_sales_see_their_own_customers_only(talked: Program):
    assert (await play.run(talked, "客户 C-0001", "韩梅")).ok
    refused = await play.run(talked, "客户 C-0002", "韩梅")
    assert not refused.ok
    assert "Acme" not in play.words(refused.notice)
    assert "C-0002" not in await play.said(talked, "客户列表", "韩梅")
    assert "P23-001" not in await play.said(talked, "项目列表", "韩梅")
    assert "P23-001" not in await play.said(talked, "看板", "韩梅")
    assert "beta" not in (await play.said(talked, "搜索 secret", "韩梅"))
    assert "delta" not in await play.said(talked, "待归档", "韩梅")


async def test_sales_cannot_change_technical_details(talked: Program):
    for line in ("进度 P-0001 90%", "项目阶段 P-0001 验收", "里程碑 P-0001 上线 2030-01-01"):
        done = await play.run(talked, line, "韩梅")
        assert not done.ok
        assert "没有权限" in done.notice.text


async def test_project_managers_see_percentages_never_amounts(talked: Program):
    shown = await play.said(talked, "预算 P-0001", "李雷")
    assert "50%" in shown
    for line in ("预算 P-0001", "项目 P-0001", "摘要 P-0001", "客户 C-0001", "时间线 P-0001"):
        said = await play.said(talked, line, "李雷")
        assert "100,000" not in said
        assert "50,000" not in said
    assert not (await play.run(talked, "预算 P-0001 200000", "李雷")).ok
    assert not (await play.run(talked, "成本 P-0001 100 砂石", "李雷")).ok


async def test_a_manager_of_one_project_does_not_read_the_talk_of_another(talked: Program):
    assert "alpha" in await play.said(talked, "搜索 机密", "李雷")
    said = await play.said(talked, "搜索 机密", "李雷")
    assert "gamma" not in said
    assert "delta" not in said
    assert "gamma" not in await play.said(talked, "时间线 C-0001", "李雷")


async def test_finance_sees_money_but_not_talk(talked: Program):
    assert "100,000" in await play.said(talked, "预算 P-0001", "钱会计")
    assert not (await play.run(talked, "搜索 机密", "钱会计")).ok
    assert "alpha" not in await play.said(talked, "时间线 C-0001", "钱会计")


async def test_service_sees_no_money(talked: Program):
    assert not (await play.run(talked, "预算 P-0001", "周服")).ok
    assert "预算" not in await play.said(talked, "项目 P-0001", "周服")


async def test_a_foreign_item_can_neither_be_filed_nor_read(talked: Program):
    rows = await play.rows(talked, "SELECT id FROM interaction WHERE sender_address = 'u-john'")
    done = await play.run(talked, f"归档 {rows[0]['id']} C-0001", "韩梅")
    assert not done.ok
    assert "没有找到" in done.notice.text


async def test_only_administrators_change_roles_and_not_away_from_themselves(talked: Program):
    assert not (await play.run(talked, "成员角色 @李雷 admin", "陈总")).ok
    assert (await play.run(talked, "成员角色 @李雷 manager", "管理员")).ok
    assert not (await play.run(talked, "成员角色 @管理员 guest", "管理员")).ok


async def test_a_guest_gets_nothing(talked: Program):
    await play.run(talked, "添加成员 来宾 guest", "管理员")
    for line in ("客户列表", "项目列表", "搜索 机密", "待归档", "看板", "alerts"):
        done = await play.run(talked, line, "来宾")
        assert not done.ok


async def test_an_undo_belongs_to_its_person(talked: Program):
    await play.run(talked, "tier C-0001 key", "陈总")
    assert not (await play.run(talked, "undo", "韩梅")).ok
