"""Trains the small regression that tells sentiment and signals: make train.

Reads the corpus beside this file, tells how well voices that were not read are understood, and writes
the weights. The same corpus makes the same file, to the byte. scikit-learn is needed here alone.

With --corrections FILE what people have corrected, in lines like those of the corpus, is read as one
more voice and counts more; --out FILE writes elsewhere, see `regression.use`.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from bot.cli import correcting
from bot.pipeline import features, language, regression, sentiment

CORPUS: Final = Path(__file__).with_name("corpus")
WEIGHTS: Final = Path(regression.__file__).with_name("data") / "weights.json"
CODES: Final = {code: mood for mood, code in correcting.MOODS.items()}
SIGNAL_CODES: Final = {code: name for name, code in correcting.SIGNALS.items()}
FOLDS: Final = 6
LEAST: Final = 2
"""Texts that a run must stand in."""
STRENGTH: Final = 30.0
"""scikit-learn's C: how little the weights are held back."""
FACTS: Final = 0.5
"""How much word lists and rules count beside the runs."""
CAUTION: Final = 0.6
"""Taken from negative: a mood that is wrongly called bad costs people more than one that is missed."""
UNIT: Final = 0.05
"""Weights are rounded to it."""
SMALL: Final = 12
"""Runs whose weights all round to less are left out, in UNITs."""
CORRECTIONS: Final = "corrections"
"""The voice of what people have corrected."""
CORRECTED: Final = 3.0
"""How much a row of it counts beside one of the corpus."""
BINS: Final = 10
DRAWN: Final = 200
"""How often voices are drawn for an interval."""
PRECISE: Final = 0.77
"""What the precision of all signals together must be on voices that were not read."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    voice: str
    words: str
    mood: str
    signals: frozenset[str]
    runs: frozenset[str]
    facts: dict[str, float]
    lean: float
    calm: float


@dataclass(frozen=True, slots=True)
class Trained:
    vocabulary: dict[str, int]
    names: list[str]
    coefficients: Floats
    """Shape (MOODS and SIGNALS, vocabulary and names)."""
    bias: Floats


def read(path: Path) -> Iterator[Row]:
    """The rows of one voice. Raises `ValueError` for a line that is none."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 3 or fields[0] not in CODES or set(fields[1]) - set(SIGNAL_CODES):
            raise ValueError(f"{path.name}:{number}: not `sentiment, signals, text`: {line[:60]}")
        yield _row(path.stem, fields[0], fields[1], fields[2].replace("\\n", "\n"))


def _row(voice: str, mood: str, codes: str, text: str) -> Row:
    said = sentiment.weighed(text, language.detect(text))
    lean, calm = said.leaning
    return Row(
        voice,
        said.words,
        CODES[mood],
        frozenset(SIGNAL_CODES[code] for code in codes),
        frozenset(features.runs(said.words)),
        said.facts,
        lean,
        calm,
    )


def train(rows: Sequence[Row]) -> Trained:
    counts = Counter(run for row in rows for run in row.runs)
    vocabulary = {
        run: number
        for number, run in enumerate(sorted(run for run, n in counts.items() if n >= LEAST))
    }
    names = sorted({name for row in rows for name in row.facts})
    matrix = _matrix(rows, vocabulary, names)
    targets = [
        *([row.mood == mood for row in rows] for mood in regression.MOODS),
        *([name in row.signals for row in rows] for name in regression.SIGNALS),
    ]
    counting = np.array([CORRECTED if row.voice == CORRECTIONS else 1.0 for row in rows])
    found = [
        LogisticRegression(C=STRENGTH, solver="liblinear", max_iter=300, random_state=0).fit(
            matrix, target, sample_weight=counting
        )
        for target in targets
    ]
    return Trained(
        vocabulary,
        names,
        np.vstack([one.coef_[0] for one in found]),
        np.array([one.intercept_[0] for one in found]) - [CAUTION, *[0.0] * (len(found) - 1)],
    )


