"""Pulling the conversation archive: decrypt, fetch the files, deliver, then move the cursor."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from adapters.wecom import archive_inbound, archive_marks, chats, errors, wire
from adapters.wecom.archive_keys import BadKey, Keys
from adapters.wecom.archive_native import Native, NativeError
from adapters.wecom.archive_words import Media
from adapters.wecom.inbound import Unreadable
from bot import log
from bot.contract import MOST_FILE, Ports, StoredFile, deliver_patiently

_PAGE: Final = 500
"""WeCom gives up to 1000; every entry is held in memory."""
_TRIES: Final = 3
_LONGEST_PAUSE_S: Final = 300.0
_LOST: Final = "[文件未能取回 / file not fetched: {name}]"
_LARGE: Final = "[文件太大，未保存 / file too large to keep: {name}]"

_log = log.get("wecom.archive")


class ArchiveError(Exception):
    """A page did not come; says why."""


class TooLarge(Exception):
    """A file has more bytes than are kept."""


class BadFile(Exception):
    """A file has other bytes than it should have."""


@dataclass(frozen=True, slots=True)
class Pace:
    every_s: float = 15.0
    """WeCom asks for no more; a notice from it comes as often."""
    look_s: float = 3.0
    """How often a notice is looked for in between."""


class Puller:
    def __init__(
        self,
        native: Native,
        keys: Keys,
        ports: Ports,
        *,
        corp: str,
        app: bool,
        pace: Pace | None = None,
    ) -> None:
        self._native = native
        self._keys = keys
        self._ports = ports
        self._corp = corp
        self._app = app
        self._pace = pace or Pace()
        self._trouble = ""

    async def rounds(self) -> None:
        """Until cancelled: every 15 seconds, and at once when WeCom says that there is talk."""
        failures = 0
        while True:
            due = await self._due()
            failed = await self.round()
            failures = failures + 1 if failed else 0
            pause = min(self._pace.every_s * 2 ** min(failures, 10), _LONGEST_PAUSE_S)
            await self._wait(pause if failures else self._pace.every_s, due)

    async def round(self) -> str:
        """Read to the end; answers why it did not work, empty where it did."""
        failed = ""
        try:
            while await self._page():
                pass
        except (NativeError, ArchiveError) as error:
            failed = str(error)
        except Exception as error:  # noqa: BLE001 - the loop's edge: it must outlive the database
            failed = type(error).__name__
        self._tell(failed)
        return failed

    def _tell(self, failed: str) -> None:
        """A line when it stops working, and one when it works again."""
        if failed and not self._trouble:
            _log.warning("wecom.archive.down", error=failed)
        if self._trouble and not failed:
            _log.info("wecom.archive.back")
        self._trouble = failed

    async def _due(self) -> str:
        try:
            return await archive_marks.due(self._ports.cursors)
        except Exception:  # noqa: BLE001 - as in `round`, which tells of it
            return ""

    async def _wait(self, seconds: float, due: str) -> None:
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        while (left := end - clock()) > 0:
            await asyncio.sleep(min(self._pace.look_s, left))
            if not self._trouble and await self._due() != due:
                return

    async def _page(self) -> bool:
        """Whether there may be more. What is delivered when it breaks off is behind the cursor."""
        start = await archive_marks.seq(self._ports.cursors, self._corp)
        entries = _entries(await asyncio.to_thread(self._native.chat_data, start, _PAGE))
        if start and entries and entries[0][0] > start + 1:
            # Older than five days by now, or never ours to see: nobody can bring it back.
            _log.warning("wecom.archive.gap", missing=entries[0][0] - start - 1)
        done = start
        try:
            for seq, entry in entries:
                await self._entry(entry)
                done = max(done, seq)
        finally:
            if done > start:
                await archive_marks.move(self._ports.cursors, self._corp, done)
        return len(entries) >= _PAGE and done > start

    async def _entry(self, entry: dict[str, Any]) -> None:
        plain = b""
        try:
            plain = await self._opened(entry)
            read = archive_inbound.read(wire.loads(plain), app=self._app)
        except (BadKey, Unreadable, ValueError) as error:
            _log.warning("wecom.archive.unread", why=str(error)[:200])
            kept = plain or wire.dumps(entry)
            await self._ports.reject(chats.CHANNEL, kept, str(error)[:500])
            return
        if read.message is None:
            return
        files, missing = await self._files(read.media)
        message = archive_inbound.with_files(read.message, files, missing)
        await deliver_patiently(self._ports.deliver, message)

    async def _opened(self, entry: dict[str, Any]) -> bytes:
        """The plain entry; what cannot be decrypted raises `BadKey`, and never will be."""
        version = wire.as_text(entry.get("publickey_ver"))
        key = self._keys.open(version, wire.as_text(entry.get("encrypt_random_key")))
        sealed = wire.as_text(entry.get("encrypt_chat_msg"))
        try:
            return await asyncio.to_thread(self._native.decrypt, key, sealed)
        except NativeError as error:
            if error.passes:
                raise
            raise BadKey(f"{error} (version {version})") from None

    async def _files(self, media: tuple[Media, ...]) -> tuple[list[StoredFile], list[str]]:
        """Files that are safe, and a line for each that cannot be had."""
        files: list[StoredFile] = []
        missing: list[str] = []
        for one in media:
            try:
                files.append(await self._ports.media.put(one.name, one.type, self._chunks(one)))
            except TooLarge:
                missing.append(_LARGE.format(name=one.name))
            except BadFile:
                missing.append(_LOST.format(name=one.name))
            except NativeError as error:
                if error.passes:
                    raise
                _log.warning("wecom.archive.file", error=error.code)
                missing.append(_LOST.format(name=one.name))
        return files, missing

    async def _chunks(self, media: Media) -> AsyncIterator[bytes]:
        digest = hashlib.md5(usedforsecurity=False)
        index, size = b"", 0
        if (media.size or 0) > MOST_FILE:
            raise TooLarge
        while True:
            piece = await self._piece(index, media.id)
            size += len(piece.data)
            if size > MOST_FILE:
                raise TooLarge
            digest.update(piece.data)
            if piece.data:
                yield piece.data
            if piece.last:
                break
            if not piece.following or piece.following == index:
                raise BadFile
            index = piece.following
        if media.md5 and digest.hexdigest() != media.md5:
            raise BadFile

    async def _piece(self, index: bytes, file_id: str) -> Any:
        for left in reversed(range(_TRIES)):
            try:
                return await asyncio.to_thread(self._native.media, index, file_id)
            except NativeError as error:
                if not error.passes or not left:
                    raise
        raise AssertionError("unreachable")


def _entries(raw: bytes) -> list[tuple[int, dict[str, Any]]]:
    """The entries of a page by seq; raises `ArchiveError`."""
    try:
        answer = wire.as_object(wire.loads(raw))
    except ValueError:
        raise ArchiveError("the library's answer is not JSON") from None
    code = errors.code_of(answer)
    if code:
        words = errors.ApiError(code, wire.as_text(answer.get("errmsg"))).outcome()
        raise ArchiveError(str(words))
    found = [wire.as_object(one) for one in wire.as_list(answer.get("chatdata"))]
    numbered = [(one.get("seq"), one) for one in found]
    return sorted(
        ((seq, one) for seq, one in numbered if isinstance(seq, int)), key=lambda one: one[0]
    )
