"""Sending: what WeCom's codes come to, repeats, places, groups, robots, customers."""

from typing import Any

import pytest

from adapters.wecom import adapter as wecom_adapter
from bot.contract import PAGE, Budget, Button, Notice, NotSupported, Refused, Target, TryLater
from tests.adapters.wecom import far
from tests.adapters.wecom.harness import CUSTOMER, WeCom
from tests.contract.platform import Trouble

SAID = Notice(text="进度 60%")
LONG = Notice(text="".join(f"第{number}件事已经完成。" for number in range(300)))
LI = "user:LiLei"
KF = f"kf:{far.KFID}:{CUSTOMER}"
ROBOT = "hook:sales"


async def send(wecom: WeCom, chat: str, notice: Notice = SAID, key: str = "k", **where: str):
    return await wecom.adapter.send(Target(chat=chat, **where), notice, key=key)


def answer(code: int, told: str = "made up") -> dict[str, Any]:
    return {"errcode": code, "errmsg": told}


@pytest.mark.parametrize(("code", "after"), [(-1, 10), (6000, 5), (45009, 60), (45033, 5)], ids=str)
async def test_codes_that_pass_are_tried_later(wecom: WeCom, code: int, after: float):
    wecom.server.answers["message/send"] = [answer(code)] * 9
    with pytest.raises(TryLater) as caught:
        await send(wecom, LI)
    assert (caught.value.after, caught.value.unknown) == (after, False)
    assert wecom.server.calls["message/send"] == (3 if code == -1 else 1)


async def test_a_busy_moment_is_waited_out(wecom: WeCom):
    wecom.server.answers["message/send"] = [answer(-1)] * 2
    await send(wecom, LI)
    assert len(wecom.shown(LI)) == 1


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (81013, "可见范围"),
        (48002, "开通"),
        (95001, "48"),
        (60011, "可见范围"),
        (40056, "AgentId"),
        (45002, "errcode 45002"),
        (40001, "Secret"),
        (42001, "令牌"),
    ],
)
async def test_codes_that_never_pass_are_refused_in_words(wecom: WeCom, code: int, words: str):
    wecom.server.answers["message/send"] = [answer(code)] * 2
    with pytest.raises(Refused, match=words):
        await send(wecom, LI)
    assert wecom.server.calls["message/send"] <= 2


async def test_an_address_that_is_not_trusted_is_named(wecom: WeCom):
    told = "not allow to access from your ip, hint: [1], from ip: 203.0.113.9, more info at x"
    wecom.server.answers["message/send"] = [answer(60020, told), answer(60020)]
    with pytest.raises(Refused, match=r"203\.0\.113\.9"):
        await send(wecom, LI)
    with pytest.raises(Refused, match="企业可信 IP"):
        await send(wecom, LI)


@pytest.mark.parametrize("field", ["invaliduser", "unlicenseduser"])
async def test_a_success_that_names_the_recipient_as_invalid_is_none(wecom: WeCom, field: str):
    wecom.server.answers["message/send"] = [{field: "lilei"}]
    with pytest.raises(Refused, match="没有送达"):
        await send(wecom, LI)


async def test_a_stranger_is_refused(wecom: WeCom):
    with pytest.raises(Refused, match="没有送达"):
        await send(wecom, "user:Nobody")


@pytest.mark.parametrize("code", [40014, 42001, 40001])
async def test_a_token_that_is_turned_down_is_replaced_once(wecom: WeCom, code: int):
    wecom.server.answers["message/send"] = [answer(code)]
    before = wecom.server.calls["gettoken"]
    await send(wecom, LI)
    assert len(wecom.shown(LI)) == 1
    assert wecom.server.calls["gettoken"] - before == 2


async def test_a_wrong_secret_is_told(wecom: WeCom):
    wecom.server.answers["gettoken"] = [answer(40001, "invalid credential")]
    with pytest.raises(Refused, match="Secret"):
        await send(wecom, LI)


