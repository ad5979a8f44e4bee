"""A conversation by mail of three sides, over real IMAP and SMTP: one thread, on the right project."""

import asyncio
import contextlib
import email.policy
import json
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text

from bot import firm, parts
from bot.app import Program
from bot.contract import ChannelName, Working
from bot.settings import load
from storage.db import Database
from tests import play
from tests.adapters.email.imap_stand_in import PASSWORD, USER, ImapStandIn
from tests.adapters.email.test_email_sending import Post
from tests.conftest import FIRM


def letter(number: int, sender: str, to: str, words: str, **more: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"] = sender, to
    made["Subject"] = "三期验收"
    made["Date"] = f"Fri, 20 Nov 2026 1{number}:00:00 +0800"
    made["Message-ID"] = f"<{number}@mail.example>"
    for name, value in more.items():
        made[name.replace("_", "-")] = value
    made.set_content(words)
    return made.as_bytes(policy=email.policy.SMTP)


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    server = Post()
    async with server.running():
        yield server


@pytest.fixture
async def imap() -> AsyncIterator[ImapStandIn]:
    server = ImapStandIn()
    async with server.running():
        yield server


@pytest.fixture
async def program(
    imap: ImapStandIn, post: Post, db: Database, tmp_path: Path
) -> AsyncIterator[Program]:
    url = f"imap://{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@127.0.0.1:{imap.port}"
    (tmp_path / "data").mkdir()
    settings, _ = load(
        parts.settings_models(),
        folder=tmp_path,
        environ={
            "KEQING_DATA_DIR": str(tmp_path / "data"),
            "KEQING_EMAIL__MAILBOXES": json.dumps([{"url": url, "address": USER}]),
            "KEQING_EMAIL__SMTP_URL": f"smtp://127.0.0.1:{post.port}",
        },
    )
    made = Program(settings, db, None)
    await firm.load(db, firm.FirmIn.model_validate(FIRM))
    adapter = made.adapters[ChannelName("email")]
    assert isinstance(adapter, Working)
    tasks = [asyncio.create_task(made.drain.run()), asyncio.create_task(adapter.work())]
    yield made
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)


async def filed(program: Program, count: int) -> list[dict]:
    """The items of the conversation, once there are so many."""
    async with asyncio.timeout(30):
        while True:
            items = await play.rows(
                program,
                """
SELECT i.direction, i.text, i.thread, i.status, i.candidates, c.code AS customer, p.code AS project
FROM interaction i LEFT JOIN customer c ON c.id = i.customer_id
LEFT JOIN project p ON p.id = i.project_id ORDER BY i.occurred_at, i.id""",
            )
            if len(items) >= count:
                return items
            await asyncio.sleep(0.05)


async def test_three_sides_write_one_thread(program: Program, imap: ImapStandIn, post: Post):
    async with program.db.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO identity (channel, address, user_id, created_at)"
                " SELECT 'email', :us, id, now() FROM user_account WHERE name = '李雷'"
            ),
            {"us": USER},
        )
    wang, third = "wang@huajian.example", "jianli@third.example"
    imap.inbox.add(letter(0, wang, USER, "三期什么时候可以初验？"))
    sent = imap.folders["Sent Items"]
    sent.add(
        letter(
            1,
            USER,
            f"{wang}, {third}",
            "下周三可以。",
            In_Reply_To="<0@mail.example>",
            References="<0@mail.example>",
        )
    )
    imap.inbox.add(
        letter(
            2,
            third,
            USER,
            "监理这边没有问题。",
            In_Reply_To="<1@mail.example>",
            References="<0@mail.example> <1@mail.example>",
        )
    )
    items = await filed(program, 3)
    assert [item["direction"] for item in items] == ["in", "out", "in"]
    assert {(item["customer"], item["project"]) for item in items[:2]} == {("C-0001", "P-0001")}
    # Whoever names a thread's ids is not in it for that: a person is asked, with the right guess.
    assert items[2]["status"] == "doubt"
    assert items[2]["candidates"]["list"][0]["customer"] == "C-0001"
    assert len({item["thread"] for item in items}) == 1
    # Progress goes out to the customer by mail, once it is approved.
    line = f"/bind P-0001 chat:email:{wang} audience:customer"
    assert (await play.run(program, line)).ok
    assert (await play.run(program, "/update P-0001 初验定在下周三。")).ok
    assert (await play.run(program, "/approve 1", "李雷")).ok
    await play.send_all(program)
    (mail,) = post.taken
    shown = email.message_from_bytes(mail, policy=email.policy.default)
    assert shown["To"] == wang
    assert "初验定在下周三" in shown.get_body(("plain",)).get_content()
    assert shown["X-Keqing-Notice"]
    # What we sent comes back in the sent folder of some servers: it is no new mail.
    sent.add(mail)
    imap.inbox.add(letter(3, wang, USER, "收到，谢谢。", In_Reply_To=shown["Message-ID"]))
    items = await filed(program, 5)
    assert len(items) == 5
    assert (items[-1]["customer"], items[-1]["project"]) != (None, None)
