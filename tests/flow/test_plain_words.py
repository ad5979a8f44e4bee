"""Plain words against a firm: what they give, for whom, where, and that nothing breaks them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.app import Program
from bot.commands import console
from bot.commands.plain import Meaning, meanings
from bot.commands.registry import Ask
from storage import talk
from tests import play

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


async def meant(
    program: Program, sentence: str, who: str = "陈总", chat: str = ""
) -> list[Meaning]:
    actor = await play.actor(program, who)
    async with program.db.transaction() as session:
        here = await talk.conversation(session, "hook", chat) if chat else None
        return await meanings(Ask(session, actor, NOW, here), sentence)


@pytest.mark.parametrize(
    ("sentence", "who", "line"),
    [
        ("华建三期进度怎么样", "李雷", "/project project:P-0001"),
        ("谁的项目要延期？", "陈总", "/late"),
        ("which projects are late", "Emma", "/late"),
        (
            "remind me on Friday to call Wang",
            "Emma",
            '/remind text:"call Wang" when:2026-11-20T09:00',
        ),
        ("装摄像头那个任务做完了", "李雷", "/task done task:T-1"),
        ("把 T-1 交给我", "李雷", "/task assign task:T-1 assignee:me"),
        ("智慧工地进度怎么样，华建的", "陈总", "/project project:P-0001"),
        ("上海华健工程集团的时间线", "陈总", "/timeline customer:C-0001"),
        ("記一下華建預算很緊", "陈总", '/note text:"華建預算很緊"'),
    ],
)
async def test_a_sentence_gives_a_line(loaded: Program, sentence: str, who: str, line: str):
    found = await meant(loaded, sentence, who)
    assert [one.line for one in found[:1]] == [line]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("华建三期进度怎么样", "P-0001 华建三期智慧工地"),
        ("给三期建个任务：周五前装好门禁，李雷负责", "装好门禁"),
        ("把华建设为重点客户", "C-0001"),
        ('记一下华建说"不急"', "已记下内部备注"),
    ],
)
async def test_the_line_runs(loaded: Program, sentence: str, expected: str):
    actor = await play.actor(loaded, "陈总")
    async with loaded.db.transaction() as session:
        (found, *_) = await meanings(Ask(session, actor, NOW), sentence)
        done = await console.run(session, actor, found.line, NOW)
    assert done.ok, play.words(done.notice)
    assert expected in play.words(done.notice)


async def test_only_what_the_asker_may_run_and_see(loaded: Program):
    assert [
        one.command.name for one in await meant(loaded, "添加成员 孙悦 角色销售", "管理员")
    ] == ["user.add"]
    assert await meant(loaded, "添加成员 孙悦 角色销售", "韩梅") == []
    assert (await meant(loaded, "看看 Acme 的资料", "赵强"))[0].line == "/customer customer:C-0002"
    # A customer of somebody else's is a word like any other.
    assert not any("C-0002" in one.line for one in await meant(loaded, "看看 Acme 的资料", "韩梅"))
    assert not any(
        "C-0002" in one.line for one in await meant(loaded, "看看 C-0002 的资料", "韩梅")
    )
    assert not any("P23-001" in one.line for one in await meant(loaded, "P23-001 进度", "韩梅"))


async def test_the_chat_says_which_project(loaded: Program):
    (here, *_) = await meant(loaded, "进度怎么样", chat="i-p1")
    (nowhere, *_) = await meant(loaded, "进度怎么样")
    assert here.line == nowhere.line == "/project"
    assert here.sure > 0.9
    assert nowhere.sure < 0.6


async def test_what_fits_two_commands_gives_both(loaded: Program):
    found = await meant(loaded, "添加客户字段 年营收", "管理员")
    assert [one.command.name for one in found] == ["field.add", "customer.new"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\x00\ud800",
        "进度" * 300,
        "\u202e进度\u200b怎么样",
        "project " * 62,
        '"' * 400,
        "'“「『《" * 60,
        "#" * 400,
        "1" * 400,
        "第" * 200 + "条" * 200,
        "/project P-0001",
        "İıßﬁ㎏①Ⅷ 进度",
        "👩‍👩‍👧‍👦🇨🇳 add a task",
        "@" * 300,
        "% ' ; -- DROP TABLE customer 客户 列表",
        "add a task to \\ {x} %s ${y}",
        "第九千九百亿条 任务",
        "reply #99999999999999999999999999 to",
    ],
)
async def test_nothing_breaks_it(loaded: Program, text: str):
    found = await meant(loaded, text)
    assert len(found) <= 3
    assert all(0 < one.sure <= 1 and one.line.startswith("/") for one in found)


async def test_it_only_reads(loaded: Program):
    counted = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) AS n FROM pg_stat_xact_user_tables"
    actor = await play.actor(loaded, "陈总")
    async with loaded.db.transaction() as session:
        before = (await session.execute(play.text(counted))).scalar_one()
        for sentence in ("给三期建个任务：买电缆", "撤销", "确认", "华建三期进度怎么样"):
            assert await meanings(Ask(session, actor, NOW), sentence)
        assert not session.new
        assert not session.dirty
        assert (await session.execute(play.text(counted))).scalar_one() == before


async def test_names_are_found_in_the_script_that_they_are_kept_in(loaded: Program):
    await play.run(loaded, "/新建客户 聯發科技股份有限公司", "管理员")
    (found, *_) = await meant(loaded, "聯發科技的時間線", "管理员")
    assert found.line == "/timeline customer:C-0004"
