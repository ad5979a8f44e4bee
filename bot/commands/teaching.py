"""What an item that a person filed teaches: who its sender is, whose chat, domain and name it is."""

from dataclasses import dataclass, field
from typing import Final

from bot import record
from bot.commands.registry import Ask
from bot.contract import Button, Kind, quoted
from bot.domain import called, mail_domains, names
from bot.texts import Text
from storage import directory, filing, people
from storage.tables import Contact, Conversation, Customer, Interaction

_SENDERS: Final = 2
"""Different people at a mail domain whose mails were filed with one customer: then it is theirs."""
_MOST_NAMES: Final = 2


@dataclass(slots=True)
class Lesson:
    told: list[str] = field(default_factory=list[str])
    offers: list[Button] = field(default_factory=list[Button])
    """What a tap may teach beside."""


async def learn(ask: Ask, item: Interaction, customer: Customer, lesson: Lesson) -> None:
    """Remember what explains an item, so that the next message files itself."""
    if item.direction != "in" or not item.sender_address or item.kind == Kind.NOTE:
        return
    await sender(ask, item, customer, lesson)
    await _chat(ask, item, customer, lesson)
    await _domain(ask, item, customer, lesson)
    await _names(ask, item, customer, lesson)


def channel_of(item: Interaction) -> str:
    """The channel that the sender's address is one of."""
    return "email" if mail_domains.domain_of(item.sender_address) else item.channel


async def sender(ask: Ask, item: Interaction, customer: Customer, lesson: Lesson) -> None:
    channel = channel_of(item)
    address = people.address(channel, item.sender_address)
    owners = await filing.owners_of(ask.session, channel, address)
    if owners:
        here = next((one for one in owners if one and one.customer_id == customer.id), None)
        item.contact_id = here.id if here else None
        if here is None and any(owners):
            text = Text(
                "{who} 已是另一个客户的联系人，这一点没有改。",
                "{who} is another customer's contact; that has not been changed.",
            )
            lesson.told.append(ask.t(text, who=item.sender_name or item.sender_address))
        return
    name_ = item.sender_name or item.sender_address
    same = await filing.contacts_named(ask.session, customer.id, name_)
    contact = same[0] if len(same) == 1 else Contact(customer_id=customer.id, name=name_)
    ask.session.add(contact)
    await ask.session.flush()
    await people.add_identity(ask.session, channel, item.sender_address, contact_id=contact.id)
    item.contact_id = contact.id
    await ask.session.flush()
    text = Text(
        "已记住：{who} 是 {customer} 的联系人，之后自动归档。",
        "Learned: {who} is a contact of {customer}; the next messages file themselves.",
    )
    lesson.told.append(ask.t(text, who=name_, customer=customer.name))


async def _chat(ask: Ask, item: Interaction, customer: Customer, lesson: Lesson) -> None:
    """A chat that nobody has bound, where all others are of the customer."""
    chat = await ask.session.get(Conversation, item.conversation_id or 0)
    if chat is None or chat.customer_id is not None or chat.user_id is not None:
        return
    if item.kind == Kind.MAIL or chat.audience == "internal":
        return
    if await filing.others_in_chat(ask.session, chat.id, item.sender_address, customer.id):
        return
    shown = chat.name or chat.chat
    if people.address(chat.channel, chat.chat) == people.address(chat.channel, item.sender_address):
        chat.customer_id = customer.id
        ask.session.add(chat)
        text = Text("已记住：聊天「{chat}」属于该客户。", "Learned: the chat “{chat}” is theirs.")
        lesson.told.append(ask.t(text, chat=shown))
    elif ask.actor.may("chat.bind"):
        lesson.offers.append(
            Button(
                label=ask.t(Text("绑定这个聊天", "Bind this chat")),
                command=f"/bind {customer.code} chat:{quoted(f'{chat.channel}:{chat.chat}')}",
            )
        )


async def _domain(ask: Ask, item: Interaction, customer: Customer, lesson: Lesson) -> None:
    """A mail domain of nobody else's: by itself after the second sender, at once by a tap."""
    domain = mail_domains.domain_of(item.sender_address)
    parts = list(mail_domains.walk(domain))
    if not parts or domain in await directory.own_domains(ask.session):
        return
    if await filing.domain_known(ask.session, parts):
        return
    if await filing.elsewhere(ask.session, domain, customer.id):
        return
    await ask.session.flush()
    if await filing.senders_at(ask.session, domain, customer.id) >= _SENDERS:
        await record.add_domain(ask.session, customer, domain, source="taught")
        await ask.session.flush()
        text = Text(
            "已记住：@{domain} 是该客户的邮箱域名。", "Learned: @{domain} is their mail domain."
        )
        lesson.told.append(ask.t(text, domain=domain))
    elif ask.actor.may("customer.write"):
        lesson.offers.append(
            Button(
                label=ask.t(Text("@{domain} 都是该客户", "@{domain} is theirs"), domain=domain),
                command=f"/customer edit {customer.code} domain {domain}",
            )
        )


async def _names(ask: Ask, item: Interaction, customer: Customer, lesson: Lesson) -> None:
    """Words that look like a firm's name and that no customer goes by."""
    if not ask.actor.may("customer.write"):
        return
    words = {names.normal(word): word for word in called.firms(f"{item.subject}\n{item.text}")}
    if not words:
        return
    unknown = await filing.unknown_names(ask.session, list(words))
    for norm in [norm for norm in words if norm in unknown][:_MOST_NAMES]:
        label = Text("「{name}」就是这个客户", "“{name}” is this customer")
        lesson.offers.append(
            Button(
                label=ask.t(label, name=words[norm]),
                command=f"/alias {customer.code} {quoted(words[norm])}",
            )
        )


async def name(ask: Ask, customer: Customer, word: str) -> None:
    """Make a customer known by one more name."""
    await record.name_customer(ask.session, customer, [word], source="taught")
    what = ask.t(Text("别名", "also called"))
    await ask.did("customer.edited", customer, customer_id=customer.id, what=what)
