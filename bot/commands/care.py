"""The care calendar of a customer: what is due, what was done, and who was silent for long."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.commands import approval, cards, offering
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Notice, Table
from bot.domain import care, definition, workdays
from bot.domain.care import Node
from bot.texts import Text
from storage import approvals, definitions
from storage import care as rows
from storage.care import Anchor
from storage.tables import CareNode, Customer, Push

_NUMBER = Text("编号", "number")
_SILENT_DAYS: Final = 21
_FURTHEST: Final = timedelta(days=731)
_LONGEST: Final = 1000
_SHOWN: Final = 24
_STATES: Final = {
    "planned": Text("待办", "to come"),
    "proposed": Text("待处理", "waits for a yes, or to be done"),
    "done": Text("已完成", "done"),
    "skipped": Text("已跳过", "skipped"),
}


async def plan(session: AsyncSession) -> list[Node]:
    """The shipped care plan with the firm's own nodes and switches."""
    own = await definitions.newest(session, "care")
    nodes = definition.in_force({node.id: node for node in care.shipped()}, own, care.read)
    for one in own:
        if one.enabled and not one.body and one.name in nodes:
            nodes[one.name] = nodes[one.name].model_copy(update={"enabled": True})
    return [node for node in nodes.values() if node.enabled]


def points(
    nodes: Sequence[Node],
    anchors: Sequence[Anchor],
    customers: Mapping[int, Customer],
    today: date,
) -> list[dict[str, Any]]:
    """The points of the calendar that a plan makes of its anchors; what is too old is skipped."""
    return [
        {
            "customer_id": one.customer_id,
            "project_id": one.project_id,
            "node": node.id,
            "due": day,
            "state": "skipped" if day < today - timedelta(days=care.STALE) else "planned",
        }
        for one in anchors
        for node in nodes
        if node.after == one.after
        and node.meets(customers[one.customer_id].tier, customers[one.customer_id].stage)
        for day in care.due(node, one.since, today)
    ]


@offering.settled("care")
@offering.settled("milestone")
@offering.settled("payment")
@offering.settled("progress")
async def settled(ask: Ask, push: Push, yes: bool) -> None:
    """The point of the calendar that the words were for is dealt with."""
    one = await rows.of_push(ask.session, push.id)
    if one is not None:
        finish(ask, one, done=yes)


def finish(ask: Ask, one: CareNode, *, done: bool) -> None:
    one.state, one.done_at = ("done" if done else "skipped"), ask.now
    ask.session.add(one)


@command(
    "care",
    zh="关怀日历",
    reads=True,
    permission="care.read",
    aliases=("care calendar",),
    help=Text("客户的关怀日历：做过的和将到的", "a customer's care calendar, past and to come"),
)
async def calendar(ask: Ask, customer: Annotated[Customer, Text("客户", "customer")]) -> Notice:
    there = await rows.calendar(ask.session, customer.id)
    nodes = await plan(ask.session)
    names = {node.id: ask.t(node.name.text) for node in (*care.shipped(), *nodes)}
    found = await rows.anchors(ask.session, str(ask.actor.zone), customer.id)
    known = {(one.node, one.due, one.project_id) for one, _ in there}
    shown = [
        (one.due, str(one.id), _name(ask, one.node, names), project.code if project else "", one)
        for one, project in there
    ]
    shown += [
        (point["due"], "", names[point["node"]], "", None)
        for point in points(nodes, found, {customer.id: customer}, ask.now.date())
        if point["state"] == "planned"
        and (point["node"], point["due"], point["project_id"]) not in known
    ]
    shown.sort(key=lambda row: row[0])
    columns = (_NUMBER, Text("日期", "Date"), Text("内容", "What"), Text("项目", "Project"))
    table = tuple(
        (number, cards.day(due, ask.language), name, project, _state(ask, one))
        for due, number, name, project, one in shown
    )
    title = f"{customer.code} {customer.name}"
    if not table:
        return ask.notice(title=title, text=ask.t(Text("还没有关怀节点。", "Nothing yet.")))
    return ask.notice(
        title=title,
        table=Table(
            columns=tuple(ask.t(one) for one in (*columns, Text("状态", "State"))), rows=table
        ),
        buttons=_buttons(ask, [one for *_, one in shown if one is not None]),
    )


def _name(ask: Ask, node: str, names: Mapping[str, str]) -> str:
    if node in names:
        return names[node]
    kind = offering.KINDS.get(node.split(":", maxsplit=1)[0])
    return ask.t(kind) if kind else node


def _state(ask: Ask, one: CareNode | None) -> str:
    if one is None:
        return ask.t(_STATES["planned"])
    if one.state == "skipped" and one.done_at is None:
        return ask.t(Text("已错过，未发送", "missed, nothing was sent"))
    return ask.t(_STATES[one.state])


