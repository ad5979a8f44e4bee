"""Facts, conditions, words and working time: what needs no database."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import workdays, worktime
from bot.domain.definition import Unusable
from bot.rules import book, worded
from bot.rules.facts import CHECKED, FACTS, known_at, of_event
from bot.rules.sentences import sentence
from bot.rules.wording import filled

DOC = Path(__file__).parents[3] / "docs" / "rules.md"
ZONE = ZoneInfo("Asia/Shanghai")
LATE = {"fact": "task.days_late", "op": ">", "value": 3}
KEY = {"fact": "task.key", "op": "==", "value": True}
RULE: dict[str, Any] = {
    "id": "some-rule",
    "on": "task.checked",
    "when": [LATE],
    "then": [{"alert": "project.manager", "template": "key_task_late"}],
}


@pytest.mark.parametrize("name", FACTS)
def test_the_document_lists_every_fact(name: str):
    fact = FACTS[name]
    assert f"| `{name}` | {fact.text.zh} | {fact.text.en} |" in DOC.read_text("utf-8")


def test_the_document_says_what_every_shipped_rule_says():
    text = DOC.read_text("utf-8")
    for rule in book.shipped():
        for language in ("zh", "en"):
            assert sentence(rule, language) in text, rule.id


@pytest.mark.parametrize(
    ("when", "facts", "met"),
    [
        ([LATE, KEY], {"task.days_late": 4, "task.key": True}, True),
        ([LATE, KEY], {"task.days_late": 4, "task.key": False}, False),
        ({"any": [LATE, KEY]}, {"task.days_late": 1, "task.key": True}, True),
        ({"any": [LATE, {"all": [KEY, LATE]}]}, {"task.days_late": 1, "task.key": True}, False),
        ({"not": LATE}, {"task.days_late": 1}, True),
        ({"not": LATE}, {}, False),
        ({"not": {"not": LATE}}, {"task.days_late": 4}, True),
        ([LATE], {}, False),
    ],
)
def test_conditions_nest_and_the_unknown_never_matches(when: Any, facts: Any, met: bool):
    assert book.read(RULE | {"when": when}).matches(facts) is met


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"when": [LATE | {"value": "many"}]}, "a number is needed"),
        ({"when": [KEY | {"op": ">"}]}, "compares numbers only"),
        ({"when": [{"fact": "project.progress", "op": "<", "value": 70}]}, "a share is needed"),
        ({"when": [{"fact": "project.phase", "op": "==", "value": "rain"}]}, "is needed"),
        ({"when": [{"fact": "survey.score", "op": "<", "value": 3}]}, "not known at task.checked"),
        ({"when": {"any": []}}, "any"),
        ({"for": "-P1D"}, "for"),
        ({"then": [{"alert": "asker", "template": "mood_drop"}]}, "nobody asks"),
        ({"then": [{"put": "customer.tier", "to": "gold"}]}, "customer.tier"),
        ({"then": [{"put": "project.budget", "to": "1"}]}, "put"),
        ({"then": [{"flow": "kickoff"}]}, "must alert"),
        (
            {"then": [{"alert": "project.manager", "says": {"zh": "{who}", "en": "x"}}]},
            "nothing is called {who}",
        ),
    ],
)
def test_a_rule_that_cannot_work_is_refused_with_its_id(change: dict[str, Any], why: str):
    with pytest.raises(Unusable, match="some-rule") as caught:
        book.read(RULE | change)
    assert why in str(caught.value)


def test_what_happens_tells_only_listed_facts_of_the_right_kind():
    given_ = {"score": 6, "kind": "nps", "number": 3, "comment": None}
    assert of_event("survey.answered", given_) == {"survey.score": 6, "survey.kind": "nps"}
    assert of_event("survey.answered", {"score": "6"}) == {}
    assert all(known_at(event) for event in CHECKED)


@pytest.mark.parametrize("name", [n for n in FACTS if any(n in known_at(e) for e in CHECKED)])
def test_every_fact_can_be_said_in_both_languages(name: str):
    fact = FACTS[name]
    asked: dict[type, tuple[str, str]] = {
        bool: ("是", "是"),
        int: (">", "3"),
        float: (">", "0.5"),
        tuple: ("contains", '"complaint"'),
        str: ("==", fact.values[0] if fact.values else "x"),
    }
    op, value = asked[fact.kind]
    for word in (name, fact.text.zh, fact.text.en):
        line = f"when {word} {op} {value.strip(chr(34))} then alert project.manager"
        assert worded.parse(line)["when"][0]["fact"] == name


def test_words_in_braces_are_names_and_nothing_else():
    assert filled("{a} {a.b} {__class__} {b}", {"a": "1", "b": "{a}"}) == "1 {a.b} ? {a}"


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),
    minutes=st.integers(1, 6_000),
    more=st.integers(1, 600),
)
def test_working_time_ends_in_working_hours_and_adds_up(start: datetime, minutes: int, more: int):
    calendar = workdays.china()
    start = start.replace(tzinfo=ZONE)
    end = worktime.after(start, timedelta(minutes=minutes), calendar)
    assert end > start
    assert calendar.is_workday(end.date())
    assert worktime.OPENS <= end.time() <= worktime.CLOSES
    both = worktime.after(start, timedelta(minutes=minutes + more), calendar)
    assert worktime.after(end, timedelta(minutes=more), calendar) == both
