"""Kill -9 at random moments, deliver everything again, and count: nothing lost, nothing doubled."""

import asyncio
import json
import os
import signal
from collections import Counter, defaultdict
from datetime import UTC, datetime
from random import Random
from typing import Final

import pytest
from far_side import FarSide
from speakers import Speakers

from benchmarks.installation import Installation

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos"), pytest.mark.timeout(900)]

CHATS: Final = 10
BURST: Final = 50
COMPLAINTS: Final = 6
AGAIN: Final = 25
"""Lines of each chat that every round delivers again: some four rounds' worth. All at the end."""
RULE: Final = {
    "id": "chaos-complaint",
    "on": "message.filed",
    "when": [{"fact": "message.signals", "op": "contains", "value": "complaint"}],
    "then": [{"alert": "customer.owner", "template": "vip_complaint", "chats": True}],
    "quiet_for": "P1D",
}
PLACES: Final = {"server": 12, "database": 5, "split": 3}
"""Of twenty rounds, how many kill what."""


_TOLD: Final = "SELECT count(*) FROM"
_ALERT: Final = "key LIKE 'alert:%'"


def noon_zone() -> str:
    """A zone where it is about noon: pushes wait for the morning at night."""
    hours = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


def firm(customers: int) -> dict:
    return {
        "members": [{"name": "张悦", "role": "sales", "emails": ["zhang@own.example"]}],
        "customers": [
            {"code": f"C-{n:04d}", "name": f"第{n}号客户有限公司", "owner": "张悦"}
            for n in range(1, customers + 1)
        ],
        "chats": [
            {"channel": "hook", "chat": f"inner-{n:04d}", "customer": f"C-{n:04d}"}
            | {"audience": "internal"}
            for n in range(1, customers + 1)
        ],
    }


