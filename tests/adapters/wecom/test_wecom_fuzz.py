"""Thousands of broken requests over real HTTP: never a 5xx, and nothing in that is not WeCom's.

`KEQING_FUZZ_ROUNDS` sets how many; the seed is printed when it fails.
"""

import asyncio
import base64
import json
import os
import random
import time
from collections.abc import Callable
from typing import Any

from adapters.wecom.crypto import Crypto
from tests.adapters.wecom import far
from tests.adapters.wecom.harness import AES_KEY, TOKEN, WeCom
from tests.adapters.wecom.robot_side import RobotSide

ROUNDS = int(os.environ.get("KEQING_FUZZ_ROUNDS", "3400"))
_AT_ONCE = 8
FORGED = "<xml><MsgType>text</MsgType><Content>forged</Content></xml>"
Change = Callable[[random.Random, bytes, Crypto], dict[str, Any]]


def flipped(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(7)]) + data[at + 1 :]


def signature(rng: random.Random, raw: bytes, crypto: Crypto) -> dict[str, Any]:
    """Signed for another text, or hardly."""
    encrypted, at = crypto.encrypt(raw), str(int(time.time()))
    right = crypto.sign(at, "263014780", encrypted)
    wrong = flipped(rng, right.encode()).decode("latin-1")
    return {
        "encrypted": encrypted,
        "timestamp": at,
        "signature": rng.choice([wrong, "", right[:-1], right * 9]),
    }


def old(rng: random.Random, raw: bytes, crypto: Crypto) -> dict[str, Any]:
    """Right, and from another day."""
    now = int(time.time())
    return {
        "timestamp": str(
            rng.choice(
                [0, 1409659813, now - 601 - rng.randrange(9**9), now + 900, 9**30, "-1", "", "é"]
            )
        )
    }


