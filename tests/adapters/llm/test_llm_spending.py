"""What questions cost, whose budget they come from, and what `keqing doctor` says."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from adapters.llm.limits import Away
from bot.contract import NoModel, Use
from tests.adapters.llm.chat_server import GOOD, MODEL, SPENT, body, message, raw, status
from tests.adapters.llm.our_side import DAY, SHORT, Book, Side, both

PRICES = {"price_in": "2", "price_out": "8.5"}


async def test_every_question_is_accounted_for():
    async with both(**PRICES) as (server, side):
        server.plays = [message(None), message("{}")]
        await side.fails(user_id=7)
        await side.ask(user_id=7, data="a")
        await side.ask(user_id=8, data="a")
        server.plays = [status(401)]
        await side.fails(purpose="minutes")
    once = Decimal("0.000145")
    assert side.book.uses == [
        (DAY, Use("summary/v2", MODEL, 7, True, 30, 10, once)),
        (DAY, Use("summary/v2", MODEL, 7, False, 60, 20, 2 * once)),
        (DAY, Use("minutes", MODEL, None, True, 0, 0, Decimal(0))),
    ]


async def test_without_prices_nothing_costs():
    async with both() as (_, side):
        await side.ask()
    assert side.book.uses[0][1].cost == 0


async def test_a_member_has_a_budget_of_their_own():
    async with both(budget_per_person=2 * SPENT) as (server, side):
        other = Side(server.url, side.book, budget_per_person=2 * SPENT)
        await side.ask(user_id=7)
        await other.ask(user_id=7)
        for one in (side, other):
            assert await one.fails(user_id=7) == "the member's budget of the day is spent"
        assert len(server.asked) == 2
        assert (await side.ask(user_id=8)).value == GOOD
        for _ in range(3):
            assert (await side.ask()).value == GOOD, "the program by itself has none"
        side.at += timedelta(hours=12)
        assert (await side.ask(user_id=7)).value == GOOD


async def test_the_budget_for_all_holds_for_each():
    async with both(budget_per_day=SPENT, budget_per_person=10 * SPENT) as (_, side):
        await side.ask(user_id=7)
        assert await side.fails(user_id=8) == "the day's budget is spent"


async def test_a_budget_that_is_spent_and_a_server_in_trouble_are_away():
    async with both(budget_per_day=SPENT) as (server, side):
        server.plays = [status(401), message(None)]
        for why, away in (("401", True), ("no answer", False), ("is spent", True)):
            with pytest.raises(NoModel, match=why) as raised:
                await side.ask()
            assert isinstance(raised.value, Away) == away


async def test_a_question_that_is_given_up_is_accounted_for():
    async with both() as (server, side):
        server.plays = [message("{}"), None]
        task = asyncio.create_task(side.ask())
        await server.stalls.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    [(_, use)] = side.book.uses
    assert (use.failed, use.tokens_in + use.tokens_out) == (True, SPENT)


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"prompt_tokens": 30, "completion_tokens": 10}, (30, 10)),
        ({"prompt_tokens": 30, "completion_tokens": 10, "total_tokens": 90}, (30, 10)),
        ({"total_tokens": 40}, (28, 12)),
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 5}, (0, 5)),
        ({"prompt_tokens": -5, "completion_tokens": 9, "total_tokens": 9}, (0, 9)),
    ],
)
async def test_tokens_of_question_and_answer_are_told_apart(usage, counted):
    async with both() as (server, side):
        server.plays = [message('{"mood":"bad","risks":2}', usage=usage)]
        await side.ask()
    [(_, use)] = side.book.uses
    assert (use.tokens_in, use.tokens_out) == counted


async def found(side) -> list[tuple[bool, str]]:
    return [(one.ok, one.text.in_("en", **one.facts)) for one in await side.model.check()]


async def test_the_doctor_finds_the_model_and_what_is_left():
    async with both(budget_per_day=100) as (server, side):
        await side.ask()
        assert await found(side) == [
            (True, "the language model is there: small-1"),
            (True, "60 tokens are left for the language model today"),
        ]
        assert len(server.asked) == 1, "it asks no question"
        await side.ask()
        await side.ask()
        ok, text = (await found(side))[1]
        assert (ok, "is spent" in text) == (False, True)


LISTED = body({"data": [{"id": f"m{number}"} for number in range(9)]})


@pytest.mark.parametrize(
    ("models", "ok", "says"),
    [
        (LISTED, False, "no model small-1; set KEQING_LLM__MODEL. It has: m0, m1, m2, m3, m4, …"),
        (body({"data": []}), True, "lists no models"),
        (status(404), True, "lists no models"),
        (status(400), True, "lists no models"),
        (status(401), False, "does not take the key (401)"),
        (status(403), False, "does not take the key (403)"),
        (status(503), False, "does not work (the server answers 503)"),
        (raw(b"<html>", "text/html"), False, "an answer that is no list of models"),
    ],
)
async def test_the_doctor_says_what_is_wrong(models, ok, says):
    async with both(budget_per_day=0) as (server, side):
        server.models = models
        (good, text), (_, budget) = await found(side)
    assert (good, says in text) == (ok, True), text
    assert "no limit" in budget


async def test_the_doctor_does_not_wait_for_ever():
    async with both(SHORT) as (server, side):
        server.models = server.stall
        (ok, text), _ = await found(side)
        assert (ok, "no answer in time" in text) == (False, True)


async def test_the_doctor_finds_nobody_there():
    async with both() as (_, side):
        pass
    (ok, text), _ = await found(side)
    assert (ok, "no connection" in text) == (False, True)


async def test_the_doctor_finds_a_wrong_key_and_none():
    async with both(api_key="wrong") as (_, side):
        assert "does not take the key" in (await found(side))[0][1]
    assert await found(Side("", Book(), model="")) == []
