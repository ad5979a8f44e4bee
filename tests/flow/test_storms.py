"""Platforms on a bad day: limits, lost answers, tokens that run out, repeats long after; each once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from bot import clock, firm, outbox, parts
from bot.app import Program
from bot.contract import ChannelName, Notice
from bot.settings import Settings, load
from storage import talk
from storage.db import Database
from tests import play
from tests.conftest import FIRM
from tests.contract.harness import serving
from tests.contract.platform import Played, Trouble
from tests.contract.test_platforms import PLATFORMS, made

COUNT = 12
STORM = (Trouble.LIMIT, Trouble.DOWN, Trouble.LATE, Trouble.EXPIRED)


@pytest.fixture(params=PLATFORMS)
async def played(request: pytest.FixtureRequest) -> AsyncIterator[Played]:
    one = made(request.param)
    async with one.far():
        yield one


@pytest.fixture
def settings(played: Played, tmp_path: Path) -> Settings:
    prefix = f"KEQING_{played.name.upper()}__"
    environ = {prefix + name: value for name, value in played.settings().items()}
    return load(
        parts.settings_models(),
        folder=tmp_path,
        environ={"KEQING_DATA_DIR": str(tmp_path / "data"), **environ},
    )[0]


class Later:
    """A clock that can be put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self):
        return clock.now() + self.ahead


async def started(settings: Settings, db: Database, played: Played, now: Later) -> Program:
    """A replica: a program of its own on the same database."""
    program = Program(settings, db, None)
    program.now = program.sender._now = now
    await program.adapters[ChannelName(played.name)].start()
    return program


@pytest.mark.parametrize("seed", range(2))
async def test_a_storm_loses_and_doubles_nothing(
    settings: Settings, db: Database, played: Played, seed: int
):
    if not played.can_tell:
        pytest.skip("the platform cannot tell a repeat")
    now, dice = Later(), Random(seed)
    program = await started(settings, db, played, now)
    chat = played.direct(played.member)
    async with db.transaction() as session:
        await talk.open_conversation(session, played.name, chat, audience="internal")
        for number in range(COUNT):
            said = Notice(text=f"第{number:02}条消息")
            await outbox.post(session, said, channel=played.name, chat=chat, key=f"storm:{number}")
    for _ in range(60):
        played.troubles[:] = dice.choices(STORM, k=dice.randrange(4))
        await play.send_all(program)
        played.troubles.clear()
        now.ahead += timedelta(minutes=2)
        await asyncio.sleep(0.3)  # the far side counts by a clock of its own
        waiting = "SELECT 1 FROM outbox WHERE state IN ('waiting', 'sending')"
        if not await play.rows(program, waiting):
            break
    told = "\n".join(shown.text for shown in played.shown(chat))
    for number in range(COUNT):
        assert told.count(f"第{number:02}条消息") == 1, number
    states = await play.rows(program, "SELECT DISTINCT state FROM outbox")
    assert {row["state"] for row in states} <= {"sent", "merged"}
    await program.adapters[ChannelName(played.name)].stop()


async def test_a_repeat_hours_later_and_after_a_restart_is_one_message(
    settings: Settings, db: Database, played: Played
):
    await firm.load(db, firm.FirmIn.model_validate(FIRM))
    for restarted in range(3):
        program = await started(settings, db, played, Later())
        adapter = program.adapters[ChannelName(played.name)]
        async with serving(*adapter.routes()) as played.base:
            if restarted:
                assert await played.again() == 200
            else:
                assert await played.say(played.member, "请把这段话记下来") == 200
        await adapter.stop()
        async with db.transaction() as session:  # what was filed long ago is pruned
            await session.execute(text("DELETE FROM inbox WHERE state = 'done'"))
        while await program.drain.once():
            pass
    (count,) = await play.rows(program, "SELECT count(*) FROM inbox_key")
    assert count["count"] == 1
    requests = await play.rows(program, "SELECT id FROM link_request")
    assert len(requests) == 1


async def test_a_platform_that_is_down_is_told_of_once_and_once_when_back(
    settings: Settings, db: Database, played: Played, capfd: pytest.CaptureFixture[str]
):
    now = Later()
    program = await started(settings, db, played, now)
    chat = played.direct(played.member)
    async with db.transaction() as session:
        await talk.open_conversation(session, played.name, chat, audience="internal")
        await outbox.post(session, Notice(text="一"), channel=played.name, chat=chat, key="k")
    capfd.readouterr()
    for _ in range(4):
        played.troubles[:] = [Trouble.DOWN] * 5
        await play.send_all(program)
        now.ahead += timedelta(hours=1)
    played.troubles.clear()
    await play.send_all(program)
    said = "".join(capfd.readouterr())
    assert said.count("outbox.channel_down") == 1
    assert said.count("outbox.channel_back") == 1
    assert len(played.shown(chat)) == 1
    await program.adapters[ChannelName(played.name)].stop()
