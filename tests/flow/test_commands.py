"""Commands as people type them, in both languages."""

from datetime import timedelta

import pytest

from bot.app import Program
from bot.commands.registry import COMMANDS
from bot.texts import LANGUAGES
from tests import play


@pytest.mark.parametrize(
    ("line", "who", "expected"),
    [
        ("/客户 华建", "陈总", "C-0001 上海华建工程集团有限公司"),
        ("customer acme", "陈总", "C-0002 Acme Trading"),
        ("／客户　华建", "陈总", "王芳"),
        ("客户 C-0001", "陈总", "138****1111"),
        ("project P23-001", "Emma", "Warehouse portal"),
        ("项目 三期", "李雷", "[执行]"),
        ("/project p-0001", "Emma", "execution"),
        ("projects acme", "陈总", "P23-001"),
        ("任务列表 P-0001", "李雷", "装摄像头"),
        ("里程碑列表 P-0001", "李雷", "初验"),
        ("看板", "李雷", "P-0001 华建三期智慧工地"),
        ("我是谁", "李雷", "项目经理"),
        ("whoami", "Emma", "project manager"),
        ("成员", "陈总", "李雷"),
        ("客户列表 vip", "陈总", "上海华建"),
        ("帮助 任务", "李雷", "/新建任务 <项目> <名称>"),
        ("help task new", "Emma", "/task new <project> <name>"),
        ("规则", "陈总", "budget-ahead-of-progress"),
        ("digest P-0001", "陈总", "60%"),
        ("摘要", "李雷", "李雷，您的今日摘要"),
        ("alerts", "陈总", "风险预警"),
        ("字段", "陈总", "还没有自定义字段"),
    ],
)
async def test_reading_commands_answer(loaded: Program, line: str, who: str, expected: str):
    done = await play.run(loaded, line, who)
    assert done.ok, play.words(done.notice)
    assert expected in play.words(done.notice)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/客護 华建", "没有「客護」这个命令"),
        ("/任务", "还缺：项目"),
        ("/客户 不存在的公司", "没有找到客户「不存在的公司」"),
        ("/阶段 华建 火星", "阶段只能是"),
        ("/进度 P-0001 150%", "不能作为百分比"),
        ("", "请输入命令"),
        ("/完成任务 T-99999", "没有找到任务"),
        ("/撤销", "最近十分钟没有可以撤销的修改"),
        ("/确认", "没有等待确认的操作"),
        ("/客户 " + "华" * 5000, "没有找到客户"),
        ("/task done T-99999999999999999999999", "没有找到任务"),
        ("'\"“「", "没有「"),
    ],
)
async def test_wrong_words_are_answered_with_what_to_do(loaded: Program, line: str, expected: str):
    done = await play.run(loaded, line)
    assert not done.ok
    assert expected in play.words(done.notice)


async def test_a_task_from_words_in_any_order(loaded: Program):
    shown = await play.said(loaded, "task new “fix login” @李雷 due:fri P-0001", "Emma")
    assert "fix login" in shown
    shown = await play.said(loaded, "/任务 P-0001 明天 修复登录页 @Emma", "李雷")
    assert "修复登录页" in shown
    found = await play.rows(
        loaded,
        """SELECT t.name, t.due, u.name AS who FROM task t JOIN user_account u ON u.id = t.assignee_id
           WHERE t.name <> '装摄像头' ORDER BY t.id""",
    )
    assert [(row["name"], row["who"]) for row in found] == [
        ("fix login", "李雷"),
        ("修复登录页", "Emma"),
    ]
    assert found[0]["due"].weekday() == 4
    actor = await play.actor(loaded, "李雷")
    assert found[1]["due"] == actor.local(loaded.now()).date() + timedelta(days=1)


async def test_done_assign_and_undo(loaded: Program):
    await play.run(loaded, "任务 P-0001 打磨地面", "李雷")
    (row,) = await play.rows(loaded, "SELECT id FROM task WHERE name = '打磨地面'")
    number = f"T-{row['id']}"
    assert "Emma" in await play.said(loaded, f"指派 {number} @Emma", "李雷")
    assert "已完成" in await play.said(loaded, f"完成 {number}", "李雷")
    assert "早已完成" in await play.said(loaded, f"完成 {number}", "李雷")
    assert "已撤销" in await play.said(loaded, "撤销", "李雷")
    (row,) = await play.rows(loaded, "SELECT done_at FROM task WHERE name = '打磨地面'")
    assert row["done_at"] is None


async def test_undo_refuses_what_has_moved_on(loaded: Program):
    await play.run(loaded, "tier 华建 key")
    await play.run(loaded, "tier 华建 normal", "管理员")
    assert "不能直接撤销" in await play.said(loaded, "undo")
    assert (await play.rows(loaded, "SELECT tier FROM customer WHERE code = 'C-0001'")) == [
        {"tier": "normal"}
    ]


