"""From a chance to paid, and back: what each person sees of the money on the way."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.app import Program
from bot.commands import payments_card, settling
from bot.contract import Audience, Notice
from storage.scope import Scope
from storage.tables import Conversation, Customer, Receipt
from tests import play

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # a Friday, noon in Shanghai


@pytest.fixture
def firm(loaded: Program) -> Program:
    loaded.now = lambda: NOW
    return loaded


async def say(program: Program, line: str, who: str, *wanted: str, not_: str = "¥") -> Notice:
    """Say a line; the answer holds what is wanted, and does not hold `not_` unless it is wanted."""
    outcome = await play.run(program, line, who)
    said = play.words(outcome.notice)
    for one in wanted:
        assert one in said, f"{line}: {one!r} is not in\n{said}"
    if not any(not_ in one for one in wanted):
        assert not_ not in said, f"{line}: {not_!r} is in\n{said}"
    return outcome.notice


async def row(program: Program, sql: str) -> dict[str, Any]:
    (found,) = await play.rows(program, sql)
    return found


async def offered(firm: Program) -> None:
    """The price list and two quotes, one of them after its discount was approved."""
    await say(firm, "/价目表", "韩梅", "还是空的")
    await say(firm, "/定价 CAM-01 1200", "钱会计", "要写名称")
    await say(firm, "/定价 CAM-01 1200 13% 网络摄像头 单位:台", "钱会计", "¥1,200.00 台 13%")
    await say(firm, "/定价 CAM-01 -3 摄像头", "钱会计", "金额必须大于 0")
    await say(firm, "/定价 CAM-01 1300", "韩梅", "没有权限")
    await say(
        firm, "/新建商机 华建 四期门禁 50万 20% close:2026-12-31", "韩梅", "D-1", "¥500,000.00"
    )
    await say(firm, "/商机", "韩梅", "初步接触 1 · ¥500,000.00", "按成交率加权 ¥100,000.00")
    await say(firm, "/商机", "赵强", "没有商机")
    await say(firm, "/报价 华建 无人机×1", "韩梅", "价目表里没有：无人机")
    await say(firm, "/报价 华建 CAM-01×0", "韩梅", "数量必须大于 0")
    made = await say(
        firm,
        "/报价 华建 CAM-01×10 培训×2@1500 折扣:5% 标题:四期门禁",
        "韩梅",
        "Q-0001 v1 四期门禁",
        "未税 ¥14,250.00",
        "税额 ¥1,482.00",
        "含税总额 ¥15,732.00",
        "2026年12月20日",
        "网络摄像头 10 台 ¥1,200.00 13% ¥11,400.00",
    )
    assert [file.name for file in made.files] == ["Q-0001-v1.pdf"]
    assert firm.media.path(made.files[0].sha256).read_bytes().startswith(b"%PDF")
    await say(firm, "/商机进展 D-1", "韩梅", "已报价", "50%", "¥500,000.00")
    waits = await say(firm, "/报价 华建 CAM-01×10 折扣:20%", "韩梅", "待批准折扣", "¥10,848.00")
    assert not waits.files
    await say(firm, "/报价结果 Q-0002 接受", "韩梅", "待批准折扣")
    await say(firm, "/approve 1", "陈总", "已批准")
    shown = await say(firm, "/查看报价 Q-0002", "韩梅", "可发送", "¥10,848.00")
    assert [file.name for file in shown.files] == ["Q-0002-v1.pdf"]
    await say(firm, "/修订报价 Q-0002 8%", "韩梅", "Q-0002 v2", "¥12,475.20")
    states = await play.rows(
        firm, "SELECT version, state FROM quote WHERE code = 'Q-0002' ORDER BY 1"
    )
    assert [one["state"] for one in states] == ["replaced", "ready"]
    await say(firm, "/查看报价 Q-0001", "李雷", "没有权限")


async def signed(firm: Program) -> None:
    """The accepted quote becomes a contract, approved, signed, planned."""
    await say(firm, "/报价结果 Q-0001 接受", "韩梅", "K-0001 四期门禁", "草稿", "¥15,732.00")
    await say(firm, "/修订报价 Q-0001", "韩梅", "已被接受")
    await say(firm, "/合同 K-0001", "李雷", "K-0001 四期门禁", "草稿")
    await say(firm, "/合同 K-0001", "赵强", "没有找到")
    await say(firm, "/签署合同 K-0001", "韩梅", "草稿")
    await play.run(firm, "阶段 华建 线索", "陈总")
    await say(firm, "/提交合同 K-0001", "韩梅", "待批准", "¥15,732.00")
    await say(firm, "/approve 2", "陈总", "已批准")
    await say(firm, "/签署合同 K-0001 2026-12-24", "韩梅", "不能在将来")
    notice = await say(
        firm,
        "/签署合同 K-0001 2026-11-18",
        "韩梅",
        "已签署",
        "2026年11月18日",
        "启动项目？",
        "¥15,732.00",
    )
    assert notice.buttons[0].command == "/kickoff K-0001"
    assert (await row(firm, "SELECT stage FROM customer WHERE code = 'C-0001'"))[
        "stage"
    ] == "delivery"
    await say(firm, notice.buttons[1].command, "韩梅", "P-0001 华建三期智慧工地", "¥15,732.00")
    await say(firm, "/合同归项目 K-0001 P23-001", "陈总", "不是这个客户的项目")
    plan = "/付款计划 K-0001 "
    for bad, why in (
        ("30% 2026-11-01；60% 2026-12-01", "各期之和是 90%"),
        ("15732 2026-11-01；0 2026-12-01", "看不懂"),
        ("50% 2026-11-01；7866 2026-12-01", "比例与金额不能混用"),
        ("100% 某日", "没有日期"),
        ("30% 2026-13-45；70% 初验", "没有日期"),
    ):
        await say(firm, plan + bad, "韩梅", why, not_="付款计划 2026")
    await say(
        firm,
        plan + "33.33% 2026-11-02 预付款；56.67% 初验 验收款；10% 2026-12-01 质保金",
        "韩梅",
        "2026年11月2日 预付款 ¥5,243.48",
        "2026年12月1日 质保金 ¥1,573.20",
        "2030年1月10日 验收款 ¥8,915.32",
    )


async def test_from_a_chance_to_paid_and_back(firm: Program):
    await offered(firm)
    await signed(firm)
    await say(firm, "/商机进展 D-1 输单", "韩梅", "输单要写原因")
    await say(firm, "/商机进展 华建 赢单", "韩梅", "赢单", "启动项目？", "¥500,000.00")
    await say(firm, "/商机进展 D-1 输单 太贵", "韩梅", "已经结束")
    await say(
        firm, "/开票 P-0001 6000 FP-1 2026-11-01 税额:690.27", "钱会计", "应收天数 20", "¥5,243.48"
    )
    await say(firm, "/开票 P-0001 6000 FP-1", "钱会计", "已经登记过")
    await say(firm, "/开票 P-0001 6000 FP-2 税额:9000", "钱会计", "税额应当")
    await say(firm, "/到账 P-0001 5000 2026-11-19", "钱会计", "预付款 ¥5,000.00")
    for bad, why in (
        ("-5", "大于 0"),
        ("5 2099-01-01", "不能在将来"),
        ("5 币种:XXQ", "不是货币代码"),
        ("9999999999999999", "太大"),
    ):
        await say(firm, f"/到账 P-0001 {bad}", "钱会计", why)
    await say(firm, "/到账 P-0001 100", "韩梅", "没有权限")
    await say(
        firm,
        "/收款情况 P-0001",
        "李雷",
        "已收比例 32%",
        "1 期，最长 18 天",
        "预付款 95% 逾期 18 天",
        "质保金 0% 未到期",
    )
    await say(firm, "/收款情况 P-0001", "周服", "不能查看收款")
    await say(firm, "/到账 P-0001 100 USD", "钱会计", "未分配（预收或多付） US$100.00")
    await say(firm, "/汇率 USD 7.1 2026-11-01", "钱会计", "1 USD = 7.1 CNY")
    await say(
        firm, "/到账 P-0001 20000", "钱会计", "未分配（预收或多付） ¥9,977.95", "质保金 ¥1,573.20"
    )
    paid = await play.rows(firm, "SELECT amount, paid, settled_on FROM payment_term")
    assert all(one["paid"] == one["amount"] and one["settled_on"] for one in paid)
    await say(firm, "/撤销", "钱会计", "已撤销")
    await say(firm, "/退款 P-0001 5001", "钱会计", "没有这么多")
    assert (await row(firm, "SELECT count(*) AS n FROM receipt"))["n"] == 2
    await say(firm, "/退款 P-0001 1000", "钱会计", "预付款 −¥1,000.00")
    await say(
        firm,
        "/收款情况 P-0001",
        "钱会计",
        "到账 ¥4,000.00、US$100.00",
        "已收比例 25%",
        "未分配 US$100.00",
    )
    await say(firm, "/毛利 P-0001", "钱会计", "合同额 ¥15,732.00", "已到账 ¥4,710.00", "-217.8%")
    await say(firm, "/毛利 P-0001", "李雷", "不能查看或修改金额")
    timeline = await say(
        firm, "/时间线 P-0001", "李雷", "收到一笔款项", "退回一笔款项", "开出发票 FP-1"
    )
    for amount in ("5000", "5,000", "6000", "15732"):
        assert amount not in play.words(timeline)


async def test_the_same_in_english(firm: Program):
    await play.rows(firm, "UPDATE user_account SET language = 'en' RETURNING 1")
    await say(
        firm, "/price TRN 1500 6% Training unit:day english:Training", "钱会计", "CN¥1,500.00"
    )
    await say(firm, "/rate EUR 7.5", "钱会计", "1 EUR = 7.5 CNY")
    await say(
        firm,
        "/deal new Acme Portal rollout 90k",
        "赵强",
        "Portal rollout",
        "Chance of it 10%",
        "¥90,000",
    )
    made = await say(firm, "/quote Acme TRN×3 currency:EUR language:en", "赵强", "Total €636.00")
    assert len(made.files) == 1
    await say(firm, "/quote Acme TRN×3 currency:GBP", "赵强", "no rate for GBP")
    await say(firm, "/rate INR 0.085", "钱会计", "1 INR = 0.085 CNY")
    await say(firm, "/quote Acme TRN×1 currency:INR", "赵强", "INR 17,647.06", "INR 18,705.88")
    await say(firm, "/quote close Q-0001 accepted", "赵强", "K-0001 Portal rollout", "€636.00")
    await say(firm, "/contract submit K-0001", "赵强", "waits for approval", "€636.00")
    await say(firm, "/refuse 1 too low", "陈总", "refused")
    await say(firm, "/contract Acme", "赵强", "refused", "Ask for approval", "€636.00")
    await say(firm, "/deal Acme lost", "赵强", "Say why it was lost")
    await say(firm, "/deal D-1 lost price too high", "赵强", "Why lost price too high", "¥90,000")
    await say(firm, "/payments P23-001", "Emma", "No payment plan yet")
    await say(firm, "/margin Acme", "Emma", "may neither see nor change amounts")
    shown = await say(firm, "/margin Acme", "陈总", "Margin (agreed)", "CN¥0.00")
    for text in ("毛利", "合同", "到账"):
        assert text not in play.words(shown)


async def test_what_a_customer_is_told_of_a_payment_holds_no_amount(firm: Program):
    chat = Conversation(channel="hook", chat="g-huajian", audience="customer")
    async with firm.db.transaction() as session:
        (found,) = await play.rows(
            firm, "SELECT id, customer_id FROM project WHERE code = 'P-0001'"
        )
        one = Receipt(
            customer_id=found["customer_id"],
            project_id=found["id"],
            amount=Decimal(5000),
            received_on=NOW.date(),
            note="内部：延期三次",
        )
        zh = await settling.confirmation(session, one, chat)
        customer = await session.get_one(Customer, found["customer_id"])
        customer.language = "en"
        en = await settling.confirmation(session, one, chat)
    assert (zh.audience, en.audience) == (Audience.CUSTOMER, Audience.CUSTOMER)
    assert "就「华建三期智慧工地」支付的款项" in zh.text
    assert "your payment for “华建三期智慧工地”" in en.text
    for notice in (zh, en):
        assert not any(word in play.words(notice) for word in ("5000", "5,000", "内部", "延期"))


async def test_lines_for_the_digest_until_it_is_paid(firm: Program):
    await play.run(firm, "/新建合同 华建 门禁 10000 项目:P-0001", "陈总")
    await play.run(firm, "/付款计划 K-0001 40% 2026-11-02 预付；60% 2026-11-20 尾款", "陈总")

    async def lines(who: str | None) -> list[str]:
        scope = (await play.actor(firm, who)).scope if who else Scope.everything()
        async with firm.db.transaction() as session:
            return await payments_card.overdue_lines(session, scope, NOW.date(), "zh")

    assert await lines("韩梅") == ["P-0001 预付 · 逾期 18 天 · ¥4,000.00"]
    assert await lines("李雷") == ["P-0001 预付 · 逾期 18 天"]
    assert await lines("赵强") == await lines("周服") == []
    await play.run(firm, "/到账 P-0001 4000", "钱会计")
    assert await lines(None) == []
