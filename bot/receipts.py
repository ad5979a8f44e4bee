"""What follows a send: the record of what customers were told, a word about what never arrived."""

from collections.abc import Sequence
from typing import Final

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import outbox, people
from bot.clock import Clock
from bot.contract import Audience, Level, Notice
from bot.domain import bounces
from bot.people import Defaults
from bot.render import plain
from bot.texts import Text, language_of
from storage import answering, audit, search, talk
from storage import outbox as rows
from storage.outbox import Posted, Taken
from storage.tables import Conversation, Interaction, Project, Push, User

_FAILED = Text("推送失败", "A push failed")
_REPLY: Final = "reply:"
_PUSH: Final = "push:"
_FAILED_BODY = Text(
    "发往 {channel} {chat} 的消息无法送达：{error}。不会再重试。",
    "A message to {channel} {chat} could not be delivered: {error}. It will not be tried again.",
)
_STOPPED = Text("客户退订", "A customer has unsubscribed")
_STOPPED_BODY = Text(
    "{chat} 来信退订：不再向其推送进展。成员的回复不受影响；对方改主意后用 /取消静音 恢复。",
    "{chat} has unsubscribed: no progress is pushed there any more. Members' replies still go out;"
    " /unmute takes it back once they have changed their mind.",
)


class Receipts:
    """The outbox's `Receipts`, and what tells of what became of our words later on."""

    def __init__(self, now: Clock, defaults: Defaults, home: str) -> None:
        """`home` is the channel of members' own chats with the assistant."""
        self._now = now
        self._defaults = defaults
        self._home = home

    async def sent(self, session: AsyncSession, item: Taken, notice: Notice) -> None:
        """What a customer's chat was told stands on its timeline; platforms do not echo it."""
        if notice.audience is Audience.CUSTOMER:
            await self._told(session, item, notice)
            await self._lost_already(session, item)

    async def _lost_already(self, session: AsyncSession, item: Taken) -> None:
        """A bounce may come before we know what the far side calls the mail: see `undelivered`."""
        name = await rows.name_of(session, item.key)
        if not name:
            return
        await rows.hold_name(session, name)
        early = await talk.by_key(session, item.channel, f"{bounces.EARLY}{name}")
        said = await talk.by_key(session, item.channel, f"outbox:{item.id}")
        if early is None or said is None:
            return
        early.conversation_id = said.conversation_id
        early.customer_id, early.project_id = said.customer_id, said.project_id
        early.direction = early.audience = Audience.INTERNAL.value
        early.status, early.candidates, early.evidence = "filed", {}, ["bounce"]
        early.sentiment, early.score, early.because, early.signals = "unscored", 0.0, "", []
        session.add(early)
        error = bounces.first_line(early.text)
        if await rows.bounced(session, item.id, error):
            await self.gone(session, item, error)

    async def _told(self, session: AsyncSession, item: Taken, notice: Notice) -> None:
        draft = await _draft(session, item)
        if draft is not None:
            await self._answered(session, item, draft)
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

    async def _answered(self, session: AsyncSession, item: Taken, draft: Interaction) -> None:
        """A reply that a member has written is out: it stands on the timeline under their name."""
        draft.direction, draft.audience = "out", Audience.CUSTOMER.value
        draft.message_key = f"outbox:{item.id}"
        draft.occurred_at = self._now()
        session.add(draft)
        await session.flush()
        if draft.conversation_id is not None:
            chat, at, by = draft.conversation_id, draft.occurred_at, draft.user_id
            end = answering.End(chat, at, answered=True, user_id=by)
            await answering.end(session, [end])
        await audit.write(session, audit.Trace("reply.sent", "interaction", draft.id))

    async def gone(self, session: AsyncSession, item: Taken | Posted, error: str) -> None:
        """What never arrived says so itself; who wrote it is told, else the chat's owner."""
        if item.key.startswith("failed:"):
            return
        chat = await talk.conversation(session, item.channel, item.chat)
        shown = chat.name if chat and chat.name else item.chat
        said = await _draft(session, item) or await talk.by_key(
            session, item.channel, f"outbox:{item.id}"
        )
        if said is not None:
            said.error = error
            session.add(said)
            await session.flush()
        facts = {"channel": item.channel, "chat": shown, "error": error}
        users = await _author(session, item, said) or await _owners(session, chat)
        await self._tell(session, users, (_FAILED, _FAILED_BODY), f"failed:{item.id}", **facts)

    async def stopped(self, session: AsyncSession, chat: Conversation) -> None:
        """Who asks for no more mail is made known to who looks after them."""
        facts = {"chat": chat.name or chat.chat}
        users = await _owners(session, chat)
        key = f"stopped:{chat.id}:{self._now():%Y%m%dT%H%M%S}"
        await self._tell(session, users, (_STOPPED, _STOPPED_BODY), key, **facts)

    async def _tell(
        self,
        session: AsyncSession,
        users: Sequence[User],
        words: tuple[Text, Text],
        key: str,
        **facts: object,
    ) -> None:
        title, body = words
        for user in users:
            language = language_of(user.language or self._defaults.language)
            notice = Notice(
                level=Level.DANGER,
                title=title.in_(language),
                text=body.in_(language, **facts),
                language=language,
            )
            home = await people.own_chat(session, self._home, user)
            await outbox.post(
                session, notice, channel=home.channel, chat=home.chat, key=f"{key}:{user.id}"
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


async def _draft(session: AsyncSession, item: Taken | Posted) -> Interaction | None:
    """The reply that an item sends."""
    number = item.key.removeprefix(_REPLY)
    if number == item.key or not number.isdecimal():
        return None
    return await session.get(Interaction, int(number))


async def _author(
    session: AsyncSession, item: Taken | Posted, said: Interaction | None
) -> Sequence[User]:
    """The member whose words it was."""
    number = item.key.removeprefix(_PUSH)
    push = None
    if number != item.key and number.isdecimal():
        push = await session.get(Push, int(number))
    id_ = push.made_by_id or push.decided_by_id if push else said.user_id if said else None
    user = await session.get(User, id_ or 0)
    return [user] if user is not None and user.active else []
