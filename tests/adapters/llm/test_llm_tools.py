"""Tools: what a model may propose, and what is not taken from it."""

import json

import pytest

from bot.contract import Call, Tool
from tests.adapters.llm.chat_server import (
    GOOD,
    SCHEMA,
    SPENT,
    Calls,
    calling,
    message,
    status,
)
from tests.adapters.llm.our_side import both

PROGRESS = {
    "type": "object",
    "properties": {"project": {"type": "string"}, "percent": {"type": "integer", "maximum": 100}},
    "required": ["project", "percent"],
    "additionalProperties": False,
}
TOOLS = (
    Tool("progress", "Set a project's progress.", PROGRESS),
    Tool("help", "Show help.", {"type": "object", "properties": {}}),
)
SET = Calls("progress", {"project": "P-0001", "percent": 80})


async def test_a_call_is_proposed_with_its_arguments():
    async with both() as (server, side):
        server.plays = [calling(SET, content="Gladly.")]
        answer = await side.ask(tools=TOOLS)
        [asked] = server.asked
    assert (answer.value, answer.tokens, side.spent) == ({}, SPENT, SPENT)
    assert answer.call == Call("progress", {"project": "P-0001", "percent": 80})
    assert asked["tool_choice"] == "auto"
    assert [one["function"] for one in asked["tools"]] == [
        {
            "name": "progress",
            "description": "Set a project's progress.",
            "parameters": PROGRESS,
            "strict": True,
        },
        {
            "name": "help",
            "description": "Show help.",
            "parameters": TOOLS[1].parameters,
            "strict": False,
        },
    ]
    assert "one call of one of the tools" in asked["messages"][0]["content"]


@pytest.mark.parametrize("arguments", ["", "{}", " {} "])
async def test_a_call_without_arguments(arguments):
    async with both() as (server, side):
        server.plays = [calling(Calls("help", arguments))]
        assert (await side.ask(tools=TOOLS)).call == Call("help", {})


async def test_arguments_that_come_as_an_object_and_the_old_form_of_a_call():
    function = {"name": "progress", "arguments": SET.arguments}
    async with both() as (server, side):
        for more in ({"tool_calls": [{"function": function}]}, {"function_call": function}):
            server.plays = [message(None, **more)]
            assert (await side.ask(tools=TOOLS)).call == Call("progress", dict(SET.arguments))


async def test_a_plain_answer_with_tools_at_hand_fits_the_schema():
    async with both() as (server, side):
        answer = await side.ask(tools=TOOLS)
        assert (answer.value, answer.call) == (GOOD, None)
        server.plays = [message('{"mood": "odd"}')]
        assert (await side.ask(tools=TOOLS)).value == GOOD
        assert "one call of one of the tools" in server.asked[-1]["messages"][3]["content"]


@pytest.mark.parametrize(
    ("play", "why"),
    [
        (calling(Calls("pay", {"sum": 1})), "there is no tool 'pay'"),
        (calling(SET, SET), "2 tools were called"),
        (calling(Calls("progress", '{"project": "P-')), "the arguments of progress are not valid"),
        (calling(Calls("progress", "[]")), "progress.arguments must be of type object"),
        (
            calling(Calls("progress", {"project": "P-0001", "percent": 180})),
            "progress.arguments.percent must be at most 100",
        ),
        (calling(Calls("progress", {"project": "P-0001"})), "progress.arguments.percent is miss"),
        (
            calling(Calls("progress", {"project": "x", "percent": 1, "all": True})),
            "may not have the property 'all'",
        ),
        (message(None, tool_calls=["x"]), "there is no tool ''"),
        (message(None, tool_calls=[{"function": {"name": 7}}]), "there is no tool ''"),
    ],
)
async def test_a_call_that_cannot_be_is_repaired_once(play, why):
    async with both() as (server, side):
        server.plays = [play, calling(SET)]
        answer = await side.ask(tools=TOOLS)
        assert answer.call is not None
        assert (answer.call.tool, answer.tokens, side.spent) == ("progress", 80, 80)
        assert why in server.asked[1]["messages"][3]["content"]
        server.plays = [play, play]
        assert await side.fails(tools=TOOLS) == "an answer that does not fit, twice"
        assert side.spent == 4 * SPENT
        assert side.book.uses[-1][1].failed