@pytest.mark.parametrize("odd", [{"access_token": 7}, {"access_token": ""}, {}])
async def test_an_odd_token_is_tried_later(wecom: WeCom, odd: dict[str, Any]):
    wecom.server.answers["gettoken"] = [odd]
    with pytest.raises(TryLater):
        await send(wecom, LI)


async def test_nobody_home_is_tried_later_and_was_not_taken():
    wecom = WeCom()
    wecom.api = "http://127.0.0.1:9"
    adapter = wecom_adapter.build(wecom.branch(), wecom.inside.ports)
    with pytest.raises(TryLater, match="not started"):
        await adapter.send(Target(chat=LI), SAID, key="k")
    await adapter.start()
    with pytest.raises(TryLater) as caught:
        await adapter.send(Target(chat=LI), SAID, key="k")
    assert not caught.value.unknown
    await adapter.stop()


@pytest.mark.parametrize("trouble", [Trouble.DOWN, Trouble.LIMIT])
@pytest.mark.parametrize("chat", [LI, WeCom.inner, ROBOT, KF])
async def test_a_send_that_broke_off_goes_on_where_it_was(
    wecom: WeCom, chat: str, trouble: Trouble
):
    wecom.server.passing = 2
    wecom.server.troubles.append(trouble)
    with pytest.raises(TryLater):
        await send(wecom, chat, LONG)
    assert len(wecom.shown(chat)) == 2
    sent = await send(wecom, chat, LONG)
    assert len(wecom.shown(chat)) == sent.messages > 3
    assert "".join(one.text for one in wecom.shown(chat)) == LONG.text


async def test_a_card_is_told_from_its_repeat_by_its_task(wecom: WeCom):
    notice = Notice(title="审批", buttons=(Button(label="批准", command="/approve 7"),))
    wecom.server.troubles.append(Trouble.LATE)
    with pytest.raises(TryLater) as caught:
        await send(wecom, LI, notice)
    assert caught.value.unknown
    wecom.server.contents.clear()  # half an hour later
    await send(wecom, LI, notice)
    assert len(wecom.shown(LI)) == 1


async def test_a_place_that_is_too_late_is_a_new_message(wecom: WeCom):
    await send(wecom, LI, SAID, place="goneCode")
    assert [one.text for one in wecom.shown(LI)] == ["进度 60%"]


async def test_an_answer_that_needs_more_room_greys_the_card_and_follows(wecom: WeCom):
    notice = Notice(title="审批", buttons=(Button(label="批准", command="/approve 7", once=True),))
    await send(wecom, LI, notice)
    await wecom.tap("LiLei", "批准", chat=LI)
    place = wecom.inside.delivered[-1].place
    await send(wecom, LI, Notice(title="已批准", text="长" * 200), key="k2", place=place)
    card, text = wecom.shown(LI)
    assert card.buttons == ("已处理",)
    assert text.text.startswith("已批准")


async def test_a_place_while_wecom_is_busy_is_tried_later(wecom: WeCom):
    wecom.server.answers["message/update_template_card"] = [answer(45009)]
    with pytest.raises(TryLater):
        await send(wecom, LI, SAID, place="code1")


async def test_groups_and_robots_are_sent_words(wecom: WeCom):
    notice = Notice(title="审批", buttons=(Button(label="批准", command="/approve 7"),))
    for chat in (wecom.inner, ROBOT):
        await send(wecom, chat, notice)
        (shown,) = wecom.shown(chat)
        assert shown.text == "审批\n批准：回复 /approve 7"


async def test_a_group_that_is_gone_and_a_robot_that_is_put_out_are_refused(wecom: WeCom):
    with pytest.raises(Refused, match="没有这个群"):
        await send(wecom, "group:wrNobody")
    with pytest.raises(Refused, match="nobody"):
        await send(wecom, "hook:nobody")
    wecom.server.answers["webhook/send"] = [answer(93000)]
    with pytest.raises(Refused, match="失效"):
        await send(wecom, ROBOT)


