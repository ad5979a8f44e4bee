"""Who on a platform is which member: asked for by them, suggested by mail or phone, decided by an
administrator.
"""

from datetime import UTC, datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import outbox, telling
from bot.contract import Audience, Button, Fact, InboundMessage, Level, Notice, Sender, quoted
from bot.people import Defaults
from bot.texts import Language, Text, language_of
from storage import people, talk
from storage.tables import LinkRequest, User

_HELLO = Text(
    "您好！您的账号还没有对应到客情助手的成员，已请管理员确认；确认后这里就能使用命令。",
    "Hello! Your account is not linked to a member of Keqing yet. An administrator was asked to"
    " confirm; commands work here after that.",
)
_WAITS = Text(
    "您的关联申请还在等待管理员确认。", "Your request still waits for an administrator to confirm."
)
_REFUSED = Text(
    "管理员没有确认您的账号。如有疑问请直接联系管理员。",
    "An administrator did not confirm your account. Please speak to them.",
)
_TITLE = Text("关联账号申请 #{number}", "Account to be linked: #{number}")
_TEXT = Text(
    "{channel} 上的「{name}」想作为成员使用客情助手。请确认是谁；不认识请拒绝。",
    "“{name}” on {channel} would like to use Keqing as a member. Say who it is, or refuse.",
)
_SUGGESTED = Text("邮箱或手机号相同", "Same mail or phone")
_IS = Text("就是 {name}", "It is {name}")
_NOT = Text("拒绝", "Refuse")
_HOW = Text("其他成员", "Someone else")
_HOW_LINE = Text("/关联 {number} @姓名", "/link {number} @name")
_MAIL, _PHONE, _ID = Text("邮箱", "Mail"), Text("手机", "Phone"), Text("账号", "Account")


async def ask(
    session: AsyncSession, message: InboundMessage, defaults: Defaults, home: str
) -> LinkRequest:
    """Note that somebody of the firm wants in, tell the administrators once, answer them."""
    request, fresh = await _request(session, message)
    if fresh:
        for admin in await people.users_with_role(session, "admin"):
            language = language_of(admin.language or defaults.language)
            card = await _card(session, request, language)
            key, now = f"link:{request.id}", datetime.now(UTC)
            await telling.member(session, admin, card, home=home, key=key, now=now)
    said = _HELLO if fresh else _REFUSED if request.refused else _WAITS
    # However often they write, they are told once an hour.
    spoken = "hello" if fresh else f"{datetime.now(UTC):%Y%m%dT%H}"
    await talk.open_conversation(session, message.channel, message.chat)
    await outbox.post(
        session,
        # They may be anybody yet: what they read holds nothing of the house.
        Notice(
            audience=Audience.CUSTOMER,
            text=said.in_(defaults.language),
            language=defaults.language,
        ),
        channel=message.channel,
        chat=message.chat,
        key=f"linking:{request.id}:{spoken}",
    )
    return request


async def _request(session: AsyncSession, message: InboundMessage) -> tuple[LinkRequest, bool]:
    """The request of a sender, and whether it is new."""
    sender = message.sender
    suggested = await same_person(session, sender)
    made = await session.execute(
        insert(LinkRequest)
        .values(
            channel=message.channel,
            address=people.address(message.channel, sender.id),
            chat=message.chat,
            name=sender.name[:200],
            email=(sender.email or "")[:200],
            phone=(sender.phone or "")[:40],
            suggested_id=suggested.id if suggested else None,
            refused=False,
            at=datetime.now(UTC),
        )
        .on_conflict_do_nothing()
        .returning(col(LinkRequest.id))
    )
    fresh = made.first() is not None
    found = await session.exec(
        select(LinkRequest).where(
            LinkRequest.channel == message.channel,
            LinkRequest.address == people.address(message.channel, sender.id),
        )
    )
    return found.one(), fresh


async def same_person(session: AsyncSession, sender: Sender) -> User | None:
    """The member who has the mail or the phone that a platform tells of somebody."""
    for channel, value in (("email", sender.email), ("phone", sender.phone)):
        if value:
            found = await people.user_at(session, channel, value)
            if found is not None:
                return found
    return None


async def _card(session: AsyncSession, request: LinkRequest, language: Language) -> Notice:
    suggested = await session.get(User, request.suggested_id or 0)
    facts = [
        (_ID, request.address),
        (_MAIL, request.email),
        (_PHONE, request.phone),
        (_SUGGESTED, suggested.name if suggested else ""),
        (_HOW, _HOW_LINE.in_(language, number=request.id)),
    ]
    buttons = [Button(label=_NOT.in_(language), command=f"/link refuse {request.id}", once=True)]
    if suggested is not None:
        yes = Button(
            label=_IS.in_(language, name=suggested.name),
            command=f"/link {request.id} user:{quoted(suggested.name)}",
            primary=True,
            once=True,
        )
        buttons.insert(0, yes)
    return Notice(
        level=Level.WARNING,
        title=_TITLE.in_(language, number=request.id),
        text=_TEXT.in_(language, channel=request.channel, name=request.name or request.address),
        facts=tuple(
            Fact(label=label.in_(language), value=value) for label, value in facts if value
        ),
        buttons=tuple(buttons),
        language=language,
    )
