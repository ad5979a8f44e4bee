"""`keqing eval`: how well language, sentiment and signals are told, on labelled texts.

A file holds one JSON object per line: text, and any of lang, sentiment, signals. A file of two classes
(no neutral) is measured by the sign of the score. Without a file a small set of our own is read.
"""

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final, NoReturn

import typer

from bot.cli import lines
from bot.pipeline import language, sentiment, signals
from bot.pipeline.moods import Sentiment
from bot.texts import Language, Text

LABELS: Final = ("negative", "neutral", "positive")
_Z: Final = 1.96
"""Of the normal distribution, for intervals of 95 %."""

_BAD = Text(
    "{file} 第 {line} 行不是带标注的 JSON 对象", "{file}, line {line}: not a labelled object"
)
_CANNOT = Text("无法读取 {file}：{why}", "cannot read {file}: {why}")
_HEAD = Text("{count} 条文本，每条 {us} 微秒", "{count} texts, {us} µs each")
_TONGUE = Text("语言", "language")
_MOOD = Text("情绪", "sentiment")
_ACCURACY = Text("准确率", "accuracy")
_MACRO = Text("宏平均 F1", "macro-F1")
_NEGATIVE = Text("负面精确率", "negative precision")
_TOLD = Text("标注 ↓  判断 →", "labelled ↓  told →")
_PRECISION = Text("精确率", "precision")
_RECALL = Text("召回率", "recall")
_ALL = Text("全部信号", "all signals")


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

    def as_object(self) -> dict[str, Any]:
        return {
            "precision": round(self.precision, 4),
            "precision_interval": interval(self.hit, self.hit + self.false),
            "recall": round(self.recall, 4),
            "recall_interval": interval(self.hit, self.hit + self.missed),
            "count": self.hit + self.missed,
        }


@dataclass(frozen=True, slots=True)
class Told:
    """What the program says of one row."""

    lang: str
    mood: Sentiment
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """`us` is microseconds per text for all three. Pairs are of labelled and told."""

    rows: int
    us: float
    languages: Sequence[tuple[str, str]]
    moods: Sequence[tuple[str, str]]
    signals: dict[str, Counts]

    @property
    def accuracy(self) -> float:
        return _share(self.moods)

    def label(self, name: str) -> Counts:
        return count((told == name, true == name) for true, told in self.moods)

    @property
    def macro_f1(self) -> float:
        names = {true for true, _ in self.moods}
        return sum(self.label(name).f1 for name in names) / max(1, len(names))

    @property
    def confusion(self) -> dict[str, dict[str, int]]:
        """Labelled → told → how often."""
        seen = Counter(self.moods)
        return {true: {told: seen[true, told] for told in LABELS} for true in LABELS}

    @property
    def all_signals(self) -> Counts:
        each = self.signals.values()
        return Counts(
            sum(c.hit for c in each), sum(c.false for c in each), sum(c.missed for c in each)
        )


def run(
    path: Path | None, spoken: Language, fail: Callable[[str], NoReturn], *, as_json: bool
) -> None:
    """Print the figures of a labelled file."""
    try:
        rows = load(path, spoken) if path else own()
    except OSError as error:
        fail(_CANNOT.in_(spoken, file=path, why=error.strerror or error))
    except ValueError as error:
        fail(str(error))
    figures = measure(rows)
    if as_json:
        lines.show(as_object(figures))
    else:
        typer.echo(readable(figures, spoken))


def own() -> list[dict[str, Any]]:
    """Texts of ours that nothing was trained on."""
    file = resources.files("bot.cli").joinpath("data", "labelled.jsonl")
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def load(path: Path, spoken: Language = "en") -> list[dict[str, Any]]:
    """Raises `ValueError` for a line that is no labelled text."""
    rows: list[dict[str, Any]] = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            row = _row(line)
            if row is None:
                raise ValueError(_BAD.in_(spoken, file=path, line=number))
            rows.append(row)
    return rows


def _row(line: str) -> dict[str, Any] | None:
    try:
        row: Any = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and isinstance(row.get("text"), str) else None


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


def interval(hits: int, whole: int) -> tuple[float, float]:
    """From where to where a share lies with 95 % (Wilson).

    >>> interval(8, 10)
    (0.4902, 0.9433)
    """
    if not whole:
        return (0.0, 1.0)
    share, square = hits / whole, _Z * _Z / whole
    middle = (share + square / 2) / (1 + square)
    reach = _Z / (1 + square) * math.sqrt(share * (1 - share) / whole + square / whole / 4)
    return (round(max(0.0, middle - reach), 4), round(min(1.0, middle + reach), 4))