async def test_customers_words_cannot_switch_the_model_off_with_tools():
    async with both() as (server, side):
        server.plays = [calling(Calls("pay", {}))] * 10
        for _ in range(5):
            await side.fails(tools=TOOLS)
        assert (await side.ask()).value == GOOD


@pytest.mark.parametrize("nothing", [message(None), message(" ")])
async def test_neither_call_nor_answer_is_none(nothing):
    async with both() as (server, side):
        server.plays = [nothing]
        assert await side.fails(tools=TOOLS) == "no answer, or a call of tools"


async def test_a_server_that_takes_no_schema_beside_tools():
    async with both() as (server, side):
        server.refuses = ("json_schema",)
        for _ in range(2):
            server.plays = [calling(SET)]
            assert (await side.ask(tools=TOOLS)).call is not None
        assert server.forms() == ["json_schema", "", ""]
        assert (
            json.dumps(SCHEMA, separators=(",", ":")) in server.asked[1]["messages"][0]["content"]
        )


IN_WORDS = [
    ({"tool": "progress", "arguments": SET.arguments}, Call("progress", dict(SET.arguments))),
    ({"tool": "help"}, Call("help", {})),
    ({"tool": "", "answer": GOOD}, None),
    (GOOD, None),
]


@pytest.mark.parametrize(("said", "call"), IN_WORDS)
async def test_a_server_that_takes_no_tools_is_told_them_in_words(said, call):
    async with both() as (server, side):
        server.refuses = ("tools",)
        server.plays = [message(json.dumps(said))]
        answer = await side.ask(tools=TOOLS)
        assert (answer.call, answer.value) == (call, {} if call else GOOD)
        assert [("tools" in asked) for asked in server.asked] == [True, True, False]
        assert server.forms()[-1] == "json_object"
        assert "Set a project's progress." in server.asked[-1]["messages"][0]["content"]


@pytest.mark.parametrize(
    "said",
    [
        {"tool": "pay", "arguments": {}},
        {"tool": "progress", "arguments": "{}"},
        {"tool": "progress"},
        {"tool": "", "answer": {}},
        {"tool": ""},
        {"tool": ["help"], "arguments": {}},
        {"mood": "odd"},
    ],
)
async def test_a_call_in_words_that_cannot_be_is_repaired_once(said):
    async with both() as (server, side):
        server.refuses = ("tools",)
        server.plays = [message(json.dumps(said)), message(json.dumps(IN_WORDS[0][0]))]
        assert (await side.ask(tools=TOOLS)).call == IN_WORDS[0][1]


async def test_a_question_that_is_turned_down_says_nothing_about_tools():
    async with both() as (server, side):
        server.plays = [status(413)] * 3
        assert await side.fails(tools=TOOLS) == "the server answers 413"
        server.plays = [calling(SET)]
        assert (await side.ask(tools=TOOLS)).call is not None
        assert "tools" in server.asked[-1]


async def test_a_listener_gets_no_stream_with_tools():
    heard: list[str] = []
    schema = {"type": "object", "properties": {"text": {"type": "string"}}}
    async with both() as (server, side):
        server.plays = [message('{"text": "好"}')]
        await side.ask(heard.append, tools=TOOLS, schema=schema)
        assert "stream" not in server.asked[0]
    assert heard == ["好"]


async def test_scripts_call_tools():
    async with both() as (server, side):
        server.scripts["summary_v2"] = lambda question: SET if question.tools else GOOD
        assert (await side.ask(tools=TOOLS)).call == Call("progress", dict(SET.arguments))
        assert (await side.ask()).value == GOOD


async def test_calls_are_remembered_apart_from_answers():
    async with both() as (server, side):
        server.plays = [calling(SET)]
        first = await side.ask(tools=TOOLS, data="a")
        assert first.call is not None
        first.call.arguments["project"] = "spoilt"
        again = await side.ask(tools=TOOLS, data="a")
        assert again.call == Call("progress", dict(SET.arguments))
        assert again.tokens == 0
        assert (await side.ask(data="a")).value == GOOD
        assert (await side.ask(tools=TOOLS[:1], data="a")).value == GOOD
        assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"type": "object", "properties": {"a": {"pattern": "x"}}}, "not known"),
        ({"type": "string"}, "no object"),
    ],
)
async def test_a_tool_that_cannot_be_checked_is_our_mistake(parameters, why):
    async with both() as (_, side):
        with pytest.raises(ValueError, match=why):
            await side.ask(tools=(Tool("x", "x", parameters),))
