"""Accounts on platforms: whose they are, and reading a platform's directory."""

from typing import Annotated

from sqlmodel import col, select

from bot.commands.registry import Ask, CommandError, command
from bot.contract import Audience, Level, Notice
from bot.texts import Text
from storage import people, talk
from storage.tables import LinkRequest, User

_NUMBER = Text("编号", "number")


@command(
    "link",
    zh="关联",
    permission="user.write",
    confirm=True,
    help=Text("确认平台账号是哪位成员", "say which member an account on a platform is"),
)
async def link(
    ask: Ask,
    number: Annotated[int, _NUMBER],
    user: Annotated[User, Text("成员", "member")],
) -> Notice:
    request = await _waiting(ask, number)
    request.user_id, request.refused = user.id, False
    _decided(ask, request)
    await people.add_identity(ask.session, request.channel, request.address, user_id=user.id)
    # Their private chat is known from here on: pushes reach them there too.
    await talk.open_conversation(
        ask.session,
        request.channel,
        request.chat,
        audience=Audience.INTERNAL.value,
        user_id=user.id,
    )
    ask.wrote("user.linked", user, channel=request.channel, address=request.address)
    return ask.say(
        Text("已关联：{account} 就是 {name}。", "Linked: {account} is {name}."),
        Level.GOOD,
        account=request.name or request.address,
        name=user.name,
    )


@command(
    "link.refuse",
    zh="拒绝关联",
    permission="user.write",
    help=Text("拒绝一个平台账号", "refuse an account on a platform"),
)
async def refuse(ask: Ask, number: Annotated[int, _NUMBER]) -> Notice:
    request = await _waiting(ask, number)
    request.refused = True
    _decided(ask, request)
    ask.wrote("user.link_refused", request)
    return ask.say(Text("已拒绝 #{number}。", "#{number} is refused."), number=number)


@command(
    "links",
    zh="关联列表",
    reads=True,
    permission="user.write",
    help=Text("等待确认的平台账号", "accounts that wait to be confirmed"),
)
async def links(ask: Ask) -> Notice:
    found = await ask.session.exec(
        select(LinkRequest)
        .where(col(LinkRequest.decided_at).is_(None))
        .order_by(col(LinkRequest.id))
    )
    facts = [
        (f"#{one.id} {one.channel}", " ".join(filter(None, (one.name, one.email, one.phone))))
        for one in found
    ]
    title = ask.t(Text("待确认的账号", "Accounts to be confirmed"))
    if not facts:
        return ask.notice(title=title, text=ask.t(Text("没有。", "None.")))
    how = Text("确认：/关联 编号 @成员", "Confirm: /link number @member")
    return ask.notice(title=title, text=ask.t(how), facts=facts)


@command(
    "sync",
    zh="同步通讯录",
    permission="user.write",
    help=Text(
        "从平台读取成员与上级", "read members and superiors from a platform: slack, wecom, feishu"
    ),
)
async def sync(ask: Ask, channel: Annotated[str, Text("平台", "platform")]) -> Notice:
    if ask.host is None or not await ask.host.sync(ask, channel.casefold()):
        raise CommandError(
            Text("平台「{name}」没有开启，或没有通讯录。", "“{name}” is not switched on."),
            name=channel,
        )
    return ask.say(
        Text("正在读取，结果会发到您的聊天里。", "Reading it; you will be told what was found.")
    )


async def _waiting(ask: Ask, number: int) -> LinkRequest:
    found = await ask.session.get(LinkRequest, number)
    if found is None:
        raise CommandError(
            Text("没有申请 #{number}。", "There is no request #{number}."), number=number
        )
    if found.user_id is not None:
        raise CommandError(
            Text("#{number} 已经关联。", "#{number} is linked already."), number=number
        )
    return found


def _decided(ask: Ask, request: LinkRequest) -> None:
    request.decided_by_id, request.decided_at = ask.actor.user_id, ask.now
    ask.session.add(request)
