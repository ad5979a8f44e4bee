"""What the past days of a customer or a project came to, or the thread of an item."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Final

from bot import prompting
from bot.assistant import brief, material
from bot.assistant.brief import Line
from bot.assistant.material import Said
from bot.commands import cards, minutes, thoughts
from bot.commands.registry import Ask, CommandError, command
from bot.commands.thoughts import Thought
from bot.contract import Answer, Button, Notice
from bot.domain import mood
from bot.texts import Text
from storage import customers, projects, talk, uses
from storage.tables import Customer, Interaction, Project

USE: Final = "summary"
_DAYS: Final = 7
_MOST_DAYS: Final = 90
_AROUND: Final = timedelta(hours=24)
"""A chat without threads: what was said so long before and after an item belongs to it."""
_AHEAD: Final = timedelta(days=30)
_LINE: Final = 160
_DATES: Final = 3
_TITLE = Text("总结：{who}", "Summary: {who}")
_PAST = Text("总结：{who}（近 {days} 天）", "Summary: {who} (past {days} days)")
_NONE = Text("近 {days} 天没有往来。", "Nothing was said in the past {days} days.")
_KINDS: Final[Mapping[str, Text]] = {
    "what": Text("要点", "In short"),
    "ask": Text("客户在等的", "The customer waits for"),
    "promise": Text("承诺", "Promised"),
    "mood": Text("情绪", "Mood"),
    "next": Text("接下来", "Coming up"),
}
_LEVELS: Final = (
    (-0.2, Text("偏低", "low")),
    (0.2, Text("平稳", "even")),
    (2.0, Text("良好", "good")),
)


@command(
    "summary",
    zh="总结",
    reads=True,
    permission="talk.read",
    aliases=("summarize", "小结"),
    help=Text(
        "总结客户或项目近几天的往来，或一条往来的前后，每行注明依据",
        "the past days of a customer or project, or an item's thread, each line with its items",
    ),
)
async def summary(
    ask: Ask,
    item: Annotated[Interaction | None, Text("编号", "item")] = None,
    project: Annotated[Project | None, Text("项目", "project")] = None,
    customer: Annotated[Customer | None, Text("客户", "customer")] = None,
    days: Annotated[int, Text("天数", "days")] = _DAYS,
) -> Notice:
    if item is None and project is None and customer is None:
        raise CommandError(
            Text("请说明是哪个客户、项目或往来。", "Say which customer, project or item.")
        )
    ids = {
        "item": item.id if item else 0,
        "project": project.id if project else 0,
        "customer": customer.id if customer else 0,
        "days": min(max(days, 1), _MOST_DAYS),
    }
    thought = await think(ask, ids)
    if thought is None:
        who = project or customer
        title = ask.t(_TITLE, who=f"{who.code} {who.name}" if who else f"#{ids['item']}")
        return ask.notice(title=title, text=ask.t(_NONE, days=ids["days"]))
    return await thoughts.begin(ask, thought.offline, USE, **ids)


async def think(ask: Ask, ids: Mapping[str, int]) -> Thought | None:
    item = await talk.interaction(ask.session, ask.actor.scope, ids["item"])
    scope = ask.actor.scope
    project = next(iter(await projects.with_ids(ask.session, scope, [ids["project"]])), None)
    customer = next(iter(await customers.with_ids(ask.session, scope, [ids["customer"]])), None)
    items = await _items(ask, item, project, customer, ids["days"])
    said = [one for one in (thoughts.said(ask, row) for row in items) if one.text]
    if not said:
        return None
    today = ask.now.date()
    tasks = frozenset(await uses.tasks_from(ask.session, [one.id for one in said]))
    if item is not None and item.transcript:
        plain = await _of_call(ask, item)
    else:
        plain = await asyncio.to_thread(brief.offline, said, today, tasks)
    about = project or customer
    project_id = project.id if project else item.project_id if item else None
    customer_id = customer.id if customer else item.customer_id if item else None
    sure = [*_mood(ask, said), *await _coming(ask, said, project_id, customer_id)]
    title = (
        ask.t(_PAST, who=f"{about.code} {about.name}", days=ids["days"])
        if about
        else ask.t(_TITLE, who=f"#{ids['item']}")
    )

    async def done(ask: Ask, answer: Answer) -> Notice:
        written = brief.written(answer.value, said)
        if not written:
            return thoughts.offline(ask, _notice(ask, title, [*plain, *sure]))
        return thoughts.by_model(ask, _notice(ask, title, [*written, *sure]), answer.model)

    asked = prompting.prompt(USE).asked(
        ask.language, material.shown(said, ask.language), day=today.isoformat()
    )
    offline = _notice(ask, title, [*plain, *sure])
    people = await thoughts.people(ask, said, customer_id)
    return Thought(asked, offline, done, people, streams=True)


async def _items(
    ask: Ask,
    item: Interaction | None,
    project: Project | None,
    customer: Customer | None,
    days: int,
) -> Sequence[Interaction]:
    session, scope = ask.session, ask.actor.scope
    if item is not None:
        at = item.occurred_at
        return await uses.thread(session, scope, item, at - _AROUND, at + _AROUND)
    if project is None and customer is None:
        return []
    return await uses.said(
        session,
        scope,
        customer_id=customer.id if customer and not project else None,
        project_id=project.id if project else None,
        since=ask.now - timedelta(days=days),
    )


async def _of_call(ask: Ask, item: Interaction) -> list[Line]:
    """What the minutes of a call say."""
    gist = (await minutes.of(ask.session, item)).gist
    parts = (("what", gist.lines), ("ask", gist.open), ("promise", gist.to_do))
    found = [
        Line(kind, minutes.line(point, ask.language), (item.id,))
        for kind, points in parts
        for point in points[: 4 if kind == "what" else 2]
    ]
    return list({line.text: line for line in found}.values())


def _mood(ask: Ask, said: Sequence[Said]) -> list[Line]:
    """How it stands, and the words that moved it most."""
    scores = [mood.Score(one.at, one.score, one.id) for one in said if one.score is not None]
    found = mood.of(scores, ask.now)
    if found is None:
        return []
    word = next(text for most, text in _LEVELS if found.level < most)
    because = {one.id: one.because for one in said}
    moved = next((one.item for one in found.movers if because[one.item]), None)
    text = f"{found.level:+.2f} {ask.t(word)}"
    if moved is None:
        return [Line("mood", text, (scores[-1].item,))]
    shown = cards.short(because[moved], _LINE)
    return [
        Line("mood", ask.t(Text("{now}：{why}", "{now}: {why}"), now=text, why=shown), (moved,))
    ]


async def _coming(
    ask: Ask, said: Sequence[Said], project_id: int | None, customer_id: int | None
) -> list[Line]:
    """The next days: of milestones, of what was promised or asked."""
    today = ask.now.date()
    running = await projects.listed(
        ask.session, ask.actor.scope, customer_id=customer_id, open_only=True
    )
    dated = {
        (words.due, f"{cards.short(words.words, 60)} [#{one.id}]")
        for one in said
        for words in (*one.promises, *one.asks)
        if words.due and today <= words.due <= today + _AHEAD
    }
    for project in running:
        if project.id == project_id or (project_id is None and customer_id is not None):
            for stone in await projects.milestones(ask.session, project.id):
                if stone.done_at is None and stone.due >= today:
                    dated.add((stone.due, f"{stone.name} [{project.code}]"))
    return [
        Line("next", f"{cards.day(due, ask.language)} {words}")
        for due, words in sorted(dated)[:_DATES]
    ]


def _notice(ask: Ask, title: str, lines: Sequence[Line]) -> Notice:
    short = [brief.shorter(line, _LINE) if line.kind != "next" else line for line in lines]
    facts = [
        (ask.t(label), thoughts.lines([line for line in short if line.kind == kind]))
        for kind, label in _KINDS.items()
    ]
    numbers = list(dict.fromkeys(id_ for line in short for id_ in line.items))
    buttons = [Button(label=f"#{one}", command=f"/item #{one}") for one in numbers[:4]]
    return ask.notice(title=title, facts=facts, buttons=buttons)
