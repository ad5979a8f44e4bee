"""Texts for customers, held against what they may see."""

from datetime import date

import pytest

from bot.assistant import factcheck
from bot.assistant.factcheck import Checked, Name, Source
from bot.texts import Text

DAY = date(2026, 11, 20)
PUBLIC, MONEY, NOTE = Text("公开", "public"), Text("预算", "budget"), Text("备注", "note")
KNOWN = [
    Source("华建三期：进度 60%，初验 2030年1月10日", DAY, PUBLIC),
    Source("王芳：请派 3 台设备，我们准备了场地和电源，请尽快安排", DAY, PUBLIC, 4),
]
INTERNAL = [
    Source("1200000\n940000\n78.3%", DAY, MONEY),
    Source("他们的采购总监私下说想换供应商，先别声张", DAY, NOTE, 7),
    Source("The buyer told us quietly that they want a discount", DAY, NOTE, 8),
    Source("我们准备了场地和电源，请尽快安排，成本另算", DAY, NOTE, 9),
]


def check(text: str) -> Checked:
    return factcheck.check(
        text,
        DAY,
        known=KNOWN,
        internal=INTERNAL,
        strangers=[Name("Acme", NOTE), Name("远山", NOTE)],
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("预算 120 万。", "120 万"),
        ("大约 1.2 million。", "1.2 million"),
        ("已用八成。", "八成"),
        ("used seventy-eight percent", "seventy-eight percent"),
        ("花了九十四万。", "九十四万"),
        ("听说采购总监私下说想换供应商。", "采购总监私下说想换供应商"),
        ("采 购 总 监 私 下 说 想 换", "采购总监私下说想换"),
        ("The buyer told us quietly, thanks.", "the buyer told us quietly"),
        ("ACME 也在用。", "Acme"),
        ("远山咨询也在用。", "远山"),
        ("见 T-9。", "T-9"),
    ],
)
def test_what_is_internal_is_found_with_its_origin(text: str, words: str):
    assert words in [one.words for one in check(text).leaks]


@pytest.mark.parametrize(
    "text",
    [
        "进度六成，2030-01-10 初验，带 3 台设备。",
        "您说已准备了场地和电源，请尽快安排。",
        "acmeist 是一个词。",
        "您好！十分感谢，千万不要着急。",
    ],
)
def test_what_may_be_said_passes_unchanged(text: str):
    assert check(text) == Checked(text)


def test_what_stands_nowhere_becomes_a_gap_each_in_its_place():
    found = check("张总您好，11月25日派 5 台，进度 60%。")
    assert found.text == "____您好，____派 ____ 台，进度 60%。"
    assert found.made_up == ("张总", "11月25日", "5")


def test_people_are_not_warned_about_small_numbers_and_days():
    internal = [Source("派 5 台，11月25日，预算 1200000", DAY, NOTE)]
    found = factcheck.leaks_only(
        "11月25日派 5 台，共 120 万。", DAY, known=KNOWN, internal=internal
    )
    assert [one.words for one in found] == ["120 万"]
