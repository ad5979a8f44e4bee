"""Where the model runs: on a graphics card where one can be used, else on the processor."""

import ctypes
import sys
from typing import Any, Final

from bot import log

LIBRARY: Final = "libcublas.so.12"
"""CTranslate2 4.8 loads it at the first sound only; it needs no cuDNN."""
BEST: Final = ("float16", "int8_float32", "float32")

_log = log.get("speech")


def load(folder: str, device: str, compute_type: str) -> Any:
    """A `WhisperModel`. "auto": float16 on a card, int8 on the processor (base size, two cores: 1.3 ×
    as fast as float32); a card that cannot be used is told once.
    """
    if device == "auto":
        try:
            kind = _card(compute_type)
            if kind:
                return _model(folder, "cuda", kind)
        except (RuntimeError, ValueError, OSError) as error:
            _log.warning("speech.no_cuda", why=str(error).splitlines()[0])
        device = "cpu"
    if compute_type == "auto" and device == "cpu":
        compute_type = "int8"
    return _model(folder, device, compute_type)


def _card(compute_type: str) -> str:
    """The kind of numbers to reckon with on the card; empty where there is none."""
    import ctranslate2  # noqa: PLC0415 -- comes with faster-whisper, which is slow to import

    if not ctranslate2.get_cuda_device_count():
        return ""
    if sys.platform == "linux":
        ctypes.CDLL(LIBRARY)
    if compute_type != "auto":
        return compute_type
    can = ctranslate2.get_supported_compute_types("cuda")
    return next(kind for kind in BEST if kind in can)


def _model(folder: str, device: str, compute_type: str) -> Any:
    from faster_whisper import WhisperModel  # noqa: PLC0415

    return WhisperModel(folder, device=device, compute_type=compute_type, local_files_only=True)
