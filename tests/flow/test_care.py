"""The care calendar, visits, promised contact, loyalty."""

from datetime import UTC, date, datetime, timedelta

from bot.app import Program
from bot.contract import Notice
from bot.jobs.care import Care
from bot.jobs.contact_plans import ContactPlans
from bot.people import HOME
from storage import definitions
from tests import play

WEDNESDAY = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
"""Ten in the morning in Shanghai."""


def at(program: Program, days: int = 0, hours: int = 0) -> None:
    program.now = lambda: WEDNESDAY + timedelta(days=days, hours=hours)


async def job(program: Program) -> None:
    await Care(program.db, program.now, program.defaults, HOME, program).run("")


async def told(program: Program, who: str) -> list[Notice]:
    return await play.posted(program, await play.own_chat(program, who))


async def signed(program: Program, on: date, code: str = "C-0001") -> None:
    await play.rows(
        program,
        """INSERT INTO contract (code, customer_id, name, amount, currency, terms, state,
             signed_on, remind_days, made_at)
           SELECT 'K-' || :on, id, '合同', 100, 'CNY', '', 'signed', CAST(:day AS date), 30, now()
           FROM customer WHERE code = :code RETURNING 1""",
        on=f"{on}{code}",
        day=on,
        code=code,
    )


async def test_a_thank_you_is_drafted_on_day_seven_and_sent_once_approved(loaded: Program):
    at(loaded)
    await signed(loaded, date(2026, 11, 11))
    await signed(loaded, date(2026, 10, 20))  # its thank-you was missed long ago
    at(loaded, hours=-3)
    await job(loaded)  # at seven in the morning nobody is asked anything
    assert await play.rows(loaded, "SELECT 1 FROM care_node") == []
    at(loaded)
    await signed(loaded, date(2024, 11, 30))
    await job(loaded)
    await job(loaded)
    (draft,) = await told(loaded, "陈总")
    assert "签约至今一周" in play.words(draft)
    assert await play.posted(loaded, "g-huajian") == []
    shown = await play.said(loaded, "/关怀日历 华建", "韩梅")
    assert "签约感谢  待处理" in shown
    assert (await play.run(loaded, "/批准 1")).ok
    (sent,) = await play.posted(loaded, "g-huajian")
    assert "签约至今一周" in sent.text
    assert "签约感谢  已完成" in await play.said(loaded, "/关怀日历 华建", "韩梅")
    assert "已向客户发送关怀" in await play.said(loaded, "/timeline C-0001")


async def test_what_was_missed_is_made_up_for_or_skipped_aloud(loaded: Program):
    at(loaded)
    await signed(loaded, date(2026, 11, 3))  # due on the 10th: eight days ago
    await signed(loaded, date(2026, 10, 20), "C-0002")  # due three weeks ago
    await signed(loaded, date(2020, 1, 1), "C-0003")
    await job(loaded)
    drafts = [one for one in await told(loaded, "陈总") if "签约至今" in play.words(one)]
    assert len(drafts) == 1
    assert "签约感谢  已错过，未发送" in await play.said(loaded, "/关怀日历 C-0002")
    assert "感谢" not in await play.said(loaded, "/关怀日历 C-0003")


async def test_without_a_chat_the_owner_is_told_once_and_a_bound_chat_mends_it(loaded: Program):
    at(loaded)
    await signed(loaded, date(2026, 11, 11), "C-0003")
    for hours in (0, 1, 24):
        at(loaded, hours=hours)
        await job(loaded)
    (notice,) = await told(loaded, "赵强")
    assert notice.title == "关怀「签约感谢」无法提出"
    assert "还没有客户群" in notice.text
    await play.run(loaded, "/bind C-0003 chat:hook:g-ys audience:customer", "陈总")
    await job(loaded)
    assert "签约至今" in play.words((await told(loaded, "陈总"))[-1])
    skip = notice.buttons[0].command
    assert "已跳过" in await play.said(loaded, skip, "赵强")
    assert await play.rows(loaded, "SELECT state FROM push") == [{"state": "refused"}]
    assert not (await play.run(loaded, skip, "赵强")).ok
    assert not (await play.run(loaded, skip, "韩梅")).ok  # nobody of hers


async def test_after_acceptance_comes_a_survey(loaded: Program):
    at(loaded)
    await play.run(loaded, "/phase P-0001 accept 理由:完", "李雷")
    await play.run(loaded, "/phase P-0001 paid 理由:完", "李雷")
    await play.rows(loaded, "UPDATE event SET at = :at RETURNING 1", at=WEDNESDAY)
    at(loaded, days=1)
    await job(loaded)
    await job(loaded)
    (asked,) = await told(loaded, "李雷")
    assert "满意" in play.words(asked)
    assert (await play.run(loaded, "/批准 1", "李雷")).ok
    assert len(await play.posted(loaded, "g-huajian")) == 1