def kills(rounds: int, dice: Random) -> list[str]:
    """What each round kills, in shares of PLACES; the split set-up comes last."""
    split = max(1, rounds * PLACES["split"] // 20)
    database = max(1, rounds * PLACES["database"] // 20)
    whole = ["database"] * database + ["server"] * (rounds - split - database)
    dice.shuffle(whole)
    return whole + ["split"] * split


class Chaos:
    """One installation through all rounds."""

    def __init__(self, house: Installation, dice: Random) -> None:
        self.house = house
        self.dice = dice
        self.speakers = Speakers(f"http://127.0.0.1:{house.port}/hooks/message")
        self.complained: list[int] = []
        self.setup = ""

    def set_up(self, kind: str) -> None:
        """Start what of this set-up is not running, and wait for it."""
        if kind != self.setup:
            for process in [*self.house.running]:
                self.house.kill(process, signal.SIGTERM)
            self.setup = kind
        wanted = [("serve", "--only", "web"), ("worker",), ("worker",)]
        wanted = wanted if kind == "split" else [("serve",)]
        have = Counter(tuple(process.args[1:]) for process in self.house.running)
        for arguments in wanted:
            if have[arguments]:
                have[arguments] -= 1
            else:
                self.house.start(*arguments)
        self.house.ready()

    def speak(self) -> None:
        for number in range(BURST):
            chat = f"room-{number % CHATS}"
            self.speakers.say(
                chat, self.dice.choice(("图纸已收到，谢谢", "Thanks, all arrived.", "好 👍"))
            )
        for _ in range(COMPLAINTS):
            customer = len(self.complained) + 1
            self.complained.append(customer)
            for _ in range(2):  # the second must stay quiet
                chat = f"room-{self.dice.randrange(CHATS)}"
                self.speakers.say(chat, f"C-{customer:04d} 我要投诉你们，服务太差了")

    def kill(self, what: str) -> None:
        if what == "database":
            found = self.house.postmaster()
            assert found
            os.kill(found, signal.SIGKILL)
        elif what == "server":
            self.house.kill(self.house.running[0])
        else:
            for process in self.dice.sample(self.house.running, self.dice.choice((1, 2, 3))):
                self.house.kill(process)

    async def round(self, what: str) -> None:
        await asyncio.to_thread(self.set_up, "split" if what == "split" else "whole")
        self.speak()
        speaking = asyncio.create_task(self.speakers.deliver())
        await asyncio.sleep(self.dice.uniform(0, 0.3))
        await asyncio.to_thread(self.kill, what)
        await speaking
        await asyncio.to_thread(self.set_up, self.setup)
        for _ in range(20):
            if await self.speakers.deliver(again=AGAIN):
                return
            await asyncio.sleep(0.5)  # the database is not back yet
        pytest.fail("the server does not take messages again")

    def stats(self) -> dict:
        done = self.house.do("stats", "--json")
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    async def settled(self) -> dict:
        """The counts, once nothing waits any more."""
        for _ in range(40):
            found = await asyncio.to_thread(self.stats)
            if not found["inbox"]["waiting"] and not found["outbox"]["waiting"]:
                return found
            await asyncio.sleep(1)
        pytest.fail(f"something still waits: {found}")


async def test_nothing_is_lost_or_doubled_whatever_is_killed(request):
    rounds = request.config.getoption("--chaos-rounds", 20)
    dice = Random(request.config.getoption("randomly_seed", 7))
    async with FarSide(dice.randrange(10**6)) as far:
        # No quiet hours: nothing waits for a working day either.
        house = Installation(HOOK__PUSH_URL=far.url, TIMEZONE=noon_zone(), QUIET_HOURS="")
        try:
            await asyncio.to_thread(prepare, house, rounds)
            chaos = Chaos(house, dice)
            for what in kills(rounds, dice):
                await chaos.round(what)
            assert await chaos.speakers.deliver(again=rounds * BURST)
            far.kind = True
            stats = await chaos.settled()
            check_filed(chaos, stats)
            check_pushed(chaos, far, stats)
            verified = await asyncio.to_thread(house.do, "audit", "verify")
            assert verified.returncode == 0, verified.stdout.decode()
        finally:
            await asyncio.to_thread(house.end)


def prepare(house: Installation, rounds: int) -> None:
    house.load(firm(rounds * COMPLAINTS))
    with house.database() as connection:
        connection.execute(
            "INSERT INTO definition (kind, name, version, body, enabled, at)"
            " VALUES ('rule', %s, 1, %s, true, now())",
            (RULE["id"], json.dumps(RULE)),
        )


def check_filed(chaos: Chaos, stats: dict) -> None:
    """Every line is filed once, in the order in which its chat said it."""
    ids = chaos.speakers.ids
    assert chaos.speakers.acked == ids
    assert stats["inbox"] == {"waiting": 0, "done": len(ids), "failed": 0}
    assert stats["interactions"] == len(ids)
    with chaos.house.database() as connection:
        rows = connection.execute("""
SELECT c.chat, i.message_key FROM interaction i JOIN conversation c ON c.id = i.conversation_id
WHERE i.channel = 'hook' ORDER BY i.id
""").fetchall()
        arrivals = connection.execute("""
SELECT i.message_key FROM inbox b JOIN interaction i ON i.id = b.interaction_id ORDER BY b.id
""").fetchall()
    filed: dict[str, list[str]] = defaultdict(list)
    for chat, key in rows:
        filed[chat].append(key)
    assert filed == {chat: [x["id"] for x in lines] for chat, lines in chaos.speakers.said.items()}
    arrived: dict[str, list[str]] = defaultdict(list)
    for (key,) in arrivals:
        arrived[key.split("/")[0]].append(key)
    assert arrived == filed


def check_pushed(chaos: Chaos, far: FarSide, stats: dict) -> None:
    """Each customer's complaint reached its chat as one message, however often it was sent."""
    with chaos.house.database() as connection:
        rows = connection.execute("SELECT key, chat FROM outbox WHERE channel = 'hook'").fetchall()
        # What the clock says beside alerts depends on the minute: service proposes cases, say.
        told = connection.execute(f"{_TOLD} chat_line WHERE {_ALERT}").fetchone()
        sent = connection.execute(f"{_TOLD} outbox WHERE {_ALERT} AND state = 'sent'").fetchone()
    assert sorted(chat for _, chat in rows) == [f"inner-{n:04d}" for n in chaos.complained]
    assert far.chats == dict(rows)
    assert far.changed == []
    assert told == (len(chaos.complained),)
    assert sent == (2 * len(rows),)
    assert (stats["outbox"]["waiting"], stats["outbox"]["failed"]) == (0, 0)
    print(f"{len(far.chats)} pushes, {far.taken.total() - len(far.chats)} arrived again")  # noqa: T201
