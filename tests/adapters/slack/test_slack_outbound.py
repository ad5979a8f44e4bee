"""Notices within Slack's limits: nothing is lost, nothing is refused by its rules."""

import json
import random
from datetime import date, timedelta
from typing import Any

import pytest

from adapters.slack import buttons, outbound, taps, views
from bot.contract import (
    Button,
    Choice,
    Fact,
    Field,
    FieldKind,
    Form,
    Level,
    Notice,
    Refused,
    Table,
)
from tests.adapters.slack import blockkit
from tests.adapters.slack.harness import LI, WANG, Slack


def shown(notice: Notice) -> tuple[list[dict[str, Any]], str]:
    """The messages, each within the rules, and all that is to be read of them."""
    found = outbound.messages(notice)
    for body in found:
        blockkit.message(body)
        assert 0 < len(body["text"]) <= 4000
    blockkit.view(outbound.home(notice))
    return found, "\n".join(blockkit.words(body["blocks"]) for body in found)


def letters(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("size", [1, 2997, 2998, 2999, 3000, 3001, 11_999, 40_001])
@pytest.mark.parametrize("char", ["长", "&", "<", "\x07", '"', "👩‍👩‍👧‍👦", "a "])
def test_text_of_any_length_is_whole(size: int, char: str):
    text = (char * size)[:size]
    _, words = shown(Notice(text=text))
    assert letters(words) == letters(text)


def test_random_notices_are_whole():
    rng = random.Random(7)
    pieces = [
        "客户",
        "<!here>",
        "&amp;",
        "\n",
        "*b*",
        "https://x.cn",
        " ",
        "。",
        "🎉",
        "\u202e",
        '"',
    ]

    def some(most: int) -> str:
        return "".join(rng.choice(pieces) for _ in range(rng.randrange(most)))

    for _ in range(60):
        columns = rng.randrange(1, 25)
        notice = Notice(
            level=rng.choice(list(Level)),
            title=some(100),
            text=some(6000) + "x",
            facts=tuple(Fact(label=some(30), value=some(800)) for _ in range(rng.randrange(25))),
            table=Table(
                columns=tuple(f"c{n}" for n in range(columns)),
                rows=tuple(
                    tuple(some(30) for _ in range(columns)) for _ in range(rng.randrange(130))
                ),
            ),
            buttons=tuple(
                Button(label=some(60), command="/x " + some(900)) for _ in range(rng.randrange(30))
            ),
            note=some(900),
            language=rng.choice(["zh", "en"]),
        )
        _, words = shown(notice)
        words = letters(words)
        assert letters(notice.title) in words
        assert letters(notice.note) in words
        for fact in notice.facts:
            assert letters(fact.value) in words
        for button in notice.buttons:
            assert letters(button.label) in words
        assert notice.table
        for row in notice.table.rows:
            for cell in row:
                assert letters(cell) in words


def test_a_title_beyond_a_header_stands_whole():
    for size in (148, 149, 150, 151, 4000):
        body, words = shown(Notice(title="题" * size, level=Level.DANGER))
        assert letters(words).strip("🔴*").replace("*", "") == "题" * size
        assert (body[0]["blocks"][0]["type"] == "header") == (size <= 148)


def test_levels_can_be_told_apart():
    heads = {shown(Notice(title="t", level=level))[1] for level in Level}
    assert len(heads) == len(Level)
    assert shown(Notice(text="x", level=Level.DANGER))[1].startswith("🔴")


def test_a_notice_without_words_is_refused():
    with pytest.raises(Refused):
        outbound.messages(Notice())


def test_facts_stand_in_two_columns_of_ten():
    notice = Notice(facts=tuple(Fact(label=f"l{n}", value=f"v{n}") for n in range(23)))
    (body,), words = shown(notice)
    assert [len(block["fields"]) for block in body["blocks"]] == [10, 10, 3]
    assert "*l22*\nv22" in words


def test_a_table_is_a_table_with_its_heading_on_every_message():
    rows = tuple((f"任务{n}", "", "明天") for n in range(250))
    found, words = shown(Notice(table=Table(columns=("任务", "谁", "到期"), rows=rows)))
    tables = [block for body in found for block in body["blocks"] if block["type"] == "table"]
    assert len(found) == len(tables) > 2
    assert all(table["rows"][0][0]["text"] == "任务" for table in tables)
    assert sum(len(table["rows"]) - 1 for table in tables) == 250
    assert all(f"任务{n} – 明天" in words for n in range(250))


def test_a_table_that_slack_cannot_hold_is_lines():
    wide = Table(columns=tuple(f"c{n}" for n in range(21)), rows=(tuple("x" * 21),))
    (body,), words = shown(Notice(table=wide))
    assert [block["type"] for block in body["blocks"]] == ["section"]
    assert "c20: x" in words or "c20：x" in words
    home = outbound.home(Notice(table=Table(columns=("a", "b"), rows=(("1", "2"),))))
    assert [block["type"] for block in home["blocks"]] == ["section"]


def test_buttons_stand_on_the_last_message():
    found, _ = shown(
        Notice(text="长。" * 8000, buttons=(Button(label="好", command="/ok"),), note="小字")
    )
    assert len(found) > 1
    assert [bool(blockkit.buttons(body["blocks"])) for body in found] == [False] * (
        len(found) - 1
    ) + [True]
    assert found[-1]["blocks"][-1]["type"] == "actions"


def test_a_buttons_value_stays_within_slacks_limit():
    edge = buttons.MOST_VALUE - len(buttons.value(Button(label="x", command="")))
    (body,), words = shown(Notice(text="x", buttons=(Button(label="a", command="c" * edge),)))
    assert len(blockkit.buttons(body["blocks"])[0]["value"]) == 2000
    command = "c" * (edge + 1)
    (body,), words = shown(Notice(text="x", buttons=(Button(label="a", command=command),)))
    assert blockkit.buttons(body["blocks"]) == []
    assert command in words


@pytest.mark.parametrize(
    "url", ["ftp://x", "javascript:alert(1)", "https://a b", "https://" + "x" * 3000]
)
def test_an_address_that_slack_does_not_take_is_words(url: str):
    (body,), words = shown(Notice(text="x", buttons=(Button(label="看", url=url),)))
    assert blockkit.buttons(body["blocks"]) == []
    assert letters(url) in letters(words)


def test_a_long_label_stands_whole_in_the_text():
    label = "很长的标签" * 20
    (body,), words = shown(Notice(text="x", buttons=(Button(label=label, command="/x"),)))
    assert len(blockkit.buttons(body["blocks"])[0]["text"]["text"]) == 75
    assert label in words


def test_more_buttons_than_a_row_holds():
    many = tuple(
        Button(label=f"b{n}", command=f"/x {n}", url="" if n % 2 else "https://x.cn")
        for n in range(60)
    )
    found, _ = shown(Notice(text="x", buttons=many))
    assert sum(len(blockkit.buttons(body["blocks"])) for body in found) == 60


FIELDS = (
    Field(name="name", label="任务", required=True, value="旧的"),
    Field(name="note", label="说明", kind=FieldKind.LONG),
    Field(name="due", label="截止", kind=FieldKind.DATE, value="2026-12-01"),
    Field(
        name="level",
        label="等级",
        kind=FieldKind.CHOICE,
        value="high",
        choices=(Choice(value="high", label="高"), Choice(value="low", label="低")),
    ),
)
FORM = Form(command="/task new", title="新建任务", submit="提交", fields=FIELDS)
WHERE = {"g": "C0INNER01", "t": "", "p": ""}


def opened(form: Form, language: str = "zh") -> dict[str, Any]:
    value = buttons.form_value(form, language)
    assert len(value) <= 2000
    view = views.modal(buttons.read(value), WHERE)
    blockkit.view(view)
    return view


def test_a_form_becomes_a_modal_with_what_is_filled_in():
    view = opened(FORM)
    assert buttons.read_form(buttons.read(buttons.form_value(FORM, "zh"))) == FORM
    elements = {block["block_id"]: block["element"] for block in view["blocks"]}
    assert [elements[name]["type"] for name in ("name", "note", "due", "level")] == [
        "plain_text_input",
        "plain_text_input",
        "datepicker",
        "static_select",
    ]
    assert elements["name"]["initial_value"] == "旧的"
    assert (elements["name"]["multiline"], elements["note"]["multiline"]) == (False, True)
    assert elements["due"]["initial_date"] == "2026-12-01"
    assert elements["level"]["initial_option"]["value"] == "high"
    assert [block["optional"] for block in view["blocks"]] == [False, True, True, True]
    assert view["submit"]["text"] == "提交"


def choices(number: int, size: int = 3) -> Form:
    made = tuple(Choice(value=f"{n:0{size}}", label=f"第{n}") for n in range(number))
    field = Field(name="c", label="选", kind=FieldKind.CHOICE, choices=made)
    return FORM.model_copy(update={"fields": (field,)})


@pytest.mark.parametrize(
    ("number", "kind"), [(0, "plain_text_input"), (1, "static_select"), (100, "static_select")]
)
def test_choices_are_chosen(number: int, kind: str):
    (block,) = opened(choices(number))["blocks"]
    assert block["element"]["type"] == kind


def test_more_than_a_hundred_choices_come_in_groups():
    value = json.loads(
        buttons.packed(
            {"c": "/x", "f": [["c", "", "choice", 0, "", [[str(n)] for n in range(101)]]]}
        )
    )
    view = views.modal(value, WHERE)
    blockkit.view(view)
    groups = view["blocks"][0]["element"]["option_groups"]
    assert [(one["label"]["text"], len(one["options"])) for one in groups] == [
        ("1–100", 100),
        ("101–101", 1),
    ]


@pytest.mark.parametrize("form", [choices(400), choices(3, 80)])
def test_choices_that_slack_cannot_hold_are_typed(form: Form):
    (block,) = opened(form)["blocks"]
    assert block["element"]["type"] == "plain_text_input"
    assert block["label"]["text"] == "选"


def test_a_form_too_big_for_a_button_keeps_its_command_and_names():
    fields = tuple(Field(name=f"f{n}", label="标" * 90, value="值" * 90) for n in range(20))
    form = FORM.model_copy(update={"fields": fields})
    view = opened(form)
    assert [block["block_id"] for block in view["blocks"]] == [f"f{n}" for n in range(20)]
    state = {
        "values": {f"f{n}": {"v": {"type": "plain_text_input", "value": str(n)}} for n in range(20)}
    }
    told = {
        "type": "view_submission",
        "user": {"id": WANG},
        "view": {**view, "id": "V1", "state": state},
    }
    (message,) = taps.submitted({**told, "received_at": "1763712000"}, b"")
    assert message.text == form.line({f"f{n}": str(n) for n in range(20)})
    huge = tuple(Field(name="f" * 40 + str(n), label="") for n in range(60))
    with pytest.raises(Refused):
        outbound.messages(Notice(form=FORM.model_copy(update={"fields": huge})))


@pytest.mark.parametrize(
    "value", ["", "morgen", "2026-02-30", "2026-13-01", "20261201", "２０２６-01-01"]
)
def test_a_date_that_is_none_is_left_open(value: str):
    field = Field(name="d", label="日", kind=FieldKind.DATE, value=value)
    (block,) = opened(FORM.model_copy(update={"fields": (field,)}))["blocks"]
    assert "initial_date" not in block["element"]


def test_long_words_of_a_form_are_within_the_rules():
    fields = (Field(name="n", label="标签" * 400, value="x" * 900),)
    form = Form(command="/x", title="很长的标题" * 10, submit="提交" * 20, fields=fields)
    for language in ("zh", "en"):
        view = opened(form, language)
        assert view["blocks"][0]["text"]["text"] == f"*{form.title}*"


@pytest.mark.parametrize(
    "value", ["", "{}", "[]", "x", "[" * 10_000, '{"c":7}', '{"c":""}', "null"]
)
def test_a_value_that_is_none_of_ours_is_no_command(value: str):
    with pytest.raises(ValueError):
        buttons.read(value)


async def test_a_form_in_a_group_is_answered_there():
    from bot.contract import Target

    async with Slack().running() as slack:
        slack.inside.delivered.clear()
        due = str(date(2026, 12, 1) + timedelta(days=1))
        await slack.adapter.send(Target(chat=slack.inner), Notice(text="填", form=FORM), key="k")
        (shown,) = slack.shown(slack.inner)
        assert (shown.buttons, shown.fields) == (("填写",), ("name", "note", "due", "level"))
        assert (
            await slack.fill(LI, {"name": "x", "due": due, "level": "low"}, chat=slack.inner) == 200
        )
        (message,) = slack.inside.delivered
        assert (message.chat, message.private, message.direct) == (slack.inner, False, LI)
        assert message.text == FORM.line({"name": "x", "due": due, "level": "low"})


async def test_a_modal_that_slack_does_not_open_is_no_failure_of_ours():
    from bot.contract import Target

    async with Slack().running() as slack:
        await slack.adapter.send(Target(chat=WANG), Notice(text="填", form=FORM), key="k")
        slack.space.fails["views.open"] = [{"ok": False, "error": "expired_trigger_id"}]
        message, button = slack._button(WANG, lambda one: one["action_id"] == "form:0")
        assert await slack.interact(slack.tapped(WANG, WANG, message, button)) == 200
        assert slack.inside.delivered == slack.inside.rejected == []
