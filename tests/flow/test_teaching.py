"""What filing by hand teaches, what undo takes back; leads; proposed merges."""

import re
from typing import Any

import pytest

from bot.app import Program
from bot.contract import Kind
from tests import play


def mail(id_: str, address: str, words: str = "hello", **more: Any):
    fields = {"sender": address, "chat": address, "kind": Kind.MAIL, "channel": "email"}
    return play.message(id_, words, **{**fields, **more})


async def state(program: Program) -> list[tuple[str | None, str]]:
    found = await play.rows(
        program,
        """SELECT c.code, i.status FROM interaction i LEFT JOIN customer c ON c.id = i.customer_id
           ORDER BY i.id""",
    )
    return [(row["code"], row["status"]) for row in found]


async def counts(program: Program) -> dict[str, Any]:
    (found,) = await play.rows(
        program,
        """SELECT (SELECT count(*) FROM contact) AS contacts, (SELECT count(*) FROM identity) AS ids,
             (SELECT count(*) FROM alias) AS names, (SELECT count(*) FROM customer_domain) AS domains,
             (SELECT count(*) FROM conversation WHERE customer_id IS NOT NULL) AS bound""",
    )
    return found


async def test_a_filed_item_teaches_its_sender_and_undo_takes_all_of_it_back(loaded: Program):
    file = await loaded.media.put_bytes("图.pdf", "application/pdf", b"x")
    await play.file_all(loaded, mail("a", "li@new.example", attachments=(file,)))
    before = await counts(loaded)
    said = await play.said(loaded, "/file 1 C-0003")
    assert "已记住：li@new.example" in said
    assert "/customer edit C-0003 domain new.example" in said
    await play.file_all(loaded, mail("b", "li@new.example"))
    assert await state(loaded) == [("C-0003", "filed"), ("C-0003", "filed")]
    back = await play.said(loaded, "/undo")
    assert "其间因此自动归档的 1 条保持不动" in back
    assert await counts(loaded) == before
    assert await state(loaded) == [(None, "stranger"), ("C-0003", "filed")]
    (kept,) = await play.rows(loaded, "SELECT customer_id FROM attachment WHERE interaction_id = 1")
    assert kept["customer_id"] is None
    await play.file_all(loaded, mail("c", "li@new.example"))
    assert (await state(loaded))[-1] == (None, "stranger")
    assert not (await play.run(loaded, "/undo")).ok


async def test_a_lesson_is_taken_back_once_and_by_its_teacher(loaded: Program):
    await play.file_all(loaded, mail("a", "li@new.example"))
    await play.run(loaded, "/file 1 C-0003")
    (entry,) = await play.rows(loaded, "SELECT min(id) AS id FROM undo_entry")
    line = f"/unfile #1 lesson:{entry['id']}"
    assert not (await play.run(loaded, line, "管理员")).ok
    assert (await play.run(loaded, line)).ok
    assert not (await play.run(loaded, line)).ok


async def test_the_same_name_at_the_customer_gets_the_address(loaded: Program):
    await play.file_all(
        loaded,
        mail("a", "wf@private.example").model_copy(
            update={"sender": play.Sender(id="wf@private.example", name="王芳")}
        ),
    )
    await play.run(loaded, "/file 1 C-0001")
    found = await play.rows(loaded, "SELECT count(*) AS n FROM contact WHERE name = '王芳'")
    assert found == [{"n": 1}]
    assert "wf@private.example" in await play.said(loaded, "/customer C-0001")


async def test_a_domain_is_learnt_from_the_second_person_never_from_free_or_own_mail(
    loaded: Program,
):
    await play.file_all(
        loaded, mail("a", "li@new.example"), mail("b", "zhou@new.example"), mail("c", "x@qq.com")
    )
    assert "邮箱域名" not in await play.said(loaded, "/file 1 C-0003")
    assert "@new.example 是该客户的邮箱域名" in await play.said(loaded, "/file 2 C-0003")
    assert "qq.com" not in re.sub("x@qq.com", "", await play.said(loaded, "/file 3 C-0003"))
    await play.file_all(loaded, mail("d", "third@new.example"), mail("e", "y@qq.com"))
    assert (await state(loaded))[3:] == [("C-0003", "filed"), (None, "stranger")]


async def test_a_domain_where_another_customers_people_are_is_not_learnt(loaded: Program):
    await play.run(loaded, "/contact new C-0002 Ann ann@shared.example")
    await play.file_all(loaded, mail("a", "li@shared.example"), mail("b", "zhou@shared.example"))
    await play.run(loaded, "/file 1 C-0003")
    assert "邮箱域名" not in await play.said(loaded, "/file 2 C-0003")