async def test_a_silent_customer_is_to_be_visited_with_the_last_topics(loaded: Program):
    at(loaded)
    spoken = WEDNESDAY - timedelta(days=22)
    await play.file_all(loaded, play.message("m1", "请把三期的接口文档发一下", sent_at=spoken))
    assert "请把三期的接口文档发一下" in await play.said(loaded, "/回访清单", "韩梅")
    assert "没有这样的客户" in await play.said(loaded, "/回访清单", "赵强")
    assert "没有这样的客户" in await play.said(loaded, "/visits 30", "韩梅")
    assert not (await play.run(loaded, "/visits 0", "韩梅")).ok
    await play.rows(loaded, "UPDATE customer SET stage = 'delivery' RETURNING 1")
    await job(loaded)
    await job(loaded)
    (nudge,) = await told(loaded, "韩梅")
    assert nudge.title == "该联系 C-0001 上海华建工程集团有限公司 了"
    assert "接口文档" in nudge.facts[0].value
    assert await play.rows(loaded, "SELECT 1 FROM push") == []
    await play.file_all(loaded, play.message("m2", "收到", sent_at=WEDNESDAY))
    await job(loaded)
    (node,) = await play.rows(loaded, "SELECT state FROM care_node")
    assert node == {"state": "done"}


async def test_a_firms_own_plan_counts(loaded: Program):
    at(loaded)
    await signed(loaded, date(2026, 11, 13))
    own = {
        "id": "thanks",
        "name": {"zh": "三天感谢", "en": "three days"},
        "after": "signed",
        "days": 3,
        "act": "words",
        "words": {"zh": "三天了，谢谢！", "en": "Three days. Thank you!"},
    }
    async with loaded.db.transaction() as session:
        await definitions.write(session, "care", "birthday", {}, enabled=False)
        await definitions.write(session, "care", "broken", {"id": "broken"})
        await definitions.write(session, "care", "thanks", own)
    await job(loaded)
    assert "三天了" in play.words((await told(loaded, "陈总"))[-1])


async def test_promised_contact_that_is_missed(loaded: Program):
    async def nudge() -> list[Notice]:
        await ContactPlans(loaded.db, loaded.now, loaded.defaults, HOME).run("")
        return await told(loaded, "韩梅")

    at(loaded)
    assert "还没有沟通计划" in await play.said(loaded, "/沟通计划 C-0001", "韩梅")
    shown = await play.said(loaded, "/沟通计划 C-0001 每周 wecom 项目进展", "韩梅")
    for words in ("每 7 天", "wecom", "项目进展", "韩梅"):
        assert words in shown
    assert not (await play.run(loaded, "/contact plan C-0001 monthly", "李雷")).ok
    at(loaded, days=7)
    assert await nudge() == []
    at(loaded, days=8)
    assert len(await nudge()) == 1
    at(loaded, days=9)
    (one,) = await nudge()
    assert "约定每 7 天联系一次，最近一次是 2026年11月18日" in one.text
    at(loaded, days=15)
    assert len(await nudge()) == 2


async def test_loyalty_shows_its_reasons_and_money_to_whom_it_is_open(loaded: Program):
    at(loaded)
    await signed(loaded, date(2022, 11, 18))
    await play.rows(loaded, "UPDATE project SET phase = 'closed' WHERE id < 3 RETURNING 1")
    await play.rows(
        loaded,
        """INSERT INTO receipt (customer_id, amount, unallocated, currency, received_on, note, made_at)
           VALUES (1, 100000, 0, 'CNY', '2026-11-01', '', now()) RETURNING 1""",
    )
    shown = await play.said(loaded, "/忠诚度 C-0001")
    for words in ("金", "4.0 年（30/30 分）", "2（16/30 分）", "—（8/20 分）", "前 1%"):
        assert words in shown
    assert "前 1%" not in await play.said(loaded, "/loyalty C-0001", "李雷")
    assert "bronze" in await play.said(loaded, "/loyalty C-0002", "Emma")


