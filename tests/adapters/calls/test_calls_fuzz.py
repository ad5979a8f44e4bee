"""Requests by the thousand, each wrong in its own way: never a 5xx, nothing taken that is not signed."""

import json
import os
import random
from base64 import b64encode
from typing import Any

from tests import play
from tests.adapters.calls.telephone import Pbx, call, wav

ROUNDS = int(os.environ.get("KEQING_FUZZ_ROUNDS", "2000"))
ODD: list[Any] = [
    None, True, 0, -1, 1e308, -1e308, 2**70, 10**400, "", " ", "x", "\x00", "\ud800", "a\ud800.wav",
    [], [[]], {}, {"a": {}}, "9" * 400, "+", "tel:", "sip:\x00", "in", "out", "..", "a/../b.wav",
    "💥" * 200, "https://", "https://[", "https://a:99999999/", "https://x\x00y/", "http://a/%ff.wav",
    "UklGRg==", "====", "2026-11-20T14:03:22+99:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z",
    1763618602, 1763618602123, -62135596800, "2026-11-20",
]  # fmt: skip
ALL = call(
    duration_s=3, name="a.wav", note="x", recording=b64encode(wav()).decode(), url=None, more={}
)


def body(rng: random.Random) -> bytes:
    said = dict(ALL)
    if rng.random() < 0.3:
        said |= {"recording": None, "url": "https://pbx.example.com/a.wav"}
    for _ in range(rng.randrange(4)):
        field = rng.choice(list(said))
        if rng.random() < 0.2:
            del said[field]
        else:
            said[field] = rng.choice(ODD)
    raw = bytearray(
        json.dumps(said, ensure_ascii=rng.random() < 0.7).encode("utf-8", "surrogatepass")
    )
    if rng.random() < 0.3:
        for _ in range(rng.randrange(1, 6)):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
    if rng.random() < 0.1:
        raw = raw[: rng.randrange(len(raw))]
    if rng.random() < 0.02:
        raw = bytearray(b"[" * 100_000)
    return bytes(raw)


def headers(rng: random.Random, raw: bytes) -> tuple[dict[str, str], bool]:
    right = play.signed(raw)
    kind = rng.randrange(8)
    if kind > 3:
        return right, True
    name = rng.choice(list(right))
    if kind == 0:
        return play.signed(raw, secret=rng.randbytes(8)), False
    if kind == 1:
        return {key: value for key, value in right.items() if key != name}, False
    if kind == 2:
        value = right[name]
        at = rng.randrange(len(value))
        odd = value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :]
        return right | {name: odd}, False
    return play.signed(raw + b" "), False


async def test_thousands_of_wrong_requests():
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    taken = unsigned = 0
    async with Pbx(hosts=["https://pbx.example.com"]).running() as pbx:
        for number in range(ROUNDS):
            raw = body(rng)
            sent, proven = headers(rng, raw)
            before = len(pbx.inside.delivered), len(pbx.inside.rejected)
            status, answer = await pbx.post(raw, sent)
            came = len(pbx.inside.delivered) - before[0], len(pbx.inside.rejected) - before[1]
            where = (seed, number, status, answer, raw[:300])
            if not proven:
                unsigned += 1
                assert (status, came) == (401, (0, 0)), where
            else:
                assert (status, came) in {(200, (1, 0)), (400, (0, 1))}, where
                taken += came[0]
    assert taken > ROUNDS / 20
    assert unsigned > ROUNDS / 4
    for message in pbx.inside.delivered:
        message.model_dump_json().encode()
    for _, _, why in pbx.inside.rejected:
        why.encode()
