"""A day on each platform, over its real HTTP: a member asks, a customer complains by voice, the alert
arrives, a manager approves by button, and the customer reads how their project stands.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from sqlalchemy import text

from bot import firm, parts
from bot.app import Program
from bot.contract import ChannelName, Platform, Working
from bot.settings import load
from storage import people as members
from storage.db import Database
from tests import play, scripted_whisper, voices
from tests.adapters.speech import recordings
from tests.conftest import FIRM
from tests.contract.harness import served
from tests.contract.platform import Played
from tests.contract.test_platforms import PLATFORMS, made

FORMATS = {"slack": ".m4a", "feishu": ".opus", "wecom": ".amr"}
ASKED = {"zh": ("执行", "进度"), "en": ("execution", "Progress")}
COMPLAINT = {"zh": "VIP 客户投诉", "en": "VIP"}
APPROVE = {"zh": "批准并发送", "en": "Approve and send"}
TOLD = {"zh": ("项目进展", "总体进度"), "en": ("progress", "Overall progress")}


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that hears a complaint in every recording."""
    return scripted_whisper.build(tmp_path_factory.mktemp("models") / "complains")


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The same words as each platform sends voice."""
    folder = tmp_path_factory.mktemp("voices")
    sound = voices.samples(voices.speak("您好，这已经是第三次延期了。", folder / "cmn.wav"))
    return {
        name: recordings.encode(folder / name, sound, kind).read_bytes()
        for name, kind in FORMATS.items()
    }


@pytest.fixture(params=PLATFORMS)
async def played(request: pytest.FixtureRequest) -> AsyncIterator[Played]:
    one = made(request.param)
    async with one.far():
        yield one


@pytest.fixture(params=["zh", "en"])
async def program(
    request: pytest.FixtureRequest, played: Played, db: Database, tmp_path: Path, model: Path
) -> AsyncIterator[Program]:
    """A program that is switched on for the platform, with its routes served and its work begun."""
    prefix = f"KEQING_{played.name.upper()}__"
    settings, unknown = load(
        parts.settings_models(),
        folder=tmp_path,
        environ={
            "KEQING_DATA_DIR": str(tmp_path / "data"),
            "KEQING_QUIET_HOURS": "",
            **{prefix + name: value for name, value in played.settings().items()},
        },
    )
    assert unknown == []
    (settings.data_dir / "models").mkdir(parents=True)
    (settings.data_dir / "models" / "complains").symlink_to(model)
    made_program = Program(settings, db, None)
    await firm.load(db, firm.FirmIn.model_validate(FIRM))
    await settle(made_program, played, request.param)
    async with working(made_program, played):
        yield made_program


async def settle(program: Program, played: Played, language: str) -> None:
    """Who is who on the platform, and whose chats they are."""
    async with program.db.transaction() as session:
        for name, address in (("韩梅", played.member), ("陈总", played.boss)):
            user = await members.user_named(session, name)
            assert user is not None
            await members.add_identity(session, played.name, address, user_id=user.id)
        contact = await session.scalar(text("SELECT id FROM contact WHERE name = '王芳'"))
        await members.add_identity(session, played.name, played.customer, contact_id=contact)
        await session.execute(
            text("UPDATE user_account SET language = :language"), {"language": language}
        )
        await session.execute(
            text("UPDATE customer SET language = :language, tier = 'vip'"), {"language": language}
        )
        await session.execute(
            text(
                "UPDATE project SET manager_id = (SELECT id FROM user_account WHERE name = '陈总')"
            )
        )
    for chat, audience in ((played.inner, "internal"), (played.outer, "customer")):
        line = f"/bind P-0001 chat:{played.name}:{chat} audience:{audience}"
        assert (await play.run(program, line)).ok
    async with program.db.transaction() as session:
        await session.execute(
            text("UPDATE conversation SET language = :language"), {"language": language}
        )


@contextlib.asynccontextmanager
async def working(program: Program, played: Played) -> AsyncIterator[None]:
    adapter = program.adapters[ChannelName(played.name)]
    assert isinstance(adapter, Platform)
    assert adapter.on
    await adapter.start()
    played.adapter = adapter
    tasks = [asyncio.create_task(program.drain.run()), asyncio.create_task(program.sender.run())]
    if isinstance(adapter, Working):
        tasks.append(asyncio.create_task(adapter.work()))
    site: web.Application = parts.one("keqing.site", "web")(program)
    for one in program.adapters.values():
        site.add_routes(one.routes())
    async with served(site) as here:
        played.base = here
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await adapter.stop()


async def appears(played: Played, chat: str, *words: str) -> str:
    """Wait until a chat shows a message with these words; the message's text."""
    async with asyncio.timeout(30):
        while True:
            for shown in reversed(played.shown(chat)):
                if all(word in shown.text for word in words):
                    return shown.text
            await asyncio.sleep(0.05)


