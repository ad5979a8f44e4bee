"""The long connection: what comes over it is durable before it is acknowledged, cuts lose nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.slack import socketmode
from tests.adapters.slack.harness import LI, OUTER, WANG, Slack
from tests.adapters.slack.workspace import OWN


@asynccontextmanager
async def connected() -> AsyncIterator[Slack]:
    slack = Slack(socket=True)
    async with slack.running():
        work = asyncio.create_task(slack.adapter.work())
        try:
            yield slack
        finally:
            work.cancel()
            async with asyncio.timeout(1):
                with contextlib.suppress(asyncio.CancelledError):
                    await work


def framed(slack: Slack, text: str, envelope: str) -> dict[str, Any]:
    payload = slack.envelope(slack._line(WANG, text, OUTER, ""))
    return {
        "type": "events_api",
        "envelope_id": envelope,
        "payload": payload,
        "accepts_response_payload": False,
        "retry_attempt": 0,
        "retry_reason": "",
    }


async def test_an_envelope_is_acknowledged_once_its_message_is_stored():
    async with connected() as slack:
        slack.inside.hurdle = asyncio.Event()
        slack.space.frames.put_nowait(framed(slack, "一", "e1"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await slack.space.acks.get()
        assert slack.inside.delivered == []
        slack.inside.hurdle.set()
        assert await slack.space.acks.get() == "e1"
        assert [one.text for one in slack.inside.delivered] == ["一"]


async def test_what_could_not_be_stored_is_not_acknowledged():
    async with connected() as slack:
        slack.inside.hurdle = RuntimeError("no disk")
        frame = framed(slack, "一", "e1")
        slack.space.frames.put_nowait(frame)
        slack.space.frames.put_nowait({"type": "events_api", "envelope_id": "e2", "payload": {}})
        assert await slack.space.acks.get() == "e2"
        slack.inside.hurdle = None
        slack.space.frames.put_nowait({**frame, "envelope_id": "e3", "retry_attempt": 1})
        assert await slack.space.acks.get() == "e3"
        assert [one.text for one in slack.inside.delivered] == ["一"]


async def test_commands_and_taps_come_over_it_too():
    async with connected() as slack:
        await slack.adapter.send(_target(LI), _asked(), key="k")
        message, button = slack._button(LI, lambda one: one["text"]["text"] == "批准")
        tap = slack.tapped(LI, LI, message, button)
        slash = {
            "command": "/keqing",
            "text": "task list",
            "user_id": LI,
            "channel_id": OUTER,
            "trigger_id": "1.2.3",
        }
        for number, (kind, payload) in enumerate((("interactive", tap), ("slash_commands", slash))):
            slack.space.frames.put_nowait(
                {"type": kind, "envelope_id": f"e{number}", "payload": payload}
            )
            assert await slack.space.acks.get() == f"e{number}"
        assert [one.text for one in slack.inside.delivered] == ["/approve 7", "/task list"]
        for message in slack.inside.delivered:
            assert slack.adapter.translate(message.raw) == [message]


async def test_cut_every_few_frames_nothing_is_lost_and_nothing_doubled():
    """What was not acknowledged comes again, as Slack does it: by another envelope."""
    async with connected() as slack:
        waiting = {
            f"m{number}": framed(slack, f"第{number}句", f"m{number}") for number in range(40)
        }
        rounds = 0
        while waiting:
            rounds += 1
            for name, frame in list(waiting.items())[:5]:
                slack.space.frames.put_nowait({**frame, "envelope_id": f"{name}/{rounds}"})
            if rounds % 2:
                slack.space.frames.put_nowait(None)
            else:
                slack.space.frames.put_nowait({"type": "disconnect", "reason": "refresh_requested"})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.3):
                    while waiting:
                        waiting.pop((await slack.space.acks.get()).split("/")[0], None)
        assert slack.space.sockets > 5
    said = {one.event_id: one.text for one in slack.inside.delivered}
    assert sorted(said.values()) == sorted(f"第{number}句" for number in range(40))


async def test_what_came_before_a_goodbye_is_still_answered():
    async with connected() as slack:
        slack.inside.hurdle = asyncio.Event()
        slack.space.frames.put_nowait(framed(slack, "一", "e1"))
        slack.space.frames.put_nowait({"type": "disconnect", "reason": "warning"})
        await slack.space.frames.join()
        await asyncio.sleep(0.1)  # Nothing tells that the goodbye was read.
        slack.inside.hurdle.set()
        assert await slack.space.acks.get() == "e1"


async def test_strange_frames_end_nothing():
    async with connected() as slack:
        for frame in (
            "",
            "x",
            "[]",
            "[" * 5000,
            {"type": ["events_api"]},
            {"type": "events_api"},
            {"type": "events_api", "envelope_id": 7, "payload": []},
            {"type": "interactive", "envelope_id": "i1", "payload": {"type": {}}},
            {"type": "slash_commands", "envelope_id": "s1", "payload": {"command": 7}},
        ):
            slack.space.frames.put_nowait(frame)
        slack.space.frames.put_nowait(framed(slack, "还在", "e1"))
        acks = {await slack.space.acks.get() for _ in range(3)}
        assert acks == {"i1", "s1", "e1"}
        assert [one.text for one in slack.inside.delivered] == ["还在"]
        assert slack.space.sockets == 1


async def test_being_down_and_back_is_told_once(capsys: pytest.CaptureFixture[str]):
    slack = Slack(socket=True)
    slack.space.fails["apps.connections.open"] = [503, 503]
    async with slack.running():
        work = asyncio.create_task(slack.adapter.work())
        slack.space.frames.put_nowait(framed(slack, "一", "e1"))
        assert await slack.space.acks.get() == "e1"
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    heard = "".join(capsys.readouterr())
    assert heard.count("slack.socket_down") == heard.count("slack.socket_back") == 1
    assert "ticket" not in heard


async def test_own_lines_stay_out():
    async with connected() as slack:
        frame = framed(slack, "我说的", "e1")
        frame["payload"]["event"] |= {"user": OWN, "bot_id": "B0KEQING1"}
        slack.space.frames.put_nowait(frame)
        assert await slack.space.acks.get() == "e1"
        assert slack.inside.delivered == []


async def test_a_silent_line_is_given_up():
    """Nobody answers the pings: the watchdog ends it, and the next one is opened."""
    slack = Slack(socket=True)
    async with slack.running():
        slack.space.deaf = True
        line = socketmode.Socket(
            slack.adapter._api, "xapp-1-A0KEQING-1965482-made-up", slack.adapter._taken, ping_s=0.1
        )
        work = asyncio.create_task(line.work())
        await slack.space.reconnected.wait()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def test_waiting_grows_and_is_spread():
    waits = [[socketmode.backoff(tries) for _ in range(50)] for tries in range(12)]
    assert max(waits[0]) <= 0.2
    assert all(0.5 <= one <= 1 for one in waits[1])
    assert all(30 <= one <= 60 for one in waits[11])
    assert len({round(one, 6) for one in waits[5]}) > 10


async def test_without_an_app_token_it_only_waits():
    async with Slack().running() as slack:
        work = asyncio.create_task(slack.adapter.work())
        await asyncio.sleep(0)
        assert not work.done()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        assert slack.space.sockets == 0


def _target(who: str) -> Any:
    from bot.contract import Target

    return Target(chat=who)


def _asked() -> Any:
    from bot.contract import Button, Notice

    return Notice(text="？", buttons=(Button(label="批准", command="/approve 7"),))
