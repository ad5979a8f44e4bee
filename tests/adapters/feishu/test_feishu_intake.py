"""What is asked of Feishu before an event is stored, and what happens where it does not answer."""

import json

import pytest

from tests.adapters.feishu import stand_in
from tests.adapters.feishu.harness import Feishu
from tests.adapters.feishu.stand_in import Refuse


@pytest.fixture
async def played():
    async with Feishu().running() as one:
        yield one


def mentioning(one: Feishu, who: str = stand_in.BOT) -> dict:
    mention = {"key": "@_user_1", "id": {"open_id": who}, "name": "客情助手"}
    return one.message(
        one.member, "text", {"text": "@_user_1  /help"}, chat=one.inner, mentions=[mention]
    )


async def test_our_own_mention_is_known_by_our_id_and_taken_out(played: Feishu):
    await played.deliver(mentioning(played))
    await played.deliver(mentioning(played, "ou_other"))
    ours, other = played.inside.delivered
    assert (ours.text, ours.addressed, ours.mentions) == ("/help", True, ())
    assert (other.text, other.addressed) == ("@ou_other  /help", False)
    assert played.there.visits["GET /open-apis/bot/v3/info"] == 1
    for message in (ours, other):
        assert played.adapter.translate(message.raw) == (message,)


async def test_a_merged_forward_is_unfolded_and_reads_the_same_again(played: Feishu):
    event = played.message(played.member, "merge_forward", "Merged and Forwarded Message")
    message_id = event["event"]["message"]["message_id"]
    played.there.items[message_id] = [
        {
            "message_id": "om_inner",
            "upper_message_id": message_id,
            "msg_type": "text",
            "create_time": "1795139002000",
            "sender": {"id": "ou_9", "sender_type": "user"},
            "body": {"content": json.dumps({"text": "方案呢？"})},
        }
    ]
    assert await played.deliver(event) == 200
    (message,) = played.inside.delivered
    assert message.text == "ou_9 2026-11-20 09:43:22\n方案呢？"
    assert played.adapter.translate(message.raw) == (message,)


async def test_a_forward_that_feishu_does_not_tell_is_a_word(played: Feishu):
    event = played.message(played.member, "merge_forward", "Merged and Forwarded Message")
    for refuse in (Refuse(230110), Refuse(1, status=503)):
        played.there.refusing.append(refuse)
        assert await played.deliver(event) == 200
    assert [message.text for message in played.inside.delivered] == ["[合并转发]"] * 2


async def test_a_recall_by_another_replica_names_who_wrote_it(played: Feishu):
    await played.say(played.member, "hi")
    async with Feishu().running() as other:
        other.there.items, other.there.private = played.there.items, played.there.private
        other._said = played._said
        assert await other.recall() == 200
        (recall,) = other.inside.delivered
        assert (recall.chat, recall.sender.id, recall.private) == (
            played.member,
            played.member,
            True,
        )
        assert other.adapter.translate(recall.raw) == (recall,)


async def test_a_recall_waits_for_feishu_to_tell_who_wrote_it(played: Feishu):
    await played.say(played.customer, "hi", chat=played.outer)
    played.adapter._intake._wrote.clear()
    played.there.refusing += [Refuse(1, status=503)] * 2
    assert await played.recall() == 503
    played.there.refusing.clear()
    assert await played.again() == 200
    assert played.inside.delivered[-1].sender.id == played.customer


async def test_a_recall_that_feishu_never_tells_is_kept_all_the_same(played: Feishu):
    await played.say(played.customer, "hi", chat=played.outer)
    played.adapter._intake._wrote.clear()
    played.there.items.clear()
    assert await played.recall() == 200
    recall = played.inside.delivered[-1]
    assert (recall.sender.id, recall.sender.proven, recall.chat) == ("", False, played.outer)
    assert recall.recalls


async def test_ids_that_no_address_can_hold_break_nothing(played: Feishu):
    event = played.message(played.member, "merge_forward", "Merged and Forwarded Message")
    event["event"]["message"]["message_id"] = "../\ud800?x"
    assert await played.deliver(event) == 200
    recall = {"message_id": "\ud800", "chat_id": "oc_1", "recall_time": "1795140100000"}
    assert await played.deliver(played.event("im.message.recalled_v1", recall)) == 200
    assert await played.deliver(played.event("im.\ud800_v1", {})) == 200
    ((_, _, why),) = played.inside.rejected
    assert why.encode()
    forward, recalled = played.inside.delivered
    assert forward.message_id == "../\N{REPLACEMENT CHARACTER}?x"
    assert recalled.recalls == "\N{REPLACEMENT CHARACTER}"
