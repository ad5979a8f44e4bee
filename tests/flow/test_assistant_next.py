"""Next steps: rules over the record, with reasons and items; put aside for good; worded by a model."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.app import Program
from bot.contract import Notice
from tests import play
from tests.scripted_model import give, think

THEN = datetime.now(UTC) - timedelta(days=3)


def told(notice: Notice) -> str:
    return "\n".join(f"{one.label} {one.value}" for one in notice.facts)


async def complained(program: Program) -> None:
    await play.file_all(
        program, play.message("a", "三期的摄像头第三次坏了，我们要投诉！", sent_at=THEN)
    )


async def test_an_unanswered_complaint_comes_first_with_its_item_and_a_button(loaded: Program):
    await complained(loaded)
    done = await play.run(loaded, "/建议 华建", "韩梅")
    first = done.notice.facts[0].value
    assert "投诉" in first
    assert "已过 3 天没有答复" in first
    assert "[#1]" in first
    assert done.notice.buttons[0].command == "/draft reply #1"
    assert done.notice.note == "离线整理，未用语言模型"


async def test_an_answered_complaint_is_left_alone(loaded: Program):
    await complained(loaded)
    await play.rows(
        loaded,
        """INSERT INTO interaction (channel, kind, direction, message_key, customer_id, conversation_id,
             text, audience, language, sentiment, score, because, mood_sure, mood_by, status, confidence,
             subject, quoted, sender_name, sender_address, sender_proven, occurred_at, received_at,
             brought_in, kept)
           SELECT channel, kind, 'out', 'z', customer_id, conversation_id, '今晚修好', audience, language,
             'unscored', 0, '', 0, '', 'filed', 1, '', '', '李雷', '', false, now(), now(), '', false
           FROM interaction WHERE id = 1 RETURNING id""",
    )
    assert "没有答复" not in told((await play.run(loaded, "/建议 华建")).notice)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE task SET due = current_date - 5 RETURNING id", "催办任务：装摄像头（李雷）"),
        ("UPDATE milestone SET due = current_date - 5 RETURNING id", "里程碑延期：初验（李雷）"),
        (
            "UPDATE interaction SET occurred_at = now() - interval '40 days' RETURNING id",
            "问候上海华建",
        ),
        (
            """INSERT INTO reminder (user_id, text, at, due, source, customer_id, interaction_id, made_at)
               SELECT u.id, '周五前给方案', now(), current_date - 2, 'promise', i.customer_id, i.id, now()
               FROM interaction i, user_account u WHERE i.id = 1 AND u.name = '李雷' RETURNING id""",
            "李雷：兑现承诺",
        ),
    ],
)
async def test_what_is_late_missed_or_silent_is_suggested(loaded: Program, sql: str, expected: str):
    await play.file_all(loaded, play.message("a", "资料收到", sent_at=THEN))
    assert expected not in told((await play.run(loaded, "/建议 华建")).notice)
    await play.rows(loaded, sql)
    assert expected in told((await play.run(loaded, "/建议 华建")).notice)


async def test_a_suggestion_put_aside_does_not_come_again_to_this_member(loaded: Program):
    await complained(loaded)
    done = await play.run(loaded, "/建议 华建", "韩梅")
    [line] = [one.command for one in done.notice.buttons if "complaint" in one.command]
    assert (await play.run(loaded, line, "韩梅")).ok
    assert "没有答复" not in told((await play.run(loaded, "/建议 华建", "韩梅")).notice)
    assert "没有答复" in told((await play.run(loaded, "/建议 华建")).notice)
    assert not (await play.run(loaded, "/忽略建议 华建 complaint:999", "韩梅")).ok


async def test_without_a_customer_it_is_ones_own_three(loaded: Program):
    await complained(loaded)
    await play.rows(loaded, "UPDATE task SET due = current_date - 5 RETURNING id")
    await play.rows(loaded, "UPDATE milestone SET due = current_date - 5 RETURNING id")
    mine = (await play.run(loaded, "/建议", "韩梅")).notice
    assert len(mine.facts) == 3
    assert "1 上海华建" in told(mine)
    assert "没有需要跟进的事" in (await play.run(loaded, "/next", "赵强")).notice.text
    assert "没有找到客户" in await play.said(loaded, "/建议 华建", "赵强")


async def test_a_model_changes_words_and_order_and_no_facts(loaded: Program):
    await complained(loaded)
    await play.rows(loaded, "UPDATE task SET due = current_date - 5 RETURNING id")
    before = (await play.run(loaded, "/建议 华建")).notice
    give(
        loaded,
        {
            "steps": [
                {"number": 2, "text": "催一催李雷装摄像头的事"},
                {"number": 1, "text": "答复王芳，赔偿 20 万"},
                {"number": 7, "text": "送礼"},
            ]
        },
    )
    await play.run(loaded, "/建议 华建")
    await think(loaded)
    after = [one for one in await play.posted(loaded) if one.title == before.title][-1]
    assert len(after.facts) == len(before.facts)
    assert after.facts[0].value.startswith("催一催李雷")
    assert "20 万" not in told(after)
    assert "送礼" not in told(after)
    assert after.facts[1].value == before.facts[0].value
