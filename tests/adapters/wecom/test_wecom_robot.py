"""The intelligent robot by callbacks: what comes in, and the one answer that goes out."""

import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.wecom import robot_inbound
from adapters.wecom.adapter import build
from adapters.wecom.inbound import Unreadable
from adapters.wecom.robot_inbound import Came
from bot.contract import (
    Budget,
    Busy,
    Button,
    InboundMessage,
    Notice,
    Refused,
    RemoteFile,
    Sender,
    Target,
    TryLater,
)
from tests.adapters.wecom.harness import Heard
from tests.adapters.wecom.robot_side import GROUP, LI, RobotSide
from tests.adapters.wecom.test_wecom_fuzz import ODD
from tests.contract.harness import serving

GIVEN = json.loads((Path(__file__).parent / "fixtures_robot" / "robot.json").read_text("utf-8"))
AT = datetime.fromtimestamp(1795140000, UTC)
CAME = Came(1795140007.5, "req7")
GENERIC = "application/octet-stream"
SAID = Notice(text="进度 60%")


@pytest.fixture
async def robot():
    async with RobotSide().running() as made:
        yield made


def pic(key: str = "") -> RemoteFile:
    return RemoteFile(
        ref=f"robot:{key}:https://ww-aibot.cos.example/p?sign=1", name="", type=GENERIC
    )


EXPECTED: dict[str, dict[str, Any]] = {
    "text": {"text": "三期进度如何？"},
    "group": {"text": "三期进度如何？@王芳 看下"},
    "image": {"files": (pic(),)},
    "frame-image": {"files": (pic("bWFkZSB1cA=="),)},
    "voice": {"text": "周五能上线吗"},
    "video": {"files": (pic().model_copy(update={"type": "video/mp4"}),)},
    "file": {"files": (pic().model_copy(update={"name": "合同.docx"}),)},
    "mixed": {"text": "看这个\n[note]\n什么意思", "files": (pic(),)},
    "quote": {"text": "什么意思", "quoted": "验收推迟"},
    "quoted-picture": {"text": "什么意思", "quoted": "[image]"},
    "tap": {"text": "/approve 7", "tapped": True, "place": "req7 task1"},
    "tap-flat": {"text": "/tasks", "tapped": True},
}


@pytest.mark.parametrize("app", [False, True])
@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_callback_is_this_message(name: str, app: bool):
    given = GIVEN[name]
    group = given["chattype"] == "group"
    base: dict[str, Any] = {
        "channel": "wecom",
        "event_id": given["msgid"],
        "message_id": "" if given["msgtype"] == "event" else given["msgid"],
        "chat": GROUP if group else LI,
        "direct": "user:LiLei" if app else LI,
        "sender": Sender(id="LiLei", proven=True),
        "sent_at": AT,
        "private": not group,
        "addressed": True,
        "raw": robot_inbound.raw(given, CAME),
    }
    expected = InboundMessage(**{**base, **EXPECTED[name]})
    assert robot_inbound.read(given, CAME, app=app).message == expected
    keys = {"corp_id": "ww1", "agent_id": "1", "secret": "s"} if app else {}
    assert list(build(keys, Heard().ports).translate(expected.raw)) == [expected]


def test_every_recorded_callback_is_used():
    assert set(GIVEN) == {*EXPECTED, "entered", "feedback", "stream", "kicked", "grey"}
    assert not robot_inbound.HANDLED & robot_inbound.IGNORED


@pytest.mark.parametrize("name", ["entered", "feedback", "grey"])
def test_what_says_nothing_is_no_message(name: str):
    assert robot_inbound.read(GIVEN[name], CAME, app=False) == robot_inbound.Heard()


def test_a_known_name_is_taken_out_wherever_it_stands():
    given = {**GIVEN["group"], "text": {"content": "麻烦 @客情 助手 看一下 @客情 助手2"}}
    message = robot_inbound.read(given, CAME, app=False, name="客情 助手").message
    assert message is not None
    assert message.text == "麻烦 看一下 @客情 助手2"


