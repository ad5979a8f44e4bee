"""Our own words to customers by mail: answered into their thread, lost on the way, asked to stop."""

import asyncio
import email.policy
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.email.adapter import EmailAdapter
from adapters.email.intake import Intake
from adapters.email.replies import Replies
from adapters.email.settings import MailboxSettings
from bot import firm, parts
from bot.app import Program
from bot.contract import ChannelName, InboundMessage, Kind, Sender
from bot.settings import load
from storage.db import Database
from tests import play
from tests.adapters.email.test_email_sending import Post
from tests.conftest import FIRM

US, WANG, EVE = "service@zhuyun.example", "wang@huajian.example", "eve@evil.example"
REPLY_TO = "service+{token}@zhuyun.example"


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with Post().running() as server:
        yield server


@pytest.fixture
async def program(post: Post, db: Database, tmp_path: Path) -> Program:
    (tmp_path / "data").mkdir()
    boxes = [{"url": "imaps://u:p@127.0.0.1:1", "address": US}]
    settings, _ = load(
        parts.settings_models(),
        folder=tmp_path,
        environ={
            "KEQING_DATA_DIR": str(tmp_path / "data"),
            "KEQING_EMAIL__MAILBOXES": json.dumps(boxes),
            "KEQING_EMAIL__SMTP_URL": f"smtp://127.0.0.1:{post.port}",
            "KEQING_EMAIL__REPLY_TO": REPLY_TO,
        },
    )
    made = Program(settings, db, None)
    await firm.load(db, firm.FirmIn.model_validate(FIRM))
    return made


async def arrives(program: Program, number: int, sender: str, words: str, **fields: str) -> None:
    """A mail in the mailbox, read as the adapter reads it, and filed."""
    made = EmailMessage()
    made["From"] = sender
    made["Date"] = f"Fri, 20 Nov 2026 1{number}:00:00 +0800"
    made["Message-ID"] = f"<{number}@mail.example>"
    for name, value in {"To": US, "Subject": "初验安排", **fields}.items():
        made[name.replace("_", "-")] = value
    made.set_content(words)
    adapter = program.adapters[ChannelName("email")]
    assert isinstance(adapter, EmailAdapter)
    replies = Replies(program.ports.key, REPLY_TO, "zhuyun.example")
    box = MailboxSettings.model_validate({"url": "imaps://u:p@127.0.0.1:1", "address": US})
    raw = made.as_bytes(policy=email.policy.SMTP)
    await Intake(box, 1, program.ports, replies, frozenset({"zhuyun.example"})).take(
        io.BytesIO(raw), len(raw), number
    )
    while await program.drain.once():
        pass


async def items(program: Program) -> list[dict[str, Any]]:
    return await play.rows(
        program,
        """
SELECT i.id, i.direction, i.sender_name AS who, i.subject, i.text, i.quoted, i.thread, i.status,
  i.audience, i.error, i.sentiment, i.signals, i.conversation_id AS chat, c.code AS customer,
  p.code AS project
FROM interaction i LEFT JOIN customer c ON c.id = i.customer_id
LEFT JOIN project p ON p.id = i.project_id ORDER BY i.id""",
    )


def bounce(of: str, number: int = 1, words: str = "wang@huajian.example: 550 no such user"):
    return InboundMessage(
        channel=ChannelName("email"),
        event_id=f"bounce-{number}",
        chat="mailer-daemon@mx.example",
        sender=Sender(id="mailer-daemon@mx.example", email="mailer-daemon@mx.example"),
        subject="Undelivered Mail",
        text=f"{words}\n系统崩溃，太差了，要投诉！ 上海华明科技有限公司",
        sent_at=datetime(2026, 11, 20, 6, 0, tzinfo=UTC),
        kind=Kind.MAIL,
        auto=True,
        undelivered=of,
    )


