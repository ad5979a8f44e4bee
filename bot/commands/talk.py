"""Conversations: notes, and which chat belongs to whom."""

from enum import StrEnum
from typing import Annotated

from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Level, Notice
from bot.texts import Text
from storage import search
from storage.tables import Conversation, Customer, Interaction, Project

_CUSTOMER = Text("客户", "customer")
_PROJECT = Text("项目", "project")


@command(
    "note",
    zh="备注",
    permission="note.write",
    help=Text("写一条内部备注，客户永远看不到", "an internal note; no customer ever sees it"),
)
async def note(
    ask: Ask,
    customer: Annotated[Customer | None, _CUSTOMER] = None,
    project: Annotated[Project | None, _PROJECT] = None,
    text: Annotated[Rest, Text("内容", "text")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    if customer is None and project is None:
        raise CommandError(Text("请说明是哪个客户或项目。", "Say which customer or project."))
    if not text.strip():
        raise CommandError(Text("备注还没有内容。", "The note has no text."))
    made = await noted(ask, text, customer=customer, project=project)
    return ask.say(
        Text("已记下内部备注 #{number}。", "Noted internally: #{number}."),
        Level.GOOD,
        number=made.id,
    )


async def noted(
    ask: Ask, text: str, *, customer: Customer | None = None, project: Project | None = None
) -> Interaction:
    """An internal note in the asker's name."""
    made = Interaction(
        channel="note",
        kind="note",
        direction="internal",
        message_key="",
        audience="internal",
        customer_id=project.customer_id if project else customer.id if customer else None,
        project_id=project.id if project else None,
        user_id=ask.actor.user_id,
        sender_name=ask.actor.name,
        text=text,
        confidence=1.0,
        evidence=["note"],
        filed_by_id=ask.actor.user_id,
        occurred_at=ask.now,
        received_at=ask.now,
        search=search.vector(text),
    )
    ask.session.add(made)
    await ask.session.flush()
    ask.wrote("note.made", made, text=text)
    return made


class Whom(StrEnum):
    """Who reads a chat."""

    INTERNAL = "internal"
    CUSTOMER = "customer"

    @property
    def text(self) -> Text:
        return {
            "internal": Text("内部", "internal"),
            "customer": Text("客户群", "customer-facing"),
        }[self.value]


@command(
    "bind",
    zh="绑定",
    permission="chat.bind",
    confirm=True,
    help=Text(
        "这个聊天属于哪个客户或项目，内部还是客户群",
        "whose chat this is; internal or customer-facing",
    ),
)
async def bind(
    ask: Ask,
    project: Annotated[Project | None, _PROJECT] = None,
    customer: Annotated[Customer | None, _CUSTOMER] = None,
    audience: Annotated[Whom | None, Text("对象", "audience")] = None,
    chat: Annotated[Conversation | None, Text("聊天", "chat")] = None,
) -> Notice:
    bound = ask.here(chat)
    if bound.user_id is not None:
        raise CommandError(
            Text(
                "请说明是哪个聊天，例如 聊天:hook:工地群。",
                "Say which chat, for example chat:hook:site-group.",
            )
        )
    if project is not None:
        bound.project_id, bound.customer_id = project.id, project.customer_id
        customer = await ask.session.get_one(Customer, project.customer_id)
    elif customer is not None:
        bound.project_id, bound.customer_id = None, customer.id
    if audience is not None:
        bound.audience = audience.value
    ask.session.add(bound)
    ask.wrote("chat.bound", bound, audience=bound.audience)
    await ask.session.flush()
    whom = Whom(bound.audience or "customer")
    return ask.notice(
        title=ask.t(Text("聊天已绑定", "The chat is bound")),
        level=Level.GOOD,
        facts=[
            (ask.t(Text("聊天", "Chat")), f"{bound.channel} {bound.name or bound.chat}"),
            (ask.t(_CUSTOMER), customer.name if customer else ""),
            (ask.t(_PROJECT), f"{project.code} {project.name}" if project else ""),
            (ask.t(Text("对象", "Audience")), ask.t(whom.text)),
        ],
    )
