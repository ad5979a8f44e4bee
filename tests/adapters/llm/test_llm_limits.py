"""Failures in a row, the day's budget, and what is known already."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.contract import NoModel
from tests.adapters.llm.chat_server import (
    GOOD,
    KEY,
    MODEL,
    SCHEMA,
    SPENT,
    ChatServer,
    message,
    status,
)
from tests.adapters.llm.our_side import DAY, LIMITS, Book, Side, both


async def test_a_server_that_keeps_failing_is_left_alone_longer_and_longer():
    async with both() as (server, side):
        server.plays = [status(401)] * 8
        with capture_logs() as logs:
            for _ in range(5):
                await side.fails()
            assert len(server.asked) == 3
            for rest in (60, 120, 240, 480, 900):
                side.ticks += rest - 1
                await side.fails()
                asked = len(server.asked)
                side.ticks += 1
                assert await side.fails() == "the server answers 401"
                assert len(server.asked) == asked + 1
            side.ticks += 900
            assert (await side.ask()).value == GOOD
            server.plays = [status(401)] * 2
            await side.fails()
            await side.fails()
            assert (await side.ask()).value == GOOD
    events = [one["event"] for one in logs]
    assert events.count("llm.rests") == events.count("llm.works_again") == 1
    assert events.count("llm.no_answer") == 10, "only where one was asked for"
    assert KEY not in str(logs)
    assert "延期" not in str(logs)


async def test_one_alone_tries_a_server_that_had_failed():
    async with both() as (server, side):
        server.plays = [status(401)] * 3
        for _ in range(3):
            await side.fails()
        side.ticks += 60
        server.plays = [None]
        task = asyncio.create_task(side.ask())
        await server.stalls.wait()
        assert "left alone" in await side.fails()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert "left alone" in await side.fails()
        side.ticks += LIMITS.call_s
        assert (await side.ask()).value == GOOD
        assert (await side.ask()).value == GOOD


async def test_the_budget_of_a_day_is_shared_and_ends():
    async with both(budget_per_day=2 * SPENT) as (server, side):
        other = Side(server.url, side.book, budget_per_day=2 * SPENT)
        known = await side.ask(data="known")
        await other.ask()
        with capture_logs() as logs:
            for one in (side, side, other):
                assert await one.fails() == "the day's budget is spent"
            assert (await side.ask(data="known")).value == known.value
        assert [one["event"] for one in logs] == ["llm.budget_spent"] * 2, "each process once"
        assert len(server.asked) == 2
        side.at += timedelta(hours=12)
        await side.ask()
    assert (side.book.of(DAY), side.book.of(DAY + timedelta(days=1))) == (80, 40)


async def test_no_budget_is_no_limit_and_questions_at_once_are_all_counted():
    async with ChatServer().running() as server:
        side = Side(server.url, Book(), budget_per_day=0)
        await asyncio.gather(*(side.ask() for _ in range(20)))
    assert side.spent == 20 * SPENT


async def test_the_same_question_is_answered_from_memory():
    async with both() as (server, side):
        first = await side.ask(data="a")
        first.value["mood"] = "spoilt"
        again = await side.ask(data="a")
        assert (again.value, again.model, again.tokens) == (GOOD, MODEL, 0)
        assert (len(server.asked), side.spent) == (1, SPENT)


@pytest.mark.parametrize(
    "more", [{"system": "Other."}, {"data": "b"}, {"schema": {**SCHEMA, "title": "t"}}]
)
async def test_another_question_is_asked(more):
    async with both() as (server, side):
        await side.ask(data="a")
        await side.ask(**{"data": "a", **more})
        assert len(server.asked) == 2


async def test_the_answers_asked_for_last_are_kept():
    async with both(replace(LIMITS, answers=2)) as (server, side):
        for data, asked in [("a", 1), ("b", 2), ("a", 2), ("c", 3), ("a", 3), ("b", 4)]:
            await side.ask(data=data)
            assert len(server.asked) == asked


async def test_what_failed_is_not_kept():
    async with both() as (server, side):
        server.plays = [message("{}"), message("{}")]
        with pytest.raises(NoModel):
            await side.ask(data="a")
        assert (await side.ask(data="a")).value == GOOD
