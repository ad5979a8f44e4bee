"""The robot's long connection: cut, kicked, deaf, and what goes out by it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.wecom.robot_connection import Connection, Pace
from adapters.wecom.robot_inbound import Came
from bot.contract import Busy, Button, Notice, Refused, TryLater
from tests.adapters.wecom.robot_side import GROUP, LI, RobotSide
from tests.adapters.wecom.robot_stand_in import BOT, SECRET, RobotFar
from tests.contract.harness import serving

SAID = Notice(text="进度 60%")
ASKED = Notice(
    title="审批", buttons=(Button(label="批准", command="/approve 7", once=True, primary=True),)
)
FAST = Pace(ping_s=60, answer_s=5, first_s=0.001, longest_s=0.01, refused_s=600, again_s=0.001)


@pytest.fixture
async def robot() -> AsyncIterator[RobotSide]:
    async with RobotSide(listens=False, connects=True).running() as made:
        yield made


class Ear:
    """Hears frames, and fails as it is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.hurdles: list[Exception] = []
        self.gate: asyncio.Event | None = None
        self.changed = asyncio.Event()
        self.told: list[str] = []

    async def hear(self, body: Any, came: Came) -> None:
        if self.gate:
            await self.gate.wait()
        if self.hurdles:
            raise self.hurdles.pop(0)
        self.heard.append(body["text"]["content"])
        self.changed.set()

    async def tell(self, why: str) -> None:
        self.told.append(why)
        self.changed.set()

    async def until(self, check: Any) -> None:
        while not check():
            self.changed.clear()
            await self.changed.wait()


@asynccontextmanager
async def connected(far: RobotFar, ear: Ear, *, secret: str = SECRET, pace: Pace = FAST):
    async with serving(*far.routes()) as base:
        url = base.replace("http", "ws", 1) + "/robot-ws"
        connection = Connection(url, BOT, secret, ear.hear, ear.tell, pace)
        running = asyncio.create_task(connection.run())
        try:
            yield connection, running
        finally:
            running.cancel()
            async with asyncio.timeout(2):
                await asyncio.gather(running, return_exceptions=True)
    assert not connection.is_open


async def push(far: RobotFar, text: str) -> None:
    await far.push(far.body("LiLei", text={"content": text}))


# --- in ----------------------------------------------------------------------------------------


async def test_a_frame_is_a_message(robot: RobotSide):
    await robot.frame(robot.far.body("LiLei", text={"content": "三期进度如何？"}))
    (message,) = robot.inside.delivered
    assert (message.chat, message.text, message.direct) == (LI, "三期进度如何？", LI)
    assert list(robot.adapter.translate(message.raw)) == [message]


async def test_a_frame_again_has_the_same_id(robot: RobotSide):
    body = robot.far.body("LiLei", text={"content": "x"})
    await robot.frame(body)
    await robot.frame(body)
    first, second = robot.inside.delivered
    assert first.event_id == second.event_id


async def test_an_unknown_frame_is_kept(robot: RobotSide):
    await robot.far.push(robot.far.body("LiLei", "hologram"))
    while not robot.inside.rejected:
        robot.inside.changed.clear()
        await robot.inside.changed.wait()
    assert "hologram" in robot.inside.rejected[0][2]


async def test_a_line_that_is_cut_every_few_frames_loses_and_doubles_nothing():
    far, ear = RobotFar(), Ear()
    far.cut_every = 3
    said = [str(number) for number in range(40)]
    async with connected(far, ear):
        for text in said:
            await push(far, text)
        await ear.until(lambda: len(ear.heard) >= len(said))
    assert ear.heard == said
    assert far.opened > 10
    assert ear.told[0] == ""


async def test_what_cannot_be_stored_yet_is_stored_later_in_order():
    far, ear = RobotFar(), Ear()
    busy = Busy()
    busy.after = 0.001  # type: ignore[assignment]
    ear.hurdles = [RuntimeError("away"), busy, RuntimeError("away")]
    async with connected(far, ear):
        await push(far, "first")
        await push(far, "second")
        await ear.until(lambda: len(ear.heard) == 2)
    assert ear.heard == ["first", "second"]


