"""Recordings and their words."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from bot.contract.words import Frozen


class Segment(Frozen):
    """What one speaker said in one breath; times in seconds from the start."""

    start: float
    end: float
    speaker: str = ""
    text: str
    confidence: float | None = None


class Transcript(Frozen):
    language: str
    duration_s: float
    segments: tuple[Segment, ...]
    bad_packets: int = 0

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
        self, path: Path, *, hotwords: Sequence[str] = (), progress: Callable[[float], None]
    ) -> Transcript: ...

    def pull(self, name: str, progress: Callable[[float], None]) -> Path:
        """Fetch a model by name from the configured mirror into the models folder."""
        ...

    def models(self) -> Iterator[tuple[str, Path]]:
        """The models that are there: name and folder."""
        ...


SpeechFactory = Callable[[dict[str, Any], Path], SpeechEngine]
"""The speech branch of the settings and the folder models are kept in → engine."""
