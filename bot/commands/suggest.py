"""What to do next for a customer, and why; each can be put aside for good."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Final

from bot import prompting
from bot.assistant import advice, material
from bot.assistant.advice import Known, LateThing, OpenAlert, Promise, Step
from bot.commands import cards, thoughts
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.commands.thoughts import Thought
from bot.contract import Answer, Button, Level, Notice, quoted
from bot.rules import book
from bot.texts import Text
from storage import customers, projects, talk, uses, watch
from storage.tables import Customer

USE: Final = "next"
_PAST: Final = timedelta(days=60)
_SOON: Final = timedelta(days=2)
_MOST: Final = 5
_PRESSING: Final = 3
_WORDS: Final = 60
_TITLE = Text("下一步：{who}", "Next step: {who}")
_MINE = Text("最要紧的三件事", "What presses most")
_NONE = Text("没有需要跟进的事。", "Nothing to follow up.")
_LINE = Text("{what}\n因为：{why}{marks}", "{what}\nbecause: {why}{marks}")


@command(
    "next",
    zh="建议",
    reads=True,
    permission="customer.read",
    aliases=("下一步", "next step"),
    help=Text(
        "建议下一步做什么、为什么；不说客户则列出我最要紧的三件",
        "what to do next and why; without a customer, what presses most among mine",
    ),
)
async def next_(
    ask: Ask, customer: Annotated[Customer | None, Text("客户", "customer")] = None
) -> Notice:
    ids = {"customer": customer.id if customer else 0}
    thought = await think(ask, ids)
    if thought is None:
        title = ask.t(_TITLE, who=f"{customer.code} {customer.name}") if customer else ask.t(_MINE)
        return ask.notice(title=title, text=ask.t(_NONE), level=Level.GOOD)
    return await thoughts.begin(ask, thought.offline, USE, **ids)


async def think(ask: Ask, ids: Mapping[str, int]) -> Thought | None:
    session, scope = ask.session, ask.actor.scope
    if ids["customer"]:
        whose = list(await customers.with_ids(session, scope, [ids["customer"]]))
        if not whose:
            return None
        title = ask.t(_TITLE, who=f"{whose[0].code} {whose[0].name}")
    else:
        whose = await uses.customers_of(session, scope, ask.actor.user_id or 0)
        whose = whose or await talk.lately_heard(session, scope, ask.now - _PAST)
        title = ask.t(_MINE)
    found = await _steps(ask, whose)
    shown = found[: _MOST if ids["customer"] else _PRESSING]
    if not shown:
        return None
    texts = [ask.t(one.what, **_facts(ask, one)) for _, one in shown]
    several = not ids["customer"]
    plain = [(owner, one, text) for (owner, one), text in zip(shown, texts, strict=True)]
    offline = _notice(ask, title, plain, several=several)
    data = "\n".join(
        f"{number}. {text} ({ask.t(one.why, **_facts(ask, one))})"
        for number, ((_, one), text) in enumerate(zip(shown, texts, strict=True), 1)
    )
    owners = {one.subject: owner for owner, one in shown}

    async def done(ask: Ask, answer: Answer) -> Notice:
        told = advice.reworded([one for _, one in shown], texts, answer.value)
        listed = [(owners[one.subject], one, text) for one, text in told]
        return thoughts.by_model(ask, _notice(ask, title, listed, several=several), answer.model)

    asked = prompting.prompt(USE).asked(ask.language, data)
    people = {str(one.facts["who"]) for _, one in shown if "who" in one.facts}
    return Thought(asked, offline, done, sorted(people))


async def _steps(ask: Ask, whose: Sequence[Customer]) -> list[tuple[Customer, Step]]:
    """What presses, of customers that the asker may see, less what they have put aside."""
    found: list[tuple[Customer, Step]] = []
    for customer in whose:
        known = await _known(ask, customer)
        found += [(customer, one) for one in advice.steps(known, ask.now)]
    found.sort(key=lambda pair: -pair[1].weight)
    names = {_subject(ask, customer.id, one.subject) for customer, one in found}
    gone = await uses.dismissed(ask.session, USE, names)
    return [
        (customer, one)
        for customer, one in found
        if _subject(ask, customer.id, one.subject) not in gone
    ]


async def _known(ask: Ask, customer: Customer) -> Known:
    session, scope, today = ask.session, ask.actor.scope, ask.now.date()
    rows = await uses.said(session, scope, customer_id=customer.id, since=ask.now - _PAST)
    said = [thoughts.said(ask, row) for row in rows]
    running = await projects.listed(session, scope, customer_id=customer.id, open_only=True)
    last = await talk.last_contact(session, customer.id) if scope.talk else None
    return Known(
        code=customer.code,
        name=customer.name,
        said=said,
        last=ask.actor.local(last) if last else None,
        running=bool(running),
        promises=[
            Promise(one.text, one.due, who, one.interaction_id or 0, one.id)
            for one, who in await uses.promises(session, scope, [customer.id], today + _SOON)
            if one.due is not None
        ],
        late=[
            LateThing(one.kind, one.id, one.name, one.project, one.due, one.who)
            for one in await uses.late(session, scope, [customer.id], today)
        ],
        alerts=[
            OpenAlert(one.id, ask.t(book.name_of(one.rule)))
            for one in await watch.alerts(session, scope, customer_id=customer.id)
            if one.acknowledged_at is None
        ],
        with_task=frozenset(await uses.tasks_from(session, [one.id for one in said])),
    )


def _subject(ask: Ask, customer_id: int, subject: str) -> str:
    """A suggestion of one customer to one member."""
    return f"user:{ask.actor.user_id} customer:{customer_id} {subject}"


def _facts(ask: Ask, one: Step) -> dict[str, object]:
    facts: dict[str, object] = dict(one.facts)
    if "words" in facts:
        facts["words"] = cards.short(str(facts["words"]), _WORDS)
    if "due" in facts:
        facts["due"] = cards.day(one.facts["due"], ask.language)
    return facts


def _notice(
    ask: Ask, title: str, told: Sequence[tuple[Customer, Step, str]], *, several: bool
) -> Notice:
    facts: list[tuple[str, str]] = []
    buttons: list[Button] = []
    for number, (customer, one, text) in enumerate(told, 1):
        label = f"{number} {customer.name}" if several else f"{number}"
        why = ask.t(one.why, **_facts(ask, one))
        line = ask.t(_LINE, what=text, why=why, marks=material.marks(one.items))
        facts.append((label, line))
        if one.draft is not None and ask.actor.may("push.propose"):
            buttons.append(
                Button(
                    label=ask.t(Text("{n} 起草回复", "{n} Draft a reply"), n=number),
                    command=f"/draft reply #{one.draft}",
                    primary=number == 1,
                )
            )
        elif one.command:
            buttons.append(
                Button(label=ask.t(Text("{n} 查看", "{n} Look"), n=number), command=one.command)
            )
        subject = quoted(one.subject)
        buttons.append(
            Button(
                label=ask.t(Text("{n} 不再提示", "{n} Dismiss"), n=number),
                command=f"/next dismiss {customer.code} {subject}",
            )
        )
    return ask.notice(title=title, facts=facts, buttons=buttons)


@command(
    "next.dismiss",
    zh="忽略建议",
    permission="customer.read",
    help=Text("不再提示这条建议", "do not suggest this again"),
)
async def dismiss(
    ask: Ask,
    customer: Annotated[Customer, Text("客户", "customer")],
    suggestion: Annotated[Rest, Text("建议", "suggestion")],
) -> Notice:
    found = await _steps(ask, [customer])
    if suggestion not in {one.subject for _, one in found}:
        raise CommandError(Text("没有这条建议。", "There is no such suggestion."))
    await uses.dismiss(ask.session, USE, _subject(ask, customer.id, suggestion), ask.actor.user_id)
    ask.wrote("next.dismissed", customer, suggestion=suggestion)
    return ask.say(Text("好的，不再提示。", "It will not come again."), Level.GOOD)
