"""A copy of a recording that every browser plays, where the recording itself is of another kind."""

from pathlib import Path
from typing import Final

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from adapters.speech import decode
from adapters.speech.decode import RATE, Tally

PLAYED: Final = frozenset(
    {
        "aac",
        "flac",
        "mp3",
        "mp3float",
        "opus",
        "pcm_f32le",
        "pcm_s16le",
        "pcm_s24le",
        "pcm_u8",
        "vorbis",
    }
)
"""Codecs that browsers play. Telephones' own (AMR, GSM, ADPCM, A-law) and WMA are not among them."""
BITS: Final = 32_000
"""Per second and channel: speech is as clear as in the recording."""


def copy(path: Path, into: Path) -> bool:
    """Write `path` as AAC in MP4 to `into`, block by block; False where browsers play it as it is.

    Raises `Unreadable`. What is damaged is as long in the copy as in the recording: times agree.
    """
    if decode.codec(path) in PLAYED:
        return False
    channels, _ = decode.shape(path)
    layout = "stereo" if channels == 2 else "mono"
    with av.open(str(into), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("aac", rate=RATE, layout=layout)
        assert isinstance(stream, AudioStream)  # noqa: S101 -- the codec is one of sound
        stream.bit_rate = BITS * channels
        at = 0
        for block in decode.blocks(path, channels, Tally()):
            frame = AudioFrame.from_ndarray(block.reshape(1, -1), format="s16", layout=layout)
            frame.sample_rate = RATE
            frame.pts = at
            at += len(block)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return True
