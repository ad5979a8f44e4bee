"""What is sent is shown once, where it belongs; and errors say what to do next."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.slack.adapter import SlackAdapter, build
from adapters.slack.api import wait
from bot.contract import (
    PAGE,
    Budget,
    Button,
    Notice,
    NotSupported,
    Refused,
    Table,
    Target,
    TryLater,
)
from tests.adapters.slack.harness import INNER, WANG, Slack
from tests.contract.platform import Trouble

SAID = Notice(text="进度 60%。")
LONG = Notice(text="".join(f"第{n}件事已经完成，请您过目。" for n in range(2500)))


@pytest.fixture
async def slack():
    async with Slack().running() as one:
        yield one


async def test_one_message_a_second_goes_to_a_chat(slack: Slack):
    assert slack.adapter.budgets(INNER) == (Budget(count=1, seconds=1),)


async def test_an_answer_stands_in_its_thread(slack: Slack):
    sent = await slack.adapter.send(Target(chat=INNER, thread="1763712002.000100"), SAID, key="k")
    (shown,) = slack.shown(INNER)
    assert shown.thread == "1763712002.000100"
    assert sent.id == f"{INNER}:{slack.space.messages[INNER][0]['ts']}"
    assert await slack.adapter.find(Target(chat=INNER, thread="1763712002.000100"), "k") == sent


async def test_an_answer_takes_the_place_of_what_was_tapped(slack: Slack):
    buttons = (Button(label="批准", command="/approve 7", once=True),)
    first = await slack.adapter.send(Target(chat=WANG), Notice(text="？", buttons=buttons), key="a")
    target = Target(chat=WANG, place=first.id)
    sent = await slack.adapter.send(target, Notice(text="已批准"), key="b")
    assert sent.id == first.id
    (shown,) = slack.shown(WANG)
    assert (shown.text, shown.buttons) == ("已批准", ())
    assert await slack.adapter.find(target, "b") == sent
    assert await slack.adapter.find(target, "a") is None


@pytest.mark.parametrize(
    "error", ["message_not_found", "cant_update_message", "edit_window_closed", "update_failed"]
)
async def test_where_it_is_too_late_to_change_a_new_one_says_it(slack: Slack, error: str):
    slack.space.fails["chat.update"] = [{"ok": False, "error": error}]
    target = Target(chat=WANG, place="D0WANGF01:1763712002.000100")
    await slack.adapter.send(target, SAID, key="k")
    assert [one.text for one in slack.shown(WANG)] == [SAID.text]
    assert (await slack.adapter.find(target, "k")) is not None


async def test_a_long_notice_changes_its_place_and_goes_on_below(slack: Slack):
    first = await slack.adapter.send(Target(chat=INNER), SAID, key="a")
    sent = await slack.adapter.send(Target(chat=INNER, place=first.id), LONG, key="b")
    assert sent.messages == len(slack.shown(INNER)) > 2
    assert slack.shown(INNER)[0].text.startswith("第0件事")


async def test_the_page_of_a_member_is_published(slack: Slack):
    table = Table(columns=("任务", "到期"), rows=(("布线", "周五"),))
    notice = Notice(title="今天", table=table, buttons=(Button(label="完成", command="/done 1"),))
    await slack.adapter.send(Target(chat=WANG, place=PAGE), notice, key="k")
    assert slack.space.homes[WANG]["blocks"][-1]["type"] == "actions"
    assert slack.shown(WANG) == []
    with pytest.raises(NotSupported):
        await slack.adapter.find(Target(chat=WANG, place=PAGE), "k")


async def test_a_page_that_is_too_long_says_so_and_keeps_its_buttons(slack: Slack):
    notice = LONG.model_copy(
        update={"text": LONG.text * 20, "buttons": (Button(label="完成", command="/done"),)}
    )
    await slack.adapter.send(Target(chat=WANG, place=PAGE), notice, key="k")
    blocks = slack.space.homes[WANG]["blocks"]
    assert 20 < len(blocks) <= 100
    assert "/help" in blocks[-2]["text"]["text"]
    assert blocks[-1]["type"] == "actions"


@pytest.mark.parametrize("trouble", [Trouble.LATE, Trouble.SILENT, Trouble.DOWN, Trouble.LIMIT])
@pytest.mark.parametrize("before", [0, 1, 2])
async def test_a_send_that_breaks_half_way_goes_on_where_it_broke(
    slack: Slack, trouble: Trouble, before: int
):
    whole = Slack()
    async with whole.running():
        await whole.adapter.send(Target(chat=WANG), LONG, key="k")
    slack.space.troubled_after = before
    slack.space.troubles.append(trouble)
    with pytest.raises(TryLater):
        await slack.adapter.send(Target(chat=WANG), LONG, key="k")
    assert await slack.adapter.find(Target(chat=WANG), "k") is None
    sent = await slack.adapter.send(Target(chat=WANG), LONG, key="k")
    assert [one.text for one in slack.shown(WANG)] == [one.text for one in whole.shown(WANG)]
    assert sent.messages == len(slack.shown(WANG))
    assert await slack.adapter.find(Target(chat=WANG), "k") == sent


async def test_after_a_restart_what_is_there_is_found_among_much_else(slack: Slack):
    sent = await slack.adapter.send(Target(chat=INNER), SAID, key="old")
    for number in range(10):
        await slack.adapter.send(Target(chat=INNER), SAID, key=f"new:{number}")
    async with restarted(slack) as fresh:
        assert await fresh.find(Target(chat=INNER), "old") == sent
        assert await fresh.find(Target(chat=INNER), "never") is None


async def test_after_a_restart_the_parts_that_are_there_are_not_said_again(slack: Slack):
    slack.space.troubled_after = 2
    slack.space.troubles.append(Trouble.LATE)
    with pytest.raises(TryLater):
        await slack.adapter.send(Target(chat=INNER), LONG, key="k")
    assert len(slack.shown(INNER)) == 3
    async with restarted(slack) as fresh:
        sent = await fresh.send(Target(chat=INNER), LONG, key="k")
    assert len(slack.shown(INNER)) == sent.messages > 3


@asynccontextmanager
async def restarted(slack: Slack) -> AsyncIterator[SlackAdapter]:
    """Another process: it knows nothing of what was sent."""
    fresh = build(
        {name.lower(): value for name, value in slack.settings().items()}, Slack().inside.ports
    )
    await fresh.start()
    yield fresh
    await fresh.stop()


async def test_the_token_follows_no_redirect(slack: Slack):
    slack.space.fails["chat.postMessage"] = [302]
    with pytest.raises(TryLater):
        await slack.adapter.send(Target(chat=INNER), SAID, key="k")
    assert "elsewhere" not in slack.space.calls


async def test_a_channel_that_cannot_be_asked_says_so(slack: Slack):
    slack.space.fails["conversations.history"] = [
        {"ok": False, "error": "missing_scope", "needed": "channels:history"}
    ]
    with pytest.raises(NotSupported, match="channels:history"):
        await slack.adapter.find(Target(chat=INNER), "k")


@pytest.mark.parametrize(
    "error",
    [
        "channel_not_found",
        "is_archived",
        "not_in_channel",
        "invalid_blocks",
        "msg_too_long",
        "no_text",
    ],
)
async def test_what_never_works_is_refused_with_slacks_word(slack: Slack, error: str):
    slack.space.fails["chat.postMessage"] = [{"ok": False, "error": error}]
    with pytest.raises(Refused, match=error):
        await slack.adapter.send(Target(chat=INNER), SAID, key="k")


async def test_a_missing_scope_is_named(slack: Slack):
    slack.space.fails["chat.postMessage"] = [
        {"ok": False, "error": "missing_scope", "needed": "chat:write", "provided": "files:read"}
    ]
    with pytest.raises(Refused, match="chat:write"):
        await slack.adapter.send(Target(chat=INNER), SAID, key="k")


@pytest.mark.parametrize("error", ["internal_error", "fatal_error", "request_timeout"])
async def test_slacks_own_failures_may_have_taken_it(slack: Slack, error: str):
    slack.space.fails["chat.postMessage"] = [{"ok": False, "error": error}]
    with pytest.raises(TryLater) as caught:
        await slack.adapter.send(Target(chat=INNER), SAID, key="k")
    assert caught.value.unknown


@pytest.mark.parametrize(
    "error", ["invalid_auth", "token_revoked", "account_inactive", "not_authed"]
)
async def test_a_token_waits_for_a_person_and_is_told_of_once(
    slack: Slack, error: str, capsys: pytest.CaptureFixture[str]
):
    slack.space.revoked = error
    for _ in range(3):
        with pytest.raises(TryLater) as caught:
            await slack.adapter.send(Target(chat=INNER), SAID, key="k")
        assert (caught.value.after, caught.value.unknown) == (600, False)
    slack.space.revoked = ""
    await slack.adapter.send(Target(chat=INNER), SAID, key="k")
    heard = "".join(capsys.readouterr())
    assert heard.count("slack.token_refused") == heard.count("slack.token_taken") == 1


async def test_the_delay_is_slacks(slack: Slack):
    slack.troubles.append(Trouble.LIMIT)
    with pytest.raises(TryLater) as caught:
        await slack.adapter.send(Target(chat=INNER), SAID, key="k")
    assert (caught.value.after, caught.value.unknown) == (7, False)
    assert [wait(told) for told in ("", "x", "30", "-1", "9" * 20)] == [None, None, 30, None, None]


@pytest.mark.parametrize("how", [500, 502, 503, 504])
async def test_a_5xx_may_have_taken_it(slack: Slack, how: int):
    slack.space.fails["chat.postMessage"] = [how]
    with pytest.raises(TryLater) as caught:
        await slack.adapter.send(Target(chat=INNER), SAID, key="k")
    assert caught.value.unknown


@pytest.mark.parametrize("how", [302, 404, 200])
async def test_an_answer_that_is_none_is_no_success(slack: Slack, how: int):
    slack.space.fails["chat.postMessage"] = [how]
    with pytest.raises(TryLater):
        await slack.adapter.send(Target(chat=INNER), SAID, key="k")


async def test_a_slack_that_is_not_there_has_taken_nothing():
    slack = Slack()
    async with slack.running():
        pass
    await slack.adapter.start()
    with pytest.raises(TryLater) as caught:
        await slack.adapter.send(Target(chat=INNER), SAID, key="k")
    assert not caught.value.unknown
    await slack.adapter.stop()


async def test_once_stopped_it_waits_for_the_next_process(slack: Slack):
    await slack.adapter.stop()
    await slack.adapter.stop()
    with pytest.raises(TryLater) as caught:
        await slack.adapter.send(Target(chat=INNER), SAID, key="k")
    assert not caught.value.unknown
