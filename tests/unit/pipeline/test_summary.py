"""The gist of a talk: whole sentences of it, the weightiest, in their order."""

from datetime import date

from bot.pipeline import summary

DAY = date(2026, 11, 20)
SAID = (
    "您好您好。今天天气不错。这已经是第三次延期了，我们很不满意。",
    "明白。我们周五前把图纸发给您。预算还差三万元。",
    "请你们把样板间的照片也发一下。好的。什么时候验收？嗯嗯。大概就是这样。",
)


def test_what_counts_is_told_word_for_word_and_in_order():
    found = summary.lines(SAID, DAY)
    assert len(found) == 5
    whole = "".join(SAID)
    places = [whole.index(one) for one in found]
    assert places == sorted(places)
    for words in ("第三次延期", "周五前", "三万元", "照片", "验收"):
        assert any(words in one for one in found), words
    assert not any("天气" in one for one in found)


def test_a_short_talk_is_its_own_summary():
    assert summary.lines(["今天就到这里吧。"], DAY) == ("今天就到这里吧。",)


def test_silence_has_none():
    assert summary.lines([], DAY) == ()
    assert summary.lines(["嗯。", " "], DAY) == ()


def test_what_is_said_twice_is_told_once():
    assert summary.lines(["请尽快处理。", "请尽快处理。"], DAY) == ("请尽快处理。",)
