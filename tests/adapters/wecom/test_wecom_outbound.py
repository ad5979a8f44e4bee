"""Notices as WeCom's messages: limits, marks, cards, colours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.wecom import cards, invisible, keys, outbound
from bot.contract import Button, Fact, Field, Form, Level, Notice
from tests.adapters.wecom import content as schema

DO = Button(label="批准", command="/approve 7", primary=True, once=True)


def contents(messages: list[outbound.Message]) -> list[str]:
    return [one[one["msgtype"]]["content"] for one in messages if one["msgtype"] != "template_card"]


def made_cards(messages: list[outbound.Message]) -> list[dict]:
    return [one["template_card"] for one in messages if one["msgtype"] == "template_card"]


@given(st.text(max_size=3000), st.sampled_from([40, 3000]))
def test_every_text_fits_by_bytes_and_ends_with_its_mark(text: str, times: int):
    notice = Notice(text=text.encode("utf-8", "replace").decode() * (times // 40))
    for messages in (outbound.private(notice, "k"), outbound.customer(notice, "k")):
        assert messages
        for message in messages:
            schema.check_content(message, types={"text"})
    for number, content in enumerate(contents(outbound.private(notice, "k"))):
        assert content.endswith(invisible.mark(f"k\n{number}"))


def test_the_same_words_are_another_content_for_another_key_and_the_same_for_the_same():
    notice = Notice(text="到期了")
    assert outbound.private(notice, "a") == outbound.private(notice, "a")
    assert outbound.private(notice, "a") != outbound.private(notice, "b")
    (content,) = contents(outbound.private(notice, "a"))
    assert invisible.unmarked(content) == "到期了"
    assert schema.size(invisible.mark("a")) == invisible.BYTES == 48


def test_marks_of_many_keys_differ():
    assert len({invisible.mark(str(number)) for number in range(5000)}) == 5000


@pytest.mark.parametrize(
    ("level", "sign", "color", "source"),
    [
        (Level.INFO, "", None, 0),
        (Level.GOOD, "✅ ", "info", 3),
        (Level.WARNING, "⚠️ ", "warning", 2),
        (Level.DANGER, "🔴 ", "warning", 2),
    ],
)
def test_a_level_is_a_sign_and_a_colour(level: Level, sign: str, color: str | None, source: int):
    notice = Notice(level=level, title="超期", text="三天", note="内部")
    assert (
        invisible.unmarked(contents(outbound.private(notice, "k"))[0]) == f"{sign}超期\n三天\n内部"
    )
    (markdown,) = outbound.robot(notice)
    told = f'<font color="{color}">{sign}超期</font>' if color else "超期"
    small = '<font color="comment">内部</font>'
    assert markdown["markdown"]["content"] == f"**{told}**\n三天\n{small}"
    (card,) = made_cards(outbound.private(notice.model_copy(update={"buttons": (DO,)}), "k"))
    assert card["source"] == {"desc": "客情助手", "desc_color": source}


def test_a_level_without_a_title_stands_before_the_text():
    assert outbound.words(Notice(level=Level.DANGER, text="出错")) == "🔴 出错"


@pytest.mark.parametrize(
    "text", ["a*b", "[x](y)", "> x", "# x", "<b>", "a_b", "`x`", "1. x", "- x"]
)
def test_words_that_markdown_would_change_go_as_text(text: str):
    (message,) = outbound.group(Notice(title="客户说", text=text))
    assert (message["msgtype"], message["text"]["content"]) == ("text", f"客户说\n{text}")


def test_markdown_that_does_not_go_in_one_goes_as_texts():
    notice = Notice(title="长", text="一句话。" * 400)
    assert {one["msgtype"] for one in outbound.group(notice)} == {"text"}
    for message in outbound.group(notice):
        schema.check_content(message, types={"text"})
    (robot,) = outbound.robot(Notice(title="长", text="一句话。" * 300))
    schema.check_content(robot, types={"markdown"}, markdown=4096)


def test_buttons_are_words_where_nobody_can_tap():
    notice = Notice(title="审批", buttons=(DO, Button(label="打开", url="https://x.example/p")))
    for messages in (
        outbound.group(notice),
        outbound.robot(notice),
        outbound.customer(notice, "k"),
    ):
        (content,) = contents(messages)
        assert "批准：回复 /approve 7" in content
        assert "打开：https://x.example/p" in content


def test_a_short_notice_is_one_card():
    notice = Notice(
        title="审批",
        text="发送进展",
        facts=(Fact(label="项目", value="三期"),),
        buttons=(DO,),
        note="内",
    )
    (message,) = outbound.private(notice, "k")
    card = message["template_card"]
    assert card["main_title"] == {"title": "审批", "desc": "内"}
    assert card["sub_title_text"] == "发送进展"
    assert card["horizontal_content_list"] == [{"keyname": "项目", "value": "三期"}]
    assert card["button_list"] == [{"text": "批准", "style": 1, "type": 0, "key": "0!/approve 7"}]


@pytest.mark.parametrize(
    "more",
    [
        {"title": "题" * 27},
        {"text": "字" * 113},
        {"text": "a\n" * 9},
        {"note": "注" * 31},
        {"facts": (Fact(label="六个字的标签", value="x"),)},
        {"facts": (Fact(label="x", value="值" * 27),)},
        {"facts": tuple(Fact(label=str(n), value="x") for n in range(7))},
        {"facts": (Fact(label="", value="x"),)},
        {"facts": (Fact(label="x", value="a\nb"),)},
    ],
    ids=lambda more: str(more)[:30],
)
def test_what_a_card_cannot_hold_is_told_before_it_in_whole(more: dict):
    notice = Notice(**{"title": "审批", "text": "内容", "buttons": (DO,), **more})
    *texts, card = outbound.private(notice, "k")
    schema.check_card(card["template_card"])
    assert texts
    assert card["template_card"].keys() & {"sub_title_text", "horizontal_content_list"} == set()
    told = "".join(contents(texts))
    for words in (
        notice.title,
        *notice.text.split(),
        notice.note,
        *(f.value for f in notice.facts),
    ):
        assert words in told


def test_a_card_of_a_text_without_title_asks_to_choose():
    (card,) = made_cards(outbound.private(Notice(text="长" * 200, buttons=(DO,)), "k"))
    assert card["main_title"] == {"title": "请选择"}
    (card,) = made_cards(outbound.private(Notice(text="短", buttons=(DO,)), "k"))
    assert (card["main_title"], card["sub_title_text"]) == ({}, "短")


def test_more_than_six_buttons_are_several_cards():
    buttons = tuple(Button(label=str(n), command="/same") for n in range(14))
    found = made_cards(outbound.private(Notice(title="选", buttons=buttons), "k"))
    assert [len(card["button_list"]) for card in found] == [6, 6, 2]
    assert len({card["task_id"] for card in found}) == 3
    for card in found:
        schema.check_card(card)


def test_a_command_is_carried_up_to_1024_bytes_and_told_beyond():
    longest = "/note " + "注" * 338 + "xx"
    assert schema.size(keys.key(0, longest, once=True)) == 1024
    (message,) = outbound.private(
        Notice(text="记", buttons=(Button(label="记", command=longest),)), "k"
    )
    schema.check_card(message["template_card"])
    assert keys.read(message["template_card"]["button_list"][0]["key"]) == (longest, False)
    (message,) = outbound.private(
        Notice(text="记", buttons=(Button(label="记", command=longest + "x"),)), "k"
    )
    assert message["msgtype"] == "text"
    assert longest + "x" in message["text"]["content"]


def test_one_of_two_commands_that_is_too_long_is_told_before_the_card():
    buttons = (DO, Button(label="记", command="/note " + "x" * 1100))
    text, card = outbound.private(Notice(text="选", buttons=buttons), "k")
    assert "/note xxx" in text["text"]["content"]
    assert [one["text"] for one in card["template_card"]["button_list"]] == ["批准"]


def test_a_label_that_is_too_long_is_told_in_whole():
    button = Button(label="这个按钮的文字比十个字要长", command="/x")
    text, card = outbound.private(Notice(text="选", buttons=(button,)), "k")
    assert card["template_card"]["button_list"][0]["text"] == "这个按钮的文字比十…"
    assert "这个按钮的文字比十个字要长" in text["text"]["content"]


def test_an_address_is_opened_not_said():
    buttons = (
        Button(label="打开", url="https://x.example/p"),
        Button(label="长", url="https://" + "x" * 2048),
    )
    *texts, card = outbound.private(Notice(text="选", buttons=buttons), "k")
    assert card["template_card"]["button_list"] == [
        {"text": "打开", "style": 2, "type": 1, "url": "https://x.example/p"}
    ]
    assert "长：https://xxx" in "".join(contents(texts))


def test_an_answer_that_takes_a_cards_place_leaves_one_grey_button():
    card = cards.replacing(Notice(title="已批准", text="已发送"), "k")
    assert card
    schema.check_card(card)
    assert card["replace_text"] == "已处理"
    assert [one["key"] for one in card["button_list"]] == [keys.DONE]
    again = cards.replacing(Notice(title="再选", buttons=(DO,)), "k")
    assert again
    assert "replace_text" not in again


@pytest.mark.parametrize(
    "notice",
    [
        Notice(text="长" * 200),
        Notice(text="选", buttons=(DO,) * 7),
        Notice(text="选", buttons=(Button(label="x", command="/x" * 600),)),
    ],
)
def test_an_answer_that_needs_more_room_takes_no_cards_place(notice: Notice):
    assert cards.replacing(notice, "k") is None


def test_a_form_is_told_as_its_command():
    form = Form(
        command="/task new", title="新建", submit="好", fields=(Field(name="n", label="名称"),)
    )
    for messages in (
        outbound.private(Notice(text="x", form=form), "k"),
        outbound.robot(Notice(text="x", form=form)),
    ):
        assert "回复 /task new [名称]" in contents(messages)[0]


def test_english_is_english():
    notice = Notice(text="x" * 999, buttons=(DO,), language="en")
    (card,) = made_cards(outbound.private(notice, "k"))
    assert (card["source"]["desc"], card["main_title"]["title"]) == ("Keqing", "Please choose")


def test_nothing_to_say_is_still_a_message():
    assert contents(outbound.group(Notice(text=" \n"))) == ["…"]