async def replied(program: Program, post: Post, who: str = "陈总") -> EmailMessage:
    """The customer asks, a member answers, the answer goes out."""
    await arrives(program, 0, WANG, "三期什么时候初验？")
    assert (await play.run(program, "/reply #1 下周三上午可以。", who)).ok
    assert (await play.run(program, "/reply send #2")).ok
    await play.send_all(program)
    [mail] = post.taken[-1:]
    shown = email.message_from_bytes(mail, policy=email.policy.default)
    assert isinstance(shown, EmailMessage)
    return shown


async def told(program: Program, who: str) -> list[str]:
    actor = await play.actor(program, who)
    return [play.words(notice) for notice in await play.posted(program, f"user-{actor.user_id}")]


async def test_an_answer_is_shown_approved_sent_and_answered_in_one_thread(
    program: Program, post: Post
):
    await arrives(program, 0, WANG, "三期什么时候初验？")
    shown = await play.said(program, "/回复 #1 下周三上午可以。", "韩梅")
    assert "已提交批准" in shown
    [card] = [words for words in await told(program, "李雷") if "待批准的回复" in words]
    assert "回复人 韩梅" in card
    assert f"email {WANG}" in card
    assert "下周三上午可以。" in card
    assert (await items(program))[1]["direction"] == "internal"
    assert not (await play.run(program, "/reply send #2", "韩梅")).ok
    assert (await play.run(program, "/reply send #2", "李雷")).ok
    assert not (await play.run(program, "/reply send #2")).ok
    await play.send_all(program)
    [mail] = post.mails
    assert (mail["To"], mail["Subject"]) == (WANG, "Re: 初验安排")
    assert mail["In-Reply-To"] == mail["References"] == "<0@mail.example>"
    assert "下周三上午可以。" in mail.get_body(("plain",)).get_content()
    assert mail["Reply-To"].startswith("service+a")
    # The customer answers to the token from a program that forgets References.
    await arrives(program, 2, WANG, "好的，谢谢。", To=mail["Reply-To"])
    asked, ours, answer = await items(program)
    assert (ours["direction"], ours["who"], ours["audience"]) == ("out", "韩梅", "customer")
    assert {one["thread"] for one in (asked, ours, answer)} == {"<0@mail.example>"}
    assert {one["project"] for one in (asked, ours, answer)} == {"P-0001"}
    assert "韩梅：" in await play.said(program, "/timeline P-0001")


async def test_a_stranger_with_the_token_does_not_get_in(program: Program, post: Post):
    mail = await replied(program, post)
    await arrives(program, 3, EVE, "请把合同发给我。", To=mail["Reply-To"])
    stolen = (await items(program))[-1]
    assert (stolen["customer"], stolen["status"]) == (None, "stranger")
    assert stolen["thread"] == "<3@mail.example>"
    assert "somebody else" in stolen["quoted"]


@pytest.mark.parametrize("copied", ["", WANG])
async def test_a_stranger_who_names_a_threads_ids_is_in_doubt(
    program: Program, post: Post, copied: str
):
    mail = await replied(program, post)
    fields = {
        "References": f"<0@mail.example> {mail['Message-ID']}",
        **({"Cc": copied} if copied else {}),
    }
    await arrives(program, 3, EVE, "请把合同发给我。", **fields)
    named = (await items(program))[-1]
    assert (named["customer"], named["status"]) == (None, "doubt")


async def test_a_colleague_of_the_customers_is_let_into_the_thread(program: Program, post: Post):
    mail = await replied(program, post)
    await arrives(program, 3, "new@huajian.example", "我来参加。", References=mail["Message-ID"])
    named = (await items(program))[-1]
    assert (named["customer"], named["status"]) == ("C-0001", "filed")
    assert named["thread"] == "<0@mail.example>"


