"""A running server under single blows: a second start, a dead database, bad input, a poison row."""

import asyncio
import json
import os
import signal
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import psycopg
import pytest
from speakers import Speakers, post

from benchmarks.installation import Installation, free_port
from storage import inbox

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]

MIB = 1024 * 1024
PATIENCE_S = 30
"""Far more than it takes: how fast things go is measured by the benchmarks, not here."""


def speakers_to(house: Installation) -> Speakers:
    return Speakers(f"http://127.0.0.1:{house.port}/hooks/message")


async def within(done: Callable[[], Awaitable[bool]]) -> None:
    """Wait until `done` says so."""
    began = time.monotonic()
    while not await done():
        assert time.monotonic() - began < PATIENCE_S, "it takes too long"
        await asyncio.sleep(0.05)


async def rows(house: Installation, query: str) -> list[tuple[Any, ...]]:
    def ask() -> list[tuple[Any, ...]]:
        with house.database() as connection:
            return connection.execute(query).fetchall()

    return await asyncio.to_thread(ask)


async def filed(house: Installation, chat: str) -> list[str]:
    """The message ids of a chat in the order in which they were filed."""
    found = await rows(
        house,
        "SELECT c.chat, i.message_key FROM interaction i"
        " JOIN conversation c ON c.id = i.conversation_id ORDER BY i.id",
    )
    return [key for where, key in found if where == chat]


async def nothing_waits(house: Installation) -> bool:
    return await rows(house, "SELECT count(*) FROM inbox WHERE state = 'waiting'") == [(0,)]


async def test_a_second_start_attaches_and_changes_nothing(served: Installation):
    port = free_port()
    second = served.start("serve", port=port)
    await asyncio.to_thread(served.ready, port)
    first = speakers_to(served)
    other = Speakers(f"http://127.0.0.1:{port}/hooks/message")
    for number in range(20):
        first.say("one", f"第 {number} 句")
        other.say("two", f"line {number}")
    assert await first.deliver()
    assert await other.deliver()
    assert served.kill(second, signal.SIGTERM) == 0
    first.say("one", "还在吗？")
    assert await first.deliver()
    await within(lambda: nothing_waits(served))
    assert await filed(served, "one") == [line["id"] for line in first.said["one"]]
    assert await filed(served, "two") == [line["id"] for line in other.said["two"]]


async def test_the_database_may_die_under_the_server(served: Installation):
    speakers = speakers_to(served)
    for number in range(30):
        speakers.say(f"room-{number % 3}", f"第 {number} 句")
    speaking = asyncio.create_task(speakers.deliver())
    os.kill(served.postmaster() or 0, signal.SIGKILL)
    await speaking
    await within(speakers.deliver)
    await within(lambda: nothing_waits(served))
    for chat, lines in speakers.said.items():
        assert await filed(served, chat) == [line["id"] for line in lines]
    assert served.running[0].poll() is None


async def test_a_stopped_server_ends_at_once_and_takes_its_database_along(served: Installation):
    assert served.postmaster()
    began = time.monotonic()
    assert await asyncio.to_thread(served.kill, served.running[0], signal.SIGTERM) == 0
    assert time.monotonic() - began < PATIENCE_S
    assert served.postmaster() is None


async def test_a_poison_row_goes_to_the_doubt_queue_and_its_neighbours_are_filed(
    served: Installation,
):
    speakers = speakers_to(served)
    speakers.say("room", "之前")
    assert await speakers.deliver()
    await asyncio.to_thread(poison, served, inbox.shard_of("hook", "room"))
    for number in range(10):
        speakers.say("room", f"之后 {number}")
    assert await speakers.deliver()
    await within(lambda: nothing_waits(served))
    assert await filed(served, "room") == [line["id"] for line in speakers.said["room"]]
    assert await rows(served, "SELECT state FROM inbox WHERE state <> 'done'") == [("failed",)]
    (doubt,) = await rows(
        served, "SELECT status, error IS NOT NULL FROM interaction WHERE status <> 'stranger'"
    )
    assert doubt == ("failed", True)
    stats = json.loads((await asyncio.to_thread(served.do, "stats", "--json")).stdout)
    assert stats["inbox"]["failed"] == stats["doubt_queue"] == 1


def poison(house: Installation, shard: int) -> None:
    """A row that no version of the program can read, as a damaged disk might leave it."""
    with house.database() as connection, connection.transaction():
        key = uuid.uuid4()
        connection.execute("INSERT INTO inbox_key (key) VALUES (%s)", (key,))
        connection.execute(
            "INSERT INTO inbox (key, shard, channel, message, raw, state, attempts, received_at)"
            " VALUES (%s, %s, 'hook', %s, '', 'waiting', 0, now())",
            (key, shard, psycopg.Binary(b"\xff\xfe{broken")),
        )


def odd(name: str, body: bytes) -> tuple[str, bytes]:
    line = {
        "id": name,
        "chat": "odd",
        "sender": {"id": "w"},
        "text": "@@",
        "sent_at": 1_790_000_000,
    }
    return name, json.dumps(line).encode().replace(b"@@", body)


LONG_ID = "x" * 9 * 1024
ODD = (
    odd("bad-utf8", b"ab\xff\xfe\xc3\x28cd"),
    odd("surrogates", b"lone \\ud800 and \\udfff here"),
    odd("nul", b"a\\u0000b"),
    odd(LONG_ID, "编号很长".encode()),
    odd("megabyte", "长".encode() * 350_000),
    odd("emoji", "👩‍👩‍👧‍👦🏳️‍🌈👍🏽".encode()),
    odd("rtl", "\u202eevil\u202c שלום \u200f".encode()),
    (
        "path",
        json.dumps(
            {
                "id": "path",
                "chat": "odd",
                "sender": {"id": "w"},
                "text": "附件",
                "sent_at": "2026-11-21T09:30:00+08:00",
                "attachments": [{"name": "../../../etc/passwd\x00.txt", "base64": "aGVsbG8="}],
            }
        ).encode(),
    ),
)
REFUSED = (
    (400, b"{"),
    (400, b"\xff\xfe\x00"),
    (400, json.dumps({"id": "x", "chat": "c", "sender": {"id": "w"}}).encode()),
    (413, b'{"text": "' + b"x" * (10 * MIB + 1) + b'"}'),
)


async def test_bad_input_in_a_burst_leaves_the_good_around_it_whole(served: Installation):
    speakers = speakers_to(served)
    for number in range(40):
        speakers.say(f"good-{number % 4}", f"好消息 {number}")
    async with aiohttp.ClientSession() as session:
        good = asyncio.create_task(speakers.deliver())
        taken = await asyncio.gather(*(post(session, speakers.url, body) for _, body in ODD))
        # A body that is too large is answered before it is read, so its connection may break.
        refused = [await post(session, speakers.url, body) for _, body in REFUSED]
        assert await good
    assert taken == [200] * len(ODD)
    assert refused == [status for status, _ in REFUSED]
    await within(lambda: nothing_waits(served))
    for chat, lines in speakers.said.items():
        assert await filed(served, chat) == [line["id"] for line in lines]
    assert len(await filed(served, "odd")) == len(ODD)
    assert await rows(served, "SELECT name FROM attachment") == [("passwd.txt",)]
    assert await rows(served, "SELECT count(*) FROM inbox WHERE state = 'failed'") == [(0,)]
