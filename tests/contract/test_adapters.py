"""The adapter contract: what the outbox, the inbox and the platforms rely on, for every channel."""

import asyncio
import logging
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from adapters.hook import far as posting
from adapters.hook.settings import HookSettings
from bot import outbox
from bot.app import Program
from bot.contract import (
    Adapter,
    Button,
    ChannelName,
    Fact,
    Level,
    Notice,
    NotSupported,
    Refused,
    Table,
    Target,
    TryLater,
    signing,
)
from tests import play
from tests.contract import harness

SAID = Notice(title="进度", text="Ready 🎉")
# --- every channel -----------------------------------------------------------------------------


async def test_it_is_an_adapter_and_says_what_it_can(channel: Any):
    assert isinstance(channel.adapter, Adapter)
    assert channel.adapter.channel == channel.name
    assert isinstance(channel.adapter.can, frozenset)
    assert all(budget.count > 0 for budget in channel.adapter.budgets("room"))


async def test_sending_twice_with_one_key_is_one_message_over_there(channel: Any):
    first = await channel.adapter.send(Target(chat="room"), SAID, key="digest:1")
    again = await channel.adapter.send(Target(chat="room"), SAID, key="digest:1")
    other = await channel.adapter.send(Target(chat="room"), SAID, key="digest:2")
    assert first == again != other
    assert await channel.there() == dict.fromkeys(("digest:1", "digest:2"), "进度\nReady 🎉")


@pytest.mark.parametrize("text", harness.TEXTS.values(), ids=harness.TEXTS)
async def test_what_is_said_arrives_as_it_is(channel: Any, text: str):
    await channel.adapter.send(Target(chat="room"), Notice(text=text), key="k")
    assert (await channel.there())["k"] == text


async def test_it_says_so_where_the_far_side_cannot_be_asked(channel: Any):
    with pytest.raises(NotSupported):
        await channel.adapter.find(Target(chat="room"), "k")


async def test_it_stops_within_a_second_also_when_stopped_again(channel: Any):
    async with asyncio.timeout(1):
        await channel.adapter.stop()
        await channel.adapter.stop()


async def test_it_tells_no_secret(channel: Any):
    assert harness.SECRET not in repr(channel.adapter)
    assert harness.SECRET not in repr(vars(channel.adapter).get("_ports"))


# --- out ---------------------------------------------------------------------------------------


async def test_a_push_carries_all_that_the_notice_says(far: harness.Hook):
    notice = Notice(
        level=Level.WARNING,
        title="预算",
        text="快于进度",
        facts=(Fact(label="进度", value="69%"),),
        table=Table(columns=("任务", "到期"), rows=(("装摄像头", "明天"),)),
        buttons=(
            Button(label="知道了", command="/alert ack 1", primary=True),
            Button(label="打开", url="http://x.example/p"),
        ),
    )
    sent = await far.adapter.send(Target(chat="i-p1"), notice, key="alert:1")
    assert sent.id == "far-0"
    (pushed,) = far.far.messages.values()
    assert (pushed["chat"], pushed["key"], pushed["level"]) == ("i-p1", "alert:1", "warning")
    assert (pushed["audience"], pushed["language"]) == ("internal", "zh")
    assert pushed["text"] == (
        "预算\n快于进度\n进度：69%\n装摄像头 · 到期：明天\n"
        "知道了：回复 /alert ack 1\n打开：http://x.example/p"
    )
    assert pushed["table"]["rows"] == [["装摄像头", "明天"]]


async def test_a_repeat_carries_the_same_key_and_the_same_bytes(far: harness.Hook):
    far.far.answers = [(503, {})]
    with pytest.raises(TryLater):
        await far.adapter.send(Target(chat="room"), SAID, key="k")
    await far.adapter.send(Target(chat="room"), SAID, key="k")
    assert far.far.keys == ["k", "k"]
    assert far.far.bodies[0] == far.far.bodies[1]


@pytest.mark.parametrize(
    ("answer", "after", "unknown"),
    [
        ((429, {"Retry-After": "7"}), 7, False),
        ((429, {}), None, False),
        ((429, {"Retry-After": "soon"}), None, False),
        ((500, {}), None, True),
        ((502, {"Retry-After": "0"}), 0, True),
        ((503, {"Retry-After": "120"}), 120, True),
        ((0, {}), None, True),
        ((1, {}), None, True),
    ],
)
async def test_what_may_work_later_is_tried_later(
    monkeypatch: pytest.MonkeyPatch, answer: Any, after: float | None, unknown: bool
):
    monkeypatch.setattr(posting, "TIMEOUT", aiohttp.ClientTimeout(total=0.3))
    async with harness.Hook().running() as far:
        far.far.answers = [answer]
        with pytest.raises(TryLater) as caught:
            await far.adapter.send(Target(chat="room"), SAID, key="k")
    assert (caught.value.after, caught.value.unknown) == (after, unknown)