async def test_several_items_and_the_rest_of_the_sender(loaded: Program):
    await play.file_all(
        loaded, *(mail(f"m{n}", "li@new.example") for n in range(3)), mail("z", "other@b.example")
    )
    first = (await play.run(loaded, "/file #1 C-0003")).notice
    rest = next(b for b in first.buttons if b.command.startswith("/file"))
    assert "另外 2 条" in rest.label
    assert "#2 #3" in await play.said(loaded, rest.command)
    assert (await state(loaded))[:3] == [("C-0003", "filed")] * 3
    await play.run(loaded, "/undo")
    assert (await state(loaded))[:3] == [
        ("C-0003", "filed"),
        (None, "stranger"),
        (None, "stranger"),
    ]
    assert (await play.run(loaded, "/file #2 #3、#4 C-0003")).ok
    assert await state(loaded) == [("C-0003", "filed")] * 4


async def test_a_chat_is_offered_only_where_all_others_are_theirs(loaded: Program):
    await play.file_all(loaded, play.message("a", "随便问问", sender="n1", chat="room"))
    offered = (await play.run(loaded, "/file 1 C-0003")).notice.buttons
    bind = next(b for b in offered if b.command.startswith("/bind"))
    assert await play.rows(
        loaded, "SELECT 1 FROM conversation WHERE chat = 'room' AND customer_id IS NULL"
    )
    assert (await play.run(loaded, bind.command)).ok
    await play.file_all(loaded, play.message("b", "随便问问", sender="n2", chat="room"))
    assert (await state(loaded))[-1] == ("C-0003", "filed")
    await play.file_all(
        loaded,
        play.message("c", "hi", sender="u-john", chat="mixed"),
        play.message("d", "随便问问", sender="n3", chat="mixed"),
    )
    mixed = (await play.run(loaded, "/file 4 C-0003")).notice.buttons
    assert not any(b.command.startswith("/bind") for b in mixed)


async def test_a_chat_of_one_person_is_bound_by_itself_and_parted_again(loaded: Program):
    await play.file_all(loaded, play.message("a", "随便问问", sender="n1", chat="n1"))
    before = await counts(loaded)
    assert "聊天「n1」属于该客户" in await play.said(loaded, "/file 1 C-0003")
    assert (await counts(loaded))["bound"] == before["bound"] + 1
    await play.run(loaded, "/undo")
    assert await counts(loaded) == before


async def test_a_name_is_taught_by_a_tap_counts_at_once_and_is_forgotten(loaded: Program):
    await play.file_all(
        loaded, play.message("a", "您好，我是华健三局的小李", sender="n1", chat="x")
    )
    offered = (await play.run(loaded, "/file 1 C-0003")).notice.buttons
    tap = next(b for b in offered if b.command.startswith("/alias"))
    assert tap.label == "「华健三局」就是这个客户"
    assert (await play.run(loaded, tap.command)).ok
    await play.file_all(
        loaded, play.message("b", "这里是华健三局，想问进度", sender="n2", chat="y")
    )
    assert (await state(loaded))[-1] == ("C-0003", "filed")
    assert (await play.run(loaded, "/forget C-0003 华健三局")).ok
    await play.file_all(
        loaded, play.message("c", "这里是华健三局，想问进度", sender="n3", chat="z")
    )
    assert (await state(loaded))[-1] == (None, "stranger")
    await play.run(loaded, "/undo")
    await play.file_all(
        loaded, play.message("d", "这里是华健三局，想问进度", sender="n4", chat="w")
    )
    assert (await state(loaded))[-1] == ("C-0003", "filed")


async def test_a_stranger_becomes_a_lead_and_a_stranger_again(loaded: Program):
    await play.file_all(
        loaded, mail("a", "li@new.example", "想了解报价"), mail("b", "li@new.example", "还在吗")
    )
    shown = (await play.run(loaded, "/inbox")).notice
    tap = next(b for b in shown.buttons if "建线索" in b.label)
    assert tap.command == "/lead new #1"
    before = await counts(loaded)
    assert "归入 2 条往来" in await play.said(loaded, "/lead new #1 新星科贸", "周服")
    (made,) = await play.rows(
        loaded,
        """SELECT c.stage, u.name AS owner, c.name FROM customer c JOIN user_account u
           ON u.id = c.owner_id WHERE c.code = 'C-0004'""",
    )
    assert made == {"stage": "lead", "owner": "周服", "name": "新星科贸"}
    await play.file_all(loaded, mail("c", "li@new.example"))
    assert await state(loaded) == [("C-0004", "filed")] * 3
    assert "其后归入的 1 条已放回待归档" in await play.said(loaded, "/undo", "周服")
    assert await state(loaded) == [(None, "stranger")] * 3
    assert await counts(loaded) == before


