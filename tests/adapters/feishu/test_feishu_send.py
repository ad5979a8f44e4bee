"""Sending against the strict stand-in: what is refused, what is repeated, what takes a place."""

import asyncio
from collections.abc import Iterable

import pytest
from aiohttp import web

from adapters.feishu.errors import Fault, delay
from bot.contract import PAGE, Button, Fact, Notice, NotSupported, Refused, Target, TryLater
from tests.adapters.feishu import stand_in
from tests.adapters.feishu.harness import Feishu
from tests.adapters.feishu.stand_in import Refuse
from tests.contract.harness import serving
from tests.contract.platform import Trouble

SAID = Notice(text="进度 60%")
CARD = Notice(title="发送进展？", buttons=(Button(label="批准", command="/approve 7", once=True),))


@pytest.fixture
async def played():
    async with Feishu().running() as one:
        yield one


async def send(one: Feishu, notice: Notice = SAID, key: str = "k", **where: str):
    return await one.adapter.send(Target(**{"chat": one.inner, **where}), notice, key=key)


def long(cards: int) -> Notice:
    """A notice of about so many cards."""
    return Notice(title="t", facts=tuple(Fact(label=f"l{n}", value="v") for n in range(28 * cards)))


async def test_the_token_is_asked_for_once_and_shared(played: Feishu):
    await asyncio.gather(*(send(played, key=f"k{n}") for n in range(4)))
    assert played.there.given == 1


@pytest.mark.parametrize("code", [99991661, 99991663, 99991664, 99991665, 99991668])
async def test_a_token_that_is_turned_down_is_replaced_once(played: Feishu, code: int):
    await send(played)
    played.there.refusing.append(Refuse(code))
    await send(played, key="k2")
    assert len(played.shown(played.inner)) == 2
    asked = played.there.given
    assert asked == 2
    played.there.refusing += [Refuse(code)] * 2
    with pytest.raises(TryLater) as caught:
        await send(played, key="k3")
    assert not caught.value.unknown


@pytest.mark.parametrize(
    ("refuse", "after"),
    [
        (Refuse(99991400, x_ogw_ratelimit_reset="7"), 7),
        (Refuse(99991400, status=429, x_ogw_ratelimit_reset="3"), 3),
        (Refuse(230020), None),
        (Refuse(230049), None),
        (Refuse(11232, Retry_After="2"), 2),
        (Refuse(99991400, x_ogw_ratelimit_reset="9" * 30), None),
    ],
    ids=repr,
)
async def test_too_much_is_tried_later(played: Feishu, refuse: Refuse, after: float | None):
    await played.adapter._intake.own_id()
    played.there.refusing.append(refuse)
    with pytest.raises(TryLater) as caught:
        await send(played)
    assert (caught.value.after, caught.value.unknown) == (after, False)


NEVER = [230002, 230013, 230022, 230025, 230028, 230029, 230034, 230038, 230053, 232009, 4711]


@pytest.mark.parametrize("code", NEVER)
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_what_never_passes_is_said_in_words(played: Feishu, code: int, language: str):
    await played.adapter._intake.own_id()
    played.there.refusing.append(Refuse(code))
    with pytest.raises(Refused) as caught:
        await send(played, SAID.model_copy(update={"language": language}))
    told = str(caught.value)
    assert str(code) in told
    assert told.isascii() == (language == "en")


async def test_a_missing_scope_is_named(played: Feishu):
    await played.adapter._intake.own_id()
    message = (
        "Access denied. One of the following scopes is required: "
        "[im:message, im:message:send_as_bot].应用尚未开通所需的应用身份权限"
    )
    played.there.refusing.append(Refuse(99991672, message))
    with pytest.raises(Refused, match="im:message / im:message:send_as_bot"):
        await send(played)


async def test_a_wrong_secret_waits_for_a_person(played: Feishu):
    played.there.secret = "another"
    with pytest.raises(TryLater) as caught:
        await send(played)
    assert caught.value.after == 600
    assert stand_in.APP_SECRET not in str(caught.value)


async def test_nobody_there_is_known_not_to_have_taken_it():
    async with Feishu(api_base="http://127.0.0.1:9").running() as one:
        with pytest.raises(TryLater) as caught:
            await send(one)
        assert not caught.value.unknown


async def test_a_long_notice_that_fails_half_way_is_not_shown_twice(played: Feishu):
    notice = long(3)
    for trouble in (Trouble.LIMIT, Trouble.LATE):
        played.troubles.extend([None, trouble])
        with pytest.raises(TryLater) as caught:
            await send(played, notice)
        assert caught.value.unknown == (trouble is Trouble.LATE)
    sent = await send(played, notice)
    shown = played.shown(played.inner)
    assert len(shown) == sent.messages == 3
    assert sent.id == played.there.messages[-1].id


async def test_more_parts_than_a_second_takes_are_spread(played: Feishu):
    sent = await send(played, long(7))
    assert sent.messages == len(played.shown(played.inner)) == 7


