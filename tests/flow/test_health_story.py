"""Health, churn, segments and the portfolio, as people ask for them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.app import Program
from bot.jobs.forecasts import Forecasts
from bot.jobs.health import HealthJob
from bot.jobs.health_report import HealthReport
from storage import definitions
from tests import play

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # a Friday, ten in the morning in Shanghai
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


async def sql(program: Program, statement: str, **values: Any) -> None:
    await play.rows(program, statement + " RETURNING 1", **values)


@pytest.fixture
async def lived(loaded: Program) -> Program:
    """华建 a year on: praise at first, then anger and a payment that does not come."""
    loaded.now = lambda: NOW
    await sql(loaded, "UPDATE customer SET created_at = :at", at=NOW - timedelta(days=400))
    await sql(
        loaded,
        "UPDATE contact SET role = 'decision_maker' WHERE name = '王芳'",
    )
    for days, words in (
        *((day, "谢谢，做得很好，非常满意。") for day in range(170, 40, -10)),
        (9, "系统又崩了，没人跟进，我们要投诉！"),
        (6, "还是不行，太失望了，我们要投诉！"),
        (3, "第三次了，再这样我们考虑换供应商，投诉！"),
    ):
        await play.file_all(
            loaded, play.message(f"m{days}", words, sent_at=NOW - timedelta(days=days))
        )
    await play.run(loaded, "/新建合同 华建 门禁 10000 项目:P-0001 止:2026-12-20", "陈总")
    await play.run(loaded, "/付款计划 K-0001 100% 2026-09-02 预付款", "陈总")
    await sql(loaded, "UPDATE contract SET state = 'signed'")
    await sql(
        loaded,
        """INSERT INTO survey (kind, customer_id, secret, made_at, expires_at, answered_at, score, comment)
           VALUES ('nps', 1, 's', :at, :at, :at, 5, '')""",
        at=NOW - timedelta(days=20),
    )
    return loaded


async def nightly(program: Program, at: datetime = NOW) -> None:
    program.now = lambda: at
    await Forecasts(program.db, program.now, program.defaults).run("")
    await HealthJob(program.db, program.now, program.defaults).run("")


async def test_a_customers_health_shows_its_parts_what_moved_it_and_how_to_raise_it(lived: Program):
    await nightly(lived, NOW - timedelta(days=30))
    await nightly(lived)
    await nightly(lived)
    kept = await play.rows(
        lived,
        "SELECT customer_id, day, score IS NULL AS unknown FROM health_snapshot ORDER BY day, 1",
    )
    assert [(one["day"], one["customer_id"], one["unknown"]) for one in kept] == [
        (day, who, who != 1)
        for day in (date(2026, 10, 21), date(2026, 11, 20))
        for who in (1, 2, 3)
    ]
    notice = (await play.run(lived, "/健康 华建", "韩梅")).notice
    said = play.words(notice)
    assert notice.title == "C-0001 上海华建工程集团有限公司 · 健康分 54（风险）"
    for part in (
        "进度与质量 100（占 30%）",
        "满意度 15（占 30%）",
        "资金 0（占 20%）",
        "亲密度 99（占 20%）",
    ):
        assert part in said
    assert "30 天来 +1：情绪 — → -0.67 (-5.4)、NPS — → 5.0 (-2.3)" in said
    assert "情绪：看看是哪些话让情绪变差" in said
    assert "/remind 2026-11-23 09:30 回访 C-0001" in said
    assert "流失可能 64%，因为：情绪比之前下降 1.66、消息里提到要离开（1 条）" in said
    assert "没有数据、不计入：进度指数 SPI、缺陷密度、满意度 CSAT、应收天数、响应时间" in said
    assert notice.chart is not None
    assert notice.chart.words == "健康分 53 → 54"


async def test_who_may_not_see_amounts_is_told_how_good_money_is_and_no_more(lived: Program):
    boss = await play.said(lived, "/health C-0001", "陈总")
    assert "毛利率 -400%" in boss
    manager = await play.said(lived, "/health C-0001", "Emma")
    assert "margin at risk" in manager
    assert "-400" not in manager
    assert "something is overdue" in await play.said(lived, "/churn C-0001", "Emma")
    assert "款项逾期 79 天" in await play.said(lived, "/流失 华建", "陈总")
    assert "没有找到" in await play.said(lived, "/健康 华建", "赵强")
    assert "四个方面中至少要有两个有数据" in await play.said(lived, "/健康 Acme", "赵强")


async def test_lists_of_all_customers_and_projects_show_the_worst_and_nothing_unseen(
    lived: Program,
):
    assert "今晚会算出来" in await play.said(lived, "/健康", "陈总")
    await nightly(lived)
    everybody = await play.said(lived, "/健康", "陈总")
    assert "风险 1 (100%)" in everybody
    assert "数据不够 2" in everybody
    assert "C-0003 北京远山咨询有限公司 — —" in everybody
    leaving = await play.said(lived, "/流失", "陈总")
    assert "可能流失的客户（1）" in leaving
    assert "C-0001 上海华建工程集团有限公司 64% 情绪比之前下降 1.66" in leaving
    assert "还不能用您自己的数据检验" in leaving
    assert "没有客户达到 20%" in await play.said(lived, "/流失", "赵强")
    groups = await play.said(lived, "/分群", "陈总")
    assert "有风险 1" in groups
    assert "沉默 2" in groups
    assert "C-0001" in await play.said(lived, "/分群 有风险", "陈总")
    quiet = (await play.run(lived, "/分群 quiet-30d 导出:是", "陈总")).notice
    assert "C-0002 Acme Trading Co., Ltd. 赵强 从未联系" in play.words(quiet)
    assert "C-0001" not in play.words(quiet)
    assert [file.name for file in quiet.files] == ["segment.csv"]
    assert "没有分群「胡说」" in await play.said(lived, "/分群 胡说", "陈总")
    risks = await play.said(lived, "/风险分布", "陈总")
    assert "高 1 (33%)" in risks
    assert "P-0001 华建三期智慧工地 上海华建工程集团有限公司 高 预计延期" in risks
    assert "P-0001" not in await play.said(lived, "/风险分布", "赵强")


async def test_weights_are_checked_and_count_from_then_on(lived: Program):
    assert "必须是 100，现在是 90" in await play.said(lived, "/健康权重 40 30 10 10", "管理员")
    assert "每个 0 到 100" in await play.said(lived, "/健康权重 40", "管理员")
    await play.run(lived, "/健康权重 100 0 0 0", "管理员")
    assert "四个方面中至少要有两个" in await play.said(lived, "/健康 华建", "陈总")
    await play.run(lived, "/健康权重 50 50 0 0", "管理员")
    assert "健康分 58" in await play.said(lived, "/健康 华建", "陈总")


async def test_own_losses_fit_the_scale_and_the_list_says_how_precise_it_was(loaded: Program):
    loaded.now = lambda: NOW
    async with loaded.db.transaction() as session:
        await session.execute(
            text(
                """INSERT INTO customer (code, name, industry, background, tier, stage, tags,
                     service_level, custom, created_at, updated_at)
                   SELECT 'X-' || n, 'x', '', '', 'normal', 'lost', '{}', '', '{}', now(), now()
                   FROM generate_series(1, 200) n"""
            )
        )
        await session.execute(
            text(
                """INSERT INTO health_snapshot (customer_id, day, score, parts, churn, churn_reasons, segment)
                   SELECT id, CAST(:day AS date) - CAST(substr(code, 3) AS int), 50, '{}', 0.5,
                     jsonb_build_array(jsonb_build_object('name', 'nps', 'value', 1, 'points',
                       CASE WHEN id % 4 = 0 THEN 80 ELSE 10 END)), ''
                   FROM customer WHERE code LIKE 'X-%'"""
            ),
            {"day": date(2026, 8, 1)},
        )
        await session.execute(
            text(
                """INSERT INTO event (name, customer_id, facts, at)
                   SELECT 'customer.stage', s.customer_id, '{"after": "lost"}', s.day + interval '40 days'
                   FROM health_snapshot s WHERE s.customer_id % 4 = 0 AND s.customer_id % 5 <> 0"""
            )
        )
    await nightly(loaded)
    await nightly(loaded)
    said = await play.said(loaded, "/流失", "陈总")
    assert "评分已按您自己的 40 次流失校准" in said
    assert "12/15 真的流失（精确率 80%）；流失的 12 家里列出了 100%" in said
    versions = await play.rows(loaded, "SELECT version FROM definition WHERE kind = 'churn'")
    assert len(versions) == 1


async def test_finished_projects_show_whether_forecasts_came_true(lived: Program):
    async with lived.db.transaction() as session:
        for sql_ in (
            """INSERT INTO project (code, name, customer_id, phase, spent, currency, progress, progress_by,
                 template, size_unit, pushes, custom, created_at, updated_at)
               SELECT 'Z-' || n, 'z', 3, 'closed', 0, 'CNY', 100, 'hand', '', '', 'ask', '{}', now(), now()
               FROM generate_series(1, 5) n""",
            """INSERT INTO task (project_id, name, key, stage, checklist, done_at, created_at)
               SELECT id, 't', false, 'todo', '[]', '2026-10-20 04:00+00', '2026-09-01 04:00+00'
               FROM project WHERE code LIKE 'Z-%'""",
            """INSERT INTO delay_forecast (project_id, day, due, p50, p80, drivers)
               SELECT id, '2026-10-01', '2026-10-10', CAST('2026-10-17' AS date)
                 + CAST(substr(code, 3) AS int), '2026-10-21', '[]' FROM project WHERE code LIKE 'Z-%'""",
            """INSERT INTO delay_forecast (project_id, day, due, p50, p80, drivers)
               SELECT id, '2026-10-19', '2026-10-10', '2026-10-19', '2026-10-19', '[]'
               FROM project WHERE code LIKE 'Z-%'""",
        ):
            await session.execute(text(sql_))
    said = await play.said(lived, "/portfolio", "Emma")
    assert "of 5 finished projects 60% were done by P50 (should be 50%), 100% by P80" in said


async def test_who_may_leave_is_told_where_too_little_is_known_for_a_score(lived: Program):
    for statement in (
        """INSERT INTO contract (customer_id, code, name, amount, currency, terms, remind_days, state,
             ends_on, made_at) VALUES (3, 'K-9', 'x', 1, 'CNY', '', 30, 'signed', '2026-11-10', now())""",
        """INSERT INTO survey (kind, customer_id, secret, made_at, expires_at, answered_at, score, comment)
           VALUES ('nps', 3, 't', '2026-11-01', '2026-11-01', '2026-11-01', 1, '')""",
        """INSERT INTO project (code, name, customer_id, phase, spent, currency, progress, progress_by,
             template, size_unit, pushes, custom, created_at, updated_at)
           VALUES ('Z-1', 'z', 3, 'closed', 0, 'CNY', 100, 'hand', '', '', 'ask', '{}', now(), now())""",
    ):
        await sql(lived, statement)
    await nightly(lived, NOW - timedelta(days=30))
    await nightly(lived)
    leaving = await play.said(lived, "/流失", "赵强")
    assert "可能流失的客户（1）" in leaving
    assert "C-0003 北京远山咨询有限公司 27% 合同已到期 10 天" in leaving
    await play.rows(
        lived, "UPDATE user_account SET language = 'en' WHERE name = '陈总' RETURNING 1"
    )
    english = await play.said(lived, "/churn C-0003", "陈总")
    for why in (
        "+30  the contract ended 10 days ago, nobody talks of renewing",
        "+25  NPS of 1.0",
        "+14  all projects are over, none is new",
    ):
        assert why in english
    one = await play.said(lived, "/健康 C-0003", "赵强")
    assert "缺少 进度指数 SPI" in one
    assert "流失可能 27%，因为：合同已到期 10 天" in one
    mine = await play.said(lived, "/健康", "赵强")
    assert "数据不够 2" in mine
    assert "良好" not in mine
    assert "C-0003 北京远山咨询有限公司 — — 27% 赵强" in mine
    await HealthReport(lived.db, lambda: MONDAY, lived.defaults, "").run("")
    report = (await play.posted(lived, await play.own_chat(lived, "赵强")))[-1]
    assert "给出健康分" in report.text
    assert "27%，因为：合同已到期 10 天" in play.words(report)


async def test_a_firms_own_scorecard_counts_from_then_on_and_fits_its_own_scale(lived: Program):
    own = {
        "id": "churn",
        "scale": {"points_to_double": 10, "odds": 0.01},
        "sign": {"complaints": {"bins": [{"from": 2, "points": 50}, {"from": 1, "points": 9}]}},
    }
    fitted = {"scale": {"intercept": 9.0, "slope": 0.0, "losses": 40}, "quality": {}}
    async with lived.db.transaction() as session:
        await definitions.write(session, "churn", "scale", fitted)
        await definitions.write(session, "scorecard", "churn", own, at=NOW - timedelta(days=5))
    said = await play.said(lived, "/流失 华建", "陈总")
    assert "90 天内流失 24%" in said  # 0.01 doubled five times, whatever the other card has taught
    assert "+50  90 天内投诉 2 次" in said
    assert "情绪" not in said
    assert "按您自己的评分卡计算" in said
    await nightly(lived)
    (kept,) = await play.rows(lived, "SELECT churn FROM health_snapshot WHERE customer_id = 1")
    assert kept["churn"] == pytest.approx(0.2424, abs=1e-3)
