"""Recordings of any kind → 16 kHz samples, block by block, whatever is broken in them.

Packet by packet, because one damaged packet makes decoders that read a whole file give up or cut it
short in silence; a lost packet becomes silence of its length, so that times stay right.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.error import FFmpegError
from av.packet import Packet  # generic for type checkers alone
from numpy.typing import NDArray

from bot.contract import Unreadable
from bot.texts import Text

Samples = NDArray[np.int16]
"""Shape (time, channels)."""

RATE: Final = 16_000
BLOCK_S: Final = 60
LONGEST_GAP_S: Final = 5.0
"""A damaged packet may claim any length; no more silence than this is put in its place."""
BETTER: Final = {
    "amrnb": "libopencore_amrnb",
    "amr_nb": "libopencore_amrnb",
    "amrwb": "libopencore_amrwb",
    "amr_wb": "libopencore_amrwb",
}
"""FFmpeg's own AMR decoders refuse the silence frames (DTX) that telephones write."""

EMPTY: Final = Text("录音是空文件（0 字节）", "the recording is empty (0 bytes)")
SILK: Final = Text(
    "这是 SILK 编码的语音（扩展名常为 .amr），无法解码；请导出为 mp3 或 wav",
    "this is SILK audio (often named .amr), which cannot be decoded; export it as mp3 or wav",
)
NOT_AUDIO: Final = Text(
    "不是录音，或文件已损坏：{why}", "not a recording, or the file is damaged: {why}"
)
NO_SOUND: Final = Text("文件里没有声音轨道", "there is no sound track in the file")
NOTHING_LEFT: Final = Text("没有一段声音能解码", "none of its sound can be decoded")


def unreadable(text: Text, **facts: object) -> Unreadable:
    """Why, in both languages: the recording's owner is not known here."""
    return Unreadable(f"{text.in_('en', **facts)} / {text.in_('zh', **facts)}")


@dataclass(slots=True)
class Tally:
    """What decoding came upon: filled while the blocks are read."""

    bad_packets: int = 0
    samples: int = 0

    @property
    def seconds(self) -> float:
        return self.samples / RATE


def shape(path: Path) -> tuple[int, float]:
    """1 or 2, the channels a recording is worth hearing apart, and the seconds that it claims to
    last, or 0. Raises `Unreadable`.
    """
    with _open(path) as container:
        channels = 2 if _context(container).layout.nb_channels == 2 else 1
        return channels, (container.duration or 0) / av.time_base


def codec(path: Path) -> str:
    """FFmpeg's name of how the sound is written. Raises `Unreadable`."""
    with _open(path) as container:
        return _context(container).name


def blocks(path: Path, channels_: int, tally: Tally) -> Iterator[Samples]:
    """The recording as blocks of exactly BLOCK_S seconds, but for the last. Raises `Unreadable`."""
    need = BLOCK_S * RATE
    held: list[Samples] = []
    count = 0
    for piece in _pieces(path, channels_, tally):
        held.append(piece)
        count += len(piece)
        tally.samples += len(piece)
        while count >= need:
            whole = np.concatenate(held)
            yield whole[:need]
            held, count = [whole[need:]], count - need
    if count:
        yield np.concatenate(held)
    if not tally.samples:
        raise unreadable(NOTHING_LEFT)


def _open(path: Path) -> Any:
    """An open container, known to be neither empty nor SILK."""
    with path.open("rb") as file:
        magic = file.read(10)
    if not magic:
        raise unreadable(EMPTY)
    if magic.removeprefix(b"\x02").startswith(b"#!SILK"):
        raise unreadable(SILK)
    try:
        return av.open(str(path), mode="r", metadata_errors="ignore")
    except (FFmpegError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise unreadable(NOT_AUDIO, why=why) from error


def _context(container: Any) -> AudioCodecContext:
    if not container.streams.audio:
        raise unreadable(NO_SOUND)
    context = container.streams.audio[0].codec_context
    if context is None:
        raise unreadable(NOT_AUDIO, why="codec")
    return context


def _decoder(container: Any) -> AudioCodecContext:
    context = _context(container)
    name = BETTER.get(context.name)
    if name is None or name not in av.codecs_available:
        return context
    better = av.CodecContext.create(name, "r")
    if not isinstance(better, AudioCodecContext):
        return context
    better.sample_rate = context.sample_rate or 8_000
    better.layout = context.layout.name
    return better


def _pieces(path: Path, channels_: int, tally: Tally) -> Iterator[Samples]:
    with _open(path) as container:
        decoder = _decoder(container)
        mixer = _Mixer(channels_)
        for packet in _packets(container, tally):
            try:
                frames = decoder.decode(packet) if packet.size or packet.dts is None else []
            except FFmpegError:
                tally.bad_packets += 1
                yield from mixer.silence(packet)
                continue
            for frame in frames:
                yield from mixer.mix(frame)
        yield from mixer.rest()


def _packets(container: Any, tally: Tally) -> Iterator["Packet[Any]"]:
    """Packets up to the end, or to where the container itself is broken."""
    packets = container.demux(container.streams.audio[0])
    try:
        yield from packets
    except FFmpegError:
        tally.bad_packets += 1


class _Mixer:
    """Brings frames of any rate, format and layout to ours, also where they change on the way."""

    def __init__(self, channels_: int) -> None:
        self._channels = channels_
        self._resampler: AudioResampler | None = None
        self._shape: tuple[str, str, int] | None = None

    def mix(self, frame: AudioFrame) -> Iterator[Samples]:
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            yield from self.rest()
            layout = "stereo" if self._channels == 2 else "mono"
            self._resampler = AudioResampler(format="s16", layout=layout, rate=RATE)
            self._shape = shape
        # Times in damaged files jump; the order of packets is what counts.
        frame.pts = None
        yield from self._through(frame)

    def silence(self, packet: "Packet[Any]") -> Iterator[Samples]:
        lasts = (
            float(packet.duration * packet.time_base)
            if packet.duration and packet.time_base
            else 0.0
        )
        if lasts > 0:
            yield np.zeros((int(min(lasts, LONGEST_GAP_S) * RATE), self._channels), np.int16)

    def rest(self) -> Iterator[Samples]:
        """What the resampler still holds."""
        if self._resampler is not None:
            # A resampler that never got a whole frame has nothing to give.
            with suppress(FFmpegError):
                yield from self._through(None)

    def _through(self, frame: AudioFrame | None) -> Iterator[Samples]:
        if self._resampler is not None:
            for mixed in self._resampler.resample(frame):
                yield mixed.to_ndarray().reshape(-1, self._channels).astype(np.int16, copy=False)
