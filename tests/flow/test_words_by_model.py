"""Plain words that the grammar cannot read: a model proposes a command, rights and people decide."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.app import Program
from bot.commands import tools
from bot.contract import Answer, Asked, Call, Heard, NoModel, Notice
from bot.people import HOME, own_message
from tests import play
from tests.scripted_model import think

ODD = "烦请把那件摄像头的活儿记成搞定"
"""Nothing that the grammar knows."""


class Proposing:
    """A model that calls one tool, and keeps what it was asked."""

    on = True
    masks = False

    def __init__(self, says: Callable[[Asked], Call | None]) -> None:
        self._says = says
        self.asked: list[Asked] = []

    async def ask(self, asked: Asked, heard: Heard | None = None) -> Answer:
        assert heard is None
        self.asked.append(asked)
        call = self._says(asked)
        return Answer({} if call else {"understood": False}, "proposing", 10, call)


async def told(program: Program, who: str, line: str, says: Callable[[Asked], Call | None]) -> Any:
    """What a member is told in the end, and the model that was asked."""
    model = Proposing(says)
    program.thinking._model = lambda: model
    actor = await play.actor(program, who)
    await play.file_all(program, own_message(HOME, actor, line, program.now()))
    await play.send_all(program)
    await think(program)
    return (await play.posted(program))[-1], model


def call(tool: str, **arguments: str) -> Callable[[Asked], Call | None]:
    return lambda _: Call(tool, arguments)


async def test_what_would_write_is_shown_and_done_after_a_yes(loaded: Program):
    notice, model = await told(loaded, "李雷", ODD, call("task_done", task="T-1"))
    assert "请确认：/完成任务" in notice.text
    assert "T-1" in play.words(notice)
    assert "proposing" in notice.note
    (task,) = await play.rows(loaded, "SELECT done_at FROM task WHERE id = 1")
    assert task["done_at"] is None
    assert model.asked[0].data == ODD
    await play.run(loaded, notice.buttons[0].command, "李雷")
    (task,) = await play.rows(loaded, "SELECT done_at FROM task WHERE id = 1")
    assert task["done_at"] is not None


async def test_what_only_shows_is_shown(loaded: Program):
    notice, _ = await told(loaded, "陈总", ODD, call("project", project="P-0001"))
    assert notice.title.startswith("P-0001")


@pytest.mark.parametrize(
    ("who", "tool", "arguments"),
    [
        ("韩梅", "cost", {"project": "P-0001", "amount": "100", "note": "x"}),
        ("韩梅", "project", {"project": "P-9999"}),
        ("李雷", "yes", {"number": "1"}),
        ("李雷", "no_such_tool", {}),
    ],
)
async def test_a_proposal_gives_nobody_more_than_they_may(
    loaded: Program, who: str, tool: str, arguments: dict[str, str]
):
    before = await play.rows(loaded, "SELECT id FROM cost")
    notice, model = await told(loaded, who, ODD, call(tool, **arguments))
    assert not any("/yes" in button.command for button in notice.buttons)
    assert await play.rows(loaded, "SELECT id FROM cost") == before
    offered = {one.name for one in model.asked[0].tools}
    actor = await play.actor(loaded, who)
    assert ("cost" in offered) == actor.may("money.write")
    assert not {"yes", "no"} & offered


async def test_a_yes_confirms_no_words_that_were_not_understood(loaded: Program):
    notice, _ = await told(loaded, "李雷", ODD, lambda _: None)
    assert "没听懂" in notice.text
    assert "没有等待确认" in await play.said(loaded, "/yes", "李雷")


async def test_a_model_that_is_away_is_told_of_once_and_the_words_are_answered(loaded: Program):
    class Away(NoModel):
        away = True

    def fails(_: Asked) -> Call | None:
        raise Away("the server is in trouble")

    notice, _ = await told(loaded, "李雷", ODD, fails)
    assert "没听懂" in notice.text
    await told(loaded, "李雷", f"{ODD}吧", fails)
    said = [one for one in await play.posted(loaded) if "语言模型暂时不可用" in one.title]
    admins = await play.rows(
        loaded, "SELECT id FROM user_account WHERE 'admin' = ANY(roles) AND active"
    )
    assert len(said) == len(admins) > 0


async def test_a_question_without_a_model_is_looked_up(loaded: Program):
    await play.file_all(loaded, play.message("a", "地下室的吊顶板什么颜色还没定"))
    loaded.thinking._model = lambda: None
    said = (await play.run(loaded, "吊顶板是什么颜色？")).notice
    assert isinstance(said, Notice)
    assert "吊顶板" in play.words(said)
    assert "#1" in play.words(said)


async def test_every_command_is_a_tool_whose_call_is_a_line(loaded: Program):
    from bot.commands.registry import Ask

    async with loaded.db.transaction() as session:
        actor = await play.actor(loaded, "管理员")
        made = tools.tools(Ask(session, actor, loaded.now()))
    names = [one.name for one in made]
    assert len(names) == len(set(names)) > 80
    assert all(len(name) <= 64 and name.replace("_", "").isalnum() for name in names)
    assert tools.line(Call("task_new", {"project": "P-0001", "name": 'say "hi"'})) == (
        '/task new project:"P-0001" name:"say ”hi”"'
    )
    assert tools.line(Call("yes", {})) is None
