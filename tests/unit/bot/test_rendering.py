"""Notices in plain words, for channels that show less, and several as one."""

import pytest

from bot.contract import (
    Audience,
    Button,
    Can,
    Fact,
    Field,
    Form,
    Level,
    Notice,
    Table,
)
from bot.render import merge, plain
from bot.render.degrade import degrade

FORM = Form(
    command="/task new",
    title="新建任务",
    submit="提交",
    fields=(Field(name="name", label="名称", required=True), Field(name="due", label="截止")),
)
FULL = Notice(
    title="标题",
    text="正文",
    facts=(Fact(label="进度", value="60%"),),
    table=Table(columns=("任务", "到期", "谁"), rows=(("布线", "周五", ""),)),
    buttons=(Button(label="打开", url="https://x.example"), Button(label="好", command="/ok")),
    form=FORM,
    note="小字",
)


def test_plain_words_say_everything():
    assert plain.text(FULL) == (
        "标题\n正文\n进度：60%\n布线 · 到期：周五\n打开：https://x.example\n好：回复 /ok\n"
        "新建任务\n回复 /task new <名称> [截止]\n小字"
    )
    english = FULL.model_copy(update={"language": "en"})
    assert "好: reply /ok" in plain.text(english)


@pytest.mark.parametrize("can", [set(), {Can.BUTTONS}, {Can.TABLES, Can.FORMS}, set(Can)])
def test_what_a_channel_cannot_show_is_said_in_words(can: set[Can]):
    less = degrade(FULL, can)
    assert bool(less.buttons) == (Can.BUTTONS in can)
    assert (less.table is not None) == (Can.TABLES in can)
    assert (less.form is not None) == (Can.FORMS in can)
    said = plain.text(less)
    for words in ("布线", "周五", "https://x.example", "/ok", "/task new"):
        assert words in said
    assert degrade(FULL, set(Can)) is FULL


def test_several_notices_become_one_and_none_is_lost():
    notices = [
        Notice(title="一", level=Level.INFO),
        Notice(title="二", level=Level.DANGER, buttons=(Button(label="打开", command="/a"),)),
        Notice(title="三", table=Table(columns=("a",), rows=(("b",),))),
        Notice(title="四", buttons=(Button(label="批准", command="/b", once=True),)),
        Notice(title="五", audience=Audience.CUSTOMER),
        Notice(title="六", language="en"),
        Notice(title="七"),
    ]
    chosen = merge.choose(notices, [False] * 6 + [True])
    assert chosen == [0, 1]
    said = merge.merged([notices[index] for index in chosen])
    assert said.level is Level.DANGER
    for words in ("一", "二", "/a"):
        assert words in plain.text(said)


@pytest.mark.parametrize("alone", [True, False])
def test_a_decision_is_never_merged(alone: bool):
    first = Notice(title="批准", buttons=(Button(label="批准", command="/b", once=not alone),))
    assert merge.choose([first, Notice(title="一")], [alone, False]) == [0]


def test_no_more_go_together_than_a_reader_takes():
    assert len(merge.choose([Notice(title="一")] * 50, [False] * 50)) == merge.MOST
    long = [Notice(text="长" * 1400)] * 5
    assert len(merge.choose(long, [False] * 5)) == 2


def test_what_is_filled_in_ends_no_word():
    assert (
        FORM.line({"name": 'a" due:"x', "due": " ", "other": "y"}) == '/task new name:"a” due:”x"'
    )
