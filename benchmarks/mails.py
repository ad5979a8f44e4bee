"""Mails: read beside the standard library, and caught up from a real IMAP server."""

import asyncio
import email
import imaplib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from typing import IO, cast

from imap_tools import MailBoxUnencrypted

from adapters.email.adapter import EmailAdapter
from adapters.email.mailbox import Pace
from adapters.email.parse import parse
from adapters.email.settings import EmailSettings
from benchmarks.figures import Figure
from bot.contract import Delivered, InboundMessage
from tests.adapters.email.broken_mails import cases
from tests.contract.harness import Inside

_FOLDER = "INBOX"
_AT_ONCE = 500
_USER, _PASSWORD = "demouser", "demopass"


def run(*, quick: bool) -> Iterator[Figure]:
    yield from _reading(1 if quick else 5)
    yield from _catching_up(500 if quick else 10_000)


# --- reading -------------------------------------------------------------------------------------


def _reading(rounds: int) -> Iterator[Figure]:
    usual = [_usual(number) for number in range(300)]
    broken = [case.raw for case in cases()]
    for what, mails in (("usual mails", usual), ("usual and broken mails", usual + broken)):
        size = sum(map(len, mails)) / len(mails)
        raised = sum(not _readable(raw) for raw in mails)
        peer = _rate(mails, _readable, rounds)
        beside = f"email.policy.default: {peer:,.0f}/s, raises for {raised} of {len(mails)}"
        ours = _rate(mails, _ours, rounds)
        yield Figure(f"{what} read, {size:,.0f} B each", ours, "mails/s", beside=beside)


def _ours(raw: bytes) -> None:
    for file in parse(raw).attachments:
        _ = file.data


def _readable(raw: bytes) -> bool:
    """Whether the standard library reads it."""
    try:
        _as_the_library_reads(raw)
    except Exception:  # noqa: BLE001 - what it does not read is counted
        return False
    return True


def _rate(mails: list[bytes], work: Callable[[bytes], object], rounds: int) -> float:
    began = time.perf_counter()
    for _ in range(rounds):
        for raw in mails:
            work(raw)
    return len(mails) * rounds / (time.perf_counter() - began)


def _as_the_library_reads(raw: bytes) -> None:
    read = email.message_from_bytes(raw, policy=policy.default)
    for name in ("from", "to", "cc", "subject", "date", "message-id", "references"):
        str(read[name])
    body = read.get_body(("plain", "html"))
    if body is not None:
        body.get_content()
    for file in read.iter_attachments():
        file.get_filename()
        file.get_content()


def _usual(number: int) -> bytes:
    """A mail as offices write them: an answer with a quote, often with a file."""
    made = EmailMessage()
    made["From"] = "李雷 <li@c.cn>"
    made["To"] = "service@firm.cn"
    made["Subject"] = f"Re: 二期报价单确认 {number}"
    made["Message-ID"] = f"<{number}@bench.c.cn>"
    made["Date"] = datetime.now(UTC)
    quoted = "\n".join(f"> 第 {line} 条：报价明细" for line in range(20))
    made.set_content(
        f"你好，报价收到，请安排 {number} 号样品。\n\n在 2026-11-20，王经理 写道：\n{quoted}\n"
    )
    if number % 3 == 0:
        made.add_alternative(
            f"<p>你好，报价收到，请安排 <b>{number}</b> 号样品。</p>", subtype="html"
        )
    if number % 4 == 0:
        made.add_attachment(bytes(range(256)) * 80, "application", "pdf", filename="报价单.pdf")
    return made.as_bytes()


# --- catching up ---------------------------------------------------------------------------------


def _catching_up(count: int) -> Iterator[Figure]:
    with _server() as port:
        _fill(port, count)
        bare = count / _bare(port, count)
        ours = count / asyncio.run(_adapter(port, count))
    yield Figure(
        f"{count:,} mails caught up by IMAP",
        ours,
        "mails/s",
        beside=f"bare imap-tools fetch: {bare:,.0f}/s",
    )


@contextmanager
def _server() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    main = "import sys; from pymap.main import main; sys.exit(main())"
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", main, "--host", "127.0.0.1", "--port", str(port)),
            *("--no-tls", "dict", "--demo-data"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        yield port
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _fill(port: int, count: int) -> None:
    """An empty INBOX with `count` mails: many to a command, and no folder selected meanwhile, since
    the server tells every mail to whoever looks at the folder.
    """
    with imaplib.IMAP4("127.0.0.1", port) as client:
        client.login(_USER, _PASSWORD)
        client.select(_FOLDER)
        client.store("1:*", "+FLAGS", "(\\Deleted)")
        client.close()  # expunges
        for start in range(0, count, _AT_ONCE):
            mails = [_usual(number) for number in range(start, min(start + _AT_ONCE, count))]
            literals = b"".join(b" {%d+}\r\n%s" % (len(mail), mail) for mail in mails)
            answers = cast("IO[bytes]", client.file)
            client.sock.sendall(b"fill APPEND INBOX%s\r\n" % literals)
            while not (answer := answers.readline()).startswith(b"fill "):
                pass
            assert answer.startswith(b"fill OK"), answer


def _wait(port: int) -> None:
    until = time.monotonic() + 30
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.05)


def _bare(port: int, count: int) -> float:
    """Seconds of a plain loop that fetches every mail and looks at its subject and text."""
    began = time.perf_counter()
    with MailBoxUnencrypted("127.0.0.1", port).login(_USER, _PASSWORD) as box:
        seen = sum(len(mail.subject + mail.text) > 0 for mail in box.fetch(mark_seen=False))
    assert seen == count, seen
    return time.perf_counter() - began


class _Sink(Inside):
    """Our side in memory, which looks at nothing twice."""

    async def deliver(self, message: InboundMessage) -> Delivered:
        self.delivered.append(message)
        return Delivered(inbox_id=len(self.delivered), again=False)


async def _adapter(port: int, count: int) -> float:
    inside = _Sink()
    url = f"imap://{_USER}:{_PASSWORD}@127.0.0.1:{port}"
    box = {"url": url, "address": "service@firm.cn", "folders": [_FOLDER]}
    made = EmailAdapter(
        EmailSettings.model_validate({"mailboxes": [box]}), inside.ports, Pace(idle_s=60)
    )
    began = time.perf_counter()
    work = asyncio.create_task(made.work())
    while len(inside.delivered) < count:  # noqa: ASYNC110 - the harness sets no event per message
        await asyncio.sleep(0.05)
    took = time.perf_counter() - began
    work.cancel()
    await asyncio.wait({work})
    assert len({one.event_id for one in inside.delivered}) == count
    return took
