"""The clock: slots fire once, missed ones are caught up, digests and reminders go out once."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot import runtime
from bot.app import Program
from bot.jobs.digest import Digest, due_at
from bot.jobs.reminders import Reminders
from bot.people import HOME
from storage.db import Database
from storage.tables import Conversation, Milestone, Subscription, User
from tests import conftest, play

SLOT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def clockwork(program: Program, at: datetime = SLOT) -> runtime.ClockWork:
    made = runtime.ClockWork(program.db, program.jobs, lambda: at)
    made.add("digest", "0 1 * * *")
    return made


async def queued(program: Program) -> list[Any]:
    found = await play.rows(program, "SELECT args FROM procrastinate_jobs ORDER BY id")
    return [row["args"]["slot"] for row in found]


# --- slots -------------------------------------------------------------------------------------


async def test_two_programs_fire_a_slot_once(loaded: Program):
    second = Program(loaded.settings, Database(loaded.db.url, conftest.KEY), None)
    fired = await asyncio.gather(
        *(clockwork(one).fire("digest", SLOT) for one in (loaded, second) for _ in range(5))
    )
    assert sorted(fired) == [False] * 9 + [True]
    assert await queued(loaded) == [SLOT.isoformat()]
    assert await clockwork(second).fire("digest", SLOT + timedelta(minutes=1))
    assert await clockwork(second).fire("other", SLOT)
    await second.db.close()


async def test_a_slot_whose_job_could_not_be_queued_is_free_again(loaded: Program):
    class Broken:
        async def defer(self, *_args: Any, **_more: Any) -> None:
            raise ConnectionError

    made = runtime.ClockWork(loaded.db, Broken(), lambda: SLOT)  # type: ignore[arg-type]
    with pytest.raises(ConnectionError):
        await made.fire("digest", SLOT)
    assert await clockwork(loaded).fire("digest", SLOT)


@pytest.mark.parametrize(("late", "fired"), [(1, 1), (5.9, 1), (6.1, 0)])
async def test_a_missed_slot_is_caught_up_but_not_for_ever(
    loaded: Program, late: float, fired: int
):
    made = clockwork(loaded, SLOT + timedelta(hours=late))
    ticking = asyncio.Event()

    def tick(_event: Any) -> None:
        ticking.set()

    made._scheduler.add_listener(tick)
    running = asyncio.create_task(made.run())
    await asyncio.wait_for(ticking.wait(), 5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await queued(loaded) == [SLOT.isoformat()] * fired


async def test_of_many_missed_slots_the_newest_is_caught_up(loaded: Program):
    made = runtime.ClockWork(loaded.db, loaded.jobs, lambda: SLOT + timedelta(seconds=30))
    made.add("risk_scan", "*/5 * * * *")
    await made._catch_up("risk_scan")
    await made._catch_up("risk_scan")
    assert await queued(loaded) == [SLOT.isoformat()]


# --- when a digest is due ----------------------------------------------------------------------


def subscription(**changed: Any) -> Subscription:
    facts: dict[str, Any] = {"every": "daily", "at": time(9), "weekday": 0, "conversation_id": 1}
    facts |= {"timezone": "Asia/Shanghai", "since": datetime(2026, 1, 1, tzinfo=UTC)}
    return Subscription(**facts | changed)


@pytest.mark.parametrize(
    ("facts", "local", "due"),
    [
        ({}, "2026-11-20T09:00", "2026-11-20T09:00"),
        ({}, "2026-11-20T08:59", None),
        ({}, "2026-11-20T15:00", "2026-11-20T09:00"),
        ({}, "2026-11-20T15:01", None),
        ({}, "2026-11-21T09:00", None),  # Saturday
        ({}, "2026-10-05T09:00", None),  # a Monday in the October holidays
        ({}, "2026-10-10T09:00", "2026-10-10T09:00"),  # a Saturday that is worked instead
        ({}, "2026-02-17T10:00", None),  # the New Year of the moon
        ({"every": "always"}, "2026-10-05T09:30", "2026-10-05T09:00"),
        ({"every": "always"}, "2026-11-22T09:30", "2026-11-22T09:00"),
        ({"every": "weekly", "weekday": 4}, "2026-11-20T09:01", "2026-11-20T09:00"),
        ({"every": "weekly", "weekday": 4}, "2026-11-19T09:01", None),
        ({"every": "weekly", "weekday": 0}, "2026-10-05T09:01", None),
        ({"every": "weekly", "weekday": 0}, "2026-10-08T09:01", "2026-10-08T09:00"),
        ({"every": "weekly", "weekday": 0}, "2026-10-09T09:01", None),
        ({"every": "weekly", "weekday": 6}, "2026-11-22T09:01", "2026-11-22T09:00"),  # asked for
        ({"at": time(23, 30)}, "2026-11-21T01:00", "2026-11-20T23:30"),
        ({"at": time(23, 30)}, "2026-11-21T05:31", None),
        ({"at": time(23, 30), "every": "always"}, "2026-11-23T23:45", "2026-11-23T23:30"),
        ({"muted_until": datetime(2027, 1, 1, tzinfo=UTC)}, "2026-11-20T09:00", None),
        ({"muted_until": datetime(2026, 11, 20, tzinfo=UTC)}, "2026-11-20T09:00", "2026-11-20T09:00"),
        ({"since": datetime(2026, 11, 20, 1, 1, tzinfo=UTC)}, "2026-11-20T09:02", None),
        ({"since": datetime(2026, 11, 20, 1, 0, tzinfo=UTC)}, "2026-11-20T09:02", "2026-11-20T09:00"),
    ],
)  # fmt: skip
def test_when_a_digest_is_due(facts: dict[str, Any], local: str, due: str | None):
    one = subscription(**facts)
    now = datetime.fromisoformat(f"{local}+08:00").astimezone(UTC)
    found = due_at(one, now)
    assert (found.isoformat()[:16] if found else None) == due


def test_a_digest_comes_at_its_readers_own_hour():
    new_york = subscription(timezone="America/New_York", every="always")
    assert due_at(new_york, datetime(2026, 11, 20, 13, 59, tzinfo=UTC)) is None
    found = due_at(new_york, datetime(2026, 11, 20, 14, 0, tzinfo=UTC))
    assert found is not None
    assert found.astimezone(UTC).hour == 14


# --- digests -----------------------------------------------------------------------------------

NINE = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


async def subscribe(program: Program, chat: str, **facts: Any) -> None:
    async with program.db.transaction() as session:
        found = await session.exec(select(Conversation).where(Conversation.chat == chat))
        one = subscription(**{"conversation_id": found.one().id} | facts)
        session.add(one)


async def own_chat(program: Program, name: str) -> tuple[str, int]:
    """A member's own chat with the assistant, as using it once makes it, and something to do."""
    await play.run(program, "帮助", name)
    await play.run(program, f"任务 P-0001 收尾 @{name}", "管理员")
    await play.rows(program, "DELETE FROM subscription RETURNING id")
    (row,) = await play.rows(program, "SELECT id FROM user_account WHERE name = :n", n=name)
    return f"user-{row['id']}", row["id"]


