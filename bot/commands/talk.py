"""Conversations: notes, the doubt queue, filing by hand, and which chat belongs to whom."""

from enum import StrEnum
from typing import Annotated, Any

from sqlmodel import col, delete, select

from bot.commands import cards
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice
from bot.domain import mail_domains, terms
from bot.texts import Text
from storage import people, search, talk
from storage.tables import (
    Alias,
    Contact,
    Conversation,
    Customer,
    Domain,
    Identity,
    Interaction,
    Project,
)

_CUSTOMER = Text("客户", "customer")
_PROJECT = Text("项目", "project")
_ITEM = Text("编号", "item")


@command(
    "note",
    zh="备注",
    permission="note.write",
    help=Text("写一条内部备注，客户永远看不到", "an internal note; no customer ever sees it"),
)
async def note(
    ask: Ask,
    customer: Annotated[Customer | None, _CUSTOMER] = None,
    project: Annotated[Project | None, _PROJECT] = None,
    text: Annotated[Rest, Text("内容", "text")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    if customer is None and project is None:
        raise CommandError(Text("请说明是哪个客户或项目。", "Say which customer or project."))
    if not text.strip():
        raise CommandError(Text("备注还没有内容。", "The note has no text."))
    made = Interaction(
        channel="note",
        kind="note",
        direction="internal",
        message_key="",
        audience="internal",
        customer_id=project.customer_id if project else customer.id if customer else None,
        project_id=project.id if project else None,
        user_id=ask.actor.user_id,
        sender_name=ask.actor.name,
        text=text,
        confidence=1.0,
        evidence=["note"],
        filed_by_id=ask.actor.user_id,
        occurred_at=ask.now,
        received_at=ask.now,
        search=search.vector(text),
    )
    ask.session.add(made)
    await ask.session.flush()
    ask.wrote("note.made", made, text=text)
    return ask.say(
        Text("已记下内部备注 #{number}。", "Noted internally: #{number}."),
        Level.GOOD,
        number=made.id,
    )


@command(
    "inbox",
    zh="待归档",
    reads=True,
    permission="customer.read",
    aliases=("doubts", "待办归档"),
    help=Text("不确定归给谁的往来，一键归档", "items nobody could file; one tap files them"),
)
async def inbox(ask: Ask, page: Annotated[int, Text("页", "page")] = 1) -> Notice:
    found = await talk.unsure(ask.session, ask.actor.scope, limit=5, offset=5 * (page - 1))
    total = await talk.count_unsure(ask.session, ask.actor.scope)
    title = ask.t(Text("待归档（{total}）", "To be filed ({total})"), total=total)
    if not found:
        return ask.notice(title=title, text=ask.t(Text("全部归档完毕。", "All filed.")))
    facts: list[tuple[str, str]] = []
    buttons: list[Button] = []
    for item in found:
        guesses: list[dict[str, Any]] = item.candidates.get("list", [])[:2]
        shown = " / ".join(_guess(guess) for guess in guesses)
        status = ask.t(terms.Status(item.status).text)
        facts.append((f"#{item.id} {status}", f"{cards.said(ask, item)}\n{shown}".strip()))
        buttons += [
            Button(
                label=f"#{item.id} → {_guess(guess)}", command=f"/file {item.id} {_target(guess)}"
            )
            for guess in guesses
        ]
    if total > 5 * page:
        buttons.append(Button(label=ask.t(Text("下一页", "Next")), command=f"/inbox {page + 1}"))
    return ask.notice(title=title, facts=facts, buttons=buttons)


def _guess(guess: dict[str, Any]) -> str:
    return " ".join(filter(None, (guess["customer"], guess["name"], guess.get("project"))))


def _target(guess: dict[str, Any]) -> str:
    return guess.get("project") or guess["customer"]


@command(
    "file",
    zh="归档",
    permission="talk.file",
    help=Text(
        "把一条往来归给客户或项目，并记住依据", "file an item with a customer or project, and learn"
    ),
)
async def file(
    ask: Ask,
    item: Annotated[Interaction, _ITEM],
    project: Annotated[Project | None, _PROJECT] = None,
    customer: Annotated[Customer | None, _CUSTOMER] = None,
) -> Notice:
    if project is not None:
        customer = await ask.session.get_one(Customer, project.customer_id)
    if customer is None:
        raise CommandError(Text("请说明归给哪个客户或项目。", "Say which customer or project."))
    item.customer_id = customer.id
    item.project_id = project.id if project else None
    item.status = "filed" if item.status != "waiting_for_model" else item.status
    item.confidence = 1.0
    item.evidence = [f"by {ask.actor.name}"]
    item.filed_by_id = ask.actor.user_id
    item.error = None
    learned = await _learn(ask, item, customer)
    await talk.refile(ask.session, item)
    await ask.did(
        "interaction.filed",
        item,
        customer_id=customer.id,
        project_id=item.project_id,
        number=item.id,
    )
    where = f"{customer.code} {customer.name}"
    if project is not None:
        where += f" · {project.code} {project.name}"
    return ask.notice(
        text=ask.t(
            Text("已把 #{number} 归给 {where}。", "#{number} is filed with {where}."),
            number=item.id,
            where=where,
        )
        + ("\n" + learned if learned else ""),
        level=Level.GOOD,
        buttons=[Button(label=ask.t(Text("撤销", "Undo")), command="/undo")],
    )


async def _learn(ask: Ask, item: Interaction, customer: Customer) -> str:
    """Remember who the sender is, so that the next message files itself."""
    if item.direction != "in" or not item.sender_address or item.channel == "note":
        return ""
    channel = "email" if mail_domains.domain_of(item.sender_address) else item.channel
    address = people.address(channel, item.sender_address)
    owners = await ask.session.exec(
        select(Identity.id).where(Identity.channel == channel, Identity.address == address)
    )
    if owners.first() is not None:
        return ""
    name = item.sender_name or item.sender_address
    contact = (
        await ask.session.exec(
            select(Contact).where(Contact.customer_id == customer.id, Contact.name == name)
        )
    ).first()
    if contact is None:
        contact = Contact(customer_id=customer.id, name=name)
        ask.session.add(contact)
        await ask.session.flush()
    await people.add_identity(ask.session, channel, item.sender_address, contact_id=contact.id)
    item.contact_id = contact.id
    return ask.t(
        Text(
            "已记住：{who} 是 {customer} 的联系人，之后自动归档。",
            "Learned: {who} is a contact of {customer}; the next messages file themselves.",
        ),
        who=name,
        customer=customer.name,
    )


@command(
    "unfile",
    zh="取消归档",
    permission="talk.file",
    help=Text("把一条往来放回待归档", "put an item back into the queue"),
)
async def unfile(ask: Ask, item: Annotated[Interaction, _ITEM]) -> Notice:
    customer_id, project_id = item.customer_id, item.project_id
    if customer_id is None:
        raise CommandError(
            Text("#{number} 本来就没有归档。", "#{number} is not filed."), number=item.id
        )
    item.customer_id = item.project_id = item.contact_id = None
    item.status = "doubt"
    item.filed_by_id = None
    await talk.refile(ask.session, item)
    await ask.did(
        "interaction.unfiled",
        item,
        customer_id=customer_id,
        project_id=project_id,
        number=item.id,
    )
    return ask.say(
        Text("#{number} 已放回待归档。", "#{number} is back in the queue."), number=item.id
    )


class Whom(StrEnum):
    """Who reads a chat."""

    INTERNAL = "internal"
    CUSTOMER = "customer"

    @property
    def text(self) -> Text:
        return {
            "internal": Text("内部", "internal"),
            "customer": Text("客户群", "customer-facing"),
        }[self.value]


@command(
    "bind",
    zh="绑定",
    permission="chat.bind",
    confirm=True,
    help=Text(
        "这个聊天属于哪个客户或项目，内部还是客户群",
        "whose chat this is; internal or customer-facing",
    ),
)
async def bind(
    ask: Ask,
    project: Annotated[Project | None, _PROJECT] = None,
    customer: Annotated[Customer | None, _CUSTOMER] = None,
    audience: Annotated[Whom | None, Text("对象", "audience")] = None,
    chat: Annotated[Conversation | None, Text("聊天", "chat")] = None,
) -> Notice:
    bound = ask.here(chat)
    if bound.user_id is not None:
        raise CommandError(
            Text(
                "请说明是哪个聊天，例如 聊天:hook:工地群。",
                "Say which chat, for example chat:hook:site-group.",
            )
        )
    if project is not None:
        bound.project_id, bound.customer_id = project.id, project.customer_id
        customer = await ask.session.get_one(Customer, project.customer_id)
    elif customer is not None:
        bound.project_id, bound.customer_id = None, customer.id
    if audience is not None:
        bound.audience = audience.value
    ask.session.add(bound)
    ask.wrote("chat.bound", bound, audience=bound.audience)
    await ask.session.flush()
    whom = Whom(bound.audience or "customer")
    return ask.notice(
        title=ask.t(Text("聊天已绑定", "The chat is bound")),
        level=Level.GOOD,
        facts=[
            (ask.t(Text("聊天", "Chat")), f"{bound.channel} {bound.name or bound.chat}"),
            (ask.t(_CUSTOMER), customer.name if customer else ""),
            (ask.t(_PROJECT), f"{project.code} {project.name}" if project else ""),
            (ask.t(Text("对象", "Audience")), ask.t(whom.text)),
        ],
    )


@command(
    "forget",
    zh="忘记别名",
    permission="customer.write",
    help=Text("忘记学到的别名、域名", "forget a name or a domain that was learned"),
)
async def forget(
    ask: Ask,
    customer: Annotated[Customer, _CUSTOMER],
    name: Annotated[Rest, Text("别名或域名", "name or domain")],
) -> Notice:
    for table, column in ((Alias, Alias.text), (Domain, Domain.domain)):
        await ask.session.exec(
            delete(table).where(col(table.customer_id) == customer.id, col(column) == name)
        )
    ask.wrote("customer.forgot", customer, name=name)
    return ask.say(Text("已忘记「{name}」。", "“{name}” is forgotten."), name=name)
