"""Plain words that the grammar cannot read: a language model proposes the command, a person decides."""

from collections.abc import Mapping
from typing import Final

from bot import prompting
from bot.commands import console, thoughts, tools
from bot.commands.registry import Ask
from bot.commands.thoughts import Thought
from bot.contract import Answer, Level, Notice
from bot.texts import Text
from storage import talk

USE: Final = console.WORDS
_DAYS: Final = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_NOT = Text(
    "没听懂「{words}」。发送 /帮助 查看全部命令。",
    "“{words}” was not understood. Send /help to see all commands.",
)


async def think(ask: Ask, ids: Mapping[str, int]) -> Thought | None:
    kept = await thoughts.kept(ask, ids)
    if kept is None:
        return None
    facts = {"day": ask.now.date().isoformat(), "weekday": _DAYS[ask.now.weekday()]}
    asked = prompting.prompt(USE).asked(ask.language, kept.line, **facts)
    line, chat = kept.line, kept.chat

    async def done(ask: Ask, answer: Answer) -> Notice:
        found = tools.line(answer.call) if answer.call else None
        if found is None:
            return _nothing(ask, line)
        channel, _, id_ = chat.partition(":")
        ask.chat = await talk.conversation(ask.session, channel, id_) if id_ else None
        # Rights, names and arguments are looked at as if the member had typed it.
        return thoughts.by_model(ask, (await console.propose(ask, found)).notice, answer.model)

    return Thought(
        asked=prompting.with_tools(asked, tools.tools(ask)),
        offline=_nothing(ask, line),
        done=done,
        waits=True,
    )


def _nothing(ask: Ask, line: str) -> Notice:
    return ask.say(_NOT, Level.WARNING, words=line[:40])
