"""The shape of a talk, and when each sentence of it was said."""

from bot.contract import Segment, Transcript, Word
from bot.pipeline import hearing


def talk(*parts: tuple[float, float, str, str]) -> Transcript:
    segments = tuple(Segment(start=a, end=b, speaker=who, text=said) for a, b, who, said in parts)
    return Transcript(language="zh", duration_s=100, segments=segments)


def test_the_mood_is_that_of_the_customers_side():
    said = talk((0, 5, "agent", "你们太糟糕了"), (5, 9, "customer", "谢谢，很满意"))
    assert hearing.customers_words(said) == "谢谢，很满意"
    assert "糟糕" in hearing.customers_words(talk((0, 5, "", "太糟糕了")))


def test_the_curve_remembers_what_came_before():
    said = hearing.turns(
        talk((0, 5, "customer", "这已经是第三次延期了，太差了"), (10, 15, "customer", "好的"))
    )
    ((first, low), (second, later)) = hearing.curve(said)["customer"]
    assert (first, second) == (0, 10)
    assert low < -0.3
    assert low < later < 0


def test_a_sentence_is_where_its_first_word_is():
    words = tuple(
        Word(start=at, end=at + 1, text=text)
        for at, text in ((0, "好的。"), (20, "周五"), (21, "见"))
    )
    segment = Segment(start=0, end=28, speaker="", text="好的。周五见", words=words)
    (turn,) = hearing.turns(Transcript(language="zh", duration_s=30, segments=(segment,)))
    assert hearing.second_of(turn, "周五见") == 20
    bare = segment.model_copy(update={"words": ()})
    (turn,) = hearing.turns(Transcript(language="zh", duration_s=30, segments=(bare,)))
    assert hearing.second_of(turn, "周五见") == 14


def test_silence_is_counted_from_whoever_spoke_last():
    shape = hearing.shape(
        talk((0, 30, "a", "长话"), (5, 8, "b", "嗯"), (40, 50, "b", "短"), (50, 60, "a", "好"))
    )
    assert (shape.silence_s, shape.silence_at, shape.talk_over) == (10, 30, 1)


def test_nothing_said_has_no_shape():
    shape = hearing.shape(talk())
    assert (shape.shares, shape.silence_s, shape.talk_over) == ((), 0, 0)
