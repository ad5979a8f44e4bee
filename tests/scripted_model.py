"""A language model that says what a test gives it, and keeps what it was asked."""

from collections.abc import Callable
from typing import Any

from bot.app import Program
from bot.contract import Answer, Asked, Heard, NoModel
from tests import play

Says = Callable[[Asked], dict[str, Any] | None]


class Scripted:
    on = True
    masks = False

    def __init__(self, says: Says | dict[str, Any] | None) -> None:
        """None, said or returned: it does not answer."""
        self._says = says
        self.asked: list[Asked] = []

    async def ask(self, asked: Asked, heard: Heard | None = None) -> Answer:
        self.asked.append(asked)
        value = self._says(asked) if callable(self._says) else self._says
        if value is None:
            raise NoModel("the budget is spent")
        return Answer(value, "scripted", 10)


def give(program: Program, says: Says | dict[str, Any] | None) -> Scripted:
    """Let a program think with this model."""
    model = Scripted(says)
    program.thinking._model = lambda: model
    return model


async def think(program: Program) -> None:
    """Do the jobs that wait."""
    while True:
        await program.jobs.run(["default"], wait=False)
        # A worker that finds the machine busy may leave before it has looked.
        left = "SELECT 1 FROM procrastinate_jobs WHERE queue_name = 'default' AND status = 'todo'"
        if not await play.rows(program, f"{left} AND scheduled_at IS NULL"):
            return
