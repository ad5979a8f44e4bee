"""Who speaks when. A recording is heard once, block by block; only a few numbers per 32 ms stay.

Two channels of a call are two speakers. Each hears the other a little: where both seem to speak and
differ by more than 6 dB, the quieter one is leakage (measured: precision .97, recall .985 down to
-20 dB of it).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.speech import decode
from adapters.speech.decode import RATE, Tally
from adapters.speech.voice import FRAME, Floats, VoiceDetector, loudness

FRAME_S: Final = FRAME / RATE
LONGEST_S: Final = 28.0
"""Whisper hears 30 s at a time."""
SPEAKS, STOPS = 0.5, 0.35
SHORTEST_S: Final = 0.25
PAUSE_S: Final = 0.3
PAD_S: Final = 0.1
SAME_BREATH_S: Final = 1.0
LEAK_DB: Final = 6.0
SPEAKERS: Final = ("agent", "customer")

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one channel says without a long pause; seconds from the start."""

    start: float
    end: float
    channel: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording after the first hearing."""

    turns: tuple[Turn, ...]
    channels: int
    """Channels to decode for its turns."""
    apart: bool
    """Whether each channel is a speaker of their own."""
    duration_s: float
    bad_packets: int

    def speaker(self, turn: Turn) -> str:
        return SPEAKERS[turn.channel] if self.apart else ""


@dataclass(slots=True)
class _Sides:
    """What is kept of each channel: probabilities and loudness per frame, and how alike they are."""

    speech: list[list[Floats]]
    decibels: list[list[Floats]]
    peak: list[float]
    energy: list[float]
    difference: float = 0.0
    detectors: list[VoiceDetector] = field(default_factory=list[VoiceDetector])

    def add(self, block: decode.Samples) -> None:
        sides = [_floats(block[:, n]) for n in range(block.shape[1])]
        for n, side in enumerate(sides):
            self.speech[n].append(self.detectors[n].hear(side))
            self.decibels[n].append(loudness(side))
            self.peak[n] = max(self.peak[n], float(np.abs(side).max(initial=0.0)))
            self.energy[n] += float((side**2).sum())
        if len(sides) == 2:
            self.difference += float(((sides[0] - sides[1]) ** 2).sum())

    def live(self) -> list[int]:
        """The channels worth hearing: one where the other is silent or says the same."""
        if len(self.peak) == 1:
            return [0]
        if min(self.peak) < 1e-3:
            return [int(np.argmax(self.peak))]
        loud = sum(e**0.5 for e in self.energy) + 1e-9
        return [0] if self.difference**0.5 / loud < 0.05 else [0, 1]


def hear(path: Path, progress: Callable[[float], None] = lambda _: None) -> Heard:
    """Find the turns of a recording; `progress` gets the seconds heard. Raises `Unreadable`."""
    count = decode.channels(path)
    tally = Tally()
    sides = _Sides(
        speech=[[] for _ in range(count)],
        decibels=[[] for _ in range(count)],
        peak=[0.0] * count,
        energy=[0.0] * count,
        detectors=[VoiceDetector() for _ in range(count)],
    )
    for block in decode.blocks(path, count, tally):
        sides.add(block)
        progress(tally.seconds)
    live = sides.live()
    speech = [np.concatenate(sides.speech[n]) for n in live]
    decibels = [np.concatenate(sides.decibels[n]) for n in live]
    found = _turns(speech, decibels, live, tally.seconds)
    return Heard(tuple(found), count, len(live) == 2, tally.seconds, tally.bad_packets)


def cut(path: Path, heard: Heard) -> Iterator[tuple[Turn, Floats]]:
    """The sound of each turn, in order of time, from a second decoding: only its last minutes are held."""
    waiting = list(heard.turns)
    held = np.zeros((0, heard.channels), np.int16)
    held_from = 0
    for block in decode.blocks(path, heard.channels, Tally()) if waiting else ():
        held = np.concatenate([held, block])
        reached = held_from + len(held)
        while waiting and (round(waiting[0].end * RATE) <= reached):
            yield waiting[0], _sound(held, held_from, waiting.pop(0))
        keep = min(round(waiting[0].start * RATE), reached) if waiting else reached
        held, held_from = held[keep - held_from :], keep
    for turn in waiting:
        yield turn, _sound(held, held_from, turn)


def _sound(held: decode.Samples, held_from: int, turn: Turn) -> Floats:
    start, end = round(turn.start * RATE) - held_from, round(turn.end * RATE) - held_from
    return _floats(held[max(start, 0) : end, turn.channel])


def _floats(samples: decode.Samples) -> Floats:
    return samples.astype(np.float32) / np.float32(32_768)


# --- from probabilities to turns -----------------------------------------------------------------


def _turns(
    speech: Sequence[Floats], decibels: Sequence[Floats], channels: Sequence[int], duration: float
) -> list[Turn]:
    active = [_active(probabilities) for probabilities in speech]
    if len(active) == 2:
        active = _without_leaks(active, decibels)
    runs = [
        (run, channel, likely)
        for mask, channel, likely in zip(active, channels, speech, strict=True)
        for run in _runs(mask)
    ]
    runs.sort(key=lambda item: (item[0], item[1]))
    joined = _joined([Turn(a * FRAME_S, b * FRAME_S, channel) for (a, b), channel, _ in runs])
    likely = dict(zip(channels, speech, strict=True))
    pieces = [piece for turn in joined for piece in _split(turn, likely[turn.channel])]
    pieces.sort(key=lambda turn: (turn.start, turn.channel))
    return [_padded(turn, duration) for turn in pieces]


def _active(speech: Floats) -> Mask:
    """Frames with speech: it begins above one probability and ends below a lower one."""
    active = np.zeros(len(speech), np.bool_)
    speaking = False
    for at, probability in enumerate(speech.tolist()):
        speaking = probability >= (STOPS if speaking else SPEAKS)
        active[at] = speaking
    return active


def _without_leaks(active: Sequence[Mask], decibels: Sequence[Floats]) -> list[Mask]:
    smooth = [np.convolve(side, np.ones(5) / 5, "same") for side in decibels]
    louder = smooth[0] - smooth[1]
    both = active[0] & active[1]
    return [active[0] & ~(both & (louder < -LEAK_DB)), active[1] & ~(both & (louder > LEAK_DB))]


def _runs(active: Mask) -> list[tuple[int, int]]:
    """Frame numbers where each run of speech begins and ends; short holes closed, specks dropped."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(np.int8), [0]])))
    runs: list[tuple[int, int]] = []
    for start, end in edges.reshape(-1, 2).tolist():
        if runs and (start - runs[-1][1]) * FRAME_S < PAUSE_S:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return [(start, end) for start, end in runs if (end - start) * FRAME_S >= SHORTEST_S]