async def filed(program: Program, sql: str) -> None:
    async with asyncio.timeout(30):
        while not await play.rows(program, sql):  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.05)


@pytest.mark.timeout(180)
async def test_a_day(
    program: Program,
    played: Played,
    request: pytest.FixtureRequest,
    spoken: dict[str, bytes],
):
    language = request.node.callspec.params["program"]
    boss, member = played.direct(played.boss), played.direct(played.member)
    # A member asks, the manager says good morning.
    assert await played.say(played.member, "/project P-0001") == 200
    await appears(played, member, "华建三期智慧工地", *ASKED[language])
    assert await played.say(played.boss, "/whoami") == 200
    await appears(played, boss, "陈总")
    # A customer complains by voice; the alert arrives with the members, never before the customer.
    voice = spoken[played.name]
    assert await played.speak(played.customer, voice, chat=played.outer) == 200
    await filed(program, "SELECT id FROM attachment")
    await program.jobs.run(("default", "speech"), concurrency=1, wait=False)
    await appears(played, boss, COMPLAINT[language])
    await appears(played, member, COMPLAINT[language])
    assert played.shown(played.outer) == []
    # Progress is proposed, the manager approves by button, the customer reads it.
    assert (await play.run(program, "/update P-0001 设备已到场", who="韩梅")).ok
    await appears(played, boss, APPROVE[language])
    assert await played.tap(played.boss, APPROVE[language], chat=boss) == 200
    said = await appears(played, played.outer, "设备已到场", "60%", *TOLD[language])
    assert "100,000" not in said
    assert "100000" not in said
    await filed(program, "SELECT id FROM interaction WHERE direction = 'out'")
    left = (
        f"SELECT 1 FROM outbox WHERE channel = '{played.name}' AND state IN ('waiting', 'sending')"  # noqa: S608 - our own name
    )
    await filed(program, f"SELECT 1 WHERE NOT EXISTS ({left})")
    await as_it_should_be(program, played)


async def as_it_should_be(program: Program, played: Played) -> None:
    """The right rows at the end of the day."""
    items = await play.rows(
        program,
        """
SELECT i.direction, i.status, i.sentiment, i.text, c.code, p.code AS project
FROM interaction i JOIN customer c ON c.id = i.customer_id JOIN project p ON p.id = i.project_id
ORDER BY i.id
""",
    )
    assert [(i["direction"], i["status"], i["code"], i["project"]) for i in items] == [
        ("in", "filed", "C-0001", "P-0001"),
        ("out", "filed", "C-0001", "P-0001"),
    ]
    assert items[0]["sentiment"] == "negative"
    assert "第三次延期" in items[0]["text"]
    assert await play.rows(program, "SELECT state FROM push") == [{"state": "approved"}]
    states = await play.rows(
        program,
        "SELECT DISTINCT state FROM outbox WHERE channel = :channel",
        channel=played.name,
    )
    assert {row["state"] for row in states} <= {"sent", "merged"}
    files = await play.rows(program, "SELECT size, error FROM attachment")
    assert files[0]["size"] > 0
    assert files[0]["error"] is None
