"""Who speaks when. A recording is heard once, block by block; only a few numbers per 32 ms stay.

Two channels of a call are two speakers. Each hears the other a little: where both seem to speak and
differ by more than 6 dB, the quieter one is leakage (measured: precision .97, recall .985 down to
-20 dB of it).
"""

import math
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
LONGEST_S: Final = 29.0
"""Whisper hears 30 s at a time."""
SPEAKS, STOPS = 0.5, 0.35
SHORTEST_S: Final = 0.25
PAUSE_S: Final = 0.3
PAD_S: Final = 0.1
HUSH: Final = 5
"""Frames without speech that a turn is cut in, where it must be: 160 ms."""
SAME_BREATH_S: Final = 1.0
ONE_SIDE_S: Final = 2.0
"""Nobody else's words are lost in a pause of a single channel: turns are longer there."""
GAP_S: Final = 10.0
SPAN_S: Final = 120.0
"""Each turn costs Whisper as much as 30 s do. An engine that tells the times of its words can hear
what is said on a single channel packed, over pauses up to GAP_S and never over more than SPAN_S.
"""
LEAK_DB: Final = 6.0
SPEAKERS: Final = ("agent", "customer")

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one channel says without a long pause; seconds from the start."""

    start: float
    end: float
    channel: int = 0
    pauses: tuple[tuple[float, float], ...] = ()
    """From when to when nothing is said within it; left out of its sound."""

    @property
    def pieces(self) -> tuple[tuple[float, float], ...]:
        """From when to when its sound is taken."""
        starts = (self.start, *(until for _, until in self.pauses))
        return tuple(zip(starts, (*(since for since, _ in self.pauses), self.end), strict=True))

    @property
    def length(self) -> float:
        """Seconds of its sound."""
        return sum(end - start for start, end in self.pieces)

    def at(self, second: float, *, ending: bool = False) -> float:
        """When a second of its sound is in the recording; `ending`: of what ends then."""
        left = second
        for start, end in self.pieces:
            if left < end - start or (ending and left <= end - start):
                return start + left
            left -= end - start
        return self.end


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording after the first hearing."""

    turns: tuple[Turn, ...]
    """In the order of their ends."""
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


def hear(
    path: Path, progress: Callable[[float], None] = lambda _: None, *, packed: bool = False
) -> Heard:
    """Find the turns of a recording; `progress` gets 0..1, where its length is told. Raises
    `Unreadable`.

    `packed`: those of a single channel hold as much as Whisper hears at once, without their pauses.
    """
    count, claimed_s = decode.shape(path)
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
        if claimed_s:
            progress(min(tally.seconds / claimed_s, 1.0))
    live = sides.live()
    speech = [np.concatenate(sides.speech[n]) for n in live]
    decibels = [np.concatenate(sides.decibels[n]) for n in live]
    found = _turns(speech, decibels, live, tally.seconds, packed=packed and len(live) == 1)
    return Heard(tuple(found), count, len(live) == 2, tally.seconds, tally.bad_packets)


def cut(path: Path, heard: Heard, wanted: Sequence[Turn]) -> Iterator[tuple[Turn, Floats]]:
    """The sound of each turn, in the order of their ends, from a second decoding: only its last
    minutes are held.
    """
    waiting = list(wanted)
    held = np.zeros((0, heard.channels), np.int16)
    held_from = 0
    for block in decode.blocks(path, heard.channels, Tally()) if waiting else ():
        held = np.concatenate([held, block])
        reached = held_from + len(held)
        while waiting and round(waiting[0].end * RATE) <= reached:
            yield waiting[0], _sound(held, held_from, waiting.pop(0))
        if not waiting:
            return
        keep = min(round(turn.start * RATE) for turn in waiting)
        keep = min(max(keep, held_from), reached)
        held, held_from = held[keep - held_from :], keep
    for turn in waiting:
        yield turn, _sound(held, held_from, turn)


