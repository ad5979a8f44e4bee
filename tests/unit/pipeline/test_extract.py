import time
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pipeline import extract

TODAY = date(2026, 11, 18)


def find(text):
    return extract.find(text, TODAY)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("麻烦周五前把图纸发我", date(2026, 11, 20)),
        ("请把开票信息发我一下", None),
        ("能不能再加一个导出功能？", None),
        ("Could you resend the minutes by tomorrow?", date(2026, 11, 19)),
        ("We need the test report.", None),
    ],
)
def test_an_ask(text, due):
    assert [(ask.words, ask.due) for ask in find(text).asks] == [(text, due)]


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("我们下周三把样品寄过去", date(2026, 11, 25)),
        ("法务明天给你回复", date(2026, 11, 19)),
        ("我这边今天会提交", date(2026, 11, 18)),
        ("We will pay the invoice on Dec 1.", date(2026, 12, 1)),
        ("I'll send it tomorrow", date(2026, 11, 19)),
    ],
)
def test_a_promise(text, due):
    found = find(text)
    assert [(promise.words, promise.due) for promise in found.promises] == [(text, due)]
    assert not found.asks


@pytest.mark.parametrize(
    "text",
    [
        "附件是合同，请查收",
        "Please find attached the contract.",
        "天气不错",
        "我们不会再续约",
        "如果延期我们会追究责任",
    ],
)
def test_neither_ask_nor_promise(text):
    found = find(text)
    assert not found.asks
    assert not found.promises


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("尾款30万下月付", "300000", "CNY"),
        ("共计 ¥1,234,567.50", "1234567.50", "CNY"),
        ("报价3.5万元", "35000.0", "CNY"),
        ("两万三千元", "23000", "CNY"),
        ("USD 12k in total", "12000", "USD"),
        ("it costs $1,500", "1500", "USD"),
        ("2 million euros", "2000000", "EUR"),
        ("收费500块", "500", "CNY"),
    ],
)
def test_an_amount(text, value, currency):
    assert [(a.value, a.currency) for a in find(text).amounts] == [(Decimal(value), currency)]


@pytest.mark.parametrize(
    "text", ["30块板子", "共30个点位", "3.5万件", "合同P23-001", "电话13800138000", "100平米"]
)
def test_no_amount(text):
    assert not find(text).amounts


def test_dates_and_questions():
    found = find("周五能到货吗？12月1日要开业。")
    assert [(d.words, d.value) for d in found.dates] == [
        ("周五", date(2026, 11, 20)),
        ("12月1日", date(2026, 12, 1)),
    ]
    assert [q.words for q in found.questions] == ["周五能到货吗？"]


def test_at_most_twenty_and_none_twice():
    found = find("请发图纸。\n" * 50 + "\n".join(f"请发第{n}张图纸，付{n}元？" for n in range(50)))
    assert all(
        len(items) <= 20 for items in (found.asks, found.questions, found.amounts, found.dates)
    )
    assert len({ask.words for ask in found.asks}) == len(found.asks)


@given(st.text(max_size=300))
def test_nothing_raises(text):
    find(text)


@pytest.mark.parametrize(
    "piece", ["请", "1", "1,", "￥", "一", "能", "下", "，", "Please ", "12/1 ", "我们会。", "🙏"]
)
def test_a_megabyte_does_not_stall(piece):
    began = time.perf_counter()
    find(piece * (1_000_000 // len(piece)))
    assert time.perf_counter() - began < 3


@pytest.mark.parametrize(
    ("text", "asks", "promises"),
    [
        ("请下周三前把图纸发给我们", ["请下周三前把图纸发给我们"], []),
        ("Please send us the report by Friday", ["Please send us the report by Friday"], []),
        ("我们下周一付款，麻烦开票", ["麻烦开票"], ["我们下周一付款"]),
        ("请放心，周五前一定交付", [], ["请放心，周五前一定交付"]),
    ],
)
def test_what_comes_to_the_writer_is_asked_for_and_not_promised(text, asks, promises):
    found = extract.find(text, TODAY)
    assert [one.words for one in found.asks] == asks
    assert [one.words for one in found.promises] == promises


def test_a_decision_is_told_but_not_one_that_is_open():
    found = extract.find("会议决定采用方案B。供应商还没有确定。", TODAY)
    assert [one.words for one in found.decisions] == ["会议决定采用方案B。"]