def _matrix(rows: Sequence[Row], vocabulary: dict[str, int], names: Sequence[str]) -> Any:
    places: list[tuple[int, int, float]] = []
    dense = np.zeros((len(rows), len(names)))
    for number, row in enumerate(rows):
        share = 1 / np.sqrt(max(1, len(row.runs)))
        hits = sorted(vocabulary[run] for run in row.runs if run in vocabulary)
        places += [(number, hit, share) for hit in hits]
        dense[number] = [row.facts.get(name, 0.0) * FACTS for name in names]
    at, hit, value = zip(*places, strict=True)
    sparse = csr_matrix((value, (at, hit)), shape=(len(rows), len(vocabulary)))
    return hstack([sparse, csr_matrix(dense)]).tocsr()


def told(trained: Trained, rows: Sequence[Row]) -> Floats:
    """Shape (rows, MOODS and SIGNALS)."""
    matrix = _matrix(rows, trained.vocabulary, trained.names)
    values = np.asarray(matrix @ trained.coefficients.T) + trained.bias
    values[:, 0] -= [row.lean for row in rows]
    values[:, 1] += [row.calm for row in rows]
    values[:, 2] += [row.lean for row in rows]
    return values


def across(rows: Sequence[Row]) -> Floats:
    """What is told of each row by weights that never read its voice."""
    voices = sorted({row.voice for row in rows})
    fold = np.array([voices.index(row.voice) % FOLDS for row in rows])
    values = np.zeros((len(rows), len(regression.MOODS) + len(regression.SIGNALS)))
    for number in range(FOLDS):
        seen = [row for row, part in zip(rows, fold, strict=True) if part != number]
        unseen = [row for row, part in zip(rows, fold, strict=True) if part == number]
        if unseen:
            values[fold == number] = told(train(seen), unseen)
    return values


# --- thresholds ----------------------------------------------------------------------------------


def heat(values: Floats, rows: Sequence[Row]) -> float:
    """The divisor that makes the shares of the moods the likeliest."""
    true = _moods(rows)

    def surprise(by: float) -> float:
        return float(-np.log(_shares(values, by)[np.arange(len(true)), true]).mean())

    return float(min(np.arange(0.5, 5.05, 0.1).round(1).tolist(), key=surprise))


def _moods(rows: Sequence[Row]) -> NDArray[np.intp]:
    return np.array([regression.MOODS.index(row.mood) for row in rows])


def _shares(values: Floats, by: float) -> Floats:
    scaled = values[:, :3] / by
    raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def calibration(values: Floats, rows: Sequence[Row], by: float) -> float:
    """How far from right the confidence is, on average over BINS of equal width (expected
    calibration error).
    """
    shares = _shares(values, by)
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == _moods(rows)
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    off = [abs(sure[bins == one].sum() - right[bins == one].sum()) for one in range(BINS)]
    return float(sum(off) / len(rows))


def bounds(values: Floats, rows: Sequence[Row]) -> list[float]:
    """What each signal must come to: equally probable for all of them, so that together they are as
    precise as asked for and find as many as then can be found.
    """
    columns = values[:, len(regression.MOODS) :]
    true = np.array([[name in row.signals for name in regression.SIGNALS] for row in rows])
    slopes, offsets = zip(*map(_probable, columns.T, true.T), strict=True)
    for share in np.arange(0.3, 0.9, 0.01):
        odds = np.log(share / (1 - share))
        found = (odds - np.array(offsets)) / np.array(slopes)
        if _precision(columns > found, true) >= PRECISE:
            return [round(float(bound), 2) for bound in found]
    raise ValueError("no bounds make the signals as precise as asked for")


