"""Guests: people outside who see one project by a link; what suppliers do, and what they report."""

import secrets
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final

from bot.commands import cards
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice, Table
from bot.domain.terms import Phase
from bot.texts import Text, listed
from storage import guests
from storage.tables import Guest, Project, Task

_DAYS: Final = 90
_MOST_DAYS: Final = 400
_LONGEST_NAME: Final = 60
_NOBODY: Final = frozenset({"-", "—", "–", "无", "没有", "none", "nobody"})

_PROJECT = Text("项目", "project")
_NAME = Text("姓名", "name")
_KIND = Text("类型", "kind")
_NUMBER = Text("编号", "number")
_TASK = Text("任务", "task")
_ELSEWHERE = Text(
    "链接只在您自己与助手的对话里给出，请在那里新建。",
    "The link is told in your own chat with the assistant only; add the guest there.",
)
_BAD_NAME = Text("姓名要有 1 到 60 个字。", "A name has 1 to 60 characters.")
_BAD_DAYS = Text("有效期应为 1 到 400 天。", "A link holds for 1 to 400 days.")
_TAKEN = Text(
    "{code} 已有访客「{name}」，请换个写法，或先 /结束访客 {number}。",
    "{code} has a guest “{name}” already: write it otherwise, or /guest end {number} first.",
)
_UNKNOWN = Text("没有访客 {number}。", "There is no guest {number}.")
_ENDED = Text("访客 {name} 的链接早已失效。", "The link of {name} holds no more.")
_NO_SUPPLIER = Text(
    "{code} 没有供应商访客「{name}」。{known}",
    "{code} has no supplier “{name}” as a guest. {known}",
)
_KNOWN = Text("现有：{names}。", "There are: {names}.")
_CLOSED = Text("项目 {code} 已关闭。", "{code} is closed.")


class GuestKind(StrEnum):
    CUSTOMER = "customer"
    SUPPLIER = "supplier"

    @property
    def text(self) -> Text:
        return {
            "customer": Text("客户", "customer"),
            "supplier": Text("供应商", "supplier"),
        }[self.value]


@command(
    "guest.new",
    zh="新建访客",
    permission="guest.write",
    final=True,
    aliases=("guest", "guest add"),
    help=Text(
        "给外部人员一个项目的链接：/新建访客 P-0031 王工 供应商 days:90",
        "give somebody outside a link to one project: /guest new P-0031 Wang supplier days:90",
    ),
)
async def new(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    name: Annotated[str, _NAME],
    kind: Annotated[GuestKind, _KIND],
    days: Annotated[int, Text("有效天数", "days")] = _DAYS,
) -> Notice:
    """Not undone: the link has been told, and is ended by a command of its own."""
    if ask.host is None or ask.chat is None or ask.chat.user_id != ask.actor.user_id:
        raise CommandError(_ELSEWHERE)
    called = " ".join(name.split())
    if not 0 < len(called) <= _LONGEST_NAME or called.casefold() in _NOBODY:
        raise CommandError(_BAD_NAME)
    if not 1 <= days <= _MOST_DAYS:
        raise CommandError(_BAD_DAYS)
    if project.phase == Phase.CLOSED:
        raise CommandError(_CLOSED, code=project.code)
    for one in await guests.welcome(ask.session, project.id, ask.now):
        if one.name.casefold() == called.casefold():
            raise CommandError(_TAKEN, code=project.code, name=one.name, number=one.id)
    key = secrets.token_urlsafe(24)
    made = Guest(
        project_id=project.id,
        name=called,
        kind=kind.value,
        secret=guests.digest(key),
        by_id=ask.actor.user_id,
        expires_at=ask.now + timedelta(days=days),
    )
    ask.session.add(made)
    await ask.session.flush()
    await _happened(ask, "guest.made", made, project)
    return _told_once(ask, made, project, ask.host.link(f"/g/{key}"))


def _told_once(ask: Ask, made: Guest, project: Project, link: str) -> Notice:
    sees = {
        GuestKind.CUSTOMER: Text(
            "对方可以看到项目的阶段、进度、里程碑，并下载已提交验收的文件。",
            "They see the project's phase, progress and milestones, and may fetch what was offered.",
        ),
        GuestKind.SUPPLIER: Text(
            "对方只看到交给自己的任务：/交给供应商 T-编号 {name}。",
            "They see the tasks given to them alone: /task guest T-number {name}.",
        ),
    }[GuestKind(made.kind)]
    once = Text(
        "链接只显示这一次，谁有链接谁就能打开，请直接发给本人；丢失了请结束后另建。",
        "The link is shown this once, and whoever has it may open it: send it to them alone. Where it"
        " is lost, end it and make another.",
    )
    return ask.notice(
        title=ask.t(Text("已新建访客 {name}", "{name} is a guest now"), name=made.name),
        text="\n".join((ask.t(once), ask.t(sees, name=made.name))),
        level=Level.GOOD,
        facts=[
            (ask.t(Text("链接", "Link")), link),
            (ask.t(Text("项目", "Project")), f"{project.code} {project.name}"),
            (ask.t(Text("类型", "Kind")), ask.t(GuestKind(made.kind).text)),
            (ask.t(Text("有效至", "Until")), cards.moment(ask, made.expires_at)),
        ],
        buttons=[
            Button(label=ask.t(Text("访客列表", "Guests")), command=f"/guests {project.code}")
        ],
    )


