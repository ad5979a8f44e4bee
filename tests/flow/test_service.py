"""Cases and first answers: whose they are, until when, who is warned, and what stops the clock."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from bot.app import Program
from bot.contract import InboundMessage, Notice
from bot.jobs.service import Service
from bot.people import HOME
from tests import play

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # ten in Shanghai


async def look(program: Program, at: datetime) -> None:
    program.now = lambda: at
    job = Service(program.db, lambda: at, program.defaults, HOME)
    await job.run("")
    await job.run("")


async def heard(program: Program, who: str) -> list[str]:
    return [one.title for one in await play.posted(program, await play.own_chat(program, who))]


async def say(program: Program, line: str, at: datetime, who: str = "周服") -> str:
    program.now = lambda: at
    return await play.said(program, line, who)


async def test_a_case_from_its_opening_to_its_end(loaded: Program):
    async with loaded.db.transaction() as session:
        await play.set_superior(session, "周服", "陈总")
    opened = await say(loaded, "/新建工单 C-0001 门禁打不开 kind:故障 @周服", MONDAY, "韩梅")
    assert "工单 1：门禁打不开" in opened
    assert "负责人 周服" in opened
    assert "剩余 1 小时" in opened  # a VIP is answered within an hour of work
    assert "剩余 9 小时" in opened
    assert await heard(loaded, "周服") == ["工单 1：门禁打不开"]

    await look(loaded, MONDAY + timedelta(minutes=29))
    assert await heard(loaded, "周服") == ["工单 1：门禁打不开"]
    await look(loaded, MONDAY + timedelta(minutes=30))
    assert await heard(loaded, "周服") == [
        "工单 1：门禁打不开",
        "即将超时：工单 1「门禁打不开」的应答",
    ]
    await say(loaded, "/工单应答 1", MONDAY + timedelta(minutes=40))
    await look(loaded, MONDAY + timedelta(minutes=90))
    assert await heard(loaded, "陈总") == []

    # Two hours are used; what waits for the customer costs no time, the night neither.
    stopped = await say(loaded, "/工单等客户 1", MONDAY + timedelta(hours=2))
    assert "等客户" in stopped
    assert "剩余 7 小时" in await say(loaded, "/工单 1", MONDAY + timedelta(days=2))
    await look(loaded, MONDAY + timedelta(days=3))
    assert await heard(loaded, "陈总") == []
    again = MONDAY + timedelta(days=3)
    assert "剩余 7 小时" in await say(loaded, "/工单继续 1", again)
    assert "没有在等客户" in await say(loaded, "/工单继续 1", again)
    assert "处理中" in await say(loaded, "/工单列表", again)

    late = again + timedelta(hours=6)  # four in the afternoon: an hour is left
    await look(loaded, late)
    assert (await heard(loaded, "周服"))[-1] == "即将超时：工单 1「门禁打不开」的解决"
    await look(loaded, again + timedelta(days=1))
    assert await heard(loaded, "陈总") == ["已超时：工单 1「门禁打不开」的解决"]
    assert "已超时" in await say(loaded, "/工单列表 late:是", again + timedelta(days=1), "陈总")

    ended = again + timedelta(days=1)
    assert "先写下处理结果" in await say(loaded, "/关闭工单 1", ended)
    assert "（超时）" in await say(loaded, "/解决工单 1 更换电源", ended)
    assert "没有工单" in await say(loaded, "/工单列表", ended)
    assert "工单 1 已解决：门禁打不开" in await say(loaded, "/时间线 C-0001", ended, "韩梅")
    reopened = await say(loaded, "/重开工单 1", ended)
    assert "剩余 9 小时" in reopened
    assert "重开 1" in reopened
    assert "已撤销" in await say(loaded, "/撤销", ended)
    assert "已关闭" in await say(loaded, "/关闭工单 1", ended)
    assert "需要先重开" in await say(loaded, "/指派工单 1 @周服", ended)
    assert "没有工单 9" in await say(loaded, "/工单 9", ended)


async def test_who_may_not_see_a_customer_sees_none_of_its_cases(loaded: Program):
    await say(loaded, "/case new C-0001 Gate stuck urgent:yes", MONDAY, "陈总")
    assert "没有工单 1" in await say(loaded, "/工单 1", MONDAY, "赵强")
    assert "There is no case 1" not in await say(loaded, "/case 1", MONDAY, "Emma")
    shown = await say(loaded, "/cases C-0001", MONDAY, "Emma")
    assert "30 min left" in shown  # half of an hour: it is urgent
    assert "4 h 30 min left" in shown
    assert "权限" in await say(loaded, "/新建工单 C-0001 催款", MONDAY, "钱会计")


async def test_a_question_waits_until_somebody_answers(loaded: Program):
    async with loaded.db.transaction() as session:
        await play.set_superior(session, "周服", "陈总")
    ask = play.message("q1", "什么时候能到货？", sent_at=MONDAY)
    loaded.now = lambda: MONDAY
    await play.file_all(
        loaded, ask, play.message("q2", "在吗", sent_at=MONDAY + timedelta(minutes=2))
    )
    waiting = await say(loaded, "/应答", MONDAY + timedelta(minutes=10), "韩梅")
    assert "什么时候能到货" in waiting
    assert "剩余 50 分钟" in waiting
    await look(loaded, MONDAY + timedelta(minutes=31))
    assert await heard(loaded, "韩梅") == [
        "即将超时：C-0001 上海华建工程集团有限公司 的消息还没有答复"
    ]
    await look(loaded, MONDAY + timedelta(minutes=61))
    assert (await heard(loaded, "陈总"))[0].startswith("已超时：C-0001")
    answer = play.message(
        "a1",
        "周五到。",
        sender="m-chen",
        sent_at=MONDAY + timedelta(hours=2),
    )
    await play.file_all(
        loaded,
        answer,
        play.message("q3", "好的，谢谢", sent_at=MONDAY + timedelta(hours=2, minutes=1)),
        play.message("q4", "图纸呢？", sent_at=MONDAY + timedelta(hours=3)),
        play.message("q5", "收到了，没事了", sent_at=MONDAY + timedelta(hours=3, minutes=1)),
        play.message("q6", "下周能来人吗？", sent_at=MONDAY + timedelta(hours=4)),
        play.message("a2", "能。", sender="m-chen", sent_at=MONDAY + timedelta(hours=4, minutes=6)),
    )
    assert "没有客户在等" in await say(loaded, "/应答", MONDAY + timedelta(hours=5), "韩梅")
    figures = await say(loaded, "/应答 C-0001", MONDAY + timedelta(hours=5), "韩梅")
    assert "问题数 2" in figures
    assert "中位应答 6 分钟" in figures
    assert "九成不超过 2 小时" in figures
    assert "按时比例 50% (1/2)" in figures
    english = await say(loaded, "/answering @陈总", MONDAY + timedelta(hours=5), "Emma")
    assert "Median 6 min" in english


async def test_a_complaint_is_proposed_as_a_case_and_a_tap_makes_it(loaded: Program):
    loaded.now = lambda: MONDAY
    words = "系统又崩了，第三次了，没人跟进，我们要投诉！"
    await play.file_all(loaded, play.message("c1", words, sent_at=MONDAY))
    assert await play.rows(loaded, "SELECT 1 FROM service_case") == []
    async with loaded.db.transaction() as session:
        await session.execute(text("UPDATE interaction SET received_at = :at"), {"at": MONDAY})
    await look(loaded, MONDAY + timedelta(minutes=5))

    async def all_proposed() -> list[Notice]:
        found = await play.posted(loaded, await play.own_chat(loaded, "周服"))
        return [one for one in found if "登记工单吗" in one.title]

    (proposed,) = await all_proposed()
    made = await say(loaded, proposed.buttons[0].command, MONDAY + timedelta(minutes=6))
    assert "种类 投诉" in made
    assert "来源 #1" in made
    assert "已经是工单 1" in await say(loaded, proposed.buttons[0].command, MONDAY)
    assert "不是 C-0002 的往来" in await say(loaded, "/新建工单 C-0002 x item:#1", MONDAY, "陈总")

    # What only sounds bad is no case; where somebody has told that it is a complaint, it is one.
    mild = "好，金湖的图纸上午已经发了，建筑是第三版，机电还是第二版，先用着"
    await play.file_all(loaded, play.message("c2", mild, sent_at=MONDAY))
    told = (
        "UPDATE interaction SET received_at = :at, signals = '{complaint}' WHERE id > 1 RETURNING 1"
    )
    await play.rows(loaded, told, at=MONDAY)
    await look(loaded, MONDAY + timedelta(minutes=10))
    assert len(await all_proposed()) == 1
    await play.rows(loaded, "UPDATE interaction SET mood_by = 'person' WHERE id = 2 RETURNING 1")
    await look(loaded, MONDAY + timedelta(minutes=15))
    assert mild[:10] in (await all_proposed())[-1].text


async def test_what_is_known_and_how_it_is_said(loaded: Program):
    loaded.now = lambda: MONDAY
    await play.file_all(loaded, play.message("k1", "三期验收通过了，怎么退款？", sent_at=MONDAY))
    assert "知识库里没有" in await say(loaded, "/知识库 退款", MONDAY)
    made = await say(loaded, '/新建知识 "退款流程" 七天内原路退回。 标签:财务', MONDAY)
    assert "退款流程 · 1" in made
    assert "已有，编号 1" in await say(loaded, '/新建知识 "退款流程" 两天', MONDAY)
    assert "原路退回" in await say(loaded, "/kb 退款", MONDAY)
    assert "三天内" in await say(loaded, "/修改知识 1 三天内退回。", MONDAY)
    assert "知识库里没有" in await say(loaded, "/kb 原路", MONDAY)
    await say(loaded, "/撤销", MONDAY)
    assert "原路退回" in await say(loaded, "/kb 原路", MONDAY)
    assert "不认识的空格：{weather}" in await say(loaded, "/新建话术 天气 今天{weather}", MONDAY)
    await say(loaded, "/新建话术 退款 {contact}您好，退款七天内到账。{member}", MONDAY)
    assert "退款" in await say(loaded, "/话术列表", MONDAY)
    draft = await say(loaded, "/话术 退款 #1", MONDAY, "陈总")
    assert "王芳您好，退款七天内到账。陈总" in draft
    assert "/reply send #2" in draft
    assert "感谢上海华建工程集团有限公司" in await say(
        loaded, "/canned thanks-accept #1", MONDAY, "陈总"
    )
    assert "没有话术" in await say(loaded, "/话术 没有的 #1", MONDAY, "陈总")


async def test_a_reply_that_went_out_has_answered(loaded: Program):
    await play.rows(
        loaded,
        "INSERT INTO conversation (channel, chat, name, customer_id, audience, created_at)"
        " VALUES ('web', 'g-web', '', 1, 'customer', now()) RETURNING id",
    )
    at = loaded.now() - timedelta(minutes=1)
    await play.file_all(
        loaded, play.message("w1", "三期几点开会？", channel="web", chat="g-web", sent_at=at)
    )
    assert "几点开会" in await play.said(loaded, "/应答")
    await play.said(loaded, "/回复 #1 十点。")
    assert "几点开会" in await play.said(loaded, "/应答")
    await play.said(loaded, "/发送回复 #2")
    await play.send_all(loaded)
    assert "没有客户在等" in await play.said(loaded, "/应答")
    assert "问题数 1" in await play.said(loaded, "/应答 @陈总")


async def test_a_case_goes_on_when_its_customer_answers_where_it_came_from(loaded: Program):
    def says(id_: str, words: str, hours: float, **more: str) -> InboundMessage:
        at = MONDAY + timedelta(hours=hours)
        return play.message(id_, words, sent_at=at, **more)

    loaded.now = lambda: MONDAY
    await play.file_all(loaded, says("m1", "门禁打不开，请处理", 0))
    await say(loaded, "/新建工单 C-0001 门禁打不开 item:#1 @周服", MONDAY, "韩梅")
    await say(loaded, "/新建工单 C-0001 报表导出失败 @周服", MONDAY, "韩梅")
    stopped = MONDAY + timedelta(hours=1)
    for number in (1, 2):
        assert "等客户" in await say(loaded, f"/工单等客户 {number}", stopped)
    later = MONDAY + timedelta(days=1)
    loaded.now = lambda: later
    await play.file_all(
        loaded,
        says("m2", "谢谢！", 20),
        says("m3", "明天我们再看看别的", 0.5),  # before it was stopped
        says("o1", "好的，您看一下", 21, sender="m-li"),
    )
    assert "状态 等客户" in await say(loaded, "/工单 1", later)
    await play.file_all(loaded, says("m4", "型号是 X200，在东门", 24))
    going = await say(loaded, "/工单 1", later)
    assert "状态 处理中" in going
    assert "剩余 8 小时" in going  # one of nine was used before
    assert "剩余 8 小时" in await say(loaded, "/工单 2", later)
    assert "工单 1 继续处理" in await say(loaded, "/时间线 华建", later)
    told = [one for one in await heard(loaded, "周服") if "继续计时" in one]
    assert told == ["客户已回复，工单 1 继续计时", "客户已回复，工单 2 继续计时"]


async def test_words_elsewhere_leave_a_waiting_case_alone(loaded: Program):
    loaded.now = lambda: MONDAY
    await play.run(loaded, "/bind C-0001 chat:hook:g-other audience:customer", "陈总")
    await play.file_all(loaded, play.message("m1", "门禁打不开，请处理", sent_at=MONDAY))
    await say(loaded, "/新建工单 C-0001 门禁打不开 item:#1 @周服", MONDAY, "韩梅")
    await say(loaded, "/新建工单 C-0001 考勤 项目:P-0002 @周服", MONDAY, "韩梅")
    for number in (1, 2):
        await say(loaded, f"/工单等客户 {number}", MONDAY)
    at = MONDAY + timedelta(hours=1)
    assert (
        await play.rows(
            loaded, "SELECT 1 FROM service_case WHERE waiting_since < :at AND id < 3", at=at
        )
        == [{"?column?": 1}] * 2
    )
    elsewhere = play.message("m2", "华建三期智慧工地的报价单发我一下", chat="g-other", sent_at=at)
    loaded.now = lambda: at
    await play.file_all(loaded, elsewhere)
    filed = await play.rows(loaded, "SELECT project_id, status FROM interaction WHERE id = 2")
    assert filed == [{"project_id": 1, "status": "filed"}]
    for number in (1, 2):
        assert "状态 等客户" in await say(loaded, f"/工单 {number}", at)
