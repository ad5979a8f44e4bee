"""One IMAP connection, which only ever looks: EXAMINE and BODY.PEEK, never a flag or a move.

Everything but `close` blocks and belongs to one thread; `close` wakes that thread from any other.
Formats: RFC 3501, 2177 (IDLE), 2971 (ID), 6154 (special folders).
"""

import contextlib
import imaplib
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import IO, Final

from imap_tools import BaseMailBox
from imap_tools.errors import ImapToolsError

from adapters.email.oauth import sasl
from adapters.email.settings import Server
from bot.contract import MOST_FILE

TIMEOUT_S: Final = 30.0
PIECE: Final = 2 << 20
"""Bytes of a mail that are asked for at a time."""
# What servers without RFC 6154 call it, 163 and old Exchange among them.
_SENT_NAMES: Final = frozenset(
    {
        *("sent", "sent messages", "sent items", "sent mail", "sent-mail"),
        *(
            "已发送",
            "已发送邮件",
            "已发邮件",
            "发件箱",
            "寄件備份",
            "寄件匣",
            "已傳送的郵件",
            "送信済みアイテム",
        ),
    }
)
# 163, 126 and yeah.net answer "Unsafe Login" to programs that do not say who they are.
_WHO: Final = '("name" "Keqing" "version" "1.0" "vendor" "Keqing")'

FAILURES: Final = (imaplib.IMAP4.error, ImapToolsError, OSError, EOFError, ValueError)


_LATER: Final = re.compile(
    r"too many|maximum number|\[limit\]|\[unavailable\]|\[inuse\]|temporar|try (?:again )?later"
    r"|server busy|system busy|频繁|繁忙|稍后",
    re.IGNORECASE,
)
_SWITCHED_OFF: Final = re.compile(
    r"(?:imap|service|access|protocol)\W+(?:\w+\W+){0,4}(?:disabled|not enabled|not open|turned off|closed)"
    r"|not (?:been )?enabled|未开启|未开通|没有开启|已关闭|service is not open",
    re.IGNORECASE,
)


class Why(StrEnum):
    """What stands in the way of who is not let in; each is for a person to change."""

    PASSWORD = "user or password not known"  # noqa: S105 - no password
    OFF = "IMAP is switched off"
    UNSAFE = "Unsafe Login"
    CLEAR = "no TLS offered: the password is not sent in clear"
    TOKEN = "token not taken"  # noqa: S105 - no token


