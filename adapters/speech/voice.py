"""Where somebody speaks: the Silero detector, fed block by block with its state carried along."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FRAME: Final = 512
"""Samples that get one probability: 32 ms at 16 kHz."""
CONTEXT: Final = 64
"""Samples before a frame that the detector also wants to see."""

Floats = NDArray[np.float32]


class VoiceDetector:
    """Probabilities of speech in one channel; each call goes on where the last one ended."""

    def __init__(self) -> None:
        # faster-whisper brings the model; it takes a second to import, so only speech work does.
        from faster_whisper.vad import get_vad_model  # noqa: PLC0415

        self._session: Any = get_vad_model().session
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        self._context = np.zeros(CONTEXT, np.float32)

    def hear(self, samples: Floats) -> Floats:
        """One probability per frame; an unfinished last frame is filled up with silence."""
        frames = np.pad(samples, (0, -len(samples) % FRAME)).reshape(-1, FRAME)
        if not len(frames):
            return np.zeros(0, np.float32)
        before = np.vstack([self._context, frames[:-1, -CONTEXT:]])
        self._context = frames[-1, -CONTEXT:].copy()
        fed = np.concatenate([before, frames], axis=1)
        said, self._h, self._c = self._session.run(None, {"input": fed, "h": self._h, "c": self._c})
        return np.asarray(said, np.float32).reshape(-1)


def loudness(samples: Floats) -> Floats:
    """Decibels of each frame (full scale is 0, silence -100)."""
    frames = np.pad(samples, (0, -len(samples) % FRAME)).reshape(-1, FRAME)
    return (10 * np.log10((frames**2).mean(axis=1) + 1e-10)).astype(np.float32)
