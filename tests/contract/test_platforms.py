"""The adapter contract over every chat platform's harness: its stand-in, real HTTP, real signatures."""

import asyncio
import gc
import hashlib
import logging
import os
import tracemalloc
from collections.abc import AsyncIterator
from importlib import import_module
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from aiohttp import ClientSession

from bot.contract import (
    Audience,
    Busy,
    Button,
    Can,
    Fact,
    Field,
    FieldKind,
    Form,
    Happening,
    Level,
    Notice,
    NotSupported,
    Platform,
    Refused,
    Table,
    Target,
    TryLater,
)
from bot.render.degrade import degrade
from tests.contract.harness import TEXTS
from tests.contract.platform import Played, Trouble

PLATFORMS = {"slack": "Slack", "feishu": "Feishu", "wecom": "WeCom"}
SAID = Notice(text="进度 60%，下周验收。")


def made(name: str) -> Played:
    """The harness of a platform; see `tests/contract/platform.py`."""
    return getattr(import_module(f"tests.adapters.{name}.harness"), PLATFORMS[name])()


@pytest.fixture(params=PLATFORMS)
async def played(request: pytest.FixtureRequest) -> AsyncIterator[Played]:
    one = made(request.param)
    async with one.running():
        yield one


async def send(played: Played, chat: str, notice: Notice, key: str = "k", **where: str):
    return await played.adapter.send(
        Target(chat=chat, **where), degrade(notice, played.adapter.can), key=key
    )


# --- in ----------------------------------------------------------------------------------------


async def test_it_is_a_platform_that_is_on(played: Played):
    assert isinstance(played.adapter, Platform)
    assert played.adapter.channel == played.name
    assert played.adapter.on


async def test_a_private_line_is_said_to_the_assistant_by_a_proven_member(played: Played):
    assert await played.say(played.member, "/help") == 200
    (message,) = played.inside.delivered
    assert (message.text, message.chat) == ("/help", played.direct(played.member))
    assert (message.private, message.addressed, message.direct) == (True, True, message.chat)
    assert (message.sender.id, message.sender.proven) == (played.member, True)
    assert not message.sender.outside
    assert message.raw


async def test_a_customers_line_in_a_shared_chat_is_from_outside(played: Played):
    assert await played.say(played.customer, "三期什么时候验收？", chat=played.outer) == 200
    (message,) = played.inside.delivered
    assert (message.chat, message.text) == (played.outer, "三期什么时候验收？")
    assert (message.sender.id, message.sender.outside) == (played.customer, True)
    assert (message.private, message.addressed) == (False, False)


async def test_it_answers_only_after_the_message_is_stored(played: Played):
    played.inside.hurdle = asyncio.Event()
    asked = asyncio.create_task(played.say(played.member, "在吗"))
    done, _ = await asyncio.wait({asked}, timeout=0.3)
    stored = played.inside.delivered
    assert not done or stored == []
    played.inside.hurdle.set()
    assert await asked == 200


@pytest.mark.parametrize("error", [RuntimeError("x"), OSError("disk full"), Busy()])
async def test_what_was_not_stored_is_never_acknowledged(played: Played, error: Exception):
    played.inside.hurdle = error
    assert await played.say(played.member, "在吗") >= 400
    played.inside.hurdle = None
    assert await played.again() == 200
    assert [message.text for message in played.inside.delivered] == ["在吗"]


async def test_what_is_redelivered_is_the_same_event(played: Played):
    await played.say(played.customer, "一句话", chat=played.outer)
    for _ in range(3):
        assert await played.again() == 200
    assert len({message.event_id for message in played.inside.delivered}) == 1


async def test_two_lines_with_the_same_words_are_two_events(played: Played):
    await played.say(played.member, "好的")
    await played.say(played.member, "好的")
    assert len({message.event_id for message in played.inside.delivered}) == 2


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_what_is_written_arrives_as_it_is(played: Played, text: str):
    text = text[:1500]
    if not text.strip():
        return
    assert await played.say(played.member, text) == 200
    (message,) = played.inside.delivered
    assert message.text.split() == text.split()


