"""Mailboxes are read and left as they are; nothing is lost, whatever happens to the line."""

import asyncio
import contextlib
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import quote

import pytest
import structlog

from adapters.email import adapter as email
from adapters.email.mailbox import Pace
from adapters.email.settings import EmailSettings
from bot.contract import Adapter, Busy, Translating, Working
from tests.adapters.email.imap_stand_in import PASSWORD, USER, Folder, ImapStandIn
from tests.contract.harness import Inside

QUICK = Pace(idle_s=20, poll_s=0.02, first_s=0.02, longest_s=0.1, refused_s=0.05)
SLEEPY = Pace(idle_s=20, poll_s=20, first_s=0.02, longest_s=0.1, refused_s=0.05)


def a_mail(number, *, days=0, extra=b"", sender=b"Zhang@A.cn", body=b"hello"):
    date = format_datetime(datetime.now(UTC) - timedelta(days=days)).encode()
    return (
        (
            b"From: Zhang <" + sender + b">\r\nTo: us@b.cn, li@c.cn\r\nSubject: n\r\n"
            b"Message-ID: <%d@a>\r\nDate: %s\r\n" % (number, date)
        )
        + extra
        + b"Content-Type: text/plain\r\n\r\n"
        + body
        + b"\r\n"
    )


class Office:
    """The server, our side, and an adapter between them."""

    def __init__(self):
        self.server = ImapStandIn()
        self.scheme = "imap"
        self.inside = Inside()
        self.ports = self.inside.ports
        self.folders = ["INBOX"]
        self.password = PASSWORD
        self.more = {}

    def url(self):
        user, password = quote(USER, safe=""), quote(self.password, safe="")
        return f"{self.scheme}://{user}:{password}@127.0.0.1:{self.server.port}"

    @asynccontextmanager
    async def reading(self, pace=QUICK):
        box = {"url": self.url(), "address": USER, "folders": self.folders, **self.more}
        settings = EmailSettings.model_validate({"mailboxes": json.dumps([box])})
        work = asyncio.create_task(email.EmailAdapter(settings, self.ports, pace).work())
        try:
            yield
        finally:
            work.cancel()
            async with asyncio.timeout(5):
                with contextlib.suppress(asyncio.CancelledError):
                    await work

    async def until(self, what):
        async with asyncio.timeout(20):
            while not what():  # noqa: ASYNC110 - what is awaited sets no event
                await asyncio.sleep(0.005)

    async def came(self, count):
        await self.until(lambda: len(self.inside.delivered) >= count)

    @property
    def ids(self):
        return [one.event_id for one in self.inside.delivered]

    @property
    def cursors(self):
        return self.ports.cursors.cursors


@pytest.fixture
async def office():
    office = Office()
    async with office.server.running():
        yield office
    assert office.server.strange == []


async def test_a_mail_is_delivered_with_its_files_and_left_as_it_was(office):
    office.server.inbox.add(a_mail(1))
    async with office.reading():
        await office.came(1)
        await office.until(lambda: office.cursors.get("email:us@b.cn:INBOX") == "7:1")
    [message] = office.inside.delivered
    assert (message.channel, message.chat, message.event_id) == ("email", "zhang@a.cn", "<1@a>")
    assert not any((message.private, message.addressed, message.tapped))
    assert not message.sender.proven
    assert message.labels == ("INBOX",)
    [original] = message.attachments
    assert office.inside.media.files[original.sha256] == office.server.inbox.mails[1]
    assert set(office.server.commands) <= {
        "CAPABILITY", "LOGIN", "ID", "EXAMINE", "UID SEARCH", "UID FETCH", "IDLE"
    }  # fmt: skip


async def test_the_adapter_works_in_the_background_and_opens_no_route(office):
    made = email.build({}, office.ports)
    assert isinstance(made, Adapter)
    assert isinstance(made, Working)
    assert isinstance(made, Translating)
    assert not made.routes()


async def test_what_comes_as_it_begins_to_wait_is_seen(office):
    office.server.at_idle = [a_mail(number) for number in range(1, 6)]
    async with office.reading(SLEEPY):
        await office.came(5)
    assert office.server.connections == 1


async def test_what_comes_while_it_waits_is_told_by_idle(office):
    async with office.reading(SLEEPY):
        for number in range(1, 4):
            await office.server.idling.wait()
            office.server.inbox.add(a_mail(number))
            await office.came(number)
            await office.until(office.server.idling.is_set)
    assert office.ids == ["<1@a>", "<2@a>", "<3@a>"]
    assert office.server.connections == 1


async def test_it_polls_where_idle_is_not_offered(office):
    office.server.capabilities = "IMAP4REV1"
    office.server.unsafe = False
    async with office.reading():
        await office.until(lambda: "UID SEARCH" in office.server.commands)
        office.server.inbox.add(a_mail(1))
        await office.came(1)
        polls = office.server.commands.count("UID SEARCH")
        await office.until(lambda: office.server.commands.count("UID SEARCH") > polls + 2)
    assert office.ids == ["<1@a>"]
    assert "IDLE" not in office.server.commands
    assert "ID" not in office.server.commands


