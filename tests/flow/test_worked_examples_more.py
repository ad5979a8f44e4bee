"""Worked examples 2, 4, 5 and 6, word for word, in both languages; the others have a file of their own."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.app import Program
from bot.contract import Notice, Sender
from bot.jobs.care import Care
from bot.jobs.health import HealthJob
from bot.jobs.health_report import HealthReport
from bot.jobs.progress_push import ProgressPush
from bot.people import HOME
from tests import play

WEDNESDAY = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
"""Ten in the morning in Shanghai."""
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])


@pytest.fixture
async def firm(loaded: Program, language: str) -> Program:
    """The small firm, all of whose people read one language."""
    at(loaded, WEDNESDAY)
    await play.rows(loaded, "UPDATE user_account SET language = :l RETURNING 1", l=language)
    await play.rows(loaded, "UPDATE conversation SET language = :l RETURNING 1", l=language)
    await play.rows(loaded, "UPDATE customer SET language = :l RETURNING 1", l=language)
    await play.rows(loaded, "UPDATE task SET due = '2027-03-01' RETURNING 1")
    await play.rows(loaded, "UPDATE milestone SET due = '2027-03-01' RETURNING 1")
    return loaded


def at(program: Program, moment: datetime) -> None:
    """Move the clock, for members and for what customers tap."""
    program.now = lambda: moment
    program.assistant._now = program.now


def either(language: str, zh: str, en: str) -> str:
    return zh if language == "zh" else en


async def told(program: Program, who: str) -> list[Notice]:
    return await play.posted(program, await play.own_chat(program, who))


async def approve_all(program: Program) -> None:
    """Whoever is asked first says yes."""
    for row in await play.rows(
        program,
        """SELECT DISTINCT ON (a.id) a.id, u.name FROM approval a
           JOIN vote v ON v.approval_id = a.id AND v.step = a.step
           JOIN user_account u ON u.id = v.user_id WHERE a.state = 'waiting' ORDER BY a.id, v.id""",
    ):
        assert (await play.run(program, f"/approve {row['id']}", row["name"])).ok


async def tapped(program: Program, line: str) -> None:
    number = len(await play.rows(program, "SELECT id FROM inbox"))
    sender = Sender(id="u-wang", name="王芳", proven=True, outside=True)
    await play.file_all(program, play.message(f"tap-{number}", line, sender=sender, tapped=True))


async def scored(program: Program, score: int) -> str:
    """The customer answers an NPS survey; the key of what they tapped."""
    assert (await play.run(program, "/survey C-0001 nps", "韩梅")).ok
    await approve_all(program)
    asked = (await play.posted(program, "g-huajian"))[-1]
    line = asked.buttons[score].command
    await tapped(program, line)
    return line.split()[1]


async def care_tasks(program: Program) -> list[dict[str, Any]]:
    return await play.rows(
        program,
        """SELECT t.id, t.name, t.due, t.checklist, u.name AS who FROM task t
           JOIN user_account u ON u.id = t.assignee_id WHERE t.name LIKE '%NPS%'""",
    )


@LANGUAGES
async def test_2_an_nps_under_seven_becomes_a_care_task(firm: Program, language: str):
    async with firm.db.transaction() as session:
        await play.set_superior(session, "周服", "陈总")
    key = await scored(firm, 6)
    await tapped(firm, f'/survey.comment {key} comment:"回复太慢"')
    (task,) = await care_tasks(firm)
    head = task["who"]
    assert head in {"周服", "陈总"}
    assert either(language, "客户关怀", "Customer care") in task["name"]
    assert task["due"] == date(2026, 11, 19)
    assert [one["text"] for one in task["checklist"]] == ["回复太慢"]
    assert f"T-{task['id']}" in await play.said(firm, "/tasks", head)
    assert any("回复太慢" in play.words(one) for one in await told(firm, head))


@LANGUAGES
async def test_2_seven_makes_no_task(firm: Program, language: str):
    await scored(firm, 7)
    assert await care_tasks(firm) == []
    assert either(language, "评分", "gave") in play.words((await told(firm, "韩梅"))[-1])


async def lived(firm: Program) -> None:
    """A year with 华建: work, a defect, money, scores and talk."""
    for sql in (
        "UPDATE customer SET created_at = :at",
        "UPDATE contact SET role = 'decision_maker' WHERE name = '王芳'",
        """UPDATE task SET starts_on = '2026-10-08', planned_due = '2026-11-13', due = '2026-11-13',
             estimate = 40 WHERE id = 1""",
        """INSERT INTO contract (code, customer_id, project_id, name, amount, currency, terms, state,
             signed_on, ends_on, remind_days, made_at)
           VALUES ('K-9', 1, 1, '门禁', 100000, 'CNY', '', 'signed', '2026-08-01', '2027-12-31', 30,
             :at)""",
        """INSERT INTO payment_term (contract_id, customer_id, project_id, name, amount, paid,
             currency, due, settled_on, made_at)
           SELECT id, 1, 1, '预付款', 30000, 30000, 'CNY', '2026-10-01', '2026-09-28', :at
           FROM contract WHERE code = 'K-9'""",
        """INSERT INTO survey (kind, customer_id, secret, made_at, expires_at, answered_at, score,
             comment) VALUES ('nps', 1, 's1', :at, :at, now(), 9, '')""",
        """INSERT INTO survey (kind, customer_id, secret, made_at, expires_at, answered_at, score,
             comment) VALUES ('csat', 1, 's2', :at, :at, now(), 3, '')""",
    ):
        more = {"at": WEDNESDAY - timedelta(days=400)} if ":at" in sql else {}
        await play.rows(firm, f"{sql} RETURNING 1", **more)
    await play.rows(
        firm,
        "UPDATE survey SET answered_at = :at RETURNING 1",
        at=WEDNESDAY - timedelta(days=20),
    )
    for line, who in (
        ("/invoice P-0001 F-1 30000", "钱会计"),
        ("/defect new P-0001 门禁误报", "李雷"),
    ):
        assert (await play.run(firm, line, who)).ok, line
    for days in (9, 5, 2):
        moment = WEDNESDAY - timedelta(days=days)
        await play.file_all(
            firm,
            play.message(f"q{days}", "三期什么时候验收？", sent_at=moment),
            play.message(
                f"a{days}", "下周三。", sender="m-li", sent_at=moment + timedelta(minutes=90)
            ),
        )
    # The clock of answers runs in its own time only; see test_service.
    await play.rows(
        firm,
        """INSERT INTO answer_clock (conversation_id, customer_id, interaction_id, started_at, due_at,
             answered_at)
           SELECT conversation_id, customer_id, id, occurred_at, occurred_at + interval '4 hours',
             occurred_at + interval '90 minutes'
           FROM interaction WHERE text = '三期什么时候验收？' RETURNING 1""",
    )


INPUTS = (
    ("进度与质量", "progress and quality"),
    ("进度指数 SPI 0.00", "SPI 0.00"),
    ("成本指数 CPI 1.20", "CPI 1.20"),
    ("缺陷密度 每百小时 2.5 个", "defect density 2.5 per 100 hours"),
    ("满意度", "satisfaction"),
    ("NPS 9.0", "NPS 9.0"),
    ("满意度 CSAT 3.0/5", "CSAT 3.0/5"),
    ("续约", "renewal"),
    ("资金", "money"),
    ("按时付款 100%", "paid on time 100%"),
    ("应收天数", "receivable days"),
    ("毛利率 50%", "margin 50%"),
    ("亲密度", "closeness"),
    ("联系频率", "contact frequency"),
    ("高层联系 2 天前", "senior contact 2 days ago"),
    ("响应时间 1.5 小时（服务时间）", "answer time 1.5 h of service time"),
)
"""Every input that the example names, under its part."""


@LANGUAGES
async def test_4_a_health_score_of_four_parts(firm: Program, language: str):
    await lived(firm)
    for days in (30, 0):
        at(firm, WEDNESDAY - timedelta(days=days))
        await HealthJob(firm.db, firm.now, firm.defaults).run("")
    notice = (await play.run(firm, "/health C-0001", "陈总")).notice
    said = play.words(notice)
    assert either(language, "健康分", "health") in notice.title.lower()
    known = said.split(either(language, "变化", "Moved"))[0]
    for zh, en in INPUTS:
        assert either(language, zh, en) in known, said
    assert either(language, "怎样提升", "raise it") in said
    assert either(language, "没有数据、不计入", "not counted") not in said
    assert notice.chart is not None


@LANGUAGES
async def test_5_health_every_two_weeks_and_progress_every_week(firm: Program, language: str):
    await lived(firm)
    heard: list[datetime] = []
    drafted: list[int] = []
    day = datetime(2026, 11, 16, 1, 45, tzinfo=UTC)  # a Monday
    for weeks in range(4):
        monday = day + timedelta(weeks=weeks)
        at(firm, monday)
        await HealthJob(firm.db, firm.now, firm.defaults).run("")
        for _ in range(2):
            await HealthReport(firm.db, firm.now, firm.defaults, HOME).run("")
        reports = await play.rows(
            firm, "SELECT count(*) AS n FROM outbox WHERE key LIKE 'health-report:%:web:%'"
        )
        if reports[0]["n"] > len(heard):
            heard.append(monday)
        at(firm, monday + timedelta(days=4, hours=6, minutes=30))  # Friday, a quarter past four
        assert (await play.run(firm, f"/progress P-0001 {61 + weeks}", "李雷")).ok
        await ProgressPush(firm.db, firm.now, firm.defaults, firm).run("")
        found = await play.rows(firm, "SELECT id FROM push WHERE kind = 'progress'")
        drafted.append(len(found))
    assert len(heard) == 2
    assert heard[1] - heard[0] == timedelta(weeks=2)
    report = play.words(next(n for n in await told(firm, "韩梅") if n.chart))
    for zh, en in (
        ("健康分", "health"),
        ("流失可能", "may leave"),
        ("最近往来", "Lately"),
        ("三期什么时候验收", "三期什么时候验收"),
    ):
        assert either(language, zh, en).lower() in report.lower(), report
    weekly = [b - a for a, b in zip([0, *drafted], drafted, strict=False)]
    assert min(weekly) >= 1, drafted
    await approve_all(firm)
    sent = [play.words(one) for one in await play.posted(firm, "g-huajian")]
    assert any("64%" in one for one in sent)


@LANGUAGES
async def test_6_a_thank_you_on_day_seven_and_a_survey_after_acceptance(
    firm: Program, language: str
):
    async def care(days: int) -> list[str]:
        at(firm, WEDNESDAY + timedelta(days=days))
        await Care(firm.db, firm.now, firm.defaults, HOME, firm).run("")
        await approve_all(firm)
        return [play.words(one) for one in await play.posted(firm, "g-huajian")]

    assert (await play.run(firm, "/contract new C-0001 门禁 60000", "韩梅")).ok
    assert (await play.run(firm, "/contract submit K-0001", "韩梅")).ok
    await approve_all(firm)
    assert (await play.run(firm, "/contract signed K-0001", "韩梅")).ok
    assert await care(6) == []
    (thanks,) = await care(7)
    assert either(language, "签约至今一周", "a week since we signed") in thanks
    assert (await play.run(firm, "/phase P-0001 accept reason:done", "李雷")).ok
    assert (await play.run(firm, "/phase P-0001 paid reason:done", "李雷")).ok
    await play.rows(
        firm,
        "UPDATE event SET at = :at WHERE at > now() - interval '1 hour' RETURNING 1",
        at=WEDNESDAY + timedelta(days=7),
    )
    (_, invitation) = await care(8)
    assert either(language, "您对我们这次的工作满意吗", "How satisfied are you") in invitation
    assert len(await care(9)) == 2
