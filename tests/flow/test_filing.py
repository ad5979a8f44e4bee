"""Messages in, filed interactions out."""

import pytest

from bot.app import Program
from bot.contract import Kind, Sender
from tests import play


async def test_a_known_sender_is_filed_with_customer_project_mood_and_signals(loaded: Program):
    await play.file_all(loaded, play.message("m1", "三期已经第三次延期了，麻烦给个说法"))
    (row,) = await play.rows(
        loaded,
        """SELECT c.code AS customer, p.code AS project, i.status, i.sentiment, i.signals, i.language,
             i.because, k.name AS contact, i.direction
           FROM interaction i JOIN customer c ON c.id = i.customer_id
           LEFT JOIN project p ON p.id = i.project_id LEFT JOIN contact k ON k.id = i.contact_id""",
    )
    assert (row["customer"], row["project"], row["status"]) == ("C-0001", "P-0001", "filed")
    assert (row["sentiment"], row["language"]) == ("negative", "zh")
    assert "complaint" in row["signals"]
    assert "第三次延期" in row["because"]
    assert (row["contact"], row["direction"]) == ("王芳", "in")


@pytest.mark.parametrize(
    ("words", "sender", "chat", "customer", "project", "status"),
    [
        ("P23-001 何时上线", "nobody", "x", "C-0002", "P23-001", "filed"),
        ("收到，谢谢", "nobody", "g-huajian", "C-0001", None, "filed"),
        ("这里是华建，劳务实名制系统登不上", "nobody", "x", "C-0001", "P-0002", "filed"),
        ("Our warehouse portal is slow", "u-john", "x", "C-0002", "P23-001", "filed"),
        ("随便问问", "nobody", "x", None, None, "stranger"),
        ("P-0001 的事", "u-john", "x", None, None, "doubt"),
        ("远山的报告", "nobody", "x", "C-0003", None, "filed"),
    ],
)
async def test_evidence_decides(
    loaded: Program, words: str, sender: str, chat: str, customer: str, project: str, status: str
):
    await play.file_all(loaded, play.message("m1", words, sender=sender, chat=chat))
    (row,) = await play.rows(
        loaded,
        """SELECT c.code AS customer, p.code AS project, i.status FROM interaction i
           LEFT JOIN customer c ON c.id = i.customer_id LEFT JOIN project p ON p.id = i.project_id""",
    )
    assert (row["customer"], row["project"], row["status"]) == (customer, project, status)


async def test_mail_is_filed_by_domain_but_never_by_a_free_one(loaded: Program):
    def mail(id_: str, address: str):
        return play.message(
            id_, "hello", sender=address, chat=address, kind=Kind.MAIL, channel="email"
        )

    await play.file_all(
        loaded,
        mail("a", "new.person@mail.huajian.example"),
        mail("b", "someone@qq.com"),
        mail("c", "wangfang@qq.com"),
        mail("d", "colleague@zhuyun.example"),
    )
    found = await play.rows(
        loaded,
        """SELECT i.sender_address AS who, c.code AS customer, i.status FROM interaction i
           LEFT JOIN customer c ON c.id = i.customer_id ORDER BY i.id""",
    )
    assert [(row["who"].split("@")[0], row["customer"], row["status"]) for row in found] == [
        ("new.person", "C-0001", "filed"),
        ("someone", None, "stranger"),
        ("wangfang", "C-0001", "filed"),
        ("colleague", None, "stranger"),
    ]


async def test_a_members_own_words_go_out_or_stay_inside(loaded: Program):
    await play.file_all(
        loaded,
        play.message("m1", "三期今天安装完成", sender="m-li", chat="g-huajian"),
        play.message("m2", "客户今天有点情绪", sender="m-li", chat="i-p1"),
    )
    found = await play.rows(loaded, "SELECT direction, audience FROM interaction ORDER BY id")
    assert [(row["direction"], row["audience"]) for row in found] == [
        ("out", "customer"),
        ("internal", "internal"),
    ]


