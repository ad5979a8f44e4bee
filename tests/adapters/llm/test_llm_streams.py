"""Answers that come in pieces: what is heard of them, and how streams fail."""

import asyncio
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.llm.partial import Growing, first_text
from tests.adapters.llm.chat_server import (
    LAST,
    SPENT,
    body,
    breaks_off,
    chunk,
    completion,
    message,
    pieces,
    raw,
    status,
    stream,
)
from tests.adapters.llm.our_side import LIMITS, SHORT, both

NOTE = {
    "type": "object",
    "properties": {
        "level": {"type": "string", "enum": ["a", "b"]},
        "count": {"type": "integer"},
        "text": {"type": "string"},
        "more": {"type": "string"},
    },
    "required": ["text"],
    "additionalProperties": False,
}
SAID = {"level": "a", "text": "三期\n第三次延期：“请周五前给说法” 😀 \\ / {x}", "more": "nothing"}


class Ear:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, text: str) -> None:
        self.texts.append(text)

    @property
    def grew(self) -> bool:
        return all(
            later.startswith(before) and later != before
            for before, later in zip(self.texts, self.texts[1:], strict=False)
        )


def test_the_first_text_is_no_choice_of_words():
    assert first_text(NOTE) == "text"
    assert first_text({"type": "object", "properties": {"a": {"type": "array"}}}) is None


@pytest.mark.parametrize("cut", [1, 2, 3, 5, 7, 11, 1000])
@pytest.mark.parametrize("ascii_only", [True, False])
async def test_the_first_text_is_heard_as_it_comes(cut: int, ascii_only: bool):
    text = json.dumps(SAID, ensure_ascii=ascii_only)
    ear = Ear()
    async with both() as (server, side):
        server.plays = [stream(*pieces(text), *LAST, cut=cut)]
        answer = await side.ask(ear, schema=NOTE)
        [asked] = server.asked
    assert (answer.value, answer.tokens, side.spent) == (SAID, SPENT, SPENT)
    assert asked["stream"] is True
    assert ear.texts[-1] == SAID["text"]
    assert len(ear.texts) > 5
    assert ear.grew


async def test_nobody_listens_to_a_question_whose_answer_has_no_text():
    ear = Ear()
    async with both() as (server, side):
        await side.ask(ear)
        assert "stream" not in server.asked[0]
    assert ear.texts == []


async def test_a_server_that_answers_whole_is_heard_once():
    ear = Ear()
    async with both() as (server, side):
        server.plays = [message(json.dumps(SAID))]
        assert (await side.ask(ear, schema=NOTE)).value == SAID
    assert ear.texts == [SAID["text"]]


async def test_scripts_answer_by_purpose_whole_and_in_pieces():
    """What others' tests play with."""
    ear = Ear()
    async with both() as (server, side):
        server.scripts["summary_v2"] = lambda question: {"text": question.data}
        assert (await side.ask(schema=NOTE, data="甲\n乙")).value == {"text": "甲\n乙"}
        assert (await side.ask(ear, schema=NOTE, data="丙丁")).value == {"text": "丙丁"}
    assert ear.texts[-1] == "丙丁"


async def test_what_is_known_already_is_heard_at_once():
    ear = Ear()
    async with both() as (server, side):
        server.plays = [message(json.dumps(SAID))]
        await side.ask(schema=NOTE, data="a")
        answer = await side.ask(ear, schema=NOTE, data="a")
        assert len(server.asked) == 1
    assert (answer.value, answer.tokens, ear.texts) == (SAID, 0, [SAID["text"]])


async def test_thoughts_and_fences_are_not_heard():
    text = f'<think>{{"text": "no"}}</think>\n```json\n{json.dumps(SAID)}\n```'
    ear = Ear()
    async with both() as (server, side):
        server.plays = [stream(*pieces(text), *LAST)]
        assert (await side.ask(ear, schema=NOTE)).value == SAID
    assert ear.grew
    assert ear.texts[-1] == SAID["text"]


async def test_a_second_try_is_heard_where_it_is_past_the_first():
    ear = Ear()
    async with both() as (server, side):
        wrong = json.dumps({"text": "三期第", "x": 1})
        server.plays = [stream(*pieces(wrong), *LAST), message(json.dumps(SAID))]
        answer = await side.ask(ear, schema=NOTE)
    assert (answer.value, answer.tokens) == (SAID, 2 * SPENT)
    lengths = [len(text) for text in ear.texts]
    assert lengths == sorted(lengths)
    assert ear.texts[-1] == SAID["text"]


