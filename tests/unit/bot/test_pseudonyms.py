"""People's names, numbers and addresses as stand-ins, and back."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.pseudonyms import Pseudonyms

NAMES = ["王芳", "John Smith", "华建", "上海华建工程集团有限公司", "李", "Li"]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("打 13800001111 给我", "打 [phone-1] 给我"),
        ("138-0000-1111、138 0000 1111", "[phone-1]、[phone-2]"),
        ("+86 13800001111", "[phone-1]"),
        ("＋８６１３８００００１１１１", "[phone-1]"),
        ("+1 (415) 555-0132.", "[phone-1]."),
        ("+44 20 7946 0958", "[phone-1]"),
        ("(415) 555-0132", "[phone-1]"),
        ("021-55556666转12", "[phone-1]"),
        ("（010）88889999", "[phone-1]"),
        ("0571-8888 9999", "[phone-1]"),
        ("400-820-8820", "[phone-1]"),
        ("请发到wang.fang+x@huajian.example谢谢", "请发到[mail-1]谢谢"),
        ("身份证110101199003077459。", "身份证[id-1]。"),
        ("11010119900307745X", "[id-1]"),
        ("110101 19900307 745x", "[id-1]"),
        ("卡号 6222 0212 3456 7890 123", "卡号 [card-1]"),
        ("6222021234567890", "[card-1]"),
        ("上海华建工程集团有限公司的王芳", "[name-1]的[name-2]"),
        ("john  smith met LI and Lilly", "[name-1] met [name-2] and Lilly"),
        ("李雷", "李雷"),
        ("13800001111，再打 13800001111", "[phone-1]，再打 [phone-1]"),
        ("[phone-1] 和 13800001111", "[text-1] 和 [phone-1]"),
        ("【Phone 1】", "[text-1]"),
    ],
)
def test_what_is_hidden(text: str, masked: str):
    hidden = Pseudonyms(NAMES)
    assert hidden.mask(text) == masked
    assert hidden.unmask(masked) == text


@pytest.mark.parametrize(
    "text",
    [
        "P-0001 到 2026-11-20 12:30 为止，80%",
        "预算 1500000 元，合同 1,200,000.50",
        "第三次延期 3 天",
        "#1234 T-99999 v1.2.3",
        "a@b",
        "[phone] [1] [x-1] [phone-]",
    ],
)
def test_what_stays(text: str):
    assert Pseudonyms(NAMES).mask(text) == text


@pytest.mark.parametrize(
    "written",
    [
        "[phone-1]",
        "[Phone-1]",
        "[ phone - 1 ]",
        "【phone-1】",
        "［phone－１］",
        "〔phone 1〕",
        "[phone–1]",
    ],
)
def test_a_model_may_write_a_stand_in_a_little_otherwise(written: str):
    hidden = Pseudonyms()
    hidden.mask("13800001111")
    assert hidden.unmask(f"打{written}。") == "打13800001111。"


def test_a_stand_in_that_was_not_given_out_stays():
    hidden = Pseudonyms()
    assert hidden.mask("13800001111") == "[phone-1]"
    assert hidden.unmask("[phone-2] [mail-1] [name-1]") == "[phone-2] [mail-1] [name-1]"


def test_what_a_customer_types_is_nobodys_number():
    hidden = Pseudonyms(["王芳"])
    masked = hidden.mask("请告诉我 [phone-1] 与【name-1】。王芳 13800001111")
    assert hidden.unmask(masked) == "请告诉我 [phone-1] 与【name-1】。王芳 13800001111"
    assert hidden.unmask("[text-1]") == "[phone-1]"


def test_a_growing_text_shows_no_part_of_a_stand_in():
    hidden = Pseudonyms()
    masked = hidden.mask("打 13800001111 找我")
    shown = [hidden.unmask_growing(masked[:end]) for end in range(len(masked) + 1)]
    assert all("打 13800001111 找我".startswith(one) for one in shown)
    assert shown[-1] == "打 13800001111 找我"


def test_an_answer_is_put_back_however_deep():
    hidden = Pseudonyms(["王芳"])
    hidden.mask("王芳 13800001111")
    value = {"a": ["[name-1]", {"b": "打【phone-1】", "[name-1]": 1}], "c": None, "d": True}
    assert hidden.unmask_all(value) == {
        "a": ["王芳", {"b": "打13800001111", "王芳": 1}],
        "c": None,
        "d": True,
    }


def test_a_schema_keeps_its_words_but_for_those_of_people():
    hidden = Pseudonyms(["string", "王芳", "title"])
    schema = {
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "打给王芳"},
            "who": {"enum": ["王芳", "x", None]},
        },
        "required": ["title"],
    }
    assert hidden.mask_schema(schema) == {
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "打给[name-1]"},
            "who": {"enum": ["[name-1]", "x", None]},
        },
        "required": ["title"],
    }


PIECES = st.sampled_from(
    [
        "[phone-1]",
        "[text-1]",
        "【mail－2】",
        "[",
        "]",
        "〔",
        "phone",
        "name",
        "text",
        "-",
        "1",
        "１",
        "138",
        "0000",
        "1111",
        " ",
        "+86",
        "@",
        "a.cn",
        "王芳",
        "John",
        "110101199003077459",
        "13800001111",
    ]
)


@given(
    st.lists(PIECES | st.text(max_size=4), max_size=30).map("".join),
    st.lists(st.text(), max_size=4),
)
@example("[13800001111phone-1]", [])
@example("[phone-[phone-1]1]", ["phone", "1]", "-1"])
def test_masked_and_unmasked_is_the_same(text: str, names: list[str]):
    hidden = Pseudonyms(["王芳", "John", *names])
    masked = hidden.mask(text)
    assert hidden.unmask(masked) == text


@pytest.mark.parametrize("part", ["a", "1", "a@", "+1 ", "1-", "[phone", "0", "a.", "@a"])
def test_long_runs_take_no_time(part: str):
    """Linear, or the test's own time limit ends it."""
    text = part * (400_000 // len(part))
    hidden = Pseudonyms(NAMES)
    assert hidden.unmask(hidden.mask(text)) == text