async def test_no_lead_is_made_of_a_known_customer_or_a_filed_item(loaded: Program):
    await play.file_all(loaded, mail("a", "li@new.example"), play.message("b", "三期"))
    known = await play.run(loaded, "/lead new #1 北京远山咨询有限公司")
    assert not known.ok
    assert known.notice.buttons[0].command == "/file #1 C-0003"
    assert not (await play.run(loaded, "/lead new #2")).ok


async def test_contacts_are_merged_parted_and_all_their_addresses_count(loaded: Program):
    await play.run(loaded, "/contact new C-0001 王芳 wang2@other.example")
    found = await play.rows(loaded, "SELECT id FROM contact WHERE name = '王芳' ORDER BY id")
    one, two = (row["id"] for row in found)
    asked = await play.run(loaded, "/contact merge 王芳 王芳")
    assert not asked.ok
    assert [b.label.split()[0] for b in asked.notice.buttons] == [str(one), str(two)]
    assert f"/contact merge {one} {two}" in await play.said(loaded, "/merges")
    assert (await play.run(loaded, f"/contact merge {one} {two}")).ok
    await play.file_all(loaded, mail("a", "wang2@other.example"))
    (row,) = await play.rows(loaded, "SELECT contact_id FROM interaction")
    assert row["contact_id"] == one
    assert (await play.said(loaded, "/customer C-0001")).count("王芳") == 1
    await play.run(loaded, "/undo")
    await play.file_all(loaded, mail("b", "wang2@other.example"))
    assert await play.rows(loaded, "SELECT contact_id FROM interaction ORDER BY id") == [
        {"contact_id": one},
        {"contact_id": two},
    ]


async def test_contacts_of_two_customers_are_not_merged(loaded: Program):
    said = await play.run(loaded, "/contact merge 王芳 'John Smith'")
    assert not said.ok
    assert "不同客户" in said.notice.text


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["contact new C-0001 王芳 wf@b.example"], "同名"),
        (["contact new C-0001 wangfang@c.example wangfang@c.example"], "拼音"),
        (["contact new C-0003 王芳 13800001111"], "同一手机"),
        (["customer new 上海华建工程集团股份有限公司"], "去掉公司后缀"),
        (["customer edit C-0003 domain acme.example"], "同一邮箱域名"),
        (["customer edit C-0003 alias 'Acme Trading Co., Ltd.'"], "另一方的别名"),
    ],
    ids=str,
)
async def test_merges_are_proposed_with_reasons_and_refused_for_good(
    loaded: Program, lines: list[str], reason: str
):
    assert "没有可疑的重复" in await play.said(loaded, "/merges")
    for line in lines:
        assert (await play.run(loaded, f"/{line}")).ok, line
    shown = (await play.run(loaded, "/merges")).notice
    assert reason in play.words(shown)
    no = next(b for b in shown.buttons if b.command.startswith("/merges no"))
    assert (await play.run(loaded, no.command)).ok
    assert "没有可疑的重复" in await play.said(loaded, "/merges")


@pytest.mark.parametrize(
    "lines",
    [
        [
            "contact new C-0001 李娜 info@huajian.example",
            "contact new C-0001 赵云 info@huajian.example",
        ],
        ["contact new C-0001 李娜 021-55556666", "contact new C-0002 赵云 021-55556666"],
        ["contact new C-0001 李娜 13811112222", "contact new C-0002 赵云 13811112222"],
        ["contact new C-0001 王芳 wang.fang2@huajian.example"],
        ["customer new 深圳华建装饰有限公司"],
    ],
    ids=str,
)
async def test_look_alikes_are_not_proposed(loaded: Program, lines: list[str]):
    for line in lines:
        assert (await play.run(loaded, f"/{line}")).ok, line
    assert "没有可疑的重复" in await play.said(loaded, "/merges")


async def test_proposals_are_of_what_one_may_see(loaded: Program):
    await play.run(loaded, "/contact new C-0001 王芳 wf@b.example")
    assert "王芳" in await play.said(loaded, "/merges", "韩梅")
    assert "王芳" not in await play.said(loaded, "/merges", "赵强")
    assert not (await play.run(loaded, "/merges no contact 1 3", "赵强")).ok
