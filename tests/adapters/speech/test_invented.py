"""What models make up is left out; what people say, however like it, stays."""

import pytest

from adapters.speech.invented import invented, repeats


@pytest.mark.parametrize(
    "text",
    [
        "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
        "請不吝點贊 訂閱 轉發 打賞支持明鏡與點點欄目",
        "字幕由 Amara.org 社区提供",
        "中文字幕由Amara.org社区提供",
        "Subtitles by the Amara.org community",
        "字幕志愿者 杨茜茜",
        "优优独播剧场——YoYo Television Series Exclusive",
        "。。。",
        "♪ ♪",
        "",
    ],
)
def test_what_nobody_says(text):
    assert invented(text, 0.05, -0.2)
    assert invented(text)


@pytest.mark.parametrize(
    "text",
    [
        "谢谢观看",
        "謝謝大家的收看！",
        "感谢观看。",
        "我们下期再见",
        "下次视频再见",
        "请订阅我的频道",
        "字幕由志愿者提供",
        "Thanks for watching!",
        "Thank you so much for watching.",
        "Please subscribe to my channel.",
        "See you in the next video.",
        "Transcription by CastingWords",
        "[Music]",
        "you",
    ],
)
def test_what_is_hardly_said_needs_somebody_who_spoke(text):
    assert invented(text, 0.5, -0.3)
    assert not invented(text, 0.05, -0.3)


@pytest.mark.parametrize("text", ["谢谢观看。", "Thank you for watching!", "Please subscribe."])
def test_engines_that_doubt_nothing_are_doubted(text):
    assert invented(text)


@pytest.mark.parametrize(
    "text",
    [
        "谢谢观看我们的展厅",
        "好的好的好的，我知道了",
        "对对对对，好的好的",
        "字幕由我们公司制作，下周交付。",
        "我们的字幕是用 amara.org 做的，您看可以吗？",
        "请订阅我们的项目周报。",
        "下次再见",
        "下期工程款什么时候付？",
        "感谢大家",
        "谢谢",
        "明镜公司那边请不吝赐教",
        "Thank you for watching over the site.",
        "Bye.",
        "Please subscribe three more seats.",
        "Music lessons are on hold.",
        "不行不行不行不行，这个不行",
        "一二三四五六七八九十",
        "13800001111",
    ],
)
@pytest.mark.parametrize("no_speech", [0.05, 0.5, None])
def test_what_people_say_stays(text, no_speech):
    assert not invented(text, no_speech, -0.3)


def test_words_on_silence_need_confidence():
    assert invented("您好", 0.9, -1.5)
    assert not invented("您好", 0.9, -0.3)
    assert not invented("您好", 0.1, -1.5)


def test_repeats():
    assert repeats("字幕字幕字幕字幕字幕字幕字幕")
    assert repeats("thank you " * 20)
    assert not repeats("好的好的，我明天给您回电话")
