"""The eight worked examples that the product was asked for, word for word, in both languages."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.app import Program
from bot.contract import Notice
from bot.jobs.risk_scan import RiskScan
from tests import play

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # a Monday, ten in the morning in Shanghai
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])


@pytest.fixture
async def firm(loaded: Program, language: str) -> Program:
    """The small firm, all of whose people read one language."""
    loaded.now = lambda: NOW
    await play.rows(loaded, "UPDATE user_account SET language = :l RETURNING 1", l=language)
    await play.rows(loaded, "UPDATE conversation SET language = :l RETURNING 1", l=language)
    await play.rows(loaded, "UPDATE customer SET language = :l RETURNING 1", l=language)
    await play.rows(loaded, "UPDATE task SET due = '2027-03-01' RETURNING 1")
    await play.rows(loaded, "UPDATE milestone SET due = '2027-03-01' RETURNING 1")
    return loaded


async def scan(program: Program) -> None:
    await RiskScan(program.db, program.rules, program.now, program.defaults, "web").run("")


async def told(program: Program, who: str) -> list[Notice]:
    return await play.posted(program, await play.own_chat(program, who))


def either(language: str, zh: str, en: str) -> str:
    return zh if language == "zh" else en


@LANGUAGES
async def test_1_a_key_task_more_than_three_days_late(firm: Program, language: str):
    for days, heard in ((3, False), (4, True)):
        due = date(2026, 11, 23) - timedelta(days=days)
        await play.rows(firm, "UPDATE task SET due = :due WHERE id = 1 RETURNING 1", due=due)
        await scan(firm)
        for who in ("李雷", "陈总"):  # the project manager and their superior
            notices = await told(firm, who)
            assert bool(notices) is heard, (who, days)
    said = play.words((await told(firm, "陈总"))[0])
    assert either(language, "关键任务逾期 4 天", "Key task 4 days late") in said
    await scan(firm)
    assert len(await told(firm, "陈总")) == 1
    assert (await play.run(firm, "/done T-1", "李雷")).ok
    await scan(firm)
    assert await play.rows(firm, "SELECT count(*) FROM alert WHERE closed_at IS NULL") == [
        {"count": 0}
    ]


@LANGUAGES
async def test_3_money_ahead_of_progress(firm: Program, language: str):
    await play.run(firm, "/budget P-0001 100000")
    await play.run(firm, "/progress P-0001 69")
    await play.rows(firm, "UPDATE project SET spent = 80000 WHERE code = 'P-0001' RETURNING 1")
    await scan(firm)
    assert await told(firm, "钱会计") == []  # eighty is not over eighty
    await play.run(firm, "/cost P-0001 1000", "钱会计")
    for who in ("李雷", "钱会计"):
        (alert,) = await told(firm, who)
        said = play.words(alert)
        assert either(language, "预算", "budget") in said
        assert "81%" in said
        assert "69%" in said


@LANGUAGES
async def test_7_money_received(firm: Program, language: str):
    await play.run(firm, "/project new C-0002 Portal template:software")  # how the firm plans
    done = await play.run(firm, "/project new C-0001 四期门禁 manager:@李雷")
    assert done.ok
    (project,) = await play.rows(firm, "SELECT id, code FROM project WHERE name = '四期门禁'")
    code = project["code"]
    await play.rows(
        firm,
        "INSERT INTO project_member (project_id, user_id) SELECT :p, id FROM user_account"
        " WHERE name = '周服' RETURNING 1",
        p=project["id"],
    )
    assert (await play.run(firm, f"/receipt {code} 50000", "钱会计")).ok
    start = either(language, "项目启动", "Project starts")
    (mine,) = [n for n in await told(firm, "李雷") if start in n.title]
    assert "T-" in play.words(mine)  # the tasks that are theirs
    assert [n for n in await told(firm, "周服") if start in n.title]
    came = either(language, "首笔款项已到账", "first money has come")
    assert [n for n in await told(firm, "韩梅") if came in n.title]  # whoever sold it
    assert await play.rows(
        firm,
        "SELECT phase, (SELECT count(*) FROM task t WHERE t.project_id = p.id) > 5 AS planned,"
        " (SELECT count(*) FROM task t WHERE t.project_id = p.id AND assignee_id IS NULL) AS nobodys"
        " FROM project p WHERE id = :p",
        p=project["id"],
    ) == [{"phase": "plan", "planned": True, "nobodys": 0}]
    (waits,) = await play.rows(firm, "SELECT id FROM approval WHERE kind = 'push'")
    assert await play.posted(firm, "g-huajian") == []
    assert (await play.run(firm, f"/approve {waits['id']}", "李雷")).ok
    (thanks,) = await play.posted(firm, "g-huajian")
    assert either(language, "已收到", "received your payment") in thanks.text
    assert "50" not in play.words(thanks)
    # A second payment starts nothing anew.
    await play.run(firm, f"/receipt {code} 50000", "钱会计")
    assert len([n for n in await told(firm, "李雷") if start in n.title]) == 1


@LANGUAGES
async def test_8_who_sees_what(firm: Program, language: str):
    await play.run(firm, "/budget P-0001 123456")
    await play.run(firm, "/cost P-0001 61728", "钱会计")
    await play.run(firm, "/task new P-0002 接口联调 @李雷", "李雷")
    # Sales see the progress of their own customers only …
    assert "60%" in await play.said(firm, "/project P-0001", "韩梅")
    assert not (await play.run(firm, "/project P-0001", "赵强")).ok
    assert "P-0001" not in await play.said(firm, "/projects", "赵强")
    # … and cannot change technical details.
    for line in (
        "/progress P-0001 90",
        "/phase P-0001 accept",
        "/milestone new P-0001 终验 due:2027-05-01",
        "/task due T-1 2027-05-01",
        "/template use P-0001 software",
    ):
        assert not (await play.run(firm, line, "韩梅")).ok, line
    # The project manager sees all tasks but no money: percentages, no amounts.
    tasks = await play.said(firm, "/tasks P-0001", "李雷")
    assert "装摄像头" in tasks
    for line in ("/budget P-0001", "/project P-0001", "/kpi P-0001", "/digest P-0001"):
        said = await play.said(firm, line, "李雷")
        assert "123,456" not in said, line
        assert "61,728" not in said, line
    assert "91%" in await play.said(firm, "/budget P-0001", "李雷")
    for line in ("/margin P-0001", "/payments P-0001", "/budget P-0001 1"):
        outcome = await play.run(firm, line, "李雷")
        assert "61,728" not in play.words(outcome.notice), line
    assert not (await play.run(firm, "/margin P-0001", "李雷")).ok
    # The customer sees only their project, and none of the internal talk.
    await play.run(firm, "/note P-0001 客户很难缠，毛利太低", "李雷")
    await play.run(firm, "/update P-0001", "韩梅")
    (waits,) = await play.rows(firm, "SELECT id FROM approval WHERE kind = 'push'")
    assert (await play.run(firm, f"/approve {waits['id']}", "李雷")).ok
    (push,) = await play.posted(firm, "g-huajian")
    said = play.words(push)
    assert "60%" in said
    for hidden in ("难缠", "毛利", "123,456", "装摄像头", "P-0002", "李雷"):
        assert hidden not in said
