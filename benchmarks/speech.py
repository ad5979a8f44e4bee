"""Recordings to words: our engine beside bare faster-whisper, and what memory longer ones take.

The model is scripted (tests/scripted_whisper.py), as wide and deep as Whisper base: what is compared
is time, not words. Each measurement runs in a process of its own.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from adapters.speech import script
from benchmarks.figures import Figure
from tests import scripted_whisper, voices

RATE: Final = 16_000
BATCH: Final = 8
SAID: Final = (
    ("cmn", "您好，这里是华建集团。这已经是第三次延期了，麻烦给个说法。"),
    ("cmn", "好的，我明天上午把新的进度表发给您，请您确认一下。"),
    ("en-us+f3", "Hello, when will the second phase be ready for acceptance?"),
    ("cmn+f2", "收到。另外合同的付款条件，我们下周一再开会讨论。"),
)
PAUSES: Final = (0.3, 1.5)
TIMED_S: Final = 600
LENGTHS_S: Final = (600, 3_600, 10_800)
QUICK_TIMED_S: Final = 120
QUICK_LENGTHS_S: Final = (120, 600)


def run(*, quick: bool) -> Iterator[Figure]:
    """The same recording, model and options on both sides; int8 beside float32; peak memory."""
    with tempfile.TemporaryDirectory(prefix="keqing-speech-") as name:
        folder = Path(name)
        small, base = folder / "small", folder / "base"
        scripted_whisper.build(small / "scripted")
        scripted_whisper.build(base / "scripted", size=scripted_whisper.BASE)
        yield from _times(folder, base, QUICK_TIMED_S if quick else TIMED_S, 1 if quick else 3)
        lengths = QUICK_LENGTHS_S if quick else LENGTHS_S
        memory = [_measured("ours", _recording(folder, length), small) for length in lengths]
        for length, (_, mib) in zip(lengths, memory, strict=True):
            growth = mib / memory[0][1]
            beside = f"{growth:.2f} × that of {lengths[0] // 60} min"
            yield Figure(f"speech: peak memory, {length // 60} min", mib, "MiB", beside=beside)


def _times(folder: Path, models: Path, length: int, rounds: int) -> Iterator[Figure]:
    path = _recording(folder, length)
    taken: dict[str, list[float]] = {"ours": [], "bare": [], "float32": []}
    # In turn, so that whatever else the machine does falls on all of them.
    for _ in range(rounds):
        for kind, seconds in taken.items():
            seconds.append(_measured(kind, path, models)[0])
    ours, bare, exact = (min(seconds) for seconds in taken.values())
    beside = f"bare faster-whisper {bare:.1f} s"
    yield Figure("speech: our time ÷ bare", ours / bare, "×", 1.05, 1.0, beside, most=True)
    yield Figure("speech: sound per second, base size", length / ours, "× real time")
    yield Figure("speech: float32 ÷ int8", exact / ours, "×", beside=f"float32 {exact:.1f} s")


def _recording(folder: Path, length: int) -> Path:
    """People talking with pauses, as a 16 kHz mono WAV of about `length` seconds."""
    path = folder / f"{length}.wav"
    if path.exists():
        return path
    chance = random.Random(7)
    said = [
        voices.samples(voices.speak(text, folder / f"{number}.voice.wav", voice))
        for number, (voice, text) in enumerate(SAID)
    ]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        while file.tell() < length * RATE:
            file.writeframes(chance.choice(said).tobytes())
            file.writeframes(bytes(2 * int(chance.uniform(*PAUSES) * RATE)))
    return path


def _measured(kind: str, path: Path, models: Path) -> tuple[float, float]:
    """Seconds of the transcription alone, and the peak memory of its process in MiB."""
    command = [sys.executable, "-m", "benchmarks.speech", kind, str(path), str(models)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, mib = json.loads(done.stdout)
    return seconds, mib


def _main(kind: str, path: Path, models: Path) -> None:
    seconds = _bare(path, models) if kind == "bare" else _ours(kind, path, models)
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps([seconds, kib / 1024]))


def _ours(kind: str, path: Path, models: Path) -> float:
    from adapters.speech import whisper  # noqa: PLC0415 -- the bare side must not load it

    compute = "float32" if kind == "float32" else "auto"
    engine = whisper.build({"device": "cpu", "compute_type": compute, "language": "zh"}, models)
    assert engine._pipeline
    began = time.perf_counter()
    engine.transcribe(path, progress=lambda _: None)
    return time.perf_counter() - began


def _bare(path: Path, models: Path) -> float:
    from faster_whisper import (  # noqa: PLC0415 -- its side alone
        BatchedInferencePipeline,
        WhisperModel,
        decode_audio,
    )

    model = WhisperModel(str(models / "scripted"), device="cpu", compute_type="int8")
    pipeline = BatchedInferencePipeline(model)
    began = time.perf_counter()
    said, _ = pipeline.transcribe(
        np.asarray(decode_audio(str(path))),
        language="zh",
        initial_prompt=script.prompt("simplified", "zh"),
        batch_size=BATCH,
        without_timestamps=False,
        word_timestamps=True,
    )
    for _ in said:
        pass
    return time.perf_counter() - began


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
