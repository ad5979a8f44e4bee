"""Summaries: chosen from the items without a model, written with one, each line with its items."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.app import Program
from bot.contract import Notice, Sender
from tests import play
from tests.scripted_model import give, think

NOW = datetime.now(UTC) - timedelta(hours=1)
DUE = (NOW + timedelta(days=9)).date()
ASK = f"麻烦补一份三期的验收资料，{DUE:%Y年%m月%d日}之前要。"
LINE = {"text": "客户要验收资料。", "kind": "ask", "items": [1]}


async def talked(program: Program) -> None:
    await play.file_all(
        program,
        play.message("a", "三期的摄像头第三次坏了，我们非常不满意！", sent_at=NOW),
        play.message("b", ASK, sent_at=NOW),
        play.message("c", "我们下个月付进度款 30 万元。", sent_at=NOW),
    )


def fact(notice: Notice, label: str) -> str:
    return next((one.value for one in notice.facts if one.label == label), "")


async def chats(program: Program, line: str, who: str = "陈总") -> None:
    """A member says a line in their own chat, and its answer arrives."""
    actor = await play.actor(program, who)
    said = play.message(
        f"line-{line}",
        line,
        channel="web",
        chat=f"user-{actor.user_id}",
        sender=Sender(id=str(actor.user_id), proven=True),
        private=True,
        addressed=True,
        sent_at=NOW,
    )
    await play.file_all(program, said)
    await play.send_all(program)


async def summed_up(program: Program) -> list[Notice]:
    """The summaries that stand in members' chats."""
    lines = await play.rows(program, "SELECT body FROM chat_line ORDER BY id")
    notices = [Notice.model_validate_json(line["body"]) for line in lines]
    return [one for one in notices if one.title.startswith("总结")]


async def test_without_a_model_the_lines_stand_in_the_items_word_for_word(loaded: Program):
    await talked(loaded)
    done = await play.run(loaded, "总结 华建")
    shown = play.words(done.notice)
    assert f"{ASK} [#2]" in shown
    assert "u-wang" not in fact(done.notice, "要点")
    assert "30 万元。 [#3]" in fact(done.notice, "承诺")
    assert "[#1]" in fact(done.notice, "情绪")
    assert f"{DUE.year}年{DUE.month}月{DUE.day}日" in fact(done.notice, "接下来")
    assert done.notice.note == "离线整理，未用语言模型"
    cited = [
        line
        for label in ("要点", "客户在等的", "承诺")
        for line in fact(done.notice, label).split("\n")
    ]
    assert all("[#" in line for line in cited if line)
    english = await play.run(loaded, "summary C-0001 30", "Emma")
    assert english.notice.note == "put together without a language model"


async def test_an_ask_that_was_made_a_task_waits_no_longer(loaded: Program):
    await talked(loaded)
    assert (await play.run(loaded, "/task new P-0001 资料 item:#2")).ok
    shown = (await play.run(loaded, "总结 华建")).notice
    assert ASK not in fact(shown, "客户在等的")


async def test_the_thread_of_an_item_is_summed_up(loaded: Program):
    await talked(loaded)
    shown = await play.said(loaded, "总结 #2")
    assert "总结：#2" in shown
    assert "第三次坏了" in shown


async def test_nobody_sums_up_what_they_may_not_see(loaded: Program):
    await talked(loaded)
    assert "没有找到" in await play.said(loaded, "总结 #2", "赵强")
    assert ASK not in await play.said(loaded, "总结 Acme", "赵强")
    assert ASK in await play.said(loaded, "总结 华建", "韩梅")


async def test_a_model_writes_it_in_place_of_the_answer(loaded: Program):
    await talked(loaded)
    model = give(loaded, {"lines": [LINE]})
    await chats(loaded, "/总结 华建")
    (before,) = await summed_up(loaded)
    await think(loaded)
    await play.send_all(loaded)
    (shown,) = await summed_up(loaded)
    assert before.note.startswith("离线整理；语言模型正在写")
    assert "客户要验收资料。 [#1]" in fact(shown, "客户在等的")
    assert "scripted" in shown.note
    (asked,) = model.asked
    assert "[#2] " in asked.data
    assert ASK not in asked.system
    assert asked.user_id == (await play.actor(loaded, "陈总")).user_id


async def test_a_job_that_runs_twice_answers_once(loaded: Program):
    await talked(loaded)
    model = give(loaded, {"lines": [LINE]})
    await chats(loaded, "/总结 华建")
    (job,) = await play.rows(
        loaded, "SELECT args FROM procrastinate_jobs WHERE task_name = 'thinking'"
    )
    await loaded.thinking.run(**job["args"])
    await loaded.thinking.run(**job["args"])
    assert len(model.asked) == 1
    assert len(await play.rows(loaded, "SELECT id FROM outbox WHERE key LIKE 'thought:%'")) == 1


@pytest.mark.parametrize(
    "line",
    [
        {**LINE, "items": []},
        {**LINE, "items": [999]},
        {**LINE, "text": "客户答应付 80 万元。", "items": [3]},
        {**LINE, "text": "  [#1] "},
    ],
)
async def test_a_line_that_rests_on_nothing_is_left_out(loaded: Program, line: dict[str, object]):
    await talked(loaded)
    give(loaded, {"lines": [line]})
    await play.run(loaded, "总结 华建")
    await think(loaded)
    shown = (await play.posted(loaded))[-1]
    assert ASK in fact(shown, "客户在等的")
    assert shown.note == "离线整理，未用语言模型"


async def test_a_model_that_does_not_answer_leaves_the_offline_answer_and_says_so(loaded: Program):
    await talked(loaded)
    give(loaded, None)
    await chats(loaded, "/总结 华建")
    await think(loaded)
    await play.send_all(loaded)
    (shown,) = await summed_up(loaded)
    assert ASK in fact(shown, "客户在等的")
    assert shown.note == "离线整理，未用语言模型"


async def test_rights_are_those_of_the_moment(loaded: Program):
    await talked(loaded)
    model = give(loaded, {"lines": [LINE]})
    assert (await play.run(loaded, "总结 华建", "韩梅")).ok
    await play.rows(
        loaded, "UPDATE customer SET owner_id = NULL WHERE code = 'C-0001' RETURNING id"
    )
    await think(loaded)
    assert model.asked == []
    assert await play.rows(loaded, "SELECT id FROM outbox WHERE key LIKE 'thought:%'") == []


async def test_a_model_that_must_not_read_names_reads_none(loaded: Program):
    await talked(loaded)
    await play.file_all(loaded, play.message("d", "请王芳和李雷 13800001111 对接。", sent_at=NOW))
    model = give(loaded, {"lines": [{"text": "[name-1] 要对接", "kind": "what", "items": [4]}]})
    model.masks = True
    await play.run(loaded, "总结 华建")
    await think(loaded)
    (asked,) = model.asked
    assert not [name for name in ("王芳", "李雷", "13800001111") if name in asked.data]
    assert "[#4]" in asked.data
