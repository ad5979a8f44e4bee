"""Time sheets, and how much people have on their plates."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Final

from bot.commands import cards
from bot.commands.registry import Ask, CommandError, Hours, Rest, command
from bot.contract import Level, Notice, Table
from bot.texts import Text
from storage import delivery
from storage.tables import Project, Task, TimeEntry, User

_PROJECT = Text("项目", "project")
_DAY_HOURS: Final = Decimal(24)
_AHEAD: Final = timedelta(days=14)
_FULL: Final = 1.0
_OVER: Final = 1.2


@command(
    "log",
    zh="登记工时",
    permission="time.write",
    aliases=("hours add", "工时登记"),
    help=Text("登记工时：2h 项目 做了什么", "book hours: 2h project what was done"),
)
async def log(
    ask: Ask,
    hours: Annotated[Hours, Text("小时", "hours")],
    project: Annotated[Project, _PROJECT],
    note: Annotated[Rest, Text("内容", "what")] = Rest(""),  # noqa: B008 - a plain string
    day: Annotated[date | None, Text("日期", "day")] = None,
    task: Annotated[Task | None, Text("任务", "task")] = None,
) -> Notice:
    day = day or ask.now.date()
    if task is not None and task.project_id != project.id:
        raise CommandError(
            Text("T-{number} 不属于 {code}。", "T-{number} is not of {code}."),
            number=task.id,
            code=project.code,
        )
    if day > ask.now.date():
        raise CommandError(Text("还没到这一天。", "That day is still to come."))
    there = await delivery.booked_on(ask.session, ask.actor.user_id or 0, day)
    if not hours > 0 or there + hours > _DAY_HOURS:
        raise CommandError(
            Text(
                "{day} 已登记 {there} 小时，一天最多 24 小时，每次大于 0。",
                "{there} h are booked on {day} already; a day has 24, and more than 0 are booked.",
            ),
            day=cards.day(day, ask.language),
            there=_plain(there),
        )
    made = TimeEntry(
        project_id=project.id,
        task_id=task.id if task else None,
        user_id=ask.actor.user_id or 0,
        hours=hours,
        worked_on=day,
        note=note,
    )
    ask.session.add(made)
    await ask.session.flush()
    ask.wrote("time.booked", made, hours=hours)
    return ask.say(
        Text(
            "已登记 {hours} 小时：{code}，{day}；当天共 {total} 小时。",
            "{hours} h booked on {code}, {day}; {total} h that day.",
        ),
        Level.GOOD,
        hours=_plain(Decimal(hours)),
        code=project.code,
        day=cards.day(day, ask.language),
        total=_plain(there + hours),
    )


def _plain(hours: Decimal) -> str:
    return f"{hours.normalize():f}" if hours else "0"


@command(
    "hours",
    zh="工时",
    reads=True,
    permission="project.read",
    aliases=("timesheet", "工时表"),
    help=Text("工时汇总：某项目、某人，近 N 天", "hours: of a project, a member, the last days"),
)
async def hours_(
    ask: Ask,
    project: Annotated[Project | None, _PROJECT] = None,
    member: Annotated[User | None, Text("成员", "member")] = None,
    days: Annotated[int, Text("天数", "days")] = 30,
) -> Notice:
    since = ask.now.date() - timedelta(days=min(max(days, 1), 3660))
    found = await delivery.worked(
        ask.session,
        ask.actor.scope,
        project_id=project.id if project else None,
        user_id=member.id if member else None,
        since=since,
    )
    title = ask.t(
        Text("工时，{since} 起", "Hours since {since}"), since=cards.day(since, ask.language)
    )
    if not found:
        return ask.notice(title=title, text=ask.t(Text("没有登记工时。", "No hours are booked.")))
    money = ask.actor.scope.sees("amount")
    rows = tuple(
        (
            one.user,
            one.project,
            _plain(one.hours),
            *((cards.money(one.cost, "CNY", ask.language) if one.cost else "",) if money else ()),
        )
        for one in found
    )
    heads = [Text("成员", "Member"), _PROJECT, Text("小时", "Hours")]
    if money:
        heads.append(Text("人工成本", "Cost"))
    total = _plain(sum((one.hours for one in found), Decimal(0)))
    return ask.notice(
        title=title,
        facts=[(ask.t(Text("合计", "Total")), ask.t(Text("{n} 小时", "{n} h"), n=total))],
        table=Table(columns=tuple(map(ask.t, heads)), rows=rows),
    )


@command(
    "load",
    zh="负荷",
    reads=True,
    permission="project.read",
    aliases=("workload", "工作负荷"),
    help=Text(
        "未来两周每个人的工作量与可用工时",
        "everybody's work in the next two weeks against their hours",
    ),
)
async def load(ask: Ask, project: Annotated[Project | None, _PROJECT] = None) -> Notice:
    today = ask.now.date()
    found = await delivery.loads(
        ask.session,
        ask.actor.scope,
        today,
        today + _AHEAD,
        project.id if project else None,
    )
    title = ask.t(
        Text("工作负荷，至 {until}", "Load until {until}"),
        until=cards.day(today + _AHEAD, ask.language),
    )
    if not found:
        return ask.notice(title=title, text=ask.t(Text("没有未完成的任务。", "No open tasks.")))
    columns = tuple(
        ask.t(text)
        for text in (
            Text("成员", "Member"),
            Text("任务", "Tasks"),
            Text("逾期", "Late"),
            Text("待做小时", "Hours left"),
            Text("负荷", "Load"),
        )
    )
    return ask.notice(
        title=title, table=Table(columns=columns, rows=tuple(_row(ask, one) for one in found))
    )


def _row(ask: Ask, one: delivery.Load) -> tuple[str, ...]:
    weeks = Decimal(_AHEAD.days) / 7
    share = float(one.hours / (one.hours_a_week * weeks)) if one.hours_a_week else _OVER
    word = (
        Text("超负荷", "too much")
        if share > _OVER
        else Text("满", "full")
        if share > _FULL
        else Text("可接", "has room")
    )
    hours = _plain(one.hours)
    if one.unknown:
        unknown = Text("{hours}（{n} 项未估）", "{hours} ({n} not estimated)")
        hours = ask.t(unknown, hours=hours, n=one.unknown)
    return one.name, str(one.tasks), str(one.late), hours, f"{share:.0%} {ask.t(word)}"
