"""Pulling customers' talk: nothing is lost, whatever breaks, and nothing stands still in silence."""

import asyncio
import json
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from adapters.wecom import adapter as wecom_adapter
from adapters.wecom.inbound import Due
from adapters.wecom.kf_pull import ACCOUNTS, Marks, Puller
from bot.contract import Busy, Delivered, InboundMessage
from tests.adapters.wecom import far
from tests.adapters.wecom.harness import CUSTOMER, WeCom
from tests.contract.harness import Shared

KF = f"kf:{far.KFID}:{CUSTOMER}"


def entry(number: int, **more: Any) -> dict[str, Any]:
    return {
        "msgid": f"m{number}",
        "open_kfid": far.KFID,
        "external_userid": CUSTOMER,
        "send_time": 1795140000 + number,
        "origin": 3,
        "msgtype": "text",
        "text": {"content": f"第 {number} 句"},
        **more,
    }


class Replica:
    """One process beside the far side, with what all of them share; pulls when it is told."""

    def __init__(self, wecom: WeCom, shared: Shared) -> None:
        ports = replace(wecom.inside.ports, tokens=shared, cursors=shared, hold=shared.hold)
        self.adapter = wecom_adapter.build(wecom.branch(), ports)
        assert self.adapter._puller
        self.puller: Puller = self.adapter._puller
        self.marks: Marks = self.adapter._marks


@asynccontextmanager
async def replicas(wecom: WeCom, count: int = 1):
    shared = Shared()
    async with wecom.far():
        made = [Replica(wecom, shared) for _ in range(count)]
        for one in made:
            await one.adapter.start()
        yield shared, made
        for one in made:
            await one.adapter.stop()


def heard(wecom: WeCom) -> list[str]:
    return [message.event_id for message in wecom.inside.delivered]


async def test_all_pages_are_read_to_the_end_empty_ones_too():
    wecom = WeCom()
    wecom.server.page = 3
    wecom.server.entries = [
        entry(n) if n not in {3, 4, 5} else None  # type: ignore[list-item]
        for n in range(10)
    ]
    async with replicas(wecom) as (shared, (one,)):
        await one.puller.pull(far.KFID)
        assert heard(wecom) == [f"m{n}" for n in (0, 1, 2, 6, 7, 8, 9)]
        assert shared.cursors[f"wecom.kf:{far.KFID}"] == "c10"
        assert wecom.server.calls["kf/sync_msg"] == 4
        await one.puller.pull(far.KFID)
        assert len(heard(wecom)) == 7


@pytest.mark.parametrize("breaks_at", range(7))
async def test_a_page_that_broke_off_is_read_again_and_none_is_lost(breaks_at: int):
    wecom = WeCom()
    wecom.server.page = 3
    wecom.server.entries = [entry(n) for n in range(7)]
    async with replicas(wecom, 2) as (shared, (dying, other)):
        left = breaks_at

        async def deliver(message: InboundMessage) -> Delivered:
            nonlocal left
            if left == 0:
                raise OSError("the database is gone")
            left -= 1
            return await wecom.inside.deliver(message)

        dying.puller._ports = replace(dying.puller._ports, deliver=deliver)
        with pytest.raises(OSError, match="gone"):
            await dying.puller.pull(far.KFID)
        assert shared.cursors.get(f"wecom.kf:{far.KFID}", "c0") == f"c{breaks_at // 3 * 3}"
        await other.puller.pull(far.KFID)
        assert list(dict.fromkeys(heard(wecom))) == [f"m{n}" for n in range(7)]


async def test_a_store_that_is_full_for_a_moment_is_waited_for():
    wecom = WeCom()
    wecom.server.entries = [entry(0)]

    class Moment(Busy):
        after = 0

    async with replicas(wecom) as (_, (one,)):
        tries = 0

        async def deliver(message: InboundMessage) -> Delivered:
            nonlocal tries
            tries += 1
            if tries < 3:
                raise Moment
            return await wecom.inside.deliver(message)

        one.puller._ports = replace(one.puller._ports, deliver=deliver)
        await one.puller.pull(far.KFID)
        assert heard(wecom) == ["m0"]


