"""A task in its plan: its card, its days, what it waits for, its checklist."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final

from bot.commands import cards
from bot.commands.board import forward
from bot.commands.project import count_progress
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Notice
from bot.domain import plan
from bot.domain.terms import TaskStage
from bot.texts import Text, listed
from storage import plans, projects
from storage.tables import Guest, Project, Task, TaskLink

_TASK = Text("任务", "task")
_HOURS: Final = (Decimal("0.1"), Decimal(100_000))
_LONGEST: Final = 200
_MOST: Final = 50
_TICKS: Final = 4

_BEFORE_START = Text(
    "截止日期 {due} 早于开始日期 {start}。", "The due day {due} is before the start {start}."
)
_NO_DAY = Text("请写截止日期或 start:开始日期。", "Say the due day, or start:day.")
_BAD_HOURS = Text("工时应在 0.1 到 100000 小时之间。", "Hours lie between 0.1 and 100000.")
_ITSELF = Text("任务不能等待自己。", "A task cannot wait for itself.")
_OTHER_PROJECT = Text(
    "T-{one} 和 T-{other} 不在同一个项目。", "T-{one} and T-{other} are of different projects."
)
_RING = Text(
    "这样会成环：{ring}。每个任务都在等下一个。",
    "That would be a ring: {ring}. Each would wait for the next.",
)
_WAITS_NOT = Text("T-{one} 本来就不等 T-{other}。", "T-{one} does not wait for T-{other}.")
_NO_WORDS = Text("检查项要有文字，最多 200 字。", "A checklist item has 1 to 200 characters.")
_FULL = Text("最多 {most} 个检查项。", "A checklist has at most {most} items.")
_NO_ITEM = Text("T-{number} 没有第 {at} 个检查项。", "T-{number} has no checklist item {at}.")


@command(
    "task.show",
    zh="查看任务",
    reads=True,
    permission="project.read",
    aliases=("task card",),
    help=Text(
        "一个任务的卡片：日期、工时、依赖、检查项",
        "a task's card: days, hours, what it waits for, checklist",
    ),
)
async def show(ask: Ask, task: Annotated[Task, _TASK]) -> Notice:
    project = await ask.session.get_one(Project, task.project_id)
    names = await projects.user_names(ask.session, [task.assignee_id])
    supplier = await ask.session.get(Guest, task.guest_id) if task.guest_id else None
    all_ = {one.id: one for one in (await plans.tasks(ask.session, [project.id]))[project.id]}
    links = await plans.links(ask.session, [project.id])
    before = [all_[one] for one in links.get(task.id, []) if one in all_]
    behind = [all_[id_] for id_, after in links.items() if task.id in after]
    due = cards.due(ask, task)
    if task.planned_due and task.planned_due != task.due:
        due += ask.t(
            Text("（原计划 {day}）", " (planned {day})"),
            day=cards.day(task.planned_due, ask.language),
        )
    state = ask.t(Text("已完成", "done")) if task.done_at else ask.t(TaskStage(task.stage).text)
    return ask.notice(
        title=f"T-{task.id} {'★ ' if task.key else ''}{task.name}",
        facts=[
            (ask.t(Text("项目", "Project")), f"{project.code} {project.name}"),
            (ask.t(Text("状态", "State")), state),
            (ask.t(Text("负责人", "Assignee")), names.get(task.assignee_id, "")),
            (ask.t(Text("供应商", "Supplier")), supplier.name if supplier else ""),
            (ask.t(Text("开始", "Start")), cards.day(task.starts_on, ask.language)),
            (ask.t(Text("截止", "Due")), due),
            (
                ask.t(Text("预估工时", "Estimate")),
                f"{task.estimate.normalize():f} h" if task.estimate else "",
            ),
            (ask.t(Text("要等", "Waits for")), _named(ask, before)),
            (ask.t(Text("在等它", "Waited for by")), _named(ask, behind)),
            (ask.t(Text("检查项", "Checklist")), _checklist(task)),
        ],
        buttons=[] if task.done_at else [*_ticks(task), forward(ask, task)],
    )


def _named(ask: Ask, tasks: list[Task]) -> str:
    return listed(
        (f"{'✓ ' if task.done_at else ''}T-{task.id} {task.name}" for task in tasks), ask.language
    )


def _checklist(task: Task) -> str:
    return "\n".join(
        f"{'☑' if one['done'] else '☐'} {at}. {one['text']}"
        for at, one in enumerate(task.checklist, 1)
    )


def _ticks(task: Task) -> list[Button]:
    left = [(at, one) for at, one in enumerate(task.checklist, 1) if not one["done"]]
    return [
        Button(
            label=f"☑ {cards.short(str(one['text']), 20)}",
            command=f"/task tick T-{task.id} {at}",
        )
        for at, one in left[:_TICKS]
    ]


@command(
    "task.due",
    zh="任务截止",
    permission="project.write",
    aliases=("due",),
    help=Text(
        "改任务的截止日期，可写 start:开始日期",
        "change when a task is due; start:day says when it begins",
    ),
)
async def due_(
    ask: Ask,
    task: Annotated[Task, _TASK],
    due: Annotated[date | None, Text("截止", "due")] = None,
    start: Annotated[date | None, Text("开始", "start")] = None,
) -> Notice:
    if due is None and start is None:
        raise CommandError(_NO_DAY)
    before = task.due
    task.due, task.starts_on = due or task.due, start or task.starts_on
    if task.due and task.starts_on and task.due < task.starts_on:
        raise CommandError(
            _BEFORE_START,
            due=cards.day(task.due, ask.language),
            start=cards.day(task.starts_on, ask.language),
        )
    task.planned_due = task.planned_due or task.due
    after = task.due.isoformat() if task.due else "—"
    await _did(ask, task, "task.due", before=before.isoformat() if before else "—", after=after)
    return await show(ask, task)


@command(
    "task.key",
    zh="关键任务",
    permission="project.write",
    help=Text("标记或取消关键任务（是/否）", "mark a task as a key task, or not (yes/no)"),
)
async def key_(
    ask: Ask,
    task: Annotated[Task, _TASK],
    key: Annotated[bool, Text("关键", "key")] = True,
) -> Notice:
    task.key = key
    await _did(ask, task, "task.key", key=key)
    return await show(ask, task)


@command(
    "task.estimate",
    zh="任务工时",
    permission="project.write",
    aliases=("estimate", "预估工时"),
    help=Text("预估任务要多少小时", "say how many hours a task will take"),
)
async def estimate(
    ask: Ask,
    task: Annotated[Task, _TASK],
    hours: Annotated[Decimal, Text("小时", "hours")],
) -> Notice:
    if not _HOURS[0] <= hours <= _HOURS[1]:
        raise CommandError(_BAD_HOURS)
    task.estimate = hours
    await _did(ask, task, "task.estimate", hours=f"{hours:g}")
    return await show(ask, task)


@command(
    "task.after",
    zh="任务依赖",
    permission="project.write",
    aliases=("task waits",),
    help=Text(
        "前一个任务须在后一个任务完成之后开始", "the first task begins after the second is done"
    ),
)
async def after_(
    ask: Ask,
    task: Annotated[Task, _TASK],
    after: Annotated[Task, Text("先做的任务", "after")],
) -> Notice:
    if task.id == after.id:
        raise CommandError(_ITSELF)
    if task.project_id != after.project_id:
        raise CommandError(_OTHER_PROJECT, one=task.id, other=after.id)
    await plans.hold(ask.session, task.project_id)
    links = await plans.links(ask.session, [task.project_id])
    if after.id not in links.get(task.id, []):
        links.setdefault(task.id, []).append(after.id)
        if found := plan.ring(links):
            shown = " → ".join(f"T-{one}" for one in (*found, found[0]))
            raise CommandError(_RING, ring=shown)
        ask.session.add(TaskLink(task_id=task.id, after_id=after.id))
        await _did(ask, task, "task.waits", after=after.id)
    return await show(ask, task)


@command(
    "task.free",
    zh="取消依赖",
    permission="project.write",
    help=Text("任务不再等待另一个任务", "a task waits for another no more"),
)
async def free(
    ask: Ask,
    task: Annotated[Task, _TASK],
    after: Annotated[Task, Text("先做的任务", "after")],
) -> Notice:
    link = await plans.link(ask.session, task.id, after.id)
    if link is None:
        raise CommandError(_WAITS_NOT, one=task.id, other=after.id)
    await ask.session.delete(link)
    await _did(ask, task, "task.free", after=after.id)
    return await show(ask, task)


@command(
    "task.check",
    zh="检查项",
    permission="task.done",
    aliases=("check",),
    help=Text("给任务加一个检查项", "add an item to a task's checklist"),
)
async def check(
    ask: Ask,
    task: Annotated[Task, _TASK],
    text: Annotated[Rest, Text("内容", "text")],
) -> Notice:
    words = " ".join(text.split())
    if not words or len(words) > _LONGEST:
        raise CommandError(_NO_WORDS)
    if len(task.checklist) >= _MOST:
        raise CommandError(_FULL, most=_MOST)
    task.checklist = [*task.checklist, {"text": words, "done": False}]
    await _did(ask, task, "task.check", text=words)
    return await show(ask, task)


@command(
    "task.tick",
    zh="勾选",
    permission="task.done",
    aliases=("tick",),
    help=Text("勾选检查项，再勾一次取消", "tick an item of a checklist; once more unticks it"),
)
async def tick(
    ask: Ask,
    task: Annotated[Task, _TASK],
    at: Annotated[int, Text("第几项", "item")],
) -> Notice:
    if not 1 <= at <= len(task.checklist):
        raise CommandError(_NO_ITEM, number=task.id, at=at)
    items = [dict(one) for one in task.checklist]
    items[at - 1]["done"] = not items[at - 1]["done"]
    task.checklist = items
    event = "task.ticked" if items[at - 1]["done"] else "task.unticked"
    await _did(ask, task, event, text=items[at - 1]["text"])
    return await show(ask, task)


async def _did(ask: Ask, task: Task, event: str, /, **facts: Any) -> None:
    project = await ask.session.get_one(Project, task.project_id)
    await ask.did(
        event,
        task,
        customer_id=project.customer_id,
        project_id=project.id,
        number=task.id,
        **facts,
    )
    await count_progress(ask, project)