async def test_an_edit_and_a_recall_name_what_they_change(played: Played):
    if not played.can_edit:
        pytest.skip("people cannot change messages there")
    await played.say(played.customer, "周五上线", chat=played.outer)
    assert await played.edit("周一上线") == 200
    assert await played.recall() == 200
    first, edit, recall = played.inside.delivered
    assert (edit.edits, edit.text, edit.chat) == (first.message_id, "周一上线", first.chat)
    assert recall.recalls == first.message_id
    assert edit.sender.id == recall.sender.id == first.sender.id
    assert len({first.event_id, edit.event_id, recall.event_id}) == 3


async def test_a_voice_message_is_a_file_to_fetch(played: Played):
    sound = b"made-up sound " * 999
    assert await played.speak(played.customer, sound, chat=played.outer) == 200
    (message,) = played.inside.delivered
    (file,) = message.files
    assert (message.text, file.type.split("/")[0]) == ("", "audio")
    stored = await played.adapter.fetch(file)
    assert played.inside.media.files[stored.sha256] == sound
    assert stored.sha256 == hashlib.sha256(sound).hexdigest()


async def test_being_added_and_being_joined_are_told(played: Played):
    if not played.can_join:
        pytest.skip("nobody is told there")
    assert await played.added(played.inner, played.member) == 200
    assert await played.joined(played.inner, played.customer) == 200
    added, joined = played.inside.delivered
    assert (added.happened, added.chat) == (Happening.ADDED, played.inner)
    assert added.sender.id == played.member
    assert (joined.happened, joined.people[0].id) == (Happening.JOINED, played.customer)


async def test_a_recorded_event_reads_the_same_again(played: Played):
    await played.say(played.customer, "请尽快处理", chat=played.outer)
    (message,) = played.inside.delivered
    assert [m.model_copy(update={"raw": b""}) for m in played.adapter.translate(message.raw)] == [
        message.model_copy(update={"raw": b""})
    ]


# --- out ---------------------------------------------------------------------------------------


async def test_what_is_sent_is_shown(played: Played):
    for chat in (played.direct(played.member), played.inner, played.outer):
        await send(played, chat, SAID, key=f"k:{chat}")
        assert [shown.text.strip("\u200b\u200c\u200d\u2060") for shown in played.shown(chat)] == [
            SAID.text
        ]


async def test_everything_that_a_notice_says_is_shown(played: Played):
    notice = Notice(
        level=Level.WARNING,
        title="预算快于进度",
        text="请尽快确认。",
        facts=(Fact(label="进度", value="69%"), Fact(label="预算", value="81%")),
        table=Table(columns=("任务", "到期"), rows=(("装摄像头", "明天"), ("布线", "周五"))),
        buttons=(Button(label="知道了", command="/alert ack 1", primary=True),),
        note="内部群：客户看不到",
    )
    chat = played.direct(played.member)
    await send(played, chat, notice)
    text = "\n".join(shown.text for shown in played.shown(chat))
    for words in ("预算快于进度", "请尽快确认", "进度", "69%", "81%", "装摄像头", "周五", "知道了"):
        assert words in text
    assert "客户看不到" in text


async def test_long_text_loses_nothing(played: Played):
    sentences = [f"第{number}件事已经完成，请您过目。" for number in range(700)]
    chat = played.direct(played.member)
    sent = await send(played, chat, Notice(text="".join(sentences)))
    shown = played.shown(chat)
    assert len(shown) == sent.messages
    text = "".join(one.text for one in shown)
    for sentence in sentences:
        assert sentence in text


async def test_customers_words_stay_words(played: Played):
    words = "<!channel> <@U1> <https://evil.example|bank> *粗* `x` [a](https://b.example) <at id=all></at> &amp; ~x~"
    chat = played.direct(played.member)
    await send(played, chat, Notice(title="客户说", text=words))
    (shown,) = played.shown(chat)
    assert "".join(words.split()) in "".join(shown.text.split())