@pytest.mark.parametrize(
    ("refuses", "taken"),
    [
        (("json_schema",), ("json_object", True)),
        (("stream",), ("json_schema", None)),
        (("stream", "json_schema"), ("json_object", None)),
    ],
)
async def test_a_server_that_takes_less_is_asked_for_less(refuses, taken):
    async with both() as (server, side):
        server.refuses = refuses
        text = json.dumps(SAID)
        for data in ("a", "b"):
            asked = len(server.asked)
            server.plays = [stream(*pieces(text), *LAST) if taken[1] else message(text)]
            assert (await side.ask(Ear(), schema=NOTE, data=data)).value == SAID
        assert len(server.asked) == asked + 1, "the second time at once"
        last = server.asked[-1]
        assert (last["response_format"]["type"], last.get("stream")) == taken


PART = pieces('{"text": "三期第三')


@pytest.mark.parametrize(
    ("play", "why"),
    [
        (stream(*PART), "an answer that broke off"),
        (stream(*PART, then=breaks_off), "an answer that broke off"),
        (stream(*PART, "nonsense"), "an answer that is no completion"),
        (stream(*PART, '{"choices": "x"}'), "an answer that is no completion"),
        (stream(*PART, '{"error": {"message": "overloaded"}}'), "an answer that broke off"),
        (stream(*PART, '{"error": {"code": 1}}', *LAST), "an answer that broke off"),
        (stream(), "an answer that broke off"),
        (raw(b"\xff\xfe\n\n", "text/event-stream"), "an answer that broke off"),
        (status(500), "the server answers 500"),
        (body(completion(None, choices=1) | {"choices": 1}), "an answer that is no completion"),
    ],
)
async def test_a_stream_that_breaks_is_no_answer_and_trouble(play, why):
    async with both() as (server, side):
        server.plays = [play] * 20
        for _ in range(3):
            assert await side.fails(Ear(), schema=NOTE) == why
        assert "left alone" in await side.fails(Ear(), schema=NOTE)
    assert all(use.failed for _, use in side.book.uses)


async def test_a_stream_that_stalls_is_left():
    ear = Ear()
    async with both(SHORT) as (server, side):
        server.plays = [stream(*PART, then=server.stall)] * 2
        assert await side.fails(ear, schema=NOTE) == "no answer in time"
        await server.left.wait()
        assert len(server.asked) == 2
    assert ear.texts[-1] == "三期第三"
    assert ear.grew


async def test_a_stream_that_drips_is_left_too():
    async def drip():
        while True:
            yield f"data: {chunk('')}\n\n".encode()
            await asyncio.sleep(0.01)

    async with both(SHORT) as (server, side):
        server.plays = [raw(drip(), "text/event-stream"), raw(drip(), "text/event-stream")]
        assert await side.fails(Ear(), schema=NOTE) == "no answer in time"


async def test_a_stream_that_is_cut_says_no_more_than_it_said():
    """Cut at the model's own limit: `finish_reason` is told, the JSON is not whole."""
    async with both() as (server, side):
        server.plays = [stream(*PART, *LAST), message('{"text": "三')]
        assert await side.fails(Ear(), schema=NOTE) == "an answer that does not fit, twice"
        assert side.spent == 2 * SPENT


@pytest.mark.parametrize("whole", [True, False])
async def test_an_answer_without_end_is_not_read_to_its_end(whole):
    text = json.dumps({"text": "长" * 50_000}, ensure_ascii=False)
    async with both(replace(LIMITS, bytes=100_000)) as (server, side):
        server.plays = [message(text) if whole else stream(*pieces(text, 1000), *LAST)]
        assert await side.fails(Ear(), schema=NOTE) == "an answer that does not end"


async def test_a_stream_that_calls_a_tool_is_no_answer():
    call = {"choices": [{"delta": {"tool_calls": [{"function": {"name": "pay"}}]}}]}
    async with both() as (server, side):
        server.plays = [stream(json.dumps(call), *LAST)]
        assert await side.fails(Ear(), schema=NOTE) == "no answer, or a call of tools"


TEXTS = st.text(st.characters(codec="utf-8"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@given(
    before=st.dictionaries(TEXTS.filter(lambda name: name != "text"), JSON, max_size=3),
    text=TEXTS,
    after=st.dictionaries(TEXTS.filter(lambda name: name != "text"), JSON, max_size=3),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 2]),
    cuts=st.lists(st.integers(1, 9), min_size=1, max_size=5),
)
def test_any_object_in_any_pieces_gives_its_text(before, text, after, ascii_only, indent, cuts):
    said = json.dumps({**before, "text": text, **after}, ensure_ascii=ascii_only, indent=indent)
    growing, heard, at, number = Growing("text"), [""], 0, 0
    while at < len(said):
        step = cuts[number % len(cuts)]
        growing.feed(said[at : at + step])
        heard.append(growing.text)
        at, number = at + step, number + 1
    assert growing.text == text
    assert all(text.startswith(one) for one in heard)


@given(st.lists(st.text(st.sampled_from('{}[]",:\\ud8019text<think>/ \n')), max_size=8))
def test_what_is_no_json_is_borne(parts):
    growing = Growing("text")
    for part in parts:
        growing.feed(part)
    assert isinstance(growing.text, str)