async def test_the_first_time_it_reads_back_a_month_and_no_more(office):
    office.server.inbox.add(a_mail(1, days=40))
    office.server.inbox.add(a_mail(2, days=20))
    office.server.inbox.add(a_mail(3, days=40))
    office.server.inbox.add(a_mail(4))
    async with office.reading():
        await office.came(2)
    assert office.ids == ["<2@a>", "<4@a>"]


async def test_two_hundred_mails_that_came_meanwhile_are_caught_up_in_order(office):
    office.server.inbox.add(a_mail(1))
    async with office.reading():
        await office.until(lambda: "email:us@b.cn:INBOX" in office.cursors)
    for number in range(2, 202):
        office.server.inbox.add(a_mail(number, days=60))
    async with office.reading():
        await office.came(201)
    assert office.ids == [f"<{number}@a>" for number in range(1, 202)]


async def test_a_line_that_is_cut_again_and_again_loses_nothing(office):
    office.server.cut_after = [0, 3, 1, 7]
    for number in range(1, 31):
        office.server.inbox.add(a_mail(number))
    with structlog.testing.capture_logs() as logs:
        async with office.reading():
            await office.came(30)
            await office.until(lambda: any(one["event"] == "email.back" for one in logs))
    assert list(dict.fromkeys(office.ids)) == [f"<{number}@a>" for number in range(1, 31)]
    assert [one["event"] for one in logs] == ["email.down", "email.back"]
    assert all(one["mailbox"] == 1 for one in logs)
    assert "b.cn" not in str(logs)


async def test_a_server_that_was_away_is_found_again(office):
    async with office.reading():
        await office.server.idling.wait()
        for writer in list(office.server.open):
            writer.transport.abort()
        await office.until(lambda: office.server.connections >= 2)
        office.server.inbox.add(a_mail(1))
        await office.came(1)


async def test_a_folder_that_is_numbered_anew_is_read_again_from_the_first_day(office):
    for number in (1, 2):
        office.server.inbox.add(a_mail(number))
    async with office.reading():
        await office.until(lambda: office.cursors.get("email:us@b.cn:INBOX") == "7:2")
    office.server.inbox.validity = 8
    office.server.inbox.mails = {1: a_mail(2), 2: a_mail(3), 3: a_mail(9, days=50)}
    async with office.reading():
        await office.until(lambda: office.cursors.get("email:us@b.cn:INBOX") == "8:2")
    assert office.ids == ["<1@a>", "<2@a>", "<2@a>", "<3@a>"]


async def test_the_cursor_waits_for_the_delivery(office):
    office.inside.hurdle = asyncio.Event()
    office.server.inbox.add(a_mail(1))
    async with office.reading():
        await office.until(lambda: "UID FETCH" in office.server.commands)
        await asyncio.sleep(0.05)
        assert "email:us@b.cn:INBOX" not in office.cursors
        office.inside.hurdle.set()
        await office.until(lambda: "email:us@b.cn:INBOX" in office.cursors)


async def test_a_store_that_is_busy_or_away_is_tried_again(office):
    busy = Busy()
    busy.after = 0.01
    office.inside.hurdle = busy
    office.server.inbox.add(a_mail(1))
    async with office.reading():
        await office.until(lambda: "UID FETCH" in office.server.commands)
        await asyncio.sleep(0.1)
        assert office.server.connections == 1
        office.inside.hurdle = RuntimeError("the database is away")
        await office.until(lambda: office.server.connections >= 2)
        office.inside.hurdle = None
        await office.came(1)


async def test_what_is_no_mail_is_put_aside_by_its_uid(office):
    office.server.inbox.mails = {4: b"\x00\xff rubbish", 5: a_mail(5)}
    office.more = {"folders": ["INBOX"]}
    office.server.inbox.mails[4] = b"Date: " + format_datetime(datetime.now(UTC)).encode() + b"\r\n"
    office.server.inbox.mails[4] += b"\r\nstill a mail"
    office.cursors["email:us@b.cn:INBOX"] = "7:3"
    office.server.inbox.mails[6] = b"\x00\xff rubbish"
    async with office.reading():
        await office.until(lambda: office.cursors["email:us@b.cn:INBOX"] == "7:6")
    assert [one.event_id for one in office.inside.delivered][1:] == ["<5@a>"]
    [(channel, raw, why)] = office.inside.rejected
    assert (channel, raw, why) == ("email", b"\x00\xff rubbish", "mailbox 1, UID 6: not a mail")


async def test_a_mail_that_the_server_keeps_to_itself_does_not_hide_the_next(office):
    for number in (1, 2):
        office.server.inbox.add(a_mail(number))
    office.server.refused_uids = {1}
    async with office.reading():
        await office.came(1)
    assert office.ids == ["<2@a>"]
    [(_, raw, why)] = office.inside.rejected
    assert raw == b""
    assert "UID 1" in why


