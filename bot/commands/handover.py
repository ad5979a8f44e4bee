"""A member leaves or changes desks: what hangs on them goes to another, who is told how it stands."""

from typing import Annotated, Any, Final

from bot import people, record, telling
from bot.commands import cards
from bot.commands.registry import Ask, CommandError, command
from bot.contract import Button, Level, Notice, quoted
from bot.domain import terms
from bot.texts import Text
from storage import staff
from storage.staff import Brief, Held
from storage.tables import Event, User

_OLD = Text("原负责人", "who has it now")
_NEW = Text("接手人", "who takes it over")
_MOST: Final = 20
"""Customers that the new owner is told of one by one."""
_PARTS: Final = {
    "customers": Text("客户", "Customers"),
    "projects": Text("负责的项目", "Projects managed"),
    "memberships": Text("参与的项目", "Projects joined"),
    "tasks": Text("未完成任务", "Open tasks"),
    "cases": Text("未结工单", "Open cases"),
    "deals": Text("商机", "Chances"),
    "reminders": Text("提醒与承诺", "Reminders and promises"),
    "risks": Text("风险", "Risks"),
    "changes": Text("待批变更", "Changes that wait"),
    "contact_plans": Text("联系计划", "Contact plans"),
}
_OWNER: Final = {
    "customers": "owner_id",
    "projects": "manager_id",
    "tasks": "assignee_id",
    "cases": "owner_id",
    "deals": "owner_id",
    "reminders": "user_id",
    "risks": "owner_id",
    "changes": "owner_id",
    "contact_plans": "owner_id",
}
"""Which column of each tells whose it is; memberships are seen to by themselves."""


@command(
    "handover",
    zh="交接",
    reads=True,
    permission="handover.write",
    aliases=("交接预览",),
    help=Text(
        "某人名下有什么要交给另一人：先看数量，再确认",
        "what hangs on a member and would go to another; confirm to hand it over",
    ),
)
async def preview(ask: Ask, old: Annotated[User, _OLD], new: Annotated[User, _NEW]) -> Notice:
    held = await _held(ask, old, new)
    return ask.notice(
        title=ask.t(
            Text("交接：{old} → {new}", "Hand-over: {old} → {new}"), old=old.name, new=new.name
        ),
        text=ask.t(
            Text(
                "{old} 的审批不随之移交，到时限会转给上级。",
                "Approvals that wait for {old} are not handed over; they go to those above in time.",
            ),
            old=old.name,
        ),
        facts=_counts(ask, held),
        buttons=[
            Button(
                label=ask.t(Text("确认交接", "Hand over")),
                command=f"/handover now old:{quoted(old.name)} new:{quoted(new.name)}",
                primary=True,
                once=True,
            )
        ],
    )


async def _held(ask: Ask, old: User, new: User) -> Held:
    if old.id == new.id:
        raise CommandError(Text("不能交给本人。", "That is the same person."))
    held = await staff.held(ask.session, ask.actor.scope, old.id)
    if not held.rows:
        raise CommandError(
            Text("{old} 名下没有要交接的。", "Nothing hangs on {old}."), old=old.name
        )
    return held


def _counts(ask: Ask, held: Held) -> list[tuple[str, str]]:
    counted = [(ask.t(text), len(getattr(held, name))) for name, text in _PARTS.items()]
    return [(label, str(count)) for label, count in counted if count]


@command(
    "handover.now",
    zh="确认交接",
    permission="handover.write",
    help=Text("把某人名下的一切交给另一人", "hand all that hangs on a member to another"),
)
async def now(ask: Ask, old: Annotated[User, _OLD], new: Annotated[User, _NEW]) -> Notice:
    held = await _held(ask, old, new)
    customer_ids = {one.id for one in held.customers} | {one.customer_id for one in held.projects}
    for name, column in _OWNER.items():
        for row in getattr(held, name):
            setattr(row, column, new.id)
            ask.session.add(row)
    await _memberships(ask, held, new)
    ask.session.add_all(_events(ask, held, old, new))
    await ask.session.flush()
    counts: dict[str, Any] = {name: len(getattr(held, name)) for name in _PARTS}
    ask.wrote("handover.made", old, to=new.id, **counts)
    await _brief(ask, old, new, sorted(customer_ids))
    return ask.notice(
        title=ask.t(
            Text("已交接：{old} → {new}", "Handed over: {old} → {new}"),
            old=old.name,
            new=new.name,
        ),
        text=ask.t(Text("{new} 会收到每个客户的简报。", "{new} is briefed."), new=new.name),
        level=Level.GOOD,
        facts=_counts(ask, held),
        buttons=[Button(label=ask.t(Text("撤销", "Undo")), command="/undo")],
    )