def test_without_a_time_it_is_when_it_came():
    given = {key: value for key, value in GIVEN["text"].items() if key != "create_time"}
    message = robot_inbound.read(given, CAME, app=False).message
    assert message is not None
    assert message.sent_at == datetime.fromtimestamp(1795140007, UTC)


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        "x",
        {},
        {**GIVEN["text"], "msgid": ""},
        {**GIVEN["text"], "msgid": "x" * 500},
        {**GIVEN["text"], "create_time": -1},
        {**GIVEN["text"], "create_time": "soon"},
        {**GIVEN["text"], "from": {}},
        {**GIVEN["text"], "from": "LiLei"},
        {**GIVEN["text"], "msgtype": "hologram"},
        {**GIVEN["group"], "chatid": ""},
        {**GIVEN["image"], "image": {}},
        {**GIVEN["tap"], "event": {"eventtype": "party"}},
        {**GIVEN["tap"], "event": {"eventtype": "template_card_event"}},
    ],
)
def test_an_odd_body_is_unreadable_and_nothing_worse(given: Any):
    with pytest.raises(Unreadable):
        robot_inbound.read(given, CAME, app=False)


@pytest.mark.parametrize("odd", [*ODD, None, 7, [], {}, [None], {"content": {}}, True])
@pytest.mark.parametrize("field", ["text", "mixed", "quote", "image", "event", "from", "msgtype"])
def test_odd_types_are_survived(field: str, odd: Any):
    for name in ("text", "mixed", "tap", "image"):
        with suppress(Unreadable):
            robot_inbound.read({**GIVEN[name], field: odd}, CAME, app=False)


# --- over HTTP ---------------------------------------------------------------------------------


async def test_the_address_is_verified(robot: RobotSide):
    sealed, at = robot.crypto.encrypt(b"1616140317555161061"), str(int(time.time()))
    query = {"msg_signature": robot.crypto.sign(at, "n", sealed), "timestamp": at, "nonce": "n"}
    url = f"{robot.base}/wecom/robot"
    async with robot.http.get(url, params={**query, "echostr": sealed}) as response:
        assert (response.status, await response.read()) == (200, b"1616140317555161061")
    async with robot.http.get(url, params={**query, "echostr": "AAAA"}) as response:
        assert response.status == 401


async def test_it_is_closed_without_its_settings():
    robot = RobotSide()
    adapter = build({}, robot.inside.ports)
    async with serving(*adapter.routes()) as robot.base, RobotSide().running() as other:
        robot.http = other.http
        assert (await robot.post({}))[0] == 404
    with pytest.raises(TryLater) as caught:
        await adapter.send(Target(chat=LI), SAID, key="k")
    assert caught.value.after == 3600


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": "0" * 40},
        {"signature": ""},
        {"timestamp": "1409659813"},
        {"encrypted": "AAAA"},
        {"body": b""},
        {"body": b"<xml/>"},
        {"body": b"[]"},
        {"body": b'{"encrypt": {}}'},
        {"body": b"[" * 50_000},
    ],
    ids=lambda one: str(one)[:40],
)
async def test_what_is_not_wecoms_is_refused(robot: RobotSide, changed: dict[str, Any]):
    assert (await robot.post(GIVEN["text"], **changed))[0] == 401
    assert (robot.inside.delivered, robot.inside.rejected) == ([], [])


async def test_a_body_beyond_two_megabytes_is_not_read(robot: RobotSide):
    assert (await robot.post(b"", body=b" " * (2 * 1024 * 1024 + 1)))[0] == 413


@pytest.mark.parametrize("given", [b"not json", b"[" * 9000, {"msgtype": "hologram"}, 7])
async def test_what_is_right_and_unreadable_is_kept_and_acknowledged(robot: RobotSide, given: Any):
    assert (await robot.post(given))[0] == 200
    ((channel, kept, why),) = robot.inside.rejected
    assert channel == "wecom"
    assert kept
    assert why


async def test_it_is_acknowledged_only_after_storing(robot: RobotSide):
    robot.inside.hurdle = Busy()
    assert (await robot.post(GIVEN["text"]))[0] == 429
    robot.inside.hurdle = RuntimeError("the database is away")
    assert (await robot.post(GIVEN["text"]))[0] == 500
    robot.inside.hurdle = None
    assert await robot.post(GIVEN["text"]) == (200, b"")
    assert [m.text for m in robot.inside.delivered] == ["三期进度如何？"]


