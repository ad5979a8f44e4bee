"""Questions over one's own data: answered from what the asker may see, with the items."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from bot import prompting
from bot.assistant import answers, brief, material
from bot.assistant.material import Line, Said
from bot.commands import cards, thoughts
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.commands.thoughts import Thought
from bot.contract import Answer, Button, Notice
from bot.domain import names
from bot.texts import Text
from storage import customers, projects, uses
from storage.uses import Called

USE: Final = "ask"
_GIVEN: Final = 20
"""Items that a model reads."""
_LINE: Final = 200
_LONGEST: Final = 500
_NOTHING = Text("没有找到依据。", "Nothing was found to rest an answer on.")


@command(
    "ask",
    zh="问",
    reads=True,
    permission="talk.read",
    aliases=("提问", "question"),
    help=Text(
        "问自己看得到的往来，答案注明依据",
        "ask about what you may see; answers name their items",
    ),
)
async def ask_(ask: Ask, question: Annotated[Rest, Text("问题", "question")]) -> Notice:
    words = question.strip()[:_LONGEST]
    if not words:
        raise CommandError(Text("请写下问题。", "Write down your question."))
    said, about = await _found(ask, words)
    if not said:
        return ask.notice(title=words, text=ask.t(_NOTHING))
    number = await thoughts.keep(ask, words)
    offline = _notice(ask, words, answers.offline(about, said[: answers.MOST]), said)
    return await thoughts.begin(ask, offline, USE, line=number)


async def think(ask: Ask, ids: Mapping[str, int]) -> Thought | None:
    kept = await thoughts.kept(ask, ids)
    if kept is None:
        return None
    said, about = await _found(ask, kept.line)
    if not said:
        return None
    words = kept.line

    async def done(ask: Ask, answer: Answer) -> Notice:
        lines = answers.written(answer.value, said)
        if not lines:
            return thoughts.by_model(
                ask, ask.notice(title=words, text=ask.t(_NOTHING)), answer.model
            )
        return thoughts.by_model(ask, _notice(ask, words, lines, said), answer.model)

    asked = prompting.prompt(USE).asked(
        ask.language,
        material.shown(said, ask.language),
        question=" ".join(words.split()),
        day=ask.now.date().isoformat(),
    )
    offline = _notice(ask, words, answers.offline(about, said[: answers.MOST]), said)
    return Thought(asked, offline, done, await thoughts.people(ask, said), streams=True)


async def _found(ask: Ask, question: str) -> tuple[list[Said], answers.Asked]:
    """The items that a question is about, the best first; none where it names what the asker may not
    see, just as where there is nothing.
    """
    norm = names.normal(question)
    called = _standing_alone(norm, await uses.called(ask.session, norm))
    whose = [one.customer_id for one in called]
    which = [one.project_id for one in called if one.project_id is not None]
    scope = ask.actor.scope
    seen = {one.id for one in await customers.with_ids(ask.session, scope, whose)}
    open_ = {one.id for one in await projects.with_ids(ask.session, scope, which)}
    asked = answers.asked(question, [one.norm for one in called])
    if any(
        one.customer_id not in seen if one.project_id is None else one.project_id not in open_
        for one in called
    ):
        return [], asked
    rows = await uses.matching(
        ask.session,
        scope,
        asked.words,
        customers={one.customer_id for one in called if one.project_id is None},
        projects=open_,
    )
    return answers.best(asked, [thoughts.said(ask, row) for row in rows], _GIVEN), asked


def _standing_alone(norm: str, called: Sequence[Called]) -> list[Called]:
    """Names that say whom a question is about: no everyday words, none within a longer one."""
    found: list[Called] = []
    for one in called:
        edge = r"(?<![a-z0-9]){}(?![a-z0-9])" if one.norm[:1].isascii() else "{}"
        if one.norm in names.GENERIC or not re.search(edge.format(re.escape(one.norm)), norm):
            continue
        if not any(one.norm in other.norm and one.norm != other.norm for other in found):
            found.append(one)
    return found


def _notice(ask: Ask, question: str, lines: Sequence[Line], said: Sequence[Said]) -> Notice:
    known = {one.id: one for one in said}
    facts = [
        (_label(ask, known[line.items[0]]), thoughts.lines([brief.shorter(line, _LINE)]))
        for line in lines
    ]
    numbers = list(dict.fromkeys(id_ for line in lines for id_ in line.items))
    return ask.notice(
        title=question,
        facts=facts,
        buttons=[Button(label=f"#{one}", command=f"/item #{one}") for one in numbers[:4]],
    )


def _label(ask: Ask, one: Said) -> str:
    return " ".join(filter(None, (cards.day(one.at.date(), ask.language), one.who)))
