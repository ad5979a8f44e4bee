"""The long connection's frames: known bytes, both ways, and bytes that are none."""

import os
import random

import pytest

from adapters.feishu import frames
from adapters.feishu.frames import BadFrame, Frame


def test_a_ping_is_these_bytes():
    made = frames.encode(frames.ping(16777998))
    assert made.startswith(bytes.fromhex("08001000"))
    assert made.endswith(bytes.fromhex("2a0c0a0474797065120470696e6732003a0042004a00"))
    assert frames.decode(made) == frames.ping(16777998)


FULL = Frame(
    seq=2**64 - 1,
    log=2**63,
    service=-7,
    method=frames.DATA,
    headers=(("type", "event"), ("message_id", "长" * 50), ("sum", "1")),
    encoding="gzip",
    kind="json",
    payload=os.urandom(70_000),
    log_new="2026112100",
)


def test_every_field_survives():
    assert frames.decode(frames.encode(FULL)) == FULL


def test_fields_of_later_versions_are_left_out():
    more = b"\x50\x07" + b"\x5a\x02hi" + b"\x61" + b"12345678" + b"\x6d" + b"1234"
    assert frames.decode(frames.encode(FULL) + more) == FULL


def test_an_answer_keeps_what_the_frame_had():
    answer = frames.decode(frames.encode(FULL.answered(b'{"code":200}', 3)))
    assert answer.header("message_id") == FULL.header("message_id")
    assert (answer.header("biz_rt"), answer.payload, answer.seq) == ("3", b'{"code":200}', FULL.seq)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x08",
        b"\x08\x80",
        b"\x08" + b"\xff" * 11,
        b"\x08\x00\x10\x00\x18\x00",
        b"\x00\x00",
        b"\x0b",
        b"\x42\xff\xff\xff\xff\x0f",
        frames.encode(FULL)[:-1],
        frames.encode(FULL) + b"\x2a\x02\x0a\x00",
    ],
)
def test_what_is_no_frame_is_told(data: bytes):
    with pytest.raises(BadFrame):
        frames.decode(data)


def test_changed_bytes_are_a_frame_or_told_to_be_none():
    seed = int.from_bytes(os.urandom(4))
    dice = random.Random(seed)
    whole = frames.encode(Frame(service=1, method=1, headers=FULL.headers, payload=b"x" * 40))
    for _ in range(int(os.environ.get("KEQING_FUZZ_ROUNDS", "3400"))):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        cut = bytes(data[: dice.randint(0, len(data))])
        try:
            made = frames.decode(cut)
        except BadFrame:
            continue
        assert frames.decode(frames.encode(made)) == made, seed
