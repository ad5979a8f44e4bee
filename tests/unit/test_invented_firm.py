import json
from collections import Counter

import pytest

from bot.cli import filing_eval
from bot.cli.filing_eval import Report, verdict
from bot.demo import invented
from bot.demo.invented import Expected
from bot.firm import FirmIn


def test_the_same_seed_gives_the_same_firm_and_talk():
    firms = [invented.generate(60, 4) for _ in range(2)]
    assert json.dumps(firms[0]) == json.dumps(firms[1])
    talks = [list(invented.messages(firm, 300, 9)) for firm in firms]
    assert talks[0] == talks[1]
    assert talks[0] != list(invented.messages(firms[0], 300, 10))


def test_the_firm_is_one_that_can_be_loaded_and_names_are_unique():
    firm = FirmIn.model_validate(invented.generate(400, 1))
    assert len({one.name for one in firm.customers}) == 400
    codes = [project.code for one in firm.customers for project in one.projects]
    assert len(set(codes)) == len(codes)


def test_every_sort_of_message_comes_and_most_can_be_known():
    said = list(invented.messages(invented.generate(400, 1), 4000, 1))
    sorts = Counter(one.sort for one in said)
    assert len(sorts) == 24
    assert sum(one.expected.customer is not None for one in said) > 3000


PLACE = Expected("C-1", "P-1")


@pytest.mark.parametrize(
    ("decision", "customer", "project", "expected", "told"),
    [
        ("file", "C-1", "P-1", PLACE, "correct"),
        ("file", "C-1", None, PLACE, "wrong"),
        ("file", "C-2", "P-1", PLACE, "wrong"),
        ("file", "C-1", None, Expected(ask=True), "wrong"),
        ("ask", None, None, PLACE, "asked"),
        ("ask", None, None, Expected(ask=True), "correct"),
        ("stranger", None, None, Expected(ask=True), "stranger"),
        ("stranger", None, None, Expected(stranger=True), "correct"),
        ("file", "C-1", None, Expected(stranger=True), "wrong"),
    ],
)
def test_verdicts(decision, customer, project, expected, told):
    assert verdict(decision, customer, project, expected) == told


def test_a_report_reads_in_both_languages():
    report = Report(10, 1, {"code": Counter(correct=9, wrong=1)}, [1.0], [0.5])
    report.wrong.append(
        {
            "sort": "code",
            "text": "a",
            "expected": ["C-1", None],
            "told": ["file", "C-2", None],
            "because": ["code: C-2"],
        }
    )
    assert "0.9000" in filing_eval.readable(report, "en")
    assert "归错" in filing_eval.readable(report, "zh")
    told = filing_eval.as_object(report)
    assert told["correct"]["count"] == 9
    assert told["wrong"]["interval"][0] < 0.1 < told["wrong"]["interval"][1]
    assert told["wrong_ones"][0]["told"] == ["file", "C-2", None]
