"""One folder of a mailbox, read for good: what is new is delivered, then the cursor moves.

The mailbox itself is left as it is. A folder that was not read for days is read from where it was
left; one that the server has numbered anew (UIDVALIDITY) is read again from the first day that it
was ever read from, where repeats are known by their event ids.
"""

import asyncio
import random
import socket
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import IO, Final, Self, TypeVar

from adapters.email import imap
from adapters.email.oauth import Access, NoToken
from adapters.email.settings import Server
from bot import clock, log
from bot.contract import Cursors

T = TypeVar("T")

SENT: Final = ""
"""In place of a folder's name: the one that the server marks as sent mail."""
_IN_MEMORY: Final = 1 << 20

_log = log.get("email")

Take = Callable[[IO[bytes], int, int], Awaitable[None]]
"""A mail's file, its size and its UID: returns once it is delivered."""
Refuse = Callable[[int, str], Awaitable[None]]
"""A mail that cannot be had, by its UID, and why."""


@dataclass(frozen=True, slots=True)
class Pace:
    idle_s: float = 540.0
    """IDLE is renewed: servers allow 29 minutes, routers between often less."""
    poll_s: float = 60.0
    """Where IDLE is not offered."""
    connect_s: float = 20.0
    first_s: float = 1.0
    longest_s: float = 300.0
    refused_s: float = 300.0
    """After a wrong password: mailboxes are locked for trying often."""
    tries: int = 3
    """Of one mail that the server does not hand out."""
    steady_s: float = 60.0
    """A line that worked so long and then ends is opened again without a word: many servers cut IDLE."""


class Health:
    """One line in the log when a mailbox stops working, one when all of it works again.

    The log names it by its number: addresses stay out of it.
    """

    def __init__(self, mailbox: int) -> None:
        self.mailbox = mailbox
        self._down: set[str] = set()

    def tell(self, folder: str, why: str) -> None:
        """`why` is empty where the folder works."""
        if why and not self._down:
            _log.warning("email.down", mailbox=self.mailbox, error=why)
        if not why and self._down == {folder}:
            _log.info("email.back", mailbox=self.mailbox)
        (self._down.add if why else self._down.discard)(folder)


@dataclass(frozen=True, slots=True)
class Place:
    address: str
    folder: str
    since_days: int
    health: Health


class NoFolder(Exception):
    """The server marks no folder as sent mail."""


