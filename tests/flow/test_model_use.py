"""What the language model cost: kept in the database, shown to who may see it, masked on the way."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, timedelta
from decimal import Decimal

import pytest

from bot.app import Program
from bot.contract import Asked, NoModel, Use
from bot.sharing import Accounts
from tests import play
from tests.adapters.llm.chat_server import KEY, MODEL, SCHEMA, SPENT, ChatServer
from tests.adapters.llm.our_side import Side

DAY = date(2026, 11, 20)
ASKED = Use("minutes", MODEL, tokens_in=30, tokens_out=10, cost=Decimal("0.0001"))


async def used(program: Program, *, today: date) -> None:
    """Twice by 李雷, once by the program; one of them weeks ago, one too long ago to count."""
    books = Accounts(program.db)
    who = (await play.actor(program, "李雷")).user_id
    await books.add(today, replace(ASKED, user_id=who))
    await books.add(today - timedelta(days=29), replace(ASKED, user_id=who, failed=True))
    await books.add(today, replace(ASKED, purpose="odd", tokens_in=5000, cost=Decimal("1.25")))
    await books.add(today - timedelta(days=30), replace(ASKED, purpose="gone", user_id=who))


async def test_uses_at_the_same_time_add_up(loaded: Program):
    books = Accounts(loaded.db)
    who = (await play.actor(loaded, "李雷")).user_id
    uses = [ASKED, replace(ASKED, user_id=who)] * 10
    await asyncio.gather(*(books.add(DAY, use) for use in uses))
    assert await books.spent(DAY) == 20 * SPENT
    assert await books.spent(DAY, who) == 10 * SPENT
    assert await books.spent(DAY - timedelta(days=1)) == 0
    rows = await play.rows(loaded, "SELECT asked, tokens_in, tokens_out, cost FROM model_use")
    assert (
        rows
        == [{"asked": 10, "tokens_in": 300, "tokens_out": 100, "cost": Decimal("0.001000")}] * 2
    )


async def test_who_may_see_members_sees_all(loaded: Program):
    await used(loaded, today=loaded.now().astimezone(UTC).date())
    done = await play.run(loaded, "/模型用量", "陈总")
    assert (done.ok, done.notice.title) == (True, "模型用量")
    assert done.notice.table is not None
    assert list(done.notice.table.rows) == [
        ("odd", "1 / 1", "0", "5,010", "1.25"),
        ("通话纪要", "1 / 2", "1", "80", "0.0002"),
        ("程序自身", "1 / 1", "0", "5,010", "1.25"),
        ("@李雷", "1 / 2", "1", "80", "0.0002"),
    ]
    assert "今天 提问 2 次，失败 0 次，5,050 token，费用 1.2501" in play.words(done.notice)
    assert "提问 3 次，失败 1 次，5,090 token，费用 1.2502" in play.words(done.notice)
    assert "UTC" in done.notice.note
    english = await play.said(loaded, "usage", "Emma")
    assert "2 questions, 0 failed, 5,050 tokens, cost 1.2501" in english
    assert "the program by itself 1 / 1" in english


async def test_others_see_their_own(loaded: Program):
    assert "近 30 天没有使用语言模型" in await play.said(loaded, "/模型用量", "李雷")
    await used(loaded, today=loaded.now().astimezone(UTC).date())
    for name in ("李雷", "韩梅"):
        assert (await play.run(loaded, f"/成员角色 {name} 访客", "管理员")).ok
    done = await play.run(loaded, "model usage", "李雷")
    assert done.notice.title == "模型用量：李雷"
    assert done.notice.table is not None
    assert list(done.notice.table.rows) == [("通话纪要", "1 / 2", "1", "80", "0.0002")]
    assert "没有使用语言模型" in await play.said(loaded, "model usage", "韩梅")


async def test_the_model_keeps_its_accounts_in_the_database(loaded: Program):
    who = (await play.actor(loaded, "李雷")).user_id
    asked = Asked("minutes", "Sum up.", "三期", SCHEMA, user_id=who)
    async with ChatServer().running() as server:
        loaded.settings.branches["llm"] = {
            "base_url": server.url,
            "api_key": KEY,
            "model": MODEL,
            "budget_per_person": SPENT,
            "price_in": 2,
            "price_out": 8.5,
        }
        model = loaded.model()
        assert model is not None
        await model.ask(asked)
        with pytest.raises(NoModel, match="the member's budget"):
            await model.ask(replace(asked, data="四期"))
        other = Side(server.url, Accounts(loaded.db), budget_per_day=SPENT)  # type: ignore[arg-type]
        other.at = loaded.now()
        assert await other.fails() == "the day's budget is spent"
    [row] = await play.rows(loaded, "SELECT * FROM model_use")
    assert (row["user_id"], row["asked"], row["failed"]) == (who, 1, 0)
    assert (row["tokens_in"], row["tokens_out"], row["cost"]) == (30, 10, Decimal("0.000145"))