async def test_a_bounce_comes_back_to_the_answer_and_its_author_is_told_once(
    program: Program, post: Post
):
    mail = await replied(program, post, "韩梅")
    before = len(await play.rows(program, "SELECT 1 FROM alert"))
    id_ = str(mail["Message-ID"])
    await play.file_all(program, bounce(id_), bounce(id_, 2))
    asked, ours, first, second = await items(program)
    assert ours["error"] == "wang@huajian.example: 550 no such user"
    for one in (first, second):
        assert (one["direction"], one["audience"], one["status"]) == (
            "internal",
            "internal",
            "filed",
        )
        assert (one["customer"], one["project"], one["chat"]) == ("C-0001", "P-0001", asked["chat"])
        assert (one["sentiment"], one["signals"]) == ("unscored", [])
    assert len(await play.rows(program, "SELECT 1 FROM alert")) == before
    [lost] = [words for words in await told(program, "韩梅") if "推送失败" in words]
    assert "550 no such user" in lost
    assert not any("推送失败" in words for words in await told(program, "管理员"))
    assert "[未送达：wang@huajian.example: 550 no such user]" in await play.said(
        program, "/timeline P-0001"
    )
    [row] = await play.rows(program, "SELECT state FROM outbox WHERE key = 'reply:2'")
    assert row["state"] == "failed"


async def test_who_is_turned_down_at_the_door_is_told_of_though_the_others_have_it(
    program: Program, post: Post
):
    await arrives(program, 0, WANG, "三期什么时候初验？")
    assert (await play.run(program, "/reply #1 下周三。", "韩梅")).ok
    assert (await play.run(program, "/reply send #2")).ok
    await play.rows(program, "UPDATE outbox SET copies = '{third@x.example}' RETURNING id")
    post.to_recipients += ["", "550 5.1.1 no such user"]
    drained = asyncio.Event()
    accept = program.ports.deliver

    async def at_once(message: InboundMessage):
        """The report is filed before the send is settled."""
        done = await accept(message)
        while await program.drain.once():
            pass
        drained.set()
        return done

    adapter = program.adapters[ChannelName("email")]
    assert isinstance(adapter, EmailAdapter)
    adapter._ports = replace(program.ports, deliver=at_once)
    await play.send_all(program)
    assert drained.is_set()
    assert post.envelopes == [(US, [WANG])]
    ours, told_of = (await items(program))[1:]
    assert ours["error"] == "third@x.example: 550 5.1.1 no such user"
    assert (told_of["direction"], told_of["status"], told_of["customer"]) == (
        "internal",
        "filed",
        "C-0001",
    )
    assert any("no such user" in words for words in await told(program, "韩梅"))


async def test_a_bounce_of_something_unknown_is_an_ordinary_mail(program: Program):
    await play.file_all(program, bounce("<nothing@ours.example>"))
    [one] = await items(program)
    assert one["direction"] == "in"
    assert await play.rows(program, "SELECT 1 FROM outbox") == []


async def pushed(program: Program, post: Post) -> EmailMessage:
    line = f"/bind P-0001 chat:email:{WANG} audience:customer"
    assert (await play.run(program, line)).ok
    assert (await play.run(program, "/update P-0001 初验定在下周三。")).ok
    assert (await play.run(program, "/approve 1", "李雷")).ok
    await play.send_all(program)
    shown = email.message_from_bytes(post.taken[-1], policy=email.policy.default)
    assert isinstance(shown, EmailMessage)
    return shown


async def test_a_push_that_bounces_is_told_to_who_proposed_it(program: Program, post: Post):
    await arrives(program, 0, WANG, "三期什么时候初验？")
    mail = await pushed(program, post)
    await play.file_all(program, bounce(str(mail["Message-ID"])))
    assert any("550 no such user" in words for words in await told(program, "陈总"))
    ours = (await items(program))[1]
    assert (ours["direction"], ours["error"][:4]) == ("out", "wang")


async def test_an_answer_to_a_push_joins_it(program: Program, post: Post):
    await arrives(program, 0, WANG, "三期什么时候初验？")
    mail = await pushed(program, post)
    await arrives(program, 2, "wangfang@qq.com", "收到。", In_Reply_To=str(mail["Message-ID"]))
    answer = (await items(program))[-1]
    assert (answer["project"], answer["thread"]) == ("P-0001", mail["Message-ID"])


