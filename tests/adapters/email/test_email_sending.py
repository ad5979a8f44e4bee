"""Notices leave through a real SMTP server, once; what it answers is understood."""

import asyncio
import email.policy
import socket
from contextlib import asynccontextmanager

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from adapters.email import adapter as mail_adapter
from adapters.email.replies import Answered, Replies
from bot.contract import Budget, Notice, Refused, Sent, StoredFile, Target, TryLater
from tests.contract.harness import Inside, Media

LI = Target(chat="li@a.cn")
NOTICE = Notice(title="今天", text="你好")


class Post:
    """The firm's server: takes mails, or answers as it is told."""

    def __init__(self):
        self.taken: list[bytes] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.answers: list[str] = []
        """To the next mails; "cut": the line is cut once the mail was taken."""
        self.to_recipients: list[str] = []
        self.on_connect = ""
        self.password = b""
        self.port = 0

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's
        answer = self.to_recipients.pop(0) if self.to_recipients else ""
        if answer == "cut":
            server.transport.abort()
            return "421 gone"
        if not answer:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("2") or answer == "cut":
            self.taken.append(envelope.content)
            self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        if answer == "cut":
            server.transport.abort()
            return "421 gone"
        return answer

    def let_in(self, server, session, envelope, mechanism, data):
        assert isinstance(data, LoginPassword)
        return AuthResult(success=data.password == self.password, handled=False)

    def server(self):
        if not self.password:
            return SMTP(self, hostname="mx.b.cn", enable_SMTPUTF8=True)
        return SMTP(
            self,
            hostname="mx.b.cn",
            authenticator=self.let_in,
            auth_required=True,
            auth_require_tls=False,
        )

    @asynccontextmanager
    async def running(self):
        server = await asyncio.get_running_loop().create_server(self.server, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await asyncio.sleep(0.01)

    @property
    def mails(self):
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.taken]


@pytest.fixture
async def post():
    async with Post().running() as post:
        yield post


def made(post, user="", sender="us@b.cn", scheme="smtp", inside=None, **more):
    url = f"{scheme}://{user}127.0.0.1:{post.port}"
    ports = (inside or Inside()).ports
    return mail_adapter.build({"smtp_url": url, "sender": sender, **more}, ports)


async def test_a_notice_arrives_as_a_mail(post):
    sent = await made(post).send(LI, NOTICE, key="k1")
    [arrived] = post.mails
    assert post.envelopes == [("us@b.cn", ["li@a.cn"])]
    assert arrived["Subject"] == "今天"
    assert arrived["Message-ID"] == sent.id
    assert "你好" in arrived.get_body(("plain",)).get_content()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_the_user_and_password_of_the_url_are_decoded(post):
    post.password = b"p@ss/word"
    await made(post, "us%40b.cn:p%40ss%2Fword@").send(LI, NOTICE, key="k")
    assert len(post.taken) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_a_wrong_password_waits_and_gives_nothing_up(post):
    post.password = b"right"
    with pytest.raises(TryLater) as raised:
        await made(post, "us:wr0ng@").send(LI, NOTICE, key="k")
    assert (raised.value.after, raised.value.unknown) == (900, False)
    assert "wr0ng" not in str(raised.value)


async def test_a_server_that_is_not_there_is_tried_later():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        away = Post()
        away.port = taken.getsockname()[1]
        adapter = made(away)
        with pytest.raises(TryLater) as raised:
            await adapter.send(LI, NOTICE, key="k")
    assert not raised.value.unknown
    assert await adapter.find(LI, "k") is None


@pytest.mark.parametrize("stage", ["to_recipients", "answers"])
async def test_greylisting_is_waited_out(post, stage):
    getattr(post, stage).append("451 4.7.1 come back in five minutes")
    adapter = made(post)
    with pytest.raises(TryLater) as raised:
        await adapter.send(LI, NOTICE, key="k")
    assert (raised.value.after, raised.value.unknown) == (300, False)
    assert await adapter.find(LI, "k") is None
    await adapter.send(LI, NOTICE, key="k")
    assert len(post.taken) == 1


@pytest.mark.parametrize("stage", ["to_recipients", "answers"])
async def test_a_no_for_good_says_the_servers_words_but_not_all_of_them(post, stage):
    getattr(post, stage).append("550 5.1.1 no such user " + "x" * 400)
    with pytest.raises(Refused) as raised:
        await made(post).send(LI, NOTICE, key="k")
    assert str(raised.value).startswith("550 5.1.1 no such user")
    assert len(str(raised.value)) <= 300


async def test_a_line_cut_behind_the_mail_is_unknown_and_never_sent_again(post):
    post.answers.append("cut")
    adapter = made(post)
    with pytest.raises(TryLater) as raised:
        await adapter.send(LI, NOTICE, key="k")
    assert raised.value.unknown
    found = await adapter.find(LI, "k")
    assert found == Sent(id=post.mails[0]["Message-ID"])


async def test_a_line_cut_before_the_mail_is_no_doubt(post):
    post.to_recipients.append("cut")
    adapter = made(post)
    with pytest.raises(TryLater) as raised:
        await adapter.send(LI, NOTICE, key="k")
    assert not raised.value.unknown
    assert await adapter.find(LI, "k") is None
    assert post.taken == []


async def test_after_a_restart_what_was_begun_counts_as_sent(post):
    sent = await made(post).send(LI, NOTICE, key="k")
    assert await made(post).find(LI, "k") == sent