def _sound(held: decode.Samples, held_from: int, turn: Turn) -> Floats:
    def piece(start: float, end: float) -> decode.Samples:
        first, last = round(start * RATE) - held_from, round(end * RATE) - held_from
        return held[max(first, 0) : last, turn.channel]

    return _floats(np.concatenate([piece(start, end) for start, end in turn.pieces]))


def _floats(samples: decode.Samples) -> Floats:
    return samples.astype(np.float32) / np.float32(32_768)


# --- from probabilities to turns -----------------------------------------------------------------


def _turns(
    speech: Sequence[Floats],
    decibels: Sequence[Floats],
    channels: Sequence[int],
    duration: float,
    *,
    packed: bool,
) -> list[Turn]:
    active = [_active(probabilities) for probabilities in speech]
    breath = SAME_BREATH_S if len(active) == 2 else ONE_SIDE_S
    if packed:  # in small pieces, which must not overlap where they are padded
        breath = 2 * PAD_S
    if len(active) == 2:
        active = _without_leaks(active, decibels)
    runs = [
        Turn(start * FRAME_S, end * FRAME_S, channel)
        for mask, channel in zip(active, channels, strict=True)
        for start, end in _runs(mask)
    ]
    runs.sort(key=lambda turn: (turn.start, turn.channel))
    likely = dict(zip(channels, speech, strict=True))
    pieces = [
        piece
        for turn in _joined(runs, breath)
        for piece in _split(turn, likely[turn.channel], duration)
    ]
    if packed:
        return list(_packed(pieces))
    return sorted(pieces, key=lambda turn: (turn.end, turn.start, turn.channel))


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


def _packed(turns: Sequence[Turn]) -> Iterator[Turn]:
    """Turns of one channel, as many to one as Whisper hears at once, without the pauses between."""
    held: Turn | None = None
    for turn in turns:
        fits = (
            held is not None
            and turn.start - held.end < GAP_S
            and turn.end - held.start < SPAN_S
            and held.length + turn.length + PAUSE_S <= LONGEST_S
        )
        if held is None or not fits:
            if held is not None:
                yield held
            held = turn
        else:
            pause = ((held.end, turn.start),) if turn.start - held.end > PAUSE_S else ()
            held = Turn(held.start, turn.end, held.channel, (*held.pauses, *pause))
    if held is not None:
        yield held


def _joined(turns: Sequence[Turn], breath: float) -> list[Turn]:
    """Runs of one channel with only a breath between them are one turn."""
    out: list[Turn] = []
    for turn in turns:
        last = out[-1] if out else None
        if last and last.channel == turn.channel and turn.start - last.end < breath:
            out[-1] = Turn(last.start, max(last.end, turn.end), turn.channel)
        else:
            out.append(turn)
    return out


def _split(turn: Turn, speech: Floats, duration: float) -> Iterator[Turn]:
    """Cut a turn that is too long, as late as there is a pause.

    At its own ends a little sound is added, because the detector is late for soft consonants; where
    it is cut nothing is, or words would be heard twice.
    """
    room = int((LONGEST_S - 2 * PAD_S) / FRAME_S)
    start, end = round(turn.start / FRAME_S), round(turn.end / FRAME_S)
    from_ = max(0.0, turn.start - PAD_S)
    while end - start > room:
        start += _cut_at(speech[start : start + room])
        yield Turn(_hundredths(from_), _hundredths(start * FRAME_S), turn.channel)
        from_ = start * FRAME_S
    until = min(duration, turn.end + PAD_S)
    yield Turn(_hundredths(from_), _hundredths(max(from_, until)), turn.channel)


def _cut_at(speech: Floats) -> int:
    """The middle of the last pause in the later half; without one, where speech is least likely."""
    half = len(speech) // 2
    around = np.convolve(speech, np.ones(HUSH) / HUSH, "same")[half:]
    hushed = np.flatnonzero(around[: -HUSH // 2] < STOPS / 2)
    return half + int(hushed[-1] if len(hushed) else np.argmin(around))


def _hundredths(seconds: float) -> float:
    """Never past the recording's end; nothing of ours is more exact."""
    return math.floor(seconds * 100 + 1e-6) / 100
