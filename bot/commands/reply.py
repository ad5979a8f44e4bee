"""A member's own words to a customer, in the conversation that they answer; approved as pushes are.

A reply is an internal item on the timeline from the start. Once it is out it counts as said to the
customer, under the name of the member who wrote it.
"""

from dataclasses import replace
from typing import Annotated, Final

from bot import outbox, people, selectors, telling
from bot.commands import approval, guard, offering
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Audience, Kind, Level, Notice
from bot.people import Actor, Defaults
from bot.pipeline import evidence, extract, promises
from bot.pipeline.promises import Said
from bot.texts import Text
from storage import search
from storage.tables import Conversation, Customer, Interaction, Project, User

WAITING: Final = ["reply"]
_APPROVED: Final = ["reply", "approved"]
_REFUSED: Final = ["reply", "refused"]
"""How a reply stands, as its evidence tells."""
_SPOKEN: Final = frozenset({Kind.CALL, Kind.MEETING, Kind.NOTE})
_ITEM = Text("编号", "item")
_PREVIEW = Text("客户将看到", "The customer will read")
_SEND = Text("批准并发送", "Approve and send")


@command(
    "reply",
    zh="回复",
    permission="push.propose",
    final=True,
    help=Text(
        "在客户自己的会话或邮件里回复一条往来，批准后才发出",
        "answer an item in its own chat or mail thread, once it is approved",
    ),
)
async def reply(
    ask: Ask,
    item: Annotated[Interaction, _ITEM],
    words: Annotated[Rest, Text("内容", "words")],
) -> Notice:
    chat = await chat_of(ask, item)
    made = written(ask, item, words)
    made.evidence, made.search = WAITING, search.vector(words)
    return await propose(ask, made, chat)


def written(ask: Ask, item: Interaction, words: str) -> Interaction:
    """Words that answer an item, as an internal item of the record."""
    return Interaction(
        conversation_id=item.conversation_id,
        channel=item.channel,
        kind=item.kind,
        direction="internal",
        message_key=f"answers:{item.id}",
        thread=item.thread or item.message_key,
        customer_id=item.customer_id,
        project_id=item.project_id,
        user_id=ask.actor.user_id,
        sender_name=ask.actor.name,
        subject=_subject(item),
        text=words,
        audience="internal",
        language=item.language,
        confidence=1.0,
        filed_by_id=ask.actor.user_id,
        occurred_at=ask.now,
        received_at=ask.now,
    )


async def propose(ask: Ask, made: Interaction, chat: Conversation) -> Notice:
    """Put words that answer an item before whoever approves them."""
    ask.session.add(made)
    await ask.session.flush()
    ask.wrote("reply.proposed", made)
    if ask.actor.may("push.approve"):
        return await _card(ask, made, chat)
    project = await ask.session.get(Project, made.project_id or 0)
    for user, reader in await _approvers(ask, project):
        shown = await _card(replace(ask, actor=reader), made, chat)
        await telling.member(
            ask.session,
            user,
            shown,
            home=people.HOME,
            key=f"approve-reply:{made.id}",
            now=ask.now,
        )
    return ask.say(
        Text("回复 #{number} 已提交批准。", "Reply #{number} was sent to be approved."),
        Level.GOOD,
        number=made.id,
    )


async def _approvers(ask: Ask, project: Project | None) -> list[tuple[User, Actor]]:
    """The project's manager; the managers, then the administrators, where that one may not."""
    for selector in ("project.manager", "role:manager", "role:admin"):
        users = await selectors.users(ask.session, selector, project=project)
        found = [(u, await people.actor(ask.session, u.id, ask.defaults)) for u in users]
        may = [(user, one) for user, one in found if one and one.may("push.approve")]
        if may:
            return may
    return []


async def chat_of(ask: Ask, item: Interaction) -> Conversation:
    """Where an item is answered: its own conversation, where a customer reads and can be written to."""
    chat = await ask.session.get(Conversation, item.conversation_id or 0)
    if chat is None or item.kind in _SPOKEN or item.channel == evidence.PASTED:
        raise CommandError(
            Text(
                "#{number} 不是消息或邮件，无法在原处回复。",
                "#{number} is neither a message nor a mail: it cannot be answered where it is.",
            ),
            number=item.id,
        )
    if chat.audience == Audience.INTERNAL or item.direction == "internal":
        raise CommandError(
            Text(
                "#{number} 是内部往来，直接在那里说就行。",
                "#{number} is internal: just say it there.",
            ),
            number=item.id,
        )
    return chat


def _subject(item: Interaction) -> str:
    if not item.subject:
        return ""
    known = item.subject.lower().startswith(("re:", "回复:", "回复：", "答复:", "答复："))
    return item.subject if known else f"Re: {item.subject}"


async def _warning(ask: Ask, made: Interaction, chat: Conversation) -> str:
    customer = await ask.session.get(Customer, made.customer_id or 0)
    if customer is None:
        return ""
    project = await ask.session.get(Project, made.project_id or 0)
    return await guard.warning(ask, customer, f"{made.subject}\n{made.text}", project, chat)


