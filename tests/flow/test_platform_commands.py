"""`keqing record`, `keqing replay` and `keqing doctor` over each platform."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot import parts
from bot.app import Program
from bot.cli import checks, recordings
from bot.contract import ChannelName
from bot.settings import Settings, load
from storage.db import Database
from tests import play
from tests.contract.harness import served
from tests.contract.platform import Played
from tests.contract.test_platforms import PLATFORMS, made


@pytest.fixture(params=PLATFORMS)
async def played(request: pytest.FixtureRequest) -> AsyncIterator[Played]:
    one = made(request.param)
    async with one.far():
        yield one


def configured(played: Played, folder: Path, **more: str) -> Settings:
    prefix = f"KEQING_{played.name.upper()}__"
    environ = {prefix + name: value for name, value in played.settings().items()}
    data = folder / "data"
    data.mkdir(exist_ok=True)
    return load(
        parts.settings_models(),
        folder=folder,
        environ={"KEQING_DATA_DIR": str(data), **environ, **more},
    )[0]


@pytest.fixture
async def program(played: Played, db: Database, tmp_path: Path) -> AsyncIterator[Program]:
    found = Program(configured(played, tmp_path), db, None)
    await found.adapters[ChannelName(played.name)].start()
    yield found
    await found.adapters[ChannelName(played.name)].stop()


def answered(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The answer, behind whatever was logged."""
    out = capsys.readouterr().out
    return json.loads(out[out.index("[{") :])


def site_of(program: Program) -> web.Application:
    site: web.Application = parts.one("keqing.site", "web")(program)
    for adapter in program.adapters.values():
        site.add_routes(adapter.routes())
    return site


async def test_recorded_events_are_masked_and_can_be_replayed(
    program: Program, played: Played, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    words = "王芳说三期的电话是 13800138000，邮箱 wang@huajian.example"
    async with served(site_of(program)) as played.base:
        assert await played.say(played.member, words) == 200
        assert await played.say(played.boss, "第二句") == 200
    file = tmp_path / "events.jsonl"
    assert await recordings.record(program, played.name, file, last=10) == 0
    recorded = file.read_text("utf-8")
    assert len(recorded.splitlines()) == 2
    for secret in ("王芳", "13800138000", "wang@", "第二句", played.member, played.boss):
        assert secret not in recorded
    capsys.readouterr()
    before = await play.rows(program, "SELECT count(*) FROM inbox_key")
    assert await recordings.replay(program, file, as_json=True) == 0
    told = answered(capsys)
    assert [(one["messages"], one["again"]) for one in told] == [(1, 0), (1, 0)]
    after = await play.rows(program, "SELECT count(*) FROM inbox_key")
    assert after[0]["count"] == before[0]["count"] + 2
    assert await recordings.replay(program, file, as_json=True) == 0
    told = answered(capsys)
    assert [one["again"] for one in told] == [1, 1]


async def test_a_recording_of_nothing_known_is_refused(
    program: Program, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert await recordings.record(program, "fax", None, last=1) == 2
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"channel": "fax", "raw": "{}"}\nnot json\n', "utf-8")
    assert await recordings.replay(program, broken, as_json=True) == 1
    assert capsys.readouterr().out.count('"error"') == 2


async def test_the_doctor_looks_at_the_platform_and_at_our_own_address(
    played: Played, db: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    first = Program(configured(played, tmp_path), db, None)
    async with served(site_of(first)) as base:
        found = configured(played, tmp_path, KEQING_PUBLIC_URL=base)
        program = Program(found, db, None)
        await checks.run(program, as_json=True)
        told = answered(capsys)
        mine = [one for one in told if one["name"] == played.name]
        assert len(mine) > 2
        reached = [one for one in mine if base in one["text"]]
        assert reached
        assert all(one["ok"] for one in reached)
        assert any(one["ok"] for one in mine if one not in reached)


async def test_an_address_that_is_not_ours_is_told(
    played: Played, db: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    url = "http://127.0.0.1:1"
    program = Program(configured(played, tmp_path, KEQING_PUBLIC_URL=url), db, None)
    assert await checks.run(program, as_json=True) == 1
    told = answered(capsys)
    reached = [one for one in told if url in one["text"]]
    assert reached
    assert not any(one["ok"] for one in reached)