async def test_a_member_adds_a_point_for_one_customer_and_its_words_go_out_once_approved(
    loaded: Program,
):
    at(loaded)
    words = "祝贺贵方乔迁之喜，期待去新办公室拜访。"
    shown = await play.said(loaded, f"/添加关怀 C-0001 2026-11-21 {words}", "韩梅")
    assert "1 2026年11月23日 祝贺贵方乔迁之喜" in shown  # the 21st is a Saturday
    for line, why in (
        ("/添加关怀 C-0001 2026-11-17 晚了", "从今天起"),
        ("/添加关怀 C-0001 2029-11-17 太早", "两年以内"),
        ("/添加关怀 C-0001 2026-11-31 哪天", "还缺：日期"),
        (f"/添加关怀 C-0001 2026-11-24 {'长' * 1001}", "最多 1000 个字"),
        (f"/添加关怀 C-0001 2026-11-21 {words}", "这一天已有"),
        ("/添加关怀 C-0002 2026-11-24 不是她的", "没有找到"),
    ):
        outcome = await play.run(loaded, line, "韩梅")
        assert not outcome.ok
        assert why in play.words(outcome.notice)
    assert await play.rows(loaded, "SELECT count(*) AS n FROM care_node") == [{"n": 1}]
    assert "care point 祝贺贵方乔迁之喜" in await play.said(loaded, "/timeline C-0001", "Emma")
    at(loaded, days=5)
    await job(loaded)
    await job(loaded)
    assert (await play.run(loaded, "/批准 1")).ok
    (sent,) = await play.posted(loaded, "g-huajian")
    assert words in sent.text
    await play.run(loaded, "/添加关怀 C-0001 2026-12-01 再说一句", "韩梅")
    assert "已跳过" in await play.said(loaded, "/跳过关怀 2", "韩梅")
    await play.run(loaded, "/添加关怀 C-0001 2026-12-02 又一句", "韩梅")
    await play.run(loaded, "/撤销", "韩梅")
    assert "又一句" not in await play.said(loaded, "/关怀日历 C-0001", "韩梅")


async def test_questions_come_one_at_a_time_and_what_must_wait_is_asked_later(loaded: Program):
    """Closing a project that was accepted the day before: CSAT first, the NPS two weeks on."""
    at(loaded)
    await play.run(loaded, "/phase P-0001 accept 理由:完", "李雷")
    await play.run(loaded, "/phase P-0001 paid 理由:完", "李雷")
    await play.rows(loaded, "UPDATE event SET at = :at RETURNING 1", at=WEDNESDAY)
    at(loaded, days=1)
    await job(loaded)
    assert (await play.run(loaded, "/批准 1", "李雷")).ok
    await play.run(loaded, "/结项 P-0001 理由:完", "李雷")
    assert (await play.run(loaded, "/批准 2", "陈总")).ok
    kinds = "SELECT kind FROM survey ORDER BY id"
    assert await play.rows(loaded, kinds) == [{"kind": "csat"}]
    assert "结项后 NPS 问卷" in await play.said(loaded, "/关怀日历 C-0001", "韩梅")
    told_before = len(await told(loaded, "韩梅"))
    await play.rows(
        loaded,
        "UPDATE survey SET answered_at = :at, score = 5 RETURNING 1",
        at=WEDNESDAY + timedelta(days=2),
    )
    at(loaded, days=14)  # a Wednesday; the day of the point is not there yet
    await job(loaded)
    assert len(await play.rows(loaded, kinds)) == 1
    at(loaded, days=19)
    await job(loaded)
    assert [row["kind"] for row in await play.rows(loaded, kinds)] == ["csat", "nps"]
    assert len(await told(loaded, "韩梅")) == told_before  # nobody is bothered with the waiting
    by_hand = await play.said(loaded, "/满意度调查 C-0001 csat P-0002", "韩梅")
    assert "90 天内只问一次" in by_hand


async def test_a_member_who_asks_beside_another_question_is_told(loaded: Program):
    at(loaded)
    await play.run(loaded, "/满意度调查 C-0001 nps", "韩梅")
    await play.run(loaded, "/phase P-0001 accept 理由:完", "李雷")
    await play.run(loaded, "/phase P-0001 paid 理由:完", "李雷")
    await play.rows(loaded, "UPDATE event SET at = :at RETURNING 1", at=WEDNESDAY)
    at(loaded, days=1)
    heard = len(await told(loaded, "韩梅"))
    await job(loaded)  # the survey after acceptance waits, and bothers nobody with it
    assert await play.rows(loaded, "SELECT kind FROM survey") == [{"kind": "nps"}]
    assert len(await told(loaded, "韩梅")) == heard
    at(loaded)
    asked = (await play.run(loaded, "/满意度调查 C-0001 csat", "韩梅")).notice
    assert "C-0001 在 2026年11月18日 刚收到过NPS 推荐意愿问卷" in asked.note
