"""Recordings and their words."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from bot.contract.words import Frozen


class Word(Frozen):
    """A word and when it was said; `text` has the blank before it where there is one."""

    start: float
    end: float
    text: str


class Segment(Frozen):
    """What one speaker said in one breath; times in seconds from the start."""

    start: float
    end: float
    speaker: str = ""
    text: str
    confidence: float | None = None
    words: tuple[Word, ...] = ()
    """Empty where the engine tells no times of words."""


class Window(Frozen):
    """A stretch of a recording whose words are known: from where the one before ends to `until_s`."""

    until_s: float
    language: str
    segments: tuple[Segment, ...]


class Transcript(Frozen):
    language: str
    duration_s: float
    segments: tuple[Segment, ...]
    bad_packets: int = 0
    cost: Decimal = Decimal(0)
    """What the engine charged, in `currency`; nothing on one's own machine."""
    currency: str = ""

    @property
    def text(self) -> str:
        """One line per segment, with the speaker before it where there are several."""
        several = len({segment.speaker for segment in self.segments}) > 1
        return "\n".join(f"{s.speaker}: {s.text}" if several else s.text for s in self.segments)


class WaitingForModel(Exception):
    """There is no speech model to transcribe with; the recording waits for one."""


class SpeechEngine(Protocol):
    """Entry point group `keqing.speech`. `transcribe` blocks: run it in a thread.

    Raises `WaitingForModel` where no model is there, `Unreadable` where the recording cannot be
    decoded (empty, no sound, SILK, not a recording at all).
    """

    def transcribe(
        self,
        path: Path,
        *,
        hotwords: Sequence[str] = (),
        progress: Callable[[float], None],
        done: Sequence[Window] = (),
        keep: Callable[[Window], None] = lambda _: None,
    ) -> Transcript:
        """The words of a recording; `progress` gets 0..1.

        Each window is handed to `keep` as soon as it is known. What an earlier run kept is given
        back as `done` and is not heard again.
        """
        ...

    def listening_copy(self, path: Path, into: Path) -> bool:
        """Write a copy that browsers play to `into` (MP4); False where they play `path` itself.

        Raises `Unreadable`.
        """
        ...

    def pull(self, name: str, progress: Callable[[float], None]) -> Path:
        """Fetch a model by name from the configured mirror into the models folder."""
        ...

    def models(self) -> Iterator[tuple[str, Path]]:
        """The models that are there: name and folder."""
        ...


SpeechFactory = Callable[[dict[str, Any], Path], SpeechEngine]
"""The speech branch of the settings and the folder models are kept in → engine."""
