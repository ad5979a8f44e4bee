import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import contexts, firm_words, names


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        (
            "Northgate Falcon Construction Ltd",
            ["northgate falcon construction", "northgate falcon"],
        ),
        ("Summit Engineering Inc.", ["summit engineering"]),
        ("浙江骋黔立路桥集团有限公司", ["浙江骋黔立路桥集团", "骋黔立路桥集团"]),
    ],
)
def test_shorter_forms(name, forms):
    assert names.shorter(name)[: len(forms)] == forms


def test_a_word_of_every_day_is_no_short_form():
    assert "summit" not in names.shorter("Summit Engineering Inc.")


@pytest.mark.parametrize(
    ("text", "name", "full", "other"),
    [
        ("深圳华建装饰有限公司", "华建", "上海华建工程集团有限公司", True),
        ("华建装饰这边", "华建", "上海华建工程集团有限公司", True),
        ("华建集团这边", "华建", "上海华建工程集团有限公司", False),
        ("上海华建的事", "华建", "上海华建工程集团有限公司", False),
        ("华建设备已经收到", "华建", "上海华建工程集团有限公司", False),
        ("about acme robotics ltd", "acme", "Acme Trading Co., Ltd.", True),
        ("about acme trading", "acme", "Acme Trading Co., Ltd.", False),
    ],
)
def test_a_name_that_goes_on_is_anothers(text, name, full, other):
    start = text.index(name)
    assert contexts.goes_on(text, start, start + len(name), full) is other


@pytest.mark.parametrize(
    ("text", "sides"),
    [("我是华建的", 2), ("华建这边", 2), ("扩大华建立", 0), ("和华建立", 1), ("扩华建，好", 1)],
)
def test_sides_of_a_short_name(text, sides):
    start = text.index("华建")
    assert contexts.sides(text, start, start + 2, text) == sides


def test_spaces_that_a_normal_form_loses_still_part_names():
    text = "王工 华建 桥上见"
    norm = names.normal(text)
    start = norm.index("华建")
    assert contexts.sides(norm, start, start + 2, names.folded(text)) == 2


def test_pinyin_that_is_typed_sounds_like_the_name():
    assert names.sound("华建三建") in names.sound_windows(names.normal("Huajian sanjian 的事"))
    assert names.sound_windows("what about the drawings") == frozenset()


@pytest.mark.parametrize("word", ["summit", "阳光", "长城"])
def test_words_of_every_day(word):
    assert firm_words.plain(word)


@given(st.text(max_size=60), st.text(min_size=1, max_size=20))
def test_what_stands_in_a_text_is_among_its_openings(before, name):
    norm = names.normal(name)
    text = names.normal(f"{before} {name}")
    heads = {names.head(norm)}
    for start, head in names.standing(text, heads):
        assert head in heads
        assert 0 <= start < len(text)
    assert all(opening in text for opening in names.openings(text, heads))