async def test_without_a_server_it_waits():
    adapter = mail_adapter.build({}, Inside().ports)
    with pytest.raises(TryLater):
        await adapter.send(LI, NOTICE, key="k")


async def test_lines_with_a_dot_and_without_an_end_survive(post):
    words = ".\n..\nFrom here\n" + "长" * 5000
    await made(post).send(LI, Notice(text=words), key="k")
    [arrived] = post.mails
    assert words in arrived.get_body(("plain",)).get_content().replace("\r\n", "\n")


def test_there_is_a_limit_for_one_and_for_all():
    assert mail_adapter.build({}, Inside().ports).budgets("li@a.cn") == (
        Budget(count=20, seconds=3600),
        Budget(count=500, seconds=3600, across=""),
    )


# --- several recipients, files -------------------------------------------------------------------

BOTH = Target(chat="li@a.cn", copies=("x@y.cn", "LI@a.cn", "us@b.cn"))


async def test_copies_get_it_too_each_once(post):
    await made(post).send(BOTH, NOTICE, key="k")
    assert post.envelopes == [("us@b.cn", ["li@a.cn", "x@y.cn"])]


@pytest.mark.parametrize(
    ("answers", "reached", "refused"),
    [
        (["", "550 5.1.1 no such user"], ["li@a.cn"], "x@y.cn"),
        (["550 5.1.1 no such user"], ["x@y.cn"], "li@a.cn"),
    ],
)
async def test_who_is_refused_holds_nobody_back_and_is_told_of(post, answers, reached, refused):
    post.to_recipients += answers
    inside = Inside()
    sent = await made(post, inside=inside).send(BOTH, NOTICE, key="k")
    assert post.envelopes == [("us@b.cn", reached)]
    [told] = inside.delivered
    assert (told.undelivered, told.auto) == (sent.id, True)
    assert told.text == f"{refused}: 550 5.1.1 no such user"


async def test_where_all_are_refused_nothing_is_sent(post):
    post.to_recipients += ["550 5.1.1 no such user", "550 5.7.1 not you"]
    inside = Inside()
    with pytest.raises(Refused, match=r"550 5\.1\.1 no such user; 550 5\.7\.1 not you"):
        await made(post, inside=inside).send(BOTH, NOTICE, key="k")
    assert (post.taken, inside.delivered) == ([], [])


async def test_who_is_greylisted_holds_all_back_so_that_nobody_gets_it_twice(post):
    post.to_recipients += ["", "451 4.7.1 come back"]
    adapter = made(post)
    with pytest.raises(TryLater):
        await adapter.send(BOTH, NOTICE, key="k")
    assert post.taken == []
    await adapter.send(BOTH, NOTICE, key="k")
    assert post.envelopes == [("us@b.cn", ["li@a.cn", "x@y.cn"])]


class OnDisk(Media):
    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def path(self, sha256):
        path = self.folder / sha256
        path.write_bytes(self.files[sha256]) if sha256 in self.files else None
        return path


async def test_files_come_from_the_media_store_and_what_is_missing_is_said(post, tmp_path):
    inside = Inside()
    inside.media = OnDisk(tmp_path)
    data = bytes(range(256)) * 4000
    kept = await inside.media.put_bytes("验收单.pdf", "application/pdf", data)
    lost = StoredFile(name="b.pdf", size=1, sha256="1" * 64)
    large = StoredFile(name="c.pdf", size=21 << 20, sha256="2" * 64)
    notice = Notice(title="t", files=(kept, lost, large))
    await made(post, inside=inside).send(LI, notice, key="k")
    [arrived] = post.mails
    [file] = arrived.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("验收单.pdf", data)
    text = arrived.get_body(("plain",)).get_content()
    assert "b.pdf" in text
    assert "c.pdf" in text


async def test_a_mail_cut_off_before_its_end_is_known_not_to_have_gone(post):
    """The server stops reading: the end of a large mail never leaves this process."""
    stuck, ended = asyncio.Event(), asyncio.Event()

    async def serve(reader, writer):
        writer.write(b"220 x\r\n")
        while (line := await reader.readline())[:4] != b"DATA":
            writer.write(b"250 x\r\n" if line else b"")
        writer.write(b"354 go on\r\n")
        await reader.readline()
        stuck.set()
        await ended.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    post.port = server.sockets[0].getsockname()[1]
    adapter = made(post)
    task = asyncio.create_task(adapter.send(LI, Notice(text="长" * 5_000_000), key="k"))
    await stuck.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await adapter.find(LI, "k") is None
    ended.set()
    server.close()


async def test_an_answer_to_a_token_comes_back_as_an_answer_to_what_was_sent(post):
    adapter = made(post, reply_to="s+{token}@b.cn")
    sent = await adapter.send(LI, NOTICE, key="k")
    [arrived] = post.mails
    replies = Replies(Inside().key, "s+{token}@b.cn", "b.cn")
    found = replies.among([arrived["Reply-To"]], "li@a.cn")
    assert found == Answered(sent.id, by_correspondent=True)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_the_doctor_tries_the_door_and_sends_nothing(post):
    (well,) = [one for one in await made(post).check() if "host" in one.facts]
    assert well.ok
    post.password = b"right"
    (wrong,) = [one for one in await made(post, "us%40b.cn:wrong@").check() if "host" in one.facts]
    assert (wrong.ok, "授权码" in wrong.text.zh) == (False, True)
    assert "wrong" not in str(wrong.facts)
    post.port = 9
    (away,) = [one for one in await made(post).check() if "host" in one.facts]
    assert not away.ok
    assert post.taken == []
