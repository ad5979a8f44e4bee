"""Systems outside that tell of a project or of money: what they prove, what is taken, what is said."""

import json
import re
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from adapters.web import site
from bot.app import Program
from bot.commands import console
from bot.contract import Notice, signing
from storage import talk
from tests import play

TODAY = datetime.now(UTC).date()


@pytest.fixture
async def client(loaded: Program) -> AsyncIterator[TestClient[Any, Any]]:
    application = site.make(loaded)
    for adapter in loaded.adapters.values():
        application.add_routes(adapter.routes())
    async with TestClient(TestServer(application)) as made:
        yield made


class Outside:
    """The other system: it knows its address and its secret, as it was told."""

    def __init__(self, client: TestClient[Any, Any], path: str, secret: str) -> None:
        self._client = client
        self.path = path
        self._secret = secret.encode()

    async def post(self, raw: bytes, **changed: Any) -> tuple[int, dict[str, Any]]:
        headers = play.signed(raw, secret=self._secret, at=changed.pop("at", None)) | changed
        async with self._client.post(self.path, data=raw, headers=headers) as answer:
            return answer.status, await answer.json()

    async def tell(self, **body: Any) -> tuple[int, dict[str, Any]]:
        return await self.post(json.dumps(body, ensure_ascii=False).encode())

    async def refused(self, **body: Any) -> str:
        status, said = await self.tell(**body)
        assert status == 422, said
        return said["error"]

    async def taken(self, **body: Any) -> dict[str, Any]:
        status, said = await self.tell(**body)
        assert status == 200, said
        return said


async def made(
    program: Program, client: TestClient[Any, Any], line: str, who: str = "陈总"
) -> Outside:
    outcome = await play.run(program, line, who)
    assert outcome.ok, play.words(outcome.notice)
    return outside(client, outcome.notice)


def outside(client: TestClient[Any, Any], notice: Notice) -> Outside:
    values = [fact.value for fact in notice.facts]
    (address,) = [one for one in values if "/hooks/" in one]
    (secret,) = [one for one in values if re.fullmatch(r"[0-9a-f]{64}", one)]
    return Outside(client, address[address.index("/hooks/") :], secret)


async def project(program: Program) -> dict[str, Any]:
    (row,) = await play.rows(program, "SELECT * FROM project WHERE code = 'P-0001'")
    return row


async def test_a_site_device_tells_how_a_project_stands(
    loaded: Program, client: TestClient[Any, Any]
):
    assert "没有权限" in await play.said(loaded, "/来源列表", "韩梅")
    assert "还没有来源" in await play.said(loaded, "/来源列表")
    assert "写明项目" in await play.said(loaded, "/新建来源 site-1 status")
    assert "小写字母" in await play.said(loaded, "/新建来源 工地 status P-0001")
    assert "可用：generic、iot" in await play.said(loaded, "/新建来源 a-1 status P-0001 preset:x")
    device = await made(loaded, client, "/新建来源 site-1 status P-0001 preset:generic")
    assert device.path == "/hooks/status/site-1"
    assert "已用过" in await play.said(loaded, "/新建来源 site-1 status P-0002")
    assert "不由外部系统更新" in await device.refused(id="e1", progress=70)
    assert (await project(loaded))["progress"] == 60
    assert "外部系统" in await play.said(loaded, "/进度 P-0001 70% 依据:外部系统")
    await play.run(loaded, "/进度 P-0001 依据:外部系统")

    said = await device.taken(id="e1", progress=70, note="塔吊停机 =1+1", temp={"c": 20}, x=None)
    assert said == {"ok": True, "again": False, "ignored": 1}
    assert (await device.taken(id="e1", progress=90))["again"] is True
    assert (await project(loaded))["progress"] == 70
    (note,) = await play.rows(
        loaded, "SELECT text, direction, audience, sender_name FROM interaction"
    )
    assert tuple(note.values()) == ("塔吊停机 =1+1", "internal", "internal", "site-1")
    timeline = await play.said(loaded, "/时间线 P-0001", "李雷")
    assert "60% → 70%" in timeline

    said = await device.taken(
        id="e2", progress="72.9%", task="T-1", milestone="初验", defect="门打不开", severity="严重"
    )
    assert (await project(loaded))["progress"] == 72
    assert "严重 门打不开" in await play.said(loaded, "/缺陷列表 P-0001")
    assert "已完成" in await play.said(loaded, "/里程碑列表 P-0001")
    assert not (await device.taken(id="e3", task="装摄像头", milestone="初验"))["again"]
    assert (await play.rows(loaded, "SELECT count(*) n FROM event WHERE name = 'task.done'"))[
        0
    ] == {"n": 1}

    for body, why in [
        ({"progress": 140, "note": "x"}, "不是 0 到 100"),
        ({"progress": -1}, "不是 0 到 100"),
        ({"progress": "NaN"}, "不是 0 到 100"),
        ({"progress": "很多"}, "不是 0 到 100"),
        ({"phase": "挖坑", "progress": 80}, "没有阶段「挖坑」"),
        ({"phase": "closed"}, "由人来做"),
        ({"milestone": "终验"}, "没有里程碑「终验」"),
        ({"task": "T-999999999999999999"}, "没有任务"),
        ({"task": "挖坑"}, "没有任务"),
        ({"defect": "x", "severity": "吓人"}, "没有严重程度"),
        ({"defect": "x" * 201}, "超过 200 字"),
    ]:
        assert why in await device.refused(id=f"bad {why} {len(str(body))}", **body), body
    assert (await project(loaded))["progress"] == 72
    assert len(await play.rows(loaded, "SELECT 1 FROM interaction")) == 1

    assert "不是severity的取值" in await play.said(loaded, "/来源字段 site-1 severity 红=吓人")
    assert "没有字段" in await play.said(loaded, "/来源字段 site-1 money a")
    assert "用于单据" in await play.said(loaded, "/来源字段 site-1 phase 只收 施工")
    assert "必须有" in await play.said(loaded, "/来源字段 site-1 event -")
    await play.run(loaded, "/来源字段 site-1 phase stage.name")
    await play.run(loaded, "/来源字段 site-1 phase 完工=验收 施工=执行")
    await device.taken(id="e4", stage={"name": "完工"})
    assert (await project(loaded))["phase"] == "accept"

    shown = await play.said(loaded, "/来源列表")
    assert "site-1 项目状态 P-0001" in shown
    assert "超过 200 字" in shown
    assert "site-1" in await play.said(loaded, "/停用来源 site-1")
    assert (await device.tell(id="e5", progress=99))[0] == 404
    await play.run(loaded, "/撤销")
    await device.taken(id="e5", progress=99)
    rules = await play.rows(loaded, "SELECT action FROM audit_entry WHERE action = 'source.told'")
    assert len(rules) == 5


