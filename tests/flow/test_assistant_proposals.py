"""Drafts of proposals: what the customer asked for, with the items; what is open stays open."""

import asyncio

import pytest

from bot.app import Program
from bot.contract import Answer, Asked, Heard, Notice
from tests import play
from tests.scripted_model import give, think

ASK = "请再加一个门禁系统，和三期一起验收。"


async def wanted(program: Program) -> None:
    await play.file_all(program, play.message("a", ASK))
    assert (await play.run(program, "/备注 C-0001 他们预算紧张但很着急上线")).ok


def fact(notice: Notice, label: str) -> str:
    return next((one.value for one in notice.facts if one.label == label), "")


async def test_without_a_model_the_asks_stand_in_it_and_gaps_where_people_decide(loaded: Program):
    await wanted(loaded)
    shown = (await play.run(loaded, "/起草方案 华建 门禁升级", "韩梅")).notice
    assert "主题：门禁升级" in fact(shown, "背景")
    assert "60%" in fact(shown, "背景")
    assert f"{ASK} [#1]" in fact(shown, "目标")
    assert "____" in fact(shown, "方案")
    assert fact(shown, "报价") == "· ____"
    assert "预算紧张" not in play.words(shown)
    assert "100000" not in play.words(shown)
    assert shown.note == "离线整理，未用语言模型"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("为华建建设门禁系统", "为华建建设门禁系统 [#1]"),
        ("12月15日前完成 8 个门", "____前完成 ____ 个门 [#1]"),
        ("预算 100000 元以内", ""),
        ("考虑到他们预算紧张但很着急", ""),
        ("参考 Acme 的做法", ""),
    ],
)
async def test_a_models_proposal_is_checked_as_replies_are(loaded: Program, text: str, kept: str):
    await wanted(loaded)
    model = give(loaded, {"lines": [{"text": text, "section": "goal", "items": [1]}]})
    assert (await play.run(loaded, "/draft proposal 华建 门禁")).ok
    await think(loaded)
    shown = (await play.posted(loaded))[-1]
    assert text in fact(shown, "目标") if text in kept else text not in fact(shown, "目标")
    assert kept in fact(shown, "目标")
    assert ("没有采用" in shown.text) is (kept == "")
    (asked,) = model.asked
    assert "预算紧张" not in asked.data + asked.system
    assert "100000" not in asked.data + asked.system


async def test_a_proposal_is_no_reply_to_send(loaded: Program):
    await wanted(loaded)
    await play.run(loaded, "/起草方案 华建")
    (row,) = await play.rows(loaded, "SELECT id FROM interaction WHERE evidence = '{draft}'")
    assert not (await play.run(loaded, f"/draft use #{row['id']} 好的")).ok
    assert (await play.run(loaded, f"/draft drop #{row['id']}")).ok


async def test_a_model_that_takes_its_time_is_waited_for(loaded: Program):
    await wanted(loaded)
    model = give(loaded, {"lines": [{"text": "门禁", "section": "goal", "items": [1]}]})
    at_once = model.ask

    async def slowly(asked: Asked, heard: Heard | None = None) -> Answer:
        await asyncio.sleep(1.2)
        return await at_once(asked, heard)

    model.ask = slowly
    assert (await play.run(loaded, "/draft proposal 华建 门禁")).ok
    await think(loaded)
    assert "门禁" in play.words((await play.posted(loaded))[-1])