async def test_a_poll_for_a_stream_is_told_that_it_is_finished(robot: RobotSide):
    status, raw = await robot.post(GIVEN["stream"])
    answer = json.loads(raw)
    right = robot.crypto.sign(str(answer["timestamp"]), answer["nonce"], answer["encrypt"])
    assert (status, answer["msgsignature"]) == (200, right)
    stream = {"id": "STREAMID", "finish": True, "content": ""}
    opened = json.loads(robot.crypto.decrypt(answer["encrypt"]))
    assert opened == {"msgtype": "stream", "stream": stream}
    assert robot.inside.delivered == []


# --- answers by response_url -------------------------------------------------------------------


async def test_an_answer_goes_by_the_newest_address_once(robot: RobotSide):
    await robot.say("进度？", url=True)
    await robot.say("在吗？")
    await robot.send(SAID)
    assert [one.text for one in robot.shown()] == ["进度 60%"]
    assert len(robot.far.codes) == 1  # the older one is left


async def test_the_same_key_again_is_the_same_message(robot: RobotSide):
    await robot.say("进度？")
    for _ in range(2):
        await robot.send(SAID)
        robot.far.http_faults = [40058]  # nothing is asked a second time
    assert len(robot.shown()) == 1
    assert robot.far.http_faults


async def test_an_unknown_outcome_is_told_from_its_repeat(robot: RobotSide):
    body = await robot.say("进度？")
    robot.far.http_faults.append("late")
    with pytest.raises(TryLater) as caught:
        await robot.send(SAID)
    assert caught.value.unknown
    assert (await robot.post(body))[0] == 200  # WeCom's repeat changes nothing
    await robot.send(SAID)
    await robot.send(SAID)
    assert len(robot.shown()) == 1


async def test_a_failure_that_passes_is_tried_again(robot: RobotSide):
    await robot.say("进度？")
    for fault in (45009, "down"):
        robot.far.http_faults.append(fault)
        with pytest.raises(TryLater):
            await robot.send(SAID)
    await robot.send(SAID)
    assert len(robot.shown()) == 1


async def test_who_has_not_written_is_told_to(robot: RobotSide):
    with pytest.raises(Refused, match="先给机器人发"):
        await robot.send(SAID)
    await robot.say("进度？")
    await robot.send(SAID)
    with pytest.raises(Refused, match="先给机器人发"):
        await robot.send(SAID, key="second")


async def test_a_redelivered_message_does_not_make_its_address_new(robot: RobotSide):
    body = await robot.say("进度？")
    await robot.send(SAID)
    assert (await robot.post(body))[0] == 200
    with pytest.raises(Refused, match="先给机器人发"):
        await robot.send(SAID, key="second")


async def test_an_address_that_wecom_has_forgotten_is_refused_in_words(robot: RobotSide):
    await robot.say("进度？")
    robot.far.codes.clear()
    with pytest.raises(Refused, match="先给机器人发"):
        await robot.send(SAID)


async def test_groups_are_answered_too_and_a_card_is_one_message(robot: RobotSide):
    _, _, group = GROUP.partition(":")
    await robot.say("@客情助手 进度？", group)
    assert robot.inside.delivered[0].text == "进度？"
    notice = Notice(title="审批", buttons=(Button(label="批准", command="/approve 7"),))
    await robot.send(notice, GROUP)
    (shown,) = robot.shown(GROUP)
    assert shown.buttons == ("批准",)


async def test_more_than_one_message_says_what_is_missing(robot: RobotSide):
    await robot.say("进度？")
    await robot.send(Notice(title="报告", text="长" * 9000))
    (shown,) = robot.shown()
    assert shown.text.endswith("（太长，全文请在网页上看）")


async def test_budgets_are_wecoms():
    minute_and_hour = [Budget(count=30, seconds=60), Budget(count=1000, seconds=3600)]
    async with RobotSide().running() as robot:
        assert list(robot.adapter.budgets(LI)) == [Budget(count=1, seconds=3300, answering=True)]
    async with RobotSide(listens=False, connects=True).running() as robot:
        assert list(robot.adapter.budgets(LI)) == minute_and_hour