async def test_what_is_not_proven_or_cannot_be_read_changes_nothing(
    loaded: Program, client: TestClient[Any, Any]
):
    device = await made(loaded, client, "/source new gate status P-0001 preset:iot")
    other = await made(loaded, client, "/source new gate-2 status P-0002")
    good = json.dumps({"msgId": "1", "data": {"message": "hi"}}).encode()
    old = time.time() - signing.TOLERANCE_S - 5
    for changed in (
        {"at": old},
        {"X-Keqing-Signature": "sha256=00"},
        {"X-Keqing-Signature": ""},
        {"X-Keqing-Timestamp": "９"},
    ):
        assert (await device.post(good, **changed))[0] == 401, changed
    assert (await Outside(client, other.path, device._secret.decode()).post(good))[0] == 401
    assert (await Outside(client, "/hooks/money/gate", device._secret.decode()).post(good))[
        0
    ] == 401
    nobody = signing.of_source(loaded.key, "status", "nobody")
    assert (await Outside(client, "/hooks/status/nobody", nobody).post(good))[0] == 404
    big = b"{" + b" " * 300_000 + b"}"
    async with client.post(device.path, data=big) as answer:
        assert answer.status == 413
    assert await play.rows(loaded, "SELECT 1 FROM source_event") == []
    for raw in (
        *(b"", b"\xff\xfe", b"[]", b"null", b'"x"', b"{}", b'{"msgId": NaN}', b'{"msgId": ""}'),
        *(
            b"[" * 100_000,
            b'{"a":' * 5000,
            b'{"msgId": {"a": 1}}',
            b'{"msgId": "' + b"9" * 201 + b'"}',
        ),
        *(b'{"msgId": 1e', b'{"id": [{"a": 1}]}'),
    ):
        status, _ = await device.post(raw)
        assert status == 400, raw[:40]
    assert (await device.post(good))[0] == 200
    odd = '{"msgId": "a\\u0000\\ud800", "data": {"message": "\\u0000\\ud83d 👷", "level": 9}}'.encode()
    assert (await device.post(odd))[0] == 200
    huge = b'{"msgId": ' + b"9" * 150 + b', "data": {"task": ' + b"9" * 9000 + b"}}"
    assert (await device.post(huge))[0] == 422
    notes = await play.rows(loaded, "SELECT text FROM interaction ORDER BY id")
    assert [one["text"][-1] for one in notes] == ["i", "👷"]
    assert "gate" in await play.said(loaded, "/sources")
    # What customers' words could do, a webhook cannot: it is a note, whatever it says.
    await device.post(
        json.dumps({"msgId": "c", "data": {"message": "/phase P-0001 closed"}}).encode()
    )
    assert (await project(loaded))["phase"] == "do"


async def test_the_secret_is_told_in_ones_own_chat_only(loaded: Program):
    line = "/source new gate status P-0001"
    actor = await play.actor(loaded, "陈总")
    async with loaded.db.transaction() as session:
        chat = await talk.open_conversation(session, "hook", "i-p1")
        done = await console.run(session, actor, line, loaded.now(), chat=chat, host=loaded)
    assert "您自己与助手的对话" in play.words(done.notice)
    assert await play.rows(loaded, "SELECT 1 FROM source") == []
    refused = await play.said(loaded, line, "Emma")
    assert "source.write" in refused


