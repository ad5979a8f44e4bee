from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pipeline import pasted

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=ZONE)


def read(text):
    lines = pasted.read(text, NOW, ZONE)
    return lines and [
        (line.name, line.at.strftime("%Y-%m-%d %H:%M:%S"), line.text) for line in lines
    ]


@pytest.mark.parametrize(
    ("head", "at"),
    [
        ("张三 2026/11/20 14:03", "2026-11-20 14:03:00"),
        ("张三 08:03:22", "2026-11-22 08:03:22"),
        ("张三 14:03:22", "2026-11-21 14:03:22"),
        ("张三 11月20日 下午2:03", "2026-11-20 14:03:00"),
        ("张三 12月20日 下午2:03", "2025-12-20 14:03:00"),
        ("2026-11-20 14:03:22 张三", "2026-11-20 14:03:22"),
        ("张三 昨天 14:03", "2026-11-21 14:03:00"),
        ("张三 2026年11月20日 14:03", "2026-11-20 14:03:00"),
        ("张三　2026-11-20  14：03", "2026-11-20 14:03:00"),
        ("\u200e张三 2026-11-20 2:03 PM", "2026-11-20 14:03:00"),
        ("张三: 2026/11/20 14:03", "2026-11-20 14:03:00"),
        ("张三 星期五 14:03", "2026-11-20 14:03:00"),
    ],
)
def test_one_line_under_a_head(head, at):
    assert read(f"{head}\n明天能到货吗？") == [("张三", at, "明天能到货吗？")]


def test_a_talk_of_two_with_long_lines():
    text = "张三 2026/11/20 14:03\n第一行\n第二行\n\nLily Wang 2026/11/20 14:05\nOK，收到 👍\n"
    assert read(text) == [
        ("张三", "2026-11-20 14:03:00", "第一行\n第二行"),
        ("Lily Wang", "2026-11-20 14:05:00", "OK，收到 👍"),
    ]


def test_a_merged_forward_with_day_rules():
    text = "—————  2026-11-19  —————\n\n张三  14:03\n\n到货了吗\n\n—————  2026-11-20  —————\n\n李四  09:00\n到了"
    assert read(text) == [
        ("张三", "2026-11-19 14:03:00", "到货了吗"),
        ("李四", "2026-11-20 09:00:00", "到了"),
    ]


def test_a_title_may_stand_before():
    assert read("项目群的聊天记录\n张三 14:03\n在吗\n李四 14:04\n在") is not None


def test_names_and_colons_alone():
    found = read("张三: 到货了吗\n李四：到了\n还差两箱\n张三: 好")
    assert [(name, text) for name, _, text in found] == [
        ("张三", "到货了吗"),
        ("李四", "到了\n还差两箱"),
        ("张三", "好"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "你好，明天 14:03 开会",
        "开会 14:00\n请准时参加",
        "时间：周五\n地点：会议室",
        "周五 10:00 开会\n带电脑",
        "王总: 请看附件",
        "https://a.example/1\nhttps://b.example/2",
        "张三 2026/13/40 14:03\n内容",
        "1: 先停机\n2: 再断电",
        "张三 2026/11/20 14:03",
    ],
)
def test_what_is_no_talk(text):
    assert pasted.read(text, NOW, ZONE) is None


def test_times_are_in_the_given_zone():
    tokyo = ZoneInfo("Asia/Tokyo")
    lines = pasted.read("张三 2026/11/20 14:03\n好", NOW, tokyo)
    assert lines[0].at == datetime(2026, 11, 20, 14, 3, tzinfo=tokyo)


@given(st.text(max_size=300))
def test_nothing_raises(text):
    pasted.read(text, NOW, ZONE)


@given(
    st.lists(
        st.sampled_from(
            [
                "张三",
                " ",
                "\n",
                "2026-11-20",
                "14:03",
                ":",
                "29:99",
                "—————",
                "2月30日",
                "下午",
                "好",
            ]
        ),
        max_size=20,
    )
)
def test_no_mixture_raises(parts):
    pasted.read("".join(parts), NOW, ZONE)