async def test_what_has_arrived_is_stored_when_the_process_ends():
    far, ear = RobotFar(), Ear()
    ear.gate = asyncio.Event()
    async with connected(far, ear) as (connection, running):
        for text in ("first", "second", "third"):
            await push(far, text)
        await ear.until(lambda: ear.told)
        # Its answer comes behind the three frames: so they have been read.
        said = {"chatid": "LiLei", "chat_type": 1, "msgtype": "markdown"}
        await connection.call("aibot_send_msg", {**said, "markdown": {"content": "x"}})
        ear.gate = None  # only what is tried anew gets through
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert ear.heard == ["first", "second", "third"]


async def test_a_stranger_that_takes_the_place_is_not_fought():
    far, ear = RobotFar(), Ear()
    async with connected(far, ear), serving(*far.routes()) as base:
        await far.subscribed.wait()
        await ear.until(lambda: ear.told == [""])
        other = Ear()
        url = base.replace("http", "ws", 1) + "/robot-ws"
        stranger = Connection(url, BOT, SECRET, other.hear, other.tell, FAST)
        running = asyncio.create_task(stranger.run())
        await ear.until(lambda: len(ear.told) == 2)
        assert "another connection" in ear.told[1]
        assert (far.kicks, far.opened) == (1, 2)
        await push(far, "to the stranger")
        await other.until(lambda: other.heard)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert ear.heard == []


async def test_a_wrong_secret_waits_long_and_is_told():
    far, ear = RobotFar(), Ear()
    async with connected(far, ear, secret="made-up-wrong") as (connection, _):
        await ear.until(lambda: ear.told)
        assert "40001" in ear.told[0]
        assert far.opened == 1
        with pytest.raises(TryLater):
            await connection.call("aibot_send_msg", {})


async def test_a_line_that_does_not_answer_pings_is_left():
    far, ear = RobotFar(), Ear()
    pace = Pace(ping_s=0.01, answer_s=0.05, first_s=0.001, longest_s=0.01)
    async with connected(far, ear, pace=pace):
        await far.subscribed.wait()
        far.gone.clear()
        far.mute = True
        await far.gone.wait()
        far.mute = False
        far.subscribed.clear()
        far.line = None
        await far.subscribed.wait()
        await push(far, "again")
        await ear.until(lambda: ear.heard)
    assert far.opened > 1


async def test_the_line_is_kept_with_pings():
    far, ear = RobotFar(), Ear()
    pace = Pace(ping_s=0.01, answer_s=5)
    async with connected(far, ear, pace=pace):
        for _ in range(3):
            far.pinged.clear()
            await far.pinged.wait()
    assert far.opened == 1


async def test_a_frame_that_is_no_json_is_survived():
    far, ear = RobotFar(), Ear()
    async with connected(far, ear):
        await far.subscribed.wait()
        assert far.line is not None
        for odd in ("not json", "[]", "7", '{"cmd": 7, "headers": []}', "[" * 9000):
            await far.line.send_str(odd)
        await far.line.send_bytes(b"\x00")
        await push(far, "after")
        await ear.until(lambda: ear.heard)
    assert far.opened == 1


# --- out ---------------------------------------------------------------------------------------


async def wrote(robot: RobotSide, group: str = "") -> None:
    await robot.frame(robot.far.body("LiLei", group=group, text={"content": "进度？"}))


async def test_a_push_goes_to_whom_has_written(robot: RobotSide):
    with pytest.raises(Refused, match="先给机器人发"):
        await robot.send(SAID)
    await wrote(robot)
    await wrote(robot, GROUP.partition(":")[2])
    for chat in (LI, GROUP):
        await robot.send(SAID, chat)
        await robot.send(SAID, chat, "k2")
        assert [one.text for one in robot.shown(chat)] == ["进度 60%"] * 2
    assert robot.far.wrong == []


