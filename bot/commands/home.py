"""A member's page: their customers, their tasks, what waits for their yes."""

from bot.commands import cards
from bot.commands.registry import Ask, command
from bot.contract import Button, Notice
from bot.texts import Text
from storage import approvals, customers, projects, talk, watch

_MOST = 10


@command(
    "home",
    zh="首页",
    reads=True,
    help=Text("我的客户、我的任务、待我批准", "my customers, my tasks, what waits for my yes"),
)
async def home(ask: Ask) -> Notice:
    facts = [(ask.t(Text("我的客户", "My customers")), await _customers(ask))]
    tasks = await projects.tasks(
        ask.session, ask.actor.scope, assignee_id=ask.actor.user_id, limit=_MOST
    )
    named = await projects.user_names(ask.session, [task.assignee_id for task, _ in tasks])
    shown = cards.tasks(ask, tasks, named, ask.t(Text("我的任务", "My tasks")))
    buttons = list(shown.buttons)
    waiting = await approvals.waiting_for(ask.session, ask.actor.user_id or 0)
    lines = "\n".join(f"#{one.id} {one.title}" for one in waiting)
    facts.append((ask.t(Text("待我批准", "Waiting for my yes")), lines))
    buttons += [
        Button(label=ask.t(Text("查看 #{n}", "See #{n}"), n=one.id), command=f"/approval {one.id}")
        for one in waiting[:5]
    ]
    if ask.actor.may("talk.file"):
        unsure = await talk.count_unsure(ask.session, ask.actor.scope)
        facts.append((ask.t(Text("待归档", "To be filed")), str(unsure) if unsure else ""))
    if ask.actor.may("project.read"):
        open_ = await watch.alerts(ask.session, ask.actor.scope)
        facts.append((ask.t(Text("风险预警", "Risk alerts")), str(len(open_)) if open_ else ""))
    return ask.notice(
        title=ask.t(Text("{name}，您好", "Hello, {name}"), name=ask.actor.name),
        text=shown.text,
        facts=facts,
        table=shown.table,
        buttons=buttons,
    )


async def _customers(ask: Ask) -> str:
    mine = await customers.listed(
        ask.session, ask.actor.scope, owner_id=ask.actor.user_id or 0, limit=_MOST
    )
    return "\n".join(f"{customer.code} {customer.name}" for customer in mine)
