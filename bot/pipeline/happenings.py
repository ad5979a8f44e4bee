"""What happens to chats: the assistant is taken in, people come and go, names change."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import log, outbox, record
from bot.contract import Audience, Button, Happening, InboundMessage, Kind, Level, Notice, Sender
from bot.people import Defaults
from bot.pipeline.work import Work
from bot.texts import Language, Text, language_of
from storage import audit, talk
from storage import people as members
from storage.tables import Conversation

_log = log.get("chats")

_WHOSE = Text("这个群是给谁看的？", "Who reads this chat?")
_WHOSE_BODY = Text(
    "「{chat}」刚刚添加了客情助手。请选择：内部群可以收到预警和摘要；客户群里只会出现批准过的内容。"
    "没选之前按客户群处理。之后可用 /绑定 指定客户或项目。",
    "Keqing was just taken into “{chat}”. Say who reads it: an internal chat gets alerts and"
    " digests; a customer's chat only ever gets what was approved. Until then it counts as the"
    " customer's. Later, /bind says whose customer or project it is.",
)
_INTERNAL = Text("内部群", "Internal")
_CUSTOMER = Text("客户群", "Customer-facing")
_OPENED = Text(
    "有外部人员加入，本群已按客户群处理：内部信息不再发到这里。",
    "Somebody from outside has joined: this chat counts as customer-facing now.",
)
_MET = Text("{who} 与 {member} 互相添加为联系人", "{who} and {member} became contacts")
_PARTED = Text("{who} 与 {member} 不再是联系人", "{who} and {member} are no longer contacts")


class Happenings:
    """Follows what happened to a chat, in the transaction that files its messages."""

    def __init__(self, defaults: Defaults) -> None:
        self._defaults = defaults

    async def follow(self, session: AsyncSession, message: InboundMessage) -> InboundMessage | None:
        """Take note of it; answers what is to be filed as talk, where it is a contact's doing."""
        if message.happened in {Happening.MET, Happening.PARTED}:
            return self._acquaintance(message)
        chat = await talk.open_conversation(
            session, message.channel, message.chat, name=message.chat_name
        )
        if message.happened is Happening.ADDED:
            await self._ask_whose(session, message, chat)
        elif message.happened is Happening.JOINED:
            if any([await _outsider(session, message.channel, one) for one in message.people]):
                await self.open_up(session, chat)
        elif message.happened is Happening.RENAMED:
            chat.name = message.chat_name[:200]
            session.add(chat)
        _log.info("chat.happened", channel=message.channel, what=message.happened)
        return None

    async def seen(self, session: AsyncSession, works: Sequence[Work]) -> None:
        """An outsider who speaks in an internal chat has come in unannounced."""
        for work in works:
            if work.chat.audience == Audience.INTERNAL and work.message.sender.outside:
                chat = await session.get_one(Conversation, work.chat.id)
                await self.open_up(session, chat)

    async def open_up(self, session: AsyncSession, chat: Conversation) -> None:
        """An internal chat that customers read from now on counts as theirs, and is told so."""
        if chat.audience != Audience.INTERNAL or chat.user_id is not None:
            return
        chat.audience = Audience.CUSTOMER.value
        session.add(chat)
        session.add(
            record.happened("chat.opened", customer_id=chat.customer_id, project_id=chat.project_id)
        )
        await audit.write(session, audit.Trace("chat.opened", "conversation", chat.id))
        await session.flush()
        language = self._language(chat)
        await outbox.post(
            session,
            Notice(audience=Audience.CUSTOMER, text=_OPENED.in_(language), language=language),
            channel=chat.channel,
            chat=chat.chat,
            key=f"opened:{chat.id}:{datetime.now(UTC):%Y%m%dT%H%M%S}",
        )

    async def _ask_whose(
        self, session: AsyncSession, message: InboundMessage, chat: Conversation
    ) -> None:
        """Ask once: privately who took the assistant in, else in the chat itself."""
        if chat.audience is not None or chat.asked_at is not None:
            return
        chat.asked_at = datetime.now(UTC)
        session.add(chat)
        await session.flush()
        asked = chat
        user = await members.user_at(session, message.channel, message.sender.id)
        if user is not None and message.direct:
            asked = await talk.open_conversation(
                session,
                message.channel,
                message.direct,
                audience=Audience.INTERNAL.value,
                user_id=user.id,
            )
        language = language_of(user.language) if user and user.language else self._language(chat)
        await outbox.post(
            session,
            _question(chat, language),
            channel=asked.channel,
            chat=asked.chat,
            key=f"whose:{chat.id}",
        )

    def _language(self, chat: Conversation) -> Language:
        return language_of(chat.language or self._defaults.language)

    def _acquaintance(self, message: InboundMessage) -> InboundMessage:
        """A line for the timeline of the customer, or for the doubt queue."""
        text = _MET if message.happened is Happening.MET else _PARTED
        member = message.people[0] if message.people else message.sender
        said = text.in_(
            self._defaults.language,
            who=message.sender.name or message.sender.id,
            member=member.name or member.id,
        )
        # Of its own chat: the member's, where it was told, is nobody else's to be seen in.
        return message.model_copy(
            update={
                "happened": None,
                "text": said,
                "kind": Kind.NOTE,
                "chat": f"met:{message.sender.id}",
                "chat_name": message.sender.name,
            }
        )


def _question(chat: Conversation, language: Language) -> Notice:
    where = f"{chat.channel}:{chat.chat}"
    return Notice(
        # It may be asked before customers: it says nothing that they may not read.
        audience=Audience.CUSTOMER,
        level=Level.WARNING,
        title=_WHOSE.in_(language),
        text=_WHOSE_BODY.in_(language, chat=chat.name or chat.chat),
        buttons=tuple(
            Button(
                label=label.in_(language),
                command=f"/bind audience:{audience} chat:{where}",
                primary=audience is Audience.INTERNAL,
                once=True,
            )
            for label, audience in (
                (_INTERNAL, Audience.INTERNAL),
                (_CUSTOMER, Audience.CUSTOMER),
            )
        ),
        language=language,
    )


async def _outsider(session: AsyncSession, channel: str, one: Sender) -> bool:
    """Whether somebody is not of the firm: the channel says so, or they are a customer's contact."""
    if one.outside:
        return True
    return await members.is_contact(session, channel, members.address(channel, one.id))
