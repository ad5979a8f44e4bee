"""Forms of the firm's own: what is a form, and what is an answer."""

import contextlib
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.commands  # noqa: F401 - declares the commands
from bot.commands.registry import COMMANDS
from bot.domain import forms
from bot.domain.definition import Unusable
from bot.domain.forms import BadAnswer

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
GOOD: dict[str, Any] = {
    "id": "gate",
    "title": {"zh": "门禁检查", "en": "Gate check"},
    "about": "project",
    "makes": "defect",
    "fields": [
        {"name": "day", "label": {"zh": "日期", "en": "Day"}, "kind": "date", "required": True},
        {"name": "title", "label": {"zh": "问题", "en": "What"}, "required": True},
        {"name": "doors", "label": "门数", "kind": "number"},
        {
            "name": "severity",
            "label": {"zh": "严重程度", "en": "Severity"},
            "kind": "choice",
            "choices": [{"zh": "轻微", "en": "minor"}, {"zh": "严重", "en": "major"}],
        },
    ],
}


def changed(**parts: Any) -> dict[str, Any]:
    return {**GOOD, **parts}


def field(**parts: Any) -> dict[str, Any]:
    return changed(fields=[{"name": "a", "label": "一", **parts}])


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (changed(about="weather"), "about"),
        (changed(about="customer"), "about a project"),
        (changed(makes="invoice"), "makes"),
        (changed(fields=[]), "fields"),
        (changed(fields=[{"name": "a", "label": "一"}] * 2), "same name"),
        (changed(colour="red"), "colour"),
        (field(kind="choice"), "a choice has choices"),
        (field(choices=["是"]), "a choice has choices"),
        (field(name="project"), "own word"),
        (field(name="Ä"), "name"),
        (field(name="level", kind="choice", choices=["天大"]), "天大"),
        (field(label=""), "label"),
    ],
)
def test_a_form_that_cannot_be_used_says_why(body: dict[str, Any], why: str):
    with pytest.raises(Unusable, match=why) as caught:
        forms.read(body)
    assert "form gate" in str(caught.value)


def test_answers_are_read_by_name_or_label_and_shown_in_both_languages():
    form = forms.read(GOOD)
    given = {"日期": "明天", "what": " 门打不开 ", "doors": "1,200", "severity": "major"}
    found = forms.answers(form, given, NOW, "zh")
    assert found == {
        "day": date(2026, 11, 19),
        "title": "门打不开",
        "doors": "1200",
        "severity": "严重",
    }
    assert forms.text(form, found, "en").splitlines() == [
        "Gate check",
        "Day: 2026-11-19",
        "What: 门打不开",
        "门数: 1200",
        "Severity: major",
    ]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"title": "门"}, "「日期」必须填写"),
        ({"day": "2026-02-30", "title": "门"}, "看不懂日期"),
        ({"day": "明天", "title": "门" * 201}, "最多 200 字"),
        ({"day": "明天", "title": "门", "doors": "很多"}, "要填数字"),
        ({"day": "明天", "title": "门", "doors": "NaN"}, "要填数字"),
        ({"day": "明天", "title": "门", "doors": "9" * 30}, "要填数字"),
        ({"day": "明天", "title": "门", "severity": "天大"}, "只能是：轻微、严重"),
        ({"day": "明天", "title": "门", "colour": "红"}, "没有「colour」"),
        ({"day": "明天", "title": "   "}, "「问题」必须填写"),
    ],
)
def test_a_wrong_answer_says_what_is_wrong(given: dict[str, str], why: str):
    with pytest.raises(BadAnswer) as caught:
        forms.answers(forms.read(GOOD), given, NOW, "zh")
    assert why in caught.value.text.in_("zh", **caught.value.facts)


@given(st.dictionaries(st.sampled_from(["day", "title", "doors", "severity"]), st.text()))
def test_whatever_is_filled_in_is_an_answer_or_told(said: dict[str, str]):
    form = forms.read(GOOD)
    found: dict[str, forms.Answer] = {}
    with contextlib.suppress(BadAnswer):
        found = forms.answers(form, said, NOW, "zh")
    assert not found or {"day", "title"} <= set(found)
    assert forms.text(form, found, "zh").startswith("门禁检查")


def test_shipped_forms_are_forms_and_no_field_is_called_like_the_commands_own_words():
    assert set(forms.shipped()) == {"site-inspection", "return-visit"}
    own = {
        word.casefold()
        for param in COMMANDS["form"].params
        for word in (param.name, param.text.zh, param.text.en)
    }
    assert own <= forms.TAKEN