def measure(rows: Sequence[dict[str, Any]]) -> Figures:
    """Figures over labelled rows."""
    tell("预热 warm up")
    began = time.perf_counter()
    told = [tell(row["text"]) for row in rows]
    us = (time.perf_counter() - began) / max(1, len(rows)) * 1e6
    marked = [(t, row["signals"]) for t, row in zip(told, rows, strict=True) if "signals" in row]
    return Figures(
        rows=len(rows),
        us=us,
        languages=[
            (row["lang"], t.lang) for t, row in zip(told, rows, strict=True) if "lang" in row
        ],
        moods=_moods(told, rows),
        signals={
            name: count((name in t.signals, name in true) for t, true in marked)
            for name in signals.NAMES
        }
        if marked
        else {},
    )


def _moods(told: Sequence[Told], rows: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Labelled and told; a text that says nothing counts as neutral on both sides."""
    true = [row.get("sentiment") for row in rows]
    two = "neutral" not in true
    pairs: list[tuple[str, str]] = []
    for t, label in zip(told, true, strict=True):
        if label is not None:
            signed = "positive" if t.mood.score > 0 else "negative"
            mine = signed if two else t.mood.label.replace("unscored", "neutral")
            pairs.append((label.replace("unscored", "neutral"), mine))
    return pairs


def _share(pairs: Sequence[tuple[str, str]]) -> float:
    return sum(a == b for a, b in pairs) / max(1, len(pairs))


def as_object(figures: Figures) -> dict[str, Any]:
    """The figures for whoever scripts against the program; what is not labelled is left out."""
    told: dict[str, Any] = {"texts": figures.rows, "microseconds": round(figures.us)}
    if figures.languages:
        told["language"] = {"accuracy": round(_share(figures.languages), 4)}
    if figures.moods:
        right = sum(a == b for a, b in figures.moods)
        told["sentiment"] = {
            "accuracy": round(figures.accuracy, 4),
            "accuracy_interval": interval(right, len(figures.moods)),
            "macro_f1": round(figures.macro_f1, 4),
            "labels": {name: figures.label(name).as_object() for name in LABELS},
            "confusion": figures.confusion,
        }
    if figures.signals:
        each = {name: counts.as_object() for name, counts in figures.signals.items()}
        told["signals"] = {"all": figures.all_signals.as_object(), **each}
    return told


def readable(figures: Figures, spoken: Language) -> str:
    parts = [_HEAD.in_(spoken, count=figures.rows, us=round(figures.us))]
    if figures.languages:
        accuracy = _ACCURACY.in_(spoken)
        parts.append(f"{_TONGUE.in_(spoken)}  {accuracy} {_share(figures.languages):.3f}")
    if figures.moods:
        right = sum(a == b for a, b in figures.moods)
        negative = figures.label("negative")
        parts.append(
            f"{_MOOD.in_(spoken)}  {_ACCURACY.in_(spoken)} {figures.accuracy:.3f}"
            f" {_shown(interval(right, len(figures.moods)))}"
            f"  {_MACRO.in_(spoken)} {figures.macro_f1:.3f}"
            f"  {_NEGATIVE.in_(spoken)} {negative.precision:.3f}"
            f" {_shown(interval(negative.hit, negative.hit + negative.false))}"
        )
        parts.append(f"  {_TOLD.in_(spoken)}" + "".join(f"{name:>10}" for name in LABELS))
        parts += [
            f"  {true:<18}" + "".join(f"{row[told]:>10}" for told in LABELS)
            for true, row in figures.confusion.items()
        ]
    named = {**figures.signals, _ALL.in_(spoken): figures.all_signals} if figures.signals else {}
    for name, one in named.items():
        parts.append(
            f"{name:<12}{_PRECISION.in_(spoken)} {one.precision:.3f}"
            f" {_shown(interval(one.hit, one.hit + one.false))}"
            f"  {_RECALL.in_(spoken)} {one.recall:.3f}"
            f" {_shown(interval(one.hit, one.hit + one.missed))}  n={one.hit + one.missed}"
        )
    return "\n".join(parts)


def _shown(bounds: tuple[float, float]) -> str:
    return f"[{bounds[0]:.2f}–{bounds[1]:.2f}]"