async def test_what_cannot_be_read_is_kept_and_the_rest_goes_on():
    wecom = WeCom()
    failed = {"event_type": "msg_send_fail", "fail_type": 4}
    wecom.server.entries = [
        entry(0),
        {"odd": 1},
        entry(2, origin=4, msgtype="event", event=failed),
        entry(3),
    ]
    async with replicas(wecom) as (_, (one,)):
        await one.puller.pull(far.KFID)
    assert heard(wecom) == ["m0", "m3"]
    assert [why for _, _, why in wecom.inside.rejected] == [
        "msgid: Field required",
        "a message was not taken: fail_type 4",
    ]
    assert json.loads(wecom.inside.rejected[0][1])["kf"] == {"odd": 1}


async def test_a_pull_that_one_replica_was_told_another_does():
    wecom = WeCom()
    wecom.server.entries = [entry(0)]
    async with replicas(wecom, 2) as (_, (web, worker)):
        await web.adapter._put_due(Due(far.KFID, wecom.server.msg_token))
        assert await worker.puller._round(whole=False) == ""
        assert heard(wecom) == ["m0"]
        assert wecom.server.bodies[-2][1]["token"] == wecom.server.msg_token
        calls = wecom.server.calls["kf/sync_msg"]
        assert await worker.puller._round(whole=False) == ""
        assert wecom.server.calls["kf/sync_msg"] == calls


async def test_two_events_of_one_moment_are_two_pulls():
    wecom = WeCom()
    async with replicas(wecom) as (_, (one,)):
        now = time.time()
        await one.marks.put_due(Due(far.KFID, "t"), now)
        first = await one.marks.due(far.KFID)
        await one.marks.put_due(Due(far.KFID, "t"), now)
        await one.marks.put_done(far.KFID, first)
        assert await one.marks.due(far.KFID)


async def test_an_event_without_an_account_is_for_all_that_are_known():
    wecom = WeCom()
    async with replicas(wecom) as (_, (one,)):
        await one.marks.learn(["wk1", "wk2"])
        await one.marks.put_due(Due("", "t"), 1.0)
        assert all([await one.marks.due("wk1"), await one.marks.due("wk2")])


async def test_a_token_that_is_too_old_is_left_out():
    wecom = WeCom()
    async with replicas(wecom) as (_, (one,)):
        await one.marks.put_due(Due(far.KFID, "stale"), time.time() - 600)
        await one.puller.pull(far.KFID, await one.marks.due(far.KFID))
        assert "token" not in wecom.server.bodies[-1][1]
        await one.marks.put_due(Due(far.KFID, "refused"), time.time())
        await one.puller.pull(far.KFID, await one.marks.due(far.KFID))
        assert [body.get("token") for _, body in wecom.server.bodies[-2:]] == ["refused", None]


async def test_accounts_are_learnt_from_the_list_and_from_events():
    wecom = WeCom()
    async with replicas(wecom) as (shared, (one,)):
        shared.cursors[ACCOUNTS] = "broken"
        await one.marks.put_due(Due("wkNew", "t"), 1.0)
        await one.puller._learn()
        assert await one.marks.accounts() == [far.KFID, "wkNew"]
        wecom.server.answers["kf/account/list"] = [{"errcode": 48002, "errmsg": "x"}]
        await one.puller._learn()


async def test_one_account_that_fails_does_not_stop_the_others():
    wecom = WeCom()
    wecom.server.entries = [entry(0)]
    async with replicas(wecom) as (_, (one,)):
        await one.marks.learn(["aaa", far.KFID])
        wecom.server.answers["kf/sync_msg"] = [{"errcode": 95000, "errmsg": "x"}]
        assert await one.puller._round(whole=True) == "errcode 95000"
        assert heard(wecom) == ["m0"]


async def test_a_page_that_never_moves_ends():
    wecom = WeCom()
    async with replicas(wecom) as (_, (one,)):
        stuck = {"next_cursor": "", "has_more": 1, "msg_list": []}
        wecom.server.answers["kf/sync_msg"] = [stuck, {**stuck, "next_cursor": "c0"}, stuck]
        await one.puller.pull(far.KFID)
        await one.puller.pull(far.KFID)


