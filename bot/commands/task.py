"""Tasks and milestones."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated, Any

from bot import telling
from bot.commands import cards
from bot.commands.project import count_progress
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice, Table
from bot.domain.terms import Phase
from bot.people import HOME, actor
from bot.texts import Text
from storage import projects
from storage.tables import Customer, Interaction, Milestone, Project, Task, User

_PROJECT = Text("项目", "project")
_TASK = Text("任务", "task")
_DUE = Text("截止", "due")


@command(
    "task.new",
    zh="新建任务",
    permission="task.write",
    aliases=("task", "任务", "task add"),
    help=Text("新建任务，可写 @负责人、截止日期、key", "add a task: @assignee, a date, key"),
)
async def new(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    name: Annotated[Rest, Text("名称", "name")],
    assignee: Annotated[User | None, Text("负责人", "assignee")] = None,
    due: Annotated[date | None, _DUE] = None,
    key: Annotated[bool, Text("关键", "key")] = False,
    item: Annotated[Interaction | None, Text("来源", "from")] = None,
) -> Notice:
    made = Task(
        project_id=project.id,
        name=name.strip(),
        due=due,
        planned_due=due,
        assignee_id=assignee.id if assignee else None,
        key=key,
        interaction_id=item.id if item else None,
        created_by_id=ask.actor.user_id,
    )
    ask.session.add(made)
    await ask.session.flush()
    await _happened(ask, made, project, "task.made", number=made.id, name=made.name)
    await count_progress(ask, project)
    await _tell_sales(ask, made, project, item)
    return ask.notice(
        title=ask.t(Text("已新建任务 T-{number}", "Task T-{number} added"), number=made.id),
        text=made.name,
        level=Level.GOOD,
        facts=[
            (ask.t(_PROJECT), f"{project.code} {project.name}"),
            (ask.t(Text("负责人", "Assignee")), assignee.name if assignee else ""),
            (ask.t(Text("截止", "Due")), cards.day(due, ask.language)),
        ],
        buttons=[
            Button(label=ask.t(Text("完成", "Done")), command=f"/task done T-{made.id}"),
            Button(label=ask.t(Text("撤销", "Undo")), command="/undo"),
        ],
    )


async def _tell_sales(ask: Ask, task: Task, project: Project, item: Interaction | None) -> None:
    """What a customer asked for is taken up: whoever looks after them can tell them."""
    customer = await ask.session.get_one(Customer, project.customer_id)
    owner = await ask.session.get(User, customer.owner_id or 0)
    reader = await actor(ask.session, owner.id, ask.defaults) if owner else None
    if item is None or item.direction != "in" or owner is None or reader is None:
        return
    if owner.id == ask.actor.user_id:
        return
    there = replace(ask, actor=reader, chat=None)
    title = Text("客户的请求已建任务 T-{number}", "A customer's wish is task T-{number} now")
    page = ask.host.link(f"/projects/{project.code}") if ask.host else ""
    notice = there.notice(
        title=there.t(title, number=task.id),
        text=task.name,
        facts=[
            (there.t(Text("客户", "Customer")), f"{customer.code} {customer.name}"),
            (there.t(_PROJECT), f"{project.code} {project.name}"),
            (there.t(_DUE), cards.day(task.due, there.language)),
        ],
        buttons=[
            Button(
                label=there.t(Text("客户原话", "Their words")),
                command=f"/item #{item.id}",
                primary=True,
            ),
            Button(label=project.code, command=f"/project {project.code}"),
            *([Button(label=there.t(Text("打开页面", "Open the page")), url=page)] if page else []),
        ],
    )
    key = f"wish-taken:{task.id}"
    await telling.member(ask.session, owner, notice, home=HOME, key=key, now=ask.now)


@command(
    "task.done",
    zh="完成任务",
    permission="task.done",
    aliases=("done", "完成"),
    help=Text("把任务标为完成", "mark a task done"),
)
async def done(ask: Ask, task: Annotated[Task, _TASK]) -> Notice:
    project = await ask.session.get_one(Project, task.project_id)
    if task.done_at is not None:
        raise CommandError(
            Text("任务 T-{number} 早已完成。", "T-{number} was done already."), number=task.id
        )
    task.done_at = datetime.now(UTC)
    ask.session.add(task)
    await _happened(ask, task, project, "task.done", number=task.id, name=task.name)
    await count_progress(ask, project)
    return ask.say(
        Text("已完成 T-{number} {name}。", "T-{number} {name} is done."),
        Level.GOOD,
        number=task.id,
        name=task.name,
    )


@command(
    "task.assign",
    zh="指派任务",
    permission="task.write",
    aliases=("assign", "指派"),
    help=Text("把任务指派给成员", "give a task to a member"),
)
async def assign(
    ask: Ask,
    task: Annotated[Task, _TASK],
    assignee: Annotated[User, Text("负责人", "assignee")],
) -> Notice:
    project = await ask.session.get_one(Project, task.project_id)
    task.assignee_id = assignee.id
    ask.session.add(task)
    await _happened(ask, task, project, "task.assigned", number=task.id, who=assignee.name)
    return ask.say(
        Text("T-{number} 现由 {who} 负责。", "T-{number} is now with {who}."),
        Level.GOOD,
        number=task.id,
        who=assignee.name,
    )


@command(
    "tasks",
    zh="任务列表",
    reads=True,
    permission="project.read",
    aliases=("task list", "my tasks", "我的任务"),
    help=Text(
        "未完成的任务：某个项目的，某人的，或自己的", "open tasks: a project's, a member's, yours"
    ),
)
async def list_(
    ask: Ask,
    project: Annotated[Project | None, _PROJECT] = None,
    assignee: Annotated[User | None, Text("负责人", "assignee")] = None,
) -> Notice:
    who = assignee.id if assignee else (ask.actor.user_id if project is None else None)
    rows = await projects.tasks(
        ask.session,
        ask.actor.scope,
        project_id=project.id if project else None,
        assignee_id=who,
        limit=40,
    )
    names = await projects.user_names(ask.session, [task.assignee_id for task, _ in rows])
    if project is not None:
        title = f"{project.code} {project.name}"
    else:
        title = assignee.name if assignee else ask.t(Text("我的任务", "My tasks"))
    return cards.tasks(ask, rows, names, title)


@command(
    "milestone.new",
    zh="新建里程碑",
    permission="project.write",
    aliases=("milestone", "里程碑"),
    help=Text("给项目添加里程碑", "add a milestone to a project"),
)
async def new_milestone(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    name: Annotated[Rest, Text("名称", "name")],
    due: Annotated[date, _DUE],
    remind: Annotated[int, Text("提前提醒天数", "remind")] = 3,
    phase: Annotated[Phase | None, Text("阶段", "phase")] = None,
) -> Notice:
    made = Milestone(
        project_id=project.id,
        name=name.strip(),
        due=due,
        remind_days=remind,
        phase=phase.value if phase else "",
    )
    ask.session.add(made)
    await ask.session.flush()
    await _happened(ask, made, project, "milestone.made", name=made.name, due=due.isoformat())
    return await milestones(ask, project)


@command(
    "milestone.done",
    zh="完成里程碑",
    permission="project.write",
    help=Text("把里程碑标为完成", "mark a milestone done"),
)
async def milestone_done(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    name: Annotated[Rest, Text("名称", "name")],
) -> Notice:
    open_ = [m for m in await projects.milestones(ask.session, project.id) if m.done_at is None]
    found = [m for m in open_ if m.name == name] or [m for m in open_ if name in m.name]
    if len(found) != 1:
        raise CommandError(
            Text("没有找到里程碑「{name}」。", "There is no such milestone: “{name}”."), name=name
        )
    found[0].done_at = datetime.now(UTC)
    ask.session.add(found[0])
    await _happened(ask, found[0], project, "milestone.done", name=found[0].name)
    return await milestones(ask, project)


@command(
    "milestones",
    zh="里程碑列表",
    reads=True,
    permission="project.read",
    aliases=("milestone list",),
    help=Text("项目的里程碑", "a project's milestones"),
)
async def milestones(ask: Ask, project: Annotated[Project, _PROJECT]) -> Notice:
    found = await projects.milestones(ask.session, project.id)
    title = f"{project.code} {project.name}"
    if not found:
        return ask.notice(title=title, text=ask.t(Text("还没有里程碑。", "No milestones yet.")))
    rows = tuple(
        (
            cards.day(m.due, ask.language),
            m.name,
            ask.t(Text("已完成", "done")) if m.done_at else ask.t(Text("进行中", "open")),
        )
        for m in found
    )
    columns = tuple(
        ask.t(text)
        for text in (Text("日期", "Due"), Text("里程碑", "Milestone"), Text("状态", "State"))
    )
    return ask.notice(title=title, table=Table(columns=columns, rows=rows))


async def _happened(
    ask: Ask, row: Task | Milestone, project: Project, event: str, /, **facts: Any
) -> None:
    await ask.did(event, row, customer_id=project.customer_id, project_id=project.id, **facts)
