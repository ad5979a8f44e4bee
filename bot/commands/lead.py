"""Strangers become leads where somebody asks for it."""

from typing import Annotated

from bot import record
from bot.commands import teaching
from bot.commands.filing import ITEM, keep_lesson, put
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice
from bot.domain import called, mail_domains, names
from bot.texts import Text
from storage import customers, filing
from storage.tables import Customer, Interaction
from storage.undo import Recorder


@command(
    "lead.new",
    zh="建线索",
    permission="customer.write",
    aliases=("lead",),
    help=Text(
        "把陌生人建为线索客户，并归档此人的往来", "make a stranger a lead, and file what they wrote"
    ),
)
async def new(
    ask: Ask,
    item: Annotated[Interaction, ITEM],
    name: Annotated[Rest, Text("名称", "name")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    if item.customer_id is not None or not item.sender_address or item.direction != "in":
        raise CommandError(
            Text(
                "#{number} 不是陌生人的往来，不能建线索。",
                "#{number} is no stranger's; it makes no lead.",
            ),
            number=item.id,
        )
    name_ = str(name).strip() or _name_of(item)
    await _refuse_known(ask, item, name_)
    lesson = teaching.Lesson()
    with Recorder(ask.session) as recorder:
        customer = await record.new_customer(
            ask.session, name_, stage="lead", owner_id=ask.actor.user_id
        )
        await ask.did(
            "customer.made",
            customer,
            customer_id=customer.id,
            code=customer.code,
            name=customer.name,
        )
        items = [item, *await filing.waiting_from(ask.session, ask.actor.scope, item, among=200)]
        for one in items:
            await put(ask, one, customer, None)
            await teaching.sender(ask, one, customer, lesson)
        await ask.session.flush()
    await keep_lesson(ask, item, recorder)
    said = ask.t(
        Text(
            "已建线索 {code} {name}，归入 {count} 条往来，负责人是您。",
            "{code} {name} is a lead now, with {count} items; you are its owner.",
        ),
        code=customer.code,
        name=customer.name,
        count=len(items),
    )
    return ask.notice(
        text="\n".join([said, *dict.fromkeys(lesson.told)]),
        level=Level.GOOD,
        buttons=[
            Button(label=ask.t(Text("客户卡片", "Card")), command=f"/customer {customer.code}"),
            Button(label=ask.t(Text("撤销", "Undo")), command="/undo"),
        ],
    )


async def _refuse_known(ask: Ask, item: Interaction, name: str) -> None:
    norm = names.normal(name)
    found = await customers.named(ask.session, ask.actor.scope, norm, exact=True)
    same: Customer | None = next((c for c in found if names.normal(c.name) == norm), None)
    if same is not None:
        label = f"#{item.id} → {same.code} {same.name}"
        raise CommandError(
            Text("客户 {code} {name} 已经存在。", "The customer {code} {name} exists already."),
            (Button(label=label, command=f"/file #{item.id} {same.code}"),),
            code=same.code,
            name=same.name,
        )


def _name_of(item: Interaction) -> str:
    """What a stranger's firm may be called: as the text says, else by the domain or the person."""
    said = called.firms(f"{item.subject}\n{item.text}")
    domain = mail_domains.domain_of(item.sender_address)
    own = domain if domain and list(mail_domains.walk(domain)) else ""
    return next(iter(said), "") or own or item.sender_name or item.sender_address
