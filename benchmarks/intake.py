"""How fast messages are taken and filed: POST /hooks/message against a firm of 1 000 customers."""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.request import Request, urlopen

import psycopg

from benchmarks import firm
from benchmarks.figures import Figure, percentile
from benchmarks.installation import PROJECT, Installation, signed

CUSTOMERS: Final = 1000
SEED: Final = 11
PACE: Final = 200
"""Messages a second at which the answer times are measured."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What one run of the load generator saw; times in ms."""

    count: int
    seconds: float
    filed_seconds: float
    took_ms: Sequence[float]


def run(*, quick: bool) -> Iterator[Figure]:
    """Acks and filing with 1, 20 and 100 clients, each beside bare INSERTs; then a steady pace."""
    counts = {1: 150, 20: 2000, 100: 3000} if quick else {1: 500, 20: 8000, 100: 10_000}
    house = Installation()
    try:
        made = firm.generate(CUSTOMERS, SEED)
        house.load(made)
        house.start("serve")
        house.ready()
        bodies = (json.dumps(body, ensure_ascii=False).encode() for body in _bodies(made))
        with house.database() as connection:
            requests = map(_request, bodies)
            send(house, connection, list(islice(requests, 300)), clients=20)  # warm
            for clients, count in counts.items():
                batch = list(islice(requests, count))
                floor = bare_inserts(connection, batch, clients)
                yield from figures("", clients, send(house, connection, batch, clients), floor)
            some = list(islice(requests, PACE * (4 if quick else 15)))
            yield from paced("", send(house, connection, some, 50, rate=PACE))
    finally:
        house.end()


def _bodies(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (body for body, _ in firm.messages(made, 1_000_000, SEED))


def send(
    house: Installation,
    connection: psycopg.Connection[Any],
    requests: Sequence[bytes],
    clients: int,
    rate: float = 0,
) -> Sending:
    """Send whole HTTP requests, all of which must be answered 200, and wait until all is filed."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sender", str(house.port), str(clients), str(rate)],
        input=b"".join(len(request).to_bytes(4) + request for request in requests),
        capture_output=True,
        check=True,
        cwd=PROJECT,
    )
    told = json.loads(done.stdout)
    assert told["answers"] == {"200": len(requests)}, told["answers"]
    waited = _until_filed(connection)
    return Sending(len(requests), told["seconds"], told["seconds"] + waited, told["took_ms"])


def _until_filed(connection: psycopg.Connection[Any]) -> float:
    began = time.monotonic()
    query = "SELECT EXISTS (SELECT 1 FROM inbox WHERE state = 'waiting')"
    while connection.execute(query).fetchone() != (False,):
        time.sleep(0.01)
    return time.monotonic() - began


def _request(body: bytes) -> bytes:
    lines = ["POST /hooks/message HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in signed(body, time.time()).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def bare_inserts(connection: psycopg.Connection[Any], bodies: Sequence[bytes], batch: int) -> float:
    """Rows a second of the same size, so many in a commit, with nothing around them."""
    connection.execute("""
CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key uuid UNIQUE,
  shard smallint, channel text, message bytea, raw bytea)
""")
    try:
        began = time.monotonic()
        for start in range(0, len(bodies), batch):
            part = bodies[start : start + batch]
            connection.execute(
                "INSERT INTO bare (key, shard, channel, message, raw)"
                " SELECT k, 1, 'hook', b, b FROM unnest(%s::uuid[], %s::bytea[]) AS g(k, b)",
                ([uuid.uuid4() for _ in part], list(part)),
            )
        return len(bodies) / (time.monotonic() - began)
    finally:
        connection.execute("DROP TABLE bare")


def post(house: Installation, body: bytes) -> None:
    """One signed body to the webhook."""
    asked = Request(
        f"http://127.0.0.1:{house.port}/hooks/message",
        data=body,
        headers=signed(body, time.time()),
    )
    with urlopen(asked, timeout=60) as answer:  # noqa: S310 - our own server
        assert answer.status == 200


def figures(before: str, clients: int, sent: Sending, floor: float) -> Iterator[Figure]:
    asked = clients > 1  # one client waits for each commit in turn: that is the disk's figure
    name = f"{before}{clients} client{'s' if asked else ''}"
    beside = f"bare INSERTs, {clients} a commit: {floor:,.0f}/s"
    yield Figure(
        f"durable acks, {name}",
        sent.count / sent.seconds,
        "/s",
        1000 if asked else None,
        2000 if asked else None,
        beside,
    )
    yield Figure(
        f"filed, {name}",
        sent.count / sent.filed_seconds,
        "/s",
        500 if asked else None,
        1500 if asked else None,
        beside,
    )
    yield Figure(f"ack p50, {name}", percentile(sent.took_ms, 0.5), "ms")
    yield Figure(f"ack p99, {name}", percentile(sent.took_ms, 0.99), "ms")


def paced(before: str, sent: Sending) -> Iterator[Figure]:
    """Answer times at the steady pace."""
    name = f"{before}at {PACE} messages/s"
    yield Figure(f"ack p50 {name}", percentile(sent.took_ms, 0.5), "ms", most=True)
    yield Figure(f"ack p99 {name}", percentile(sent.took_ms, 0.99), "ms", 100, 30, most=True)
