"""Late payments told up the ladder, contracts about to end, and files of other systems."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.app import Program
from bot.cli import accounts as cli
from bot.contract import Notice
from bot.domain import documents
from bot.jobs.receivables import Receivables
from bot.people import HOME
from tests import play

DUE = date(2026, 11, 2)  # a Monday


def noon(days: int, hour: int = 4) -> datetime:
    """Noon in Shanghai, so many days after DUE."""
    return datetime(2026, 11, 2, hour, tzinfo=UTC) + timedelta(days=days)


@pytest.fixture
async def owed(loaded: Program) -> Program:
    """10 000 owed by 华建 since DUE, for P-0001."""
    loaded.now = lambda: noon(0)
    await play.run(loaded, "/新建合同 华建 门禁 10000 项目:P-0001 止:2026-12-20", "陈总")
    await play.run(loaded, "/付款计划 K-0001 100% 2026-11-02 预付款", "陈总")
    await play.rows(
        loaded, "UPDATE user_account SET superior_id = 1 WHERE name = '韩梅' RETURNING 1"
    )
    return loaded


async def run(program: Program, at: datetime) -> list[tuple[str, Notice]]:
    """Everything told so far, after the job ran once more: (who, what)."""
    await Receivables(program.db, lambda: at, program.defaults, HOME).run("")
    found = await play.rows(
        program,
        """SELECT u.name, o.notice FROM outbox o JOIN user_account u ON o.chat = 'user-' || u.id
           WHERE o.key LIKE 'overdue:%' OR o.key LIKE 'contract-ends:%' ORDER BY o.id""",
    )
    return [(one["name"], Notice.model_validate_json(one["notice"])) for one in found]


async def test_a_late_payment_climbs_the_ladder_once_a_step(owed: Program):
    assert await run(owed, noon(6)) == []
    first = await run(owed, noon(7))
    assert [name for name, _ in first] == ["韩梅", "陈总"]
    notice = first[0][1]
    assert notice.title == "回款逾期 7 天"
    assert "C-0001 上海华建工程集团有限公司 的「预付款」应于 2026年11月2日 到账" in notice.text
    assert "未收金额 ¥10,000.00" in play.words(notice)
    assert notice.buttons[0].command == "/payments P-0001"
    assert len(await run(owed, noon(8))) == len(await run(owed, noon(20))) == 2
    last = await run(owed, noon(30))
    assert [name for name, _ in last[2:]] == ["韩梅", "陈总", "钱会计"]
    await play.rows(owed, "DELETE FROM outbox RETURNING 1")
    owed.now = lambda: noon(31)
    await play.run(owed, "/到账 P-0001 10000", "钱会计")
    assert await run(owed, noon(40)) == []


async def test_on_a_day_off_nobody_is_told_and_whoever_may_not_sees_no_amount(owed: Program):
    await play.rows(
        owed,
        "UPDATE user_account SET roles = '{pm}', language = 'en' WHERE name = '韩梅' RETURNING 1",
    )
    assert await run(owed, noon(12)) == []  # a Saturday
    told = dict(await run(owed, noon(14)))
    assert "10,000" in play.words(told["陈总"])
    assert told["韩梅"].title == "Payment 14 days late"
    assert "10,000" not in play.words(told["韩梅"])


async def test_a_contract_that_ends_is_told_once(owed: Program):
    await play.rows(owed, "UPDATE payment_term SET settled_on = due RETURNING 1")
    await play.rows(owed, "UPDATE contract SET state = 'signed' RETURNING 1")
    assert await run(owed, noon(17)) == []  # 31 days before
    ((name, notice),) = await run(owed, noon(18))
    assert name == "韩梅"
    assert "K-0001 门禁 将于 2026年12月20日 到期（还有 30 天）" in notice.text
    assert len(await run(owed, noon(21))) == 1


KINGDEE = """收款单列表,,,,,,
单据编号,业务日期,往来单位,项目编码,实收金额,币别,单据状态
SKD001,2026-11-20,华建,P-0001,"6,000.00",人民币,已审核
SKD002,2026/11/21,上海华建工程集团有限公司,P-0001,5000,PRE001,已审核
SKD003,2026-11-21,华建,P-0001,1,人民币,创建
SKD004,2026-11-21,某某公司,,1,人民币,已审核
SKD005,2026-13-21,华建,,1,人民币,已审核
SKD006,2026-11-21,华建,P23-001,1,人民币,已审核
SKD007,2026-11-21,华建,P-0001,一百,人民币,已审核
SKD008,2026-11-21,华建,P-0001,5,金币,已审核
SKD009,2026-11-22,华建,P-0001,-99999,人民币,已审核
,2026-11-22,华建,P-0001,5,人民币,已审核
"""


async def bring(
    program: Program, file: Path, kind: str, name: str, capsys: Any, *, dry: bool = False
):
    code = await cli.bring(program, file, kind, name, dry=dry, as_json=True)
    return code, orjson.loads(capsys.readouterr().out)


async def test_a_file_of_receipts_is_taken_once(owed: Program, tmp_path: Path, capsys: Any):
    file = tmp_path / "收款单.csv"
    file.write_bytes(KINGDEE.encode("gb18030"))
    code, found = await bring(owed, file, "receipts", "kingdee", capsys, dry=True)
    assert (code, found["rows"], found["new"], found["rejected"]) == (1, 10, 2, 8)
    assert await play.rows(owed, "SELECT 1 FROM receipt") == []
    assert await play.rows(owed, "SELECT 1 FROM payment_term WHERE paid > 0") == []
    code, found = await bring(owed, file, "receipts", "kingdee", capsys)
    assert [one["line"] for one in found["rejects"]] == [5, 6, 7, 8, 9, 10, 11, 12]
    for one, why in zip(
        found["rejects"],
        ["创建", "某某公司", "2026-13-21", "华建", "一百", "金币", "退款多于已收", "缺少 单据编号"],
        strict=True,
    ):
        assert why in one["why"]
    (term,) = await play.rows(owed, "SELECT paid, settled_on FROM payment_term")
    assert (term["paid"], term["settled_on"]) == (10000, date(2026, 11, 21))
    (left,) = await play.rows(owed, "SELECT sum(unallocated) AS left FROM receipt")
    assert left["left"] == 1000
    code, found = await bring(owed, file, "receipts", "kingdee", capsys)
    assert (found["new"], found["there"], found["rejected"]) == (0, 2, 8)
    shown = await play.said(owed, "/时间线 P-0001", "李雷")
    assert shown.count("收到一笔款项") == 2
    assert "6000" not in shown


async def test_invoices_and_plans_and_what_cannot_be_read(
    owed: Program, tmp_path: Path, capsys: Any
):
    file = tmp_path / "a.csv"
    file.write_text(
        "发票号,客户名称,价税合计,税额,开票日期\nF1,华建,113,13,20261105\nF1,Acme,113,13,20261105\n"
        "F2,Acme,99,0,2026.11.05\n"
    )
    code, found = await bring(owed, file, "invoices", "yonyou", capsys)
    assert (code, found["new"], found["rejects"][0]["why"]) == (1, 2, "发票号属于另一个客户")
    file.write_text("款项名称,合同编号,客户,计划金额,到期日\n尾款,K-0001,华建,500,2026-12-30\n")
    for new in (1, 0):
        code, found = await bring(owed, file, "terms", "yonyou", capsys)
        assert (code, found["new"]) == (0, new)
    own = tmp_path / "own.toml"
    own.write_text(
        '[terms]\nname = ["What"]\ncustomer = ["Who"]\namount = ["Sum"]\ndate = ["Day"]\n'
    )
    file.write_text("What,Who,Sum,Day\nrest,Acme,7,2026-12-01\n")
    assert (await bring(owed, file, "terms", str(own), capsys))[1]["new"] == 1
    assert await cli.bring(owed, file, "poems", "yonyou", dry=False, as_json=False) == 2
    assert await cli.bring(owed, file, "terms", "nowhere.toml", dry=False, as_json=False) == 2
    assert (
        await cli.bring(owed, tmp_path / "no.csv", "terms", "yonyou", dry=False, as_json=False) == 2
    )
    file.write_text("nothing,known\n1,2\n")
    assert await cli.bring(owed, file, "terms", "yonyou", dry=False, as_json=False) == 2


@pytest.mark.parametrize("name", ["generic", "kingdee", "yonyou"])
@pytest.mark.parametrize("kind", ["receipts", "invoices", "terms"])
def test_a_shipped_mapping_names_all_that_is_needed(name: str, kind: documents.Kind):
    columns = documents.mapping(name, kind).columns
    assert {"amount", "date", "customer"} <= set(columns)
    assert {"receipts": "id", "invoices": "number", "terms": "name"}[kind] in columns
