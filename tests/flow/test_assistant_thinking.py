"""What a model writes comes in place of the answer: as it grows, once, and only where members read."""

import asyncio
from typing import Any

from bot.app import Program
from bot.contract import Answer, Asked, Audience, Heard, Notice, Sender
from bot.jobs import thinking
from tests import play
from tests.scripted_model import give, think

LINE = {"text": "客户问验收。", "kind": "ask", "items": [1]}


class Slow:
    """A model that says its answer bit by bit, as fast as it is read."""

    on = True
    masks = False

    def __init__(self, program: Program) -> None:
        self._program = program

    async def ask(self, asked: Asked, heard: Heard | None = None) -> Answer:
        assert heard is not None
        heard("客户问")
        while not await parts(self._program):  # noqa: ASYNC110 - no event tells of a row
            await asyncio.sleep(0)
        return Answer({"lines": [LINE]}, "slow", 10)


async def parts(program: Program) -> list[dict[str, Any]]:
    return await play.rows(
        program, "SELECT notice, place FROM outbox WHERE strpos(key, 'part-') > 0 ORDER BY id"
    )


async def says(program: Program, line: str, **where: Any) -> None:
    actor = await play.actor(program, "陈总")
    own = {
        "channel": "web",
        "chat": f"user-{actor.user_id}",
        "sender": Sender(id=str(actor.user_id), proven=True),
        "private": True,
        "addressed": True,
    }
    await play.file_all(program, play.message(f"say {line}", line, **{**own, **where}))
    await play.send_all(program)


async def test_words_are_shown_in_place_as_they_come(loaded: Program, monkeypatch: Any):
    monkeypatch.setattr(thinking, "EVERY_S", 0)
    await play.file_all(loaded, play.message("a", "什么时候验收？"))
    give(loaded, None)
    await says(loaded, "/总结 #1")
    loaded.thinking._model = lambda: Slow(loaded)
    await think(loaded)
    first = (await parts(loaded))[0]
    assert Notice.model_validate_json(first["notice"]).text == "客户问 …"
    await play.send_all(loaded)
    lines = await play.rows(loaded, "SELECT id, body FROM chat_line ORDER BY id")
    assert len([one for one in lines if "总结" in bytes(one["body"]).decode()]) == 1
    assert "slow" in bytes(lines[-1]["body"]).decode()


async def test_a_draft_for_a_customer_is_never_shown_before_it_is_checked(loaded: Program):
    await play.file_all(loaded, play.message("a", "什么时候验收？"))

    listened: list[bool] = []

    class Hasty:
        on = True
        masks = False

        async def ask(self, asked: Asked, heard: Heard | None = None) -> Answer:
            listened.append(heard is not None)
            return Answer({"text": "预算十万元。", "items": [1]}, "hasty", 1)

    loaded.thinking._model = Hasty
    await says(loaded, "/起草回复 #1")
    await think(loaded)
    assert listened == [False]
    assert await parts(loaded) == []


async def test_in_a_customers_chat_the_answer_goes_to_the_members_own(loaded: Program):
    await play.file_all(loaded, play.message("a", "什么时候验收？"))
    give(loaded, {"lines": [LINE]})
    sender = Sender(id="m-chen", proven=True)
    await says(
        loaded,
        "/总结 #1",
        channel="hook",
        chat="g-huajian",
        sender=sender,
        private=False,
    )
    await think(loaded)
    rows = await play.rows(loaded, "SELECT channel, chat, notice FROM outbox ORDER BY id")
    told = [row for row in rows if "总结" in bytes(row["notice"]).decode()]
    assert len(told) == 2
    assert {row["channel"] for row in told} == {"web"}


async def test_a_chat_that_turned_customer_facing_meanwhile_gets_nothing(loaded: Program):
    await play.file_all(loaded, play.message("a", "什么时候验收？"))
    give(loaded, {"lines": [LINE]})
    sender = Sender(id="m-chen", proven=True)
    where: dict[str, Any] = {"channel": "hook", "chat": "i-p1", "sender": sender, "private": False}
    await says(loaded, "/总结 #1", **where)
    await play.rows(
        loaded, "UPDATE conversation SET audience = 'customer' WHERE chat = 'i-p1' RETURNING id"
    )
    await think(loaded)
    rows = await play.rows(loaded, "SELECT channel, notice FROM outbox WHERE key LIKE 'thought:%'")
    assert [row["channel"] for row in rows] == ["web"]
    notice = Notice.model_validate_json(rows[0]["notice"])
    assert notice.audience is Audience.INTERNAL


async def test_what_a_plain_question_starts_is_confirmed_first(loaded: Program):
    await play.file_all(loaded, play.message("a", "什么时候验收？"))
    done = await loaded.command(
        await play.actor(loaded, "陈总"), "帮我写 #1 的答复", confirmed=False
    )
    assert "请确认" in done.notice.text
    assert await play.rows(loaded, "SELECT 1 FROM interaction WHERE evidence = '{draft}'") == []
