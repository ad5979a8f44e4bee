"""What members do, how a month went, who fits a customer, and which customers bring the most."""

from datetime import UTC, datetime

from bot.app import Program
from bot.jobs.staff_report import StaffReport
from bot.people import HOME
from tests import play

NOW = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)  # a Tuesday, the first of the month


async def worked(program: Program) -> None:
    """A month of work: hours, a task in time, a promise kept, answers, ratings, money."""
    program.now = lambda: NOW
    for sql in (
        (
            "INSERT INTO time_entry (project_id, user_id, hours, worked_on, note, made_at)"
            " SELECT 1, id, 30, DATE '2026-11-10', '', now() FROM user_account WHERE name = '李雷'"
        ),
        (
            "INSERT INTO time_entry (project_id, user_id, hours, worked_on, note, made_at)"
            " SELECT 3, id, 8, DATE '2026-11-10', '', now() FROM user_account WHERE name = 'Emma'"
        ),
        "UPDATE user_account SET hour_cost = 100",
        "UPDATE task SET done_at = '2026-11-12 10:00+08', due = '2026-11-12'",
        (
            "INSERT INTO reminder (user_id, made_by_id, text, at, due, source, customer_id, made_at, done_at)"
            " SELECT id, id, '周五前发图纸', '2026-11-13 09:00+08', DATE '2026-11-13', 'promise', 1,"
            " now(), '2026-11-14 10:00+08' FROM user_account WHERE name = '李雷'"
        ),
        (
            "INSERT INTO survey (kind, customer_id, user_id, secret, made_at, expires_at, answered_at,"
            " score, comment) SELECT 'csat', 1, id, 'a', now(), now(), '2026-11-20 10:00+08', 4, ''"
            " FROM user_account WHERE name = '李雷'"
        ),
        (
            "INSERT INTO survey (kind, customer_id, secret, made_at, expires_at, answered_at, score,"
            " comment) VALUES ('nps', 1, 'b', now(), now(), '2026-11-20 10:00+08', 9, '')"
        ),
        "UPDATE customer SET stage = 'delivery', created_at = '2026-01-01' WHERE id = 1",
        "UPDATE customer SET stage = 'lost' WHERE id = 2",
        (
            "INSERT INTO event (name, customer_id, facts, at) VALUES ('customer.stage', 2,"
            """ '{"before": "delivery", "after": "lost"}', '2026-11-15 10:00+08')"""
        ),
        (
            "INSERT INTO receipt (customer_id, amount, unallocated, currency, received_on, note, made_at)"
            " VALUES (1, 90000, 0, 'CNY', '2026-11-05', '', now()),"
            " (2, 1000, 0, 'USD', '2026-11-06', '', now())"
        ),
        "INSERT INTO exchange_rate (currency, day, rate) VALUES ('USD', '2026-11-01', 7)",
        (
            "INSERT INTO cost (project_id, amount, currency, note, spent_on, created_at)"
            " VALUES (1, 20000, 'CNY', '', '2026-11-07', now())"
        ),
    ):
        await play.rows(program, sql + " RETURNING 1")


async def test_what_each_has_done_and_who_may_see_it(loaded: Program):
    await worked(loaded)
    all_ = await play.said(loaded, "/贡献 days:31")
    assert "李雷 0 1 (0%) 1 (100%) 0 30.0 4.0 / 5（1 份）" in all_
    assert "Emma 0 0 0 0 8.0 —" in all_
    assert "韩梅" not in all_
    assert "李雷 0 1 (0%)" in await play.said(loaded, "/贡献 @李雷 31", "李雷")
    await play.rows(
        loaded,
        "INSERT INTO survey (kind, customer_id, project_id, secret, made_at, expires_at, answered_at,"
        " score, comment) VALUES ('nps', 2, 3, 'p', now(), now(), '2026-11-21 10:00+08', 9, '') RETURNING 1",
    )
    assert "Emma 0 0 0 0 8.0 4.6 / 5（1 份）" in await play.said(loaded, "/贡献 days:31")
    assert "只能看自己的" in await play.said(loaded, "/贡献 @李雷", "周服")
    assert "周服 0 0 0 0 0.0 —" in await play.said(loaded, "/贡献", "周服")
    assert "天数为 1 到 366" in await play.said(loaded, "/贡献 days:0")