def _probable(column: Floats, true: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset that turn what a signal comes to into log odds (Platt)."""
    found = LogisticRegression(C=1e6, random_state=0).fit(column.reshape(-1, 1), true)
    return float(found.coef_[0, 0]), float(found.intercept_[0])


def _precision(told_: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    return float((told_ & true).sum() / max(1, told_.sum()))


# --- what comes out ------------------------------------------------------------------------------


def show(values: Floats, rows: Sequence[Row], least: Sequence[float]) -> None:
    """Figures of voices that were not read."""
    best = values[:, :3].argmax(axis=1)
    true = _moods(rows)
    voices = {row.voice for row in rows}
    print(
        f"{len(rows)} texts in {len(voices)} voices; each told by weights that never read its voice"
    )
    drawn = _drawn([row.voice for row in rows])

    def macro(at: NDArray[np.int_]) -> float:
        return float(np.mean([_f1(best[at] == mood, true[at] == mood) for mood in range(3)]))

    print(
        f"sentiment  macro-F1 {_told(macro, drawn)}  negative precision "
        + _told(lambda at: _precision(best[at] == 0, true[at] == 0), drawn)
    )
    told_ = values[:, len(regression.MOODS) :] > np.array(least)
    real = np.array([[name in row.signals for name in regression.SIGNALS] for row in rows])
    for name, column, wanted in (
        *zip(regression.SIGNALS, told_.T, real.T, strict=True),
        ("all", told_, real),
    ):
        precision = _told(lambda at, c=column, w=wanted: _precision(c[at], w[at]), drawn)
        recall = _told(lambda at, c=column, w=wanted: _precision(w[at], c[at]), drawn)
        print(f"{name:<11}precision {precision}  recall {recall}")


def _drawn(voices: Sequence[str]) -> list[NDArray[np.int_]]:
    """All rows, then as many voices drawn from those that there are, again and again."""
    names = np.array(voices)
    at = {voice: np.flatnonzero(names == voice) for voice in sorted(set(voices))}
    dice = np.random.default_rng(0)
    listed = list(at.values())
    again = [
        np.concatenate([listed[one] for one in dice.integers(len(listed), size=len(listed))])
        for _ in range(DRAWN)
    ]
    return [np.arange(len(names)), *again]


def _told(figure: Callable[[NDArray[np.int_]], float], drawn: Sequence[NDArray[np.int_]]) -> str:
    """A figure with its 95 % interval over other voices of the kind (bootstrap by voice)."""
    value, *others = map(figure, drawn)
    low, high = np.percentile(others, [2.5, 97.5])
    return f"{value:.3f} [{low:.3f}-{high:.3f}]"


def _f1(told_: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    return float(2 * (told_ & true).sum() / max(1, told_.sum() + true.sum()))


def written(trained: Trained, heat_: float, least: Sequence[float]) -> str:
    """The weights as JSON: small whole numbers, small ones left out, in one order."""
    rounded = np.rint(trained.coefficients / UNIT).astype(int)
    count = len(trained.vocabulary)
    runs = {
        run: rounded[:, number].tolist()
        for run, number in trained.vocabulary.items()
        if np.abs(rounded[:, number]).max() >= SMALL
    }
    facts = {
        name: np.rint(trained.coefficients[:, count + number] * FACTS / UNIT).astype(int).tolist()
        for number, name in enumerate(trained.names)
    }
    data = {
        "unit": UNIT,
        "heat": heat_,
        "above": list(least),
        "bias": np.rint(trained.bias / UNIT).astype(int).tolist(),
        "facts": facts,
        "runs": runs,
    }
    lines = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return lines.replace('],"', '],\n"') + "\n"


def corpus() -> list[Row]:
    return [row for path in sorted(CORPUS.glob("*.tsv")) for row in read(path)]


def corrected(path: Path) -> list[Row]:
    """Raises `OSError` and `ValueError`, as `read` does."""
    return [replace(row, voice=CORRECTIONS) for row in read(path)]


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train", description=__doc__)
    parser.add_argument("--corrections", type=Path, help="lines like those of the corpus")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="where the weights go")
    asked = parser.parse_args(given)
    extra: list[Row] = []
    if asked.corrections:
        try:
            extra = corrected(asked.corrections)
        except (OSError, ValueError) as error:
            print(error, file=sys.stderr)
            return 1
        print(f"{len(extra)} corrections, each counted {CORRECTED:g} times")
    rows = [*corpus(), *extra]
    values = across(rows)
    least, by = bounds(values, rows), heat(values, rows)
    show(values, rows, least)
    print(f"confidence off by {calibration(values, rows, by):.3f} (expected calibration error)")
    asked.out.write_text(written(train(rows), by, least), "utf-8")
    print(f"{asked.out.name}: {asked.out.stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
