"""Contacts of customers, and the members of the firm."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from bot.commands import arguments, cards
from bot.commands.customer import card as customer_card
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Level, Notice, Table
from bot.domain import mail_domains, terms
from bot.people import HOME, ROLE_NAMES
from bot.texts import Text, listed
from storage import people, tokens
from storage.tables import Contact, Customer, User

_INVITED = timedelta(days=3)
_CUSTOMER = Text("客户", "customer")


@command(
    "contact.new",
    zh="新建联系人",
    permission="customer.write",
    aliases=("contact", "联系人"),
    help=Text("给客户添加联系人", "add a person at a customer"),
)
async def new_contact(
    ask: Ask,
    customer: Annotated[Customer, _CUSTOMER],
    name: Annotated[str, Text("姓名", "name")],
    title: Annotated[str, Text("职务", "title")] = "",
    email: Annotated[str, Text("邮箱", "email")] = "",
    phone: Annotated[str, Text("电话", "phone")] = "",
    role: Annotated[terms.ContactRole | None, Text("角色", "role")] = None,
) -> Notice:
    for word in (title,):
        # A mail or a phone shows what it is without a key.
        if mail_domains.domain_of(word) and not email:
            email, title = word, ""
        elif people.phone(word) and len(people.phone(word)) >= 7 and not phone:
            phone, title = word, ""
    made = Contact(customer_id=customer.id, name=name, title=title, role=role.value if role else "")
    ask.session.add(made)
    await ask.session.flush()
    for channel, value in (("email", email), ("phone", phone)):
        if value:
            await people.add_identity(ask.session, channel, value, contact_id=made.id)
    await ask.did("contact.made", made, customer_id=customer.id, name=name)
    return await customer_card(ask, customer)


@command(
    "whoami",
    zh="我是谁",
    reads=True,
    help=Text("您的身份、角色与权限", "who you are and what you may do"),
)
async def whoami(ask: Ask) -> Notice:
    actor = ask.actor
    roles = _roles(ask, actor.roles)
    return ask.notice(
        title=actor.name,
        facts=[
            (ask.t(Text("角色", "Roles")), roles),
            (ask.t(Text("权限", "Permissions")), ", ".join(sorted(actor.permissions))),
            (ask.t(Text("语言", "Language")), {"zh": "中文", "en": "English"}[actor.language]),
            (ask.t(Text("时区", "Time zone")), str(actor.zone)),
            (ask.t(Text("已关联账号", "Linked accounts")), await _accounts(ask)),
        ],
    )


async def _accounts(ask: Ask) -> str:
    """Where this person is known, on each channel."""
    known = await people.identities(ask.session, ask.actor.user_id or 0)
    return "\n".join(f"{one.channel} {one.address}" for one in known if one.channel != HOME)


def _roles(ask: Ask, codes: Sequence[str]) -> str:
    return listed(
        (ask.t(ROLE_NAMES[code]) if code in ROLE_NAMES else code for code in codes), ask.language
    )


@command(
    "users",
    zh="成员",
    reads=True,
    permission="user.read",
    aliases=("user list", "成员列表"),
    help=Text("列出成员与角色", "members and their roles"),
)
async def users(ask: Ask) -> Notice:
    found = await people.all_users(ask.session)
    names = {user.id: user.name for user in found}
    rows = tuple(
        (
            user.name,
            _roles(ask, user.roles),
            names.get(user.superior_id or 0, ""),
        )
        for user in found
    )
    columns = tuple(
        ask.t(text)
        for text in (Text("姓名", "Name"), Text("角色", "Roles"), Text("上级", "Superior"))
    )
    return ask.notice(title=ask.t(Text("成员", "Members")), table=Table(columns=columns, rows=rows))


@command(
    "user.add",
    zh="添加成员",
    permission="user.write",
    help=Text("添加成员", "add a member"),
)
async def add_user(
    ask: Ask,
    name: Annotated[str, Text("姓名", "name")],
    role: Annotated[str, Text("角色", "role")],
    email: Annotated[str, Text("邮箱", "email")] = "",
    superior: Annotated[User | None, Text("上级", "superior")] = None,
) -> Notice:
    code = arguments.role_named(ask, role)
    if await people.user_named(ask.session, name):
        raise CommandError(Text("成员 {name} 已经存在。", "The member {name} exists."), name=name)
    made = User(name=name, roles=[code], superior_id=superior.id if superior else None)
    ask.session.add(made)
    await ask.session.flush()
    if email:
        await people.add_identity(ask.session, "email", email, user_id=made.id)
    ask.wrote("user.made", made, role=code)
    return ask.say(
        Text("已添加成员 {name}（{role}）。", "Added {name} ({role})."),
        Level.GOOD,
        name=name,
        role=ask.t(ROLE_NAMES[code]),
    )


@command(
    "user.invite",
    zh="邀请成员",
    permission="user.write",
    help=Text(
        "生成一次性链接，成员用它设置密码", "a one-time link with which a member sets a password"
    ),
)
async def invite(ask: Ask, user: Annotated[User, Text("成员", "member")]) -> Notice:
    if ask.host is None:
        raise CommandError(Text("这里不能生成链接。", "No link can be made here."))
    until = datetime.now(UTC) + _INVITED
    secret = await tokens.make(ask.session, tokens.INVITE, user.id, until)
    ask.wrote("user.invited", user)
    return ask.notice(
        title=ask.t(Text("邀请 {name}", "An invitation for {name}"), name=user.name),
        text=ask.t(
            Text(
                "请把这个链接交给 {name}，{until} 前有效，只能用一次：\n{url}",
                "Give this link to {name}; it works once, until {until}:\n{url}",
            ),
            name=user.name,
            until=cards.moment(ask, until),
            url=ask.host.link(f"/invite/{secret}"),
        ),
        level=Level.GOOD,
    )


@command(
    "user.role",
    zh="成员角色",
    permission="user.write",
    confirm=True,
    help=Text("设置成员的角色", "set a member's role"),
)
async def set_role(
    ask: Ask,
    user: Annotated[User, Text("成员", "member")],
    role: Annotated[Rest, Text("角色", "role")],
) -> Notice:
    codes = [arguments.role_named(ask, word) for word in role.replace("、", ",").split(",")]
    if user.id == ask.actor.user_id and "admin" in user.roles and "admin" not in codes:
        raise CommandError(
            Text("不能去掉自己的管理员角色。", "You cannot take your own admin role away.")
        )
    before, user.roles = list(user.roles), codes
    ask.session.add(user)
    ask.wrote("user.role", user, before=before, after=codes)
    return ask.say(
        Text("{name} 的角色现在是：{roles}。", "{name} is now: {roles}."),
        Level.GOOD,
        name=user.name,
        roles=_roles(ask, codes),
    )


@command(
    "language",
    zh="语言",
    help=Text("设置界面语言：中文 或 English", "choose your language: 中文 or English"),
)
async def language(ask: Ask, which: Annotated[str, Text("语言", "language")]) -> Notice:
    chosen = {
        "zh": "zh",
        "中文": "zh",
        "chinese": "zh",
        "en": "en",
        "english": "en",
        "英文": "en",
    }.get(which.casefold())
    if chosen is None or ask.actor.user_id is None:
        raise CommandError(Text("可选：中文、English。", "Choose 中文 or English."))
    user = await ask.session.get_one(User, ask.actor.user_id)
    user.language = chosen
    ask.session.add(user)
    ask.wrote("user.language", user, language=chosen)
    said = Text("好的，之后用中文。", "Done: English from now on.")
    return ask.notice(text=said.in_(chosen), level=Level.GOOD)
