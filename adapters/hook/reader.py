"""Files of webhook bodies, one JSON object a line: `keqing ingest export.jsonl`."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from adapters.hook import inbound
from bot.contract import Given, InboundMessage, MediaStore, Unreadable

_LONGEST_LINE: Final = 16 * 1024 * 1024


class HookReader:
    """Reads `.jsonl`, a line at a time: two million lines need no more memory than two."""

    suffixes = frozenset({".jsonl"})

    async def read(
        self, path: Path, given: Given, media: MediaStore
    ) -> AsyncIterator[tuple[str, InboundMessage | Unreadable]]:
        with path.open("rb") as lines:
            number = 0
            while line := lines.readline(_LONGEST_LINE):
                number += 1
                if line.strip():
                    yield f"{path.name}:{number}", await _message(line.strip(), given, media)


async def _message(line: bytes, given: Given, media: MediaStore) -> InboundMessage | Unreadable:
    try:
        body = inbound.read(line)
        files = [
            await media.put_bytes(file.safe_name(), file.type, file.data())
            for file in body.attachments or []
        ]
        message = inbound.to_message(body, line if not files else b"", files)
    except (inbound.BadBody, ValueError) as error:
        return Unreadable(str(error))
    if given.chat:
        message = message.model_copy(update={"chat": given.chat})
    return message
