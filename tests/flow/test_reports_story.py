"""What goes out by itself: reports for customers, health every two weeks, suggestions after complaints."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.app import Program
from bot.cli import defining
from bot.contract import Audience, Notice
from bot.jobs.complaints import Complaints
from bot.jobs.customer_reports import CustomerReports
from bot.jobs.health import HealthJob
from bot.jobs.health_report import HealthReport
from bot.people import HOME
from tests import play

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # a Friday, ten in the morning in Shanghai
MONDAY = datetime(2026, 11, 30, 1, 45, tzinfo=UTC)


async def sql(program: Program, statement: str, **values: Any) -> None:
    async with program.db.transaction() as session:
        await session.execute(text(statement), values)


@pytest.fixture
async def served(loaded: Program) -> Program:
    """Two customers with chats; 华建 had a case and a survey, both have milestones."""
    loaded.now = lambda: NOW
    await play.run(loaded, "/绑定 C-0002 聊天:hook:g-acme 对象:客户群", "陈总")
    await sql(loaded, "UPDATE conversation SET language = 'en' WHERE chat = 'g-acme'")
    await sql(
        loaded,
        """INSERT INTO service_case (customer_id, title, kind, urgent, state, opened_at, solved_at, solution, reopened)
           VALUES (1, '内部才知道的标题', 'fault', false, 'solved', :at, :done, '', 0)""",
        at=NOW - timedelta(days=3),
        done=NOW - timedelta(days=3, hours=-5),
    )
    await sql(
        loaded,
        """INSERT INTO survey (kind, customer_id, secret, made_at, expires_at, answered_at, score, comment)
           VALUES ('csat', 1, 's', :at, :at, :at, 4, '内部才看的留言')""",
        at=NOW - timedelta(days=2),
    )
    return loaded


async def offered(program: Program, at: datetime) -> list[Notice]:
    """All reports that were put before somebody so far, after the job ran twice more."""
    program.now = lambda: at
    job = CustomerReports(program.db, program.now, program.defaults, program)
    await job.run("")
    await job.run("")
    rows = await play.rows(program, "SELECT notice FROM push WHERE kind = 'report' ORDER BY id")
    return [Notice.model_validate(row["notice"]) for row in rows]


async def test_two_customers_get_two_different_reports_and_only_public_facts(served: Program):
    made = await play.said(served, "/设置报告 华建 full", "韩梅")
    assert "频率 每月" in made
    assert "下一次 2026年12月21日" in made  # the 20th is a Sunday
    await play.run(served, '/report set C-0002 progress weekly words:"Dear John,"', "赵强")
    preview = await play.said(served, "/客户报告 华建", "韩梅")
    assert "上海华建工程集团有限公司：综合服务报告" in preview
    assert await offered(served, NOW) == []
    english = (await offered(served, NOW + timedelta(days=7)))[0]
    assert len(await offered(served, NOW + timedelta(days=8))) == 1
    later = await offered(served, NOW + timedelta(days=31))
    (chinese,) = [one for one in later if one.language == "zh"]
    assert english.audience is chinese.audience is Audience.CUSTOMER
    assert english.language == "en"
    assert english.title == "Acme Trading Co., Ltd.: progress report"
    assert english.text == "Dear John,"
    assert [fact.label for fact in english.facts] == ["Progress"]
    assert [fact.label for fact in chinese.facts][:1] == ["项目进展"]
    said = play.words(chinese)
    assert "华建三期智慧工地 · 执行 · 60%" in said
    assert "新增 0，已解决 0，处理中 0" in said  # of the 30 days before, not of all time
    assert "华建三期智慧工地 · 初验（2030年1月10日）" in said
    for secret in ("内部才", "100000", "50000", "装摄像头", "李雷", "韩梅"):
        assert secret not in said
    assert await play.posted(served, "g-huajian") == []
    number = (await play.rows(served, "SELECT max(id) AS id FROM approval WHERE customer_id = 1"))[
        0
    ]["id"]
    await play.run(served, f"/批准 {number}", "陈总")
    assert [one.title for one in await play.posted(served, "g-huajian")] == [chinese.title]
    assert "不再给" in await play.said(served, "/停止报告 华建", "韩梅")
    assert "没有设置报告" in await play.said(served, "/停止报告 华建", "韩梅")


async def test_a_report_can_be_chosen_by_sections_and_looked_at_before(served: Program):
    choice = (await play.run(served, "/客户报告 华建", "韩梅")).notice
    assert [button.command for button in choice.buttons][:1] == ["/report C-0001 service"]
    service = await play.said(served, "/客户报告 华建 service", "韩梅")
    assert "新增 1，已解决 1，处理中 0" in service
    assert "解决 5.0 小时（工作时间，中位数）" in service
    assert "CSAT：4.0/5（1 份）" in service
    await play.run(served, "/设置报告 华建 service 章节:满意度", "韩梅")
    own = await play.said(served, "/客户报告 华建", "韩梅")
    assert "CSAT" in own
    assert "新增" not in own
    await play.run(served, "/设置报告 华建 service 语言:英文", "韩梅")
    assert "service report" in await play.said(served, "/客户报告 华建", "韩梅")
    assert "没有报告模板「胡说」" in await play.said(served, "/设置报告 华建 胡说", "韩梅")
    assert "没有「胡说」这一节" in await play.said(
        served, "/设置报告 华建 service 章节:胡说", "韩梅"
    )
    assert "还没有客户群" in await play.said(served, "/设置报告 C-0003 service", "赵强")


OWN = {
    "id": "board",
    "title": {"zh": "{customer}·董事会简报", "en": "For the board of {customer}"},
    "words": {"zh": "{first} 至 {last} 的要点 {0}", "en": "x"},
    "sections": ["satisfaction", "cases", "times"],
    "figures": ["opened", "answer", "nps"],
    "headings": {"cases": {"zh": "报修", "en": "Repairs"}},
    "language": "zh",
    "every": "quarterly",
}


async def test_a_firms_own_template_says_what_it_counts_in_its_own_words(served: Program):
    await play.file_all(served, play.message("m", "你好"))
    await sql(
        served,
        """INSERT INTO answer_clock (conversation_id, customer_id, interaction_id, started_at, due_at,
             answered_at) SELECT c.id, 1, i.id, :asked, :asked, :answered
           FROM conversation c, interaction i WHERE c.chat = 'g-huajian' LIMIT 1""",
        asked=datetime(2026, 11, 18, 9, 30, tzinfo=UTC),  # half past five in the afternoon
        answered=datetime(2026, 11, 19, 2, 0, tzinfo=UTC),
    )
    path = served.settings.data_dir / "ours.json"
    path.write_text(json.dumps({"report": [OWN]}), "utf-8")
    assert await defining.bring(served, [path], check=False) == 2  # {0} is filled by nothing
    words = {"zh": "{first} 至 {last} 的要点：", "en": "x"}
    path.write_text(json.dumps({"report": [{**OWN, "words": words}]}), "utf-8")
    assert await defining.bring(served, [path], check=False) == 0
    await play.run(served, "/report set C-0001 board", "韩梅")
    said = await play.said(served, "/客户报告 华建", "韩梅")
    assert "上海华建工程集团有限公司·董事会简报" in said
    assert "2026年8月21日 至 2026年11月20日 的要点：" in said
    assert "报修：新增 1\n" in said
    assert "首次响应 1.5 小时（工作时间，中位数）" in said
    for left_out in ("已解决", "解决 5.0", "CSAT"):
        assert left_out not in said
    assert "每季度" in said


async def test_a_report_that_cannot_go_out_is_told_to_the_owner_once(served: Program):
    await play.run(served, "/设置报告 华建 service 频率:每周", "韩梅")
    await sql(served, "UPDATE conversation SET muted_until = '2027-01-01' WHERE customer_id = 1")
    chat = await play.own_chat(served, "韩梅")
    before = len(await play.posted(served, chat))
    assert await offered(served, NOW + timedelta(days=7)) == []
    (told_,) = (await play.posted(served, chat))[before:]
    assert told_.title == "给 C-0001 上海华建工程集团有限公司 的报告没有送出"
    assert "已退订" in told_.text
    assert told_.buttons[-1].command == "/report off C-0001"


async def told(program: Program, at: datetime) -> dict[str, Notice]:
    await HealthReport(program.db, lambda: at, program.defaults, HOME).run("")
    rows = await play.rows(
        program, "SELECT chat, notice FROM outbox WHERE key LIKE 'health-report:%' ORDER BY id"
    )
    assert len({row["chat"] for row in rows}) == len(rows)
    return {row["chat"]: Notice.model_validate_json(row["notice"]) for row in rows}


async def test_every_other_monday_owners_and_chats_hear_how_customers_stand(served: Program):
    await play.run(served, "/绑定 C-0001 聊天:hook:i-hj 对象:内部", "陈总")
    await play.file_all(
        served, play.message("m", "谢谢，验收很顺利。", sent_at=MONDAY - timedelta(days=2))
    )
    await HealthJob(served.db, lambda: MONDAY - timedelta(hours=8), served.defaults).run("")
    even = [
        day
        for day in (MONDAY, MONDAY + timedelta(days=7))
        if await told(served, day - timedelta(hours=1)) or await told(served, day)
    ]
    assert len(even) == 1
    found = await told(served, even[0] + timedelta(minutes=30))
    assert set(found) == {"i-hj", await play.own_chat(served, "韩梅")}
    card = found["i-hj"]
    assert "健康分" in card.title
    assert "最近往来" in play.words(card)
    assert "谢谢，验收很顺利" in play.words(card)
    assert set(await told(served, even[0] + timedelta(days=1))) == set(found)


async def test_the_third_complaint_suggests_another_level_once(served: Program):
    async def run(at: datetime) -> list[Notice]:
        await Complaints(served.db, lambda: at, served.defaults, HOME).run("")
        rows = await play.rows(
            served, "SELECT notice FROM outbox WHERE key LIKE 'level:%' ORDER BY id"
        )
        return [Notice.model_validate_json(row["notice"]) for row in rows]

    words = "系统又崩了，没人跟进，我们要投诉！"
    for number in (1, 2):
        at = NOW - timedelta(days=number)
        await play.file_all(served, play.message(f"c{number}", words, sent_at=at))
    assert await run(NOW) == []
    await play.file_all(served, play.message("c3", words, sent_at=NOW - timedelta(hours=1)))
    first = await run(NOW)
    assert len(first) == 2  # the owner and the service head
    assert "在 30 天内投诉了 3 次" in first[0].text
    better = first[0].buttons[0]
    assert better.command == "/service level C-0001 24x7"
    assert len(await run(NOW + timedelta(days=2))) == 2
    assert "服务等级 7×24" in await play.said(served, better.command, "韩梅")
    assert "没有服务等级「金」" in await play.said(served, "/服务等级 华建 金", "韩梅")
    assert "建议调整服务等级" in await play.said(served, "/时间线 华建", "韩梅")
