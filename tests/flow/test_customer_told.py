"""What customers are told by themselves: progress each week, milestones, payments, by chat or mail."""

from datetime import UTC, date, datetime

import pytest

from bot.app import Program
from bot.contract import Notice
from bot.jobs.progress_push import ProgressPush, weekly_day
from tests import play

FRIDAY = datetime(2026, 11, 20, 8, 5, tzinfo=UTC)
"""Five past four in the afternoon in Shanghai."""


async def job(program: Program, at: datetime) -> None:
    program.now = lambda: at
    await ProgressPush(program.db, program.now, program.defaults, program).run("")


async def proposed(program: Program, who: str = "李雷") -> list[Notice]:
    return await play.posted(program, await play.own_chat(program, who))


async def changed(program: Program, line: str, at: datetime) -> None:
    """Something is done to a project at a time."""
    assert (await play.run(program, line, "李雷")).ok
    await play.rows(
        program,
        "UPDATE event SET at = :at WHERE id = (SELECT max(id) FROM event) RETURNING 1",
        at=at,
    )


@pytest.mark.parametrize(
    ("today", "wanted"),
    [
        (date(2026, 11, 18), date(2026, 11, 20)),
        (date(2026, 11, 22), date(2026, 11, 20)),
        (date(2026, 10, 1), date(2026, 9, 30)),  # the National Day's week
    ],
)
def test_the_day_of_the_week_that_customers_are_told(today: date, wanted: date):
    assert weekly_day(today) == wanted


async def test_progress_is_proposed_on_friday_afternoon_and_sent_after_one_tap(loaded: Program):
    await job(loaded, FRIDAY.replace(hour=7))
    assert await proposed(loaded) == []
    await job(loaded, FRIDAY)
    await job(loaded, FRIDAY.replace(minute=20))
    (draft,) = await proposed(loaded)
    assert "总体进度：60%" in play.words(draft)
    assert await play.posted(loaded, "g-huajian") == []
    assert (await play.run(loaded, draft.buttons[0].command, "李雷")).ok
    (sent,) = await play.posted(loaded, "g-huajian")
    for inside in ("装摄像头", "100,000", "李雷"):
        assert inside not in play.words(sent)
    # next week nothing has changed that they may know, the week after it has
    await changed(loaded, "/task done T-1", FRIDAY.replace(day=23))
    await job(loaded, FRIDAY.replace(day=27))
    assert len(await play.rows(loaded, "SELECT 1 FROM push WHERE project_id = 1")) == 1
    await changed(loaded, "/progress P-0001 65%", FRIDAY.replace(day=30))
    await job(loaded, FRIDAY.replace(month=12, day=4))
    await changed(loaded, "/progress P-0001 70%", FRIDAY.replace(month=12, day=7))
    await job(loaded, FRIDAY.replace(month=12, day=11))
    states = await play.rows(loaded, "SELECT state FROM push WHERE project_id = 1 ORDER BY id")
    assert [row["state"] for row in states] == ["approved", "refused", "waiting"]


async def test_milestones_and_switches(loaded: Program):
    assert "off" in await play.said(loaded, "/客户推送 P-0002 off", "Emma")
    assert "weekly and at milestones" in await play.said(
        loaded, "/pushes P23-001 milestone", "Emma"
    )
    assert not (await play.run(loaded, "/pushes P-0001 often", "李雷")).ok
    monday = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    await play.run(loaded, "/milestone P23-001 Go-live due:2026-11-25", "Emma")
    await play.run(loaded, "/milestone P-0002 上线 due:2026-11-25", "Emma")
    await job(loaded, monday)
    await job(loaded, monday)
    kinds = "SELECT kind, project_id FROM push ORDER BY id"
    assert await play.rows(loaded, kinds) == [{"kind": "milestone", "project_id": 3}]
    await play.run(loaded, "/milestone done P23-001 Go-live", "Emma")
    await play.rows(
        loaded,
        "UPDATE milestone SET done_at = :at WHERE done_at IS NOT NULL RETURNING 1",
        at=monday,
    )
    await job(loaded, monday.replace(hour=3))
    assert [row["kind"] for row in await play.rows(loaded, kinds)] == ["milestone", "progress"]
    await job(loaded, FRIDAY.replace(day=27))
    assert {row["project_id"] for row in await play.rows(loaded, kinds)} == {1, 3}