@command(
    "guests",
    zh="访客列表",
    reads=True,
    permission="guest.read",
    aliases=("guest list", "访客"),
    help=Text(
        "谁有项目的链接：到何时，最近何时打开",
        "who has a link to a project: until when, and when it was last opened",
    ),
)
async def list_(ask: Ask, project: Annotated[Project, _PROJECT]) -> Notice:
    found = await guests.of_project(ask.session, project.id)
    title = f"{project.code} {project.name}"
    if not found:
        return ask.notice(title=title, text=ask.t(Text("还没有访客。", "No guests yet.")))
    never = ask.t(Text("还没有", "never"))
    rows = tuple(
        (
            str(one.id),
            one.name,
            ask.t(GuestKind(one.kind).text),
            _until(ask, one),
            cards.moment(ask, one.seen_at) if one.seen_at else never,
        )
        for one in found
    )
    columns = tuple(
        ask.t(text)
        for text in (
            _NUMBER,
            _NAME,
            _KIND,
            Text("有效至", "Until"),
            Text("最近打开", "Last opened"),
        )
    )
    end = Text("结束 {name} 的链接", "End {name}'s link")
    buttons = [
        Button(label=ask.t(end, name=one.name), command=f"/guest end {one.id}")
        for one in found[:5]
        if holds(one, ask) and ask.actor.may("guest.write")
    ]
    return ask.notice(title=title, table=Table(columns=columns, rows=rows), buttons=buttons)


def holds(guest: Guest, ask: Ask) -> bool:
    """Whether the link may still be opened."""
    return guest.ended_at is None and guest.expires_at > ask.now


def _until(ask: Ask, guest: Guest) -> str:
    if guest.ended_at is not None:
        return ask.t(Text("已结束", "ended"))
    over = "" if holds(guest, ask) else ask.t(Text("（已过期）", " (over)"))
    return cards.moment(ask, guest.expires_at) + over


@command(
    "guest.end",
    zh="结束访客",
    permission="guest.write",
    help=Text("一个访客的链接立即失效", "a guest's link holds no more, at once"),
)
async def end(ask: Ask, number: Annotated[int, _NUMBER]) -> Notice:
    found = await guests.numbered(ask.session, ask.actor.scope, number)
    if found is None:
        raise CommandError(_UNKNOWN, number=number)
    guest, project = found
    if not holds(guest, ask):
        raise CommandError(_ENDED, name=guest.name)
    guest.ended_at = ask.now
    await _happened(ask, "guest.ended", guest, project)
    return ask.notice(
        text=ask.t(
            Text("访客 {name} 的链接已失效。", "The link of {name} holds no more."),
            name=guest.name,
        ),
        level=Level.GOOD,
        buttons=[Button(label=ask.t(Text("撤销", "Undo")), command="/undo")],
    )


@command(
    "task.guest",
    zh="交给供应商",
    permission="guest.write",
    help=Text(
        "把任务交给供应商访客；写「-」收回",
        "give a task to a supplier who is a guest; “-” takes it back",
    ),
)
async def give(
    ask: Ask,
    task: Annotated[Task, _TASK],
    name: Annotated[Rest, Text("供应商", "supplier")],
) -> Notice:
    project = await ask.session.get_one(Project, task.project_id)
    called = " ".join(name.split())
    if called.casefold() in _NOBODY:
        task.guest_id = None
        text = Text("T-{number} 已从供应商处收回。", "T-{number} is with no supplier any more.")
        guest = None
    else:
        guest = await _supplier(ask, project, called)
        task.guest_id = guest.id
        text = Text("T-{number} 已交给供应商 {who}。", "T-{number} is with the supplier {who} now.")
    who = guest.name if guest else "—"
    await ask.did(
        "task.guest",
        task,
        customer_id=project.customer_id,
        project_id=project.id,
        number=task.id,
        who=who,
    )
    return ask.say(text, Level.GOOD, number=task.id, who=who)


async def _supplier(ask: Ask, project: Project, name: str) -> Guest:
    there = [
        one
        for one in await guests.welcome(ask.session, project.id, ask.now)
        if one.kind == GuestKind.SUPPLIER
    ]
    for one in there:
        if one.name.casefold() == name.casefold():
            return one
    near = [one for one in there if name.casefold() in one.name.casefold()]
    if len(near) == 1:
        return near[0]
    names = listed((one.name for one in there), ask.language)
    known = ask.t(_KNOWN, names=names) if there else ""
    raise CommandError(_NO_SUPPLIER, code=project.code, name=name, known=known)


async def _happened(ask: Ask, event: str, guest: Guest, project: Project) -> None:
    await ask.did(
        event,
        guest,
        customer_id=project.customer_id,
        project_id=project.id,
        number=guest.id,
        name=guest.name,
    )
