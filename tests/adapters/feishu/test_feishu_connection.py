"""The long connection: nothing lost, nothing doubled, never silent, however often it is cut."""

import asyncio
import json
from base64 import b64decode
from contextlib import asynccontextmanager

import pytest

from adapters.feishu import frames
from adapters.feishu.connection import Parts
from adapters.feishu.frames import Frame
from bot.contract import Busy, Button, Notice, Target, Working
from tests.adapters.feishu.harness import Feishu


@asynccontextmanager
async def connected(**settings):
    one = Feishu(long_connection=True, **settings)
    async with one.running():
        work = asyncio.create_task(one.adapter.work())
        try:
            yield one
        finally:
            work.cancel()
            async with asyncio.timeout(1):
                await asyncio.gather(work, return_exceptions=True)


async def until(check) -> None:
    async with asyncio.timeout(20):
        while not check():  # noqa: ASYNC110 - the far side has no events of ours
            await asyncio.sleep(0.01)


def texts(one: Feishu) -> list[str]:
    """What was stored, each event once."""
    return list({message.event_id: message.text for message in one.inside.delivered}.values())


async def test_events_come_and_are_answered_after_they_are_stored():
    async with connected() as one:
        assert isinstance(one.adapter, Working)
        one.inside.hurdle = asyncio.Event()
        name = await one.line.push(one.message(one.member, "text", {"text": "在吗"}))
        await until(lambda: one.line.opened)
        assert not one.line.answers
        one.inside.hurdle.set()
        await until(one.line.done.is_set)
        assert one.line.answers[name] == [{"code": 200}]
        assert texts(one) == ["在吗"]


@pytest.mark.parametrize("error", [RuntimeError("x"), Busy()], ids=repr)
async def test_what_was_not_stored_is_answered_500_and_comes_again(error: Exception):
    async with connected() as one:
        one.inside.hurdle = error
        name = await one.line.push(one.message(one.member, "text", {"text": "在吗"}))
        await until(lambda: one.line.answers.get(name) == [{"code": 500}])
        one.inside.hurdle = None
        await one.line.again()
        await until(one.line.done.is_set)
        assert texts(one) == ["在吗"]


async def test_the_same_event_over_both_ways_is_one():
    async with connected() as one:
        event = one.message(one.member, "text", {"text": "在吗"})
        await one.line.push(event)
        await until(one.line.done.is_set)
        assert await one.deliver(event) == 200
        assert len({message.event_id for message in one.inside.delivered}) == 1


async def test_a_tap_gets_its_toast():
    async with connected() as one:
        notice = Notice(title="t", buttons=(Button(label="看", command="/tasks"),))
        await one.adapter.send(Target(chat=one.inner), notice, key="k")
        card = one.there.messages[0]
        event = one.tapped(one.member, card, {"value": {"c": "/tasks"}})
        name = await one.line.push(event)
        await until(one.line.done.is_set)
        (answer,) = one.line.answers[name]
        toast = json.loads(b64decode(answer["data"]))["toast"]
        assert (answer["code"], toast["content"]) == (200, "已收到")


@pytest.mark.parametrize("parts", [1, 3])
async def test_nothing_is_lost_or_doubled_when_the_line_is_cut_every_few_frames(parts: int):
    async with connected() as one:
        one.line.cut_every, one.line.parts = 3, parts
        for number in range(30):
            await one.line.push(one.message(one.customer, "text", {"text": f"第{number}句"}))
        await until(one.line.done.is_set)
        assert sorted(texts(one)) == sorted(f"第{number}句" for number in range(30))
        assert one.line.opened > 5


async def test_what_is_unreadable_is_kept_and_answered():
    async with connected() as one:
        await one.line.push(one.event("im.message.sung_v1", {}))
        await until(one.line.done.is_set)
        assert [why for *_, why in one.inside.rejected] == ["unknown event: im.message.sung_v1"]


async def test_a_line_that_answers_no_ping_is_opened_anew():
    one = Feishu(long_connection=True)
    one.line.config["PingInterval"] = 0.05
    one.line.deaf = True
    async with one.running():
        work = asyncio.create_task(one.adapter.work())
        await until(lambda: one.line.opened > 2)
        one.line.deaf = False
        await one.line.push(one.message(one.member, "text", {"text": "在吗"}))
        await until(one.line.done.is_set)
        assert one.line.pings > 2
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def test_it_goes_on_however_the_address_is_refused(capfd: pytest.CaptureFixture[str]):
    one = Feishu(long_connection=True)
    one.line.refusals = [
        {"code": 0, "data": {"URL": "https://not.a.websocket"}},
        {"code": 1, "msg": "system busy"},
        {"code": 1000040343, "msg": "internal error"},
        {"code": 0, "data": {"URL": "ws://127.0.0.1:9/ws"}},
        {"code": 0},
    ]
    for refusal in one.line.refusals:
        data = refusal.setdefault("data", {})
        data["ClientConfig"] = one.line.config
    async with one.running():
        work = asyncio.create_task(one.adapter.work())
        await one.line.push(one.message(one.member, "text", {"text": "在吗"}))
        await until(one.line.done.is_set)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    heard = "".join(capfd.readouterr())
    assert (heard.count("feishu.connection_lost"), heard.count("feishu.connected")) == (1, 1)


async def test_it_says_once_that_the_line_is_down_and_once_that_it_is_back(
    capfd: pytest.CaptureFixture[str],
):
    async with connected() as one:
        await until(lambda: one.line.pings)
        one.line.cut_every = 1
        await one.line.push(one.message(one.member, "text", {"text": "客户的话"}))
        await until(lambda: one.line.opened > 4)
        one.line.cut_every = 0
        await until(one.line.done.is_set)
    heard = "".join(capfd.readouterr())
    assert heard.count("feishu.connection_lost") <= one.line.opened
    assert "feishu.connected" in heard
    for secret in ("客户的话", "ticket", "device_id", *one.settings().values()):
        if not secret.startswith("http"):
            assert secret not in heard


async def test_without_the_setting_it_waits_for_nothing():
    async with Feishu().running() as one:
        work = asyncio.create_task(one.adapter.work())
        done, _ = await asyncio.wait({work}, timeout=0.1)
        assert not done
        assert one.line.opened == 0
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def part(name: str, seq: int, of: int, payload: bytes) -> Frame:
    headers = (("message_id", name), ("sum", str(of)), ("seq", str(seq)))
    return Frame(method=frames.DATA, headers=headers, payload=payload)


def test_parts_make_an_event_in_any_order_and_repeats_do_no_harm():
    parts = Parts()
    assert parts.whole(part("a", 2, 3, b"c")) is None
    assert parts.whole(part("b", 0, 2, b"x")) is None
    assert parts.whole(part("a", 2, 3, b"c")) is None
    assert parts.whole(part("a", 0, 3, b"a")) is None
    assert parts.whole(part("a", 1, 3, b"b")) == b"abc"
    assert parts.whole(part("b", 1, 2, b"y")) == b"xy"
    assert parts.whole(part("c", 0, 1, b"z")) == b"z"


def test_parts_that_never_end_take_no_more_than_a_little_room():
    parts = Parts()
    for number in range(1000):
        assert parts.whole(part(f"m{number}", 0, 2, b"x" * 100)) is None
    assert len(parts._kept) <= 201
    for number in range(5000):
        assert parts.whole(part("huge", number, 99_999_999, b"x" * 1000)) is None
    assert sum(map(len, parts._kept.get("huge", {}).values())) < 3 * 1024 * 1024
