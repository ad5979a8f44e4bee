"""Starting, finding and stopping the server process of one cluster.

Every process of a server inherits a lock (`Place.server_lock`). Whoever can take it knows that
none is left, which no pid can tell: pids are reused after a reboot and differ between containers.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from storage.embedded import creation, errors, locks
from storage.embedded.account import ENVIRONMENT
from storage.embedded.place import Place, socket_folder, socket_in

_FAST_SECONDS: Final = 30
_LEFTOVER_SECONDS: Final = 5
"""Time for a dead postmaster's children to leave by themselves."""
_TAIL_LINES: Final = 15
_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What `postmaster.pid` says: process, folder of the socket, and whether it takes clients."""

    pid: int
    sockets: Path
    ready: bool


def postmaster(place: Place) -> Postmaster | None:
    """The server that `postmaster.pid` tells of; None when there is none or it is half written."""
    try:
        lines = (place.cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 8:
        return None
    return Postmaster(int(lines[0]), Path(lines[4]), lines[7].strip() == "ready")


def answers(sockets: Path) -> bool:
    """Whether a server listens on the socket in this folder. Costs some 50 microseconds."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(socket_in(sockets)))
        except BlockingIOError:
            return True  # its queue of new clients is full: busy, and alive
        except OSError:
            return False
    return True


def bring_up(place: Place, programs: Path) -> Path:
    """Attach to the server, or start it; the folder of its socket. Call with the start lock held.

    Raises EmbeddedError (disk_full, socket, not_writable, start_failed, busy).
    """
    place.server_lock.parent.mkdir(mode=0o700, exist_ok=True)
    patience = time.monotonic() + _LEFTOVER_SECONDS
    end = time.monotonic() + locks.START_SECONDS
    while time.monotonic() < end:
        found = postmaster(place)
        if found and found.ready and answers(found.sockets):
            return found.sockets
        sockets = _start_if_none(place, programs)
        if sockets:
            return sockets
        if time.monotonic() > patience:
            _clear_the_way(place, found)
            patience += _LEFTOVER_SECONDS
        time.sleep(0.01)
    raise errors.busy(place.cluster, _said(place, {}))


def _clear_the_way(place: Place, found: Postmaster | None) -> None:
    """Stop what holds the cluster without serving it: a deaf server, or a dead one's children."""
    if found and runs(place, found.pid):
        if found.ready and not socket_in(found.sockets).exists():
            _signal(found.pid, signal.SIGINT)  # its socket was deleted: nobody can reach it again
        return
    for pid in _children(place):
        _signal(pid, signal.SIGQUIT)


def _start_if_none(place: Place, programs: Path) -> Path | None:
    descriptor = locks.opened(place.server_lock)
    try:
        found = postmaster(place)
        if not locks.taken(descriptor) or (found and runs(place, found.pid)):
            return None
        sockets = socket_folder(place)
        _prepare(place, sockets)
        before = _log_sizes(place)
        _spawn(place, programs, sockets, descriptor)
    finally:
        os.close(descriptor)
    _await_ready(place, sockets, before)
    return sockets


def _prepare(place: Place, sockets: Path) -> None:
    # No process of the server is left, so these are stale, though the pid in them may live again
    # as somebody else's (or as a zombie), which would make PostgreSQL refuse to start.
    at = socket_in(sockets)
    for stale in (place.cluster / "postmaster.pid", at.with_name(f"{at.name}.lock"), at):
        stale.unlink(missing_ok=True)
    place.log.mkdir(mode=0o700, exist_ok=True)
    for folder in (place.cluster, place.log):
        if place.account.other and folder.stat().st_uid != place.account.uid:
            for path in (folder, *folder.rglob("*")):
                place.account.own(path)  # copied or restored by root
    place.cluster.chmod(0o700)
    settings = place.cluster / "keqing.conf"
    if settings.read_text(encoding="utf-8") != creation.SETTINGS:
        creation.write(settings, creation.SETTINGS, place.account)


def _spawn(place: Place, programs: Path, sockets: Path, lock: int) -> None:
    """Start the server in a session of its own, so that it outlives us and our Ctrl-C."""
    options = {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "cluster_name": place.mark,
        "log_directory": str(place.log),
    }
    command = [str(programs / "postgres"), "-D", str(place.cluster)]
    command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    log = os.open(place.log / "start.log", flags, 0o600)
    try:
        place.account.own(log)
        # Through a shell that leaves at once: the server is then no child that we have to reap.
        subprocess.run(  # noqa: S603 - our own program, arguments as a list
            ["/bin/sh", "-c", '"$@" &', "sh", *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=True,
            env=ENVIRONMENT,
            cwd="/",
            umask=0o077,
            start_new_session=True,
            pass_fds=(lock,),
            **place.account.switch,
        )
    finally:
        os.close(log)


def _await_ready(place: Place, sockets: Path, before: dict[Path, int]) -> None:
    def settled() -> bool:
        found = postmaster(place)
        return bool(found and found.ready and answers(sockets)) or gone(place)

    in_time = locks.until(settled, locks.START_SECONDS)
    if gone(place):
        raise errors.from_log(place.cluster, sockets, _said(place, before))
    if not in_time:
        raise errors.busy(place.cluster, _said(place, before))


def gone(place: Place) -> bool:
    """Whether no process of the cluster's server is left."""
    descriptor = locks.opened(place.server_lock)
    try:
        return locks.taken(descriptor)
    finally:
        os.close(descriptor)


def stop(place: Place) -> None:
    """Stop the server: fast, then at once (its next start recovers). Raises EmbeddedError (busy).

    A server in another container stays: its pid means nothing here.
    """
    for sign in (signal.SIGINT, signal.SIGQUIT):
        found = postmaster(place)
        if found is None or not runs(place, found.pid):
            return
        _signal(found.pid, sign)
        if locks.until(lambda: gone(place), _FAST_SECONDS):
            if found.sockets.name == f"keqing-{place.mark}":
                shutil.rmtree(found.sockets)
            return
    raise errors.busy(place.cluster)


def _signal(pid: int, sign: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it went by itself meanwhile
        os.kill(pid, sign)


def runs(place: Place, pid: int) -> bool:
    """Whether `pid` is a postmaster on this cluster, and not a later process with its number."""
    # The command line and not the working folder: root without CAP_SYS_PTRACE, as in a
    # container, may read only the first of another user's process.
    words = _command(pid).split("\0")
    return Path(words[0]).name == "postgres" and str(place.cluster) in words


def _children(place: Place) -> Iterator[int]:
    for folder in _PROC.glob("[0-9]*"):
        if _command(int(folder.name)).startswith(f"postgres: {place.mark}: "):
            yield int(folder.name)


def _command(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "cmdline").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        if _PROC.is_dir():
            return ""
    except (ProcessLookupError, PermissionError):
        return ""
    ps = ["/bin/ps", "-ww", "-o", "args=", "-p", str(pid)]
    done = subprocess.run(ps, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip().replace(" ", "\0")


def _log_sizes(place: Place) -> dict[Path, int]:
    return {path: path.stat().st_size for path in place.log.glob("postgres-*.log")}


def _said(place: Place, before: dict[Path, int]) -> str:
    """The last lines in the server's logs, leaving out what was there `before`."""
    lines: list[str] = []
    for path in sorted(place.log.glob("*.log"), key=lambda path: path.name != "start.log"):
        written = path.read_bytes()[before.get(path, 0) :]
        lines += written.decode("utf-8", "replace").splitlines()
    return "\n".join(lines[-_TAIL_LINES:])
