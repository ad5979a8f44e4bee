"""A draft of a proposal from what a customer asked for: internal, for the member who works it out."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Final

from bot import prompting
from bot.assistant import material
from bot.assistant import proposal as proposals
from bot.assistant.material import Line
from bot.commands import guard, thoughts
from bot.commands.registry import Ask, Rest, command
from bot.commands.thoughts import Thought
from bot.contract import Answer, Button, Level, Notice, quoted
from bot.render import plain
from bot.texts import Language, Text, language_of
from storage import customers, projects, talk, uses
from storage.tables import Customer, Interaction

USE: Final = "proposal"
_PAST: Final = timedelta(days=180)
_MOST: Final = 60
_TITLE = Text("方案草稿：{who}", "Draft of a proposal: {who}")
_STOPPED = Text(
    "语言模型写的草稿含内部信息，没有采用：{what}",
    "The language model's draft held internal facts and was put aside: {what}",
)


@command(
    "draft.proposal",
    zh="起草方案",
    permission="push.propose",
    aliases=("proposal",),
    help=Text(
        "根据客户的要求起草方案：背景、目标、方案、计划，报价留空",
        "draft a proposal from what a customer asked for; the price is left open",
    ),
)
async def draft_proposal(
    ask: Ask,
    customer: Annotated[Customer, Text("客户", "customer")],
    topic: Annotated[Rest, Text("主题", "topic")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    rows, views = await _gathered(ask, customer)
    language = language_of(customer.language)
    said = [thoughts.said(ask, row) for row in rows]
    lines = proposals.offline(said, topic.strip(), _short(views), language)
    made = Interaction(
        channel="note",
        kind="note",
        direction="internal",
        message_key="",
        audience="internal",
        customer_id=customer.id,
        user_id=ask.actor.user_id,
        sender_name=ask.actor.name,
        subject=topic.strip()[:200],
        text=_text(lines, language),
        language=language,
        confidence=1.0,
        evidence=[uses.DRAFT],
        filed_by_id=ask.actor.user_id,
        occurred_at=ask.now,
        received_at=ask.now,
    )
    ask.session.add(made)
    await ask.session.flush()
    ask.wrote("draft.made", made)
    return await thoughts.begin(ask, _card(ask, customer, made, lines), USE, draft=made.id)


async def _gathered(ask: Ask, customer: Customer) -> tuple[list[Interaction], list[Notice]]:
    """What the customer and we have told each other, and the public views of their projects."""
    rows = await uses.said(
        ask.session,
        ask.actor.scope,
        customer_id=customer.id,
        since=ask.now - _PAST,
        limit=4 * _MOST,
    )
    told = [row for row in rows if row.audience == "customer" and row.direction in {"in", "out"}]
    running = await projects.listed(
        ask.session, ask.actor.scope, customer_id=customer.id, open_only=True, limit=3
    )
    return told[-_MOST:], [await guard.view(ask, one, customer, None) for one in running]


def _short(views: Sequence[Notice]) -> list[str]:
    return [
        " · ".join([view.title, *(fact.value.replace("\n", " ") for fact in view.facts[:2])])
        for view in views
    ]


async def think(ask: Ask, ids: Mapping[str, int]) -> Thought | None:
    made = await talk.interaction(ask.session, ask.actor.scope, ids["draft"])
    found = await customers.with_ids(
        ask.session, ask.actor.scope, [(made.customer_id or 0) if made else 0]
    )
    if made is None or not found or made.evidence != [uses.DRAFT]:
        return None
    customer = found[0]
    language = language_of(customer.language)
    rows, views = await _gathered(ask, customer)
    said = [thoughts.said(ask, row) for row in rows]
    sources = await guard.known(ask, customer, views, rows, made.subject)
    parts = [*(plain.text(view) for view in views), material.shown(said, language)]
    asked = prompting.prompt(USE).asked(
        language, "\n\n".join(parts), topic=made.subject, day=ask.now.date().isoformat()
    )
    offline = _card(
        ask, customer, made, proposals.offline(said, made.subject, _short(views), language)
    )

    async def done(ask: Ask, answer: Answer) -> Notice:
        row = await ask.session.get_one(Interaction, made.id, with_for_update=True)
        lines = proposals.written(answer.value, said)
        whole = await guard.check(ask, customer, "\n".join(one.text for one in lines), sources)
        if whole.leaks:
            stopped = ask.t(_STOPPED, what=guard.told(ask, whole.leaks))
            card = offline.model_copy(update={"text": stopped, "level": Level.DANGER})
            return thoughts.offline(ask, card)
        checked = [
            Line(one.kind, (await guard.check(ask, customer, one.text, sources)).text, one.items)
            for one in lines
        ]
        row.text = _text(checked, language)
        row.extract = {**row.extract, thoughts.BY: thoughts.signed(USE, answer)}
        ask.session.add(row)
        return thoughts.by_model(ask, _card(ask, customer, row, checked), answer.model)

    return Thought(asked, offline, done, await thoughts.people(ask, said, customer.id))


def _text(lines: Sequence[Line], language: Language) -> str:
    return "\n\n".join(
        "\n".join([label.in_(language), *(f"- {line.text}" for line in lines if line.kind == kind)])
        for kind, label in proposals.SECTIONS.items()
    )


def _card(ask: Ask, customer: Customer, made: Interaction, lines: Sequence[Line]) -> Notice:
    """In the customer's language, with the items for the member."""
    language = language_of(customer.language)
    topic = f" {quoted(made.subject)}" if made.subject else ""
    return ask.notice(
        title=ask.t(_TITLE, who=f"{customer.code} {customer.name}"),
        facts=[
            (label.in_(language), thoughts.lines([one for one in lines if one.kind == kind]))
            for kind, label in proposals.SECTIONS.items()
        ],
        buttons=[
            Button(
                label=ask.t(Text("换一版", "Another one")),
                command=f"/draft proposal {customer.code}{topic}",
            ),
            Button(
                label=ask.t(Text("放弃", "Discard")), command=f"/draft drop #{made.id}", once=True
            ),
        ],
    )
