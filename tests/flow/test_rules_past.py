"""Rules tried on the past: as things stood then, as far as the record knows."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.app import Program
from bot.rules import book, trial
from tests import play

NOW = datetime.now(UTC)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


async def happened(
    program: Program, name: str, at: datetime, before: object, after: object
) -> None:
    column = "project_id" if name.startswith("project") else "customer_id"
    facts = play.json.dumps({"before": before, "after": after})
    await play.rows(
        program,
        f"INSERT INTO event (name, {column}, facts, at)"  # noqa: S608 - our own names
        " VALUES (:name, 1, CAST(:facts AS jsonb), :at) RETURNING id",
        name=name,
        facts=facts,
        at=at,
    )


async def times(program: Program, on: str, *when: tuple[str, str, object]) -> int:
    rule = book.read(
        {
            "id": "r1",
            "on": on,
            "when": [{"fact": fact, "op": op, "value": value} for fact, op, value in when],
            "then": [{"alert": "role:manager", "says": {"zh": "x", "en": "x"}}],
            "quiet_for": "PT1H",
        }
    )
    async with program.db.transaction() as session:
        found = await trial.tried(session, rule, 13, NOW, program.defaults.timezone)
    return dict(found.customers).get(1, 0)


@pytest.fixture
async def alone(loaded: Program) -> Program:
    """The firm with one project, done by 60 percent, in a trial that looks at fourteen days."""
    await play.rows(
        loaded,
        "UPDATE project SET phase = 'closed', closed_at = '2020-01-01' WHERE code <> 'P-0001'"
        " RETURNING id",
    )
    return loaded


async def test_phase_progress_and_tier_are_those_of_the_day(alone: Program):
    assert await times(alone, "project.checked", ("project.progress", "<", 0.5)) == 0
    await happened(alone, "project.progress", ago(9.5), 10, 40)
    await happened(alone, "project.progress", ago(3.5), 40, 60)
    await happened(alone, "project.phase", ago(5.5), "plan", "do")
    await happened(alone, "customer.tier", ago(1.5), "normal", "vip")
    for wanted, fact, op, value in (
        (4, "project.progress", "<", 0.4),
        (10, "project.progress", "<", 0.6),
        (8, "project.phase", "==", "plan"),
        (6, "project.phase", "==", "do"),
        (12, "customer.tier", "==", "normal"),
    ):
        assert await times(alone, "project.checked", (fact, op, value)) == wanted, (fact, value)
    assert await times(alone, "customer.checked", ("customer.tier", "==", "vip")) == 2


async def test_a_project_that_was_closed_since_counts_until_then_and_not_where_it_was(
    alone: Program,
):
    await play.rows(
        alone,
        "UPDATE project SET phase = 'closed', closed_at = :at WHERE id = 1 RETURNING id",
        at=ago(2.5),
    )
    await happened(alone, "project.phase", ago(2.5), "do", "closed")
    assert await times(alone, "project.checked", ("project.progress", ">", 0)) == 11
    await play.rows(
        alone, "UPDATE project SET phase = 'do', closed_at = NULL WHERE id = 1 RETURNING id"
    )
    await happened(alone, "project.phase", ago(0.5), "closed", "do")
    assert await times(alone, "project.checked", ("project.progress", ">", 0)) == 12


async def test_costs_risks_and_defects_are_those_of_the_day(alone: Program):
    await play.rows(
        alone,
        "INSERT INTO cost (project_id, amount, currency, note, spent_on, created_at)"
        " VALUES (1, 40000, 'CNY', '', :day, now()) RETURNING id",
        day=(NOW - timedelta(days=6)).date(),
    )
    await play.rows(
        alone,
        "INSERT INTO risk (project_id, title, level, answer, made_at, closed_at)"
        " VALUES (1, 'x', 'high', '', :made, :closed) RETURNING id",
        made=ago(9.5),
        closed=ago(4.5),
    )
    await play.rows(
        alone,
        "INSERT INTO defect (project_id, title, severity, found_on, fixed_at, made_at)"
        " VALUES (1, 'x', 'minor', :day, :fixed, now()) RETURNING id",
        day=(NOW - timedelta(days=8)).date(),
        fixed=ago(2.5),
    )
    assert await times(alone, "project.checked", ("project.open_high_risks", ">", 0)) == 5
    spent = await times(alone, "project.checked", ("project.budget_used", ">", 0.4))
    assert spent in {6, 7, 8}, "a day of the firm is not a day of UTC"
    broken = await times(alone, "project.checked", ("project.defects_open", ">", 0))
    assert broken in {5, 6, 7}
    assert await times(alone, "project.checked", ("project.budget_used", ">", 0.05)) == 14


async def test_messages_count_by_the_tier_of_their_day_and_the_answer_says_what_is_of_today(
    alone: Program,
):
    line = "/rule add vip-words when message.signals contains complaint and customer.tier == vip"
    await play.run(alone, line + " then alert customer owner")
    await play.file_all(
        alone,
        play.message("m1", "太差了，我要投诉！", sent_at=ago(3)),
        play.message("m2", "太差了，我要投诉！", sent_at=ago(1)),
    )
    assert "会触发 2 次" in await play.said(alone, "/rule try vip-words 7")
    await happened(alone, "customer.tier", ago(2), "normal", "vip")
    assert "会触发 1 次" in await play.said(alone, "/rule try vip-words 7")
    await play.run(alone, "/rule add late when task.days_late > 3 then alert customer owner")
    assert "按现在的值、截止日期或预算计算 任务已逾期的天数" in await play.said(
        alone, "/rule try late 7"
    )
    await play.run(
        alone,
        "/rule add both when survey.score < 3 and customer.mood < 0 then alert customer owner",
    )
    assert "未计入 客户近 7 天的平均情绪" in await play.said(alone, "/rule try both 7")
