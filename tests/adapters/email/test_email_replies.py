"""The token in Reply-To: read back as it was made, and worth nothing to anybody else."""

import hashlib
import io

import pytest

from adapters.email.intake import Intake
from adapters.email.replies import LENGTH, Replies
from adapters.email.settings import EmailSettings, MailboxSettings
from bot.contract import Happening
from tests.contract.harness import Inside

TEMPLATE = "service+{token}@b.cn"
LI = "li@a.cn"


def key(purpose):
    return hashlib.sha256(purpose.encode()).digest()


@pytest.fixture
def replies():
    return Replies(key, TEMPLATE, "b.cn")


@pytest.fixture
def id_(replies):
    return replies.message_id("push:1")


@pytest.fixture
def address(replies, id_):
    return replies.address(replies.token(id_, LI))


def test_a_token_is_read_back(replies, id_, address):
    found = replies.among([address], LI)
    assert (found.message_id, found.by_correspondent) == (id_, True)
    assert len(address.partition("@")[0]) <= 64


def test_ids_are_the_same_for_the_same_key_only_and_nobody_else_can_make_them(replies, id_):
    assert replies.message_id("push:1") == id_ != replies.message_id("push:2")
    assert Replies(lambda purpose: key(purpose + "x"), TEMPLATE, "b.cn").message_id("push:1") != id_


@pytest.mark.parametrize("change", [str.upper, str.title, lambda one: f"  {one} "])
def test_programs_may_change_the_case(replies, address, change):
    assert replies.among([change(address)], LI).by_correspondent


def test_the_correspondent_may_be_written_otherwise(replies, address):
    assert replies.among([address], "Li@A.cn").by_correspondent


def test_another_sender_is_told_apart(replies, address):
    assert not replies.among([address], "eve@a.cn").by_correspondent


@pytest.mark.parametrize("at", [0, 1, 24, 25, 32, 33, LENGTH - 1])
def test_a_forged_token_is_none(replies, address, at):
    at += len("service+")
    forged = address[:at] + ("c" if address[at] == "b" else "b") + address[at + 1 :]
    assert replies.among([forged], LI) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.replace("@", "x@"),
        lambda one: one[:20] + one[21:],
        lambda one: one.replace("service+", "sales+"),
        lambda one: one.replace("b.cn", "b.cn.evil.cn"),
        lambda one: "service@b.cn",
        lambda one: "",
        lambda one: f"{one}, {one}",
    ],
)
def test_a_cut_or_moved_token_is_none(replies, address, change):
    assert replies.among([change(address)], LI) is None


def test_another_installation_reads_nothing(address):
    other = Replies(lambda purpose: key(purpose + "x"), TEMPLATE, "b.cn")
    assert other.among([address], LI) is None


def test_a_valid_one_among_others_counts(replies, id_, address):
    assert replies.among(["x@y.cn", "service+abc@b.cn", address], LI).message_id == id_


def test_without_the_setting_there_are_none(id_):
    off = Replies(key, "", "b.cn")
    token = off.token(id_, LI)
    assert off.address(token) == ""
    assert off.among([token, ""], LI) is None


def test_only_its_correspondent_can_unsubscribe(replies, id_):
    token = replies.token(id_, LI)
    assert replies.stops(f"unsubscribe {token}", LI)
    assert replies.stops(f"Unsubscribe  {token.upper()} ", LI)
    assert not replies.stops(f"unsubscribe {token}", "eve@a.cn")
    assert not replies.stops(f"Re: unsubscribe {token}", LI)
    assert not replies.stops("unsubscribe", LI)


@pytest.mark.parametrize(
    "bad",
    [
        "service@b.cn",
        "service+token@b.cn",
        "s@{token}.cn",
        "{token}{token}@b.cn",
        "{token}",
        "a-rather-long-name+{token}@b.cn",
        "a b{token}@b.cn",
    ],
)
def test_a_reply_to_that_cannot_be_is_refused_at_the_start(bad):
    with pytest.raises(ValueError, match=r"service\+\{token\}@example\.com"):
        EmailSettings(reply_to=bad)


# --- what comes in -------------------------------------------------------------------------------


async def taken(replies, sender, fields):
    inside = Inside()
    mailbox = MailboxSettings(url="imaps://u:p@h", address="us@b.cn")  # pyright: ignore[reportArgumentType]
    intake = Intake(mailbox, 1, inside.ports, replies, frozenset({"b.cn"}))
    lines = {"From": sender, "Subject": "s", "Message-ID": "<new@a.cn>", **fields}
    raw = "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\nhello\r\n"
    await intake.take(io.BytesIO(raw.encode()), len(raw.encode()), 1)
    [message] = inside.delivered
    return message


@pytest.mark.parametrize("field", ["To", "Cc", "Delivered-To", "X-Original-To"])
async def test_a_mail_to_a_token_names_ours_and_joins_its_thread(replies, id_, address, field):
    message = await taken(replies, f"Li <{LI}>", {field: address})
    assert message.references == (id_,)
    assert message.thread == id_


async def test_a_mail_with_references_of_its_own_keeps_its_thread(replies, id_, address):
    message = await taken(replies, LI, {"To": address, "References": "<root@a.cn>"})
    assert message.references == ("<root@a.cn>", id_)
    assert message.thread == "<root@a.cn>"


async def test_a_stolen_token_joins_nothing_and_the_mail_says_so(replies, address):
    message = await taken(replies, "eve@evil.cn", {"To": address})
    assert message.references == ()
    assert message.thread == "<new@a.cn>"
    assert "somebody else" in message.quoted
    assert message.text == "hello"


async def test_a_colleague_may_answer_with_a_token(replies, id_, address):
    message = await taken(replies, "us@b.cn", {"To": f"{LI}, {address}"})
    assert id_ in message.references


async def test_a_token_in_the_subject_joins_nothing(replies, id_, address):
    message = await taken(replies, LI, {"To": "us@b.cn", "Subject": address})
    assert message.references == ()


async def test_an_unsubscription_is_known_as_one(replies, id_):
    subject = f"unsubscribe {replies.token(id_, LI)}"
    assert (await taken(replies, LI, {"Subject": subject})).happened is Happening.REMOVED
    assert (await taken(replies, "eve@evil.cn", {"Subject": subject})).happened is None
