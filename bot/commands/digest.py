"""Digests: now, or into a chat at a time; and chats that want to be left alone."""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

from sqlmodel import select

from bot.commands import cards
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Level, Notice
from bot.domain import dates
from bot.texts import Text
from storage.tables import Conversation, Project, Subscription

_CHAT = Text("聊天", "chat")


class Every(StrEnum):
    """How often a digest comes."""

    NOW = "now"
    DAILY = "daily"
    WEEKLY = "weekly"
    ALWAYS = "always"
    OFF = "off"
    """Kept as a row: a chat without one gets the digest that comes by itself."""

    @property
    def text(self) -> Text:
        return {
            "now": Text("现在", "now"),
            "daily": Text("每个工作日", "daily"),
            "weekly": Text("每周", "weekly"),
            "always": Text("每天", "always"),
            "off": Text("关闭", "off"),
        }[self.value]


@command(
    "digest",
    zh="摘要",
    reads=True,
    sets="every",
    permission="project.read",
    help=Text(
        "进度摘要：现在看，或定时推送到这个聊天",
        "progress digest: now, or into this chat at a time",
    ),
)
async def digest(
    ask: Ask,
    project: Annotated[Project | None, Text("项目", "project")] = None,
    every: Annotated[Every, Text("频率", "every")] = Every.NOW,
    chat: Annotated[Conversation | None, _CHAT] = None,
    when: Annotated[Rest, Text("时间", "at")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    if every is Every.NOW:
        if ask.host is None:
            raise CommandError(Text("这里不能生成摘要。", "No digest can be made here."))
        return await ask.host.now_digest(ask, project)
    into = ask.here(chat)
    if into.audience != "internal":
        raise CommandError(
            Text(
                "这是客户群，摘要只能推送到内部聊天。请先用 /绑定 内部 声明。",
                "Customers read this chat; digests go to internal chats only. Declare it with /bind internal.",
            )
        )
    made = await _subscription(ask, into, project)
    made.every = every.value
    if every is not Every.OFF:
        made.at, made.weekday = _time(ask, when)
        made.timezone, made.since = str(ask.actor.zone), datetime.now(UTC)
    ask.session.add(made)
    await ask.session.flush()
    ask.wrote("digest.set", made)
    if every is Every.OFF:
        return ask.say(Text("不再推送摘要到这里。", "No more digests there."))
    return ask.say(
        Text("好的，{every} {at} 推送摘要到{chat}。", "A digest comes to {chat}, {every} at {at}."),
        Level.GOOD,
        every=ask.t(every.text),
        at=f"{made.at:%H:%M}",
        chat=into.name or f"{into.channel}:{into.chat}",
    )


async def _subscription(ask: Ask, chat: Conversation, project: Project | None) -> Subscription:
    """A chat's digest: of a project, else of what the chat is bound to, else of the asker's work."""
    own = project is None and chat.customer_id is None
    known = await ask.session.exec(
        select(Subscription).where(
            Subscription.conversation_id == chat.id,
            Subscription.project_id == (project.id if project else None),
            Subscription.user_id == (ask.actor.user_id if own else None),
        )
    )
    return known.first() or Subscription(
        conversation_id=chat.id,
        project_id=project.id if project else None,
        user_id=ask.actor.user_id if own else None,
        at=time(9),
        timezone=str(ask.actor.zone),
    )


def _time(ask: Ask, when: str) -> tuple[time, int]:
    """A time of day and a weekday out of words such as `周五 17:30`; Monday 9:00 by default."""
    at, weekday = time(9, 0), 0
    for word in [when, *when.split()] if when else []:
        found = dates.parse(word, ask.now)
        if isinstance(found, datetime):
            at = found.time().replace(second=0, microsecond=0)
        if found is not None and not word[:1].isdigit():
            weekday = found.weekday()
    return at, weekday


@command(
    "mute",
    zh="静音",
    aliases=("snooze", "稍后提醒"),
    help=Text("聊天暂停推送若干小时（默认 8）", "no pushes into a chat for some hours (8)"),
)
async def mute(
    ask: Ask,
    hours: Annotated[int, Text("小时", "hours")] = 8,
    chat: Annotated[Conversation | None, _CHAT] = None,
) -> Notice:
    into = ask.here(chat)
    until = ask.now + timedelta(hours=min(max(hours, 0), 24 * 90))
    into.muted_until = until if hours else None
    ask.session.add(into)
    ask.wrote("chat.muted", into, hours=hours)
    return ask.say(
        Text("已静音到 {until}。", "Muted until {until}."), until=cards.moment(ask, until)
    )


@command("unmute", zh="取消静音", help=Text("恢复推送", "pushes again"))
async def unmute(ask: Ask, chat: Annotated[Conversation | None, _CHAT] = None) -> Notice:
    into = ask.here(chat)
    into.muted_until = None
    ask.session.add(into)
    ask.wrote("chat.unmuted", into)
    return ask.say(Text("已恢复推送。", "Pushes are back."))
