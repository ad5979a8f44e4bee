"""One IMAP connection, which only ever looks: EXAMINE and BODY.PEEK, never a flag or a move.

Everything but `close` blocks and belongs to one thread; `close` wakes that thread from any other.
Formats: RFC 3501, 2177 (IDLE), 2971 (ID), 6154 (special folders).
"""

import contextlib
import imaplib
import socket
import ssl
from collections.abc import Sequence
from datetime import date
from typing import IO, Final

from imap_tools import BaseMailBox
from imap_tools.errors import ImapToolsError

from adapters.email.settings import Server
from bot.contract import MOST_FILE

TIMEOUT_S: Final = 30.0
PIECE: Final = 2 << 20
"""Bytes of a mail that are asked for at a time."""
# What servers without RFC 6154 call it, 163 and old Exchange among them.
_SENT_NAMES: Final = frozenset(
    {"sent", "sent messages", "sent items", "sent mail", "已发送", "已发送邮件", "已发邮件"}
)
# 163, 126 and yeah.net answer "Unsafe Login" to programs that do not say who they are.
_WHO: Final = '("name" "Keqing" "version" "1.0" "vendor" "Keqing")'

FAILURES: Final = (imaplib.IMAP4.error, ImapToolsError, OSError, EOFError, ValueError)


class NotLetIn(Exception):
    """The server knows this user or this password not."""


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
    def __init__(self, server: Server, line: socket.socket) -> None:
        """`line` is connected; it belongs to the session from here on."""
        self._server = server
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
        if not self._server.tls and "STARTTLS" in box.client.capabilities:
            box.client.starttls(ssl.create_default_context())
            self._line = box.client.sock
        try:
            _login(box, self._server)
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, ImapToolsError):
            raise NotLetIn from None
        # Many servers tell what they can only to those who are in.
        _, told = box.client.capability()
        box.client.capabilities = tuple((told[0] or b"").decode("ascii", "replace").upper().split())
        if "ID" in box.client.capabilities:
            with contextlib.suppress(ImapToolsError):
                box.client.xatom("ID", _WHO)

    @property
    def idles(self) -> bool:
        return "IDLE" in self._at.client.capabilities

    def sent_folder(self) -> str | None:
        """The folder that the server marks as sent mail, or one that is called so."""
        folders = self._at.folder.list()
        by_flag = [one.name for one in folders if "\\sent" in map(str.lower, one.flags)]
        by_name = [
            one.name
            for one in folders
            if one.name.rpartition(one.delim or "/")[2].lower() in _SENT_NAMES
        ]
        return next(iter([*by_flag, *by_name]), None)

    def examine(self, folder: str) -> str:
        """Open a folder to look at; gives its UIDVALIDITY."""
        self._at.folder.set(folder, readonly=True)
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


def _login(box: _Box, server: Server) -> None:
    if server.user.isascii() and server.password.isascii():
        box.login(server.user, server.password, initial_folder=None)
    else:
        box.login_utf8(server.user, server.password, initial_folder=None)
