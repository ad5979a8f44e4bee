"""Templates of projects: which there are, what one holds, planning by one, keeping one's own."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from bot.commands import cards
from bot.commands.project import planned, template_named
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice, Table
from bot.domain import templates, terms, workdays
from bot.domain.definition import Unusable
from bot.domain.templates import Template
from bot.domain.terms import Phase
from bot.planning import making
from bot.texts import Text
from storage import definitions, plans, projects
from storage.tables import Definition, Milestone, Project, Task

_TEMPLATE = Text("模板", "template")
_PROJECT = Text("项目", "project")
_PLANNED = Text(
    "{code} 已按模板「{name}」排过计划。", "{code} was planned by the template “{name}” already."
)
_MADE = Text(
    "已排 {milestones} 个里程碑、{tasks} 个任务，到 {ends} 结束。",
    "{milestones} milestones and {tasks} tasks are planned, until {ends}.",
)
_NOTHING = Text(
    "这个项目还没有里程碑，不能存为模板。", "This project has no milestones to make a template of."
)
_BAD = Text("不能存为模板：{why}", "That cannot be a template: {why}")
_SHIPPED = Text(
    "「{name}」是自带模板的名称，请换一个。", "“{name}” is a shipped template; choose another."
)


@command(
    "templates",
    zh="模板列表",
    reads=True,
    permission="project.read",
    aliases=("template list", "项目模板"),
    help=Text("有哪些项目模板", "which templates of projects there are"),
)
async def list_(ask: Ask) -> Notice:
    found = await making.known(ask.session)
    columns = tuple(
        ask.t(one)
        for one in (
            Text("编号", "Id"),
            Text("名称", "Name"),
            Text("任务", "Tasks"),
            Text("工作日", "Working days"),
            Text("说明", "About"),
        )
    )
    rows = tuple(
        (
            one.id,
            one.name.in_(ask.language),
            str(len(one.tasks)),
            str(_length(one)),
            one.text.in_(ask.language),
        )
        for one in found.values()
    )
    return ask.notice(
        title=ask.t(Text("项目模板", "Project templates")),
        table=Table(columns=columns, rows=rows),
        buttons=[
            Button(label=one.name.in_(ask.language), command=f"/template {one.id}")
            for one in list(found.values())[:5]
        ],
    )


def _length(template: Template) -> int:
    return max(goal.day for goal in template.milestones)


@command(
    "template",
    zh="模板",
    reads=True,
    permission="project.read",
    aliases=("template show",),
    help=Text("一个模板的里程碑、任务和阶段条件", "a template's milestones, tasks and conditions"),
)
async def show(ask: Ask, name: Annotated[Rest, _TEMPLATE]) -> Notice:
    found = await template_named(ask, name)
    rows: list[tuple[str, str, str]] = []
    for goal in found.milestones:
        phase = ask.t(goal.phase.text)
        rows.append((f"+{goal.day}", phase, f"◆ {goal.name.in_(ask.language)}"))
        for work in goal.tasks:
            star = "★ " if work.key else ""
            hours = f" · {work.hours:g} h" if work.hours else ""
            span = f"+{work.start}–{work.start + work.days - 1}"
            rows.append((span, phase, f"{star}{work.name.in_(ask.language)}{hours}"))
    needs = [
        (ask.t(phase.text), "\n".join(ask.t(need.text) for need in found.needs[phase]))
        for phase in Phase
        if found.needs.get(phase)
    ]
    columns = (
        ask.t(Text("工作日", "Working days")),
        ask.t(Text("阶段", "Phase")),
        ask.t(Text("里程碑与任务", "Milestones and tasks")),
    )
    return ask.notice(
        title=f"{found.id} {found.name.in_(ask.language)}",
        text=found.text.in_(ask.language),
        facts=needs,
        table=Table(columns=columns, rows=tuple(rows)),
    )


@command(
    "template.use",
    zh="套用模板",
    permission="project.write",
    help=Text("按模板给项目排里程碑和任务", "plan a project's milestones and tasks by a template"),
)
async def use(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    name: Annotated[Rest, _TEMPLATE],
    start: Annotated[date | None, Text("开始日期", "start")] = None,
) -> Notice:
    found = await template_named(ask, name)
    if project.template:
        known = (await making.known(ask.session)).get(project.template)
        shown = known.name.in_(ask.language) if known else project.template
        raise CommandError(_PLANNED, code=project.code, name=shown)
    made = await planned(ask, project, found, start or ask.now.date())
    return ask.notice(
        title=f"{project.code} {project.name}",
        text=ask.t(
            _MADE,
            milestones=made.milestones,
            tasks=made.tasks,
            ends=cards.day(made.ends, ask.language),
        ),
        level=Level.GOOD,
        buttons=[
            Button(label=ask.t(Text("甘特图", "Gantt")), command=f"/gantt {project.code}"),
            Button(label=ask.t(Text("看板", "Board")), command=f"/board {project.code}"),
            Button(label=ask.t(Text("撤销", "Undo")), command="/undo"),
        ],
    )


@command(
    "template.save",
    zh="存为模板",
    permission="flow.write",
    help=Text("把一个项目的计划存为自己的模板", "keep a project's plan as a template of your own"),
)
async def save(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    name: Annotated[Rest, Text("名称", "name")],
) -> Notice:
    words = " ".join(name.split())
    body = await _body(ask, project, words)
    if body["id"] in templates.shipped():
        raise CommandError(_SHIPPED, name=words)
    try:
        found = templates.read(body)
    except Unusable as error:
        raise CommandError(_BAD, why=str(error)) from error
    kept: Definition = await definitions.write(
        ask.session, "project", found.id, body, by_id=ask.actor.user_id, at=ask.now
    )
    ask.wrote("template.saved", kept)
    return await show(ask, Rest(found.id))


async def _body(ask: Ask, project: Project, name: str) -> dict[str, Any]:
    """A project's plan as a template: days counted from its first one."""
    milestones = await projects.milestones(ask.session, project.id)
    if not milestones:
        raise CommandError(_NOTHING)
    tasks = (await plans.tasks(ask.session, [project.id]))[project.id]
    links = await plans.links(ask.session, [project.id])
    calendar = workdays.china()
    dates = [day for task in tasks for day in (task.starts_on, _planned(task)) if day]
    first = project.starts_on or min([*dates, *(m.due for m in milestones)])
    known = {task.id for task in tasks}

    def at(day: date) -> int:
        return max(0, calendar.between(first, day))

    def work(task: Task) -> dict[str, Any]:
        due = _planned(task) or task.starts_on or first
        start = task.starts_on or due
        return {
            "id": f"t{task.id}",
            "name": task.name,
            "start": at(start),
            "days": max(1, at(due) - at(start) + 1),
            "hours": float(task.estimate) if task.estimate else None,
            "key": task.key,
            "after": [f"t{one}" for one in links.get(task.id, []) if one in known],
            "checklist": [one["text"] for one in task.checklist],
        }

    held: dict[int, list[dict[str, Any]]] = {m.id: [] for m in milestones}
    for task in tasks:
        held[_goal(task, milestones).id].append(work(task))
    phases = (await making.known(ask.session)).get(project.template)
    return {
        "id": f"own-{project.id}",
        "name": name,
        "text": f"{project.code} {project.name}",
        "needs": {str(k): list(map(str, v)) for k, v in phases.needs.items()} if phases else {},
        "milestones": [
            {
                "name": m.name,
                "phase": m.phase or terms.Phase.DO.value,
                "day": at(m.due),
                "remind_days": m.remind_days,
                "tasks": held[m.id],
            }
            for m in milestones
        ],
    }


def _planned(task: Task) -> date | None:
    return task.planned_due or task.due


def _goal(task: Task, milestones: Sequence[Milestone]) -> Milestone:
    """The milestone that a task leads to: its own, else the first that is due after it."""
    due = _planned(task)
    for one in milestones:
        if one.id == task.milestone_id or (
            task.milestone_id is None and due is not None and due <= one.due
        ):
            return one
    return milestones[-1]
