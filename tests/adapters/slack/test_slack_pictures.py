"""Charts on Slack: a picture in the message, or its words where there can be none."""

from typing import Any

import pytest

from bot.contract import PAGE, Chart, Notice, Refused, Series, Table, Target, TryLater
from tests.adapters.slack import blockkit
from tests.adapters.slack.harness import INNER, WANG, Slack
from tests.adapters.slack.workspace import SCOPES
from tests.contract.platform import Trouble

CHART = Chart(
    title="情绪",
    series=(Series(name="客户", points=((0, 0.5), (60, -0.5))),),
    low=-1,
    high=1,
    across=((0, "0:00"), (60, "1:00")),
    words="情绪由好转差",
)
SAID = Notice(title="通话", text="要点", chart=CHART)


@pytest.fixture
async def slack():
    async with Slack().running() as one:
        yield one


async def send(slack: Slack, notice: Notice = SAID, key: str = "k", **where: str):
    return await slack.adapter.send(Target(**{"chat": INNER, **where}), notice, key=key)


def images(slack: Slack, chat: str = INNER) -> list[dict[str, Any]]:
    said = slack.space.messages.get(chat, [])
    return [block for one in said for block in one["blocks"] if block["type"] == "image"]


async def test_a_chart_is_a_picture_in_its_message(slack: Slack):
    sent = await send(slack)
    assert sent.messages == len(slack.shown(INNER)) == 1
    (image,) = images(slack)
    assert image["alt_text"] == CHART.words
    assert slack.space.uploads[image["slack_file"]["id"]][1].startswith(b"\x89PNG")


async def test_without_the_scope_its_words_are_said(slack: Slack):
    slack.space.scopes = SCOPES.replace("files:write,", "")
    await send(slack)
    assert images(slack) == []
    (shown,) = slack.shown(INNER)
    assert CHART.words in shown.text


@pytest.mark.parametrize("status", [302, 400, 403, 413])
async def test_bytes_that_are_never_taken_become_words(slack: Slack, status: int):
    slack.space.upload_answers.append(status)
    await send(slack)
    assert images(slack) == []
    assert CHART.words in slack.shown(INNER)[0].text


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_an_upload_that_may_pass_is_tried_later(slack: Slack, status: int):
    slack.space.upload_answers.append(status)
    with pytest.raises(TryLater) as caught:
        await send(slack)
    assert not caught.value.unknown
    assert slack.shown(INNER) == []
    await send(slack)
    assert len(images(slack)) == len(slack.shown(INNER)) == 1


@pytest.mark.parametrize("slow", [1, 2])
async def test_a_picture_that_is_not_ready_is_waited_for(slack: Slack, slow: int):
    slack.space.slow = slow
    await send(slack)
    assert len(images(slack)) == len(slack.shown(INNER)) == 1


async def test_a_picture_that_never_gets_ready_becomes_words(slack: Slack):
    slack.space.slow = 99
    await send(slack)
    assert images(slack) == []
    (shown,) = slack.shown(INNER)
    assert CHART.words in shown.text


async def test_a_part_that_stands_there_is_not_said_again_for_its_picture(slack: Slack):
    slack.space.slow = 1
    rows = tuple(("行" * 300, "x") for _ in range(60))
    sent = await send(
        slack, SAID.model_copy(update={"table": Table(columns=("a", "b"), rows=rows)})
    )
    shown = slack.shown(INNER)
    assert sent.messages == len(shown) > 1
    assert len(images(slack)) == 1


async def test_after_an_unknown_outcome_it_is_shown_once(slack: Slack):
    slack.space.troubles.append(Trouble.LATE)
    with pytest.raises(TryLater) as caught:
        await send(slack)
    assert caught.value.unknown
    await send(slack)
    assert len(images(slack)) == len(slack.shown(INNER)) == 1


async def test_what_is_refused_for_another_reason_is_refused_at_once(slack: Slack):
    slack.space.troubles.append(Trouble.REFUSED)
    with pytest.raises(Refused):
        await send(slack)
    assert slack.space.calls.count("chat.postMessage") == 1


async def test_it_takes_the_place_of_a_message(slack: Slack):
    first = await send(slack, Notice(text="正在听"), "k1")
    await send(slack, SAID, "k2", place=first.id)
    assert len(images(slack)) == len(slack.shown(INNER)) == 1


async def test_on_a_page_its_words_are_said(slack: Slack):
    sent = await send(slack, chat=WANG, place=PAGE)
    assert CHART.words in blockkit.words(slack.space.homes[WANG]["blocks"])
    assert slack.space.uploads == {}
    await send(slack, Notice(text="新的一页"), chat=WANG, place=sent.id)
    assert blockkit.words(slack.space.homes[WANG]["blocks"]) == "新的一页"
    assert slack.shown(WANG) == []
