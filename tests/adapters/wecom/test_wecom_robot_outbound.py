"""Notices as the robot's markdown and cards: every limit, and nothing that becomes markup."""

import pytest

from adapters.wecom import robot_outbound
from bot.contract import Button, Fact, Form, Level, Notice
from bot.render.split import utf8
from tests.adapters.wecom.robot_stand_in import RobotLine, check_message
from tests.contract.harness import TEXTS


def shown(notice: Notice) -> str:
    made = robot_outbound.messages(notice, "k")
    for message in made:
        check_message(message)
    return "".join(RobotLine("c", message).shown().text for message in made)


@pytest.mark.parametrize("name", [name for name in TEXTS if name != "blank"])
def test_texts_survive(name: str):
    text = TEXTS[name].strip()
    assert shown(Notice(text=text)) == text


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("P_0001 2*3", "P_0001 2\\*3"),
        ("<b> [x](http://evil.example)", "\\<b> \\[x](http://evil.example)"),
        ("# a\n> b\n---\n#1", "\\# a\n\\> b\n\\---\n#1"),
        ("_a_ ~~b~~ `c`", "\\_a\\_ \\~~b\\~~ \\`c\\`".replace("\\~~ ", "\\~~ ")),
        ("a\\*b C:\\x", "a\\\\\\*b C:\\x"),
        ("- 一\n- 二", "- 一\n- 二"),
    ],
)
def test_words_are_not_taken_for_markup(text: str, made: str):
    assert robot_outbound.escaped(text) == made


def test_the_title_is_bold_and_the_level_a_sign():
    notice = Notice(
        level=Level.DANGER, title="风险 *1*", text="正文", facts=(Fact(label="a", value="b"),)
    )
    (message,) = robot_outbound.messages(notice, "k")
    assert message["markdown"]["content"].startswith("**🔴 风险 \\*1\\***\n正文")


def test_a_cut_lies_outside_of_an_escape():
    for pad in range(3):
        text = "x" * pad + "*" * 30_000
        made = robot_outbound.messages(Notice(text=text), "k")
        assert all(utf8(one["markdown"]["content"]) <= robot_outbound.MOST for one in made)
        assert shown(Notice(text=text)) == text


def test_buttons_are_cards_and_the_rest_words():
    many = tuple(Button(label=f"第{n}个", command=f"/x {n}") for n in range(8))
    made = robot_outbound.messages(Notice(title="t", text="长" * 500, buttons=many), "k")
    assert [one["msgtype"] for one in made] == ["markdown", "template_card", "template_card"]
    for one in made:
        check_message(one)
    long = Button(label="长", command="/x " + "y" * 1100)
    made = robot_outbound.messages(Notice(title="t", buttons=(long,)), "k")
    assert [one["msgtype"] for one in made] == ["markdown"]
    assert "/x yyy" in made[0]["markdown"]["content"]


def test_one_message_is_one_message_whatever_it_holds():
    many = tuple(Button(label=f"第{n}个", command=f"/x {n}") for n in range(8))
    form = Form(command="/task new", title="新任务", submit="好", fields=())
    for notice in (
        Notice(),
        Notice(title="t", buttons=many[:3]),
        Notice(title="t", buttons=many),
        Notice(title="t", text="*" * 90_000, buttons=many),
        Notice(title="t", form=form),
    ):
        check_message(robot_outbound.one(notice, "k"))


def test_a_changed_card_keeps_its_task():
    body, whole = robot_outbound.replacing(Notice(title="已批准"), "k", "task1")
    assert (body["template_card"]["task_id"], whole) == ("task1", True)
    body, whole = robot_outbound.replacing(Notice(title="t", text="长" * 900), "k", "task1")
    assert (body["template_card"]["task_id"], whole) == ("task1", False)
