"""The watched folder: recordings that came to rest become calls; nothing is moved or deleted."""

import asyncio
import hashlib
import os
import re
from pathlib import Path
from typing import Final

from adapters.calls.looking import File, View, is_written_to
from adapters.calls.marks import Marks
from adapters.calls.reader import CHANNEL, CallReader
from bot import log
from bot.contract import Busy, Given, InboundMessage, Ports, Unreadable, storable
from bot.texts import Text

LOOK_S: Final = 3.0
_MOST_A_ROUND: Final = 100
"""Files taken before the folder is looked at again, and what was taken is written down."""
_LONGEST_PAUSE_S: Final = 60.0
_UNSUPPORTED: Final = Text(
    "不是可识别的录音格式：{kind}", "not a recording in a format that is known: {kind}"
)

_log = log.get("calls.folder")


class Watch:
    """One holder's watch over the folder; what it takes is remembered for the next."""

    def __init__(
        self, folder: Path, own: re.Pattern[str] | None, ports: Ports, look_s: float | None = None
    ) -> None:
        self._reader = CallReader(own)
        self._ports = ports
        self._look_s = LOOK_S if look_s is None else look_s
        self._marks = Marks(ports.cursors)
        self._view = View(folder, self._marks)
        self._loaded = False
        self._failures = 0
        self._count = 0

    async def run(self) -> None:
        """Until cancelled; whatever goes wrong is tried again."""
        while True:
            try:
                more = await self._round()
            except Busy as busy:
                await asyncio.sleep(busy.after)
            except Exception as error:  # noqa: BLE001 - the loop's edge: it must outlive the database
                if not self._failures:
                    _log.warning("calls.folder.down", error=type(error).__name__)
                self._failures += 1
                pause = self._look_s * 2 ** min(self._failures, 10)
                await asyncio.sleep(min(pause, _LONGEST_PAUSE_S))
            else:
                if self._failures:
                    _log.info("calls.folder.back")
                self._failures = 0
                await asyncio.sleep(0 if more else self._look_s)

    async def _round(self) -> bool:
        """Look, and take what is due; answers whether more is."""
        if not self._loaded:
            await self._marks.load()
            self._loaded = True
        due = await asyncio.to_thread(self._view.look)
        try:
            for file in due[:_MOST_A_ROUND]:
                await self._take(file)
        except Exception:
            # Not where it is cancelled: the hold may be another's by now.
            await self._marks.save()
            raise
        await self._marks.save()
        return len(due) > _MOST_A_ROUND

    async def _take(self, file: File) -> None:
        if not _is_as_it_was(file) or await asyncio.to_thread(is_written_to, file.path):
            file.rests = 0
            return
        file.failures += 1  # unless it goes well
        if file.path.suffix.lower() not in self._reader.suffixes:
            await self._refuse(file, _both(_UNSUPPORTED, kind=file.path.suffix or "?"))
            return
        listed = self._reader.read(file.path, Given(), self._ports.media)
        [item] = [item async for _, item in listed]
        if not _is_as_it_was(file):
            file.rests = 0
        elif isinstance(item, Unreadable):
            await self._refuse(file, _nameless(str(item), file.path))
        else:
            await self._deliver(file, item)

    async def _deliver(self, file: File, call: InboundMessage) -> None:
        named = call.model_copy(update={"event_id": _event_id(call, file.path)})
        done = await self._ports.deliver(named)
        self._marks.add(file.taken)
        file.done = True
        self._count += 1
        _log.info("calls.taken", number=self._count, size=file.size, again=done.again)

    async def _refuse(self, file: File, why: str) -> None:
        await self._ports.reject(CHANNEL, os.fsencode(file.name), why)
        self._marks.add(file.refused)
        file.done = True


def _is_as_it_was(file: File) -> bool:
    """Whether neither it nor who may read it has changed since the look, or it is gone."""
    try:
        stat = file.path.stat(follow_symlinks=False)
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) == file.look[:3]


def _event_id(call: InboundMessage, path: Path) -> str:
    """Its content and its name: one announcement recorded twice is two calls."""
    (sound,) = call.attachments
    digest = hashlib.sha256(f"{sound.sha256}\n".encode() + os.fsencode(path.name))
    return f"file:{digest.hexdigest()}"


def _nameless(why: str, path: Path) -> str:
    """Names hold phone numbers, and reasons are logged."""
    why = why.replace(path.name, "…" + path.suffix).replace(f"{path.stem}.json", "….json")
    return str(storable(why))


def _both(text: Text, **facts: object) -> str:
    """In both languages: who reads it is not known here."""
    return str(storable(f"{text.in_('en', **facts)} / {text.in_('zh', **facts)}"))
