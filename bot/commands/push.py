"""Progress for customers: proposed by a member, approved by one tap, then sent to their chat."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated

from bot import outbox, telling
from bot.commands import cards, guard, public
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice, Table
from bot.outbox import Room
from bot.people import Actor, Defaults, actor
from bot.render import plain
from bot.texts import Text
from storage import people, pushes
from storage.tables import Conversation, Customer, Project, Push, User

_NUMBER = Text("编号", "number")
_PROJECT = Text("项目", "project")
_STOPPED = Text(
    "「{chat}」已退订，不再推送。单独的往来可用 /回复。",
    "“{chat}” has asked for no more of these. A message of theirs can still be answered: /reply.",
)
_REPLY = Text("回复", "reply")
_PREVIEW = Text("客户将看到", "The customer will read")


@command(
    "update",
    zh="发送进展",
    permission="push.propose",
    aliases=("progress send",),
    final=True,
    help=Text(
        "把项目进展发到客户群，批准后才发出",
        "send a project's progress to its customer's chat, once it is approved",
    ),
)
async def update(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    words: Annotated[Rest, Text("附言", "words")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    chats = await pushes.customer_chats(ask.session, project)
    if not chats:
        raise CommandError(
            Text(
                "{code} 还没有绑定客户群。在群里发 /绑定 {code} 对象:客户群。",
                "{code} has no customer's chat yet: say /bind {code} audience:customer in it.",
            ),
            code=project.code,
        )
    made: list[tuple[Push, Conversation]] = []
    willing = [chat for chat in chats if not _muted(chat, ask)]
    if not willing:
        raise CommandError(_STOPPED, chat=chats[0].name or chats[0].chat)
    for chat in willing:
        notice = await public.progress(ask.session, project, chat, ask.now, words)
        push = Push(
            project_id=project.id,
            conversation_id=chat.id,
            notice=notice.model_dump(mode="json", exclude_defaults=True),
            made_by_id=ask.actor.user_id,
        )
        ask.session.add(push)
        await ask.session.flush()
        ask.wrote("push.proposed", push, project=project.id)
        made.append((push, chat))
    if ask.actor.may("push.approve"):
        return await _card(ask, project, *made[0], more=len(made) - 1)
    for push, chat in made:
        await put_before(
            ask,
            project,
            partial(_card, project=project, push=push, chat=chat),
            f"approve:{push.id}",
        )
    return ask.say(
        Text(
            "已提交批准，批准后发给客户。", "Sent to be approved; the customer gets it after that."
        ),
        Level.GOOD,
    )


async def put_before(
    ask: Ask, project: Project | None, card: Callable[[Ask], Awaitable[Notice]], key: str
) -> None:
    """Put a card before who may say yes, in their language."""
    for user, reader in await _approvers(ask, project):
        shown = await card(replace(ask, actor=reader))
        await telling.member(ask.session, user, shown, home="web", key=key, now=ask.now)


async def _approvers(ask: Ask, project: Project | None) -> list[tuple[User, Actor]]:
    """The project's manager; the managers, then the administrators, where that one may not."""
    manager = await ask.session.get(User, (project.manager_id if project else None) or 0)
    first: Sequence[User] = [manager] if manager else []
    for users in (
        first,
        await people.users_with_role(ask.session, "manager"),
        await people.users_with_role(ask.session, "admin"),
    ):
        found = [(user, await actor(ask.session, user.id, Defaults())) for user in users]
        may = [(user, one) for user, one in found if one and one.may("push.approve")]
        if may:
            return may
    return []


async def _card(
    ask: Ask, project: Project, push: Push, chat: Conversation, more: int = 0
) -> Notice:
    room = await ask.host.allowance(chat) if ask.host else Room()
    facts = [
        (ask.t(_PROJECT), f"{project.code} {project.name}"),
        (ask.t(Text("发往", "To")), f"{chat.channel} {chat.name or chat.chat}"),
        (ask.t(Text("对象", "Audience")), ask.t(Text("客户群", "customer-facing"))),
        (ask.t(Text("平台余量", "Platform allows")), allowance(ask, room)),
        (ask.t(_PREVIEW), plain.text(_words(push))),
        (ask.t(guard.CHECK), await _warning(ask, project, push, chat)),
    ]
    if more:
        text = Text("另有 {more} 个群待批准", "{more} more chats wait to be approved")
        facts.append((ask.t(Text("其他", "More")), ask.t(text, more=more)))
    return ask.notice(
        title=ask.t(
            Text("待批准的客户推送 #{number}", "To be approved: #{number}"), number=push.id
        ),
        level=Level.WARNING,
        facts=facts,
        buttons=decision(ask, f"/approve {push.id}", f"/refuse {push.id}"),
    )


async def _warning(ask: Ask, project: Project, push: Push, chat: Conversation) -> str:
    """Of the member's own words: all else comes from the public view."""
    customer = await ask.session.get_one(Customer, project.customer_id)
    return await guard.warning(ask, customer, _words(push).text, project, chat)


def decision(ask: Ask, yes: str, no: str) -> list[Button]:
    """The two buttons below words for a customer; `yes` and `no` are the commands."""
    approve, back = Text("批准并发送", "Approve and send"), Text("退回", "Refuse")
    return [
        Button(label=ask.t(approve), command=yes, primary=True, once=True),
        Button(label=ask.t(back), command=no, once=True),
    ]


