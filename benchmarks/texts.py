"""`keqing analyse`: language, sentiment and signals of texts from standard input, on one core."""

import json
import time
from collections.abc import Iterator

from benchmarks import firm
from benchmarks.figures import Figure
from benchmarks.installation import Installation


def run(*, quick: bool) -> Iterator[Figure]:
    """Texts a second, the program's own start left out by a run without texts."""
    count = 5000 if quick else 20_000
    made = firm.generate(200, 3)
    lines = [
        json.dumps({"id": body["id"], "text": body["text"]}, ensure_ascii=False)
        for body, _ in firm.messages(made, count, 3)
    ]
    house = Installation()
    try:
        idle = _seconds(house, b"")
        whole = _seconds(house, "\n".join(lines).encode())
        yield Figure(
            "keqing analyse", count / (whole - idle), "texts/s", 2000, beside=f"start: {idle:.2f} s"
        )
    finally:
        house.end()


def _seconds(house: Installation, given: bytes) -> float:
    began = time.monotonic()
    done = house.do("analyse", given=given)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.count(b"\n") == given.count(b"\n") + bool(given)
    return time.monotonic() - began
