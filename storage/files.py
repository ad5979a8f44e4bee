"""Files by content: each is kept once, under the SHA-256 of its bytes."""

import hashlib
import os
import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO, Final

_HEX: Final = re.compile(r"[0-9a-f]{64}")


class FileStore:
    """A folder of files named by their digest; what was put is on disk before `put` returns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        """Where the file with this digest lies, or would."""
        if not _HEX.fullmatch(sha256):
            raise ValueError("not a SHA-256 digest")
        return self.folder / sha256[:2] / sha256

    async def put(self, chunks: AsyncIterator[bytes]) -> tuple[str, int]:
        """Keep what `chunks` yields; answers its digest and size in bytes."""
        draft = self.folder / f".{secrets.token_hex(8)}"
        digest, size = hashlib.sha256(), 0
        try:
            with draft.open("wb") as out:
                async for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    out.write(chunk)
                _sync(out)
            self._settle(draft, digest.hexdigest())
        finally:
            draft.unlink(missing_ok=True)
        return digest.hexdigest(), size

    def put_bytes(self, data: bytes) -> str:
        """Keep bytes that are in memory already; answers their digest."""
        sha256 = hashlib.sha256(data).hexdigest()
        if not self.path(sha256).exists():
            draft = self.folder / f".{secrets.token_hex(8)}"
            with draft.open("wb") as out:
                out.write(data)
                _sync(out)
            self._settle(draft, sha256)
        return sha256

    def _settle(self, draft: Path, sha256: str) -> None:
        target = self.path(sha256)
        target.parent.mkdir(exist_ok=True)
        draft.replace(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _sync(out: BinaryIO) -> None:
    out.flush()
    os.fsync(out.fileno())