async def test_a_button_says_its_command_for_whoever_taps_it(played: Played):
    chat = played.direct(played.boss)
    buttons = (
        Button(label="批准", command="/approve 7", primary=True, once=True),
        Button(label="打开", command="/project P-0001"),
    )
    await send(played, chat, Notice(title="发送进展", buttons=buttons))
    assert await played.tap(played.boss, "批准", chat=chat) == 200
    assert await played.tap(played.boss, "打开", chat=chat) == 200
    once, other = played.inside.delivered
    assert (once.text, once.tapped, once.private) == ("/approve 7", True, True)
    assert (once.sender.id, once.chat) == (played.boss, chat)
    assert once.place
    assert (other.text, other.place) == ("/project P-0001", "")
    await send(played, chat, Notice(title="已批准", text="已发送给客户"), "k2", place=once.place)
    assert "已批准" in played.shown(chat)[-1].text
    assert "批准" not in played.shown(chat)[-1].buttons


async def test_every_message_of_ours_can_be_changed(played: Played):
    if Can.CHANGES not in played.adapter.can:
        pytest.skip("its messages stay as they are")
    titled = Notice(title="正在转写", text="40%")
    for chat in (played.direct(played.member), played.inner):
        for number, (first, then) in enumerate([(SAID, titled), (titled, SAID), (SAID, SAID)]):
            known = len(played.shown(chat))
            sent = await send(played, chat, first, f"first:{chat}:{number}")
            assert sent.id
            for key in ("then", "then", "later"):  # a repeat changes nothing, a second time can
                place = sent.id
                told = then.model_copy(update={"text": f"{number}:{key}"})
                sent = await send(played, chat, told, f"{key}:{chat}:{number}", place=place)
                assert len(played.shown(chat)) == known + 1
                assert f"{number}:{key}" in played.shown(chat)[-1].text


async def test_a_form_says_its_command_with_what_is_filled_in(played: Played):
    if Can.FORMS not in played.adapter.can:
        pytest.skip("it has no forms")
    fields = (
        Field(name="name", label="任务", required=True),
        Field(name="due", label="截止", kind=FieldKind.DATE),
    )
    form = Form(command="/task new", title="新建任务", submit="提交", fields=fields)
    chat = played.direct(played.member)
    await send(played, chat, Notice(text="还缺：任务", form=form))
    values = {"name": '修 "登录"', "due": "2026-12-01"}
    assert await played.fill(played.member, values, chat=chat) == 200
    message = played.inside.delivered[-1]
    assert (message.text, message.tapped) == (form.line(values), True)


async def test_a_key_is_one_message_over_there(played: Played):
    chat = played.direct(played.member)
    await send(played, chat, SAID, key="digest:1")
    if played.can_tell:
        await send(played, chat, SAID, key="digest:1")
        assert len(played.shown(chat)) == 1
    await send(played, chat, SAID, key="digest:2")
    assert len(played.shown(chat)) == 2


@pytest.mark.parametrize("trouble", [Trouble.LIMIT, Trouble.DOWN, Trouble.SILENT])
async def test_what_may_pass_is_tried_later(played: Played, trouble: Trouble):
    chat = played.direct(played.member)
    played.troubles.extend([trouble] * 4)
    with pytest.raises(TryLater) as caught:
        async with asyncio.timeout(20):
            await send(played, chat, SAID)
    if trouble is Trouble.LIMIT:
        assert not caught.value.unknown
    if trouble is Trouble.SILENT:
        assert caught.value.unknown
    played.troubles.clear()
    await send(played, chat, SAID)
    assert len(played.shown(chat)) == 1


async def test_after_an_unknown_outcome_it_is_shown_once(played: Played):
    if not played.can_tell:
        pytest.skip("the platform cannot be asked, nor told")
    chat = played.direct(played.member)
    played.troubles.append(Trouble.LATE)
    with pytest.raises(TryLater) as caught:
        await send(played, chat, SAID)
    assert caught.value.unknown
    try:
        found = await played.adapter.find(Target(chat=chat), "k")
    except NotSupported:
        found = None
    if found is None:
        await send(played, chat, SAID)
    assert len(played.shown(chat)) == 1


