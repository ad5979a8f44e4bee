"""Typed lines → words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.command_line import Word, folded, is_command, said, split, value_of


def texts(line: str) -> list[str]:
    return [word.text for word in split(line)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/客户 华建", ["客户", "华建"]),
        ("／客户　华建", ["客户", "华建"]),
        ("  /  客户\t华建\n ", ["客户", "华建"]),
        ("customer acme", ["customer", "acme"]),
        ("任务，P-0001、明天；修", ["任务", "P-0001", "明天", "修"]),
        ('a "two words" b', ["a", "two words", "b"]),
        ("a 'two words' b", ["a", "two words", "b"]),
        ("a “两 个” b", ["a", "两 个", "b"]),
        ("a ‘两 个’ b", ["a", "两 个", "b"]),
        ("a 「两 个」 b", ["a", "两 个", "b"]),
        ("a 『两 个』 b", ["a", "两 个", "b"]),
        ("a 《两 个》 b", ["a", "两 个", "b"]),
        ("“『里』”", ["『里』"]),
        ("what's new", ["what's", "new"]),
        ("'tis new", ["'tis", "new"]),
        ("“never closed on and on", ["never closed on and on"]),
        ('""', [""]),
        ("/", []),
        ("", []),
        (" \u3000，；", []),
        ("//x", ["/x"]),
        ("http://x.example/a:b", ["http://x.example/a:b"]),
    ],
)
def test_words(line: str, words: list[str]):
    assert texts(line) == words


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("due:friday", "due", "friday"),
        ("DUE=friday", "due", "friday"),
        ("截止：周五", "截止", "周五"),
        ("ｄｕｅ：周五", "due", "周五"),
        ('note:"two words"', "note", "two words"),
        ("备注：「两 个」", "备注", "两 个"),
        ("a:b:c", "a", "b:c"),
        ("chat:hook:room", "chat", "hook:room"),
        ("10:30", "", "10:30"),
        ("https://x.example", "", "https://x.example"),
        (":x", "", ":x"),
        ("x:", "", "x:"),
        ("“due:friday”", "", "due:friday"),
    ],
)
def test_keys_and_their_values(line: str, key: str, value: str):
    (word,) = split(line)
    assert word.key == key
    assert (value_of(word) if key else word.text) == value


def test_what_stands_in_quotes_is_text_and_nothing_else():
    assert split("“@li due:fri”") == [Word("@li due:fri", quoted=True)]


@pytest.mark.parametrize(
    ("line", "is_one"),
    [("/help", True), ("／帮助", True), ("  /x", True), ("help", False), ("a/b", False), ("", False)],
)  # fmt: skip
def test_a_command_begins_with_a_slash_of_either_width(line: str, is_one: bool):
    assert is_command(line) is is_one


def test_full_width_letters_and_digits_are_made_plain():
    assert folded("Ｐ－０００１") == "P-0001"


@given(
    st.text(st.sampled_from("ab\"'“”‘’「」『』《》:：=/／ 　，；\n@#中\x00\ud800é"), max_size=60)
)
def test_whatever_is_typed_splits(line: str):
    words = split(line)
    for word in words:
        value_of(word)
        assert word.text in line
    if line.strip() and not words:
        assert set(line) <= set("/／ 　，、；\n\t\r")


@given(st.text())
def test_any_text_at_all_splits(line: str):
    assert all(isinstance(word, Word) for word in split(line))


@given(st.lists(st.text(st.sampled_from("ab c中:="), min_size=1), max_size=6))
def test_quoted_words_come_back_as_they_were(words: list[str]):
    assert texts("x " + " ".join(f"「{word}」" for word in words)) == ["x", *words]


def test_a_text_keeps_what_stands_between_its_words():
    line = "/note 客户说，先看样板间、再定。\n第二行  有空格；done"
    assert said(split(line)[1:]) == "客户说，先看样板间、再定。\n第二行  有空格；done"
