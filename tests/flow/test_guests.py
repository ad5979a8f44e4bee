"""Guests: a link to one project for people outside, which tells no more than it must."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import text

from adapters.web import site, throttle
from bot.app import Program
from tests import play

OURS = {"Sec-Fetch-Site": "same-origin"}
WEDNESDAY = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
"""Ten in the morning in Shanghai."""
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def at_ten(loaded: Program) -> Program:
    loaded.now = lambda: WEDNESDAY
    return loaded


async def link(program: Program, line: str, who: str = "李雷") -> str:
    """The path of a new guest's link."""
    outcome = await play.run(program, line, who)
    assert outcome.ok, outcome.notice.text
    found = next(fact.value for fact in outcome.notice.facts if "/g/" in fact.value)
    return "/g/" + found.rpartition("/g/")[2]


async def offered(program: Program, code: str, name: str, state: str) -> int:
    """A deliverable with a file, in a state."""
    stored = await program.media.put_bytes(f"{name}.pdf", "application/pdf", name.encode())
    (row,) = await play.rows(
        program,
        """INSERT INTO deliverable (project_id, name, version, file_name, file_type, file_size,
             sha256, state, decided_by, comment, secret, made_at)
           SELECT id, :name, 1, :file, 'application/pdf', 1, :sha, :state, '', '', '', now()
           FROM project WHERE code = :code RETURNING id""",
        name=name,
        file=f"{name}.pdf",
        sha=stored.sha256,
        state=state,
        code=code,
    )
    return int(row["id"])


async def get(client: TestClient[Any, Any], path: str, **headers: str) -> tuple[int, str]:
    answer = await client.get(path, headers=headers)
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    return answer.status, await answer.text()


