"""Charts in WeCom: a picture before the words, or the chart's words where there can be none."""

import base64

import pytest

from adapters.wecom import outbound, robot_outbound
from bot.contract import Button, Chart, Notice, Refused, Series, Target, TryLater
from tests.adapters.wecom import far, robot_stand_in
from tests.adapters.wecom.harness import CUSTOMER, WeCom
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
LI = "user:LiLei"
GROUP = WeCom.inner
HOOK = "hook:sales"
KF = f"kf:{far.KFID}:{CUSTOMER}"


async def send(wecom: WeCom, chat: str, notice: Notice = SAID, key: str = "k", **where: str):
    return await wecom.adapter.send(Target(chat=chat, **where), notice, key=key)


def shown(wecom: WeCom, chat: str) -> list[str]:
    return [one.text for one in wecom.shown(chat)]


@pytest.mark.parametrize("chat", [LI, GROUP, HOOK])
async def test_a_chart_is_a_picture_before_the_words(wecom: WeCom, chat: str):
    sent = await send(wecom, chat)
    assert shown(wecom, chat) == ["[图片]", "通话\n要点"]
    assert sent.messages == 2
    (image, _) = (line.message for line in wecom.server.lines)
    whole = image["image"].get("base64")
    data = base64.b64decode(whole) if whole else wecom.server.pictures[image["image"]["media_id"]]
    assert data.startswith(b"\x89PNG")


async def test_buttons_stand_below_a_picture(wecom: WeCom):
    await send(wecom, LI, SAID.model_copy(update={"buttons": (Button(label="好", command="/ok"),)}))
    picture, card = wecom.shown(LI)
    assert (picture.text, card.buttons) == ("[图片]", ("好",))
    assert "要点" in card.text


@pytest.mark.parametrize("chat", [LI, GROUP, HOOK])
async def test_nothing_but_a_chart_is_nothing_but_a_picture(wecom: WeCom, chat: str):
    sent = await send(wecom, chat, Notice(chart=CHART))
    assert shown(wecom, chat) == ["[图片]"]
    assert sent.messages == 1


async def test_a_customer_gets_its_words_for_few_messages_are_left(wecom: WeCom):
    sent = await send(wecom, KF)
    assert sent.messages == 1
    (text,) = shown(wecom, KF)
    assert CHART.words in text
    assert wecom.server.calls["media/upload"] == 0


@pytest.mark.parametrize("chat", [LI, GROUP])
@pytest.mark.parametrize("code", [40004, 40005, 40009, 48002, 60020])
async def test_a_picture_that_is_never_taken_becomes_words(wecom: WeCom, chat: str, code: int):
    wecom.server.answers["media/upload"] = [{"errcode": code, "errmsg": "made up"}]
    await send(wecom, chat)
    (text,) = shown(wecom, chat)
    assert CHART.words in text


@pytest.mark.parametrize("chat", [LI, GROUP])
async def test_an_upload_that_may_pass_is_tried_later(wecom: WeCom, chat: str):
    wecom.server.down.append("media/upload")
    with pytest.raises(TryLater) as caught:
        await send(wecom, chat)
    assert not caught.value.unknown
    assert shown(wecom, chat) == []
    wecom.server.answers["media/upload"] = [{"errcode": 45009, "errmsg": "made up"}]
    with pytest.raises(TryLater) as caught:
        await send(wecom, chat)
    assert caught.value.after == 60
    await send(wecom, chat)
    assert shown(wecom, chat) == ["[图片]", "通话\n要点"]


async def test_a_token_that_ran_out_is_replaced_for_an_upload_too(wecom: WeCom):
    await send(wecom, LI, Notice(text="好"))
    wecom.server.tokens.clear()
    await send(wecom, LI)
    assert "[图片]" in shown(wecom, LI)


@pytest.mark.parametrize("taken", [0, 1])
async def test_after_an_unknown_outcome_each_is_shown_once(wecom: WeCom, taken: int):
    wecom.server.passing = taken
    wecom.troubles.append(Trouble.LATE)
    with pytest.raises(TryLater) as caught:
        await send(wecom, LI)
    assert caught.value.unknown
    await send(wecom, LI)
    assert shown(wecom, LI) == ["[图片]", "通话\n要点"]
    assert wecom.server.calls["media/upload"] == 1


async def test_what_a_repeat_says_does_not_depend_on_the_upload(wecom: WeCom):
    """The first try had no picture; with one in the second, the words would stand there twice."""
    wecom.server.answers["media/upload"] = [{"errcode": 48002, "errmsg": "made up"}]
    wecom.troubles.append(Trouble.LATE)
    with pytest.raises(TryLater):
        await send(wecom, LI)
    await send(wecom, LI)
    (text,) = shown(wecom, LI)
    assert CHART.words in text


async def test_in_a_cards_place_its_words_are_said(wecom: WeCom):
    card = Notice(title="好吗", buttons=(Button(label="好", command="/ok", once=True),))
    await send(wecom, LI, card, "k1")
    await wecom.tap(wecom.member, "好", chat=LI)
    place = wecom.inside.delivered[-1].place
    await send(wecom, LI, SAID, "k2", place=place)
    (text,) = shown(wecom, LI)
    assert CHART.words in text


async def test_a_member_who_is_gone_is_refused(wecom: WeCom):
    with pytest.raises(Refused):
        await send(wecom, "user:Nobody")


@pytest.mark.parametrize("buttons", [(), (Button(label="好", command="/ok"),)], ids=["", "card"])
def test_the_robot_says_its_words(buttons: tuple[Button, ...]):
    notice = SAID.model_copy(update={"buttons": buttons})
    for message in (*robot_outbound.messages(notice, "k"), robot_outbound.one(notice, "k")):
        robot_stand_in.check_message(message)
        assert CHART.words in str(message)


def test_without_a_picture_no_word_of_a_chart_is_lost():
    for made in (
        outbound.private(SAID, "k"),
        outbound.group(SAID),
        outbound.robot(SAID),
        outbound.customer(SAID, "k"),
    ):
        assert str(made).count(CHART.words) == 1
