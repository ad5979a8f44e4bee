"""Those who write: each chat says its lines in order, and says them again until they are taken."""

import asyncio
import io
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp

from benchmarks.installation import signed


@dataclass
class Speakers:
    """What was said in each chat, and which of it was acknowledged."""

    url: str
    said: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    acked: set[str] = field(default_factory=set)

    def say(self, chat: str, text: str) -> None:
        lines = self.said.setdefault(chat, [])
        lines.append(
            {
                "id": f"{chat}/{len(lines):05d}",
                "chat": chat,
                "sender": {"id": f"who-{chat}", "name": "某人"},
                "text": text,
                "sent_at": datetime.now(UTC).isoformat(),
            }
        )

    @property
    def ids(self) -> set[str]:
        return {line["id"] for lines in self.said.values() for line in lines}

    async def deliver(self, *, again: int = 0) -> bool:
        """Post what was not acknowledged, chat by chat in order; True if all of it got in.

        The last `again` lines of each chat are posted though they were acknowledged.

        A chat stops at its first line that is not acknowledged: what follows must not overtake it.
        """
        timeout = aiohttp.ClientTimeout(total=8)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            done = await asyncio.gather(
                *(self._chat(session, lines, len(lines) - again) for lines in self.said.values())
            )
        return all(done)

    async def _chat(
        self, session: aiohttp.ClientSession, lines: list[dict[str, Any]], again_from: int
    ) -> bool:
        for number, line in enumerate(lines):
            if line["id"] in self.acked and number < again_from:
                continue
            # Every seventh is sent twice at once, as platforms do that did not see our answer.
            times = 2 if number % 7 == 0 else 1
            answers = await asyncio.gather(*(post(session, self.url, line) for _ in range(times)))
            if 200 not in answers:
                return False
            self.acked.add(line["id"])
        return True


async def post(session: aiohttp.ClientSession, url: str, line: dict[str, Any] | bytes) -> int:
    """The answer's status to one signed body; 0 where there was none."""
    body = line if isinstance(line, bytes) else json.dumps(line).encode()
    try:
        # As a file: aiohttp warns of large bodies that are given as bytes.
        async with session.post(
            url, data=io.BytesIO(body), headers=signed(body, time.time())
        ) as answer:
            await answer.read()
            return answer.status
    except (aiohttp.ClientError, TimeoutError, ConnectionError):
        return 0
