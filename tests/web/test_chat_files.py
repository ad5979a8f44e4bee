"""Files that the assistant hands out in a chat: only whoever was given them can have them."""

from typing import Final

import pytest
from aiohttp.test_utils import TestServer

from adapters.web import files
from bot.app import Program
from bot.contract import Notice
from storage import chat_log
from tests import play
from tests.web.conftest import LogIn, log_in, visitor

EVIL: Final = '<script>alert("x")</script>'


async def given(program: Program, who: str) -> int:
    """A notice with two files in somebody's own chat; answers its line."""
    listed = [
        await program.keep("清单 & 表.csv", "text/csv", "﻿a,b".encode()),
        await program.keep(f"{EVIL}.html", "text/html", EVIL.encode()),
    ]
    body = Notice(text="给您", files=tuple(listed)).model_dump_json(exclude_defaults=True).encode()
    async with program.db.transaction() as session:
        return await chat_log.append(session, await play.own_chat(program, who), who, body, None)


async def test_files_of_ones_own_chat_are_links_and_nobody_elses(
    loaded: Program, served: TestServer, as_member: LogIn
):
    han, chen = await given(loaded, "韩梅"), await given(loaded, "陈总")
    client = await as_member("韩梅")
    async with client.get("/") as answer:
        page = await answer.text()
    assert f'href="/chat/files/{han}/0"' in page
    assert "清单 &amp; 表.csv" in page
    assert EVIL not in page
    async with client.get(f"/chat/files/{han}/0") as answer:
        assert (answer.status, await answer.read()) == (200, "﻿a,b".encode())
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        told = answer.headers["Content-Disposition"]
        assert told == "attachment; filename*=UTF-8''%E6%B8%85%E5%8D%95%20%26%20%E8%A1%A8.csv"
    async with client.get(f"/chat/files/{han}/1") as answer:
        assert answer.headers["Content-Type"] == "application/octet-stream"
    for path in (f"{han}/2", f"{chen}/0", "999999/0", f"{'9' * 30}/0", f"{han}/-1", f"{han}/x"):
        async with client.get(f"/chat/files/{path}") as answer:
            assert answer.status == 404, path
    async with visitor(served) as stranger:
        async with stranger.get(f"/chat/files/{han}/0") as answer:
            assert answer.url.path == "/login"
        await log_in(stranger, "陈总")
        async with stranger.get(f"/chat/files/{chen}/0") as answer:
            assert answer.status == 200
        async with stranger.get(f"/chat/files/{han}/0") as answer:
            assert answer.status == 404


async def test_a_members_own_words_are_no_files(loaded: Program, as_member: LogIn):
    client = await as_member("韩梅")
    chat = await play.own_chat(loaded, "韩梅")
    user = (await play.actor(loaded, "韩梅")).user_id
    async with loaded.db.transaction() as session:
        line = await chat_log.append(session, chat, "mine", b'{"text":"hi"}', user)
    async with client.get(f"/chat/files/{line}/0") as answer:
        assert answer.status == 404


@pytest.mark.parametrize("type_", files._SAFE)
def test_no_type_that_a_browser_runs_is_told(type_: str):
    assert not any(word in type_ for word in ("html", "svg", "xml", "javascript"))