@pytest.mark.parametrize("chat", ["x", "user:", "kf:only", "kf::x"])
async def test_a_chat_that_is_none_is_refused(wecom: WeCom, chat: str):
    with pytest.raises(Refused, match="no such chat"):
        await send(wecom, chat)


async def test_there_is_no_page_and_no_asking(wecom: WeCom):
    with pytest.raises(NotSupported):
        await send(wecom, LI, place=PAGE)
    with pytest.raises(NotSupported):
        await wecom.adapter.find(Target(chat=LI), "k")


async def test_a_part_that_is_not_set_up_waits():
    wecom = WeCom()
    async with wecom.far():
        only_robot = {"api_base": wecom.api, "group_robots": {"sales": far.ROBOT_KEY}}
        adapter = wecom_adapter.build(only_robot, wecom.inside.ports)
        await adapter.start()
        assert adapter.on
        for chat in (LI, wecom.inner, KF):
            with pytest.raises(TryLater) as caught:
                await adapter.send(Target(chat=chat), SAID, key="k")
            assert caught.value.after == 3600
        await adapter.send(Target(chat=ROBOT), SAID, key="k")
        with pytest.raises(TryLater):
            _ = [one async for one in adapter.colleagues()]
        await adapter.stop()


# --- 微信客服 ----------------------------------------------------------------------------------


async def test_a_customer_is_sent_a_text_once_per_key(wecom: WeCom):
    wecom.server.troubles.append(Trouble.LATE)
    with pytest.raises(TryLater) as caught:
        await send(wecom, KF)
    assert caught.value.unknown
    sent = await send(wecom, KF)
    assert [one.text for one in wecom.shown(KF)] == ["进度 60%"]
    assert sent.id in wecom.server.msgids


async def test_the_sixth_message_waits_for_the_customer(wecom: WeCom):
    for number in range(5):
        await send(wecom, KF, key=str(number))
    with pytest.raises(Refused, match="5 条"):
        await send(wecom, KF, key="sixth")
    await wecom.say(CUSTOMER, "在", chat=KF)
    await send(wecom, KF, key="sixth")


async def test_a_new_conversation_is_taken_over(wecom: WeCom):
    wecom.server.states[CUSTOMER] = 0
    await send(wecom, KF)
    assert wecom.server.states[CUSTOMER] == 1
    assert len(wecom.shown(KF)) == 1


@pytest.mark.parametrize(("state", "words"), [(2, "排队"), (3, "微信客服"), (4, "已结束")])
async def test_a_colleagues_conversation_stays_theirs(wecom: WeCom, state: int, words: str):
    wecom.server.states[CUSTOMER] = state
    with pytest.raises(Refused, match=words):
        await send(wecom, KF)
    assert wecom.server.states[CUSTOMER] == state
    assert wecom.server.calls["kf/service_state/trans"] == 0


async def test_a_state_that_never_fits_is_refused(wecom: WeCom):
    wecom.server.answers["kf/send_msg"] = [answer(95018)] * 2
    with pytest.raises(Refused, match="会话状态"):
        await send(wecom, KF)


async def test_budgets_are_wecoms(wecom: WeCom):
    minute, hour = Budget(count=30, seconds=60), Budget(count=1000, seconds=3600)
    day = Budget(count=20_000, seconds=86_400, across="user:")
    budgets = wecom.adapter.budgets
    assert list(budgets(LI)) == [minute, hour, day]
    assert list(budgets(wecom.inner)) == [minute, hour]
    assert list(budgets(ROBOT)) == [Budget(count=20, seconds=60)]
    assert list(budgets(KF)) == [Budget(count=5, seconds=172_800, answering=True)]
    assert list(budgets("x")) == []
