"""What a text for a customer may rest on, and what it must not give away; the words come from the record."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Final

from bot.assistant import factcheck, reply
from bot.assistant.factcheck import Checked, Finding, Name, Source
from bot.commands import public
from bot.commands.registry import Ask
from bot.contract import Notice
from bot.domain import names
from bot.render import plain
from bot.texts import Text, listed
from storage import customers, projects, uses
from storage.scope import Scope
from storage.tables import Conversation, Customer, Interaction, Project

CHECK: Final = Text("核对", "Check")
_PUBLIC = Text("公开信息", "public facts")
_MONEY = Text("项目预算与成本", "a project's budget and costs")
_NOTE = Text("内部往来", "internal words")
_BACKGROUND = Text("客户背景资料", "the customer's background, kept internally")
_TASK = Text("内部任务", "an internal task")
_OTHER = Text("其他客户或项目", "another customer or project")
_MEMBER = Text("我方成员", "a member's name")
_INTERNAL = Text("内部资料", "internal material")
_WARNING = Text("含内部信息，请核对：{what}", "Holds internal facts, please check: {what}")
_FOUND = Text("“{words}”（{where}）", "“{words}” ({where})")


async def view(ask: Ask, project: Project, customer: Customer, chat: Conversation | None) -> Notice:
    """The public view of a project, in its customer's language."""
    shown = chat or Conversation(channel="", chat="", language=customer.language)
    return await public.progress(ask.session, project, shown, ask.now)


async def known(
    ask: Ask,
    customer: Customer,
    views: Sequence[Notice],
    said: Sequence[Interaction],
    typed: str = "",
) -> list[Source]:
    """What the customer may see, what they and we have told each other, what the member has typed."""
    today = ask.now.date()
    people = await customers.people(ask.session, customer.id)
    called = [customer.name, *await uses.names_of(ask.session, customer.id)]
    own = [*called, *(one.contact.name for one in people), *(one.contact.title for one in people)]
    texts = [plain.text(one) for one in views] + ["\n".join(own), ask.actor.name, reply.COURTESY]
    sources = [Source(text, today, _PUBLIC) for text in [*texts, typed] if text]
    return sources + [
        Source(f"{one.sender_name}\n{one.subject}\n{one.text}", _day(ask, one), _PUBLIC, one.id)
        for one in said
    ]


async def internal(ask: Ask, customer: Customer, scope: Scope) -> list[Source]:
    """What no customer reads about them, as far as `scope` goes."""
    session, today = ask.session, ask.now.date()
    running = await projects.listed(session, scope, customer_id=customer.id)
    found = [Source(customer.background, today, _BACKGROUND)] if customer.background else []
    if scope.money == "amount":
        found += [Source(_money(one), today, _MONEY) for one in running]
        for cost in await uses.costs(session, [one.id for one in running]):
            found.append(Source(f"{cost.amount} {cost.note}", today, _MONEY))
    elif scope.money == "percent":
        found += [Source(_share(one), today, _MONEY) for one in running]
    for one in running:
        rows = await projects.tasks(session, scope, project_id=one.id, open_only=False)
        found += [Source(task.name, today, _TASK) for task, _ in rows]
    if scope.talk:
        rows = await uses.inside(session, customer.id)
        found += [Source(one.text, one.occurred_at.date(), _NOTE, one.id) for one in rows]
    return found


def _money(project: Project) -> str:
    left = project.budget - project.spent if project.budget else None
    parts = [project.budget or "", project.spent or "", left or "", _share(project)]
    return "\n".join(f"{part}" for part in parts if part)


def _share(project: Project) -> str:
    return f"{project.spent / project.budget:.1%}" if project.budget and project.spent else ""


async def strangers(ask: Ask, customer: Customer, text: str) -> list[Name]:
    """Names in a text that this customer has no business with: other customers, our members."""
    norm = names.normal(text)
    own = {names.normal(one) for one in await uses.names_of(ask.session, customer.id)}
    found = [
        Name(one.text, _OTHER)
        for one in await uses.called(ask.session, norm)
        if one.norm not in names.GENERIC
        and one.customer_id != customer.id
        and not any(one.norm in name for name in own)
    ]
    members = await uses.member_names(ask.session)
    found += [
        Name(name, _MEMBER)
        for id_, name in members
        if id_ != ask.actor.user_id and len(name) > 1 and names.normal(name) in norm
    ]
    return found


async def check(ask: Ask, customer: Customer, text: str, sources: Sequence[Source]) -> Checked:
    """A machine's words, held against all that is internal, whoever asks."""
    return await asyncio.to_thread(
        factcheck.check,
        text,
        ask.now.date(),
        known=sources,
        internal=await internal(ask, customer, Scope.everything()),
        strangers=await strangers(ask, customer, text),
    )


async def warning(
    ask: Ask, customer: Customer, text: str, project: Project | None, chat: Conversation | None
) -> str:
    """A line for the card of a person's own words; only of what they may see themselves."""
    views = [await view(ask, project, customer, chat)] if project else []
    about = Interaction(
        channel="",
        kind="",
        message_key="",
        customer_id=customer.id,
        project_id=project.id if project else None,
        conversation_id=chat.id if chat else None,
    )
    said = await uses.with_customer(ask.session, Scope.everything(), about)
    # Hundreds of notes take a third of a second, which whoever else is served need not wait for.
    found = await asyncio.to_thread(
        factcheck.leaks_only,
        text,
        ask.now.date(),
        known=await known(ask, customer, views, said),
        internal=await internal(ask, customer, ask.actor.scope),
        strangers=await strangers(ask, customer, text),
    )
    return ask.t(_WARNING, what=told(ask, found)) if found else ""


def told(ask: Ask, found: Sequence[Finding]) -> str:
    """What was found, and where as far as the asker may know."""
    whole = ask.actor.scope.money == "amount"
    return listed(
        (
            ask.t(
                _FOUND,
                words=one.words,
                where=ask.t(one.label if whole or one.label is not _MONEY else _INTERNAL),
            )
            for one in found
        ),
        ask.language,
    )


def _day(ask: Ask, item: Interaction) -> date:
    return ask.actor.local(item.occurred_at).date()
