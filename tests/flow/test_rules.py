"""The firm's rules: who is told, when, in which words, and when it stops."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.app import Program
from bot.contract import Notice
from bot.domain.definition import Unusable
from bot.jobs.risk_scan import RiskScan
from bot.people import HOME, Defaults
from bot.rules import book
from bot.rules.engine import Engine
from storage import definitions
from tests import play

DUE = date(2026, 11, 16)


def noon(days: int, hour: int = 4) -> datetime:
    """Noon in Shanghai, so many days after DUE; `hour` in UTC."""
    return datetime(2026, 11, 16, hour, tzinfo=UTC) + timedelta(days=days)


async def scan(program: Program, at: datetime) -> None:
    await RiskScan(program.db, program.rules, lambda: at, program.defaults, HOME).run("")


async def told(program: Program) -> list[tuple[str, Notice]]:
    """Who was told what: a member by name, a chat by its id; in order."""
    found = await play.rows(
        program,
        """SELECT COALESCE(u.name, o.chat) AS who, o.notice FROM outbox o
           LEFT JOIN user_account u ON o.channel = 'web' AND o.chat = 'user-' || u.id
           ORDER BY o.id""",
    )
    return [(row["who"], Notice.model_validate_json(row["notice"])) for row in found]


async def who(program: Program) -> list[str]:
    return [name for name, _ in await told(program)]


async def alerts(program: Program) -> list[dict[str, Any]]:
    return await play.rows(
        program,
        "SELECT rule, level, closed_at, acknowledged_at, facts FROM alert ORDER BY id",
    )


@pytest.fixture
async def late(loaded: Program) -> Program:
    """The firm, its key task due on DUE."""
    await play.rows(loaded, "UPDATE task SET due = :due RETURNING id", due=DUE)
    return loaded


# --- a key task more than three days late: the manager and their superior ----------------------


async def test_a_key_task_three_days_late_warns_nobody(late: Program):
    await scan(late, noon(3))
    assert await told(late) == []


async def test_after_more_than_three_days_the_manager_and_the_superior_are_warned(late: Program):
    await scan(late, noon(4))
    heard = await told(late)
    assert [name for name, _ in heard] == ["李雷", "陈总", "i-p1"]
    for _, notice in heard:
        assert notice.title == "关键任务逾期 4 天"
        assert notice.text == (
            "项目 P-0001 华建三期智慧工地 的关键任务「装摄像头」应于 2026年11月16日 完成，"
            "现已逾期 4 天。负责人：李雷。"
        )
        assert "key-task-late" in play.words(notice)
    (alert,) = await alerts(late)
    assert alert["facts"].items() >= {"task.days_late": 4, "task.key": True}.items()


async def test_the_day_is_the_firms_own(late: Program):
    await scan(late, datetime(2026, 11, 19, 15, 59, tzinfo=UTC))
    assert await told(late) == []
    await scan(late, datetime(2026, 11, 19, 16, 1, tzinfo=UTC))
    assert len(await told(late)) == 3


async def test_an_ordinary_task_may_be_late(late: Program):
    await play.rows(late, "UPDATE task SET key = false RETURNING id")
    await scan(late, noon(40))
    assert await told(late) == []


async def test_the_same_is_said_once_until_its_quiet_time_is_over(late: Program):
    for hours in (0, 1, 30, 71):
        await scan(late, noon(4) + timedelta(hours=hours))
    assert len(await told(late)) == 3
    await scan(late, noon(7))
    heard = await told(late)
    assert len(heard) == 6
    assert heard[-1][1].title == "关键任务逾期 7 天"
    assert len(await alerts(late)) == 1


async def test_it_stops_when_somebody_takes_it(late: Program):
    await scan(late, noon(4))
    _, notice = (await told(late))[0]
    assert "不再提醒" in await play.said(late, notice.buttons[0].command, "李雷")
    for day in (7, 10, 30):
        await scan(late, noon(day))
    assert len(await told(late)) == 3
    assert (await alerts(late))[0]["closed_at"] is None


async def test_it_closes_when_the_task_is_done_and_opens_anew_when_late_again(late: Program):
    await scan(late, noon(4))
    await play.rows(late, "UPDATE task SET done_at = now() RETURNING id")
    await scan(late, noon(5))
    assert (await alerts(late))[0]["closed_at"] == noon(5)
    await play.rows(late, "UPDATE task SET done_at = NULL RETURNING id")
    await scan(late, noon(6))  # a Sunday: nobody is told
    assert len(await alerts(late)) == 1
    await scan(late, noon(7))
    assert [alert["closed_at"] is None for alert in await alerts(late)] == [False, True]
    assert len(await told(late)) == 6


async def test_two_scans_at_once_tell_it_once(late: Program):
    await asyncio.gather(*(scan(late, noon(4)) for _ in range(3)))
    assert len(await alerts(late)) == 1
    assert len(await told(late)) == 3


async def test_who_is_gone_or_muted_is_not_told(late: Program):
    await play.rows(late, "UPDATE user_account SET active = false WHERE name = '陈总' RETURNING id")
    await play.rows(late, "UPDATE conversation SET muted_until = :at RETURNING id", at=noon(9))
    await scan(late, noon(4))
    assert await who(late) == ["李雷"]


# --- the budget used over 80 % while progress is under 70 % ------------------------------------


async def test_money_ahead_of_the_work_is_told_at_once_with_finance_in_copy(loaded: Program):
    await play.run(loaded, "成本 P-0001 31000", "钱会计")
    heard = await told(loaded)
    assert [name for name, _ in heard] == ["李雷", "钱会计", "i-p1"]
    for _, notice in heard:
        assert notice.title == "预算消耗快于进度"
        assert "已使用 81%" in notice.text
        assert "进度只有 60%" in notice.text
        for amount in ("81000", "81,000", "31000", "100000", "100,000", "¥", "CNY"):
            assert amount not in play.words(notice)


async def test_progress_that_is_corrected_downwards_is_told_at_once_too(loaded: Program):
    await play.run(loaded, "进度 P-0001 70", "李雷")
    await play.run(loaded, "成本 P-0001 31000", "钱会计")
    assert await told(loaded) == []
    await play.run(loaded, "进度 P-0001 69", "李雷")
    assert await who(loaded) == ["李雷", "钱会计", "i-p1"]
    assert "进度只有 69%" in (await told(loaded))[0][1].text


@pytest.mark.parametrize(("spent", "progress"), [(80000, 69), (81000, 70), (80000, 70)])
async def test_at_the_limits_themselves_nothing_is_said(loaded: Program, spent: int, progress: int):
    sql = (
        "UPDATE project SET spent = :spent, progress = :progress WHERE code = 'P-0001' RETURNING 1"
    )
    await play.rows(loaded, sql, spent=spent, progress=progress)
    await scan(loaded, noon(0))
    assert await told(loaded) == []
    await play.rows(loaded, sql, spent=80001, progress=69)
    await scan(loaded, noon(0))
    assert len(await told(loaded)) == 3


async def test_it_closes_once_the_work_has_caught_up(loaded: Program):
    await play.run(loaded, "成本 P-0001 31000", "钱会计")
    await play.run(loaded, "进度 P-0001 90", "李雷")
    await scan(loaded, datetime.now(UTC))
    assert (await alerts(loaded))[0]["closed_at"] is not None


async def test_a_project_without_a_budget_or_closed_is_no_matter(loaded: Program):
    sql = "UPDATE project SET spent = 90000, budget = :budget, phase = :phase WHERE code = 'P-0001'"
    for budget, phase in ((None, "do"), (0, "do"), (100000, "closed")):
        await play.rows(loaded, f"{sql} RETURNING id", budget=budget, phase=phase)
        await scan(loaded, noon(0))
    assert await told(loaded) == []


async def test_an_alert_speaks_its_readers_language(loaded: Program):
    await play.run(loaded, "预算 P23-001 1000", "钱会计")
    await play.run(loaded, "cost P23-001 900", "钱会计")
    heard = dict(await told(loaded))
    assert set(heard) == {"Emma", "钱会计"}
    assert heard["Emma"].title == "Budget runs ahead of progress"
    assert heard["Emma"].language == "en"
    labels = [button.label for button in heard["Emma"].buttons]
    assert labels == ["Got it", "Open", "Useful", "Not useful"]
    assert heard["钱会计"].title == "预算消耗快于进度"
    for text in ("预算", "进度", "项目"):
        assert text not in play.words(heard["Emma"])


# --- moods and messages ------------------------------------------------------------------------


async def said(program: Program, days: int, mood: float, count: int, customer: str = "C-0001"):
    label = "positive" if mood > 0 else "negative"
    await play.file_all(
        program, *(play.message(f"{days}-{n}", "收到", sent_at=noon(days)) for n in range(count))
    )
    await play.rows(
        program,
        """UPDATE interaction SET score = :mood, sentiment = :label WHERE occurred_at = :at
           RETURNING id""",
        mood=mood,
        label=label,
        at=noon(days),
    )


async def test_a_mood_that_drops_is_told_to_the_owner(loaded: Program):
    await said(loaded, 0, 0.5, 3)
    await said(loaded, 20, -0.3, 3)
    await scan(loaded, noon(21))
    ((name, notice),) = await told(loaded)
    assert name == "韩梅"
    assert notice.text == (
        "客户 C-0001 上海华建工程集团有限公司 近 7 天的平均情绪为 -0.30，比之前 30 天下降 0.80。"
    )


@pytest.mark.parametrize(
    ("before", "now", "count"), [(0.5, -0.3, 2), (0.05, -0.3, 3), (0.9, 0.2, 3)]
)
async def test_too_few_words_or_too_small_a_drop_is_no_alarm(
    loaded: Program, before: float, now: float, count: int
):
    await said(loaded, 0, before, 3)
    await said(loaded, 20, now, count)
    await scan(loaded, noon(21))
    assert await told(loaded) == []


async def test_a_vips_complaint_goes_to_the_owner_and_the_managers(loaded: Program):
    await play.file_all(loaded, play.message("m1", "我要投诉，第三次延期了！"))
    heard = await told(loaded)
    assert [name for name, _ in heard] == ["韩梅", "陈总"]
    assert heard[0][1].title == "VIP 客户投诉"
    assert "第三次延期" in heard[0][1].text
    await play.file_all(loaded, play.message("m2", "我再次投诉，太糟糕了！"))
    assert len(await told(loaded)) == 2


async def test_an_ordinary_customers_complaint_is_not_a_vips(loaded: Program):
    await play.file_all(
        loaded, play.message("m1", "I want to file a complaint!", sender="u-john", chat="x")
    )
    assert "VIP" not in str(await told(loaded))


async def test_a_customer_who_may_leave_is_told_to_the_owner(loaded: Program):
    words = "太失望了，我们打算终止合作，换一家供应商"
    await play.file_all(loaded, play.message("m1", words, sender="u-john", chat="x"))
    assert await who(loaded) == ["赵强"]
    assert (await alerts(loaded))[0]["rule"] == "customer-may-leave"


async def test_our_own_words_raise_nothing(loaded: Program):
    words = "我要投诉，太失望了，我们打算终止合作"
    await play.file_all(loaded, play.message("m1", words, sender="m-li", chat="i-p1"))
    assert await told(loaded) == []


async def test_an_acknowledged_complaint_does_not_silence_the_next_one_for_ever(loaded: Program):
    await play.file_all(loaded, play.message("m1", "我要投诉，第三次延期了！"))
    (row,) = await play.rows(loaded, "SELECT id, rule FROM alert")
    await play.run(loaded, f"知道了 {row['id']}")
    # Its quiet time goes by.
    await play.rows(
        loaded,
        """UPDATE alert SET reasons = CAST(regexp_replace(CAST(reasons AS text),
           '"(u\\d+)": "[^"]+"', '"\\1": "2026-01-01T00:00:00+00:00"', 'g') AS jsonb)
           RETURNING id""",
    )
    heard = len(await told(loaded))
    await play.file_all(loaded, play.message("m2", "还是要投诉，太糟糕了！"))
    (alert,) = await alerts(loaded)
    assert (alert["acknowledged_at"], alert["closed_at"]) == (None, None)
    assert len(await told(loaded)) == heard * 2


# --- rules are data ----------------------------------------------------------------------------


async def own(program: Program, id_: str, *, enabled: bool = True, **body: Any) -> None:
    async with program.db.transaction() as session:
        await definitions.write(session, "rule", id_, body, enabled=enabled)


async def test_a_rule_that_is_switched_off_stays_silent(late: Program):
    await own(late, "key-task-late", enabled=False)
    await scan(late, noon(9))
    assert await told(late) == []
    assert "key-task-late 关键任务逾期 停用" in await play.said(late, "规则")
    await own(late, "key-task-late")
    await scan(late, noon(9))
    assert len(await told(late)) == 3


OWN: dict[str, Any] = {
    "id": "any-task-late",
    "on": "task.checked",
    "when": [
        {"fact": "task.days_late", "op": ">=", "value": 1},
        {"fact": "project.phase", "op": "in", "value": ["do", "accept"]},
    ],
    "then": [{"alert": "role:service", "template": "key_task_late", "level": "info"}],
    "quiet_for": "PT12H",
}


async def test_a_firms_own_rule_is_a_row_of_data(late: Program):
    await own(late, "any-task-late", **OWN)
    await scan(late, noon(1))
    assert await who(late) == ["周服"]
    assert (await alerts(late))[0]["level"] == "info"
    await scan(late, noon(2))
    assert len(await told(late)) == 2


async def test_a_firms_own_version_of_a_shipped_rule_counts(late: Program):
    (shipped,) = [rule for rule in book.shipped() if rule.id == "key-task-late"]
    body = shipped.model_dump(mode="json", by_alias=True)
    body["when"][1]["value"] = 10
    await own(late, "key-task-late", **body)
    await scan(late, noon(9))
    assert await told(late) == []
    await scan(late, noon(11))
    assert len(await told(late)) == 3


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"when": [{"fact": "task.weather", "op": "==", "value": 1}]}, "task.weather"),
        ({"then": [{"alert": "role:service", "template": "poem"}]}, "poem"),
        ({"then": [{"alert": "everyone", "template": "mood_drop"}]}, "alert"),
        ({"when": [{"fact": "task.key", "op": "~", "value": 1}]}, "op"),
        ({"when": []}, "when"),
        ({"on": "moon.full"}, "on"),
        ({"surprise": 1}, "surprise"),
        ({"quiet_for": "soon"}, "quiet_for"),
    ],
)
def test_a_rule_that_cannot_work_says_which_and_why(change: dict[str, Any], why: str):
    with pytest.raises(Unusable, match=r"any-task-late") as caught:
        book.read(OWN | change)
    assert why in str(caught.value)


def test_the_shipped_book_is_whole():
    assert {rule.id for rule in book.shipped()} == {
        "key-task-late",
        "budget-ahead-of-progress",
        "mood-drop",
        "customer-may-leave",
        "vip-complaint",
        "payment-overdue",
        "scope-churn",
        "mood-money-scope",
        "low-csat-care",
        "low-nps-care",
        "money-received",
        "contract-signed",
        "forecast-slips",
        "high-risk-unanswered",
    }


# --- quiet hours -------------------------------------------------------------------------------


async def test_at_night_a_push_waits_for_its_readers_morning(late: Program):
    await play.rows(
        late,
        "UPDATE user_account SET timezone = 'America/New_York' WHERE name = '陈总' RETURNING id",
    )
    night = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai, 10:00 in New York
    await scan(late, night)
    found = await play.rows(late, "SELECT chat, not_before FROM outbox ORDER BY id")
    monday = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    assert [row["not_before"] for row in found] == [monday, night, monday]


async def test_a_firm_without_quiet_hours_is_told_at_night(late: Program):
    defaults = Defaults(quiet=None)
    night = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    await RiskScan(late.db, Engine(defaults, HOME), lambda: night, defaults, HOME).run("")
    assert {row["not_before"] for row in await play.rows(late, "SELECT * FROM outbox")} == {night}


async def test_what_waited_for_the_morning_is_not_said_where_customers_read_by_then(late: Program):
    evening = datetime.now(UTC) - timedelta(hours=1)
    await play.rows(
        late, "UPDATE task SET due = :due RETURNING id", due=evening.date() - timedelta(9)
    )
    defaults = Defaults(quiet=None)  # whatever day it is
    await RiskScan(late.db, Engine(defaults, HOME), lambda: evening, defaults, HOME).run("")
    await play.rows(late, "UPDATE outbox SET not_before = :at RETURNING id", at=evening)
    await play.run(late, "绑定 P-0001 chat:hook:i-p1 customer")
    await play.send_all(late)
    (item,) = await play.rows(late, "SELECT state, error FROM outbox WHERE chat = 'i-p1'")
    assert (item["state"], item["error"]) == ("failed", "customers read this chat by now")
    assert "推送失败" in str(await told(late))
