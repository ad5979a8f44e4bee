"""Whatever telephones and chat programs record is decoded, and what cannot be says why."""

import struct

import av
import numpy as np
import pytest

from adapters.speech import decode, listening
from adapters.speech.decode import RATE, Tally
from bot.contract import Unreadable
from tests.adapters.speech import recordings


def whole(path, channels=1):
    tally = Tally()
    return np.concatenate(list(decode.blocks(path, channels, tally))), tally


@pytest.mark.parametrize("kind", recordings.KINDS)
def test_every_kind_is_decoded(tmp_path, voice, kind):
    path = recordings.encode(tmp_path / f"a{kind}", voice, kind)
    sound, tally = whole(path)
    assert tally.bad_packets == 0
    assert abs(len(sound) - len(voice)) < 0.2 * RATE
    loud = np.abs(sound).mean() / np.abs(voice).mean()
    assert 0.7 < loud < 1.3


def test_two_channels_stay_apart(tmp_path, voice):
    pair = np.stack([voice, np.zeros_like(voice)], axis=1)
    path = recordings.encode(tmp_path / "a.wav", pair)
    assert decode.shape(path) == (2, pytest.approx(len(voice) / RATE, abs=0.01))
    sound, _ = whole(path, 2)
    assert np.abs(sound[:, 0]).max() > 1000
    assert np.abs(sound[:, 1]).max() == 0


def test_blocks_are_of_one_length(tmp_path):
    path = recordings.encode(tmp_path / "a.wav", recordings.silence(130.5))
    lengths = [len(block) for block in decode.blocks(path, 1, Tally())]
    assert lengths == [60 * RATE, 60 * RATE, int(10.5 * RATE)]


@pytest.mark.parametrize("kind", [".mp3", ".opus", ".amr", ".wav", ".flac"])
def test_a_cut_off_recording_gives_what_is_there(tmp_path, voice, kind):
    path = recordings.encode(tmp_path / f"a{kind}", voice, kind)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    sound, _ = whole(path)
    assert 0.3 * len(voice) < len(sound) < 0.8 * len(voice)


def test_a_damaged_packet_becomes_silence(tmp_path, voice):
    path = recordings.encode(tmp_path / "a.m4a", voice, ".m4a")
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        hurt = [packet for packet in container.demux(audio=0) if packet.size > 20][20:25]
        for packet in hurt:
            data[packet.pos : packet.pos + packet.size] = b"\xff" * packet.size
    path.write_bytes(data)
    sound, tally = whole(path)
    assert tally.bad_packets > 0
    assert abs(len(sound) - len(voice)) < 0.3 * RATE


def test_silence_frames_of_telephones_are_decoded(tmp_path):
    """AMR-NB with DTX: one SID frame (type 8, 6 bytes) and NO_DATA frames (type 15)."""
    sid = bytes([0x44, 0, 0, 0, 0, 0x80])
    path = tmp_path / "dtx.amr"
    path.write_bytes(b"#!AMR\n" + (sid + b"\x7c" * 7) * 50)
    sound, tally = whole(path)
    assert tally.bad_packets == 0
    assert abs(len(sound) - 8 * RATE) < RATE


def test_silence_frames_of_wideband_are_decoded(tmp_path):
    """AMR-WB with DTX: SID is type 9 (6 bytes), NO_DATA type 15; 20 ms each."""
    path = tmp_path / "a.amr"
    path.write_bytes(b"#!AMR-WB\n" + (bytes([0x4C, 0, 0, 0, 0, 0]) + b"\x7c" * 7) * 50)
    sound, tally = whole(path)
    assert tally.bad_packets == 0
    assert len(sound) == 8 * RATE


def test_gsm_in_a_wav_is_decoded(tmp_path):
    """Microsoft's GSM (format 0x31): blocks of 65 bytes are 320 samples at 8 kHz."""
    blocks = bytes(range(65)) * 100
    head = struct.pack("<HHIIHHHH", 0x31, 1, 8_000, 1_625, 65, 0, 2, 320)
    chunks = b"WAVEfmt " + struct.pack("<I", len(head)) + head
    chunks += b"data" + struct.pack("<I", len(blocks)) + blocks
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(chunks)) + chunks)
    sound, tally = whole(path)
    assert tally.bad_packets == 0
    assert abs(len(sound) - 4 * RATE) < 0.1 * RATE


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "0 bytes"),
        (b"#!SILK_V3" + b"\x00" * 99, "SILK"),
        (b"\x02#!SILK_V3" + b"\x00" * 99, "SILK"),
        (b"just some words, no sound at all" * 9, "not a recording"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 99, "sound"),
        (b"#!AMR\n", "decoded"),
    ],
)
def test_what_cannot_be_decoded_says_why(tmp_path, data, says):
    path = tmp_path / "a.amr"
    path.write_bytes(data)
    with pytest.raises(Unreadable) as why:
        whole(path)
    assert says in str(why.value)
    assert any(char >= "\u4e00" for char in str(why.value))


def test_a_film_without_sound_says_so(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    with pytest.raises(Unreadable, match="no sound track"):
        decode.shape(path)


@pytest.mark.parametrize("kind", sorted(recordings.KINDS))
def test_browsers_get_a_copy_of_what_they_do_not_play(tmp_path, voice, kind):
    path = recordings.encode(tmp_path / f"a{kind}", voice, kind)
    into = tmp_path / "copy.m4a"
    made = listening.copy(path, into)
    assert made is (kind in {".amr", ".wma", ".alaw.wav", ".ulaw.wav", ".adpcm.wav"})
    if made:
        assert decode.codec(into) == "aac"
        sound, tally = whole(into)
        assert tally.bad_packets == 0
        assert abs(len(sound) - len(voice)) < 0.3 * RATE
        assert np.abs(sound).mean() > 0.3 * np.abs(voice).mean()


def test_a_copy_keeps_both_channels(tmp_path, voice):
    pair = np.stack([voice, np.zeros_like(voice)], axis=1)
    into = tmp_path / "copy.m4a"
    assert listening.copy(recordings.encode(tmp_path / "a.alaw.wav", pair, ".alaw.wav"), into)
    sound, _ = whole(into, 2)
    assert np.abs(sound[:, 0]).max() > 1000
    assert np.abs(sound[:, 1]).max() < 200
