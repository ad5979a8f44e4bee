"""Pages: what each role sees on them, and their forms, which run the same commands as the chat."""

import pytest
from aiohttp import ClientSession
from sqlalchemy import text

from adapters.web.pages import quoted
from bot.app import Program
from bot.contract import Kind
from bot.domain import command_line
from tests import play
from tests.web.conftest import LogIn


@pytest.fixture
async def talked(loaded: Program) -> Program:
    page = await loaded.media.put_bytes("报价<1>.html", "text/html", b"<script>1</script>")
    picture = await loaded.media.put_bytes("现场.png", "image/png", b"png")
    await play.file_all(
        loaded,
        play.message("m1", "三期的进度太慢了，非常不满意！"),
        play.message("m2", "<script>alert(1)</script>", attachments=(page, picture)),
        play.message("m3", "warehouse secret", sender="u-john", chat="x"),
        play.message("m4", "你好，想了解你们的平台", sender="new", chat="y"),
        play.message("c1", "", kind=Kind.CALL),
        play.message("m5", "不该说的话", message_id="gone"),
        play.message("m6", "", recalls="gone"),
    )
    return loaded


async def _text(client: ClientSession, path: str, status: int = 200) -> str:
    async with client.get(path) as answer:
        assert answer.status == status, path
        return await answer.text()


async def _post(client: ClientSession, path: str, line: str, **more: str) -> str:
    async with client.post(path, data={"line": line, **more}) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_pages_show_only_what_a_role_may_see(talked: Program, as_member: LogIn):
    han = await as_member("韩梅")
    assert "C-0001" in await _text(han, "/customers")
    for path in ("/customers", "/projects", "/search?q=warehouse", "/inbox", "/customers?q=acme"):
        said = await _text(han, path)
        assert "Acme" not in said, path
        assert "warehouse secret" not in said, path
    for path in ("/customers/C-0002", "/projects/P23-001", "/customers/none", "/projects/none"):
        assert "404" in await _text(han, path, 404)


async def test_finance_has_money_but_no_talk(talked: Program, as_member: LogIn):
    qian = await as_member("钱会计")
    said = await _text(qian, "/projects/P-0001")
    assert "100,000" in said
    assert "不满意" not in said
    number = (await play.rows(talked, "SELECT min(id) AS id FROM attachment"))[0]["id"]
    await _text(qian, f"/files/{number}", 404)


async def test_project_managers_see_a_percentage_of_the_budget(talked: Program, as_member: LogIn):
    said = await _text(await as_member("李雷"), "/projects/P-0001")
    assert "已用 50%" in said
    assert "50,000" not in said


async def test_what_customers_write_is_shown_as_text(talked: Program, as_member: LogIn):
    said = await _text(await as_member("韩梅"), "/customers/C-0001")
    assert "<script>alert" not in said
    assert "&lt;script&gt;alert(1)" in said
    assert "报价&lt;1&gt;.html" in said


async def test_a_page_among_the_files_is_sent_as_bytes_to_save(talked: Program, as_member: LogIn):
    files = {
        row["type"]: row["id"] for row in await play.rows(talked, "SELECT id, type FROM attachment")
    }
    han = await as_member("韩梅")
    async with han.get(f"/files/{files['text/html']}") as answer:
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert await answer.read() == b"<script>1</script>"
    async with han.get(f"/files/{files['image/png']}") as answer:
        assert answer.content_type == "image/png"
    zhao = await as_member("赵强")
    await _text(zhao, f"/files/{files['text/html']}", 404)
    await _text(zhao, "/files/99999999999999999999", 404)


async def test_the_timeline_marks_sentiment_and_internal_notes(talked: Program, as_member: LogIn):
    han = await as_member("韩梅")
    said = await _post(
        han, "/customers/C-0001", '/note customer:"C-0001"', text="王总“急”，\n别催 due:5"
    )
    assert "已记下内部备注" in said
    assert "内部，客户不可见" in said
    assert "王总“急”，\n别催 due:5" in said.replace("&#34;", '"')
    assert '<mark class="negative">' in said
    assert ">负面<" in said


async def test_older_entries_come_a_page_at_a_time(talked: Program, as_member: LogIn):
    for number in range(30):
        await play.run(talked, f"/note C-0001 第{number}条", "韩梅")
    han = await as_member("韩梅")
    said = await _text(han, "/customers/C-0001")
    assert said.count('class="item ') == 20
    earlier = said.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    part = await _text(han, earlier)
    assert "<html" not in part
    assert "第0条" in part
    await _text(han, "/customers/C-0001?before=yesterday", 400)


