"""The load generator, a process of its own: python -m benchmarks.sender PORT CLIENTS RATE < bodies.

Reads ready HTTP requests, each after its length (4 bytes), and sends them over raw keep-alive
connections, so that it takes as little of the machine as it can. RATE is messages a second, 0 for as
fast as they are answered. Prints JSON: seconds, answers by status, and each answer's milliseconds.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Final

import uvloop

_LENGTH: Final = b"content-length: "


class Load:
    """Requests shared out among connections, and what became of them."""

    def __init__(self, requests: Iterator[bytes], rate: float) -> None:
        self._requests = requests
        self._pace = 1 / rate if rate else 0.0
        self._next = 0.0
        self.answers: Counter[int] = Counter()
        self.took_ms: list[float] = []

    async def run(self, port: int, clients: int) -> float:
        """Send everything; the seconds that took."""
        streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(clients)]
        began = self._next = time.perf_counter()
        await asyncio.gather(*(self._client(reader, writer) for reader, writer in streams))
        ended = time.perf_counter()
        for _, writer in streams:
            writer.close()
        return ended - began

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for request in self._requests:
            due = await self._turn()
            writer.write(request)
            self.answers[await _answer(reader)] += 1
            self.took_ms.append((time.perf_counter() - due) * 1000)

    async def _turn(self) -> float:
        """Wait for the next moment of the pace; when this request should have gone out.

        Counting from there, and not from when a client was free, a server that stalls is not let off.
        """
        if not self._pace:
            return time.perf_counter()
        due = self._next
        self._next += self._pace
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        return due


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    place = head.lower().index(_LENGTH) + len(_LENGTH)
    await reader.readexactly(int(head[place : head.index(b"\r", place)]))
    return int(head[9:12])


def requests_in(data: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(data):
        size = int.from_bytes(data[place : place + 4])
        yield data[place + 4 : place + 4 + size]
        place += 4 + size


def main(port: int, clients: int, rate: float) -> None:
    load = Load(requests_in(sys.stdin.buffer.read()), rate)
    seconds = uvloop.run(load.run(port, clients))
    print(json.dumps({"seconds": seconds, "answers": load.answers, "took_ms": load.took_ms}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