async def test_edits_and_recalls_follow_and_history_is_kept(loaded: Program):
    await play.file_all(
        loaded,
        play.message("m1", "我们要投诉！"),
        play.message("e1", "我们没有问题，谢谢", edits="m1"),
        play.message("m2", "发错了，很糟糕"),
        play.message("r1", "", recalls="m2"),
    )
    first, second = await play.rows(loaded, "SELECT * FROM interaction ORDER BY id")
    assert first["text"] == "我们没有问题，谢谢"
    assert "complaint" not in first["signals"]
    assert first["edited_at"] is not None
    assert (second["text"], second["sentiment"]) == ("", "unscored")
    assert second["recalled_at"] is not None
    kept = await play.rows(loaded, "SELECT text, reason FROM interaction_version ORDER BY id")
    assert [(row["text"], row["reason"]) for row in kept] == [
        ("我们要投诉！", "edited"),
        ("发错了，很糟糕", "recalled"),
    ]


async def test_nobody_else_can_edit_a_message(loaded: Program):
    await play.file_all(
        loaded,
        play.message("m1", "原话"),
        play.message("e1", "篡改", sender="u-john", edits="m1"),
    )
    found = await play.rows(loaded, "SELECT text FROM interaction ORDER BY id")
    assert [row["text"] for row in found] == ["原话", "篡改"]


async def test_a_redelivered_message_is_filed_once(loaded: Program):
    for _ in range(3):
        await play.file_all(loaded, play.message("m1", "一次"))
    assert len(await play.rows(loaded, "SELECT id FROM interaction")) == 1


async def test_a_name_on_two_customers_is_asked_and_filing_teaches(loaded: Program):
    await play.run(loaded, "新建客户 深圳华建装饰有限公司")
    await play.run(loaded, "修改客户 深圳华建装饰有限公司 别名 华建")
    await play.file_all(loaded, play.message("m1", "华建这边想问下进度", sender="new-1", chat="x"))
    (row,) = await play.rows(loaded, "SELECT id, status, candidates FROM interaction")
    assert row["status"] == "doubt"
    assert {guess["customer"] for guess in row["candidates"]["list"]} >= {"C-0001"}
    assert "C-0001" in await play.said(loaded, "/inbox")
    assert "P-0001" in await play.said(loaded, f"/file {row['id']} P-0001")
    await play.file_all(loaded, play.message("m2", "还有一件事", sender="new-1", chat="x"))
    again = (await play.rows(loaded, "SELECT status, customer_id FROM interaction ORDER BY id"))[1]
    assert again["status"] == "filed"
    assert "已撤销" in await play.said(loaded, "/undo")
    await play.file_all(loaded, play.message("m3", "第三件", sender="new-1", chat="x"))
    assert (await play.rows(loaded, "SELECT status FROM interaction ORDER BY id"))[2] == {
        "status": "stranger"
    }


async def test_attachments_are_kept_and_versioned(loaded: Program):
    async def with_file(id_: str, data: bytes):
        file = await loaded.media.put_bytes("方案.pdf", "application/pdf", data)
        return play.message(id_, "见附件，三期", attachments=(file,))

    await play.file_all(loaded, await with_file("a", b"one"), await with_file("b", b"two"))
    found = await play.rows(loaded, "SELECT name, version, sha256 FROM attachment ORDER BY id")
    assert [row["version"] for row in found] == [1, 2]
    assert loaded.media.path(found[1]["sha256"]).read_bytes() == b"two"


async def test_a_claimed_sender_never_runs_a_command(loaded: Program):
    await play.file_all(
        loaded,
        play.message("m1", "/客户列表", sender="m-li", chat="i-p1"),
        play.message("m2", "/用户 添加", sender="m-chen", chat="i-p1", addressed=True),
        play.message("m3", "/help", sender="m-chen", chat="c"),
    )
    assert await play.posted(loaded) == []
    assert len(await play.rows(loaded, "SELECT id FROM interaction")) == 3


async def test_a_proven_member_is_answered_in_an_own_chat_never_before_customers(loaded: Program):
    sender = Sender(id="m-chen", proven=True)
    await play.file_all(
        loaded,
        play.message("m1", "/我是谁", chat="g-huajian", addressed=True).model_copy(
            update={"sender": sender}
        ),
    )
    (row,) = await play.rows(loaded, "SELECT channel, chat FROM outbox")
    assert row["channel"] == "web"
    assert row["chat"].startswith("user-")
