"""Advisory locks that vanish with the processes that hold them, whatever kills those."""

import fcntl
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from storage.embedded import errors

START_SECONDS: Final = 200
"""How long a start may be waited for: recovery after a crash can take minutes."""
_POLL_SECONDS: Final = 0.01


def opened(path: Path) -> int:
    """An open descriptor of the lock file; a symbolic link in its place is refused.

    The file goes to its folder's owner, so that root's visit does not lock him out.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if not os.geteuid():
        facts = path.parent.stat()
        os.fchown(descriptor, facts.st_uid, facts.st_gid)
    return descriptor


def taken(descriptor: int, *, shared: bool = False) -> bool:
    """Take the lock if it is free; whether we hold it now."""
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def until(ready: Callable[[], bool], seconds: float) -> bool:
    """Ask `ready` every few milliseconds until it says yes (True) or the time is over (False)."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_SECONDS)
    return True


@contextmanager
def held(path: Path) -> Generator[int]:
    """Hold the lock alone, waiting for whoever has it; its descriptor. Raises EmbeddedError (busy)."""
    descriptor = opened(path)
    try:
        if not until(lambda: taken(descriptor), START_SECONDS):
            raise errors.busy(path.parent.parent)
        yield descriptor
    finally:
        os.close(descriptor)
