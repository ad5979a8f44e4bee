"""The way out: lanes, retries, unknown outcomes, audiences."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from bot import outbox, sending
from bot.app import Program
from bot.contract import (
    Audience,
    Budget,
    ChannelName,
    Notice,
    NotSupported,
    Refused,
    Sent,
    StoredFile,
    Target,
    TryLater,
)
from tests import play

FAR = ChannelName("hook")


class FarSide:
    """A channel whose far side we are: it takes messages, or fails as told."""

    channel = FAR
    can = frozenset()

    def __init__(self) -> None:
        self.budget = Budget(count=1000, seconds=1)
        self.taken: list[tuple[str, str]] = []
        self.there: dict[str, str] = {}
        self.failures: list[Exception] = []
        self.takes_before_failing = False
        self.asked = 0
        self.can_be_asked = True

    def routes(self) -> list[Any]:
        return []

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def budgets(self, chat: str) -> list[Budget]:
        return [self.budget]

    async def send(self, target: Target, notice: Notice, *, key: str) -> Sent:
        chat = target.chat
        if self.failures:
            if self.takes_before_failing:
                self.there[key] = chat
            raise self.failures.pop(0)
        self.taken.append((chat, notice.text))
        self.there[key] = chat
        return Sent(id=f"far-{len(self.taken)}")

    async def find(self, target: Target, key: str) -> Sent | None:
        self.asked += 1
        if not self.can_be_asked:
            raise NotSupported("cannot be asked")
        return Sent(id="found") if key in self.there else None


@pytest.fixture
def far(loaded: Program) -> FarSide:
    side = FarSide()
    loaded.adapters[FAR] = side
    return side


async def post(
    program: Program, words: str, *, chat: str = "i-p1", key: str = "", **more: Any
) -> bool:
    async with program.db.transaction() as session:
        return await outbox.post(
            session, Notice(text=words), channel=FAR, chat=chat, key=key or f"k:{words}", **more
        )


async def test_a_key_is_sent_once_and_in_order(loaded: Program, far: FarSide):
    assert await post(loaded, "one")
    assert not await post(loaded, "one again", key="k:one")
    assert await post(loaded, "two")
    await play.send_all(loaded)
    assert far.taken == [("i-p1", "one"), ("i-p1", "two")]


async def test_an_internal_notice_never_reaches_a_customers_chat(loaded: Program, far: FarSide):
    for chat in ("g-huajian", "nobody-declared-this"):
        with pytest.raises(outbox.WrongAudience):
            await post(loaded, "internal talk", chat=chat)
    async with loaded.db.transaction() as session:
        assert await outbox.post(
            session,
            Notice(audience=Audience.CUSTOMER, text="progress"),
            channel=FAR,
            chat="g-huajian",
            key="ok",
        )


async def test_what_waits_holds_nothing_back(loaded: Program, far: FarSide):
    await post(loaded, "tomorrow", not_before=datetime.now(UTC) + timedelta(days=1))
    await post(loaded, "now")
    await play.send_all(loaded)
    assert far.taken == [("i-p1", "now")]


async def test_a_failing_lane_does_not_jam_another(loaded: Program, far: FarSide):
    await play.run(loaded, "绑定 C-0002 chat:hook:other internal")
    far.failures = [TryLater("down", after=3600)]
    await post(loaded, "first")
    await play.send_all(loaded)
    await post(loaded, "elsewhere", chat="other")
    await play.send_all(loaded)
    assert far.taken == [("other", "elsewhere")]


async def test_it_is_tried_again_after_what_the_far_side_asked(loaded: Program, far: FarSide):
    far.failures = [TryLater("slow down", after=0.2)]
    await post(loaded, "patience")
    await play.send_all(loaded)
    assert far.taken == []
    await asyncio.sleep(0.3)
    await play.send_all(loaded)
    assert far.taken == [("i-p1", "patience")]
    assert far.asked == 0


async def test_after_an_unknown_outcome_the_far_side_is_asked_first(loaded: Program, far: FarSide):
    far.failures, far.takes_before_failing = [TryLater("time-out", after=0, unknown=True)], True
    await post(loaded, "did it arrive?")
    await play.send_all(loaded)
    await asyncio.sleep(0.05)
    await play.send_all(loaded)
    assert far.asked == 1
    assert far.taken == []  # it was there: not sent twice
    assert (await play.rows(loaded, "SELECT state, external_id FROM outbox")) == [
        {"state": "sent", "external_id": "found"}
    ]


async def test_where_nobody_can_be_asked_the_same_key_is_sent_again(loaded: Program, far: FarSide):
    far.failures, far.can_be_asked = [TryLater("time-out", after=0, unknown=True)], False
    await post(loaded, "again")
    await play.send_all(loaded)
    await asyncio.sleep(0.05)
    await play.send_all(loaded)
    assert far.taken == [("i-p1", "again")]


async def test_a_send_cut_off_by_a_crash_is_doubted_and_settled(loaded: Program, far: FarSide):
    await post(loaded, "cut off")
    async with loaded.db.transaction() as session:
        from storage import outbox as rows

        now = datetime.now(UTC)
        taken = await rows.take(session, "hook:i-p1", now, now + timedelta(seconds=0.2), ["hook"])
        assert taken is not None
    await play.send_all(loaded)
    assert far.taken == []  # another sender may be at it
    await asyncio.sleep(0.25)
    await play.send_all(loaded)
    assert far.asked == 1
    assert far.taken == [("i-p1", "cut off")]


async def test_a_refused_send_is_told_to_a_person_once(loaded: Program, far: FarSide):
    far.failures = [Refused("no such chat")]
    await post(loaded, "lost")
    await play.send_all(loaded)
    told = await play.rows(
        loaded, "SELECT channel, chat, key FROM outbox WHERE key LIKE 'failed:%'"
    )
    assert len(told) == 1
    assert told[0]["channel"] == "web"


async def test_the_budget_of_a_destination_is_kept(loaded: Program, far: FarSide):
    far.budget = Budget(count=2, seconds=60)
    for number in range(4):
        await post(loaded, f"n{number}")
    await play.send_all(loaded)
    assert len(far.taken) == 2


def test_backoff_doubles_with_jitter_up_to_an_hour():
    assert 1.4 <= sending.backoff(1) <= 2.6
    assert all(sending.backoff(n) <= 3600 * 1.3 for n in range(1, 60))


NIGHT = (time(21), time(8))


@pytest.mark.parametrize(
    ("at", "quiet", "until"),
    [
        ("2026-11-19T22:30:00", NIGHT, "2026-11-20T08:00:00"),
        ("2026-11-20T22:30:00", NIGHT, "2026-11-23T08:00:00"),  # over the weekend
        ("2026-10-01T12:00:00", NIGHT, "2026-10-08T08:00:00"),  # the National Day's week
        ("2026-10-10T12:00:00", NIGHT, "2026-10-10T12:00:00"),  # a Saturday that is worked
        ("2026-11-21T12:00:00", (time(8), time(8)), "2026-11-23T08:00:00"),
        ("2026-11-21T12:00:00", None, "2026-11-21T12:00:00"),
        ("2026-11-20T03:00:00", NIGHT, "2026-11-20T08:00:00"),
        ("2026-11-20T12:00:00", NIGHT, "2026-11-20T12:00:00"),
        ("2026-11-20T08:00:00", NIGHT, "2026-11-20T08:00:00"),
        ("2026-11-20T12:30:00", (time(12), time(14)), "2026-11-20T14:00:00"),
        ("2026-11-20T03:00:00", None, "2026-11-20T03:00:00"),
    ],
)
def test_nothing_is_pushed_in_quiet_hours(at: str, quiet: Any, until: str):
    assert outbox.after_quiet(datetime.fromisoformat(at), quiet) == datetime.fromisoformat(until)


async def test_a_send_with_files_is_not_doubted_before_it_can_be_over(
    loaded: Program, far: FarSide
):
    file = StoredFile(name="a.pdf", type="application/pdf", size=6_000_000, sha256="0" * 64)
    sizes: dict[str, float] = {}

    class Slow(FarSide):
        async def send(self, target: Target, notice: Notice, *, key: str) -> Sent:
            (row,) = await play.rows(
                loaded, "SELECT not_before FROM outbox WHERE key = :key", key=key
            )
            sizes[key] = (row["not_before"] - loaded.now()).total_seconds()
            return await super().send(target, notice, key=key)

    loaded.adapters[FAR] = Slow()
    async with loaded.db.transaction() as session:
        for key, files in (("small", ()), ("large", (file,))):
            notice = Notice(audience=Audience.CUSTOMER, text=key, files=files)
            await outbox.post(session, notice, channel=FAR, chat=key, key=key)
    await play.send_all(loaded)
    assert sizes["small"] < 20
    assert sizes["large"] > 60