def _buttons(ask: Ask, listed: Sequence[CareNode]) -> list[Button]:
    open_ = [one for one in listed if one.state in {"planned", "proposed"}][:3]
    if not ask.actor.may("care.write"):
        return []
    return [
        Button(label=ask.t(text, n=one.id), command=f"/care {verb} {one.id}")
        for one in open_
        for verb, text in (
            ("done", Text("完成 {n}", "{n} done")),
            ("skip", Text("跳过 {n}", "Skip {n}")),
        )
    ]


@command(
    "care.add",
    zh="添加关怀",
    permission="care.write",
    aliases=("care node",),
    help=Text(
        "给一个客户加一个关怀节点：日期和要说的话，到时起草、批准后发出",
        "a point in one customer's care calendar: a day and words, drafted then and sent once approved",
    ),
)
async def add(
    ask: Ask,
    customer: Annotated[Customer, Text("客户", "customer")],
    day: Annotated[date, Text("日期", "day")],
    words: Annotated[Rest, Text("内容", "words")],
) -> Notice:
    said, today = words.strip(), ask.now.date()
    if not today <= day <= today + _FURTHEST:
        raise CommandError(
            Text("日期要从今天起，两年以内。", "The day must be from today on, within two years.")
        )
    if len(said) > _LONGEST:
        raise CommandError(
            Text("内容最多 {most} 个字。", "The words may have {most} characters at most."),
            most=_LONGEST,
        )
    node, due = cards.short(said, _SHOWN), workdays.china().add(day, 0)
    there = await rows.calendar(ask.session, customer.id)
    if any((one.node, one.due) == (node, due) for one, _ in there):
        raise CommandError(
            Text("这一天已有「{node}」。", "There is “{node}” on that day already."), node=node
        )
    made = CareNode(customer_id=customer.id, node=node, words=said, due=due, made_at=ask.now)
    ask.session.add(made)
    await ask.session.flush()
    await ask.did("care.added", made, customer_id=customer.id, node=node, day=due.isoformat())
    return await calendar(ask, customer)


@command(
    "care.done",
    zh="完成关怀",
    permission="care.write",
    help=Text("把一个关怀节点标为完成", "mark a point of the care calendar done"),
)
async def done(ask: Ask, number: Annotated[int, _NUMBER]) -> Notice:
    return await _closed(ask, number, done=True)


@command(
    "care.skip",
    zh="跳过关怀",
    permission="care.write",
    help=Text("跳过一个关怀节点", "skip a point of the care calendar"),
)
async def skip(ask: Ask, number: Annotated[int, _NUMBER]) -> Notice:
    return await _closed(ask, number, done=False)


async def _closed(ask: Ask, number: int, *, done: bool) -> Notice:
    one = await rows.node(ask.session, ask.actor.scope, number)
    if one is None:
        raise CommandError(
            Text("没有关怀节点 {number}。", "There is no care point {number}."), number=number
        )
    if one.state in {"done", "skipped"}:
        raise CommandError(
            Text("关怀节点 {number}：{state}。", "Care point {number}: {state}."),
            number=number,
            state=ask.t(_STATES[one.state]),
        )
    await _not_needed(ask, one)
    finish(ask, one, done=done)
    customer = await ask.session.get_one(Customer, one.customer_id)
    await ask.did(
        f"care.{one.state}",
        one,
        customer_id=one.customer_id,
        project_id=one.project_id,
        node=one.node,
    )
    return await calendar(ask, customer)


async def _not_needed(ask: Ask, one: CareNode) -> None:
    """Words that still wait for a yes are not needed any more."""
    waits = await approvals.about(ask.session, "push", one.push_id) if one.push_id else None
    if waits is not None:
        await approval.take_back(ask, waits)


@command(
    "visits",
    zh="回访清单",
    reads=True,
    permission="care.read",
    aliases=("visit list", "silent customers"),
    help=Text(
        "多日没有来往的客户和最后的话题",
        "customers who were silent for long, with their last words",
    ),
)
async def visits(ask: Ask, days: Annotated[int, Text("天数", "days")] = _SILENT_DAYS) -> Notice:
    if not 1 <= days <= 3650:
        raise CommandError(Text("天数在 1 到 3650 之间。", "From 1 to 3650 days."))
    found = await rows.silent(ask.session, ask.actor.scope, ask.now - timedelta(days=days))
    title = ask.t(Text("超过 {days} 天没有来往", "Silent for more than {days} days"), days=days)
    if not found:
        return ask.notice(title=title, text=ask.t(Text("没有这样的客户。", "None.")))
    listed = tuple(
        (
            f"{one.customer.code} {one.customer.name}",
            str((ask.now - one.last).days),
            cards.short(one.topic, 80),
        )
        for one in found
    )
    columns = (Text("客户", "Customer"), Text("天数", "Days"), Text("最后的话题", "Last words"))
    return ask.notice(
        title=title,
        table=Table(columns=tuple(ask.t(one) for one in columns), rows=listed),
        buttons=[
            Button(
                label=ask.t(Text("{code} 时间线", "{code} timeline"), code=one.customer.code),
                command=f"/timeline {one.customer.code}",
            )
            for one in found[:3]
        ],
    )