def _events(ask: Ask, held: Held, old: User, new: User) -> list[Event]:
    """For the timelines of customers and projects."""
    said: dict[str, Any] = {"before": old.name, "after": new.name, "user_id": ask.actor.user_id}
    return [
        *(record.happened("customer.handed", customer_id=one.id, **said) for one in held.customers),
        *(
            record.happened(
                "project.handed",
                customer_id=one.customer_id,
                project_id=one.id,
                code=one.code,
                **said,
            )
            for one in held.projects
        ),
    ]


async def _memberships(ask: Ask, held: Held, new: User) -> None:
    """The new one joins what the old one had joined, where they are not in it already."""
    there = await staff.in_projects(ask.session, new.id)
    for row in held.memberships:
        if row.project_id in there:
            await ask.session.delete(row)
        else:
            row.user_id = new.id
            ask.session.add(row)


async def _brief(ask: Ask, old: User, new: User, customer_ids: list[int]) -> None:
    """How each customer stands, for the new owner: the most important ones first."""
    reader = await people.actor(ask.session, new.id, ask.defaults)
    if reader is None or not customer_ids:
        return
    theirs = Ask(ask.session, reader, ask.now.astimezone(reader.zone), None, ask.host)
    found = await staff.briefs(ask.session, customer_ids, theirs.now, theirs.now.date())
    notices = [_of(theirs, one, old) for one in found[:_MOST]]
    if len(found) > _MOST:
        rest = [f"{one.code} {one.name}" for one in found[_MOST:]]
        title = Text("另外接手 {n} 家客户", "{n} more customers are yours")
        notices.append(
            theirs.notice(
                title=theirs.t(title, n=len(rest)), text=cards.short("、".join(rest), 900)
            )
        )
    for number, notice in enumerate(notices):
        await telling.member(
            ask.session,
            new,
            notice,
            home=people.HOME,
            key=f"handover:{old.id}:{new.id}:{ask.now.isoformat()}:{number}",
            now=ask.now,
            by_day=ask.defaults,
        )


def _of(ask: Ask, one: Brief, old: User) -> Notice:
    t = ask.t
    tasks = str(one.tasks)
    if one.late:
        tasks += t(Text("（逾期 {n}）", " ({n} late)"), n=one.late)
    milestone = ""
    if one.milestone is not None:
        milestone = f"{one.milestone} · {cards.day(one.milestone_due, ask.language)}"
    said = ""
    if one.said_at is not None and ask.actor.scope.talk:
        said = f"{cards.moment(ask, one.said_at)} {cards.short(one.said or '', 120)}"
    tier = t(terms.Tier(one.tier).text)
    return ask.notice(
        title=t(Text("接手客户：{code} {name}", "Now yours: {code} {name}")).format(
            code=one.code, name=one.name
        ),
        facts=[
            (t(Text("原负责人", "Before")), old.name),
            (t(Text("等级", "Tier")), tier),
            (
                t(Text("近 30 天情绪", "Mood in 30 days")),
                "" if one.mood is None else f"{one.mood:+.2f}",
            ),
            (t(_PARTS["tasks"]), tasks),
            (t(_PARTS["cases"]), str(one.cases)),
            (t(Text("下一个里程碑", "Next milestone")), milestone),
            (
                t(Text("我方承诺", "Promised")),
                "\n".join(cards.short(p, 120) for p in one.promises[:5]),
            ),
            (t(Text("客户最近说", "They last said")), said),
        ],
        buttons=[
            Button(
                label=t(Text("客户", "Customer")), command=f"/customer {one.code}", primary=True
            ),
            Button(label=t(Text("时间线", "Timeline")), command=f"/timeline {one.code}"),
        ],
    )
