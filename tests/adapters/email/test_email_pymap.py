"""The same against an IMAP server that others wrote."""

import asyncio
import imaplib
import socket
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from adapters.email import adapter as email
from adapters.email.mailbox import Pace
from tests.adapters.email.test_email_mailbox import a_mail
from tests.contract.harness import Inside

BOX = "demouser@b.cn"


class Pymap:
    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    @asynccontextmanager
    async def running(self):
        main = "import sys; from pymap.main import main; sys.exit(main())"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", main, "--host", "127.0.0.1", "--port", str(self.port)),
            *("--no-tls", "dict", "--demo-data"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield self
        finally:
            process.kill()
            await process.wait()

    async def ask(self, work):
        """What another mail program does meanwhile; waits until the server is there."""

        def visit():
            with imaplib.IMAP4("127.0.0.1", self.port) as client:
                client.login("demouser", "demopass")
                return work(client)

        async with asyncio.timeout(30):
            while True:
                try:
                    return await asyncio.to_thread(visit)
                except ConnectionError:
                    await asyncio.sleep(0.05)

    async def add(self, number):
        now = imaplib.Time2Internaldate(datetime.now(UTC))
        await self.ask(lambda client: client.append("INBOX", "", now, a_mail(number)))

    async def flags(self):
        def look(client):
            client.select("INBOX", readonly=True)
            return client.uid("FETCH", "1:*", "(FLAGS)")

        return await self.ask(look)


async def came(inside, number):
    async with asyncio.timeout(30):
        while f"<{number}@a>" not in [one.event_id for one in inside.delivered]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_mail_comes_and_nothing_is_marked_and_a_restart_is_survived():
    inside, server = Inside(), Pymap()
    url = f"imap://demouser:demopass@127.0.0.1:{server.port}"
    settings = {"mailboxes": [{"url": url, "address": BOX}]}
    made = email.EmailAdapter(
        email.EmailSettings.model_validate(settings),
        inside.ports,
        Pace(idle_s=60, first_s=0.05, longest_s=0.2),
    )
    async with server.running():
        await server.add(1)
        before = await server.flags()
        work = asyncio.create_task(made.work())
        await came(inside, 1)
        assert await server.flags() == before
        await server.add(2)
        await came(inside, 2)
    # It keeps nothing: what comes back has another UIDVALIDITY, and the old numbers again.
    async with server.running():
        await server.add(3)
        await came(inside, 3)
        work.cancel()
        await asyncio.wait({work})
    assert not inside.rejected
