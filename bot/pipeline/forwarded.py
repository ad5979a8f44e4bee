"""Talk that a member forwards or pastes: a block of it becomes the messages that it contains."""

import re
from dataclasses import replace
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, outbox
from bot.contract import Audience, Button, ChannelName, InboundMessage, Level, Notice, Sender
from bot.domain import command_line
from bot.inbox import Arrived
from bot.pipeline import pasted
from bot.pipeline.evidence import PASTED
from bot.texts import Text, language_of
from storage import people, talk

_TIMES: Final = re.compile(r"\d{1,2}[:：]\d{2}")
_KEPT = Text("已记下 {count} 条聊天记录", "{count} forwarded messages are kept")
_KEPT_HOW = Text(
    "每一条都会按说话人和内容归档；不确定的在待归档里。",
    "Each is filed by who said what; what is unclear waits to be filed.",
)
_TO_FILE = Text("待归档", "To be filed")


def likely(message: InboundMessage) -> bool:
    """Whether a text may be a block of talk; a glance, so that ordinary lines cost nothing."""
    text = message.text
    return message.sender.proven and "\n" in text[:200] and bool(_TIMES.search(text, 0, 400))


async def lines(session: AsyncSession, arrived: Arrived) -> list[Arrived]:
    """The messages in a block that a member forwards to the assistant or among members; else none."""
    message = arrived.message
    if not likely(message) or command_line.is_command(message.text) or message.tapped:
        return []
    user = await people.user_at(session, message.channel, message.sender.id)
    chat = await talk.conversation(session, message.channel, message.chat)
    internal = chat is not None and chat.audience == Audience.INTERNAL
    if user is None or not (message.private or internal):
        return []
    zone = clock.zone(user.timezone)
    found = pasted.read(message.text, message.sent_at.astimezone(zone), zone)
    if not found:
        return []
    inner = await talk.open_conversation(
        session, PASTED, f"{message.channel}:{message.chat}", name=message.chat_name
    )
    if chat is not None and inner.customer_id is None and chat.customer_id is not None:
        inner.customer_id, inner.project_id = chat.customer_id, chat.project_id
        session.add(inner)
        await session.flush()
    return [
        replace(arrived, message=_said(message, inner.chat, number, line))
        for number, line in enumerate(found)
    ]


def _said(
    message: InboundMessage, chat: str, number: int, line: pasted.PastedLine
) -> InboundMessage:
    return InboundMessage(
        channel=ChannelName(PASTED),
        event_id=f"{message.channel}:{message.event_id}:{number}",
        chat=chat,
        chat_name=message.chat_name,
        sender=Sender(id=line.name, name=line.name),
        text=line.text,
        sent_at=line.at,
    )


async def confirm(session: AsyncSession, arrived: Arrived, count: int) -> None:
    """Tell a member who forwarded privately what became of it; a group is not pinged for it."""
    message = arrived.message
    if not message.private:
        return
    user = await people.user_at(session, message.channel, message.sender.id)
    language = language_of(user.language if user else None)
    await talk.open_conversation(
        session,
        message.channel,
        message.chat,
        audience=Audience.INTERNAL.value,
        user_id=user.id if user else None,
    )
    await outbox.post(
        session,
        Notice(
            level=Level.GOOD,
            title=_KEPT.in_(language, count=count),
            text=_KEPT_HOW.in_(language),
            buttons=(Button(label=_TO_FILE.in_(language), command="/inbox"),),
            language=language,
        ),
        channel=message.channel,
        chat=message.chat,
        key=f"answer:{message.channel}:{message.event_id}"[:400],
    )
