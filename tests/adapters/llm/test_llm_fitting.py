"""Answers against schemas."""

import json

import pytest

from adapters.llm import fitting
from adapters.llm.fitting import Misfit

NOTE = {
    "type": "object",
    "properties": {
        "text": {"type": "string", "maxLength": 4},
        "score": {"type": "number", "minimum": -1, "maximum": 1},
        "count": {"type": "integer"},
        "done": {"type": "boolean"},
        "owner": {"type": ["string", "null"]},
        "level": {"enum": ["low", "high", 1, None]},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        "none": {"type": "null"},
        "more": {"type": "object", "additionalProperties": {"type": "integer"}},
        "any": {"description": "whatever"},
    },
    "required": [],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"text": "四个字长", "score": -1, "count": 0, "done": False},
        {"score": 0.5, "owner": None, "level": None, "tags": [], "none": None},
        {"owner": "x", "level": 1, "tags": ["a", "b"], "more": {"a": 1}, "any": [{}]},
    ],
)
def test_what_fits(value):
    assert fitting.read(json.dumps(value), NOTE) == value


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ({"text": "五个字太长"}, "$.text must have at most 4"),
        ({"text": 4}, "$.text must be of type string"),
        ({"score": 1.01}, "$.score must be at most 1"),
        ({"score": -2}, "$.score must be at least -1"),
        ({"score": True}, "$.score must be of type number"),
        ({"count": 1.5}, "$.count must be of type integer"),
        ({"count": False}, "$.count must be of type integer"),
        ({"done": 1}, "$.done must be of type boolean"),
        ({"owner": 1}, "$.owner must be of type null or string"),
        ({"level": "mid"}, "$.level must be one of"),
        ({"level": True}, "$.level must be one of"),
        ({"tags": ["a", "b", "c"]}, "$.tags must have at most 2 items"),
        ({"tags": ["a", 1]}, "$.tags[1] must be of type string"),
        ({"none": 0}, "$.none must be of type null"),
        ({"more": {"a": "b"}}, "$.more.a must be of type integer"),
        ({"other": 1}, "$ may not have the property 'other'"),
    ],
)
def test_what_does_not(value, at):
    with pytest.raises(Misfit) as raised:
        fitting.read(json.dumps(value), NOTE)
    assert str(raised.value).startswith(at)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 5_000, "```json\n", "null", "1"])
def test_what_is_no_object(text):
    with pytest.raises(Misfit):
        fitting.read(text, {"type": "object"})


@pytest.mark.parametrize(
    "part", [{"pattern": "a"}, {"anyOf": []}, {"type": "date"}, {"type": ["string", "x"]}]
)
@pytest.mark.parametrize(
    "around", ["properties", "items", "additionalProperties"], ids=lambda name: name
)
def test_a_schema_that_asks_for_more_is_our_mistake(part, around):
    inner = {"a": part} if around == "properties" else part
    with pytest.raises(ValueError, match="not known"):
        fitting.check_schema({"type": "object", around: inner})
    fitting.check_schema(NOTE)


def test_strict_only_where_all_is_closed_and_required():
    closed = {"type": "object", "properties": {"a": {}}, "required": ["a"]}
    closed["additionalProperties"] = False
    assert fitting.strict(closed)
    assert not fitting.strict({**closed, "required": []})
    assert not fitting.strict({**closed, "additionalProperties": True})
    assert not fitting.strict({**closed, "properties": {"a": {"maxLength": 2}}})
    assert not fitting.strict({**closed, "properties": {"a": {"items": {"type": "object"}}}})
