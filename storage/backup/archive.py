"""The backup's file: a gzipped tar with `database.dump`, `files/…` and, at its end, `manifest.json`."""

import contextlib
import gzip
import hashlib
import importlib.metadata
import os
import tarfile
import tempfile
import zlib
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Final, cast

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from storage.backup.errors import BackupError
from storage.embedded import Words

FORMAT: Final = 1
DUMP: Final = "database.dump"
FILES: Final = PurePosixPath("files")
_MANIFEST: Final = "manifest.json"
_CHUNK: Final = 1 << 20
_MANIFEST_BYTES: Final = 256 << 20


class Member(BaseModel):
    """Size in bytes and SHA-256 (hex) of one member."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    size: int
    sha256: str


class Manifest(BaseModel):
    """What a backup holds and what made it. `alembic` is the schema's revision, if it has one."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    format: int
    product: str
    made_at: AwareDatetime
    alembic: str | None
    members: dict[str, Member]


def pack(out: IO[bytes], dump: Path, files_dir: Path, revision: str | None) -> tuple[Manifest, int]:
    members: dict[str, Member] = {}
    vanished = 0
    # Dumps and recordings are compressed already; level 1 gets what texts and documents give.
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
        members[DUMP] = _add(tar, dump, DUMP)
        for path in _files(files_dir):
            name = str(FILES / path.relative_to(files_dir).as_posix())
            try:
                members[name] = _add(tar, path, name)
            except FileNotFoundError:
                vanished += 1
        manifest = Manifest(
            format=FORMAT,
            product=importlib.metadata.version("keqing"),
            made_at=datetime.now(UTC),
            alembic=revision,
            members=members,
        )
        with tempfile.TemporaryFile() as file:
            file.write(manifest.model_dump_json().encode())
            info = tarfile.TarInfo(_MANIFEST)
            info.size = file.tell()
            file.seek(0)
            tar.addfile(info, file)
    return manifest, vanished


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path


def _add(tar: tarfile.TarFile, path: Path, name: str) -> Member:
    with path.open("rb") as file:
        facts = os.fstat(file.fileno())
        info = tarfile.TarInfo(name)
        info.size, info.mtime = facts.st_size, int(facts.st_mtime)
        hashing = _Hashing(file)
        tar.addfile(info, cast("IO[bytes]", hashing))
    return Member(size=info.size, sha256=hashing.sha256.hexdigest())


class _Hashing:
    """A reader that hashes what passes through it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.sha256.update(data)
        return data


def check(source: Path) -> Manifest:
    """Read a whole backup: every member named in the manifest, whole, and nothing besides.

    Raises BackupError (damaged).
    """
    found: dict[str, Member] = {}
    manifest: Manifest | None = None
    with _opened(source) as tar:
        for info in tar:
            if info.name == _MANIFEST and info.isreg() and info.size < _MANIFEST_BYTES:
                manifest = _manifest(_reader(tar, info).read())
            else:
                name = _safe(info)  # before anything is read: a link would be followed
                found[name] = _copy(tar, info, None)
    if manifest is None or found != manifest.members or DUMP not in found:
        raise _damaged("manifest.json")
    if manifest.format != FORMAT:
        raise _damaged(f"format {manifest.format}")
    return manifest


def _manifest(raw: bytes) -> Manifest:
    try:
        return Manifest.model_validate_json(raw)
    except ValidationError as error:
        raise _damaged(_MANIFEST) from error


def _damaged(detail: str) -> BackupError:
    words = Words(
        "备份文件损坏或不是本程序的备份；什么都没有改动。",
        "The backup is damaged, or is none of this program's; nothing was changed.",
    )
    return BackupError("damaged", words, detail)


@contextlib.contextmanager
def _opened(source: Path) -> Generator[tarfile.TarFile]:
    try:
        with tarfile.open(source, mode="r:gz") as tar:
            yield tar
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(str(error)) from error


def _safe(info: tarfile.TarInfo) -> str:
    """The member's name, if it is a plain file that stays inside the folder it is unpacked to."""
    name = PurePosixPath(info.name)
    inside = info.name == DUMP or (name.parts[:1] == FILES.parts and len(name.parts) > 1)
    if not info.isreg() or not inside or ".." in name.parts or str(name) != info.name:
        raise _damaged(info.name)
    return info.name


def _reader(tar: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    reader = tar.extractfile(info)
    if reader is None:
        raise _damaged(info.name)
    return reader


def _copy(tar: tarfile.TarFile, info: tarfile.TarInfo, target: Path | None) -> Member:
    """Read one member, into `target` if there is one; its size and hash."""
    sha256 = hashlib.sha256()
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(target.open("xb")) if target else None
        reader = _reader(tar, info)
        while data := reader.read(_CHUNK):
            sha256.update(data)
            if out:
                out.write(data)
    return Member(size=info.size, sha256=sha256.hexdigest())


def unpack(source: Path, manifest: Manifest, room: Path) -> None:
    with _opened(source) as tar:
        for info in tar:
            if info.name == _MANIFEST:
                continue
            target = room / _safe(info)
            target.parent.mkdir(parents=True, exist_ok=True)
            if _copy(tar, info, target) != manifest.members.get(info.name):
                raise _damaged(info.name)  # it changed since it was checked
