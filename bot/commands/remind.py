"""Reminders: of one's own, for a colleague, and of what was promised to a customer."""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Final

from bot.commands import cards
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice, Table
from bot.texts import Text
from storage import reminders as kept
from storage.tables import Reminder, User

_NUMBER = Text("编号", "number")
_MORNING: Final = time(9)
_PROMISED = Text("承诺", "promised")


@command(
    "remind",
    zh="提醒",
    aliases=("提醒我", "remind me"),
    help=Text(
        "到时提醒自己或同事：/提醒 周五 给王总打电话",
        "a reminder to yourself or a colleague: /remind friday call Wang",
    ),
)
async def remind(
    ask: Ask,
    text: Annotated[Rest, Text("内容", "text")],
    when: Annotated[datetime, Text("时间", "when")],
    whom: Annotated[User | None, Text("提醒谁", "whom")] = None,
) -> Notice:
    if when <= ask.now:
        raise CommandError(
            Text("{when} 已经过去了。", "{when} is in the past."), when=cards.moment(ask, when)
        )
    user_id = whom.id if whom else ask.actor.user_id
    if user_id is None:
        raise CommandError(Text("只有成员可以设提醒。", "Only members have reminders."))
    if user_id != ask.actor.user_id and not ask.actor.may("task.write"):
        raise CommandError(Text("您只能提醒自己。", "You may remind only yourself."))
    about = ask.about
    made = Reminder(
        user_id=user_id,
        text=text.strip(),
        at=when.astimezone(UTC),
        customer_id=about.customer_id if about else ask.chat.customer_id if ask.chat else None,
        project_id=about.project_id if about else ask.chat.project_id if ask.chat else None,
        interaction_id=about.id if about else None,
        made_by_id=ask.actor.user_id,
    )
    ask.session.add(made)
    await ask.session.flush()
    ask.wrote("reminder.made", made)
    return ask.notice(
        title=ask.t(Text("已设提醒", "Reminder set")),
        text=made.text,
        level=Level.GOOD,
        facts=[
            (ask.t(Text("时间", "When")), cards.moment(ask, made.at)),
            (ask.t(Text("提醒谁", "Whom")), whom.name if whom else ""),
        ],
        buttons=[Button(label=ask.t(Text("撤销", "Undo")), command="/undo")],
    )


@command(
    "reminders",
    zh="提醒列表",
    reads=True,
    aliases=("我的提醒", "my reminders"),
    help=Text("您的提醒和对客户的承诺", "your reminders, and what you promised customers"),
)
async def reminders(ask: Ask) -> Notice:
    found = await kept.coming(ask.session, ask.actor.user_id or 0)
    title = ask.t(Text("我的提醒", "My reminders"))
    if not found:
        return ask.notice(title=title, text=ask.t(Text("没有提醒。", "None.")))
    columns = tuple(
        ask.t(text) for text in (Text("编号", "No."), Text("时间", "When"), Text("内容", "What"))
    )
    rows = tuple(
        (str(one.id), cards.moment(ask, one.at), f"{_mark(ask, one)}{cards.short(one.text)}")
        for one in found
    )
    return ask.notice(
        title=title,
        table=Table(columns=columns, rows=rows),
        buttons=[
            Button(
                label=ask.t(Text("完成 {number}", "{number} done"), number=one.id),
                command=f"/reminder done {one.id}",
            )
            for one in found[:5]
        ],
    )


def _mark(ask: Ask, one: Reminder) -> str:
    return f"[{ask.t(_PROMISED)}] " if one.source == "promise" else ""


@command(
    "reminder.done",
    zh="完成提醒",
    help=Text("提醒的事已办", "what you were reminded of is done"),
)
async def done(ask: Ask, number: Annotated[int, _NUMBER]) -> Notice:
    one = await _one(ask, number)
    one.done_at = datetime.now(UTC)
    ask.session.add(one)
    ask.wrote("reminder.done", one)
    return ask.say(Text("已办：{what}", "Done: {what}"), Level.GOOD, what=cards.short(one.text))


@command(
    "reminder.later",
    zh="改期提醒",
    aliases=("再提醒",),
    help=Text("晚些再提醒，默认明早", "remind again later, tomorrow morning unless said"),
)
async def later(
    ask: Ask,
    number: Annotated[int, _NUMBER],
    when: Annotated[datetime | None, Text("时间", "when")] = None,
) -> Notice:
    one = await _one(ask, number)
    tomorrow = datetime.combine(ask.now.date() + timedelta(days=1), _MORNING, ask.now.tzinfo)
    one.at = (when or tomorrow).astimezone(UTC)
    one.told_at = None
    ask.session.add(one)
    ask.wrote("reminder.later", one)
    return ask.say(
        Text("{when} 再提醒：{what}", "Again on {when}: {what}"),
        Level.GOOD,
        when=cards.moment(ask, one.at),
        what=cards.short(one.text),
    )


async def _one(ask: Ask, number: int) -> Reminder:
    found = await kept.one(ask.session, ask.actor.user_id or 0, number)
    if found is None:
        raise CommandError(
            Text("没有编号为 {number} 的提醒。", "You have no reminder {number}."), number=number
        )
    return found