async def test_a_card_is_changed_within_five_seconds_of_the_tap(robot: RobotSide):
    await wrote(robot)
    await robot.send(ASKED)
    card = robot.far.lines[0].message["template_card"]
    event = {"event_key": card["button_list"][0]["key"], "task_id": card["task_id"]}
    body = robot.far.body(
        "LiLei",
        "event",
        event={"eventtype": "template_card_event", "template_card_event": event},
    )
    await robot.frame(body, "aibot_event_callback")
    tap = robot.inside.delivered[-1]
    assert (tap.text, tap.tapped, bool(tap.place)) == ("/approve 7", True, True)
    await robot.send(Notice(title="已批准"), key="k2", place=tap.place)
    (shown,) = robot.shown()
    assert "已批准" in shown.text
    assert shown.buttons == ("已处理",)
    # What needs more room greys the card and follows.
    await robot.send(Notice(title="已批准", text="长" * 200), key="k3", place=tap.place)
    grey, text = robot.shown()
    assert grey.buttons == ("已处理",)
    assert text.text.startswith("已批准\n长")


async def test_a_place_that_is_too_late_is_a_new_message(robot: RobotSide):
    await wrote(robot)
    await robot.send(SAID, place="gone task1")
    assert [one.text for one in robot.shown()] == ["进度 60%"]


async def test_a_long_notice_goes_on_where_it_broke_off(robot: RobotSide):
    await wrote(robot)
    long = Notice(text="长" * 20_000)
    robot.far.faults = [45009]
    with pytest.raises(TryLater) as caught:
        await robot.send(long)
    assert caught.value.after == 60
    sent = await robot.send(long)
    assert sent.messages == 3
    assert "".join(one.text for one in robot.shown()) == long.text
    assert robot.far.wrong == ["45009 made up"]


async def test_a_card_is_told_from_its_repeat_by_its_task(robot: RobotSide):
    await wrote(robot)
    robot.far.late = 1
    with pytest.raises(TryLater) as caught:
        await robot.send(ASKED)
    assert caught.value.unknown
    await robot.far.subscribed.wait()
    await wrote(robot)  # so the new line is up on our side too
    await robot.send(ASKED)
    assert len(robot.shown()) == 1


async def test_a_process_without_the_line_hands_on():
    async with RobotSide(listens=False, connects=True).running() as robot:
        await wrote(robot)
        other = RobotSide(listens=False, connects=True)
        other.api = robot.api
        from adapters.wecom.adapter import build

        replica = build(other.settings(), robot.adapter._ports)
        from bot.contract import Target

        with pytest.raises(TryLater) as caught:
            await replica.send(Target(chat=LI), SAID, key="k")
        assert (caught.value.after, caught.value.unknown) == (5, False)


async def test_with_callbacks_too_the_address_comes_first():
    async with RobotSide(listens=True, connects=True).running() as robot:
        await robot.say("进度？")
        await robot.send(SAID)
        assert robot.far.codes == {}
        await robot.send(SAID, key="k2")
        assert len(robot.shown()) == 2


async def test_refusals_are_told_in_words(robot: RobotSide):
    await wrote(robot)
    for code, error in ((45002, Refused), (-1, TryLater), (6000, TryLater), (40058, Refused)):
        robot.far.faults = [code]
        with pytest.raises(error):
            await robot.send(SAID)


async def test_the_doctor_says_what_the_connection_last_said(robot: RobotSide):
    (good,) = await robot.adapter.check()
    assert good.ok
    await robot.adapter._chats.put_trouble("errcode 40001")
    (bad,) = await robot.adapter.check()
    assert not bad.ok
    assert "Bot ID" in bad.text.in_("en", **bad.facts)


async def test_no_secret_is_in_logs_or_reprs(capfd: pytest.CaptureFixture[str]):
    far, ear = RobotFar(), Ear()
    async with connected(far, ear) as (connection, _):
        await far.subscribed.wait()
        await push(far, "客户的话")
        await ear.until(lambda: ear.heard)
        told = repr(connection) + str(connection)
    out = capfd.readouterr()
    assert SECRET not in told + out.out + out.err
    assert "客户的话" not in out.out + out.err
