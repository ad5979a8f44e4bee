"""From the command to serving, and what the server then weighs."""

import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.installation import Installation

_SETTLED_S = 3


def run(*, quick: bool) -> Iterator[Figure]:
    """A first start in an empty folder, later ones, and memory at rest."""
    house = Installation()
    try:
        first, _ = _start(house)
        yield Figure("cold start, first time", first, "s", 8, 4, most=True)
        later = [_start(house) for _ in range(2 if quick else 5)]
        seconds = sorted(seconds for seconds, _ in later)[len(later) // 2]
        yield Figure("cold start, database there", seconds, "s", 3, 2, most=True)
        memory = max(memory for _, memory in later)
        yield Figure("idle memory of the server", memory, "MiB", 180, 130, most=True)
    finally:
        house.end()


def _start(house: Installation) -> tuple[float, float]:
    """Seconds to `/readyz`, and MiB of the server's process alone once it rests."""
    process = house.start("serve")
    seconds = house.ready()
    time.sleep(_SETTLED_S)
    status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    house.kill(process, 15)
    return seconds, int(kib) / 1024
