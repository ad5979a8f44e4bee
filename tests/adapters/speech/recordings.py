"""Recordings for tests: real files, encoded with PyAV."""

from pathlib import Path

import av
import numpy as np

RATE = 16_000
KINDS = {
    ".amr": ("amr", "libopencore_amrnb", 8_000, "s16"),
    ".opus": ("ogg", "libopus", 48_000, "s16"),
    ".webm": ("webm", "libopus", 48_000, "s16"),
    ".m4a": ("ipod", "aac", 16_000, "fltp"),
    ".mp3": ("mp3", "libmp3lame", 16_000, "fltp"),
    ".wma": ("asf", "wmav2", 16_000, "fltp"),
    ".flac": ("flac", "flac", 16_000, "s16"),
    ".wav": ("wav", "pcm_s16le", 16_000, "s16"),
    ".alaw.wav": ("wav", "pcm_alaw", 8_000, "s16"),
    ".ulaw.wav": ("wav", "pcm_mulaw", 8_000, "s16"),
    ".adpcm.wav": ("wav", "adpcm_ms", 8_000, "s16"),
    ".mp4": ("mp4", "aac", 16_000, "fltp"),
}


def encode(path: Path, sound: np.ndarray, kind: str = ".wav") -> Path:
    """Write 16 kHz int16 samples, shape (time,) or (time, 2), as a file of `kind`."""
    container_format, codec, rate, sample_format = KINDS[kind]
    sides = np.atleast_2d(sound.T)
    layout = "stereo" if len(sides) == 2 else "mono"
    with av.open(str(path), "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        if codec == "wmav2":
            stream.bit_rate = 32_000  # its default is more than 16 kHz allows
        mixer = av.AudioResampler(
            format=sample_format, layout=layout, rate=rate, frame_size=stream.frame_size or 1024
        )
        packed = np.ascontiguousarray(sides.T.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=layout)
        frame.sample_rate = RATE
        for part in (frame, None):
            for mixed in mixer.resample(part):
                container.mux(stream.encode(mixed))
        container.mux(stream.encode(None))
    return path


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE), np.int16)
