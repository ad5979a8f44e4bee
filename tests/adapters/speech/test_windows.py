"""Where a recording is cut into windows, and what is converted in them."""

import numpy as np
import pytest

from adapters.speech import script, turns, windows
from adapters.speech.turns import Turn
from adapters.speech.whisper import _segment
from bot.contract import Segment, Word


def test_turns_that_end_together_stay_together():
    """A window ends at a time: what ends at that time can't be on both sides of it."""
    found = [Turn(0, 1), Turn(0, 2), Turn(1, 2, 1), Turn(2, 3)]
    assert [len(batch) for batch in windows._batches(found, 2)] == [3, 1]
    assert [len(batch) for batch in windows._batches(found, 1)] == [1, 2, 1]
    assert list(windows._batches([], 2)) == []


def test_words_are_converted_as_their_sentence_is():
    words = tuple(Word(start=n, end=n + 1, text=text) for n, text in enumerate("头发发展"))
    said = Segment(start=0, end=4, text="头发发展", words=words)
    told = script.in_one_script(said, "traditional", "zh")
    assert told.text == "頭髮發展"
    assert "".join(word.text for word in told.words) == told.text
    assert [(word.start, word.end) for word in told.words] == [(n, n + 1) for n in range(4)]


class Told:
    """A segment or a word as faster-whisper tells it."""

    def __init__(self, start, end, word, words=()):
        self.start, self.end, self.word, self.words = start, end, word, words
        self.text, self.avg_logprob = word, -0.1


@pytest.mark.parametrize(
    ("times", "told"),
    [
        ([(0.5, 1.0), (1.0, 1.5)], [(10.5, 11.0), (11.0, 11.5)]),
        ([(-1.0, 1.0), (0.8, 9.0)], [(10.0, 11.0), (11.0, 12.0)]),
        ([(1.004, 0.5), (0.2, 0.3)], [(11.0, 11.0), (11.0, 11.0)]),
        ([(7.0, 8.0), (8.0, 9.0)], [(12.0, 12.0), (12.0, 12.0)]),
    ],
)
def test_times_stay_in_order_and_within_their_turn(times, told):
    words = [Told(start, end, "字") for start, end in times]
    segment = _segment(Told(-0.3, 30.0, "字字", words), Turn(10.0, 12.0), "agent")
    assert (segment.start, segment.end) == (10.0, 12.0)
    assert [(word.start, word.end) for word in segment.words] == told


def test_hot_words_that_do_not_fit_are_left_out_whole():
    assert windows.capped(["aa", "bbbbbb", "cc"], lambda line: len(line) <= 5) == "aa cc"
    assert windows.capped([" ", ""], lambda _: True) == ""


def test_turns_come_in_the_order_of_their_ends():
    """Short turns of one side within a long one of the other: the long one ends last."""
    long, short = np.zeros(700, np.float32), np.zeros(700, np.float32)
    long[0:600] = 1
    for begin in (100, 300, 620):
        short[begin : begin + 40] = 1
    alike = np.zeros(700, np.float32)
    found = turns._turns([long, short], [alike, alike], [0, 1], 22.4, packed=False)
    assert [turn.channel for turn in found] == [1, 1, 0, 1]
    assert [turn.end for turn in found] == sorted(turn.end for turn in found)
