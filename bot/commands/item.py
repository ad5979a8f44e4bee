"""One item of the record: what was said, how it feels, what it asks and promises, whose task it is."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final

from bot.commands import cards
from bot.commands.registry import Ask, CommandError, command
from bot.contract import Button, Level, Notice, quoted
from bot.domain import terms
from bot.texts import Text
from storage import remarks
from storage.tables import Customer, Interaction, Project, Task, TaskTalk, User

_ITEM = Text("编号", "item")
_TASK = Text("任务", "task")
_MOST_TASKS: Final = 3
_LABEL: Final = 16
_LONGEST: Final = 1500

_SURE = Text("（把握 {sure:.0%}）", " ({sure:.0%} sure)")
_PERSON = Text("（成员更正）", " (corrected by a member)")
_MODEL = Text("（{model}）", " (told by {model})")
_MAKE = Text("建任务：{words}", "Task: {words}")
_NOT = Text("不是{mood}", "Not {mood}")
_LINKED = Text("T-{number} {name}（{because}）", "T-{number} {name} ({because})")
_MAYBE = Text("可能是 T-{number} {name}（{because}）", "perhaps T-{number} {name} ({because})")
_PARTS: Final = (
    ("asks", Text("请求", "Asks")),
    ("promises", Text("承诺", "Promises")),
    ("decisions", Text("决定", "Decisions")),
    ("questions", Text("问题", "Questions")),
    ("dates", Text("日期", "Dates")),
    ("amounts", Text("金额", "Amounts")),
)


@command(
    "item",
    zh="往来",
    reads=True,
    permission="talk.read",
    help=Text(
        "一条往来：原文、情绪和原因、请求、承诺，一键建任务",
        "one item: words, mood and why, asks and promises, a task in one tap",
    ),
)
async def item_(ask: Ask, item: Annotated[Interaction, _ITEM]) -> Notice:
    t = ask.t
    customer = await ask.session.get(Customer, item.customer_id or 0)
    project = await ask.session.get(Project, item.project_id or 0)
    talked = await remarks.on_item(ask.session, item.id)
    shown = cards.entry(ask, cards.Entry(item.occurred_at, interaction=item))
    return ask.notice(
        title=f"#{item.id} {shown[0]} {shown[1]}",
        text=(item.text or item.subject)[:_LONGEST],
        level=Level.WARNING if item.sentiment == "negative" else Level.INFO,
        facts=[
            (t(Text("谁", "Who")), item.sender_name or item.sender_address),
            (t(Text("客户", "Customer")), f"{customer.code} {customer.name}" if customer else ""),
            (t(Text("项目", "Project")), f"{project.code} {project.name}" if project else ""),
            (t(Text("状态", "State")), t(terms.Status(item.status).text)),
            (t(Text("依据", "Filed by")), ", ".join(item.evidence)),
            (t(Text("情绪", "Mood")), _mood(ask, item)),
            (
                t(Text("信号", "Signals")),
                " ".join(f"[{t(terms.Signal(one).text)}]" for one in item.signals),
            ),
            *((t(label), _listed(item.extract.get(name, []))) for name, label in _PARTS),
            (t(Text("谈到的任务", "Speaks of")), "\n".join(_about(ask, *one) for one in talked)),
        ],
        buttons=[
            *_tasks(ask, item, project),
            *_case(ask, item, customer),
            *_moods(ask, item),
            *_ties(ask, item, talked),
        ],
    )


def _mood(ask: Ask, item: Interaction) -> str:
    """The mark, the word, how sure, and the sentence that caused it."""
    mood = terms.Sentiment(item.sentiment)
    if mood is terms.Sentiment.UNSCORED:
        return ask.t(mood.text)
    by = (
        ask.t(_PERSON)
        if item.mood_by == "person"
        else ask.t(_MODEL, model=item.mood_by)
        if item.mood_by
        else ask.t(_SURE, sure=item.mood_sure)
        if item.mood_sure
        else ""
    )
    because = ask.t(Text("：{why}", ": {why}"), why=item.because) if item.because else ""
    return f"{mood.mark} {ask.t(mood.text)}{by}{because}"


def _listed(found: Sequence[dict[str, Any]]) -> str:
    return "\n".join(f"· {_said(one)}" for one in found)


def _said(one: dict[str, Any]) -> str:
    """The words, and the day or the amount that they name."""
    value = one.get("due") or one.get("value")
    if not value:
        return one["words"]
    currency = one.get("currency", "")
    return f"{one['words']} → {' '.join(filter(None, (str(value), currency)))}"


def _about(ask: Ask, talk: TaskTalk, task: Task) -> str:
    text = _LINKED if talk.state == "linked" else _MAYBE
    return ask.t(text, number=task.id, name=task.name, because=talk.because)


def _tasks(ask: Ask, item: Interaction, project: Project | None) -> Iterator[Button]:
    if project is None or not ask.actor.may("task.write"):
        return
    found = [*item.extract.get("asks", []), *item.extract.get("promises", [])]
    for one in found[:_MOST_TASKS]:
        due = f" due:{one['due']}" if one.get("due") else ""
        words = quoted(cards.short(one["words"]))
        yield Button(
            label=ask.t(_MAKE, words=cards.short(one["words"], _LABEL)),
            command=f"/task new {project.code} {words}{due} item:#{item.id}",
            primary=True,
        )


def _case(ask: Ask, item: Interaction, customer: Customer | None) -> Iterator[Button]:
    if customer is None or item.direction != "in" or not ask.actor.may("case.write"):
        return
    words = quoted(cards.short(item.subject or item.text, 60))
    yield Button(
        label=ask.t(Text("立工单", "Make a case")),
        command=f"/case new {customer.code} {words} item:#{item.id}",
    )


def _moods(ask: Ask, item: Interaction) -> Iterator[Button]:
    mood = terms.Sentiment(item.sentiment)
    if item.direction != "in" or mood in {terms.Sentiment.UNSCORED, terms.Sentiment.NEUTRAL}:
        return
    yield Button(label=ask.t(_NOT, mood=ask.t(mood.text)), command=f"/correct #{item.id} neutral")


def _ties(ask: Ask, item: Interaction, talked: Sequence[tuple[TaskTalk, Task]]) -> Iterator[Button]:
    for talk, task in talked:
        if talk.state == "proposed":
            yield Button(
                label=ask.t(Text("是 T-{number}", "It is T-{number}"), number=task.id),
                command=f"/about #{item.id} T-{task.id}",
            )
        yield Button(
            label=ask.t(Text("不是 T-{number}", "Not T-{number}"), number=task.id),
            command=f"/about no #{item.id} T-{task.id}",
        )


@command(
    "about",
    zh="关于任务",
    permission="task.write",
    help=Text("这条往来说的是哪个任务", "say which task an item speaks of"),
)
async def about(
    ask: Ask, item: Annotated[Interaction, _ITEM], task: Annotated[Task, _TASK]
) -> Notice:
    await _tie(ask, item, task, "linked")
    assignee = await ask.session.get(User, task.assignee_id or 0)
    return ask.notice(
        text=ask.t(
            Text("#{item} 记在任务 T-{number} 上。", "#{item} is noted with task T-{number}."),
            item=item.id,
            number=task.id,
        ),
        level=Level.GOOD,
        facts=[(ask.t(Text("负责人", "Assignee")), assignee.name if assignee else "")],
    )


@command(
    "about.no",
    zh="不关任务",
    permission="task.write",
    help=Text("这条往来与该任务无关", "an item does not speak of a task"),
)
async def about_not(
    ask: Ask, item: Annotated[Interaction, _ITEM], task: Annotated[Task, _TASK]
) -> Notice:
    if await remarks.between(ask.session, task.id, item.id) is None:
        raise CommandError(
            Text("#{item} 没有记在 T-{number} 上。", "#{item} is not noted with T-{number}."),
            item=item.id,
            number=task.id,
        )
    await _tie(ask, item, task, "refused")
    return ask.say(
        Text("好的，#{item} 与 T-{number} 无关。", "#{item} has nothing to do with T-{number}."),
        item=item.id,
        number=task.id,
    )


async def _tie(ask: Ask, item: Interaction, task: Task, state: str) -> None:
    found = await remarks.between(ask.session, task.id, item.id)
    talk = found or TaskTalk(task_id=task.id, interaction_id=item.id)
    talk.state, talk.sure, talk.by_id = state, 1.0, ask.actor.user_id
    talk.because = talk.because or ask.actor.name
    ask.session.add(talk)
    await ask.session.flush()
    ask.wrote(f"task.talk_{state}", talk)