class Folder:
    """Reads one folder until cancelled."""

    def __init__(
        self,
        server: Server,
        place: Place,
        cursors: Cursors,
        pace: Pace | None = None,
        access: Access | None = None,
    ) -> None:
        self._server = server
        self._access = access
        self._place = place
        self._cursors = cursors
        self._pace = pace or Pace()
        self._down = False
        self._well_since: float | None = None
        """By the loop's clock: since when this connection has worked."""
        self._failed_uid: tuple[int, int] = (0, 0)
        """The last mail that could not be had, and how often."""

    async def run(self, take: Take, refuse: Refuse) -> None:
        failures = 0
        while True:
            pause = 0.0
            try:
                await self._once(take, refuse)
            except NoFolder:
                _log.warning("email.no_sent_folder", mailbox=self._place.health.mailbox)
                pause, why = 3600.0, ""
            except imap.NotLetIn as error:
                pause, why = self._pace.refused_s, f"not let in: {error}"
            except NoToken as error:
                pause, why = (
                    self._pace.refused_s,
                    f"refresh token not taken ({error}): make a new one",
                )
            except Exception as error:  # noqa: BLE001 - the loop's edge: it never dies silently
                why = type(error).__name__
            else:
                why = "closed"
            failures = failures + 1 if self._down else 0
            if pause or not self._was_steady():
                self._tell(why)
            pause = pause or min(self._pace.first_s * 2 ** min(failures, 10), self._pace.longest_s)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads, hides nothing

    def _tell(self, why: str) -> None:
        self._place.health.tell(self._place.folder, why)
        self._down = bool(why)

    def _was_steady(self) -> bool:
        since, self._well_since = self._well_since, None
        return since is not None and _now() - since >= self._pace.steady_s

    async def _once(self, take: Take, refuse: Refuse) -> None:
        """One connection, until it ends; a token that is not taken is replaced once."""
        if self._access is None:
            await self._talk("", take, refuse)
            return
        token = await self._access.token()
        try:
            await self._talk(token, take, refuse)
        except imap.NotLetIn as refusal:
            if refusal.why is not imap.Why.TOKEN:
                raise
            await self._talk(await self._access.token(refused=token), take, refuse)

    async def _talk(self, token: str, take: Take, refuse: Refuse) -> None:
        line = await connected(self._server, self._pace.connect_s)
        async with Thread(imap.Session(self._server, line, token)) as thread:
            session = thread.session
            await thread.do(session.open)
            folder = self._place.folder or await thread.do(session.sent_folder)
            if not folder:
                raise NoFolder
            name = f"email:{self._place.address}:{folder}"
            while True:
                # Examined anew each time: some servers tell of new mail only then.
                validity = await thread.do(lambda: session.examine(folder))
                for uid in await self._due(thread, name, validity):
                    await self._read(thread, uid, take, refuse)
                    await self._cursors.put(name, f"{validity}:{uid}")
                self._tell("")
                self._well_since = self._well_since or _now()
                if session.idles:
                    await thread.do(lambda: session.wait(self._pace.idle_s))
                else:
                    await asyncio.sleep(self._pace.poll_s)

    async def _due(self, thread: "Thread", name: str, validity: str) -> Sequence[int]:
        """UIDs of the mails that are still to be delivered."""
        known, _, uid = (await self._cursors.get(name)).partition(":")
        if known == validity and uid.isdecimal():
            return await thread.do(lambda: thread.session.after(int(uid)))
        first = await self._cursors.get(f"{name}:since")
        if not first:
            day = (clock.now() - timedelta(days=self._place.since_days)).date()
            first = day.isoformat()
            await self._cursors.put(f"{name}:since", first)
        return await thread.do(lambda: thread.session.since(date.fromisoformat(first)))

    async def _read(self, thread: "Thread", uid: int, take: Take, refuse: Refuse) -> None:
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            try:
                size = await thread.do(lambda: thread.session.fetch(uid, file))
            except imap.TooLarge:
                await refuse(uid, "too large")
                return
            except imap.NotHandedOut:
                # Once may be a server that is busy; it is asked again on a new connection.
                last, times = self._failed_uid
                self._failed_uid = (uid, times + 1 if last == uid else 1)
                if self._failed_uid[1] < self._pace.tries:
                    raise
                await refuse(uid, "the server does not hand it out")
                return
            if size:
                await take(file, size, uid)


def _now() -> float:
    return asyncio.get_running_loop().time()


async def connected(server: Server, within_s: float) -> socket.socket:
    """A socket to the server. Not in a thread: nothing could wake it while it waits to connect."""
    loop = asyncio.get_running_loop()
    failed: OSError = OSError("no address")
    async with asyncio.timeout(within_s):
        found = await loop.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
        for family, kind, protocol, _, address in found:
            line = socket.socket(family, kind, protocol)
            line.setblocking(False)
            try:
                await loop.sock_connect(line, address)
            except OSError as error:
                failed = error
                line.close()
            except BaseException:
                line.close()
                raise
            else:
                return line
    raise failed


class Thread:
    """A session and the thread that it lives in: waiting for mail would use up the shared ones."""

    def __init__(self, session: imap.Session) -> None:
        self.session = session
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="email")

    async def do(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.session.close()
        # Behind whatever the thread is still at, which the cut line ends.
        last = asyncio.get_running_loop().run_in_executor(self._pool, self.session.dispose)
        self._pool.shutdown(wait=False)
        await asyncio.wait({last}, timeout=0.5)
