"""How well language, sentiment and signals are told: python -m benchmarks.evaluate [FILE …].

A file holds one JSON object per line: text, and any of lang, sentiment, signals. Without a file our
own labelled texts are read. A two-class file (no neutral) is measured by the sign of the score.
"""

import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.pipeline import language, sentiment, signals

OWN: Final = Path(__file__).parents[1] / "tests" / "data" / "labelled.jsonl"
LABELS: Final = ("negative", "neutral", "positive")


@dataclass(frozen=True, slots=True)
class Counts:
    """True and false positives, false negatives."""

    hit: int = 0
    false: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.hit / max(1, self.hit + self.false)

    @property
    def recall(self) -> float:
        return self.hit / max(1, self.hit + self.missed)

    @property
    def f1(self) -> float:
        return 2 * self.hit / max(1, 2 * self.hit + self.false + self.missed)


@dataclass(frozen=True, slots=True)
class Told:
    """What the program says of one row."""

    lang: str
    sentiment: sentiment.Sentiment
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares are 0 … 1; `us` is microseconds per text for all three. None: not labelled."""

    rows: int
    us: float
    language: float | None
    accuracy: float | None
    macro_f1: float | None
    negative: Counts
    signals: dict[str, Counts]

    @property
    def all_signals(self) -> Counts:
        each = self.signals.values()
        return Counts(
            sum(c.hit for c in each), sum(c.false for c in each), sum(c.missed for c in each)
        )


def tell(text: str) -> Told:
    lang = language.detect(text)
    mood = sentiment.score(text, lang)
    return Told(lang, mood, signals.find(text, mood))


def count(pairs: Iterable[tuple[bool, bool]]) -> Counts:
    """From pairs of told and true."""
    seen = list(pairs)
    return Counts(
        hit=sum(told and true for told, true in seen),
        false=sum(told and not true for told, true in seen),
        missed=sum(true and not told for told, true in seen),
    )


def measure(rows: Sequence[dict[str, Any]]) -> Figures:
    """Figures over labelled rows."""
    tell("预热 warm up")
    began = time.perf_counter()
    told = [tell(row["text"]) for row in rows]
    us = (time.perf_counter() - began) / max(1, len(rows)) * 1e6
    named = [(t.lang, row["lang"]) for t, row in zip(told, rows, strict=True) if "lang" in row]
    moods = _moods(told, rows)
    labels = [label for label in LABELS if any(true == label for _, true in moods)]
    each = {label: count((a == label, b == label) for a, b in moods) for label in LABELS}
    return Figures(
        rows=len(rows),
        us=us,
        language=_share(named),
        accuracy=_share(moods),
        macro_f1=sum(each[label].f1 for label in labels) / len(labels) if labels else None,
        negative=each["negative"],
        signals=_signals(told, rows),
    )


def _moods(told: Sequence[Told], rows: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Told and true labels; a text that says nothing counts as neutral on both sides."""
    true = [row.get("sentiment") for row in rows]
    two = "neutral" not in true
    pairs: list[tuple[str, str]] = []
    for t, label in zip(told, true, strict=True):
        if label is not None:
            mine = (
                ("positive" if t.sentiment.score > 0 else "negative") if two else t.sentiment.label
            )
            pairs.append(
                (mine.replace("unscored", "neutral"), label.replace("unscored", "neutral"))
            )
    return pairs


def _signals(told: Sequence[Told], rows: Sequence[dict[str, Any]]) -> dict[str, Counts]:
    marked = [(t, row) for t, row in zip(told, rows, strict=True) if "signals" in row]
    if not marked:
        return {}
    return {
        name: count((name in t.signals, name in row["signals"]) for t, row in marked)
        for name in signals.NAMES
    }


def _share(pairs: Sequence[tuple[str, str]]) -> float | None:
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else None


def load(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def show(name: str, figures: Figures) -> None:
    print(f"\n{name}: {figures.rows} texts, {figures.us:.0f} µs each")
    if figures.language is not None:
        print(f"  language   accuracy {figures.language:.3f}")
    if figures.macro_f1 is not None:
        print(
            f"  sentiment  accuracy {figures.accuracy:.3f}  macro-F1 {figures.macro_f1:.3f}", end=""
        )
        print(f"  negative precision {figures.negative.precision:.3f}")
    if figures.signals:
        for signal, counts in (*figures.signals.items(), ("all signals", figures.all_signals)):
            print(
                f"  {signal:<11}precision {counts.precision:.3f}  recall {counts.recall:.3f}"
                f"  (n={counts.hit + counts.missed})"
            )


def main(arguments: Sequence[str]) -> int:
    for path in [Path(argument) for argument in arguments] or [OWN]:
        show(path.name, measure(load(path)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
