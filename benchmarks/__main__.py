"""python -m benchmarks [NAME …] [--quick] [--json FILE]: each figure beside its floor and its target."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks import (
    filing,
    forecast,
    health,
    intake,
    mails,
    pages,
    platforms,
    speech,
    starts,
    texts,
    watching,
)
from benchmarks.figures import Figure, save, show

RUNS: Final[dict[str, Callable[..., Iterator[Figure]]]] = {
    "intake": intake.run,
    "platforms": platforms.run,
    "starts": starts.run,
    "pages": pages.run,
    "filing": filing.run,
    "texts": texts.run,
    "forecast": forecast.run,
    "health": health.run,
    "watching": watching.run,
    "mails": mails.run,
    "speech": speech.run,
}


def main(arguments: Sequence[str]) -> int:
    """Answers the exit code: 1 where a figure misses what is asked at least."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RUNS))
    parser.add_argument("--quick", action="store_true", help="less data: a look, not a measurement")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(RUNS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(RUNS)}")
    figures: list[Figure] = []
    for name in asked.names or RUNS:
        print(f"{name} …", file=sys.stderr, flush=True)
        figures += RUNS[name](quick=asked.quick)
    show(figures)
    if asked.json:
        save(figures, asked.json)
    return int(any(figure.verdict == "missed" for figure in figures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
