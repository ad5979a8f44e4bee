"""Words for customers: written by the program or a member, and sent once somebody has said yes.

The only way to a customer's chat or mailbox that nobody there has asked for.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot import outbox
from bot.commands import approval, cards, guard
from bot.commands.registry import Ask, CommandError
from bot.contract import Audience, Button, Level, Notice
from bot.outbox import Room
from bot.render import plain
from bot.rules import flows
from bot.texts import Text, listed
from storage import approvals, pushes
from storage.tables import Approval, Conversation, Customer, Project, Push

Make = Callable[[Conversation], Awaitable[Notice]]

KINDS: Final = {
    "progress": Text("项目进展", "progress"),
    "milestone": Text("里程碑", "milestone"),
    "payment": Text("付款提醒", "payment"),
    "care": Text("客户关怀", "care"),
    "survey": Text("满意度调查", "survey"),
    "closing": Text("结项报告", "closing report"),
    "deliverable": Text("交付物", "deliverable"),
    "report": Text("服务报告", "service report"),
}
Settled = Callable[[Ask, Push, bool], Awaitable[None]]
_SETTLED: Final[dict[str, Settled]] = {}
_PREVIEW: Final = Text("客户将看到", "The customer will read")
_STOPPED = Text(
    "「{chat}」已退订，不再推送。单独的往来可用 /回复。",
    "“{chat}” has asked for no more of these. A message of theirs can still be answered: /reply.",
)
_NO_CHAT = Text(
    "{code} 还没有客户群，也没有可写的邮箱。在群里发 /绑定 {code} 对象:客户群。",
    "{code} has no customer's chat yet, and no mailbox to write to: say /bind {code}"
    " audience:customer in it.",
)


@dataclass(frozen=True, slots=True)
class Offer:
    """What is to be said to a customer."""

    kind: str
    customer: Customer
    project: Project | None
    make: Make
    """Its words for one chat, of the customer audience, in that chat's language."""
    flow: flows.Kind = "push"
    to: int | None = None
    """The one conversation that it is for, where it is not for all of theirs."""


def settled(kind: str) -> Callable[[Settled], Settled]:
    """Declare what the decision on words of a kind means for what they are about."""

    def declare(act: Settled) -> Settled:
        _SETTLED[kind] = act
        return act

    return declare


async def _settle(ask: Ask, push: Push, *, yes: bool) -> None:
    if (act := _SETTLED.get(push.kind)) is not None:
        await act(ask, push, yes)


async def offer(ask: Ask, what: Offer) -> list[tuple[Push, Conversation, Approval]]:
    """Put words for a customer before whoever may say yes, one for each of their chats.

    Raises `CommandError` where there is no chat, or all of them have stopped such words.
    """
    chats = await pushes.customer_chats(ask.session, what.customer, what.project)
    if what.to is not None:
        chats = [chat for chat in chats if chat.id == what.to] or chats
    code = what.project.code if what.project else what.customer.code
    if not chats:
        raise CommandError(_NO_CHAT, code=code)
    willing = [chat for chat in chats if not muted(chat, ask)]
    if not willing:
        raise CommandError(_STOPPED, chat=chats[0].name or chats[0].chat)
    return [await _one(ask, what, chat) for chat in willing]


async def _one(ask: Ask, what: Offer, chat: Conversation) -> tuple[Push, Conversation, Approval]:
    notice = await what.make(chat)
    if notice.audience is not Audience.CUSTOMER:
        raise outbox.WrongAudience("words for a customer must be of the customer audience")
    push = Push(
        project_id=what.project.id if what.project else None,
        customer_id=what.customer.id,
        conversation_id=chat.id,
        kind=what.kind,
        notice=notice.model_dump(mode="json", exclude_defaults=True),
        made_by_id=ask.actor.user_id,
    )
    ask.session.add(push)
    await ask.session.flush()
    ask.wrote("push.proposed", push)
    waits = await approval.ask_for(
        ask,
        what.flow,
        push,
        title=what.project.name if what.project else what.customer.name,
        facts={"push.kind": what.kind, "customer.tier": what.customer.tier},
        customer=what.customer,
        project=what.project,
    )
    return push, chat, waits