async def test_customers_are_made_tagged_staged_and_kept_apart(loaded: Program):
    assert "C-0004" in await play.said(loaded, "新建客户 广州珠江实业有限公司 tier:vip")
    assert "已经存在" in await play.said(loaded, "新建客户 广州珠江实业有限公司")
    assert "#喜欢微信" in await play.said(loaded, "标签 珠江 喜欢微信 #大客户")
    assert "#喜欢微信" not in await play.said(loaded, "标签 珠江 -喜欢微信")
    assert "交付" in await play.said(loaded, "/stage C-0004 delivery")
    shown = await play.said(loaded, "时间线 C-0004")
    assert "阶段：线索 → 交付" in shown
    assert "新建客户" in shown


async def test_a_name_that_fits_several_is_a_choice(loaded: Program):
    await play.run(loaded, "新建客户 华建物业有限公司")
    await play.run(loaded, "修改客户 华建物业有限公司 alias 华建")
    done = await play.run(loaded, "客户 华建")
    assert not done.ok
    assert len(done.notice.buttons) == 2
    assert all(button.command.startswith("/customer C-") for button in done.notice.buttons)


async def test_merge_is_confirmed_reversible_and_loses_nothing(loaded: Program):
    await play.file_all(loaded, play.message("m1", "hi", sender="u-john", chat="x"))
    actor = await play.actor(loaded, "陈总")
    asked = await loaded.command(actor, "合并客户 C-0001 C-0002", confirmed=False)
    assert "请确认" in asked.notice.text
    assert (await play.rows(loaded, "SELECT count(*) AS n FROM merge"))[0]["n"] == 0
    before = await play.rows(loaded, "SELECT id, customer_id FROM interaction")
    done = await loaded.command(actor, asked.notice.buttons[0].command, confirmed=False)
    assert "并入" in done.notice.text
    assert (await play.rows(loaded, "SELECT customer_id FROM interaction"))[0] != before[0]
    await play.file_all(loaded, play.message("m2", "again", sender="u-john", chat="x"))
    assert "C-0001" in await play.said(loaded, "客户 C-0002")
    assert "C-0002" in await play.said(loaded, "撤销合并 C-0002")
    after = await play.rows(loaded, "SELECT id, customer_id FROM interaction ORDER BY id LIMIT 1")
    assert after == before


async def test_custom_fields_are_data(loaded: Program):
    assert "来源" in await play.said(loaded, "添加字段 customer 来源 select:展会|介绍", "管理员")
    assert "不能填入" in await play.said(loaded, "填写字段 C-0001 来源 广告")
    assert "展会" in await play.said(loaded, "填写字段 C-0001 来源 展会")
    assert "展会" in await play.said(loaded, "客户 C-0001")


async def test_a_note_is_internal_everywhere(loaded: Program):
    await play.run(loaded, "备注 C-0001 他们预算很紧", "韩梅")
    (row,) = await play.rows(loaded, "SELECT audience, direction, kind FROM interaction")
    assert row == {"audience": "internal", "direction": "internal", "kind": "note"}
    assert "内部备注" in await play.said(loaded, "时间线 C-0001", "韩梅")


async def test_search_finds_two_characters_and_latin_beginnings(loaded: Program):
    await play.file_all(
        loaded,
        play.message("m1", "塔吊的传感器坏了"),
        play.message("m2", "The sensor is broken", sender="u-john", chat="x"),
    )
    assert "塔吊" in await play.said(loaded, "搜索 塔吊")
    assert "sensor" in await play.said(loaded, "search sens")
    assert "没有结果" in await play.said(loaded, "搜索 没说过")


async def test_bind_says_whose_chat_it_is(loaded: Program):
    assert "客户群" in await play.said(loaded, "绑定 C-0002 chat:hook:acme-room customer")
    await play.file_all(loaded, play.message("m1", "hello there", sender="new", chat="acme-room"))
    (row,) = await play.rows(
        loaded, "SELECT c.code FROM interaction i JOIN customer c ON c.id = i.customer_id"
    )
    assert row["code"] == "C-0002"


async def test_correcting_a_sentiment_keeps_the_correction(loaded: Program):
    await play.file_all(loaded, play.message("m1", "第三次延期了"))
    assert "已更正为中性" in await play.said(loaded, "更正情绪 1 neutral")
    assert (await play.rows(loaded, "SELECT sentiment FROM interaction")) == [
        {"sentiment": "neutral"}
    ]


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_every_command_has_help_and_words_in_both_languages(command):
    for language in LANGUAGES:
        assert command.usage(language).startswith("/")
        assert command.help.in_(language)
    assert command.zh
    assert not command.zh.isascii()