async def test_an_erp_tells_of_money(loaded: Program, client: TestClient[Any, Any]):
    first = await made(loaded, client, "/新建来源 erp-1 money preset:kingdee")
    assert "没有适合「收付款」的预设「iot」" in await play.said(
        loaded, "/新建来源 b-1 money preset:iot"
    )
    fields = {"FBillNo": "SKD1", "往来单位": "华建", "项目编码": "P-0001", "业务日期": f"{TODAY}"}
    body = {**fields, "实收金额": 50000.10, "币别": "人民币"}
    assert "创建" in await first.refused(**body, 单据状态="创建")
    await first.taken(**body, 单据状态="已审核")
    assert (await first.taken(**body, 单据状态="已审核"))["again"] is True
    (row,) = await play.rows(loaded, "SELECT amount, source, external_id FROM receipt")
    assert (str(row["amount"]), row["source"], row["external_id"]) == ("50000.10", "erp-1", "SKD1")
    assert len(await play.rows(loaded, "SELECT 1 FROM event WHERE name = 'payment.received'")) == 1
    told = await play.posted(loaded)
    assert any("款" in play.words(one) for one in told), "the rule on first money"
    old = {**body, "FBillNo": "SKD2", "业务日期": f"{TODAY - timedelta(days=90)}"}
    count = len(told)
    await first.taken(**old)
    assert len(await play.posted(loaded)) == count
    assert "没有客户或项目" in await first.refused(**{**body, "FBillNo": "3", "往来单位": "某某"})
    assert "金额" in await first.refused(**{**body, "FBillNo": "4", "实收金额": 0})
    assert "看不懂" in await first.refused(**{**body, "FBillNo": "5", "实收金额": 1e30})

    nested = await made(loaded, client, "/新建来源 erp-2 money 单据:发票")
    await play.run(loaded, "/来源字段 erp-2 amount data.total")
    await play.run(loaded, "/来源字段 erp-2 currency 元=CNY")
    await nested.taken(
        number="F1", customer="Acme", date=f"{TODAY}", data={"total": "1,130"}, currency="元"
    )
    assert await play.rows(loaded, "SELECT number, source FROM invoice") == [
        {"number": "F1", "source": "erp-2"}
    ]
    assert "state ∈ 已记账, 已审核" in await play.said(
        loaded, "/来源字段 erp-2 state 只收 已记账，已审核"
    )
    sent = {"customer": "Acme", "date": f"{TODAY}", "data": {"total": "5"}, "currency": "元"}
    assert "草稿" in await nested.refused(number="F2", state="草稿", **sent)
    await nested.taken(number="F2", state="已记账", **sent)
    assert "∈" not in await play.said(loaded, "/source map erp-2 state only -")
    await nested.taken(number="F3", state="草稿", **sent)
    assert "取值对应" in await play.said(loaded, "/来源字段 erp-2 state 只收")
    plan = await made(loaded, client, "/新建来源 erp-3 money 单据:付款计划")
    await plan.taken(id="T1", name="尾款", customer="Acme", amount=5, date="2027-01-01")
    assert "erp-1 收付款" in await play.said(loaded, "/来源列表")
    await play.rows(loaded, "UPDATE role SET money = 'percent' WHERE code = 'manager' RETURNING 1")
    assert "erp-1" not in await play.said(loaded, "/来源列表")
    assert "没有来源" in await play.said(loaded, "/停用来源 erp-1")
    assert "金额" in await play.said(loaded, "/新建来源 erp-9 money")


async def test_in_english(loaded: Program, client: TestClient[Any, Any]):
    await play.rows(
        loaded, "UPDATE user_account SET language = 'en' WHERE name = '陈总' RETURNING 1"
    )
    outcome = await play.run(loaded, "/source new gate status P-0001")
    said = play.words(outcome.notice)
    for word in ("Source gate added", "shown this once", "Address (POST)", "progress ← progress"):
        assert word in said
    assert "by:outside" in said
    await outside(client, outcome.notice).taken(id="1", note="hello")
    shown = await play.said(loaded, "/sources")
    assert "Systems outside" in shown
    assert "gate project status P-0001" in shown
    assert "gate is stopped" in await play.said(loaded, "/source stop gate")
    assert "was stopped already" in await play.said(loaded, "/source stop gate")
    assert "There is no source" in await play.said(loaded, "/source stop nobody")


async def test_what_was_taken_long_ago_is_forgotten_and_what_was_refused_is_not(
    loaded: Program, client: TestClient[Any, Any]
):
    device = await made(loaded, client, "/新建来源 site-1 status P-0001")
    await device.taken(id="old", note="a")
    await device.refused(id="bad", phase="?")
    old = loaded.now() - timedelta(days=401)
    await play.rows(loaded, "UPDATE source_event SET at = :old RETURNING 1", old=old)
    await device.taken(id="new", note="b")
    await loaded.upkeep.run("")
    left = await play.rows(loaded, "SELECT event_id FROM source_event ORDER BY event_id")
    assert [row["event_id"] for row in left] == ["bad", "new"]