async def test_the_report_of_a_month_goes_to_managers_once(loaded: Program):
    await worked(loaded)
    await play.rows(
        loaded, "UPDATE user_account SET name = '=cmd()' WHERE name = 'Emma' RETURNING 1"
    )
    job = StaffReport(loaded.db, lambda: NOW, loaded.defaults, HOME, loaded)
    await job.run("")
    await job.run("")
    (sent,) = await play.posted(loaded)
    shown = play.words(sent)
    assert "2026-11 经营月报" in shown
    assert "客户留存 50% (1/2)" in shown
    assert "到账 ¥97,000.00" in shown
    assert "¥73,200.00 · 75.5%" in shown
    assert "满意度 4.0 / 5（1 份）" in shown
    assert "NPS +100 (1)" in shown
    (file,) = sent.files
    data = loaded.media.path(file.sha256).read_text("utf-8-sig")
    assert "'=cmd()," in data
    assert "\n=cmd()" not in data
    later = StaffReport(loaded.db, lambda: NOW.replace(day=2), loaded.defaults, HOME, loaded)
    await later.run("")
    assert len(await play.posted(loaded)) == 1
    seen = await play.said(loaded, "/经营月报 2026-11", "李雷")
    assert "客户留存" in seen
    assert "¥" not in seen
    assert "月份写作" in await play.said(loaded, "/经营月报 2026-13")
    assert "还没到" in await play.said(loaded, "/monthly 2030-01")


async def test_a_missing_rate_does_not_keep_the_rest_from_being_told(loaded: Program):
    await worked(loaded)
    await play.rows(loaded, "DELETE FROM exchange_rate RETURNING 1")
    await StaffReport(loaded.db, lambda: NOW, loaded.defaults, HOME, loaded).run("")
    (sent,) = await play.posted(loaded)
    assert "USD" in sent.note
    assert "满意度" in play.words(sent)


async def test_the_best_for_a_customer_with_reasons(loaded: Program):
    await worked(loaded)
    assert "会什么" not in await play.said(loaded, "/技能 @李雷 布线，门禁", "管理员")
    assert "1 到 30 项" in await play.said(loaded, '/技能 @李雷 "，"', "管理员")
    assert "权限" in await play.said(loaded, "/技能 @李雷 布线", "李雷")
    found = await play.said(loaded, "/推荐团队 C-0001 布线 视频")
    first = found.splitlines()[3]
    assert first.startswith("李雷 ")
    assert "为该客户做过 30 小时" in first
    assert "会 布线；缺 视频；客户评分 4.0" in first
    assert "钱会计" not in found
    await play.said(loaded, "/可用工时 @李雷 0h", "管理员")
    assert "李雷" not in await play.said(loaded, "/推荐团队 C-0001 布线")
    assert "0 到 100" in await play.said(loaded, "/capacity @李雷 120h", "管理员")


async def test_customers_by_what_they_bring(loaded: Program):
    await worked(loaded)
    found = await play.said(loaded, "/客户排名")
    assert "合计到账 ¥97,000.00" in found
    assert "C-0001 上海华建工程集团有限公司 A ¥90,000.00 92.8% VIP 2 —" in found
    assert "C-0002 Acme Trading Co., Ltd. B ¥7,000.00 7.2% 普通 1 —" in found
    assert "C-0003 北京远山咨询有限公司 C ¥0.00 0.0%" in found
    assert "C-0001" not in await play.said(loaded, "/ranking", "赵强")
    plainly = await play.said(loaded, "/ranking", "Emma")
    assert "C-0001 上海华建工程集团有限公司 VIP 2 —" in plainly
    assert "¥" not in plainly
