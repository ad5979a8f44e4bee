"""Charts in Feishu: a picture on the card, or its words where there can be none."""

from typing import Any

import pytest

from bot.contract import Chart, Notice, Refused, Series, Target, TryLater
from tests.adapters.feishu import card_schema
from tests.adapters.feishu.harness import Feishu
from tests.adapters.feishu.stand_in import Refuse
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
async def played():
    async with Feishu().running() as one:
        await one.adapter._intake.own_id()  # nothing else is asked any more
        yield one


async def send(one: Feishu, notice: Notice = SAID, key: str = "k", **where: str):
    return await one.adapter.send(Target(**{"chat": one.inner, **where}), notice, key=key)


def images(one: Feishu) -> list[dict[str, Any]]:
    walked = (part for shows in one.there.messages for part in card_schema.walk(shows.body))
    return [part for part in walked if part.get("tag") == "img"]


@pytest.mark.parametrize("notice", [SAID, Notice(text="要点", chart=CHART)], ids=["card", "words"])
async def test_a_chart_is_a_picture_in_its_message(played: Feishu, notice: Notice):
    sent = await send(played, notice)
    assert sent.messages == len(played.shown(played.inner)) == 1
    (image,) = images(played)
    assert image["alt"]["content"] == CHART.words
    assert list(played.there.images) == [image["img_key"]]


async def test_without_the_scope_its_words_are_said(played: Feishu):
    played.there.granted.remove("im:resource")
    await send(played)
    assert images(played) == []
    (shown,) = played.shown(played.inner)
    assert CHART.words in shown.text


@pytest.mark.parametrize("code", [234001, 234006, 234010, 234011, 4711])
async def test_a_picture_that_is_never_taken_becomes_words(played: Feishu, code: int):
    played.there.refusing.append(Refuse(code))
    await send(played)
    assert images(played) == []
    assert CHART.words in played.shown(played.inner)[0].text


@pytest.mark.parametrize(
    ("refuse", "after"),
    [
        (Refuse(1, status=502), None),
        (Refuse(99991400, x_ogw_ratelimit_reset="7"), 7),
        (Refuse(10014), 600),
    ],
    ids=repr,
)
async def test_an_upload_that_may_pass_is_tried_later(
    played: Feishu, refuse: Refuse, after: float | None
):
    played.there.refusing.append(refuse)
    with pytest.raises(TryLater) as caught:
        await send(played)
    assert (caught.value.after, caught.value.unknown) == (after, False)
    assert played.shown(played.inner) == []
    await send(played)
    assert len(images(played)) == len(played.shown(played.inner)) == 1


async def test_a_token_that_ran_out_is_replaced_for_an_upload_too(played: Feishu):
    played.there.refusing.append(Refuse(99991663))
    await send(played)
    assert len(images(played)) == 1


async def test_after_an_unknown_outcome_it_is_shown_once(played: Feishu):
    played.troubles.append(Trouble.LATE)
    with pytest.raises(TryLater) as caught:
        await send(played)
    assert caught.value.unknown
    await send(played)
    assert len(images(played)) == len(played.shown(played.inner)) == 1


async def test_words_stand_in_where_the_repeat_gets_no_picture(played: Feishu):
    """Its key is the same, so what is there already is not joined by another."""
    played.troubles.append(Trouble.LATE)
    with pytest.raises(TryLater):
        await send(played)
    played.there.granted.remove("im:resource")
    await send(played)
    assert len(played.shown(played.inner)) == 1


@pytest.mark.parametrize(
    "first", [Notice(text="正在听"), Notice(title="正在听")], ids=["text", "card"]
)
async def test_it_takes_the_place_of_a_message(played: Feishu, first: Notice):
    place = (await send(played, first, "k1")).id
    for _ in range(2):
        await send(played, SAID, "k2", place=place)
    assert len(images(played)) == len(played.shown(played.inner)) == 1


@pytest.mark.parametrize("words", ["已完成", "<b>已完成</b>"], ids=["text", "post"])
async def test_a_text_becomes_another_text(played: Feishu, words: str):
    first = await send(played, Notice(text="正在听"), "k1")
    for number in range(21):  # once more than Feishu lets a text be edited
        sent = await send(played, Notice(text=f"{words}{number}"), f"k2:{number}", place=first.id)
        assert (sent.id == first.id) == (number < 20)
        (shown,) = played.shown(played.inner)
        assert shown.text == f"{words}{number}"


async def test_words_beyond_one_card_are_not_edited_in(played: Feishu):
    first = await send(played, Notice(text="正在听"), "k1")
    long = "".join(f"第{number}件事已经完成，请您过目。" for number in range(1500))
    sent = await send(played, Notice(text=long), "k2", place=first.id)
    shown = played.shown(played.inner)
    assert len(shown) == sent.messages > 1
    assert "".join(one.text.replace("\n", "") for one in shown) == long


async def test_a_text_that_nobody_may_recall_stays_above_the_card(played: Feishu):
    place = (await send(played, Notice(text="正在听"), "k1")).id
    played.there.too_old.add(place)
    sent = await send(played, SAID, "k2", place=place)
    assert played.shown(played.inner)[0].text == "正在听"
    assert sent.id == played.there.messages[-1].id != place


async def test_a_recall_of_unknown_outcome_is_repeated(played: Feishu):
    place = (await send(played, Notice(text="正在听"), "k1")).id
    played.there.recall_troubles.append(Refuse(1, status=502))
    with pytest.raises(TryLater):
        await send(played, Notice(title="完成"), "k2", place=place)
    await send(played, Notice(title="完成"), "k2", place=place)
    (shown,) = played.shown(played.inner)
    assert shown.text == "完成"


async def test_a_chat_that_is_gone_is_refused(played: Feishu):
    played.troubles.append(Trouble.REFUSED)
    with pytest.raises(Refused):
        await send(played)