def digest(program: Program, at: datetime = NINE) -> Digest:
    return Digest(program.db, lambda: at, program.defaults, "web")


async def test_a_digest_that_runs_twice_is_posted_once(loaded: Program):
    await subscribe(loaded, "i-p1")
    for minutes in (0, 0, 1, 300):
        await digest(loaded, NINE + timedelta(minutes=minutes)).run("")
    await asyncio.gather(*(digest(loaded).run("") for _ in range(3)))
    (notice,) = await play.posted(loaded, "i-p1")
    assert "P-0001 华建三期智慧工地" in play.words(notice)
    await digest(loaded, NINE + timedelta(days=3)).run("")
    assert len(await play.posted(loaded, "i-p1")) == 2


async def test_a_muted_chat_gets_no_digest(loaded: Program):
    await subscribe(loaded, "i-p1")
    sql = "UPDATE conversation SET muted_until = :at WHERE chat = 'i-p1' RETURNING id"
    await play.rows(loaded, sql, at=NINE + timedelta(hours=1))
    await digest(loaded).run("")
    assert await play.posted(loaded) == []
    await digest(loaded, NINE + timedelta(hours=2)).run("")
    assert len(await play.posted(loaded)) == 1


async def test_a_groups_digest_holds_no_amounts_and_neither_does_a_managers_own(loaded: Program):
    chat, user = await own_chat(loaded, "李雷")
    await subscribe(loaded, "i-p1")
    await subscribe(loaded, chat, user_id=user)
    await subscribe(loaded, chat, user_id=user, project_id=1)
    await digest(loaded).run("")
    notices = await play.posted(loaded)
    assert len(notices) == 3
    assert "50%" in play.words(notices[0])
    for notice in notices:
        for amount in ("50000", "50,000", "100000", "100,000", "¥", "CNY"):
            assert amount not in play.words(notice)


async def test_a_members_own_digest_is_in_their_language_and_of_what_they_may_see(loaded: Program):
    chat, user = await own_chat(loaded, "Emma")
    await subscribe(loaded, chat, user_id=user)
    await digest(loaded).run("")
    (notice,) = await play.posted(loaded, chat)
    assert (notice.title, notice.language) == ("Emma, your day", "en")


async def test_nobody_who_has_left_gets_a_digest(loaded: Program):
    chat, user = await own_chat(loaded, "李雷")
    await subscribe(loaded, chat, user_id=user)
    await play.rows(loaded, "UPDATE user_account SET active = false RETURNING id")
    await digest(loaded).run("")
    assert await play.posted(loaded) == []


