"""Deciding on what waits: approve, refuse, the trail, standing in."""

from datetime import date
from typing import Annotated, Final

from bot.commands import approval, cards
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice, Table
from bot.domain.terms import Decision
from bot.rules import flows
from bot.texts import Text
from storage import approvals as rows
from storage import pushes
from storage.tables import Approval, Delegation, User

_NUMBER = Text("编号", "number")
_WHO = Text("成员", "member")
_REPLY = Text("回复", "reply")


@command(
    "approve",
    zh="批准",
    final=True,
    aliases=("agree", "同意"),
    help=Text("批准一个事项，可附意见", "say yes to what waits for you, with a word if you like"),
)
async def approve(
    ask: Ask,
    number: Annotated[int, _NUMBER],
    comment: Annotated[Rest, Text("意见", "comment")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    return await approval.vote(ask, await _waiting(ask, number), "yes", comment)


@command(
    "refuse",
    zh="退回",
    final=True,
    aliases=("reject", "驳回"),
    help=Text("退回一个事项，可附意见", "say no to what waits for you, with a word if you like"),
)
async def refuse(
    ask: Ask,
    number: Annotated[int, _NUMBER],
    comment: Annotated[Rest, Text("意见", "comment")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    return await approval.vote(ask, await _waiting(ask, number), "no", comment)


@command(
    "approvals",
    zh="待批准",
    reads=True,
    help=Text(
        "等待批准的事项：等您的，和您提出的", "what waits to be approved: by you, or for you"
    ),
)
async def approvals(ask: Ask) -> Notice:
    mine = await rows.waiting_for(ask.session, ask.actor.user_id or 0)
    theirs = [
        one
        for one in await rows.waiting(ask.session, ask.actor.scope, ask.actor.user_id)
        if one not in mine
    ]
    may = ask.actor.may("push.approve")
    replies = await pushes.replies(ask.session, ask.actor.scope) if may else []
    count = len(mine) + len(replies)
    title = ask.t(Text("待批准（{count}）", "To be approved ({count})"), count=count)
    if not count and not theirs:
        return ask.notice(title=title, text=ask.t(Text("没有。", "None.")))
    lines = [_line(ask, one, Text("等您", "for you")) for one in mine]
    lines += [
        (
            f"#{item.id}",
            ask.t(_REPLY),
            f"{chat.name or chat.chat}: {cards.short(item.text)}",
            ask.t(Text("等您", "for you")),
        )
        for item, chat in replies
    ]
    lines += [_line(ask, one, Text("等他人", "for others")) for one in theirs]
    columns = tuple(
        ask.t(text)
        for text in (_NUMBER, Text("种类", "Kind"), Text("内容", "What"), Text("状态", "State"))
    )
    buttons = [
        Button(label=ask.t(Text("查看 #{n}", "See #{n}"), n=one.id), command=f"/approval {one.id}")
        for one in mine[:5]
    ]
    buttons += [
        Button(
            label=ask.t(Text("批准回复 #{n}", "Approve reply #{n}"), n=item.id),
            command=f"/reply send #{item.id}",
        )
        for item, _ in replies[:5]
    ]
    return ask.notice(title=title, table=Table(columns=columns, rows=tuple(lines)), buttons=buttons)


def _line(ask: Ask, one: Approval, whose: Text) -> tuple[str, str, str, str]:
    return (
        f"#{one.id}",
        ask.t(flows.shipped()[one.kind].text),
        cards.short(one.title),
        ask.t(whose),
    )


async def _waiting(ask: Ask, number: int) -> Approval:
    one = await rows.one(ask.session, number)
    if one is None:
        raise CommandError(
            Text("没有待批准的 #{number}。", "There is no #{number} to decide on."), number=number
        )
    if one.state != "waiting":
        raise CommandError(
            Text("#{number} 已经处理过：{state}。", "#{number} was decided already: {state}."),
            number=number,
            state=ask.t(Decision(one.state).text),
        )
    return one


@command(
    "approval",
    zh="审批",
    reads=True,
    help=Text("一个审批的经过：谁在何时说了什么", "an approval's trail: who said what, and when"),
)
async def trail(ask: Ask, number: Annotated[int, _NUMBER]) -> Notice:
    one = await rows.one(ask.session, number)
    if one is None or not await _sees(ask, one):
        raise CommandError(
            Text("没有待批准的 #{number}。", "There is no #{number} to decide on."), number=number
        )
    lines = tuple(
        (
            str(vote.step + 1),
            user.name,
            ask.t(_WHYS[vote.why]),
            ask.t(_VERDICTS[vote.verdict]),
            cards.moment(ask, vote.said_at) if vote.said_at else "",
            vote.comment,
        )
        for vote, user in await rows.votes(ask.session, one.id)
    )
    columns = tuple(
        ask.t(text)
        for text in (
            Text("步骤", "Step"),
            _WHO,
            Text("缘由", "Why"),
            Text("意见", "Said"),
            Text("时间", "When"),
            Text("附言", "Comment"),
        )
    )
    shown = await approval.shown(ask, one)
    state = (ask.t(Text("状态", "State")), ask.t(Decision(one.state).text))
    mine = await _mine(ask, one)
    return shown.model_copy(
        update={
            "facts": (*shown.facts, *ask.notice(facts=[state]).facts),
            "table": Table(columns=columns, rows=lines),
            "buttons": shown.buttons if mine else (),
        }
    )


_WHYS: Final = {
    "asked": Text("审批人", "asked"),
    "delegated": Text("代理", "stands in"),
    "escalated": Text("超时上报", "asked late"),
    "before": Text("前一步已批准", "said yes before"),
}
_VERDICTS: Final = {
    "": Text("未表态", "not yet"),
    "yes": Text("批准", "yes"),
    "no": Text("退回", "no"),
}


async def _mine(ask: Ask, one: Approval) -> bool:
    waiting = await rows.waiting_for(ask.session, ask.actor.user_id or 0, limit=1000)
    return one.id in {each.id for each in waiting}


async def _sees(ask: Ask, one: Approval) -> bool:
    asked_ = [user.id for _, user in await rows.votes(ask.session, one.id)]
    seen = await rows.waiting(ask.session, ask.actor.scope, ask.actor.user_id, limit=10_000)
    return ask.actor.user_id in {one.made_by_id, *asked_} or one.id in {each.id for each in seen}


@command(
    "withdraw",
    zh="撤回审批",
    help=Text("撤回自己提出、还未决定的事项", "take back what you asked to be decided"),
)
async def withdraw(ask: Ask, number: Annotated[int, _NUMBER]) -> Notice:
    one = await _waiting(ask, number)
    if one.made_by_id != ask.actor.user_id:
        raise CommandError(
            Text("#{number} 不是您提出的。", "You did not ask for #{number}."), number=number
        )
    await approval.take_back(ask, one)
    return ask.say(Text("已撤回 #{number}。", "#{number} is withdrawn."), number=one.id)


@command(
    "delegate",
    zh="委托审批",
    help=Text("离开期间由他人代为审批", "let somebody decide in your place while you are away"),
)
async def delegate(
    ask: Ask,
    to: Annotated[User, Text("代理人", "to")],
    first: Annotated[date, Text("开始", "from")],
    last: Annotated[date, Text("结束", "until")],
) -> Notice:
    if last < first or last < ask.now.date():
        raise CommandError(
            Text(
                "结束日期不能早于开始日期或今天。",
                "It cannot end before it begins, or before today.",
            )
        )
    if to.id == ask.actor.user_id:
        raise CommandError(Text("不能委托给自己。", "You cannot stand in for yourself."))
    made = Delegation(user_id=ask.actor.user_id or 0, to_id=to.id, first=first, last=last)
    ask.session.add(made)
    await ask.session.flush()
    ask.wrote("approval.delegated", made)
    return ask.say(
        Text(
            "{first} 至 {last} 由 {who} 代为审批。", "{who} decides for you from {first} to {last}."
        ),
        Level.GOOD,
        who=to.name,
        first=cards.day(first, ask.language),
        last=cards.day(last, ask.language),
    )