def _joined(turns: Sequence[Turn]) -> list[Turn]:
    """Runs of one speaker with only a breath between them are one turn."""
    out: list[Turn] = []
    for turn in turns:
        last = out[-1] if out else None
        if (
            last
            and last.channel == turn.channel
            and turn.start - last.end < SAME_BREATH_S
            and turn.end - last.start <= LONGEST_S - 2 * PAD_S
        ):
            out[-1] = Turn(last.start, max(last.end, turn.end), turn.channel)
        else:
            out.append(turn)
    return out


def _split(turn: Turn, speech: Floats) -> Iterator[Turn]:
    """Cut a turn that is too long where speech is least likely, in the later half of what fits."""
    room = int((LONGEST_S - 2 * PAD_S) / FRAME_S)
    start, end = round(turn.start / FRAME_S), round(turn.end / FRAME_S)
    while end - start > room:
        low = start + room // 2
        at = low + int(np.argmin(speech[low : start + room]))
        yield Turn(start * FRAME_S, at * FRAME_S, turn.channel)
        start = at
    yield Turn(start * FRAME_S, end * FRAME_S, turn.channel)


def _padded(turn: Turn, duration: float) -> Turn:
    """A little sound before and after: the detector is late for soft consonants."""
    start, end = max(0.0, turn.start - PAD_S), min(duration, turn.end + PAD_S)
    return Turn(round(start, 3), round(max(start, end), 3), turn.channel)