async def test_our_own_notices_are_passed_over(office):
    office.server.inbox.add(a_mail(1, extra=b"X-Keqing-Notice: 1\r\n"))
    office.server.inbox.add(a_mail(2, extra=b"Auto-Submitted: auto-replied\r\n"))
    async with office.reading():
        await office.came(1)
    assert office.ids == ["<2@a>"]
    assert office.inside.delivered[0].auto


async def test_a_large_mail_comes_in_pieces_and_whole(office):
    body = b"".join(b"%07d: line of a long mail\r\n" % number for number in range(200_000))
    office.server.inbox.add(a_mail(1, body=body))
    async with office.reading():
        await office.came(1)
    [message] = office.inside.delivered
    whole = message.attachments[-1]
    assert office.inside.media.files[whole.sha256] == office.server.inbox.mails[1]
    assert office.server.commands.count("UID FETCH") == 3
    assert message.raw == b""


async def test_sent_mail_belongs_to_whom_it_was_sent_to(office):
    office.folders = []
    office.server.folders["Sent Items"].add(a_mail(1, sender=b"us@b.cn"))
    async with office.reading():
        await office.came(1)
    [message] = office.inside.delivered
    assert (message.chat, message.sender.id) == ("li@c.cn", "us@b.cn")
    assert "email:us@b.cn:Sent Items" in office.cursors


async def test_a_sent_folder_without_the_attribute_is_known_by_its_name(office):
    office.folders = []
    del office.server.folders["Sent Items"]
    office.server.folders["&XfJT0ZAB-"] = Folder("&XfJT0ZAB-")  # 已发送
    office.server.folders["&XfJT0ZAB-"].add(a_mail(1, sender=b"us@b.cn"))
    async with office.reading():
        await office.came(1)
    assert "email:us@b.cn:已发送" in office.cursors


async def test_without_a_sent_folder_the_inbox_is_read_all_the_same(office):
    office.folders = []
    del office.server.folders["Sent Items"]
    office.server.inbox.add(a_mail(1))
    async with office.reading():
        await office.came(1)


async def test_a_wrong_password_is_told_once_and_nothing_of_it_is_shown(office):
    office.password = "wr0ng"
    with structlog.testing.capture_logs() as logs:
        async with office.reading():
            await office.until(lambda: office.server.connections >= 3)
    assert [one["event"] for one in logs] == ["email.down"]
    assert "wr0ng" not in str(logs)


async def test_the_firms_own_server_vouches_for_a_sender(office):
    office.more = {"authserv_id": "mx.b.cn"}
    said = b"Authentication-Results: mx.b.cn; dmarc=pass header.from=a.cn\r\n"
    office.server.inbox.add(a_mail(1, extra=said))
    office.server.inbox.add(a_mail(2))
    async with office.reading():
        await office.came(2)
    assert [one.sender.proven for one in office.inside.delivered] == [True, False]


async def test_stopping_leaves_no_line_open_even_while_it_waits(office):
    async with office.reading(SLEEPY):
        await office.server.idling.wait()
    await office.until(lambda: not office.server.open)


async def test_stopping_does_not_wait_for_a_server_that_says_nothing(office):
    came, gone = asyncio.Event(), asyncio.Event()

    async def silent(reader, writer):
        came.set()
        await reader.read()
        gone.set()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        office.server.port = server.sockets[0].getsockname()[1]
        async with office.reading():
            await came.wait()
        async with asyncio.timeout(10):
            await gone.wait()


async def test_two_folders_that_fail_are_one_line_in_the_log(office):
    office.folders = []
    office.password = "wr0ng"
    with structlog.testing.capture_logs() as logs:
        async with office.reading():
            await office.until(lambda: office.server.connections >= 6)
            office.server.password = "wr0ng"
            await office.until(lambda: office.server.commands.count("IDLE") == 2)
    assert [one["event"] for one in logs] == ["email.down", "email.back"]


def test_a_recorded_mail_reads_the_same_again():
    box = {"url": "imap://us:x@127.0.0.1", "address": "us@b.cn"}
    made = email.build({"mailboxes": [box]}, Inside().ports)
    [came] = made.translate(a_mail(1))
    [sent] = made.translate(a_mail(2, sender=b"Us@b.cn"))
    assert (came.chat, sent.chat) == ("zhang@a.cn", "li@c.cn")
    assert came.event_id == "<1@a>"
    with pytest.raises(ValueError):
        made.translate(b"\x00 rubbish")


@pytest.mark.parametrize("steady", [0.0, 60.0])
async def test_a_line_that_ends_after_long_service_is_opened_again_without_a_word(office, steady):
    with structlog.testing.capture_logs() as logs:
        async with office.reading(replace(SLEEPY, steady_s=steady)):
            await office.server.idling.wait()
            for writer in list(office.server.open):
                writer.transport.abort()
            await office.until(lambda: office.server.connections >= 2)
            await office.server.idling.wait()
    assert [one["event"] for one in logs] == ([] if not steady else ["email.down", "email.back"])
