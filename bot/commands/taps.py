"""A customer taps a button that was sent to them: the key that it carries is all that they may use."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, outbox
from bot.commands import arguments
from bot.commands.registry import FOR_CUSTOMERS, Ask, CommandError, Host
from bot.contract import Audience, InboundMessage, Notice
from bot.domain import command_line
from bot.outbox import WrongAudience
from bot.people import Actor, Defaults
from bot.texts import language_of
from storage import people, talk
from storage.scope import Scope
from storage.tables import Contact, Conversation, Customer


async def hear(
    session: AsyncSession, message: InboundMessage, key: str, now: datetime, host: Host | None
) -> bool:
    """Answer a customer's tap where it was tapped; False where it is none of theirs."""
    chat = await talk.conversation(session, message.channel, people.bounded(message.chat))
    if chat is None or chat.audience != Audience.CUSTOMER:
        return False
    by = await people.contact_at(session, message.channel, message.sender.id)
    notice = await answer(session, message.text, now, chat=chat, by=by, host=host)
    if notice is not None:
        await outbox.post(
            session,
            notice,
            channel=chat.channel,
            chat=chat.chat,
            key=key,
            not_before=now,
            thread=message.thread or "",
            place=message.place,
        )
    return notice is not None


async def answer(
    session: AsyncSession,
    line: str,
    now: datetime,
    *,
    chat: Conversation,
    by: Contact | None,
    host: Host | None,
) -> Notice | None:
    """What a customer's tap came to, in words for them; None where the line is no tap of theirs."""
    words = command_line.split(line)
    command = FOR_CUSTOMERS.get(words[0].text.lstrip("/")) if words else None
    if command is None:
        return None
    defaults = host.defaults if host else Defaults()
    customer = await session.get(Customer, chat.customer_id or 0)
    language = language_of(
        chat.language or (customer.language if customer else None) or defaults.language
    )
    guest = Actor(
        user_id=None,
        name=by.name if by else "",
        roles=("customer",),
        permissions=frozenset(),
        scope=Scope(None),
        language=language,
        zone=clock.zone(chat.timezone, defaults.timezone),
    )
    ask = Ask(session, guest, now.astimezone(guest.zone), chat, host, by=by)
    try:
        async with ask.attempt():
            notice = await command.run(ask, **await arguments.read(ask, command, words[1:]))
    except CommandError as error:
        return Notice(
            audience=Audience.CUSTOMER, text=ask.t(error.text, **error.facts), language=language
        )
    if notice.audience is not Audience.CUSTOMER:
        raise WrongAudience(f"{command.name} answers customers with internal words")
    return notice
