"""Where the database's files lie, and what is done so that its account can reach them.

- `<data>/postgres/`: the cluster, 0700, with `password` in it
- `<data>/postgres-log/`: a file per weekday, and `start.log` from the last start
- `<data>/postgres-run/`: the locks `start` (one starts at a time), `users` (who uses it), `server`
- `<data>/postgres.moved`: only if the cluster had to go elsewhere: the folder that has all this
"""

import hashlib
import os
import re
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from storage.embedded import errors
from storage.embedded.account import Account, choose, reaches
from storage.embedded.errors import Words

ELSEWHERE: Final = Path("/var/lib/keqing")
POINTER: Final = "postgres.moved"
_SOCKET: Final = ".s.PGSQL.5432"
_SOCKET_BYTES: Final = 103
"""The shortest limit on a socket's path among our systems (macOS 103, Linux 107)."""
_PLAIN_PATH: Final = re.compile(r"[\w./-]+", re.ASCII)
"""`unix_socket_directories` is a list with quoting of its own; other paths are not put into it."""


@dataclass(frozen=True, slots=True)
class Place:
    """The folder people named (`data`), the one that has the cluster (`root`), and its account."""

    data: Path
    root: Path
    account: Account

    @property
    def cluster(self) -> Path:
        return self.root / "postgres"

    @property
    def log(self) -> Path:
        return self.root / "postgres-log"

    @property
    def users_lock(self) -> Path:
        return self.data / "postgres-run" / "users"

    @property
    def server_lock(self) -> Path:
        """Held by the server's own processes, so that what lives is known without trusting pids."""
        return self.root / "postgres-run" / "server"

    @property
    def mark(self) -> str:
        """A short name of this very cluster, the same by whatever path one comes."""
        facts = self.cluster.stat()
        return hashlib.sha256(f"{facts.st_dev}:{facts.st_ino}".encode()).hexdigest()[:16]


def start_lock(data: Path) -> Path:
    """Make the data folder with its folder of locks; the lock that guards starting and stopping."""
    if not data.is_dir():
        data.mkdir(mode=0o700, parents=True)
    run = data / "postgres-run"
    if not run.is_dir():
        run.mkdir(mode=0o700, exist_ok=True)
        if not os.geteuid():
            facts = data.stat()
            os.chown(run, facts.st_uid, facts.st_gid)
    return run / "start"


def settle(data: Path) -> tuple[Place, list[Words]]:
    """Find or choose the cluster's folder; to be called with the start lock held.

    Permissions change on the data folder alone, never on a parent. What was changed or moved is
    told in the notes. Raises EmbeddedError (cluster_missing, not_writable, no_account).
    """
    pointer = data / POINTER
    if pointer.is_file():
        return _follow(data, pointer)
    account = choose(data / "postgres", data)
    here = Place(data, data, account)
    if not account.other or reaches(account, data):
        return here, []
    if reaches(account, data.parent):
        mode = stat.S_IMODE(data.stat().st_mode)
        data.chmod(mode | 0o011)
        if reaches(account, data):
            return here, [_opened(data, account, mode)]
        data.chmod(mode)
    if here.cluster.exists():
        raise errors.out_of_reach(data, account.name)
    return _move(data, pointer)


def _follow(data: Path, pointer: Path) -> tuple[Place, list[Words]]:
    root = Path(pointer.read_text(encoding="utf-8").strip())
    if not root.is_dir():
        raise errors.cluster_missing(pointer, root)
    return Place(data, root, choose(root / "postgres", root)), [_elsewhere(data, root)]


def _move(data: Path, pointer: Path) -> tuple[Place, list[Words]]:
    root = ELSEWHERE / secrets.token_hex(8)
    for folder in (ELSEWHERE, root, root / "postgres-run"):
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    account = choose(root)
    if not reaches(account, root):
        raise errors.out_of_reach(data, account.name)
    pointer.write_text(f"{root}\n", encoding="utf-8")
    return Place(data, root, account), [_elsewhere(data, root)]


def _opened(data: Path, account: Account, mode: int) -> Words:
    now = stat.S_IMODE(data.stat().st_mode)
    return Words(
        f"以 root 启动：数据库以 {account.name} 身份运行，{data} 的权限由 {mode:04o} 改为 {now:04o}。",
        f"Started by root: the database runs as {account.name}, so {data} went from mode "
        f"{mode:04o} to {now:04o}.",
    )


def _elsewhere(data: Path, root: Path) -> Words:
    return Words(
        f"数据目录 {data} 只有 root 能进入，数据库放在 {root}（{POINTER} 记着它）；迁移或删除时请一并处理。",
        f"Only root can enter {data}, so the database is in {root} ({POINTER} remembers it); "
        "move or remove the two together.",
    )


def socket_folder(place: Place) -> Path:
    """A folder for the server's socket that only its account can write to, with a short name.

    The cluster itself serves when its path is short; else one under /tmp, made anew when gone and
    refused when somebody else made it. Raises EmbeddedError (socket).
    """
    inside = place.cluster.resolve()
    if len(os.fsencode(inside / _SOCKET)) <= _SOCKET_BYTES and _PLAIN_PATH.fullmatch(str(inside)):
        return inside
    folder = Path("/tmp") / f"keqing-{place.mark}"  # noqa: S108 - its owner is checked below
    try:
        folder.mkdir(mode=0o700)
        place.account.own(folder)
    except FileExistsError:
        facts = folder.lstat()
        ours = facts.st_uid in {place.account.uid, os.geteuid()}
        if not stat.S_ISDIR(facts.st_mode) or not ours:
            raise errors.socket_refused(folder) from None
        folder.chmod(0o700)
        place.account.own(folder)
    except OSError as error:
        raise errors.socket_refused(folder, str(error)) from error
    return folder


def socket_in(folder: Path) -> Path:
    return folder / _SOCKET
