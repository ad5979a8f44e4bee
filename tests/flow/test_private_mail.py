"""Private mail is not kept; what is not private always is."""

from typing import Any

import pytest

from bot.app import Program
from bot.contract import Kind
from tests import play


def mail(id_: str, sender: str, **more: Any):
    fields: dict[str, Any] = {"chat": sender, "kind": Kind.MAIL, "channel": "email"}
    fields |= {"raw": b"secret words", **more}
    return play.message(id_, "secret words", sender=sender, **fields)


async def kept(program: Program) -> int:
    return (await play.rows(program, "SELECT count(*) AS n FROM interaction"))[0]["n"]


@pytest.mark.parametrize(
    ("rule", "message", "out"),
    [
        ("address:a@b.example", mail("m", "A@b.example"), True),
        ("a@b.example", mail("m", "c@b.example"), False),
        ("domain:family.example", mail("m", "x@mail.family.example"), True),
        ("family.example", mail("m", "x@notfamily.example"), False),
        ("domain:acme.example", mail("m", "john@acme.example"), False),
        ("address:john@acme.example", mail("m", "john@acme.example"), True),
        ("标签:Personal", mail("m", "john@acme.example", labels=("personal",)), True),
        ("folder:私人", mail("m", "john@acme.example", labels=("私人",)), True),
        ("folder:私人", mail("m", "x@y.example", labels=("INBOX",)), False),
        (
            "domain:family.example",
            mail("m", "li@zhuyun.example", recipients=("ann@family.example",)),
            True,
        ),
        (
            "domain:family.example",
            mail("m", "li@zhuyun.example", recipients=("ann@family.example", "x@y.example")),
            False,
        ),
    ],
)
async def test_a_rule_keeps_out_what_it_names_and_nothing_else(
    loaded: Program, rule: str, message: Any, out: bool
):
    done = await play.run(loaded, f"/private add {rule}", "管理员")
    assert "已经归档的不会因此删除" in done.notice.text
    file = await loaded.media.put_bytes("a.txt", "text/plain", b"x")
    await play.file_all(loaded, message.model_copy(update={"attachments": (file,)}))
    assert await kept(loaded) == (0 if out else 1)
    (row,) = await play.rows(loaded, "SELECT message, raw, state FROM inbox")
    assert row["state"] == "done"
    assert (row["message"], row["raw"]) == (b"", b"") if out else b"secret" in row["message"]
    files = await play.rows(loaded, "SELECT 1 FROM attachment")
    assert len(files) == (0 if out else 1)
    assert f"挡下 {int(out)} 封" in await play.said(loaded, "/private", "管理员")


async def test_kept_out_mail_stays_known_and_its_neighbours_are_filed(loaded: Program):
    await play.run(loaded, "/private add domain:family.example", "管理员")
    await play.file_all(
        loaded,
        mail("a", "x@family.example"),
        mail("b", "john@acme.example"),
        mail("a", "x@family.example"),
    )
    assert await kept(loaded) == 1
    assert "挡下 1 封" in await play.said(loaded, "/private", "管理员")
    (seen,) = await play.rows(
        loaded, "SELECT count(*) AS n FROM audit_entry WHERE action = 'mail.kept_out'"
    )
    assert seen["n"] == 1


@pytest.mark.parametrize("said", ["private", "personal"])
async def test_a_mail_that_says_so_itself_is_kept_out(loaded: Program, said: str):
    await play.file_all(loaded, mail("a", "john@acme.example", labels=(said,)))
    assert await kept(loaded) == 0
    assert "挡下 1 封" in await play.said(loaded, "/private")


async def test_chats_are_not_touched_by_rules_for_mail(loaded: Program):
    await play.run(loaded, "/private add a@b.example", "管理员")
    await play.file_all(loaded, play.message("m", "hi", sender="a@b.example", chat="x"))
    assert await kept(loaded) == 1


async def test_who_may_set_rules(loaded: Program):
    for line in ("domain:acme.example", "folder:INBOX", "wang@huajian.example", "label:x"):
        assert not (await play.run(loaded, f"/private add {line}", "韩梅")).ok
    assert (await play.run(loaded, "/private add han@zhuyun.example", "韩梅")).ok
    assert "han@zhuyun.example" in await play.said(loaded, "/private", "韩梅")
    assert "han@zhuyun.example" not in await play.said(loaded, "/private", "赵强")
    assert not (await play.run(loaded, "/private remove han@zhuyun.example", "赵强")).ok
    assert (await play.run(loaded, "/private remove han@zhuyun.example", "韩梅")).ok
    for wrong in ("domain:qq.com", "address:nobody", "shelf:x", "domain:"):
        assert not (await play.run(loaded, f"/private add {wrong}", "管理员")).ok


async def test_a_rule_is_undone_and_removed(loaded: Program):
    await play.run(loaded, "/private add domain:family.example", "管理员")
    assert not (await play.run(loaded, "/private add domain:family.example", "管理员")).ok
    await play.file_all(loaded, mail("a", "x@family.example"))
    await play.run(loaded, "/undo", "管理员")
    await play.file_all(loaded, mail("b", "x@family.example"))
    assert await kept(loaded) == 1