def ciphertext(rng: random.Random, raw: bytes, crypto: Crypto) -> dict[str, Any]:
    """Signed as it must be, with a ciphertext that is broken."""
    sealed = base64.b64decode(crypto.encrypt(raw))
    cut = sealed[: rng.randrange(len(sealed))]
    broken = rng.choice(
        [
            cut,
            cut[: len(cut) // 16 * 16],
            sealed + b"\0" * rng.randrange(1, 40),
            flipped(rng, sealed),
            rng.randbytes(rng.choice([16, 32, 64, 160])),
        ]
    )
    return {"encrypted": base64.b64encode(broken).decode()}


def receiver(rng: random.Random, raw: bytes, crypto: Crypto) -> dict[str, Any]:
    """For somebody else, inside or outside."""
    other = rng.choice(["", far.CORP[:-1], far.CORP + "x", far.CORP.upper(), "é"])
    return rng.choice(
        [
            {"encrypted": Crypto.of(TOKEN, AES_KEY, other).encrypt(raw)},
            {"to": other},
            {"agent": rng.choice(["1", "x", "9" * 99])},
        ]
    )


def body(rng: random.Random, raw: bytes, crypto: Crypto) -> dict[str, Any]:
    """What is no envelope."""
    deep = rng.randrange(10, 20_000)
    bomb = (
        b"<!DOCTYPE x [<!ENTITY a '"
        + b"a" * 99
        + b"'>"
        + b"".join(b"<!ENTITY a%d '&a;&a;&a;'>" % n for n in range(9))
        + b"]><xml><Encrypt>&a8;</Encrypt></xml>"
    )
    reach = (
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><xml><Encrypt>&a;</Encrypt></xml>'
    )
    return {
        "body": rng.choice(
            [
                b"",
                rng.randbytes(rng.randrange(300)),
                b"<xml>" * deep,
                b"[" * deep,
                b'{"a":' * deep,
                bomb,
                reach,
                FORGED.encode(),
                FORGED.encode("utf-16"),
                bomb.decode().encode("utf-16"),
                b"<xml><Encrypt/></xml>",
                b"<xml a='" + b"x" * deep + b"'/>",
            ]
        )
    }


CHANGES: list[Change] = [signature, old, ciphertext, receiver, body]
TAGS = "ToUserName FromUserName CreateTime MsgType AgentID MsgId Content MediaId Format Event EventKey ResponseCode ChangeType UserID ExternalUserID OpenKfId Token Location_X Label Url".split()
ODD = [
    "",
    "0",
    "-1",
    "9" * 400,
    "1e999",
    "NaN",
    "true",
    "\u202e",
    "\ufffd" * 50,
    "x" * 5000,
    "<a><b/></a>",
    "&#x10FFFF;",
    "\x85",
    "١٢٣",
    "[]",
    "{}",
    "null",
]
TYPES = ["text", "image", "voice", "video", "file", "location", "link", "event", "EVENT", "x", ""]
EVENTS = [
    "click",
    "template_card_event",
    "template_card_menu_event",
    "kf_msg_or_event",
    "change_external_contact",
    "view",
    "party",
    "",
]


def odd_inside(rng: random.Random) -> bytes:
    """Signed, encrypted, for us, and odd in every field."""
    given = {
        "ToUserName": far.CORP,
        "FromUserName": "LiLei",
        "CreateTime": "1795140000",
        "MsgType": rng.choice(TYPES),
        "Event": rng.choice(EVENTS),
        "MsgId": str(rng.randrange(10**9)),
    }
    for tag in rng.sample(TAGS, rng.randrange(1, 8)):
        given[tag] = rng.choice(ODD)
    raw = "<xml>" + "".join(f"<{tag}>{text}</{tag}>" for tag, text in given.items()) + "</xml>"
    made = raw.encode()
    return rng.choice([made, made, made, flipped(rng, made), made[: rng.randrange(len(made))]])


async def test_no_broken_request_gets_in_or_breaks_anything(wecom: WeCom):
    seed = random.randrange(10**9)
    rng = random.Random(seed)
    good = wecom.xml("LiLei", "text", MsgId="1", Content="forged")
    lock = asyncio.Semaphore(_AT_ONCE)

    async def refused(changed: dict[str, Any]) -> tuple[int, Any]:
        async with lock:
            return await wecom.post(good, **changed), changed

    async def inside(raw: bytes) -> tuple[int, Any]:
        async with lock:
            return await wecom.post(raw), raw

    rounds = [rng.choice(CHANGES)(rng, good, wecom.crypto) for _ in range(ROUNDS // 2)]
    for status, changed in await asyncio.gather(*map(refused, rounds)):
        assert status in {200, 401, 413}, (seed, status, changed)
        # A flipped bit may lie in the random bytes, or leave another text: that is WeCom's to sign.
        assert status != 200 or "encrypted" in changed, (seed, changed)
        assert not (status == 200 and "signature" in changed), (seed, changed)
    assert all("forged" in m.text or b"forged" not in m.raw for m in wecom.inside.delivered), seed
    odd = [odd_inside(rng) for _ in range(ROUNDS - len(rounds))]
    for status, raw in await asyncio.gather(*map(inside, odd)):
        assert status in {200, 401}, (seed, status, raw)
    assert all(m.sender.id and m.chat for m in wecom.inside.delivered), seed


async def test_no_broken_verification_is_answered(wecom: WeCom):
    seed = random.randrange(10**9)
    rng = random.Random(seed)
    for _ in range(min(ROUNDS, 200)):
        sealed, at = wecom.crypto.encrypt(b"1616140317555161061"), str(int(time.time()))
        query = {
            "msg_signature": wecom.crypto.sign(at, "n", sealed),
            "timestamp": at,
            "nonce": "n",
            "echostr": sealed,
        }
        broken = rng.choice(list(query))
        query[broken] = rng.choice(["", "0", query[broken][:-1], query[broken] + "A", "é" * 9])
        async with wecom.http.get(f"{wecom.base}/wecom/callback", params=query) as response:
            assert response.status == 401, (seed, query)


async def test_a_body_without_end_is_cut_at_two_megabytes(wecom: WeCom):
    import aiohttp

    async def endless():
        for _ in range(64):
            yield b" " * 1024 * 256

    at = str(int(time.time()))
    query = {"msg_signature": "x", "timestamp": at, "nonce": "n"}
    try:
        async with wecom.http.post(
            f"{wecom.base}/wecom/callback", params=query, data=endless()
        ) as r:
            assert r.status == 413
    except aiohttp.ClientConnectionError:
        pass  # the line was cut before the answer could be read
    assert wecom.inside.delivered == []


def robot_changed(rng: random.Random, crypto: Crypto) -> dict[str, Any]:
    """A request to the robot that is broken outside: in its signature, age, ciphertext or shape."""
    raw = b'{"msgid":"1","msgtype":"text","from":{"userid":"x"},"text":{"content":"forged"}}'
    kind = rng.choice(CHANGES)
    if kind in {signature, old, ciphertext}:
        return kind(rng, raw, crypto)
    if kind is receiver:
        other = rng.choice(["x", far.CORP, "é"])
        return {"encrypted": Crypto.of(crypto.token, AES_KEY, other).encrypt(raw)}
    deep = rng.randrange(10, 20_000)
    broken = [b"", rng.randbytes(99), b"[" * deep, b'{"encrypt":' * deep, b'{"encrypt":7}']
    return {"body": rng.choice([*broken, raw, b"null", b'{"encrypt":["x"]}'])}


def robot_inside(rng: random.Random) -> bytes:
    """Signed and encrypted for the robot, and odd in every field."""
    odd: list[Any] = [*ODD, None, 7, -1, 1e300, True, [], {}, [None], {"content": {}}]
    given: dict[str, Any] = {
        "msgid": str(rng.randrange(10**9)),
        "chattype": rng.choice(["single", "group"]),
        "chatid": "wr1",
        "from": {"userid": "LiLei"},
        "msgtype": rng.choice(["text", "image", "mixed", "voice", "file", "event", "stream", "x"]),
        "event": {"eventtype": rng.choice(["enter_chat", "template_card_event", "party"])},
    }
    for field in ("text", "image", "mixed", "voice", "file", "quote", "response_url", "stream"):
        if rng.random() < 0.4:
            given[field] = rng.choice([*odd, {"url": rng.choice(odd)}, {"content": "x"}])
    for field in rng.sample(list(given), rng.randrange(3)):
        given[field] = rng.choice(odd)
    made = json.dumps(given).encode()
    return rng.choice([made, made, made, flipped(rng, made), made[: rng.randrange(len(made))]])


async def test_no_broken_request_gets_in_by_the_robot():
    seed = random.randrange(10**9)
    rng = random.Random(seed)
    lock = asyncio.Semaphore(_AT_ONCE)
    async with RobotSide().running() as robot:

        async def refused(changed: dict[str, Any]) -> tuple[int, Any]:
            async with lock:
                return (await robot.post(b"{}", **changed))[0], changed

        async def inside(raw: bytes) -> tuple[int, Any]:
            async with lock:
                return (await robot.post(raw))[0], raw

        rounds = [robot_changed(rng, robot.crypto) for _ in range(ROUNDS // 4)]
        for status, changed in await asyncio.gather(*map(refused, rounds)):
            assert status in {200, 401}, (seed, status, changed)
            assert status != 200 or "encrypted" in changed, (seed, changed)
            assert not (status == 200 and "signature" in changed), (seed, changed)
        delivered = robot.inside.delivered
        assert all("forged" in m.text or b"forged" not in m.raw for m in delivered), seed
        odd = [robot_inside(rng) for _ in range(ROUNDS // 4)]
        for status, raw in await asyncio.gather(*map(inside, odd)):
            assert status == 200, (seed, status, raw)
        assert all(m.sender.id and m.chat for m in delivered), seed
        assert all(list(robot.adapter.translate(m.raw)) == [m] for m in delivered), seed