async def test_a_doubt_is_filed_with_one_form_and_taken_back(talked: Program, as_member: LogIn):
    chen = await as_member("陈总")
    before = await _text(chen, "/inbox")
    assert "陌生人" in before
    number = (await play.rows(talked, "SELECT id FROM interaction WHERE text LIKE '你好%'"))[0][
        "id"
    ]
    unknown = await _post(chen, "/inbox", f"/file {number}", name="没有这一家")
    assert f'data-doubt="{number}"' in unknown
    said = await _post(chen, "/inbox", f"/file {number}", name="C-0003")
    assert f'data-doubt="{number}"' not in said
    assert "北京远山" in said
    assert "全部归档完毕" in said
    assert f'data-doubt="{number}"' in await _post(chen, "/inbox", "/undo")
    said = await _post(chen, "/inbox", f"/file {number}", name="Acme Trading Co., Ltd.")
    assert "C-0002" in said


async def test_a_project_moves_only_for_who_may_move_it(talked: Program, as_member: LogIn):
    json = {"Accept": "application/json"}
    for name, ok in (("李雷", True), ("韩梅", False)):
        client = await as_member(name)
        form = {"line": '/phase "P-0001" accept'}
        async with client.post("/projects", data=form, headers=json) as answer:
            found = await answer.json()
        assert found["ok"] is ok
        assert ok or "没有权限" in found["text"]
    phase = await play.rows(talked, "SELECT phase FROM project WHERE code = 'P-0001'")
    assert phase == [{"phase": "accept"}]


async def test_a_task_is_done_from_the_projects_page(talked: Program, as_member: LogIn):
    li = await as_member("李雷")
    number = (await play.rows(talked, "SELECT min(id) AS id FROM task"))[0]["id"]
    said = await _post(li, "/projects/P-0001", f"/task done T-{number}")
    assert "已完成 1 项" in said


async def test_customers_are_found_by_name_contact_and_filter(talked: Program, as_member: LogIn):
    chen = await as_member("陈总")
    for query, found in {
        "q=华建": {"C-0001"},
        "q=john": {"C-0002"},
        "q=c-0003": {"C-0003"},
        "tier=vip": {"C-0001"},
        "stage=lost": set[str](),
        "tag=none": set[str](),
        "": {"C-0001", "C-0002", "C-0003"},
    }.items():
        said = await _text(chen, f"/customers?{query}")
        shown = {code for code in ("C-0001", "C-0002", "C-0003") if f"/customers/{code}" in said}
        assert shown == found, query


async def test_search_finds_customers_projects_and_words(talked: Program, as_member: LogIn):
    chen = await as_member("陈总")
    assert "Warehouse portal" in await _text(chen, "/search?q=warehouse")
    assert "warehouse secret" in await _text(chen, "/search?q=warehouse")
    assert "没有结果" in await _text(chen, "/search?q=zzzz")
    assert "想找什么" in await _text(chen, "/search")


async def test_a_merged_customers_address_leads_to_the_kept_one(talked: Program, as_member: LogIn):
    await play.run(talked, "/合并客户 C-0002 C-0003", "管理员")
    root = await as_member("管理员")
    async with root.get("/customers/C-0003") as answer:
        assert answer.url.path == "/customers/C-0002"


async def test_a_member_without_rights_still_has_a_chat(loaded: Program, as_member: LogIn):
    async with loaded.db.transaction() as session:
        await session.execute(text("UPDATE user_account SET roles = '{guest}' WHERE name = '周服'"))
    guest = await as_member("周服")
    said = await _text(guest, "/")
    assert 'href="/customers"' not in said
    for path in ("/customers", "/inbox", "/projects", "/files/1"):
        await _text(guest, path, 404)


async def test_transcripts_and_recalled_words_have_their_form(talked: Program, as_member: LogIn):
    async with talked.db.transaction() as session:
        await session.execute(
            text("UPDATE interaction SET transcript = CAST(:t AS jsonb) WHERE kind = 'call'"),
            {
                "t": '{"language": "zh", "duration_s": 70, "segments":'
                ' [{"start": 65, "end": 70, "speaker": "A", "text": "喂，您好"}]}'
            },
        )
    said = await _text(await as_member("韩梅"), "/customers/C-0001")
    assert "喂，您好" in said
    assert "1:05" in said
    assert "（已撤回）" in said
    assert "不该说的话" not in said


@pytest.mark.parametrize(
    "words", ["你好，世界", "a「b」c", '“a” "b" 「c」', '」”"』》', "due:friday\nnext line"]
)
def test_a_text_is_one_word_of_a_line_whatever_it_holds(words: str):
    (word,) = command_line.split("/" + quoted(words))
    assert word.quoted
    assert word.text.replace("”", '"') == words.replace("”", '"')
