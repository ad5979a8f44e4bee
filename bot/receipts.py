"""What follows a send: the record of what customers were told, a word about what never arrived."""

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import outbox, people
from bot.clock import Clock
from bot.contract import Audience, Level, Notice
from bot.people import Defaults
from bot.render import plain
from bot.texts import Text, language_of
from storage import audit, search, talk
from storage.outbox import Taken
from storage.tables import Conversation, Interaction, Project, User

_FAILED = Text("推送失败", "A push failed")
_FAILED_BODY = Text(
    "发往 {channel} {chat} 的消息无法送达：{error}。不会再重试。",
    "A message to {channel} {chat} could not be delivered: {error}. It will not be tried again.",
)


class Receipts:
    """The outbox's `Receipts`."""

    def __init__(self, now: Clock, defaults: Defaults, home: str) -> None:
        """`home` is the channel of members' own chats with the assistant."""
        self._now = now
        self._defaults = defaults
        self._home = home

    async def sent(self, session: AsyncSession, item: Taken, notice: Notice) -> None:
        """What a customer's chat was told stands on its timeline; platforms do not echo it."""
        if notice.audience is not Audience.CUSTOMER:
            return
        chat = await talk.conversation(session, item.channel, item.chat)
        if chat is None or chat.customer_id is None:
            return
        words = plain.text(notice)
        made = Interaction(
            conversation_id=chat.id,
            channel=item.channel,
            kind="message",
            direction="out",
            message_key=f"outbox:{item.id}",
            customer_id=chat.customer_id,
            project_id=chat.project_id,
            text=words,
            language=language_of(notice.language),
            confidence=1.0,
            evidence=["chat"],
            occurred_at=self._now(),
            received_at=self._now(),
            search=search.vector(words),
        )
        session.add(made)
        await session.flush()
        await audit.write(session, audit.Trace("push.sent", "interaction", made.id, facts=words))

    async def gone(self, session: AsyncSession, item: Taken, error: str) -> None:
        """A send that failed for good is told to the chat's owner, else to the administrators."""
        if item.key.startswith("failed:"):
            return
        chat = await talk.conversation(session, item.channel, item.chat)
        shown = chat.name if chat and chat.name else item.chat
        for user in await _owners(session, chat):
            language = language_of(user.language or self._defaults.language)
            notice = Notice(
                level=Level.DANGER,
                title=_FAILED.in_(language),
                text=_FAILED_BODY.in_(language, channel=item.channel, chat=shown, error=error),
                language=language,
            )
            home = await people.own_chat(session, self._home, user)
            await outbox.post(
                session,
                notice,
                channel=home.channel,
                chat=home.chat,
                key=f"failed:{item.id}:{user.id}",
            )


async def _owners(session: AsyncSession, chat: Conversation | None) -> Sequence[User]:
    """The manager of a chat's project, else those who look after the installation."""
    if chat is not None and chat.project_id is not None:
        project = await session.get(Project, chat.project_id)
        owner = await session.get(User, project.manager_id or 0) if project else None
        if owner is not None and owner.active:
            return [owner]
    admins = select(User).where(col(User.roles).contains(["admin"]), col(User.active))
    return (await session.exec(admins)).all()