async def test_a_token_that_ran_out_is_replaced_once(played: Played):
    chat = played.direct(played.member)
    await send(played, chat, SAID)
    played.troubles.append(Trouble.EXPIRED)
    if played.name == "slack":  # its token has no end: a person must repair it
        with pytest.raises(TryLater):
            await send(played, chat, SAID, key="k2")
        return
    await send(played, chat, SAID, key="k2")
    assert len(played.shown(chat)) == 2


async def test_what_never_passes_is_refused_in_words(played: Played):
    played.troubles.append(Trouble.REFUSED)
    with pytest.raises(Refused) as caught:
        await send(played, played.direct(played.member), SAID)
    assert len(str(caught.value)) > 5


async def test_every_budget_is_a_real_one(played: Played):
    for chat in (played.direct(played.member), played.inner, played.outer):
        budgets = played.adapter.budgets(chat)
        assert budgets
        assert all(budget.count > 0 and budget.seconds > 0 for budget in budgets)


# --- around ------------------------------------------------------------------------------------


async def test_the_doctor_is_told_how_it_stands(played: Played):
    checks = await played.adapter.check()
    assert checks
    for check in checks:
        assert check.text.in_("zh", **check.facts)
        assert check.text.in_("en", **check.facts)


async def test_the_members_of_the_firm_are_told(played: Played):
    found = {one.id: one async for one in played.adapter.colleagues()}
    assert played.member in found
    assert played.customer not in found


async def test_it_stops_within_a_second(played: Played):
    played.troubles.append(Trouble.SILENT)
    sending = asyncio.create_task(send(played, played.direct(played.member), SAID))
    await asyncio.sleep(0.05)
    sending.cancel()
    async with asyncio.timeout(1):
        await asyncio.gather(sending, return_exceptions=True)
        await played.adapter.stop()


async def test_nothing_secret_and_no_words_are_logged(
    played: Played, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    caplog.set_level(logging.DEBUG)
    played.inside.hurdle = RuntimeError("cannot")
    await played.say(played.customer, "客户的话", chat=played.outer)
    played.inside.hurdle = None
    await played.say(played.customer, "客户的话", chat=played.outer)
    played.troubles.extend([Trouble.DOWN] * 4)
    with pytest.raises(TryLater):
        await send(played, played.direct(played.member), Notice(text="客户的话"))
    heard = caplog.text + "".join(capfd.readouterr())
    secrets = [
        value
        for name, value in played.settings().items()
        if any(word in name for word in ("SECRET", "TOKEN", "KEY"))
    ]
    assert secrets
    for secret in ("客户的话", *secrets):
        assert secret not in heard
    assert not any(secret in repr(played.adapter) for secret in secrets)


async def test_what_is_refused_leaves_nothing_behind(played: Played):
    """Thousands of requests that prove nothing: each is turned down, and memory stays flat."""
    dice = Random(1)
    paths = sorted({route.path for route in played.adapter.routes()})
    async with ClientSession() as http:

        async def knock(count: int) -> None:
            for _ in range(count):
                body = dice.randbytes(dice.randrange(20_000))
                async with http.post(played.base + dice.choice(paths), data=BytesIO(body)) as told:
                    assert 400 <= told.status < 500

        await knock(200)  # what is loaded once is there
        gc.collect()
        tracemalloc.start()
        try:
            await knock(1000)
            gc.collect()
            left, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert left < 2_000_000
    assert played.inside.delivered == []
    assert played.inside.rejected == []


async def test_without_its_settings_it_is_off():
    for name in PLATFORMS:
        build = import_module(f"adapters.{name}.adapter").build
        adapter: Platform = build({}, made(name).inside.ports)
        assert not adapter.on
        with pytest.raises(TryLater):
            await adapter.send(Target(chat="x"), SAID, key="k")


def test_the_audience_decides_nothing_in_an_adapter():
    """Who may read a notice is settled before it is sent: no adapter looks at it."""
    root = Path(os.path.abspath(__file__)).parents[2] / "adapters"  # noqa: PTH100
    for name in PLATFORMS:
        for path in (root / name).glob("**/*.py"):
            assert f".{Audience.__name__.lower()}" not in path.read_text(), path
