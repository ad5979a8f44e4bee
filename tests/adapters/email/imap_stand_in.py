"""An IMAP server of a few commands, strict: whatever is not reading is refused and remembered."""

import asyncio
import base64
import contextlib
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

USER, PASSWORD = "us@b.cn", "p@ss/word"


@dataclass
class Folder:
    name: str
    flags: str = "\\HasNoChildren"
    validity: int = 7
    mails: dict[int, bytes] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, raw: bytes) -> int:
        uid = max(self.mails, default=0) + 1
        self.mails[uid] = raw
        self.changed.set()
        return uid


class ImapStandIn:
    def __init__(self):
        self.folders = {
            "INBOX": Folder("INBOX"),
            "Sent Items": Folder("Sent Items", "\\HasNoChildren \\Sent"),
        }
        self.capabilities = "IMAP4REV1 IDLE ID"
        self.commands: list[str] = []
        self.strange: list[str] = []
        """Commands that no reader needs."""
        self.unsafe = True
        """As 163: nothing is opened for who has not sent ID."""
        self.cut_after: list[int] = []
        """Of the next connections: after how many FETCHes the line is cut."""
        self.refused_uids: set[int] = set()
        self.idling = asyncio.Event()
        self.connections = 0
        self.open: set[asyncio.StreamWriter] = set()
        self.at_idle: list[bytes] = []
        """Mails that come in the same breath as IDLE is granted, one each time."""
        self.port = 0
        self.password = PASSWORD
        self.tokens: set[str] = set()
        """With these XOAUTH2 opens."""
        self.tried_tokens: list[str] = []
        self.login_answer = ""
        """In place of what LOGIN would say."""
        self.greeting = "* OK [ALERT] ready"
        self.upgrade: ssl.SSLContext | None = None
        """For STARTTLS."""
        self.secrets_in_clear = 0

    @property
    def inbox(self) -> Folder:
        return self.folders["INBOX"]

    @asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["ImapStandIn"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in list(self.open):
                writer.transport.abort()
            while self.open:  # noqa: ASYNC110 - sets of lines have no event
                await asyncio.sleep(0.01)

    async def _serve(self, reader, writer):
        self.connections += 1
        self.open.add(writer)
        line = _Line(self, reader, writer, self.cut_after.pop(0) if self.cut_after else None)
        try:
            await line.talk()
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()
            self.open.discard(writer)


class _Line:
    def __init__(self, server, reader, writer, cut_after):
        self.server, self.reader, self.writer = server, reader, writer
        self.folder = None
        self.told_id = False
        self.cut_after = cut_after

    def say(self, text):
        self.writer.write(text.encode("utf-7" if "已" in text else "latin-1") + b"\r\n")

    async def talk(self):
        self.say(self.server.greeting)
        if self.server.greeting.startswith("* BYE"):
            await self.writer.drain()
            return
        while True:
            raw = await self.reader.readline()
            if not raw:
                return
            tag, _, rest = raw.decode().strip().partition(" ")
            name, _, words = rest.partition(" ")
            if name.upper() == "UID":
                verb, _, words = words.partition(" ")
                name = f"UID {verb}"
            name = name.upper()
            self.server.commands.append(name)
            handler = getattr(self, "do_" + name.lower().replace(" ", "_"), None)
            if handler is None:
                self.server.strange.append(rest)
                self.say(f"{tag} BAD what?")
                continue
            answer = await handler(words, tag)
            if answer is None:
                return
            if answer:
                self.say(f"{tag} {answer}")
            await self.writer.drain()

    async def do_capability(self, words, tag):
        self.say(f"* CAPABILITY {self.server.capabilities}")
        return "OK done"

    async def do_starttls(self, words, tag):
        self.say(f"{tag} OK begin")
        await self.writer.start_tls(self.server.upgrade)
        self.server.capabilities = self.server.capabilities.replace(" STARTTLS", "")
        return ""

    async def do_authenticate(self, words, tag):
        assert words == "XOAUTH2", words
        self.say("+ ")
        said = base64.b64decode(await self.reader.readline()).decode()
        found = re.fullmatch("user=(.*)\x01auth=Bearer (.*)\x01\x01", said)
        assert found
        assert found[1] == USER
        self.server.tried_tokens.append(found[2])
        if found[2] in self.server.tokens:
            return "OK in"
        self.say("+ " + base64.b64encode(b'{"status":"400"}').decode())
        assert await self.reader.readline() == b"\r\n"
        return "NO [AUTHENTICATIONFAILED] invalid token"

    async def do_login(self, words, tag):
        if self.writer.get_extra_info("ssl_object") is None:
            self.server.secrets_in_clear += 1
        if self.server.login_answer:
            return self.server.login_answer
        return "OK in" if words == f'"{USER}" "{self.server.password}"' else "NO wrong"

    async def do_id(self, words, tag):
        self.told_id = words.startswith('("name"')
        self.say("* ID NIL")
        return "OK done"

    async def do_list(self, words, tag):
        for folder in self.server.folders.values():
            self.say(f'* LIST ({folder.flags}) "/" "{folder.name}"')
        return "OK done"

    async def do_examine(self, words, tag):
        if self.server.unsafe and not self.told_id:
            return "NO EXAMINE Unsafe Login"
        self.folder = self.server.folders.get(words.strip('"'))
        if self.folder is None:
            return "NO no such folder"
        self.say(f"* {len(self.folder.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.folder.validity}] valid")
        self.folder.changed.clear()
        return "OK [READ-ONLY] looked at"

    async def do_uid_search(self, words, tag):
        uids = sorted(self.folder.mails)
        if found := re.fullmatch(r"UID (\d+):\*", words):
            first = int(found[1])
            # n:* holds the last mail, whatever n is.
            uids = [uid for uid in uids if uid >= first] or uids[-1:]
        elif found := re.fullmatch(r"SINCE (\d+-[A-Z][a-z]{2}-\d{4})", words):
            day = datetime.strptime(found[1], "%d-%b-%Y").replace(tzinfo=UTC)
            uids = [uid for uid in uids if _date(self.folder.mails[uid]) >= day]
        else:
            return "BAD search"
        self.say("* SEARCH " + " ".join(map(str, uids)))
        return "OK done"

    async def do_uid_fetch(self, words, tag):
        if asked := re.fullmatch(r"(\d+) \(INTERNALDATE\)", words):
            at = _date(self.folder.mails[int(asked[1])])
            self.say(f'* 1 FETCH (UID {asked[1]} INTERNALDATE "{at:%d-%b-%Y %H:%M:%S +0000}")')
            return "OK done"
        found = re.fullmatch(r"(\d+) \(UID BODY\.PEEK\[\]<(\d+)\.(\d+)>\)", words)
        if not found:
            self.server.strange.append(words)
            return "BAD fetch"
        uid, at, size = map(int, found.groups())
        if self.cut_after is not None:
            self.cut_after -= 1
            if self.cut_after < 0:
                self.writer.transport.abort()
                return None
        if uid in self.server.refused_uids:
            return "NO broken"
        self.say("* 1 FETCH (UID 99999 FLAGS (\\Seen))")
        if uid in self.folder.mails:
            piece = self.folder.mails[uid][at : at + size]
            self.writer.write(f"* 1 FETCH (UID {uid} BODY[]<{at}> {{{len(piece)}}}\r\n".encode())
            self.writer.write(piece + b")\r\n")
        return "OK done"

    async def do_idle(self, words, tag):
        folder = self.folder
        granted = "+ idling"
        if self.server.at_idle:
            folder.add(self.server.at_idle.pop(0))
            folder.changed.clear()
            granted += f"\r\n* {len(folder.mails)} EXISTS"
        self.say(granted)
        self.server.idling.set()
        telling = asyncio.create_task(self._tell(folder))
        try:
            done = await self.reader.readline()
        finally:
            telling.cancel()
            self.server.idling.clear()
        if not done:
            return None
        assert done == b"DONE\r\n", done
        return "OK done"

    async def _tell(self, folder):
        while True:
            await folder.changed.wait()
            folder.changed.clear()
            self.say(f"* {len(folder.mails)} EXISTS")

    async def do_logout(self, words, tag):
        self.say("* BYE")
        return "OK done"


def _date(raw):
    found = re.search(rb"^Date: (.*?)\r?$", raw, re.MULTILINE)
    return parsedate_to_datetime(found[1].decode())
