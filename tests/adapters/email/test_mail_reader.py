"""Mail files become messages; one bad mail never hides its neighbours."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.email.reader import MailReader
from bot.contract import Given, InboundMessage, Kind, Reader, StoredFile, Unreadable

ONE = (
    b"From: =?gbk?B?1cXI/Q==?= <Zhang@A.cn>\r\nTo: Us@b.cn\r\nCc: c@b.cn\r\nSubject: hi\r\n"
    b"Message-ID: <2@a>\r\nReferences: <1@a>\r\nDate: Mon, 3 Mar 2025 10:00:00 +0800\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nnew words\r\n\r\n"
    b"On 3 Mar 2025, Li <l@b.cn> wrote:\r\n> old words\r\n"
)


class Shelf:
    """A media store in memory."""

    def __init__(self):
        self.files = {}

    async def put(self, name, type_, chunks):
        return await self.put_bytes(name, type_, b"".join([chunk async for chunk in chunks]))

    async def put_bytes(self, name, type_, data):
        digest = hashlib.sha256(data).hexdigest()
        self.files[digest] = data
        return StoredFile(name=name, type=type_, size=len(data), sha256=digest)

    def path(self, sha256):
        return Path(sha256)


async def read(path, given=None):
    shelf = Shelf()
    return [item async for item in MailReader().read(path, given or Given(), shelf)], shelf


def file(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def test_it_is_a_reader():
    assert isinstance(MailReader(), Reader)


async def test_a_mail_becomes_a_message(tmp_path):
    [(name, message)], shelf = await read(file(tmp_path, "a.eml", ONE))
    assert name == "a.eml"
    assert isinstance(message, InboundMessage)
    assert (message.channel, message.kind, message.event_id) == ("email", Kind.MAIL, "<2@a>")
    assert (message.chat, message.sender.id, message.sender.name) == ("zhang@a.cn",) * 2 + ("张三",)
    assert not message.sender.proven
    assert (message.thread, message.references) == ("<1@a>", ("<1@a>",))
    assert message.recipients == ("us@b.cn", "c@b.cn")
    assert message.text == "new words"
    assert "old words" in message.quoted
    assert message.sent_at == datetime(2025, 3, 3, 2, tzinfo=UTC)
    [original] = message.attachments
    assert (original.name, original.type) == ("original.eml", "message/rfc822")
    assert shelf.files[original.sha256] == message.raw == ONE


async def test_what_is_given_goes_first(tmp_path):
    given = Given(sender="Boss@X.cn", chat="room", at="2025-01-02T03:04")
    [(_, message)], _ = await read(file(tmp_path, "a.eml", ONE), given)
    assert isinstance(message, InboundMessage)
    assert (message.sender.id, message.chat) == ("boss@x.cn", "room")
    assert message.sent_at == datetime(2025, 1, 1, 19, 4, tzinfo=UTC)


async def test_a_mail_that_is_only_a_forward_keeps_its_text(tmp_path):
    data = b"From: a@b.cn\n\n---------- Forwarded message ---------\nFrom: c@d.cn\n\nwords\n"
    [(_, message)], _ = await read(file(tmp_path, "a.eml", data))
    assert isinstance(message, InboundMessage)
    assert "words" in message.text
    assert message.quoted == ""


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n\x00\x00", b"just some words\n"])
async def test_what_is_no_mail_says_so(tmp_path, data):
    [(_, why)], _ = await read(file(tmp_path, "a.eml", data))
    assert isinstance(why, Unreadable)
    assert "a.eml" in str(why)


async def test_a_wrong_time_says_so(tmp_path):
    [(_, why)], _ = await read(file(tmp_path, "a.eml", ONE), Given(at="soon"))
    assert isinstance(why, Unreadable)


async def test_an_mbox_is_read_mail_by_mail(tmp_path):
    line = b"From zhang@a.cn Mon Mar  3 10:00:00 2025\n"
    quoted = b"From: x@a.cn\nMessage-ID: <3@a>\n\nFrom 10:00 on we wait\n>From here\n"
    data = line + ONE + b"\n" + line + b"no mail at all\n\n" + line + quoted
    found, _ = await read(file(tmp_path, "a.mbox", data))
    assert [name for name, _ in found] == ["a.mbox:1", "a.mbox:2", "a.mbox:3"]
    first, second, third = (item for _, item in found)
    assert isinstance(first, InboundMessage)
    assert first.event_id == "<2@a>"
    assert isinstance(second, Unreadable)
    assert isinstance(third, InboundMessage)
    assert third.text == "From 10:00 on we wait\nFrom here"


async def test_an_mbox_without_mails_says_so(tmp_path):
    [(_, why)], _ = await read(file(tmp_path, "a.mbox", b"nothing here\n"))
    assert isinstance(why, Unreadable)


async def test_what_cannot_be_opened_says_so(tmp_path):
    [(_, why)], _ = await read(tmp_path / "none.eml")
    assert isinstance(why, Unreadable)


async def test_a_large_mail_keeps_no_raw(tmp_path):
    [(_, message)], _ = await read(file(tmp_path, "a.eml", ONE + b"x" * 70_000))
    assert isinstance(message, InboundMessage)
    assert message.raw == b""
