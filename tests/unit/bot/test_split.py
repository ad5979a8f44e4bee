"""Long text in pieces: nothing lost, nothing too large, no character in two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render.split import split, utf8


@given(st.text(max_size=400), st.integers(8, 60))
def test_every_piece_fits_and_nothing_is_lost(text: str, most: int):
    for size in (len, utf8):
        pieces = split(text, most, size)
        assert all(size(piece) <= most for piece in pieces)
        assert "".join("".join(pieces).split()) == "".join(text.split())


def test_it_is_cut_where_a_reader_would_pause():
    first, second = "第一段在这里说完。", "第二段很长很长。"
    assert split(f"{first}\n\n{second}", 14) == [first, second]
    assert split("先做这个，再做那个，最后验收", 8) == ["先做这个，", "再做那个，", "最后验收"]
    said = "Version 1.2 is out. It works well."
    assert split(said, 20) == ["Version 1.2 is out.", "It works well."]


def test_an_emoji_stays_whole():
    family, flag = "👩‍👩‍👧‍👦", "👍🏽"
    assert split(family * 3, 9) == [family] * 3
    assert all(piece.startswith("👍") for piece in split(flag * 5, 3))


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
def test_nothing_is_no_piece(text: str):
    assert split(text, 10) == []
