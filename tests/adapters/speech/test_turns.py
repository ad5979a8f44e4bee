"""Who speaks when, on one channel and on two."""

import numpy as np
import pytest

from adapters.speech import turns
from adapters.speech.decode import RATE
from adapters.speech.turns import LONGEST_S
from adapters.speech.voice import VoiceDetector
from tests.adapters.speech import recordings


def talk(voice, english):
    """Agent, pause, customer, pause: shape (time, 2), and when the second begins (s)."""
    pause = recordings.silence(2)
    left = np.concatenate([voice, pause, np.zeros_like(english), pause])
    right = np.concatenate([np.zeros_like(voice), pause, english, pause])
    return np.stack([left, right], axis=1), (len(voice) + len(pause)) / RATE


def test_silence_has_no_turns(tmp_path):
    heard = turns.hear(recordings.encode(tmp_path / "a.wav", recordings.silence(3)))
    assert (heard.turns, heard.duration_s) == ((), 3.0)


def test_pauses_part_turns(tmp_path, voice):
    sound = np.concatenate([recordings.silence(1.5), voice, recordings.silence(3), voice])
    first, second = turns.hear(recordings.encode(tmp_path / "a.wav", sound)).turns
    assert first.start == pytest.approx(1.5, abs=0.3)
    assert first.end == pytest.approx(1.5 + len(voice) / RATE, abs=0.4)
    assert second.start == pytest.approx(4.5 + len(voice) / RATE, abs=0.3)


def test_the_detector_goes_on_where_it_ended(voice):
    sound = (voice / 32_768).astype(np.float32)
    at_once = VoiceDetector().hear(sound)
    bit_by_bit = VoiceDetector()
    cut = 512 * 40
    parts = [bit_by_bit.hear(sound[:cut]), bit_by_bit.hear(sound[cut:])]
    np.testing.assert_allclose(np.concatenate(parts), at_once, atol=1e-4)


def test_two_channels_are_two_speakers(tmp_path, voice, english):
    sound, second_at = talk(voice, english)
    heard = turns.hear(recordings.encode(tmp_path / "a.wav", sound))
    assert [heard.speaker(turn) for turn in heard.turns] == ["agent", "customer"]
    assert heard.turns[1].start == pytest.approx(second_at, abs=0.3)


@pytest.mark.parametrize("leak_db", [10, 20])
def test_leakage_is_nobody(tmp_path, voice, english, leak_db):
    sound, _ = talk(voice, english)
    leak = (sound[:, ::-1] * 10 ** (-leak_db / 20)).astype(np.int16)
    heard = turns.hear(recordings.encode(tmp_path / "a.wav", sound + leak))
    assert [turn.channel for turn in heard.turns] == [0, 1]


def test_the_same_on_both_sides_is_one_speaker(tmp_path, voice):
    both = np.stack([voice, voice], axis=1)
    heard = turns.hear(recordings.encode(tmp_path / "a.wav", both))
    assert not heard.apart
    assert {heard.speaker(turn) for turn in heard.turns} == {""}


def test_a_dead_channel_is_left_out(tmp_path, voice):
    dead = np.stack([np.zeros_like(voice), voice], axis=1)
    heard = turns.hear(recordings.encode(tmp_path / "a.wav", dead))
    assert not heard.apart
    assert {turn.channel for turn in heard.turns} == {1}


def test_no_turn_is_longer_than_whisper_hears(tmp_path, voice):
    speech = np.concatenate([voice[: int(6.5 * RATE)]] * 20)
    path = recordings.encode(tmp_path / "a.wav", speech)
    heard = turns.hear(path)
    assert max(turn.end - turn.start for turn in heard.turns) <= LONGEST_S
    assert sum(turn.end - turn.start for turn in heard.turns) > 110
    for turn, sound in turns.cut(path, heard, heard.turns):
        from_, to = round(turn.start * RATE), round(turn.end * RATE)
        np.testing.assert_array_equal((sound * 32_768).astype(np.int16), speech[from_:to])


def test_turns_that_overlap_are_cut_whole(tmp_path, voice, english):
    short = np.concatenate([english, np.zeros(len(voice) - len(english), np.int16)])
    path = recordings.encode(tmp_path / "a.wav", np.stack([voice, short], axis=1))
    heard = turns.hear(path)
    cut = list(turns.cut(path, heard, heard.turns))
    assert [turn for turn, _ in cut] == list(heard.turns)
    assert all(len(s) == round(t.end * RATE) - round(t.start * RATE) for t, s in cut)


def test_a_single_channel_is_packed_without_its_pauses(tmp_path, voice):
    pause = recordings.silence(3)
    sound = np.concatenate([voice, pause, voice, pause, voice, pause, voice, pause, voice])
    path = recordings.encode(tmp_path / "a.wav", sound)
    loose, packed = turns.hear(path), turns.hear(path, packed=True)
    assert len(packed.turns) < len(loose.turns)
    assert all(turn.length <= turns.LONGEST_S for turn in packed.turns)
    assert sum(until - since for turn in packed.turns for since, until in turn.pauses) > 6
    parts = list(turns.cut(path, packed, packed.turns))
    for turn, heard in parts:
        assert len(heard) / RATE == pytest.approx(turn.length, abs=0.05)
    said = sum(len(heard) for _, heard in parts)
    assert said == pytest.approx(5 * len(voice), rel=0.15)


def test_times_in_a_packed_turn_are_those_of_the_recording():
    turn = turns.Turn(10.0, 30.0, 0, ((12.0, 15.0), (20.0, 25.0)))
    assert turn.length == 12.0
    assert [turn.at(second) for second in (0, 1.9, 2, 6.9, 7, 11)] == [10, 11.9, 15, 19.9, 25, 29]
    assert [turn.at(second, ending=True) for second in (2, 7, 12, 99)] == [12, 20, 30, 30]


def test_two_channels_are_not_packed(tmp_path, voice, english):
    sound, _ = talk(voice, english)
    path = recordings.encode(tmp_path / "a.wav", np.concatenate([sound, sound]))
    assert turns.hear(path, packed=True).turns == turns.hear(path).turns
