"""Who the database runs as: PostgreSQL refuses root, so root hands it to an ordinary account."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

from storage.embedded import errors

ORDINARY: Final = "nobody"
ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""All that the database's processes see of ours: settings and tokens are not theirs to know."""


_SECONDS: Final = 300


class As(TypedDict, total=False):
    """The arguments of `subprocess` that change the user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """A uid and gid; `other` when it is not our own and children must change to it."""

    name: str
    uid: int
    gid: int
    other: bool

    @property
    def switch(self) -> As:
        if not self.other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, target: Path | int) -> None:
        """Hand a file (a path, or an open descriptor) to this account."""
        if self.other:
            os.chown(target, self.uid, self.gid, follow_symlinks=isinstance(target, int))


def choose(*folders: Path) -> Account:
    """The account for a database in the first of `folders` that exists.

    An ordinary user is himself. Root becomes the folder's owner, or `nobody` when root owns it.
    Raises EmbeddedError (no_account).
    """
    if os.geteuid():
        return _own_account()
    owner = next(folder.stat().st_uid for folder in folders if folder.exists())
    entry = _entry(owner) if owner else None
    try:
        entry = entry or pwd.getpwnam(ORDINARY)
    except KeyError as error:
        raise errors.no_account(ORDINARY, str(error)) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, other=True)


def _own_account() -> Account:
    entry = _entry(os.geteuid())
    if entry is None:
        raise errors.no_account(f"uid {os.geteuid()}")
    return Account(entry.pw_name, os.geteuid(), os.getegid(), other=False)


def _entry(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def run(
    account: Account, command: list[str], text: str = "", *, locks: tuple[int, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run `command` as the account, `text` on its standard input, output and errors in `stdout`.

    It inherits the descriptors in `locks`, and so holds those locks if we are killed meanwhile.
    Raises OSError when the program cannot be executed by that account.
    """
    return subprocess.run(  # noqa: S603 - our own programs, arguments as a list
        command,
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=_SECONDS,
        env=ENVIRONMENT,
        cwd="/",  # ours may be a folder the account cannot enter
        umask=0o077,
        pass_fds=locks,
        **account.switch,
    )


def reaches(account: Account, folder: Path) -> bool:
    """Whether the account can enter the folder: tried, because modes alone do not tell (ACLs).

    Raises EmbeddedError (no_account) where this process may not change its user at all.
    """
    try:
        return not run(account, ["/bin/sh", "-c", 'cd -P -- "$1"', "sh", str(folder)]).returncode
    except OSError as error:
        raise errors.no_account(account.name, str(error)) from error
