"""Approvals: a change of some size, decided step by step, by others, in time."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.app import Program
from bot.commands import approval
from bot.commands.registry import Ask, CommandError
from bot.jobs.approvals import Approvals
from storage import definitions
from storage.tables import Approval, Customer, Project
from tests import play

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # a Monday


async def asked(
    program: Program, who: str, kind: str = "contract", **facts: float | str
) -> Approval:
    """Something of no table of its own waits for its flow."""
    actor = await play.actor(program, who)
    async with program.db.transaction() as session:
        project = await session.get_one(Project, 1)
        customer = await session.get_one(Customer, project.customer_id)
        return await approval.ask_for(
            Ask(session, actor, AT.astimezone(actor.zone), None, program),
            kind,  # type: ignore[arg-type]
            project,
            title="滨江二期",
            facts=facts,
            customer=customer,
            project=project,
        )


async def voters(program: Program, number: int) -> list[tuple[str, int, str, str]]:
    found = await play.rows(
        program,
        "SELECT u.name, v.step, v.why, v.verdict FROM vote v JOIN user_account u ON u.id = v.user_id"
        " WHERE approval_id = :n ORDER BY v.id",
        n=number,
    )
    return [tuple(row.values()) for row in found]  # type: ignore[misc]


async def above(program: Program, **people: str) -> None:
    async with program.db.transaction() as session:
        for who, boss in people.items():
            await play.set_superior(session, who, boss)


async def test_a_large_contract_goes_up_and_needs_all_of_the_last_step(loaded: Program):
    await above(loaded, 韩梅="赵强")
    one = await asked(loaded, "韩梅", **{"contract.amount": 800_000.0})
    assert await voters(loaded, one.id) == [("赵强", 0, "asked", "")]
    (card,) = await play.posted(loaded, await play.own_chat(loaded, "赵强"))
    assert "合同「滨江二期」" in card.title
    assert "800,000.00" in play.words(card)
    assert "赵强" in await play.said(loaded, f"/批准 {one.id}", "钱会计")
    assert "下一步" in await play.said(loaded, f"/批准 {one.id} 价格合适", "赵强")
    assert {row[0] for row in await voters(loaded, one.id) if row[1] == 1} == {"陈总", "钱会计"}
    assert "其他人" in await play.said(loaded, f"/approve {one.id}", "陈总")
    assert "表过态" in await play.said(loaded, f"/approve {one.id}", "陈总")
    assert "已批准" in await play.said(loaded, f"/approve {one.id}", "钱会计")
    assert "已经处理过" in await play.said(loaded, f"/refuse {one.id}", "钱会计")
    trail = await play.said(loaded, f"/审批 {one.id}", "韩梅")
    for words in ("赵强", "价格合适", "钱会计", "已批准"):
        assert words in trail
    told = await play.posted(loaded, await play.own_chat(loaded, "韩梅"))
    assert "已批准" in told[-1].title


async def test_who_said_yes_before_is_not_asked_again(loaded: Program):
    await above(loaded, 韩梅="陈总")
    one = await asked(loaded, "韩梅", **{"contract.amount": 800_000.0})
    assert "下一步" in await play.said(loaded, f"/批准 {one.id}", "陈总")
    assert await voters(loaded, one.id) == [
        ("陈总", 0, "asked", "yes"),
        ("陈总", 1, "before", "yes"),
        ("钱会计", 1, "asked", ""),
    ]
    assert "已批准" in await play.said(loaded, f"/批准 {one.id}", "钱会计")


async def test_an_amount_is_not_shown_to_who_sees_none(loaded: Program):
    await above(loaded, 韩梅="李雷")
    one = await asked(loaded, "韩梅", **{"contract.amount": 90_000.0})
    (card,) = await play.posted(loaded, await play.own_chat(loaded, "李雷"))
    assert f"#{one.id}" in card.title
    assert "90,000" not in play.words(card)


async def test_one_no_ends_it_and_the_asker_hears_why(loaded: Program):
    await above(loaded, 韩梅="陈总")
    one = await asked(loaded, "韩梅")
    assert "已退回" in await play.said(loaded, f"/退回 {one.id} 条款不清", "陈总")
    (told,) = await play.posted(loaded, await play.own_chat(loaded, "韩梅"))
    assert "条款不清" in told.text


async def test_nobody_decides_on_what_they_asked_for(loaded: Program):
    one = await asked(loaded, "陈总", "start")  # 陈总 is the only manager
    assert {row[0] for row in await voters(loaded, one.id)} == {"管理员"}
    assert not (await play.run(loaded, f"/approve {one.id}", "陈总")).ok
    assert (await play.run(loaded, f"/withdraw {one.id}", "陈总")).ok
    await play.rows(
        loaded, "UPDATE user_account SET active = false WHERE name = '管理员' RETURNING 1"
    )
    with pytest.raises(CommandError):
        await asked(loaded, "陈总", "start")
    assert await play.rows(loaded, "SELECT count(*) FROM approval") == [{"count": 1}]


async def test_whoever_is_away_is_stood_in_for_but_not_by_the_asker(loaded: Program):
    await above(loaded, 韩梅="陈总")
    actor = await play.actor(loaded, "陈总")
    async with loaded.db.transaction() as session:
        await play.delegate(session, "陈总", "赵强", AT.date(), AT.date() + timedelta(days=3))
    first = await asked(loaded, "韩梅")
    assert await voters(loaded, first.id) == [("赵强", 0, "delegated", "")]
    assert not (await play.run(loaded, f"/approve {first.id}", "陈总")).ok
    assert "陈总" in await play.said(loaded, f"/approval {first.id}", "赵强") or actor
    second = await asked(loaded, "赵强", "start")
    assert "赵强" not in {row[0] for row in await voters(loaded, second.id)}
    refused = await play.said(loaded, "/delegate @陈总 2026-11-30 2026-11-20", "韩梅")
    assert "结束日期" in refused


async def test_what_waits_too_long_goes_up_and_who_left_is_replaced(loaded: Program):
    await above(loaded, 韩梅="赵强", 赵强="陈总")
    one = await asked(loaded, "韩梅")
    job = Approvals(loaded.db, lambda: AT + timedelta(days=1), loaded.defaults, loaded)
    await job.run("")
    assert len(await voters(loaded, one.id)) == 1  # within its two days
    job = Approvals(loaded.db, lambda: AT + timedelta(days=2, hours=1), loaded.defaults, loaded)
    await job.run("")
    await job.run("")
    assert await voters(loaded, one.id) == [
        ("赵强", 0, "asked", ""),
        ("陈总", 0, "escalated", ""),
    ]
    two = await asked(loaded, "韩梅")
    await play.rows(
        loaded, "UPDATE user_account SET active = false WHERE name = '赵强' RETURNING 1"
    )
    await job.run("")
    assert await voters(loaded, two.id) == [("陈总", 0, "escalated", "")]
    assert (await play.run(loaded, f"/approve {two.id}", "陈总")).ok


async def test_a_firms_own_flow_is_data(loaded: Program):
    async with loaded.db.transaction() as session:
        steps = [{"ask": ["role:service"], "within": "P1D"}]
        body = {"id": "start", "name": {"zh": "立项", "en": "start"}, "steps": steps}
        await definitions.write(session, "flow", "start", body)
    one = await asked(loaded, "陈总", "start")
    assert [row[0] for row in await voters(loaded, one.id)] == ["周服"]


async def test_an_amount_in_another_currency_is_weighed_in_the_firms_own(loaded: Program):
    assert (await play.run(loaded, "/新建合同 C-0001 海外门禁 100000 币种:USD", "韩梅")).ok
    refused = await play.run(loaded, "/提交合同 K-0001", "韩梅")
    assert not refused.ok
    assert "/汇率 USD" in play.words(refused.notice)
    assert (await play.run(loaded, "/汇率 USD 7.1", "钱会计")).ok
    assert (await play.run(loaded, "/提交合同 K-0001", "韩梅")).ok
    assert "710,000" in await play.said(loaded, "/审批 1", "陈总")
    assert (await play.run(loaded, "/批准 1", "陈总")).ok
    assert "钱会计" in await play.said(loaded, "/审批 1")  # more than half a million
