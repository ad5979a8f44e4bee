import json
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from bot.cli import evaluating
from bot.pipeline import language, sentiment, signals
from bot.pipeline.moods import Sentiment


def find(text):
    return signals.find(text, sentiment.score(text, language.detect(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("第三次延期了，给个说法", {"complaint"}),
        ("没有一次不延期的", {"complaint"}),
        ("It was not only late, the parts were wrong", {"complaint"}),
        ("合同到期我们就不续约了", {"churn"}),
        ("We will not renew the contract.", {"churn"}),
        ("尾款要拖到月底", {"payment"}),
        ("Payment will be delayed until next month", {"payment"}),
        ("能不能再加一个报表功能", {"scope"}),
        ("Could you also add a German version?", {"scope"}),
        ("非常专业，给团队点赞", {"praise"}),
        ("Great job, really impressed", {"praise"}),
        ("请立即派人过来", {"urgency"}),
        ("Please call me back ASAP", {"urgency"}),
    ],
)
def test_a_signal(text, expected):
    assert expected <= set(find(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "没打算换供应商",
        "没说要退款",
        "不用马上处理",
        "不需要新增功能",
        "并不是要投诉",
        "投诉电话是多少",
        "付款流程是怎样的",
        "收到，明天上午十点开会",
        "We are not going to complain.",
        "There is no rush.",
        "The meeting is moved to 3pm.",
        "12345",
    ],
)
def test_no_signal(text):
    assert find(text) == ()


def test_they_are_sorted_names():
    found = find("系统又崩了，马上派人处理，再这样我们就换供应商")
    assert list(found) == sorted(found)
    assert set(found) <= set(signals.NAMES)


def test_what_is_surely_negative_and_of_the_trade_is_a_complaint():
    sure = Sentiment("negative", -0.9, "x", confidence=0.95, familiar=True)
    assert signals.find("x", sure) == ("complaint",)
    assert signals.find("x", replace(sure, confidence=0.6)) == ()
    assert signals.find("x", replace(sure, familiar=False)) == ()


def test_a_complaint_is_plain_by_words_or_beyond_doubt_and_never_by_mood_alone():
    mood = Sentiment("negative", -0.9, "x", hints=("complaint",), confidence=0.95, familiar=True)
    assert not signals.complains(mood)
    assert signals.complains(replace(mood, surely=("complaint",)))
    assert signals.complains(replace(mood, rules=("complaint",)))
    assert not signals.complains(replace(mood, label="neutral", surely=("complaint",)))
    assert signals.complains(Sentiment("unscored"))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("催了四次了，还是没人来修，你们到底管不管？", True),
        ("说好周三来人，等到现在连个电话都没有，太让人失望了", True),
        ("The gate broke again and nobody has answered us for a week.", True),
        ("建筑是第三版，机电还是第二版，先用着", False),
        ("清单里预留了四个，用掉两个", False),
        ("图纸麻烦尽快发一下，工人都在等", False),
        ("Could you send it today? We are a bit short of time.", False),
    ],
)
def test_an_ask_or_a_remark_in_a_low_voice_is_no_plain_complaint(text: str, plain: bool):
    mood = sentiment.score(text, language.detect(text))
    assert ("complaint" in signals.find(text, mood) and signals.complains(mood)) is plain


def test_a_signal_must_not_go_against_the_mood():
    both = Sentiment(
        "negative", -0.5, "x", hints=("praise", "urgency"), rules=("complaint",), familiar=True
    )
    assert signals.find("x", both) == ("complaint", "urgency")
    happy = replace(both, label="positive", hints=("complaint", "scope"), rules=("praise",))
    assert signals.find("x", happy) == ("praise", "scope")
    unscored = Sentiment("unscored", hints=("urgency",))
    assert signals.find("没事", unscored) == ()


def test_what_is_strange_and_speaks_of_no_you_and_us_is_no_complaint():
    strange = Sentiment("negative", -0.5, "x", hints=("complaint", "churn"), rules=("complaint",))
    assert signals.find("the ten biggest failures", strange) == ("churn",)
    assert signals.find("your ten biggest failures", strange) == ("churn", "complaint")
    assert signals.find("贵司的十大败笔", strange) == ("churn", "complaint")


def test_everyday_neutral_texts_raise_no_alarm():
    """Not one in fifty of what a newspaper, a recipe and small talk say."""
    file = Path(__file__).with_name("everyday.txt")
    texts = file.read_text("utf-8").splitlines()
    assert len(texts) >= 80
    assert len([text for text in texts if find(text)]) * 50 <= len(texts)


def test_sarcasm_is_no_praise():
    assert "praise" not in find("真厉害，改一个字改了三天")


def test_counts():
    counts = evaluating.count([(True, True), (True, False), (False, True), (False, False)])
    assert (counts.precision, counts.recall, counts.f1) == (0.5, 0.5, 0.5)


def _fail(why: str) -> NoReturn:
    raise AssertionError(why)


def test_the_figures_are_printed_in_both_languages(tmp_path, capsys):
    file = tmp_path / "some.jsonl"
    file.write_text(
        '{"text": "很满意", "sentiment": "positive", "signals": ["praise"], "lang": "zh"}\n',
        "utf-8",
    )
    evaluating.run(file, "zh", _fail, as_json=False)
    assert "宏平均 F1 1.000" in capsys.readouterr().out
    evaluating.run(file, "en", _fail, as_json=False)
    assert "macro-F1 1.000" in capsys.readouterr().out
    evaluating.run(file, "en", _fail, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["sentiment"]["confusion"]["positive"]["positive"] == 1
    assert told["sentiment"]["accuracy_interval"] == [0.2065, 1.0]
    assert told["signals"]["praise"]["recall"] == 1


@pytest.mark.parametrize("line", ["[]", "{", '{"text": 5}', "x"])
def test_a_line_that_is_not_labelled_is_named(tmp_path, line):
    file = tmp_path / "some.jsonl"
    file.write_text(f'{{"text": "好"}}\n{line}\n', "utf-8")
    with pytest.raises(AssertionError, match="2"):
        evaluating.run(file, "zh", _fail, as_json=False)
    with pytest.raises(AssertionError, match="none"):
        evaluating.run(tmp_path / "none", "zh", _fail, as_json=False)
