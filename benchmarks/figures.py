"""A figure as it is reported: what was measured, beside its floor or peer and its target."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """`least` must be met, `aim` is what we want; both in `unit`. More is better unless `most`."""

    what: str
    value: float
    unit: str
    least: float | None = None
    aim: float | None = None
    beside: str = ""
    """The floor or the peer, measured in the same run."""
    most: bool = False
    """The target is a limit: less is better."""

    @property
    def verdict(self) -> str:
        """aim, met, missed; empty where nothing is asked."""
        for name, target in (("aim", self.aim), ("met", self.least)):
            if target is not None and self._within(target):
                return name
        return "" if self.least is None and self.aim is None else "missed"

    def _within(self, target: float) -> bool:
        return self.value <= target if self.most else self.value >= target


def percentile(values: Iterable[float], share: float) -> float:
    """The value that `share` (0 … 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def show(figures: Sequence[Figure]) -> None:
    table = Table("figure", "value", "floor or peer", "at least", "aim", "")
    for column in (1, 3, 4):
        table.columns[column].justify = "right"
    for each in figures:
        bounds = [
            "" if bound is None else f"{'≤' if each.most else '≥'} {number(bound)}"
            for bound in (each.least, each.aim)
        ]
        table.add_row(
            each.what, f"{number(each.value)} {each.unit}", each.beside, *bounds, each.verdict
        )
    Console(width=150).print(table)


def save(figures: Sequence[Figure], file: Path) -> None:
    listed = [asdict(each) | {"verdict": each.verdict} for each in figures]
    file.write_text(json.dumps(listed, ensure_ascii=False, indent=1) + "\n", "utf-8")
