"""A synthetic voice for recordings: espeak-ng from its wheel, spoken into real WAV files.

The library keeps its state in globals, so each text is spoken by a process of its own:
`python tests/voices.py TEXT PATH VOICE RATE`.
"""

import ctypes
import os
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any, Final

import espeakng_loader
import numpy as np

SYNCHRONOUS: Final = 2  # AUDIO_OUTPUT_SYNCHRONOUS of speak_lib.h
UTF8: Final = 1  # espeakCHARS_UTF8
CALLBACK: Final = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def speak(text: str, path: Path, voice: str = "cmn", rate: int = 16_000) -> Path:
    """Say `text` into a mono 16-bit WAV of `rate` samples per second; voices: cmn, en-us and others."""
    # The program's own folder would shadow nothing here, but a bare interpreter starts faster.
    command = [sys.executable, __file__, text, str(path), voice, str(rate)]
    subprocess.run(command, check=True, timeout=60, env={**os.environ, "PYTHONUTF8": "1"})
    return path


def samples(path: Path) -> np.ndarray:
    """The samples of a WAV that `speak` wrote: int16, shape (time,)."""
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def _spoken(text: str, voice: str) -> tuple[np.ndarray, int]:
    library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
    data = espeakng_loader.get_data_path().encode()
    rate = library.espeak_Initialize(SYNCHRONOUS, 500, data, 0)
    pieces: list[np.ndarray] = []

    def keep(wav: Any, count: int, _events: Any) -> int:
        if wav and count > 0:
            pieces.append(np.ctypeslib.as_array(wav, (count,)).copy())
        return 0

    listener = CALLBACK(keep)
    library.espeak_SetSynthCallback(listener)
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        raise LookupError(voice)
    said = text.encode() + b"\0"
    library.espeak_Synth(said, len(said), 0, 0, 0, UTF8, None, None)
    library.espeak_Synchronize()
    library.espeak_Terminate()
    return np.concatenate(pieces), rate


def _at_rate(sound: np.ndarray, have: int, want: int) -> np.ndarray:
    times = np.arange(int(len(sound) * want / have)) * have / want
    return np.interp(times, np.arange(len(sound)), sound).astype(np.int16)


def _main(text: str, path: str, voice: str, rate: str) -> None:
    sound, have = _spoken(text, voice)
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(int(rate))
        file.writeframes(_at_rate(sound, have, int(rate)).tobytes())


if __name__ == "__main__":
    _main(*sys.argv[1:])