async def test_who_unsubscribes_gets_no_pushes_but_answers(program: Program, post: Post):
    await arrives(program, 0, WANG, "三期什么时候初验？")
    mail = await pushed(program, post)
    link = urlsplit(str(mail["List-Unsubscribe"]).strip("<>"))
    [subject] = parse_qs(link.query)["subject"]
    # Nobody else can ask for it.
    await arrives(program, 2, EVE, " ", To=link.path, Subject=subject)
    assert (await play.run(program, "/update P-0001 第二次。")).ok
    await arrives(program, 3, WANG, " ", To=link.path, Subject=subject)
    assert any("退订" in words for words in await told(program, "李雷"))
    assert "已退订" in await play.said(program, "/update P-0001 第三次。")
    assert "已退订" in await play.said(program, "/approve 2", "李雷")
    assert (await play.run(program, "/reply #1 单独答复您。")).ok
    [draft] = [one for one in await items(program) if one["text"] == "单独答复您。"]
    assert (await play.run(program, f"/reply send #{draft['id']}")).ok
    await play.send_all(program)
    assert len(post.taken) == 2
    assert (await play.run(program, f"/unmute chat:email:{WANG}")).ok
    assert (await play.run(program, "/approve 2", "李雷")).ok


@pytest.mark.parametrize("line", ["/reply #2 好", "/reply send #1", "/reply refuse #1"])
async def test_what_cannot_be_answered_says_why(program: Program, line: str):
    await arrives(program, 0, WANG, "三期什么时候初验？")
    assert (await play.run(program, "/note P-0001 内部备注")).ok
    assert not (await play.run(program, line)).ok
    assert await play.rows(program, "SELECT 1 FROM outbox WHERE channel = 'email'") == []


async def test_a_refused_answer_stays_inside(program: Program, post: Post):
    await arrives(program, 0, WANG, "三期什么时候初验？")
    assert (await play.run(program, "/reply #1 不合适的话", "李雷")).ok
    assert (await play.run(program, "/reply refuse #2")).ok
    assert not (await play.run(program, "/reply send #2")).ok
    await play.send_all(program)
    assert post.taken == []
    assert (await items(program))[1]["audience"] == "internal"


async def test_in_a_chat_it_goes_to_the_chat(program: Program):
    await play.file_all(program, play.message("m1", "系统什么时候好？", thread="t-1"))
    assert (await play.run(program, "/reply #1 今晚。")).ok
    assert (await play.run(program, "/reply send #2")).ok
    [row] = await play.rows(program, "SELECT chat, thread FROM outbox WHERE key = 'reply:2'")
    assert (row["chat"], row["thread"]) == ("g-huajian", "t-1")


async def test_a_stranger_who_copies_a_customer_is_in_doubt(program: Program, post: Post):
    await arrives(program, 3, EVE, "附件是我们的报价。", Cc="wang@huajian.example")
    found = (await items(program))[-1]
    assert (found["customer"], found["status"]) == (None, "doubt")
    await arrives(program, 4, "new@zhuyun.example", "资料已发。", Cc="somebody@huajian.example")
    assert (await items(program))[-1]["customer"] == "C-0001"


async def test_the_others_of_a_mail_get_the_answer_too(program: Program, post: Post):
    others = "li@huajian.example, service@zhuyun.example"
    await arrives(program, 5, "wang@huajian.example", "图纸何时给？", Cc=others)
    item = (await items(program))[-1]
    answer = await play.run(program, f"/回复 #{item['id']} 今天下班前。")
    line = next(b.command for b in answer.notice.buttons if "send" in b.command)
    assert (await play.run(program, line)).ok
    await play.send_all(program)
    assert set(post.envelopes[-1][1]) >= {"wang@huajian.example", "li@huajian.example"}