async def test_names_are_asked_for_once_and_talk_is_filed_without_them():
    wecom = WeCom()
    wecom.server.entries = [entry(n) for n in range(3)]
    async with replicas(wecom) as (_, (one,)):
        await one.puller.pull(far.KFID)
        wecom.server.entries.append(entry(3))
        await one.puller.pull(far.KFID)
        assert wecom.server.calls["kf/customer/batchget"] == 1
        assert {m.sender.name for m in wecom.inside.delivered} == {"王芳"}
        wecom.server.entries.append(entry(4, external_userid="wmOther"))
        wecom.server.answers["kf/customer/batchget"] = [{"errcode": 48002, "errmsg": "x"}]
        await one.puller.pull(far.KFID)
        assert wecom.inside.delivered[-1].sender.name == ""


async def test_it_says_when_it_stops_and_when_it_works_again(
    wecom: WeCom, capsys: pytest.CaptureFixture[str]
):
    wecom.inside.hurdle = RuntimeError("x")
    await wecom.say(CUSTOMER, "第一句", chat=KF)
    await wecom.say(CUSTOMER, "第二句", chat=KF)
    wecom.inside.hurdle = None
    await wecom.say(CUSTOMER, "第三句", chat=KF)
    assert [message.text for message in wecom.inside.delivered] == ["第一句", "第二句", "第三句"]
    # A further round has begun: the one before has told that it works again.
    await wecom.again()
    told = capsys.readouterr()
    assert (told.out + told.err).count("wecom.kf.down") == 1
    assert (told.out + told.err).count("wecom.kf.back") == 1
    assert "第一句" not in told.out + told.err


async def test_a_line_that_is_cut_every_few_calls_loses_nothing():
    wecom = WeCom()
    wecom.server.page = 2
    wecom.server.entries = [entry(n) for n in range(20)]
    async with replicas(wecom) as (_, (one,)):
        for _ in range(40):
            wecom.server.answers["kf/sync_msg"] = (
                [{"errcode": 45009, "errmsg": "x"}] if len(heard(wecom)) % 4 == 2 else []
            )
            await one.puller._round(whole=True)
        assert heard(wecom) == [f"m{n}" for n in range(20)]


async def test_a_recall_names_what_was_said_and_is_one_however_often_it_is_told(wecom: WeCom):
    await wecom.say(CUSTOMER, "周五上线", chat=KF)
    assert await wecom.recall() == 200
    assert await wecom.recall() == 200
    said, *recalls = wecom.inside.delivered
    assert {one.recalls for one in recalls} == {said.message_id}
    assert len({one.event_id for one in recalls}) == 1
    assert recalls[0].sender == said.sender


async def test_a_colleagues_words_are_theirs(wecom: WeCom):
    await wecom.say("ZhouFu", "周五验收", chat=KF)
    (message,) = wecom.inside.delivered
    assert (message.sender.id, message.sender.outside) == ("ZhouFu", False)
    assert (message.chat, message.direct) == (KF, "user:ZhouFu")


async def test_without_kf_there_is_no_work_and_it_ends_when_cancelled():
    adapter = wecom_adapter.build({}, WeCom().inside.ports)
    working = asyncio.create_task(adapter.work())
    await asyncio.sleep(0)
    assert not working.done()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


async def test_a_cursor_that_is_turned_down_is_dropped_and_nothing_is_lost():
    wecom = WeCom()
    wecom.server.entries = [entry(n) for n in range(3)]
    async with replicas(wecom) as (shared, (one,)):
        await one.puller.pull(far.KFID)
        wecom.server.entries.append(entry(3))
        wecom.server.answers["kf/sync_msg"] = [{"errcode": 40058, "errmsg": "invalid cursor"}]
        await one.puller.pull(far.KFID)
        assert heard(wecom)[-1] == "m3"
        assert len(set(heard(wecom))) == 4
        assert shared.cursors[f"wecom.kf:{far.KFID}"] == "c4"
