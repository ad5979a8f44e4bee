"""A recording window by window: each is kept as soon as it is known, and never heard again.

A window holds the turns that end in it. They are read in the order of their ends, so that a turn of
one channel that runs through many of the other's never lies on both sides of a seam.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from adapters.speech import script, turns
from adapters.speech.settings import SpeechSettings
from adapters.speech.turns import Heard, Turn
from adapters.speech.voice import Floats
from bot.contract import Segment, Transcript, Window

HEARING: Final = 0.1
"""The share of the work that finding the turns takes."""

Batch = Sequence[tuple[Turn, Floats]]
Read = Callable[[Heard, Batch, str], tuple[str, Sequence[Segment]]]
"""The words of a batch: the recording, its turns with their sound, the language or "" → the language
and segments. Whoever reads tells the language where it was "" and can be told."""


def go_through(
    path: Path,
    settings: SpeechSettings,
    read: Read,
    *,
    size: int,
    packed: bool,
    progress: Callable[[float], None],
    done: Sequence[Window],
    keep: Callable[[Window], None],
) -> Transcript:
    """The words of a recording, `size` turns at a time; see `contract.SpeechEngine`, and `turns.hear`
    for `packed`.
    """
    heard = turns.hear(path, lambda share: progress(HEARING * share), packed=packed)
    progress(HEARING)
    covered = max((window.until_s for window in done), default=-1.0)
    waiting = [turn for turn in heard.turns if turn.end > covered]
    language = settings.language or next((w.language for w in done if w.language), "")
    windows = list(done)
    sounds = turns.cut(path, heard, waiting)
    for batch in _batches(waiting, size):
        language, said = read(heard, list(islice(sounds, len(batch))), language)
        window = Window(
            until_s=batch[-1].end,
            language=language,
            segments=tuple(script.in_one_script(one, settings.script, language) for one in said),
        )
        keep(window)
        windows.append(window)
        progress(HEARING + (1 - HEARING) * min(window.until_s / heard.duration_s, 1.0))
    progress(1.0)
    segments = [segment for window in windows for segment in window.segments]
    cost, currency = settings.cost(sum(turn.length for turn in heard.turns))
    return Transcript(
        language=language,
        duration_s=round(heard.duration_s, 3),
        segments=tuple(sorted(segments, key=lambda segment: segment.start)),
        bad_packets=heard.bad_packets,
        cost=cost,
        currency=currency,
    )


def _batches(waiting: Sequence[Turn], size: int) -> Iterator[Sequence[Turn]]:
    """Turns that end at the same moment stay together: a window ends at a time."""
    batch: list[Turn] = []
    for turn in waiting:
        if len(batch) >= size and turn.end != batch[-1].end:
            yield batch
            batch = []
        batch.append(turn)
    if batch:
        yield batch


def capped(words: Sequence[str], fits: Callable[[str], bool]) -> str:
    """As many of the words, first ones first, as fit in one line; a word is never cut."""
    kept = ""
    for word in words:
        longer = f"{kept} {word.strip()}".strip()
        if fits(longer):
            kept = longer
    return kept
