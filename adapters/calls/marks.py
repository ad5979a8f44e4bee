"""Which files of the folder were taken: one short digest a file, kept as one text."""

import binascii
from base64 import b64decode, b64encode
from hashlib import blake2b
from typing import Final

from bot.contract import Cursors

CURSOR: Final = "calls.folder"
_SIZE: Final = 9
"""Bytes of a digest: twelve characters, and no two alike among a billion files."""


def mark(*facts: object) -> bytes:
    said = "\n".join(map(str, facts)).encode("utf-8", "surrogateescape")
    return blake2b(said, digest_size=_SIZE).digest()


class Marks:
    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors
        self._marks: set[bytes] = set()
        self._changed = False

    async def load(self) -> None:
        """A text that cannot be read is as none: what is delivered again is known as such."""
        try:
            data = b64decode(await self._cursors.get(CURSOR), validate=True)
        except (binascii.Error, ValueError):
            data = b""
        self._marks = {data[at : at + _SIZE] for at in range(0, len(data), _SIZE)}

    async def save(self) -> None:
        if self._changed:
            await self._cursors.put(CURSOR, b64encode(b"".join(sorted(self._marks))).decode())
            self._changed = False

    def __contains__(self, mark: bytes) -> bool:
        return mark in self._marks

    def add(self, mark: bytes) -> None:
        self._marks.add(mark)
        self._changed = True

    def keep_only(self, present: set[bytes]) -> None:
        """Forget files that are gone, so that the text grows no longer than the folder."""
        if not self._marks <= present:
            self._marks &= present
            self._changed = True