async def test_a_chat_takes_five_a_second(played: Feishu):
    for number in range(5):
        await send(played, key=f"k{number}")
    with pytest.raises(TryLater):
        await send(played, key="k5")
    five, fifty, minute = played.adapter.budgets(played.inner)
    assert (five.count, five.seconds, five.across) == (5, 1, None)
    assert (fifty.count, fifty.seconds, fifty.across) == (50, 1, "")
    assert (minute.count, minute.seconds, minute.across) == (1000, 60, "")


async def tapped(one: Feishu, **where: str) -> str:
    await send(one, CARD, **where)
    await one.tap(one.boss, "批准", chat=one.inner)
    return one.inside.delivered[-1].place


async def test_an_answer_takes_the_place_of_the_card(played: Feishu):
    place = await tapped(played)
    sent = await send(played, Notice(text="已批准"), "k2", place=place)
    (shown,) = played.shown(played.inner)
    assert (shown.text, shown.buttons, sent.id) == ("已批准", (), place)


async def test_an_answer_larger_than_the_place_goes_on_below(played: Feishu):
    place = await tapped(played)
    sent = await send(played, long(2), "k2", place=place)
    assert sent.messages == len(played.shown(played.inner)) == 2


@pytest.mark.parametrize("code", [230031, 230032, 230011, 230110, 200830])
async def test_a_place_that_is_too_late_gets_a_new_message(played: Feishu, code: int):
    place = await tapped(played)
    for _ in range(2):
        played.there.refusing.append(Refuse(code))
        await send(played, Notice(text="已批准"), "k2", place=place)
    assert [one.text for one in played.shown(played.inner)][1:] == ["已批准"]


async def test_other_trouble_with_a_place_makes_no_new_message(played: Feishu):
    place = await tapped(played)
    played.troubles.append(Trouble.LIMIT)
    with pytest.raises(TryLater):
        await send(played, Notice(text="已批准"), "k2", place=place)
    played.there.refusing.append(Refuse(230027))
    with pytest.raises(Refused):
        await send(played, Notice(text="已批准"), "k2", place=place)
    assert len(played.shown(played.inner)) == 1


async def test_a_thread_is_answered_in_it(played: Feishu):
    await played.say(played.member, "在话题里", chat=played.inner, thread="om_root")
    thread = played.inside.delivered[-1].thread
    assert thread == "om_root"
    place = await tapped(played, thread=thread)
    assert played.inside.delivered[-1].thread == "om_root"
    assert played.shown(played.inner)[-1].thread == "om_root"
    played.there.too_old.add(place)
    await send(played, Notice(text="已批准"), "k2", place=place, thread=thread)
    assert played.shown(played.inner)[-1].thread == "om_root"


async def test_a_thread_that_is_gone_is_answered_in_the_chat(played: Feishu):
    played.there.gone.add("om_root")
    for _ in range(2):
        await send(played, thread="om_root")
    (shown,) = played.shown(played.inner)
    assert shown.thread == ""
    played.there.too_old.add("om_card")
    await send(played, key="k2", thread="om_root", place="om_card")
    assert len(played.shown(played.inner)) == 2


async def test_there_is_no_page_and_no_search(played: Feishu):
    with pytest.raises(NotSupported):
        await send(played, place=PAGE)
    with pytest.raises(NotSupported):
        await played.adapter.find(Target(chat=played.inner), "k")


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_5xx_may_have_been_taken(played: Feishu, status: int):
    await played.adapter._intake.own_id()
    played.there.refusing.append(Refuse(1, status=status))
    with pytest.raises(TryLater) as caught:
        await send(played)
    assert caught.value.unknown


def test_every_code_has_words_in_both_languages():
    codes: Iterable[int] = [*NEVER, 99991672, 10014, 234009, -404]
    for code in codes:
        zh, en = Fault(code).words("zh"), Fault(code).words("en")
        assert zh != en
        assert en.isascii()


def test_delays_are_read_and_madness_is_not():
    assert delay({"x-ogw-ratelimit-reset": "7"}) == 7
    assert delay({"Retry-After": "30"}) == 30
    assert delay({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}) is None
    assert delay({"x-ogw-ratelimit-reset": "-1"}) is None


@pytest.mark.parametrize("status", [302, 403, 404])
async def test_an_answer_that_is_not_feishus_is_tried_later(status: int):
    async def other(request: web.Request) -> web.Response:
        return web.Response(status=status, text="<html>", content_type="text/html")

    async with (
        serving(web.route("*", "/{any:.*}", other)) as there,
        Feishu(api_base=there).running() as one,
    ):
        with pytest.raises(TryLater):
            await send(one)


async def test_after_the_stop_nothing_is_opened_again(played: Feishu):
    await played.adapter.stop()
    with pytest.raises(TryLater):
        await send(played)
    await played.adapter.start()
    await send(played)
