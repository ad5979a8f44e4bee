"""Notices of every size and sort, against the stand-in's reading of Feishu's limits."""

import json
import re

import pytest

from adapters.feishu import outbound
from bot.contract import (
    Button,
    Choice,
    Fact,
    Field,
    FieldKind,
    Form,
    Level,
    Notice,
    Table,
    Target,
)
from tests.adapters.feishu import card_schema
from tests.contract.harness import TEXTS

CHAT = Target(chat="oc_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
EVIL = '</div><at id=all></at> <at user_id="all">x</at> **b** [a](https://e.example) "\\\n`#_~&amp;'


def sent(notice: Notice, target: Target = CHAT) -> list[tuple[str, dict]]:
    """Kind and content of each message, checked as Feishu does."""
    made = []
    for call in outbound.calls(target, notice, "k" * 300):
        assert len(call.body.get("uuid", "")) <= 50
        size = len(json.dumps(call.body, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        kind = call.body.get("msg_type", "interactive")
        made.append((kind, card_schema.check(kind, call.body["content"], size)))
    return made


def words(notice: Notice) -> str:
    """All that is read, without the titles that number several cards."""
    shown = "\n".join(card_schema.seen(kind, body)[0] for kind, body in sent(notice))
    return re.sub(r"(?m)^.*（\d+/\d+）\n", "", shown)


def bare(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("title", ["", "标题"])
def test_every_text_survives(text: str, title: str):
    assert bare(text) in bare(words(Notice(title=title, text=text)))


@pytest.mark.parametrize("title", ["", "标题"])
def test_quotes_and_backslashes_take_more_room_and_still_fit(title: str):
    text = '"\\\n' * 60_000
    assert words(Notice(title=title, text=text)).count('"') == 60_000


def test_lone_surrogates_and_nul_do_not_break_it():
    notice = Notice(
        title="\ud83d", text="a\x00b\ud83d", facts=(Fact(label="\udc00", value="\x00"),)
    )
    assert "a\N{REPLACEMENT CHARACTER}b" in words(notice)


def test_customers_words_mention_nobody_and_link_nowhere():
    button = Button(label=EVIL, command="/x")
    table = Table(columns=(EVIL, "b"), rows=((EVIL, EVIL),))
    notice = Notice(
        title=EVIL[:40],
        text=EVIL,
        facts=(Fact(label="l", value=EVIL), Fact(label="", value=EVIL)),
        table=table,
        buttons=(button,),
        note=EVIL,
    )
    for _, card in sent(notice):
        tags = {one["tag"] for one in card_schema.walk(card) if "tag" in one}
        assert not tags & {"markdown", "lark_md", "at"}
    ((kind, body),) = sent(Notice(text=EVIL))
    assert kind == "post"
    assert card_schema.seen(kind, body)[0] == EVIL


def test_plain_words_are_a_text_message():
    ((kind, body),) = sent(Notice(text="进度 60%\n下周验收 a < b"))
    assert (kind, body) == ("text", {"text": "进度 60%\n下周验收 a < b"})


@pytest.mark.parametrize(
    ("level", "colour", "mark"),
    [
        ("info", "blue", ""),
        ("good", "green", "✅"),
        ("warning", "orange", "⚠️"),
        ("danger", "red", "🔴"),
    ],
)
def test_the_level_is_a_colour_or_a_sign(level: str, colour: str, mark: str):
    ((_, card),) = sent(Notice(title="t", text="x", level=Level(level)))
    assert card["header"]["template"] == colour
    assert words(Notice(text="x", level=Level(level))) == f"{mark} x".strip()


def test_a_title_that_would_be_cut_stands_below_in_full():
    title = "很长的标题" * 60
    assert title in words(Notice(title=title, text="x"))


@pytest.mark.parametrize(
    "notice", [Notice(), Notice(title="t"), Notice(note="n"), Notice(text=" ")]
)
def test_a_notice_of_almost_nothing_is_a_message(notice: Notice):
    assert len(sent(notice)) == 1


def test_many_facts_go_over_several_cards():
    facts = tuple(Fact(label=f"标签{n}", value=f"值{n}。") for n in range(200))
    notice = Notice(title="t", facts=facts, buttons=(Button(label="好", command="/ok"),))
    cards = sent(notice)
    assert len(cards) > 5
    assert cards[0][1]["header"]["title"]["content"] == f"t（1/{len(cards)}）"
    shown = [card_schema.seen(kind, body) for kind, body in cards]
    assert [buttons for _, buttons, _ in shown if buttons] == [("好",)]
    assert shown[-1][1] == ("好",)
    assert all(f"值{n}。" in "".join(text for text, *_ in shown) for n in range(200))


@pytest.mark.parametrize(
    ("columns", "rows", "cell"), [(3, 1000, 12), (50, 40, 5), (51, 5, 5), (3, 20, 9000), (1, 1, 1)]
)
def test_a_table_of_any_size_loses_no_cell(columns: int, rows: int, cell: int):
    table = Table(
        columns=tuple(f"列{n}" for n in range(columns)),
        rows=tuple(
            tuple(f"{row}.{n}." + "字" * cell for n in range(columns)) for row in range(rows)
        ),
    )
    shown = bare(words(Notice(title="t", table=table)))
    for row in table.rows:
        assert all(one in shown for one in row)


def test_a_table_without_rows_or_columns_does_no_harm():
    assert sent(Notice(title="t", table=Table(columns=("a", "b"), rows=())))
    assert sent(Notice(title="t", table=Table(columns=(), rows=())))


def test_a_command_that_no_card_holds_is_written_out():
    command = "/note " + "长" * 30_000
    notice = Notice(title="t", buttons=(Button(label="记", command=command),))
    assert bare(command) in bare(words(notice))
    assert not any(card_schema.seen(*one)[1] for one in sent(notice))


def test_a_long_command_fits_a_button():
    command = "/note " + "长" * 1500
    ((kind, card),) = sent(Notice(title="t", buttons=(Button(label="记", command=command),)))
    (button,) = (one for one in card_schema.walk(card) if one.get("tag") == "button")
    assert button["behaviors"][0]["value"] == {"c": command}
    assert kind == "interactive"


def test_many_buttons_and_links():
    buttons = tuple(
        Button(label=f"第{n}个", command=f"/x {n}", url="https://e.example" if n % 2 else "")
        for n in range(100)
    )
    shown = [label for one in sent(Notice(title="t", buttons=buttons)) for label in _buttons(one)]
    assert shown == [button.label for button in buttons]


def _buttons(one: tuple[str, dict]) -> tuple[str, ...]:
    return card_schema.seen(*one)[1]


def form(*fields: Field) -> Notice:
    return Notice(
        text="还缺", form=Form(command="/task new", title="新建", submit="提交", fields=fields)
    )


def inputs(notice: Notice) -> dict[str, dict]:
    found = [
        one
        for _, card in sent(notice)
        for one in card_schema.walk(card)
        if one.get("tag") in card_schema.IN_FORM
    ]
    return {one["name"]: one for one in found}


def test_a_form_has_a_field_of_each_kind():
    choices = (Choice(value="a", label="甲"), Choice(value="b", label="乙"))
    notice = form(
        Field(name="name", label="任务", required=True, value="装摄像头"),
        Field(name="note", label="说明", kind=FieldKind.LONG),
        Field(name="due", label="截止", kind=FieldKind.DATE, value="2026-12-01"),
        Field(name="who", label="谁", kind=FieldKind.CHOICE, choices=choices, value="b"),
        Field(name="any", label="任意", kind=FieldKind.CHOICE),
    )
    made = inputs(notice)
    assert [one["tag"] for one in made.values()] == [
        *("input", "input", "date_picker", "select_static", "input")
    ]
    assert (made["name"]["required"], made["name"]["default_value"]) == (True, "装摄像头")
    assert made["note"]["input_type"] == "multiline_text"
    assert (made["due"]["initial_date"], made["who"]["initial_index"]) == ("2026-12-01", 2)
    for label in ("任务", "说明", "截止", "谁", "甲", "乙", "提交", "新建", "还缺"):
        assert label in words(notice)


def test_a_value_too_long_for_a_field_stands_above_it():
    long = "旧的说明。" * 400
    notice = form(Field(name="note", label="说明", kind=FieldKind.LONG, value=long))
    assert "default_value" not in inputs(notice)["note"]
    assert bare(long) in bare(words(notice))


def test_a_form_of_many_long_values_still_fits_one_card():
    fields = (Field(name=f"f{n}", label=f"字段{n}", value="值" * 900) for n in range(12))
    assert len(inputs(form(*fields))) == 12


def test_a_form_that_no_card_holds_is_said_in_words():
    notice = form(*(Field(name=f"f{n}", label=f"字段{n}" * 9) for n in range(300)))
    assert inputs(notice) == {}
    assert "/task new" in words(notice)


def test_more_choices_than_a_menu_holds_are_typed():
    choices = tuple(Choice(value=f"P-{n:04}", label="项目" * 20) for n in range(3000))
    made = inputs(form(Field(name="p", label="项目", kind=FieldKind.CHOICE, choices=choices)))
    assert made["p"]["tag"] == "input"


def test_where_it_goes():
    notice = Notice(text="x")
    (call,) = outbound.calls(CHAT, notice, "k")
    assert (call.path, call.params) == ("im/v1/messages", {"receive_id_type": "chat_id"})
    (call,) = outbound.calls(Target(chat="ou_1"), notice, "k")
    assert call.params == {"receive_id_type": "open_id"}
    (call,) = outbound.calls(Target(chat="on_1"), notice, "k")
    assert call.params == {"receive_id_type": "union_id"}
    (call,) = outbound.calls(Target(chat="oc_1", thread="om_1"), notice, "k")
    assert (call.path, call.body["reply_in_thread"]) == ("im/v1/messages/om_1/reply", True)
    (call,) = outbound.calls(Target(chat="oc_1", place="../x"), notice, "k")
    assert (call.method, call.path) == ("PATCH", "im/v1/messages/..%2Fx")
    assert set(call.body) == {"content"}


def test_every_part_has_a_uuid_of_its_own_and_always_the_same():
    notice = Notice(text="长" * 200_000)
    first, again = (outbound.calls(CHAT, notice, "k") for _ in range(2))
    ids = [call.body["uuid"] for call in first]
    assert ids == [call.body["uuid"] for call in again]
    assert len(set(ids)) == len(ids) > 1
    assert ids[0] != outbound.calls(CHAT, notice, "k2")[0].body["uuid"]