async def test_that_we_get_paid_is_no_milestone_for_a_customer(loaded: Program):
    for line in (
        "/milestone P23-001 Settled due:2026-11-25 phase:paid",
        "/milestone P23-001 Go-live due:2026-11-25",
    ):
        assert (await play.run(loaded, line, "Emma")).ok, line
    loaded.now = lambda: FRIDAY
    await job(loaded, datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
    (row,) = await play.rows(loaded, "SELECT notice FROM push WHERE kind = 'milestone'")
    assert "Go-live" in str(row["notice"])
    for line in ("/report C-0002 progress", "/update P23-001"):
        said = await play.said(loaded, line, "赵强")
        assert "Go-live" in said
        assert "Settled" not in said


async def test_milestones_of_a_template_know_their_phase(loaded: Program):
    made = await play.run(loaded, "/project new C-0002 Portal template:software start:2026-12-01")
    assert made.ok
    found = await play.rows(
        loaded, "SELECT name FROM milestone WHERE phase = 'paid' AND project_id > 3"
    )
    assert [row["name"] for row in found] == ["尾款到账"]


async def test_payments_are_reminded_of_before_and_after_without_sums(loaded: Program):
    await play.rows(
        loaded,
        """INSERT INTO payment_term (customer_id, project_id, name, amount, paid, currency, due, made_at)
           VALUES (1, 1, '二期款', 88000, 0, 'CNY', '2026-11-26', now()) RETURNING 1""",
    )
    days = [datetime(2026, 11, day, 2, 0, tzinfo=UTC) for day in (20, 23, 24, 27, 30)]
    for day in (*days, datetime(2026, 12, 11, 2, 0, tzinfo=UTC)):
        await job(loaded, day)
    found = await play.rows(loaded, "SELECT notice FROM push WHERE kind = 'payment' ORDER BY id")
    texts = [play.words(Notice.model_validate(row["notice"])) for row in found]
    assert [("尚未收到" in one) for one in texts] == [False, True, True]
    assert all("二期款" in one and "2026年11月26日" in one and "88" not in one for one in texts)


async def test_a_chat_that_refuses_is_followed_by_the_mailbox_of_who_decides(loaded: Program):
    await job(loaded, FRIDAY)
    (draft,) = await proposed(loaded)
    await play.run(loaded, draft.buttons[0].command, "李雷")
    await play.rows(
        loaded, "UPDATE outbox SET state = 'failed' WHERE key LIKE 'push:%' RETURNING 1"
    )
    monday = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    await job(loaded, monday)
    await job(loaded, monday)
    (_, again) = await proposed(loaded)
    assert "email wang@huajian.example" in play.words(again)
    assert (await play.run(loaded, again.buttons[0].command, "李雷")).ok
    (mail,) = await play.posted(loaded, "wang@huajian.example")
    assert mail == (await play.posted(loaded, "g-huajian"))[0]


async def test_a_promised_channel_comes_first(loaded: Program):
    await play.run(loaded, "/contact plan C-0001 weekly 邮件 progress", "韩梅")
    assert "wang@huajian.example" in await play.said(loaded, "/update P-0001", "韩梅")


async def test_what_is_proposed_by_itself_leaves_its_trace(loaded: Program):
    await job(loaded, FRIDAY)
    asked = await play.rows(loaded, "SELECT count(*) FROM push WHERE kind = 'progress'")
    traced = await play.rows(
        loaded, "SELECT count(*) FROM audit_entry WHERE action = 'push.proposed'"
    )
    assert asked == traced != [{"count": 0}]
