"""Questions over one's own data: answered word for word or by a model, never beyond one's rights."""

import pytest

from bot.app import Program
from bot.contract import Notice
from tests import play
from tests.scripted_model import give, think

PAYS = "进度款 30 万我们下个月付。"


async def talked(program: Program) -> None:
    await play.file_all(
        program,
        play.message("a", f"您好。{PAYS}谢谢。"),
        play.message("b", "三期的摄像头又坏了。"),
        play.message("c", "Please send the SLA of the portal.", sender="u-john", chat="g-acme"),
    )


def told(notice: Notice) -> str:
    return "\n".join(one.value for one in notice.facts)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("问 华建的进度款什么时候付？", f"{PAYS} [#1]"),
        ("/ask what about the SLA of the portal?", "Please send the SLA of the portal. [#3]"),
        ("/问 摄像头怎么了", "三期的摄像头又坏了。 [#2]"),
    ],
)
async def test_without_a_model_the_sentence_that_fits_is_quoted(
    loaded: Program, line: str, expected: str
):
    await talked(loaded)
    done = await play.run(loaded, line)
    assert expected in told(done.notice)
    assert done.notice.note == "离线整理，未用语言模型"


@pytest.mark.parametrize(
    ("line", "who"),
    [
        ("/问 华建的进度款什么时候付", "赵强"),
        ("/问 进度款 30 万", "赵强"),
        ("/ask SLA of the portal", "韩梅"),
        ("/问 Acme 的摄像头", "韩梅"),
        ("/问 Warehouse portal 的摄像头", "韩梅"),
        ("/问 火星基地的电梯", "陈总"),
        ("/问 什么时候", "赵强"),
    ],
)
async def test_what_one_may_not_see_is_not_found(loaded: Program, line: str, who: str):
    await talked(loaded)
    assert (await play.run(loaded, line, who)).notice.text == "没有找到依据。"


async def test_a_model_answers_from_the_items_and_cites(loaded: Program):
    await talked(loaded)
    model = give(loaded, {"lines": [{"text": "客户下个月付 30 万进度款。", "items": [1]}]})
    await play.run(loaded, "/问 华建的进度款什么时候付", "韩梅")
    await think(loaded)
    shown = (await play.posted(loaded))[-1]
    assert "客户下个月付 30 万进度款。 [#1]" in told(shown)
    assert "scripted" in shown.note
    (asked,) = model.asked
    assert "SLA" not in asked.data
    assert "华建的进度款" in asked.system
    (job,) = await play.rows(loaded, "SELECT args::text AS args FROM procrastinate_jobs")
    assert "进度款" not in job["args"]


@pytest.mark.parametrize(
    "line",
    [
        {"text": "客户已经付清。", "items": []},
        {"text": "客户已经付清。", "items": [3]},
        {"text": "客户付 80 万。", "items": [1]},
    ],
)
async def test_an_answer_that_rests_on_nothing_is_none(loaded: Program, line: dict[str, object]):
    await talked(loaded)
    give(loaded, {"lines": [line]})
    await play.run(loaded, "/问 华建的进度款什么时候付", "韩梅")
    await think(loaded)
    assert (await play.posted(loaded))[-1].text == "没有找到依据。"
