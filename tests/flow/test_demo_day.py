"""A day of the demo firm, with a language model behind a real server and without one: both end well."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot import demo, parts
from bot.app import Program
from bot.contract import InboundMessage, Notice
from bot.demo import story
from bot.jobs import digest, remind, reminders, risk_scan, scoring
from bot.people import HOME, own_message
from bot.settings import load
from storage.db import Database
from tests import play
from tests.adapters.llm.chat_server import KEY, MODEL, Calls, ChatServer, Question, status
from tests.scripted_model import think

BOSS = "林国栋"
DAILY = (digest.JOB, risk_scan.JOB, remind.JOB, reminders.JOB, scoring.JOB)
NUMBERED = re.compile(r"^\[(\d+)\]", re.MULTILINE)
CITED = re.compile(r"#(\d+)")


def script(question: Question) -> dict[str, Any] | Calls:
    """A model that does what it is asked, with the numbers that it is given."""
    item = int(found[1]) if (found := CITED.search(question.data)) else 1
    line = {"text": "客户在催进度。", "kind": "ask", "items": [item]}
    match question.purpose:
        case "scoring":
            told = [int(number) for number in NUMBERED.findall(question.data)]
            return {"messages": [neutral(number) for number in told]}
        case "words":
            return Calls("late", {})
        case "next":
            return {"steps": [{"text": "先回电话。", "number": 1}]}
        case "reply":
            return {"text": "您好，收到，我们核对后回复您。", "items": [item]}
        case _:
            return {"lines": [line]}


def neutral(number: int) -> dict[str, Any]:
    return {
        "number": number,
        "sentiment": "neutral",
        "signals": [],
        "because": "",
        "asks": [],
        "promises": [],
    }


@pytest.fixture(params=["with", "without", "failing"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[ChatServer | None]:
    if request.param == "without":
        yield None
        return
    made = ChatServer()
    for purpose in ("scoring", "words", "reply", "summary", "ask", "next", "proposal", "minutes"):
        made.scripts[purpose] = script
    if request.param == "failing":
        made.plays = [status(500)] * 500
    async with made.running():
        yield made


@pytest.fixture
async def program(server: ChatServer | None, db: Database, tmp_path: Path) -> Program:
    (tmp_path / "data").mkdir()
    settings, unknown = load(
        parts.settings_models(),
        folder=tmp_path,
        environ={
            "KEQING_DATA_DIR": str(tmp_path / "data"),
            "KEQING_QUIET_HOURS": "",
            **(
                {
                    "KEQING_LLM__BASE_URL": server.url,
                    "KEQING_LLM__API_KEY": KEY,
                    "KEQING_LLM__MODEL": MODEL,
                }
                if server
                else {}
            ),
        },
    )
    assert unknown == []
    return Program(settings, db, None)


async def says(program: Program, *lines: str) -> list[str]:
    """What a member is told, once everything that followed is done."""
    actor = await play.actor(program, BOSS)
    before = len(await play.posted(program))
    said: list[InboundMessage] = [own_message(HOME, actor, line, program.now()) for line in lines]
    await play.file_all(program, *said)
    await play.send_all(program)
    await think(program)
    await play.send_all(program)
    return [told(notice) for notice in (await play.posted(program))[before:]]


def told(notice: Notice) -> str:
    return f"{play.words(notice)}\n{notice.note}"


async def test_a_day_of_the_demo_firm_ends_well(program: Program, server: ChatServer | None):
    await demo.prepare(program)
    await demo.fill(program)
    while await program.drain.once():
        pass
    for job in DAILY:
        await program.clockwork.fire(job, program.now())
    await think(program)
    await play.send_all(program)

    asked = (
        "滨江综合体进度怎么样",
        "/总结 C-0001",
        "/建议 C-0001",
        "谁的项目要延期？",
        "哪些客户最近在抱怨堆场没信号？",
        "周五提醒我给方工打电话",
    )
    answers = "\n".join(await says(program, *asked))
    assert "请确认" in answers  # shown before it is written
    assert "可能延期的项目" in answers
    (item,) = await play.rows(
        program,
        "SELECT id FROM interaction WHERE direction = 'in' AND customer_id = 1"
        " AND extract ? 'asks' ORDER BY occurred_at DESC LIMIT 1",
    )
    drafted = "\n".join(await says(program, f"/起草回复 #{item['id']}"))
    assert "草稿" in drafted or "起草" in drafted

    by_model = bool(server) and not server.plays
    for words in (answers, drafted):
        assert (MODEL in words) == by_model
    states = await play.rows(program, "SELECT DISTINCT state FROM outbox WHERE channel = 'web'")
    assert {row["state"] for row in states} <= {"sent", "merged"}
    jobs = await play.rows(
        program, "SELECT status::text AS s, task_name AS t FROM procrastinate_jobs"
    )
    assert [row["t"] for row in jobs if row["s"] == "failed"] == []
    (filed,) = await play.rows(
        program, "SELECT count(*) FILTER (WHERE status = 'filed') AS n FROM interaction"
    )
    assert filed["n"] > 400
    (spent,) = await play.rows(
        program, "SELECT COALESCE(sum(tokens_in + tokens_out), 0) AS n FROM model_use"
    )
    assert (spent["n"] > 0) == by_model


@pytest.mark.parametrize("server", ["without"], indirect=True)
async def test_what_the_members_of_the_demo_enter_is_all_taken(program: Program):
    await demo.prepare(program)
    await demo.work(program)
    await demo.work(program)  # again changes nothing
    entered = len(list(story.lines(datetime.now(story.ZONE).date())))
    audited = await play.rows(
        program, "SELECT count(*) FROM audit_entry WHERE actor_id IS NOT NULL"
    )
    assert audited[0]["count"] >= entered
    assert await play.rows(program, "SELECT state FROM contract") == [{"state": "signed"}] * 2
    waiting = await play.rows(program, "SELECT kind FROM approval WHERE state = 'waiting'")
    assert {row["kind"] for row in waiting} == {"push", "change"}
