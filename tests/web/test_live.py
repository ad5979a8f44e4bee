"""The chat's live lines: posted, answered, resumed where a reader left off."""

import asyncio
import logging
from typing import Any

import orjson
import pytest
from aiohttp import ClientResponse, ClientSession, FormData

from bot import people
from bot.app import Program
from tests import play
from tests.web.conftest import LogIn

JSON = {"Accept": "application/json"}


async def _events(answer: ClientResponse, count: int) -> list[tuple[int, str]]:
    """The next `count` lines of a stream: number and HTML."""
    found: list[tuple[int, str]] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            block = (await answer.content.readuntil(b"\n\n")).decode().strip()
            fields = [line.split(": ", 1) for line in block.splitlines()]
            number = next((value for name, value in fields if name == "id"), None)
            if number is not None:
                data = "\n".join(pair[1] for pair in fields if pair[0] == "data")
                found.append((int(number), data))
    return found


async def _say(client: ClientSession, line: str) -> int:
    async with client.post("/", data={"line": line}, headers=JSON) as answer:
        return (await answer.json())["id"]


async def test_a_line_is_answered_in_the_stream_and_a_reader_resumes(as_member: LogIn):
    han = await as_member("韩梅")
    async with han.get("/chat/stream") as stream:
        assert stream.content_type == "text/event-stream"
        first = await _say(han, "/whoami")
        lines = await _events(stream, 2)
    assert lines[0][0] == first
    assert "mine" in lines[0][1]
    assert "theirs" in lines[1][1]
    assert "韩梅" in lines[1][1]
    async with han.get("/chat/stream", headers={"Last-Event-ID": str(first)}) as stream:
        assert await _events(stream, 1) == lines[1:]
    async with han.get("/chat/stream", params={"after": str(first)}) as stream:
        assert await _events(stream, 1) == lines[1:]


async def test_a_stream_carries_nobody_elses_lines(as_member: LogIn):
    han, zhao = await as_member("韩梅"), await as_member("赵强")
    async with han.get("/chat/stream") as stream:
        await _say(zhao, "/whoami")
        await _say(han, "<b>我</b>")
        ((_, html),) = await _events(stream, 1)
    assert "&lt;b&gt;我" in html


async def test_many_streams_need_one_connection(served, loaded: Program, as_member: LogIn):
    han = await as_member("韩梅")
    streams = [await han.get("/chat/stream") for _ in range(20)]
    listening = await play.rows(
        loaded,
        "SELECT count(*) AS n FROM pg_stat_activity"
        " WHERE datname = current_database() AND query LIKE 'LISTEN%chat%'",
    )
    assert listening == [{"n": 1}]
    number = await _say(han, "你好")
    for stream in streams:
        assert (await _events(stream, 1))[0][0] == number
        stream.close()


async def test_a_reader_who_leaves_is_no_error(
    as_member: LogIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr("adapters.web.chat.HEARTBEAT_S", 0.05)
    han = await as_member("韩梅")
    stream = await han.get("/chat/stream")
    assert b"still here" in await _until(stream, b"still here")
    stream.close()
    await asyncio.sleep(0.3)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    async with han.get("/metrics") as answer:
        assert "keqing_unhandled_errors_total 0.0" in await answer.text()


async def test_a_stream_ends_with_its_session(as_member: LogIn, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("adapters.web.chat.HEARTBEAT_S", 0.05)
    han = await as_member("韩梅")
    async with han.get("/chat/stream") as stream:
        await han.post("/logout")
        async with asyncio.timeout(5):
            await stream.content.read()
    async with han.get("/chat/stream", headers={"Accept": "text/event-stream"}) as answer:
        assert answer.status == 401


async def _until(stream: ClientResponse, what: bytes) -> bytes:
    got = b""
    async with asyncio.timeout(5):
        while what not in got:
            got += await stream.content.readany()
    return got


async def _filed(program: Program, what: str) -> list[dict[str, Any]]:
    async with asyncio.timeout(10):
        while not (found := await play.rows(program, what)):  # noqa: ASYNC110 - another task files it
            await asyncio.sleep(0.02)
    return found


async def _drop(member: ClientSession, name: str, type_: str, data: bytes) -> str:
    form = FormData(quote_fields=False)
    form.add_field("file", data, filename=name, content_type=type_)
    async with member.post("/chat/file", data=form) as answer:
        return await answer.text()


async def test_a_dropped_file_is_kept_and_filed_as_internal(loaded: Program, as_member: LogIn):
    page = await _drop(await as_member("韩梅"), "../图纸.pdf", "application/pdf", b"%PDF-1.7")
    assert "图纸.pdf" in page
    (file,) = await _filed(loaded, "SELECT name, sha256 FROM attachment")
    assert file["name"] == "图纸.pdf"
    assert loaded.media.path(file["sha256"]).read_bytes() == b"%PDF-1.7"
    assert await play.rows(loaded, "SELECT direction, status FROM interaction") == [
        {"direction": "internal", "status": "doubt"}
    ]


async def test_a_dropped_recording_is_a_call_of_whom_its_name_tells(
    loaded: Program, as_member: LogIn
):
    han = await as_member("韩梅")
    name = "13800001111_20261119153000_in.wav"
    assert name in await _drop(han, name, "audio/wav", b"RIFF....WAVE")
    asked = """SELECT i.kind, i.channel, i.direction, i.brought_in, i.status, c.code
FROM interaction i LEFT JOIN customer c ON c.id = i.customer_id"""
    (call,) = await _filed(loaded, asked)
    who = await play.actor(loaded, "韩梅")
    assert call == {
        "kind": "call",
        "channel": "calls",
        "direction": "in",
        "brought_in": people.private_chat(who.user_id or 0),
        "status": "waiting_for_model",
        "code": "C-0001",
    }
    assert "不会重复归档" in await _drop(han, name, "audio/wav", b"RIFF....WAVE")


async def test_a_dropped_mail_is_filed_as_a_mail(loaded: Program, as_member: LogIn):
    mail = (
        b"From: wang@huajian.example\r\nTo: han@zhuyun.example\r\nSubject: plan\r\n"
        b"Message-ID: <1@huajian.example>\r\n\r\nplease send the plan\r\n"
    )
    await _drop(await as_member("韩梅"), "plan.eml", "message/rfc822", mail)
    (found,) = await _filed(loaded, "SELECT kind, customer_id, text FROM interaction")
    assert found == {"kind": "mail", "customer_id": 1, "text": "please send the plan"}


async def test_a_file_that_is_too_large_is_refused(
    as_member: LogIn, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("adapters.web.chat.MOST_FILE", 1000)
    han = await as_member("韩梅")
    form = FormData()
    form.add_field("file", b"x" * 5000, filename="big.bin")
    async with han.post("/chat/file", data=form, headers=JSON) as answer:
        assert answer.status == 413


async def test_without_scripts_the_chat_still_works(loaded: Program, as_member: LogIn):
    han = await as_member("韩梅")
    async with han.post("/", data={"line": "/whoami"}) as answer:
        assert answer.url.path == "/"
        assert "/whoami" in await answer.text()
    stored = await play.rows(loaded, "SELECT chat, body FROM chat_line ORDER BY id LIMIT 1")
    assert orjson.loads(stored[0]["body"]) == {"text": "/whoami"}
    who = await play.actor(loaded, "韩梅")
    assert stored[0]["chat"] == people.private_chat(who.user_id or 0)
