"""Hours, risks, defects, files and deliverables, up to the customer's own signature."""

from itertools import count
from typing import Any

import pytest

from bot.app import Program
from bot.contract import Sender, StoredFile
from tests import play

_TAPS = count()


async def filed(program: Program, name: str = "竣工图.pdf") -> str:
    """A drawing that a member has put into the project's own chat; answers its fingerprint."""
    stored = await program.media.put_bytes(
        name, "application/pdf", b"%PDF-1.4 plan " + name.encode()
    )
    await play.file_all(
        program,
        play.message(f"f-{name}", "竣工图", chat="i-p1", sender="m-li", attachments=(stored,)),
    )
    return stored.sha256


async def tapped(program: Program, line: str, **more: Any) -> None:
    sender = Sender(id="u-wang", name="王芳", proven=True, outside=True)
    id_ = f"tap-{next(_TAPS)}"
    await play.file_all(program, play.message(id_, line, sender=sender, tapped=True, **more))


async def offered(program: Program) -> tuple[str, str]:
    """A deliverable with its file, approved by both; answers the key and the fingerprint."""
    sha256 = await filed(program)
    shown = await play.said(program, "/登记交付物 P-0001 竣工图 文件:竣工图", "李雷")
    assert sha256[:12] in shown
    asked = await play.said(program, "/请客户验收 1", "陈总")
    for words in ("李雷", "韩梅", "客户将看到", sha256):
        assert words in asked
    assert await play.posted(program, "g-huajian") == []
    assert "/deliverable.accept" not in asked  # the key is the customer's
    assert "其他人" in await play.said(program, "/批准 1", "李雷")
    assert "已批准" in await play.said(program, "/批准 1", "韩梅")
    (notice,) = await play.posted(program, "g-huajian")
    assert notice.files[0].sha256 == sha256
    accept = notice.buttons[0].command
    return accept.split()[-1], sha256


async def test_a_customer_accepts_with_name_time_and_fingerprint(loaded: Program):
    key, sha256 = await offered(loaded)
    await tapped(loaded, f"/deliverable.accept {key}")
    said = play.words((await play.posted(loaded, "g-huajian"))[-1])
    for words in ("已确认验收：竣工图 v1", "王芳", sha256):
        assert words in said
    (row,) = await play.rows(
        loaded, "SELECT state, decided_by, contact_id IS NOT NULL AS known FROM deliverable"
    )
    assert row == {"state": "accepted", "decided_by": "王芳", "known": True}
    told = (await play.posted(loaded, await play.own_chat(loaded, "韩梅")))[-1]
    assert "王芳 已验收 竣工图 v1" in told.title
    assert "王芳 验收了 竣工图 v1" in await play.said(loaded, "/timeline C-0001")
    await tapped(loaded, f"/deliverable.accept {key}", place="again")
    assert "已经处理过" in play.words((await play.posted(loaded, "g-huajian"))[-1])


async def test_what_is_wrong_comes_back_and_it_can_be_offered_anew(loaded: Program):
    key, _ = await offered(loaded)
    await tapped(loaded, f'/deliverable.refuse {key} comment:"第三页缺尺寸"')
    told = (await play.posted(loaded, await play.own_chat(loaded, "李雷")))[-1]
    assert "第三页缺尺寸" in told.text
    assert "客户未接受" in await play.said(loaded, "/deliverables P-0001")
    assert (await play.run(loaded, "/deliverable offer 1", "陈总")).ok
    await tapped(loaded, f"/deliverable.accept {key}", place="old")
    (row,) = await play.rows(loaded, "SELECT state FROM deliverable")
    assert row == {"state": "waiting"}  # the old key is no good


@pytest.mark.parametrize("chat", ["i-p1", "g-other"])
async def test_a_key_is_good_in_the_customers_own_chat_only(loaded: Program, chat: str):
    key, _ = await offered(loaded)
    await play.run(loaded, "/bind P23-001 chat:hook:g-other audience:customer", "Emma")
    await tapped(loaded, f"/deliverable.accept {key}", chat=chat)
    (row,) = await play.rows(loaded, "SELECT state FROM deliverable")
    assert row == {"state": "offered"}


async def test_a_member_cannot_sign_for_the_customer(loaded: Program):
    key, _ = await offered(loaded)
    assert not (await play.run(loaded, f"/deliverable.accept {key}", "李雷")).ok
    (row,) = await play.rows(loaded, "SELECT state FROM deliverable")
    assert row == {"state": "offered"}


async def test_a_refusal_here_leaves_it_a_draft(loaded: Program):
    await filed(loaded)
    await play.run(loaded, "/deliverable new P-0001 竣工图 file:竣工图", "李雷")
    await play.run(loaded, "/deliverable offer 1", "陈总")
    assert (await play.run(loaded, "/refuse 1 图签不对", "李雷")).ok
    assert "未提交" in await play.said(loaded, "/deliverables P-0001")
    assert await play.posted(loaded, "g-huajian") == []


async def test_hours_are_booked_summed_and_bounded(loaded: Program):
    assert "当天共 2 小时" in await play.said(loaded, "/登记工时 2h P-0001 接口联调", "李雷")
    assert "3.5" in await play.said(loaded, "log 90min P-0001 drawings", "李雷")
    for line in ("/log 23h P-0001", "/log 0h P-0001", "/log 2h P-0001 day:2099-01-01"):
        assert not (await play.run(loaded, line, "李雷")).ok, line
    shown = await play.said(loaded, "/工时 P-0001")
    assert "李雷 P-0001 3.5" in shown
    await play.rows(loaded, "UPDATE user_account SET hour_cost = 200 RETURNING 1")
    assert "700.00" in await play.said(loaded, "/hours P-0001")
    assert "700.00" not in await play.said(loaded, "/hours P-0001", "李雷")
    await play.rows(
        loaded, "UPDATE task SET estimate = 100, due = CURRENT_DATE + 3 WHERE id = 1 RETURNING 1"
    )
    assert "超负荷" in await play.said(loaded, "/负荷")


async def test_risks_and_defects_in_english(loaded: Program):
    added = await play.said(
        loaded,
        'risk add P23-001 high "The server room is not ready" owner:@Emma due:2027-01-15',
        "Emma",
    )
    assert "The server room is not ready Emma" in added
    assert "rented racks" in await play.said(loaded, "risk answer 1 rented racks", "Emma")
    assert not (await play.run(loaded, "/risk close 1", "钱会计")).ok
    assert "closed" in await play.said(loaded, "risk close 1", "Emma")
    assert "No open risks" in await play.said(loaded, "risks P23-001", "Emma")
    found = await play.said(loaded, "defect new P23-001 critical login fails", "Emma")
    assert "critical login fails" in found
    assert "fixed" in await play.said(loaded, "defect fixed 1", "Emma")
    assert not (await play.run(loaded, "defect fixed 1", "Emma")).ok


async def test_files_by_name_with_versions(loaded: Program):
    first = await filed(loaded)
    stored = StoredFile(
        **(
            await loaded.media.put_bytes("竣工图.pdf", "application/pdf", b"%PDF second")
        ).model_dump()
    )
    await play.file_all(
        loaded, play.message("f2", "改过的", chat="i-p1", sender="m-li", attachments=(stored,))
    )
    shown = await play.said(loaded, "/文件 P-0001")
    assert "竣工图.pdf v2" in shown
    assert first[:12] in shown
    assert "没有文件" in await play.said(loaded, "/files C-0003")