async def test_a_date_to_come_back_at_is_understood(far: harness.Hook):
    at = datetime.now(UTC) + timedelta(seconds=90)
    far.far.answers = [(429, {"Retry-After": format_datetime(at, usegmt=True)})]
    with pytest.raises(TryLater) as caught:
        await far.adapter.send(Target(chat="room"), SAID, key="k")
    assert caught.value.after == pytest.approx(90, abs=3)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://no-such-host.invalid/"])
async def test_what_was_never_reached_has_not_been_sent(url: str):
    adapter = harness.Hook().made(url)
    await adapter.start()
    with pytest.raises(TryLater) as caught:
        await adapter.send(Target(chat="room"), SAID, key="k")
    assert not caught.value.unknown
    await adapter.stop()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422])
async def test_what_will_never_work_is_refused(far: harness.Hook, status: int):
    far.far.answers = [(status, {})]
    with pytest.raises(Refused, match=str(status)):
        await far.adapter.send(Target(chat="room"), SAID, key="k")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(far: harness.Hook, status: int):
    far.far.answers = [(status, {"Location": "/elsewhere"})]
    with pytest.raises(Refused):
        await far.adapter.send(Target(chat="room"), SAID, key="k")
    assert far.far.visits == ["/pushes"]


async def test_a_send_that_is_cut_off_ends_at_once_and_leaves_nothing_open(far: harness.Hook):
    far.far.answers = [(0, {})]
    sending = asyncio.create_task(far.adapter.send(Target(chat="room"), SAID, key="k"))
    await far.far.came.wait()
    begun = time.monotonic()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await far.adapter.stop()
    async with asyncio.timeout(1):
        await far.far.left.wait()
    assert time.monotonic() - begun < 1


async def test_before_its_start_it_sends_later():
    with pytest.raises(TryLater):
        await harness.Hook().made("http://127.0.0.1:1/").send(Target(chat="room"), SAID, key="k")


async def test_nothing_secret_is_logged(
    far: harness.Hook, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    caplog.set_level(logging.DEBUG)
    far.inside.hurdle = RuntimeError("cannot")
    far.far.answers = [(500, {}), (1, {})]
    right = harness.headers(play.body("m1", "客户的话"))
    await far.post(play.body("m1", "客户的话"), right)
    await far.post(b"{" + "客户的话".encode())
    for _ in range(2):
        with pytest.raises(TryLater) as caught:
            await far.adapter.send(Target(chat="room"), Notice(text="客户的话"), key="k")
        assert harness.SECRET not in str(caught.value)
    heard = caplog.text + "".join(capfd.readouterr())
    for secret in (harness.SECRET, "客户的话", right[signing.SIGNATURE]):
        assert secret not in heard


def test_settings_show_no_secret():
    settings = HookSettings(secret=SecretStr(harness.SECRET), push_url="https://x.example/")
    assert harness.SECRET not in repr(settings) + str(settings)
    assert harness.SECRET not in repr(settings.model_dump())


def test_the_signature_is_the_documented_one():
    assert signing.sign(b"s3cret", "1700000000", b'{"id":"1"}') == (
        "sha256=2b9dee6c893e4bf012ad34ee7b89d492b9567b4f47740ccbf0f161ba3717dc08"
    )
    raw = '{"text":"你好 🎉"}'.encode()
    right = "sha256=7e9162fe95b07f1de2617f9e23b3f29a90b3d8ff7f258e963dd6ac38c9f171d5"
    assert signing.is_right(b"s3cret", "1700000000", right, raw, 1700000300)
    assert not signing.is_right(b"s3cret", "1700000000", right, raw, 1700000301)
    assert not signing.is_right(b"s3cret", "1700000000", right.upper(), raw, 1700000000)


# --- both ends, over the real inbox and outbox -------------------------------------------------


@asynccontextmanager
async def joined(program: Program):
    """The program's own outbox, with the far side at the end of its hook channel."""
    made = harness.Hook()
    async with made.running():
        program.adapters[ChannelName("hook")] = made.adapter
        yield made


async def post(program: Program, key: str) -> None:
    async with program.db.transaction() as session:
        await outbox.post(session, SAID, channel="hook", chat="i-p1", key=key)


async def test_a_push_leaves_once_however_often_it_is_posted(loaded: Program):
    async with joined(loaded) as made:
        await post(loaded, "k")
        await post(loaded, "k")
        await play.send_all(loaded)
        assert made.far.keys == ["k"]


async def test_a_delay_beyond_all_reason_does_not_stop_the_lane(loaded: Program):
    async with joined(loaded) as made:
        made.far.answers = [(429, {"Retry-After": "9" * 30})]
        await post(loaded, "k")
        await play.send_all(loaded)
        (item,) = await play.rows(loaded, "SELECT state, attempts, not_before FROM outbox")
        assert (item["state"], item["attempts"]) == ("waiting", 1)
        assert item["not_before"] < datetime.now(UTC) + timedelta(days=2)
