"""Rules for next steps, on records made of words alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.assistant import advice
from bot.assistant.advice import Known, LateThing, OpenAlert, Promise
from bot.assistant.material import Said, Words

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
OLD = Said(1, NOW - timedelta(days=3), "王芳", "customer", "什么时候修好？")
QUESTION = replace(OLD, questions=(Words("什么时候修好？"),))
EMPTY = Known(code="C-0001", name="华建", said=(), last=NOW, running=True)


def kinds(known: Known) -> list[str]:
    return [one.subject.split(":")[0] for one in advice.steps(known, NOW)]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (EMPTY, []),
        (replace(EMPTY, said=(QUESTION,)), ["question"]),
        (replace(EMPTY, said=(replace(QUESTION, at=NOW - timedelta(hours=2)),)), []),
        (replace(EMPTY, said=(QUESTION, replace(OLD, id=2, side="us"))), []),
        (replace(EMPTY, said=(replace(OLD, signals=frozenset({"complaint"})),)), ["complaint"]),
        (replace(EMPTY, said=(replace(OLD, signals=frozenset({"churn"})),)), ["churn"]),
        (replace(EMPTY, said=(replace(OLD, signals=frozenset({"payment"})),)), ["payment"]),
        (replace(EMPTY, said=(replace(OLD, asks=(Words("修一下"),)),)), ["ask"]),
        (
            replace(EMPTY, said=(replace(OLD, asks=(Words("修一下"),)),), with_task=frozenset({1})),
            [],
        ),
        (
            replace(EMPTY, promises=(Promise("给图", NOW.date() - timedelta(1), "李雷", 5, 9),)),
            ["promise"],
        ),
        (
            replace(
                EMPTY, late=(LateThing("task", 3, "接线", "P-0001", NOW.date() - timedelta(2), ""),)
            ),
            ["task"],
        ),
        (replace(EMPTY, alerts=(OpenAlert(4, "超支"),)), ["alert"]),
        (replace(EMPTY, last=NOW - timedelta(days=22)), ["silent"]),
        (replace(EMPTY, last=NOW - timedelta(days=22), running=False), []),
    ],
)
def test_each_rule(known: Known, expected: list[str]):
    assert kinds(known) == expected


def test_one_item_gives_one_step_and_what_presses_most_comes_first():
    angry = replace(QUESTION, signals=frozenset({"complaint", "churn"}))
    late = LateThing("milestone", 3, "初验", "P-0001", NOW.date() - timedelta(2), "李雷")
    known = replace(EMPTY, said=(replace(QUESTION, id=2), angry), late=(late,))
    assert kinds(known) == ["churn", "question", "milestone"]


def test_a_mood_that_turned_is_told():
    scores = [0.5, 0.5, 0.4, 0.5, -0.6, -0.6, -0.7, -0.6]
    said = [
        replace(OLD, id=n, at=NOW - timedelta(days=20 - n), score=score)
        for n, score in enumerate(scores, 1)
    ]
    assert kinds(replace(EMPTY, said=said)) == ["mood"]