@approval.card("acceptance")
@approval.card("push")
async def _card(ask: Ask, one: Approval) -> list[tuple[str, str]]:
    push, customer, project, chat = await _parts(ask, one)
    room = await ask.host.allowance(chat) if ask.host else Room()
    about = project or customer
    words_ = words(push)
    warning = await guard.warning(ask, customer, words_.text, project, chat) if project else ""
    return [
        (ask.t(Text("关于", "About")), f"{about.code} {about.name}"),
        (ask.t(Text("种类", "Kind")), ask.t(KINDS[push.kind])),
        (ask.t(Text("发往", "To")), f"{chat.channel} {chat.name or chat.chat}"),
        (ask.t(Text("对象", "Audience")), ask.t(Text("客户群", "customer-facing"))),
        (ask.t(Text("平台余量", "Platform allows")), allowance(ask, room)),
        (ask.t(_PREVIEW), preview(words_)),
        (ask.t(guard.CHECK), warning),
    ]


@approval.decided("acceptance")
@approval.decided("push")
async def _decided(ask: Ask, one: Approval, yes: bool) -> Notice | None:
    push, customer, project, chat = await _parts(ask, one)
    push.decided_by_id, push.decided_at = ask.actor.user_id, ask.now
    push.state = "approved" if yes else "refused"
    ask.session.add(push)
    if not yes:
        await _settle(ask, push, yes=False)
        return ask.say(
            Text("已退回 #{number}，不会发出。", "#{number} is refused; nothing is sent."),
            number=one.id,
        )
    if chat not in await pushes.customer_chats(ask.session, customer, project):
        raise CommandError(
            Text(
                "「{chat}」已不再是这个客户的群，请重新提交。",
                "“{chat}” is no longer this customer's chat; propose it again.",
            ),
            chat=chat.name or chat.chat,
        )
    if muted(chat, ask):
        raise CommandError(_STOPPED, chat=chat.name or chat.chat)
    await let_through(ask, chat)
    await outbox.post(
        ask.session, words(push), channel=chat.channel, chat=chat.chat, key=f"push:{push.id}"
    )
    await _settle(ask, push, yes=True)
    await ask.did(
        f"{push.kind}.sent",
        push,
        customer_id=customer.id,
        project_id=project.id if project else None,
        number=push.id,
    )
    return ask.notice(
        title=ask.t(Text("已批准 #{number}", "#{number} approved"), number=one.id),
        text=ask.t(
            Text("{who} 批准，正在发给 {chat}。", "Approved by {who}; on its way to {chat}."),
            who=ask.actor.name,
            chat=chat.name or chat.chat,
        ),
        level=Level.GOOD,
        facts=[(ask.t(_PREVIEW), preview(words(push)))],
    )


async def _parts(ask: Ask, one: Approval) -> tuple[Push, Customer, Project | None, Conversation]:
    push = await ask.session.get_one(Push, one.row_id)
    customer = await ask.session.get_one(Customer, push.customer_id)
    project = await ask.session.get(Project, push.project_id or 0)
    return push, customer, project, await ask.session.get_one(Conversation, push.conversation_id)


def words(push: Push) -> Notice:
    return Notice.model_validate(push.notice)


def preview(notice: Notice) -> str:
    """What a customer will read, for members: what the buttons say, never the keys that they hold."""
    said = plain.text(notice.model_copy(update={"buttons": (), "form": None}))
    buttons = " ".join(f"[{button.label}]" for button in notice.buttons)
    return "\n".join(filter(None, (said, buttons)))


async def sent_off(ask: Ask, made: Sequence[Approval]) -> Notice:
    """What whoever proposed it is told: what the customer will read, and who decides."""
    names = {user.name for one in made for _, user in await approvals.votes(ask.session, one.id)}
    shown = await approval.shown(ask, made[0])
    back = Button(
        label=ask.t(Text("撤回", "Withdraw")), command=f"/withdraw {made[0].id}", once=True
    )
    text = Text(
        "已提交批准，由 {names} 决定，批准后发给客户。",
        "Sent to be approved by {names}; the customer gets it after that.",
    )
    more = Text("另有 {more} 个群待批准", "{more} more chats wait to be approved")
    return shown.model_copy(
        update={
            "text": ask.t(text, names=listed(sorted(names), ask.language)),
            "buttons": (back,),
            "note": ask.t(more, more=len(made) - 1) if len(made) > 1 else "",
        }
    )


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


def muted(chat: Conversation, ask: Ask) -> bool:
    return chat.muted_until is not None and chat.muted_until > ask.now