def _words(made: Interaction) -> Notice:
    language = "en" if made.language == "en" else "zh"
    return Notice(audience=Audience.CUSTOMER, title=made.subject, text=made.text, language=language)


async def _card(ask: Ask, made: Interaction, chat: Conversation) -> Notice:
    room = await ask.host.allowance(chat) if ask.host else outbox.Room()
    facts = [
        (ask.t(Text("回复人", "From")), made.sender_name),
        (ask.t(Text("发往", "To")), f"{chat.channel} {chat.name or chat.chat}"),
        (ask.t(Text("对象", "Audience")), ask.t(Text("客户", "the customer"))),
        (ask.t(Text("主题", "Subject")), made.subject),
        (ask.t(Text("平台余量", "Platform allows")), offering.allowance(ask, room)),
        (ask.t(_PREVIEW), made.text),
        (ask.t(guard.CHECK), await _warning(ask, made, chat)),
    ]
    return ask.notice(
        title=ask.t(
            Text("待批准的回复 #{number}", "A reply to be approved: #{number}"), number=made.id
        ),
        level=Level.WARNING,
        facts=facts,
        buttons=approval.decision(
            ask, f"/reply send #{made.id}", f"/reply refuse #{made.id}", _SEND
        ),
    )


@command(
    "reply.send",
    zh="发送回复",
    permission="push.approve",
    final=True,
    help=Text("批准一条回复并发出", "approve a reply, and send it"),
)
async def send(ask: Ask, item: Annotated[Interaction, _ITEM]) -> Notice:
    made = await _waiting(ask, item)
    chat = await _chat_of(ask, made)
    made.evidence = _APPROVED
    ask.session.add(made)
    await outbox.post(
        ask.session,
        _words(made),
        channel=chat.channel,
        chat=chat.chat,
        key=f"reply:{made.id}",
        thread=await _thread(ask, made),
        copies=await _copies(ask, made, chat),
    )
    await _promised(ask, made)
    ask.wrote("reply.approved", made)
    return ask.notice(
        title=ask.t(Text("已批准回复 #{number}", "Reply #{number} approved"), number=made.id),
        text=ask.t(
            Text("{who} 批准，正在发给 {chat}。", "Approved by {who}; on its way to {chat}."),
            who=ask.actor.name,
            chat=chat.name or chat.chat,
        ),
        level=Level.GOOD,
        facts=[(ask.t(_PREVIEW), made.text)],
    )


async def _promised(ask: Ask, made: Interaction) -> None:
    """What the reply promises comes back to whoever wrote it."""
    if made.user_id is None:
        return
    found = extract.find(made.text, ask.now.date())
    said = Said(made.id, made.user_id, ask.now, found, made.customer_id, made.project_id)
    await promises.keep(ask.session, [said], ask.now, Defaults(timezone=ask.actor.zone.key))


async def _chat_of(ask: Ask, made: Interaction) -> Conversation:
    chat = await ask.session.get_one(Conversation, made.conversation_id or 0)
    await offering.let_through(ask, chat)
    return chat


async def _answered(ask: Ask, made: Interaction) -> Interaction | None:
    return await ask.session.get(Interaction, int(made.message_key.removeprefix("answers:")))


async def _copies(ask: Ask, made: Interaction, chat: Conversation) -> tuple[str, ...]:
    """Who else was in a mail's conversation; our own mailbox leaves itself out."""
    answered = await _answered(ask, made)
    if made.kind != Kind.MAIL or answered is None:
        return ()
    others = (answered.sender_address, *answered.recipients)
    return tuple(dict.fromkeys(one for one in others if "@" in one and one != chat.chat))


async def _thread(ask: Ask, made: Interaction) -> str:
    """The thread; for a mail its first mail and the one that is answered, as References has them."""
    answered = await _answered(ask, made)
    if made.kind != Kind.MAIL or answered is None:
        return made.thread or ""
    return " ".join(dict.fromkeys(filter(None, (made.thread, answered.message_key))))


@command(
    "reply.refuse",
    zh="退回回复",
    permission="push.approve",
    help=Text("退回一条回复，不发出", "refuse a reply; it is not sent"),
)
async def refuse(ask: Ask, item: Annotated[Interaction, _ITEM]) -> Notice:
    made = await _waiting(ask, item)
    made.evidence = _REFUSED
    ask.session.add(made)
    ask.wrote("reply.refused", made)
    return ask.say(
        Text("回复 #{number} 已退回，不会发出。", "Reply #{number} is refused; nothing is sent."),
        number=made.id,
    )


async def _waiting(ask: Ask, item: Interaction) -> Interaction:
    """The reply, for this decision alone until the commit."""
    await ask.session.refresh(item, with_for_update=True)
    if item.evidence[:1] != WAITING:
        raise CommandError(Text("#{number} 不是回复。", "#{number} is no reply."), number=item.id)
    if item.evidence != WAITING:
        raise CommandError(
            Text("#{number} 已经处理过。", "#{number} was decided already."), number=item.id
        )
    return item
