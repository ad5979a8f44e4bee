"""Requests by the thousand, each wrong in its own way: never a 5xx, nothing taken that is not proven."""

import asyncio
import json
import os
import random
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from adapters.slack import intake
from adapters.slack.inbound import BadEvent
from tests.adapters.slack.harness import Slack, signature

ROUNDS = int(os.environ.get("KEQING_FUZZ_ROUNDS", "3400"))
PAYLOADS = [
    json.loads(path.read_text("utf-8"))["payload"]
    for path in sorted((Path(__file__).parent / "fixtures").glob("*.json"))
]
FORM = "application/x-www-form-urlencoded"
ODD: list[Any] = [
    None, True, 0, -1, 1e308, "", "x", "\x00", "\ud800", [], [[]], {}, {"a": {}}, "9" * 400,
    ["x"] * 50, {"id": 7}, "1763712000.000100", "<@U1>" * 300, "💥" * 200, 2**70,
]  # fmt: skip


class Request:
    """A request that is right, to be made wrong."""

    def __init__(self, rng: random.Random) -> None:
        self.payload: Any = json.loads(json.dumps(rng.choice(PAYLOADS)))
        self.stamp = str(int(time.time()))
        self.content_type = "application/json"
        if self.payload.get("type") not in {"event_callback", "app_rate_limited"}:
            self.content_type = FORM
        self.raw: bytes | None = None
        self.signature: str | None = None
        self.proven = True

    def body(self) -> bytes:
        if self.raw is not None:
            return self.raw
        said = json.dumps(self.payload)
        if self.content_type != FORM:
            return said.encode()
        if isinstance(self.payload, dict) and "command" in self.payload:
            flat = {k: str(v).encode("utf-8", "replace") for k, v in self.payload.items()}
            return urlencode(flat).encode()
        return urlencode({"payload": said}).encode()


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every field, from the outside in."""
    found = [path] if path else []
    pairs = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for name, inner in pairs:
        found += places(inner, (*path, name))
    return found


def odd_field(one: Request, rng: random.Random) -> None:
    """Another type, or nothing, where a field was."""
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        found = places(one.payload)
        if not found:
            return
        path = rng.choice(found)
        node = one.payload
        for name in path[:-1]:
            node = node[name]
        if rng.random() < 0.25:
            del node[path[-1]]
        else:
            node[path[-1]] = deepcopy(rng.choice(ODD))


def flipped_body(one: Request, rng: random.Random) -> None:
    """Bits of the body change after it was signed."""
    body = bytearray(one.body())
    one.signature = signature(one.stamp, bytes(body))
    for _ in range(rng.randrange(1, 4)):
        body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
    one.proven = bytes(body) == one.body()
    one.raw = bytes(body)


def signed_garbage(one: Request, rng: random.Random) -> None:
    """Whoever has the secret sends rubbish: bits are flipped before it is signed."""
    body = bytearray(one.body())
    for _ in range(rng.randrange(1, 30)):
        body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
    one.raw = bytes(body[: rng.randrange(len(body) + 1)])


def flipped_signature(one: Request, rng: random.Random) -> None:
    right = signature(one.stamp, one.body())
    at = rng.randrange(len(right))
    other = rng.choice([c for c in "0123456789abcdefvV= é" if c != right[at]])
    one.signature = rng.choice(
        [right[:at] + other + right[at + 1 :], right[:at], right + "0", right.upper(), ""]
    )
    one.proven = False


def old(one: Request, rng: random.Random) -> None:
    """Replayed: rightly signed, a while ago, or in times to come."""
    one.stamp = str(int(time.time()) + rng.choice([-1, 1]) * rng.randrange(320, 10**8))
    one.proven = False


def strange_stamp(one: Request, rng: random.Random) -> None:
    one.stamp = rng.choice(
        ["", "x", "-5", "1e9", "0x10", "9" * 30, "1763712000.0", "NaN", "+1763712000"]
    )
    one.signature = "v0=" + "0" * 64
    one.proven = False


def deep(one: Request, rng: random.Random) -> None:
    depth = rng.choice([50, 900, 1100, 30_000])
    opened, closed = rng.choice([("[", "]"), ('{"a":', "}")])
    nested = opened * depth + "1" + closed * depth
    said = json.dumps({**one.payload, "DEEP": 0}) if isinstance(one.payload, dict) else "{}"
    body = said.replace('"DEEP": 0', f'"{rng.choice(["x", "event", "view", "actions"])}": {nested}')
    one.raw = body.encode() if one.content_type != FORM else urlencode({"payload": body}).encode()


def wrong_kind(one: Request, rng: random.Random) -> None:
    one.raw = one.body()
    one.content_type = rng.choice(
        ["text/plain", "application/xml", FORM, "application/json", "x", "multipart/form-data"]
    )


def expansion(one: Request, rng: random.Random) -> None:
    one.raw = b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><xml>&b;</xml>'
    one.content_type = rng.choice(["text/xml", "application/json", FORM])


MUTATIONS: list[Callable[[Request, random.Random], None]] = [
    odd_field, odd_field, odd_field, flipped_body, signed_garbage, flipped_signature, old,
    strange_stamp, deep, wrong_kind, expansion,
]  # fmt: skip


def readable(one: Request) -> list[tuple[str, str]] | None:
    """The messages that the body truly holds; None where it cannot be read."""
    try:
        payload = intake.payload_of(one.content_type, one.body(), one.stamp)
        return [(m.event_id, m.text) for m in intake.messages(payload, b"")]
    except BadEvent:
        return None


async def tried(slack: Slack, one: Request) -> None:
    delivered, rejected = len(slack.inside.delivered), len(slack.inside.rejected)
    changed = {"timestamp": one.stamp, "content_type": one.content_type}
    if one.signature is not None:
        changed["signature"] = one.signature
    status = await slack.post(one.body(), **changed)
    new = [(m.event_id, m.text) for m in slack.inside.delivered[delivered:]]
    if not one.proven:
        assert status == 401
        assert (new, len(slack.inside.rejected)) == ([], rejected)
        return
    assert status == 200
    expected = readable(one)
    if new:
        assert new == expected
    elif expected:
        raise AssertionError("a readable message was dropped")


async def test_no_request_breaks_it():
    seed = random.randrange(10**9)
    rng = random.Random(seed)
    async with Slack().running() as slack:
        for number in range(ROUNDS):
            one = Request(rng)
            mutation = rng.choice(MUTATIONS)
            try:
                mutation(one, rng)
                await tried(slack, one)
            except BaseException as error:
                error.add_note(
                    f"seed {seed}, round {number}, {mutation.__name__}: {one.body()[:2000]!r}"
                )
                raise
        for huge in (b"x", b"[", b'{"a":'):
            body = (huge * (2 * 1024 * 1024 + 1))[: 2 * 1024 * 1024 + 1]
            assert await slack.post(body) == 413
        assert await slack.say(slack.member, "还在") == 200
        assert slack.inside.delivered[-1].text == "还在"


async def test_many_at_once_are_all_taken():
    async with Slack().running() as slack:
        said = await asyncio.gather(
            *(slack.say(slack.member, f"第{number}句") for number in range(200))
        )
        assert set(said) == {200}
        assert len({one.event_id for one in slack.inside.delivered}) == 200
