"""Thousands of changed requests against the running routes: never a 5xx, never a stranger let in."""

import asyncio
import json
import os
import random
import time
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from tests.adapters.feishu.harness import KEY, Feishu, encrypted, signed

ROUNDS = int(os.environ.get("KEQING_FUZZ_ROUNDS", "3400"))
EVENTS = [path.read_bytes() for path in sorted((Path(__file__).parent / "fixtures").glob("*.json"))]
ODD = [None, True, -1, 0, 1e300, 10**30, "", "\x00", "\ud800", [], {}, [[]], {"a": {}}, "x" * 9999]
ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;&b;</x>'
ALIVE = {200, 401, 413}

Case = tuple[bytes, dict[str, str], bool]
"""A body, its headers, and whether a delivery would be right."""


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = [at] if at else []
    for key, one in inner:
        found += paths(one, (*at, key)) if isinstance(one, dict | list) else [(*at, key)]
    return found


def odd_field(dice: random.Random) -> bytes:
    event = json.loads(dice.choice(EVENTS))
    for _ in range(dice.randint(1, 3)):
        path = dice.choice(paths(event))
        at = event
        try:
            for step in path[:-1]:
                at = at[step]
            if dice.random() < 0.2:
                del at[path[-1]]
            else:
                at[path[-1]] = deepcopy(dice.choice(ODD))
        except (KeyError, IndexError, TypeError):
            continue
    return json.dumps(event).encode()


def flipped(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def case(dice: random.Random) -> Case:
    plain = dice.choice(EVENTS)
    body = encrypted(plain)
    right = signed(body)
    match dice.randrange(12):
        case 0 | 1 | 2:
            return _signed(encrypted(odd_field(dice)))
        case 3:
            return _signed(encrypted(flipped(plain, dice)))
        case 4:
            broken = flipped(body, dice)
            return broken, right, broken == body
        case 5:
            return _signed(flipped(body, dice))
        case 6:
            return _signed(body[: dice.randrange(len(body))])
        case 7:
            name = dice.choice([name for name in right if name.startswith("X-Lark")])
            value = right[name]
            cut = value[: dice.randrange(len(value))] + dice.choice(["", "0", "x", "é"])
            return body, right | {name: cut}, cut == value
        case 8:
            when = time.time() + dice.choice([-1, 1]) * dice.randint(310, 10**6)
            return body, signed(body, at=when), False
        case 9:
            return body, signed(body, "another key"), False
        case 10:
            deep = dice.choice([b"[", b'{"a":', b'{"event":{"a":[']) * dice.randint(100, 5000)
            return _signed(dice.choice([deep, encrypted(deep)]))
        case _:
            raw = dice.choice(
                [ENTITIES, b"", b"\xff" * 99, plain, b"null", b"[]", b'{"encrypt":1}']
            )
            return _signed(raw) if dice.random() < 0.5 else (raw, dice.choice([right, {}]), False)


def _signed(body: bytes) -> Case:
    return body, signed(body), True


async def test_no_change_of_a_request_breaks_it_or_gets_in():
    seed = int(os.environ.get("KEQING_FUZZ_SEED", "0")) or int.from_bytes(os.urandom(4))
    dice = random.Random(seed)
    async with Feishu().running() as one, ClientSession() as http:
        await one.adapter._intake.own_id()

        async def post(body: bytes, headers: dict[str, str]) -> int:
            url = f"{one.base}/feishu/events"
            async with http.post(url, data=BytesIO(body), headers=headers) as response:
                return response.status

        async def some(number: int) -> None:
            for _ in range(number):
                body, headers, right = case(dice)
                before = len(one.inside.delivered)
                status = await post(body, headers)
                assert status in ALIVE | {503}, (seed, status, body[:2000])
                if not right:
                    assert status == 401, (seed, status)
                    assert len(one.inside.delivered) == before, seed

        await some(ROUNDS)
        large = b'{"encrypt":"' + b"A" * (2 * 1024 * 1024) + b'"}'
        assert await post(large, signed(large)) == 413
        for message in one.inside.delivered:
            assert message.channel == "feishu"
        assert KEY not in str(one.inside.rejected)
    await asyncio.sleep(0)