async def test_a_customers_page_shows_their_project_and_nothing_of_ours(
    at_ten: Program, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    drawing = await offered(at_ten, "P-0001", f"竣工图{EVIL}", "offered")
    draft = await offered(at_ten, "P-0001", "内部草稿", "draft")
    foreign = await offered(at_ten, "P-0002", "别的项目", "accepted")
    for line in (
        "/milestone P-0001 尾款到账 due:2030-03-01 阶段:回款",
        "/备注 P-0001 客户很难缠",
        "/登记风险 P-0001 high 机房未就绪",
    ):
        assert (await play.run(at_ten, line)).ok
    path = await link(at_ten, "/新建访客 P-0001 王芳 客户")
    async with TestClient(TestServer(site.make(at_ten))) as client:
        status, page = await get(client, path)
        assert status == 200
        for words in ("华建三期智慧工地", "王芳", "60%", "初验", "执行", "竣工图&lt;script&gt;"):
            assert words in page
        inside = ("回款", "尾款", "难缠", "机房", "李雷", "陈总", "韩梅", "C-0001", "P-0001")
        for words in (
            *inside,
            "装摄像头",
            "100000",
            "50",
            "草稿",
            "别的项目",
            "<script",
            "textarea",
        ):
            assert words not in page, words
        file = await client.get(f"{path}/files/{drawing}")
        assert await file.read() == f"竣工图{EVIL}".encode()
        assert file.headers["Content-Disposition"].startswith("attachment")
        for number in (draft, foreign, 99, 10**17):
            assert (await get(client, f"{path}/files/{number}"))[0] == 404
        tried = await client.post(path, data={"done": "1"}, headers=OURS)
        assert tried.status == 404
        await play.run(at_ten, "/phase P-0001 paid 先验收", "陈总")
        async with at_ten.db.transaction() as session:
            await session.execute(text("UPDATE project SET phase = 'paid' WHERE code = 'P-0001'"))
        _, page = await get(client, path)
        assert '<li class="now"><span>验收</span>' in page
    key = path.rpartition("/")[2]
    printed = capsys.readouterr()
    assert key not in printed.out + printed.err + caplog.text
    (kept,) = await play.rows(at_ten, "SELECT encode(secret, 'escape') AS s FROM guest")
    assert key not in kept["s"]


async def test_a_supplier_sees_the_tasks_given_to_them_reports_and_writes(at_ten: Program):
    for line in (
        f"/任务 P-0001 布线{EVIL} @Emma due:2026-12-01",
        "/任务 P-0002 别人的任务",
        "/检查项 T-2 核对型号",
    ):
        assert (await play.run(at_ten, line, "陈总")).ok
    path = await link(at_ten, "/新建访客 P-0001 王工 供应商 days:30")
    assert "王工" in await play.said(at_ten, "/交给供应商 T-2 王工", "李雷")
    assert "没有供应商访客" in await play.said(at_ten, "/交给供应商 T-3 王工", "陈总")
    assert "王工" in await play.said(at_ten, "/task show T-2", "李雷")
    async with TestClient(TestServer(site.make(at_ten))) as client:
        _, page = await get(client, path)
        for words in ("华建三期智慧工地", "布线&lt;script&gt;", "核对型号", "12月1日", "报告完成"):
            assert words in page
        for words in (
            "装摄像头",
            "别人的任务",
            "初验",
            "60%",
            "Emma",
            "李雷",
            "华建工程",
            "<script",
        ):
            assert words not in page, words
        _, english = await get(client, path, **{"Accept-Language": "en-GB"})
        assert "Report done" in english
        for number in ("1", "3", "99", "x", "9" * 30):
            wrong = await client.post(path, data={"done": number}, headers=OURS)
            assert wrong.status == 400
            assert "没有这个任务" in await wrong.text()
        assert (await client.post(path, data={"done": "2"})).status == 403  # another site's page
        done = await client.post(path, data={"done": "2"}, headers=OURS)
        assert "已告知项目团队" in await done.text()
        again = await client.post(path, data={"done": "2"}, headers=OURS)
        assert "已经报告" in await again.text()
        said = {"message": f"/完成 T-1 {EVIL} 线缆明天到"}
        assert "已发送" in await (await client.post(path, data=said, headers=OURS)).text()
        empty = await client.post(path, data={"message": "  "}, headers=OURS)
        assert "请写点什么" in await empty.text()
        for _ in range(throttle.MOST_TRIES - 1):
            await client.post(path, data={"message": "催一下"}, headers=OURS)
        tired = await client.post(path, data={"message": "再催"}, headers=OURS)
        assert "太频繁" in await tired.text()
    rows = await play.rows(at_ten, "SELECT id, stage, done_at FROM task WHERE id < 3 ORDER BY id")
    assert [(row["stage"], row["done_at"]) for row in rows] == [("todo", None), ("review", None)]
    for who in ("Emma", "李雷"):
        told = await play.posted(at_ten, await play.own_chat(at_ten, who))
        reports = [one for one in told if "T-2" in one.title]
        assert [one.buttons[0].command for one in reports] == ["/task done T-2"]
    timeline = await play.said(at_ten, "/timeline P-0001", "李雷")
    for words in ("供应商 王工 报告完成 T-2", "王工（供应商）： /完成 T-1", "T-2 交给供应商：王工"):
        assert words in timeline
    assert (await play.run(at_ten, "/task guest T-2 -", "李雷")).ok
    async with TestClient(TestServer(site.make(at_ten))) as client:
        _, page = await get(client, path)
        assert "还没有任务" in page


async def test_a_link_that_is_over_tells_nothing_and_a_closed_project_stays_readable(
    at_ten: Program,
):
    first = await link(at_ten, "/guest new P-0001 王工 supplier days:1")
    second = await link(at_ten, "/guest new P-0001 Wang Fang customer")
    assert "还没有" in await play.said(at_ten, "/guests P-0001", "李雷")
    async with TestClient(TestServer(site.make(at_ten))) as client:
        for minutes in (0, 0.5, 2):
            at_ten.now = lambda m=minutes: WEDNESDAY + timedelta(minutes=m)
            assert (await get(client, second))[0] == 200
        (row,) = await play.rows(at_ten, "SELECT seen_at FROM guest WHERE seen_at IS NOT NULL")
        assert row["seen_at"] == WEDNESDAY + timedelta(minutes=2)
        async with at_ten.db.transaction() as session:
            await session.execute(text("UPDATE project SET phase = 'closed' WHERE id = 1"))
        for path in (first, second):
            status, page = await get(client, path)
            assert status == 200
            assert "项目已结束" in page
        shut = await client.post(first, data={"message": "还在吗"}, headers=OURS)
        assert shut.status == 400
        assert "已关闭" in await play.said(at_ten, "/guest new P-0001 李工 supplier", "李雷")
        assert "失效" in await play.said(at_ten, "/结束访客 2", "李雷")
        at_ten.now = lambda: WEDNESDAY + timedelta(days=1, minutes=1)
        gone = [await get(client, path) for path in (first, second)]
        assert [status for status, _ in gone] == [410, 410]
        assert (await get(client, "/g/guessed"))[0] == 404
        assert gone[0][1] == gone[1][1] == (await get(client, "/g/guessed"))[1]
        assert "华建" not in gone[0][1]
        tried = await client.post(first, data={"message": "还在吗"}, headers=OURS)
        assert tried.status == 410
    shown = await play.said(at_ten, "/guests P-0001", "李雷")
    assert "已结束" in shown
    assert "已过期" in shown


async def test_what_is_wrong_with_a_guest_is_said(at_ten: Program):
    assert "guest.write" in await play.said(at_ten, "/guest new P-0001 王工 supplier", "韩梅")
    assert "guest.read" in await play.said(at_ten, "/guests P-0001", "韩梅")
    await link(at_ten, "/guest new P-0001 王工 supplier", "陈总")
    for line, why in (
        ("/guest new P-0001 王工 customer", "已有访客"),
        ("/guest new P-0001 李工 supplier days:0", "1 到 400"),
        ("/guest new P-0001 李工 supplier days:401", "1 到 400"),
        ("/guest new P-0001 - supplier", "1 到 60"),
        (f"/guest new P-0001 {'长' * 61} supplier", "1 到 60"),
        ("/guest new P-0001 李工", "还缺"),
        ("/guest end 77", "没有访客 77"),
        ("/task guest T-1 张工", "现有：王工"),
    ):
        outcome = await play.run(at_ten, line, "陈总")
        assert not outcome.ok
        assert why in play.words(outcome.notice), line
    assert await play.rows(at_ten, "SELECT count(*) AS n FROM guest") == [{"n": 1}]
    elsewhere = play.message("m1", "/guest new P-0001 李工 supplier", chat="i-p1", sender="m-li")
    await play.file_all(at_ten, elsewhere)
    assert await play.rows(at_ten, "SELECT count(*) AS n FROM guest") == [{"n": 1}]
    assert (await play.run(at_ten, "/guest end 1", "陈总")).ok
    assert "早已失效" in await play.said(at_ten, "/guest end 1", "陈总")
    assert (await play.run(at_ten, "/undo", "陈总")).ok
    assert await play.rows(at_ten, "SELECT ended_at FROM guest") == [{"ended_at": None}]
