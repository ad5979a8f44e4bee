"""What lies in the folder, and what of it has come to rest. Nothing here is read or changed."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.calls.marks import Marks, mark

REST_LOOKS: Final = 2
"""Looks that must find a file as it was."""
EMPTY_S: Final = 600
"""How long an empty file may still be a call that goes on."""
_NOTE: Final = ".json"
_TEMPORARY: Final = tuple(
    ".part .partial .tmp .temp .crdownload .filepart .download .swp .lock .lck ~".split()
)
_SYSTEM: Final = frozenset({"thumbs.db", "desktop.ini", "@eadir", "#recycle", "$recycle.bin"})

Look = tuple[int, int, int, tuple[int, int] | None]
"""Size, changed, status changed, and the same of the note beside it."""


@dataclass(slots=True)
class File:
    path: Path
    name: str
    """Relative to the folder."""
    look: Look
    rests: int = 0
    failures: int = 0
    done: bool = False

    @property
    def taken(self) -> bytes:
        return mark("taken", self.name, *self.look[:2])

    @property
    def refused(self) -> bytes:
        """A corrected note or new permissions make it worth another try."""
        return mark("refused", self.name, *self.look)

    @property
    def size(self) -> int:
        return self.look[0]


class View:
    """The folder over several looks."""

    def __init__(self, folder: Path, marks: Marks) -> None:
        self._folder = folder
        self._marks = marks
        self._files: dict[str, File] = {}
        self._first = True

    def look(self) -> list[File]:
        """Look once; answers what is due, oldest first. Raises `OSError` for the folder itself."""
        found, whole = _scan(self._folder)
        for path, stat in found.items():
            if not path.lower().endswith(_NOTE):
                look = stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, _beside(path, found)
                self._note(path, look)
        # An empty folder is more likely one that is not mounted.
        if whole and found:
            self._forget(self._files.keys() - found.keys())
        now = time.time()
        due = [one for one in self._files.values() if _is_due(one, now)]
        return sorted(due, key=lambda one: (one.failures, one.look[1]))

    def _forget(self, gone: set[str]) -> None:
        for path in gone:
            del self._files[path]
        if gone or self._first:
            present = {m for one in self._files.values() for m in (one.taken, one.refused)}
            self._marks.keep_only(present)
        self._first = False

    def _note(self, path: str, look: Look) -> None:
        known = self._files.get(path)
        if known is not None and known.look == look:
            known.rests += 1
            return
        file = File(Path(path), os.path.relpath(path, self._folder), look)
        file.done = file.taken in self._marks or file.refused in self._marks
        self._files[path] = file


def _is_due(file: File, now: float) -> bool:
    if file.done or file.rests < REST_LOOKS:
        return False
    return file.size > 0 or now - file.look[1] / 1e9 > EMPTY_S


def _scan(folder: Path) -> tuple[dict[str, os.stat_result], bool]:
    """Path → stat of every file, and whether all sub-folders could be read. Links are not followed."""
    found: dict[str, os.stat_result] = {}
    whole = True
    waiting = [str(folder)]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    if _is_left_alone(entry.name):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        with contextlib.suppress(FileNotFoundError):
                            found[entry.path] = entry.stat(follow_symlinks=False)
        except OSError:
            if here == str(folder):
                raise
            whole = False
    return found, whole


def _is_left_alone(name: str) -> bool:
    low = name.lower()
    return low.startswith((".", "~$")) or low.endswith(_TEMPORARY) or low in _SYSTEM


def _beside(path: str, found: Mapping[str, os.stat_result]) -> tuple[int, int] | None:
    notes = (path.rpartition(".")[0] + _NOTE, path + _NOTE)
    stat = next((found[note] for note in notes if note in found), None)
    return (stat.st_size, stat.st_mtime_ns) if stat else None


def is_written_to(path: Path) -> bool:
    """Whether a program on this machine has the file open for writing; false where nobody can tell."""
    if sys.platform != "linux":
        return False
    import fcntl  # noqa: PLC0415 - other systems have none

    try:
        with path.open("rb") as file:
            # A lease is not given while somebody writes. Whoever begins to write meanwhile makes the
            # kernel signal us: SIGURG, which does nothing, in place of SIGIO, which ends a program.
            fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:  # not our file, or a file system without leases
        return False
    return False
