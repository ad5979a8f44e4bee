"""Backup into one file and back: the database, the stored files, and a manifest with their hashes.

Backup writes beside its target and renames. Restore changes nothing before every hash has been
checked, replaces the database in one transaction, and swaps the files in whole.
"""

import contextlib
import os
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from storage.backup import archive, database
from storage.backup.archive import Manifest, check
from storage.backup.errors import BackupError
from storage.embedded import Words
from storage.embedded.binaries import find

__all__ = ["BackupError", "Manifest", "Summary", "backup", "check", "restore"]


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written or read; sizes in bytes. `vanished` counts files deleted meanwhile."""

    path: Path
    manifest: Manifest
    database_bytes: int
    files: int
    files_bytes: int
    vanished: int = 0


def _summary(path: Path, manifest: Manifest, vanished: int = 0) -> Summary:
    sizes = [member.size for name, member in manifest.members.items() if name != archive.DUMP]
    database = manifest.members[archive.DUMP].size
    return Summary(path, manifest, database, len(sizes), sum(sizes), vanished)


def backup(url: str, files_dir: Path, target: Path, binaries: Path | None = None) -> Summary:
    """Write the database at `url` (libpq's form) and `files_dir` to `target`, whole or not at all.

    The dump is taken first, so every file it names is there. `binaries` is the folder of pg_dump,
    the embedded one by default. Raises BackupError (dump_failed), OSError (disk full, say).
    """
    part = target.with_name(f"{target.name}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _private(part) as out, tempfile.TemporaryDirectory(dir=target.parent) as room:
            dump = Path(room) / archive.DUMP
            database.dump_to(url, dump, binaries or find())
            manifest, vanished = archive.pack(out, dump, files_dir, database.revision(url))
            out.flush()
            os.fsync(out.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync(target.parent)
    return _summary(target, manifest, vanished)


def _private(path: Path) -> IO[bytes]:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    return os.fdopen(descriptor, "w+b")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def restore(
    url: str, files_dir: Path, source: Path, binaries: Path | None = None, *, force: bool = False
) -> Summary:
    """Replace the database at `url` and `files_dir` by what the backup `source` holds.

    Only an empty database and folder are filled, unless `force`. If anything fails, both are as
    they were. Raises BackupError (damaged, not_empty, restore_failed), OSError.
    """
    manifest = check(source)
    if not force:
        _require_empty(url, files_dir)
    files_dir.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=files_dir.parent, prefix=".restore-") as room:
        archive.unpack(source, manifest, Path(room))
        fresh = Path(room) / str(archive.FILES)
        fresh.mkdir(exist_ok=True)
        fresh.chmod(0o700)
        with _swapped(files_dir, fresh, Path(room) / "before"):
            database.load(url, Path(room) / archive.DUMP, binaries or find())
    return _summary(source, manifest)


@contextlib.contextmanager
def _swapped(files_dir: Path, fresh: Path, before: Path) -> Generator[None]:
    """Put the fresh folder in place of the old, and take that back if the database fails."""
    if files_dir.exists():
        files_dir.rename(before)
    fresh.rename(files_dir)
    try:
        yield
    except BaseException:
        files_dir.rename(fresh)
        if before.exists():
            before.rename(files_dir)
        raise


def _require_empty(url: str, files_dir: Path) -> None:
    if not database.is_empty(url) or (files_dir.is_dir() and any(files_dir.iterdir())):
        words = Words(
            "目标里已有数据，恢复会全部替换；什么都没有改动。确定要替换请加 --force。",
            "There are data already, and a restore replaces them all; nothing was changed. "
            "If that is what you want, add --force.",
        )
        raise BackupError("not_empty", words)
