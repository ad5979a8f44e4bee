import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli import evaluating
from bot.pipeline import language, lexicon, sentiment, signals
from bot.pipeline.moods import Sentiment


def score(text):
    return sentiment.score(text, language.detect(text))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("没有延期，按计划走", "neutral"),
        ("不是不满意，就是问一下", "neutral"),
        ("麻烦发一下清单", "neutral"),
        ("这个流程很麻烦，太繁琐了", "negative"),
        ("贵司的地址是哪里", "neutral"),
        ("这也太贵了", "negative"),
        ("诊断报告请发我", "neutral"),
        ("投诉电话是多少", "neutral"),
        ("付款流程怎么走", "neutral"),
        ("价格能不能优惠", "neutral"),
        ("你们真是越来越专业了，改个字要改一个月", "negative"),
        ("第五次推迟了", "negative"),
        ("没人跟进", "negative"),
        ("到现在还没见到样品", "negative"),
        ("非常满意，很专业", "positive"),
        ("没有任何问题，运行稳定", "positive"),
        ("不太满意", "negative"),
        ("The PO is attached, please share it.", "neutral"),
        ("This is the fourth time it broke. Unacceptable.", "negative"),
        ("No issues at all, great work!", "positive"),
        ("support 太 slow 了，没人回", "negative"),
        ("😡😡", "negative"),
        ("👍", "positive"),
    ],
)
def test_the_mood(text, label):
    assert score(text).label == label


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "12345",
        "13800138000",
        "https://a.example/b?c=1",
        "📎",
        "\u200e",
        "見積書をお送りします",
        "……",
    ],
)
def test_what_says_nothing_is_unscored(text):
    assert score(text) == Sentiment("unscored")


def test_the_sentence_that_caused_it_is_named():
    found = score("图纸收到了。水泵又坏了，没人管！周五开会。")
    assert found.label == "negative"
    assert found.because == "水泵又坏了，没人管！"
    assert score("周五开会。").because == ""


@given(st.text(max_size=300), st.sampled_from(["zh", "en", "mix", "other"]))
def test_nothing_raises(text, lang):
    found = sentiment.score(text, lang)
    assert -1 <= found.score <= 1
    assert (found.label == "unscored") <= (found.score == 0)
    signals.find(text, found)


@given(
    st.lists(
        st.sampled_from(
            [
                "不是",
                "没",
                "满意",
                "延期",
                "还",
                "\u200f",
                "🙏",
                "第三次",
                "still",
                "not",
                " ",
                "，",
                "!",
                "İ",
            ]
        ),
        max_size=30,
    )
)
def test_no_mixture_raises(parts):
    evaluating.tell("".join(parts))


@pytest.mark.parametrize(
    "piece",
    [
        "没",
        "不是",
        "又",
        "a",
        "not ",
        "第三次",
        "!",
        "😡",
        "到现在还没，",
        "still ",
        "\n",
        "a@b.",
        "www.",
        "e\u0301",
        "1",
        "《",
        "the no ",
        "老板对",
        "问题基本都",
        "已经",
        "not only ",
        "两",
        "款",
        "能",
        "现场",
        "no ",
    ],
)
def test_a_megabyte_takes_no_longer_than_its_first_part(piece):
    began = time.perf_counter()
    evaluating.tell(piece * (1_000_000 // len(piece)))
    assert time.perf_counter() - began < 2


def test_time_grows_with_length_alone():
    words = random.Random(1).choices([row["text"] for row in evaluating.own()], k=400)
    text = "\n".join(words)
    evaluating.tell(text[:100])

    def took(length):
        began = time.perf_counter()
        evaluating.tell(text[:length])
        return time.perf_counter() - began

    assert min(took(8000) for _ in range(3)) < 8 * min(took(2000) for _ in range(3))


def test_our_own_texts_keep_their_figures():
    figures = evaluating.measure(evaluating.own())
    assert all(true == told for true, told in figures.languages)
    assert figures.macro_f1 > 0.75
    assert figures.label("negative").precision > 0.80
    assert figures.all_signals.precision > 0.85
    assert figures.us < 2000


def test_the_lexicon_is_several_hundred_entries_and_consistent():
    facts, phrases = lexicon.chinese()
    assert len(phrases.strength) > 600
    assert not phrases.negations & set(phrases.strength)
    assert not set(phrases.degrees) & set(phrases.strength)
    assert all(weight for weight, _ in facts.groups)


@pytest.mark.parametrize("name", ["zh_facts.toml", "en_facts.toml", "signals.toml"])
def test_every_repetition_in_a_pattern_is_bounded(name):
    patterns = _strings(lexicon.read(name))
    assert patterns
    for pattern in patterns:
        # A doubling run through a repeated group would take time without end.
        assert not re.search(r"(?<!\\)[*+](?![^\[]*\])", pattern.replace(r"t\+", "")), pattern


def test_patterns_are_cut_where_no_group_or_set_holds_them():
    one = r"a(?:b|c)|[|)]d\||没|[^|\]]"
    assert lexicon._choices(one) == ["a(?:b|c)", r"[|)]d\|", "没", r"[^|\]]"]


def test_a_script_alone_tells_what_both_would_tell():
    """What is not tried on a text could not have matched it."""
    both, latin, han = lexicon.either(
        [r"\d+ (?:late|晚)|又(?:坏|broke)", r"!{2}|\bok\b", "没(?:人)?"]
    )
    for text in ("3 late", "it is ok", "well!!", "nothing"):
        assert lexicon.script_of(text) == lexicon.LATIN
        assert latin.findall(text) == both.findall(text)
    for text in ("又坏了!!", "没人", "3 晚", "好"):
        assert lexicon.script_of(text) == lexicon.HAN
        assert han.findall(text) == both.findall(text)
    assert lexicon.script_of("又broke") == lexicon.BOTH


def _strings(data):
    if isinstance(data, str):
        return [data]
    if isinstance(data, dict):
        data = data.values()
    return [text for part in data for text in _strings(part)] if not isinstance(data, float) else []


def test_fine_weather_is_no_complaint():
    assert sentiment.score("今天天气不错。", "zh").label != "negative"
    assert sentiment.score("系统天天出错，没法用。", "zh").label == "negative"
