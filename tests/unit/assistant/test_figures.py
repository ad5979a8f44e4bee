"""Figures in running text, however they are written."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from bot.assistant import figures
from bot.assistant.figures import Figure

DAY = date(2026, 11, 20)


def found(text: str) -> list[Figure]:
    return figures.find(figures.clean(text), DAY)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("用了八成", "percent", 80),
        ("用了八成五", "percent", 85),
        ("80%", "percent", 80),
        ("８０％", "percent", 80),
        ("百分之八十", "percent", 80),
        ("eighty percent", "percent", 80),
        ("eighty-five per cent", "percent", 85),
        ("五分之四", "percent", 80),
        ("three quarters of it", "percent", 75),
        ("打九折", "percent", 90),
        ("一半", "percent", 50),
        ("120万", "number", 1_200_000),
        ("1,200,000", "number", 1_200_000),
        ("1 200 000 元", "number", 1_200_000),
        ("一百二十万", "number", 1_200_000),
        ("壹佰贰拾万", "number", 1_200_000),
        ("1.2 million", "number", 1_200_000),
        ("one point two million", "number", 1_200_000),
        ("120w", "number", 1_200_000),
        ("12\u200b0万", "number", 1_200_000),
        ("¥3,500.50", "number", Decimal("3500.50")),
        ("three hundred", "number", 300),
        ("三台设备", "number", 3),
    ],
)
def test_a_figure_has_one_value(text: str, kind: str, value: int | Decimal):
    [one] = found(text)
    assert (one.kind, one.value) == (kind, value)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("11月27日", "date", date(2026, 11, 27)),
        ("2026-11-27", "date", date(2026, 11, 27)),
        ("next Friday", "date", date(2026, 11, 27)),
        ("2026年11月27日下午三点", "date", datetime(2026, 11, 27, 15)),
        ("王总", "name", "王总"),
        ("Mr. Wang", "name", "mr. wang"),
        ("T-12", "code", "t-12"),
        ("#12", "code", "#12"),
        ("C-0001", "code", "c-0001"),
    ],
)
def test_days_names_and_codes(text: str, kind: str, value: object):
    [one] = found(text)
    assert (one.kind, one.value) == (kind, value)


@pytest.mark.parametrize(
    "text",
    [
        "千万不要",
        "十分感谢",
        "万一",
        "请看一下",
        "三期",
        "C30 混凝土",
        "工期",
        "1. 您好",
        "成功",
        "one of us",
    ],
)
def test_what_is_no_figure(text: str):
    assert found(text) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("八成", "78%", True),
        ("八成", "70%", False),
        ("120万", "1,203,000", True),
        ("120万", "1,300,000", False),
        ("60%", "60.4%", True),
        ("80%", "80", False),
        ("周五", "2026-11-20", True),
        ("下周五", "2026-11-27", True),
        ("2026-11-27 15:00", "2026-11-27", False),
    ],
)
def test_the_same_said_another_way(one: str, other: str, same: bool):
    assert figures.same(found(one)[0], found(other)[0]) is same


def test_a_figure_stands_where_it_says():
    text = "预算 120万，用了八成，11月27日完成。"
    assert [text[one.start : one.end] for one in found(text)] == ["120万", "八成", "11月27日"]