class NotLetIn(Exception):
    """The server opens nothing to us."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class NotHandedOut(Exception):
    """The server says NO to a mail that it has listed."""


class TooLarge(Exception):
    """A mail larger than any file we keep."""


class _Client(imaplib.IMAP4):
    """Speaks on a socket that is there already, so that its owner can cut it."""

    def __init__(self, line: socket.socket, host: str) -> None:
        self._line = line
        super().__init__(host)

    def _create_socket(self, timeout: float | None) -> socket.socket:  # noqa: ARG002 - imaplib's
        return self._line


class _Box(BaseMailBox):
    def __init__(self, line: socket.socket, host: str) -> None:
        self._line = line
        self._host = host
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        return _Client(self._line, self._host)


class Session:
    def __init__(self, server: Server, line: socket.socket, token: str = "") -> None:
        """`line` is connected; it belongs to the session from here on. A token opens with XOAUTH2."""
        self._server = server
        self._token = token
        self._line = line
        self._box: _Box | None = None

    @property
    def _at(self) -> _Box:
        if self._box is None:
            raise OSError("not open")
        return self._box

    def open(self) -> None:
        """TLS, greeting, LOGIN, ID."""
        self._line.settimeout(TIMEOUT_S)
        if self._server.tls:
            context = ssl.create_default_context()
            self._line = context.wrap_socket(
                self._line, server_hostname=self._server.host, do_handshake_on_connect=False
            )
            self._line.do_handshake()
        self._box = box = _Box(self._line, self._server.host)
        if not self._server.tls:
            self._upgrade(box)
        _let_in(box, self._server, self._token)
        # Many servers tell what they can only to those who are in.
        _, told = box.client.capability()
        box.client.capabilities = tuple((told[0] or b"").decode("ascii", "replace").upper().split())
        if "ID" in box.client.capabilities:
            with contextlib.suppress(ImapToolsError):
                box.client.xatom("ID", _WHO)

    def _upgrade(self, box: _Box) -> None:
        """STARTTLS. Whoever sits between could take the offer away: then nothing secret is said."""
        if "STARTTLS" in box.client.capabilities:
            box.client.starttls(ssl.create_default_context())
            self._line = box.client.sock
        elif not loopback(self._line):
            raise NotLetIn(Why.CLEAR)

    @property
    def capabilities(self) -> Sequence[str]:
        return self._at.client.capabilities

    @property
    def idles(self) -> bool:
        return "IDLE" in self.capabilities

    def folder_names(self) -> Sequence[str]:
        return [one.name for one in self._at.folder.list() if "\\noselect" not in _lower(one.flags)]

    def newest(self) -> datetime | None:
        """When the last mail of the open folder came; None where it has none."""
        last = next(reversed(self.after(0)), None)
        if last is None:
            return None
        _, found = self._at.client.uid("FETCH", str(last), "(INTERNALDATE)")
        said = b" ".join(one for one in found if isinstance(one, bytes))
        at = imaplib.Internaldate2tuple(said)
        return datetime.fromtimestamp(time.mktime(at), UTC) if at else None

    def sent_folder(self) -> str | None:
        """The folder that the server marks as sent mail, or one that is called so."""
        folders = self._at.folder.list()
        by_flag = [one.name for one in folders if "\\sent" in _lower(one.flags)]
        by_name = [
            one.name
            for one in folders
            if one.name.rpartition(one.delim or "/")[2].lower() in _SENT_NAMES
        ]
        return next(iter([*by_flag, *by_name]), None)

    def examine(self, folder: str) -> str:
        """Open a folder to look at; gives its UIDVALIDITY."""
        try:
            self._at.folder.set(folder, readonly=True)
        except ImapToolsError as error:
            if "unsafe login" in str(error).lower():
                raise NotLetIn(Why.UNSAFE) from None
            raise
        _, told = self._at.client.response("UIDVALIDITY")
        return (told[0] or b"0").decode("ascii", "replace") if told else "0"

    def after(self, uid: int) -> Sequence[int]:
        """UIDs above `uid`, in order; `n:*` alone always names the last mail too."""
        found = self._at.uids(f"UID {uid + 1}:*", charset=None)
        return sorted(one for one in map(int, found) if one > uid)

    def since(self, day: date) -> Sequence[int]:
        """UIDs of mails that came on that day or later, in order."""
        # strftime would write the month in the server's language.
        month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[day.month - 1]
        return sorted(map(int, self._at.uids(f"SINCE {day.day}-{month}-{day.year}", charset=None)))

    def fetch(self, uid: int, into: IO[bytes]) -> int:
        """Write a mail into a file, piece by piece; its size, 0 where it is gone by now."""
        size = 0
        while True:
            piece = self._piece(uid, size)
            into.write(piece)
            size += len(piece)
            if size > MOST_FILE:
                raise TooLarge
            if len(piece) < PIECE:
                return size

    def _piece(self, uid: int, at: int) -> bytes:
        told, found = self._at.client.uid("FETCH", str(uid), f"(UID BODY.PEEK[]<{at}.{PIECE}>)")
        if told != "OK":
            raise NotHandedOut
        # Between the answers, a server tells of flags that others set; those have no literal.
        pieces = [one[1] for one in found if isinstance(one, tuple) and b"BODY[]" in one[0]]
        return b"".join(pieces)

    def wait(self, seconds: float) -> None:
        """Until something happens in the folder, or the time is over."""
        with self._at.idle as idle:
            if not self._told_already():
                idle.poll(timeout=seconds)

    def _told_already(self) -> bool:
        """Whether the line that IDLE was granted on brought more: no socket would tell of it again."""
        client = self._at.client
        client.sock.settimeout(0)
        try:
            return bool(client.file.peek(1))  # pyright: ignore[reportAttributeAccessIssue] -- buffered
        except OSError:
            return False
        finally:
            client.sock.settimeout(TIMEOUT_S)

    def close(self) -> None:
        """Cut the line; whoever waits on it wakes. From any thread, and often."""
        with contextlib.suppress(OSError):
            # Not SSLSocket's own: it would take the TLS state from the thread that reads.
            socket.socket.shutdown(self._line, socket.SHUT_RDWR)

    def dispose(self) -> None:
        """Give everything back, in the session's own thread."""
        with contextlib.suppress(*FAILURES):
            if self._box is not None:
                self._box.client.shutdown()
        self._line.close()


def _lower(flags: Sequence[str]) -> list[str]:
    return [flag.lower() for flag in flags]


def loopback(line: socket.socket) -> bool:
    """Whether the far end is this machine."""
    return ipaddress.ip_address(line.getpeername()[0].partition("%")[0]).is_loopback


def _let_in(box: _Box, server: Server, token: str) -> None:
    try:
        if token:
            words = sasl(server.user, token).encode()
            # The challenge after a refusal wants an empty answer before the server says NO.
            box.client.authenticate("XOAUTH2", lambda challenge: b"" if challenge else words)
        elif server.user.isascii() and server.password.isascii():
            box.login(server.user, server.password, initial_folder=None)
        else:
            box.login_utf8(server.user, server.password, initial_folder=None)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, ImapToolsError) as error:
        said = str(error)
        if _LATER.search(said):
            raise OSError("the server has no room") from None
        raise NotLetIn(_why(said, token)) from None


def _why(said: str, token: str) -> Why:
    if "unsafe login" in said.lower():
        return Why.UNSAFE
    if _SWITCHED_OFF.search(said):
        return Why.OFF
    return Why.TOKEN if token else Why.PASSWORD