async def let_through(ask: Ask, chat: Conversation) -> None:
    """Raises `CommandError` where the platform lets nothing through now."""
    if ask.host and (await ask.host.allowance(chat)).closed:
        raise CommandError(
            Text(
                "平台现在不允许发送：客户近期没有来信，或可回复条数已用完。客户来信后再批准。",
                "The platform lets nothing through now: the customer has not written lately, or the"
                " replies are spent. Approve it once they have written.",
            )
        )


def allowance(ask: Ask, room: Room) -> str:
    """What the platform still lets through, said before it is spent."""
    if room.closed:
        return ask.t(
            Text(
                "暂时不能发送，等客户来信后再批准", "nothing now; approve it once they have written"
            )
        )
    if room.closes_at is None:
        return ""
    return ask.t(
        Text("还可发送 {left} 条，至 {until}", "{left} more messages until {until}"),
        left=room.left,
        until=cards.moment(ask, room.closes_at),
    )


@command(
    "approve",
    zh="批准",
    permission="push.approve",
    final=True,
    help=Text("批准一条客户推送并发出", "approve words for a customer, and send them"),
)
async def approve(ask: Ask, number: Annotated[int, _NUMBER]) -> Notice:
    push, project, chat = await _waiting(ask, number)
    if chat not in await pushes.customer_chats(ask.session, project):
        raise CommandError(
            Text(
                "「{chat}」已不再是这个客户的群，请重新提交。",
                "“{chat}” is no longer this customer's chat; propose it again.",
            ),
            chat=chat.name or chat.chat,
        )
    if _muted(chat, ask):
        raise CommandError(_STOPPED, chat=chat.name or chat.chat)
    await let_through(ask, chat)
    push.state = "approved"
    push.decided_by_id, push.decided_at = ask.actor.user_id, ask.now
    await outbox.post(
        ask.session,
        _words(push),
        channel=chat.channel,
        chat=chat.chat,
        key=f"push:{push.id}",
    )
    await ask.did(
        "progress.sent",
        push,
        customer_id=project.customer_id,
        project_id=project.id,
        number=push.id,
    )
    return ask.notice(
        title=ask.t(Text("已批准 #{number}", "#{number} approved"), number=push.id),
        text=ask.t(
            Text("{who} 批准，正在发给 {chat}。", "Approved by {who}; on its way to {chat}."),
            who=ask.actor.name,
            chat=chat.name or chat.chat,
        ),
        level=Level.GOOD,
        facts=[(ask.t(_PREVIEW), plain.text(_words(push)))],
    )


@command(
    "refuse",
    zh="退回",
    permission="push.approve",
    help=Text("退回一条客户推送", "refuse words for a customer"),
)
async def refuse(ask: Ask, number: Annotated[int, _NUMBER]) -> Notice:
    push, _, _ = await _waiting(ask, number)
    push.state = "refused"
    push.decided_by_id, push.decided_at = ask.actor.user_id, ask.now
    ask.session.add(push)
    ask.wrote("push.refused", push)
    return ask.say(
        Text("已退回 #{number}，不会发出。", "#{number} is refused; nothing is sent."),
        number=push.id,
    )


@command(
    "approvals",
    zh="待批准",
    reads=True,
    permission="push.approve",
    help=Text("等待批准的客户推送", "words for customers that wait for a yes"),
)
async def approvals(ask: Ask) -> Notice:
    waiting = await pushes.waiting(ask.session, ask.actor.scope)
    replies = await pushes.replies(ask.session, ask.actor.scope)
    count = len(waiting) + len(replies)
    title = ask.t(Text("待批准（{count}）", "To be approved ({count})"), count=count)
    if not count:
        return ask.notice(title=title, text=ask.t(Text("没有。", "None.")))
    columns = tuple(
        ask.t(text) for text in (_NUMBER, _PROJECT, Text("聊天", "Chat"), Text("内容", "Words"))
    )
    rows = tuple(
        (f"#{p.id}", project.code, chat.name or chat.chat, cards.short(plain.text(_words(p))))
        for p, project, chat in waiting
    )
    rows += tuple(
        (f"#{item.id}", ask.t(_REPLY), chat.name or chat.chat, cards.short(item.text))
        for item, chat in replies
    )
    buttons = [
        Button(label=ask.t(Text("批准 #{n}", "Approve #{n}"), n=p.id), command=f"/approve {p.id}")
        for p, _, _ in waiting[:5]
    ]
    buttons += [
        Button(
            label=ask.t(Text("批准回复 #{n}", "Approve reply #{n}"), n=item.id),
            command=f"/reply send #{item.id}",
        )
        for item, _ in replies[:5]
    ]
    return ask.notice(title=title, table=Table(columns=columns, rows=rows), buttons=buttons)


def _words(push: Push) -> Notice:
    return Notice.model_validate(push.notice)


async def _waiting(ask: Ask, number: int) -> tuple[Push, Project, Conversation]:
    found = await pushes.one(ask.session, ask.actor.scope, number)
    if found is None:
        raise CommandError(Text("没有推送 #{number}。", "There is no #{number}."), number=number)
    if found[0].state != "waiting":
        raise CommandError(
            Text("#{number} 已经处理过。", "#{number} was decided already."), number=number
        )
    return found


def _muted(chat: Conversation, ask: Ask) -> bool:
    return chat.muted_until is not None and chat.muted_until > ask.now