class Killed(Digest):
    """A digest job whose process dies before its second digest is out."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.begun = 0

    async def _send(self, session: Any, due: Sequence[Subscription], now: datetime) -> None:
        await super()._send(session, due, now)
        self.begun += 1
        if self.begun == 2:
            raise KeyboardInterrupt


async def test_a_job_killed_midway_goes_on_without_doubling(
    loaded: Program, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.jobs.digest._CHUNK", 1)  # a commit for each
    chat, user = await own_chat(loaded, "李雷")
    await subscribe(loaded, "i-p1")
    await subscribe(loaded, chat, user_id=user)
    with pytest.raises(KeyboardInterrupt):
        await Killed(loaded.db, lambda: NINE, loaded.defaults, "web").run("")
    assert len(await play.posted(loaded)) == 1
    await digest(loaded, NINE + timedelta(minutes=2)).run("")
    found = await play.rows(loaded, "SELECT chat, count(*) AS n FROM outbox GROUP BY chat")
    assert {row["chat"]: row["n"] for row in found} == {"i-p1": 1, chat: 1}


async def test_a_chat_that_customers_read_by_now_gets_none_and_holds_nobody_up(loaded: Program):
    chat, user = await own_chat(loaded, "李雷")
    await subscribe(loaded, "i-p1")
    await subscribe(loaded, chat, user_id=user)
    await play.run(loaded, "绑定 P-0001 chat:hook:i-p1 customer")
    await digest(loaded).run("")
    found = await play.rows(loaded, "SELECT chat FROM outbox")
    assert [row["chat"] for row in found] == [chat]


async def test_a_subscription_by_command_is_sent_at_its_time(loaded: Program):
    await play.run(loaded, "摘要 P-0001 always 17:30", "李雷")
    (row,) = await play.rows(loaded, "SELECT at, timezone, since FROM subscription")
    assert (row["at"], row["timezone"]) == (time(17, 30), "Asia/Shanghai")
    tomorrow = (row["since"] + timedelta(days=1)).astimezone(UTC)
    at = tomorrow.replace(hour=9, minute=30, second=0, microsecond=0)
    await digest(loaded, at - timedelta(minutes=1)).run("")
    assert await play.posted(loaded) == []
    await digest(loaded, at).run("")
    assert len(await play.posted(loaded)) == 1


# --- reminders ---------------------------------------------------------------------------------


async def remind(program: Program, at: datetime) -> None:
    await Reminders(program.db, lambda: at, program.defaults, HOME).run("")


@pytest.fixture
async def coming(loaded: Program) -> Program:
    """A milestone on 2026-11-20 that wants two days' notice."""
    async with loaded.db.transaction() as session:
        found = (await session.exec(select(Milestone))).one()
        found.due, found.remind_days = date(2026, 11, 20), 2
        session.add(found)
    return loaded


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (16, None),
        (17, None),
        (18, "还有 2 天到期"),
        (19, "还有 1 天到期"),
        (20, "今天"),
        (21, None),
    ],
)
async def test_a_milestone_is_reminded_of_so_many_days_before(
    coming: Program, day: int, said: str | None
):
    await remind(coming, datetime(2026, 11, day, 2, 0, tzinfo=UTC))
    notices = await play.posted(coming)
    assert [said in notice.text for notice in notices if said] == ([True, True] if said else [])
    assert len(notices) == (2 if said else 0)


async def test_a_milestone_is_reminded_of_once_until_its_day_moves(coming: Program):
    for hour in range(0, 60, 7):
        await remind(coming, datetime(2026, 11, 18, tzinfo=UTC) + timedelta(hours=hour))
    found = await play.rows(coming, "SELECT chat FROM outbox ORDER BY id")
    assert [row["chat"][:4] for row in found] == ["i-p1", "user"]
    await play.rows(coming, "UPDATE milestone SET due = '2026-11-30' RETURNING id")
    await remind(coming, datetime(2026, 11, 28, 2, tzinfo=UTC))  # a Saturday
    assert len(await play.posted(coming)) == 2
    await remind(coming, datetime(2026, 11, 27, 2, tzinfo=UTC))  # on Monday it would be late
    assert len(await play.posted(coming)) == 4


async def test_what_is_done_or_muted_is_not_reminded_of(coming: Program):
    at = datetime(2026, 11, 19, 2, tzinfo=UTC)
    chat, _ = await own_chat(coming, "李雷")
    await play.rows(coming, "UPDATE conversation SET muted_until = :at RETURNING id", at=at)
    await remind(coming, at - timedelta(hours=1))
    assert await play.posted(coming) == []
    await remind(coming, at)
    assert len(await play.posted(coming, chat)) == 1
    await play.rows(coming, "UPDATE milestone SET done_at = now() RETURNING id")
    await play.rows(coming, "DELETE FROM outbox RETURNING id")
    await remind(coming, at)
    assert await play.posted(coming) == []


async def test_a_reminder_waits_for_the_morning_and_speaks_the_managers_language(coming: Program):
    async with coming.db.transaction() as session:
        user = (await session.exec(select(User).where(User.name == "李雷"))).one()
        user.language = "en"
        session.add(user)
    await remind(coming, datetime(2026, 11, 19, 15, tzinfo=UTC))
    found = await play.rows(coming, "SELECT not_before FROM outbox")
    assert {row["not_before"] for row in found} == {datetime(2026, 11, 20, 0, tzinfo=UTC)}
    titles = [notice.title for notice in await play.posted(coming)]
    assert titles == ["里程碑提醒", "Milestone reminder"]
