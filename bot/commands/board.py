"""The board of a project, and of all of them; moving a task from column to column."""

from collections.abc import Sequence
from typing import Annotated, Final

from bot.commands import cards
from bot.commands.registry import Ask, CommandError, command
from bot.contract import Button, Notice
from bot.domain.terms import Phase, TaskStage
from bot.texts import Text
from storage import plans, projects
from storage.tables import Project, Task

_TASK = Text("任务", "task")
_MOST: Final = 8
"""Tasks shown in a column."""
_BUTTONS: Final = 5
_MORE = Text("……另有 {count} 个", "… and {count} more")
_NEXT: Final = {TaskStage.TODO: TaskStage.DOING, TaskStage.DOING: TaskStage.REVIEW}


@command(
    "board",
    zh="看板",
    reads=True,
    permission="project.read",
    help=Text(
        "项目的任务看板；不写项目则按阶段看全部项目",
        "a project's tasks in columns; without one, all projects by phase",
    ),
)
async def board(
    ask: Ask, project: Annotated[Project | None, Text("项目", "project")] = None
) -> Notice:
    if project is not None:
        return await of_project(ask, project)
    found = await projects.listed(ask.session, ask.actor.scope)
    facts = [
        (
            ask.t(phase.text),
            "\n".join(f"{p.code} {p.name} {p.progress}%" for p in found if p.phase == phase),
        )
        for phase in Phase
    ]
    return ask.notice(title=ask.t(Text("项目看板", "Project board")), facts=facts)


async def of_project(ask: Ask, project: Project) -> Notice:
    all_ = (await plans.tasks(ask.session, [project.id]))[project.id]
    title = f"{project.code} {project.name} · {project.progress}%"
    if not all_:
        return ask.notice(title=title, text=ask.t(Text("还没有任务。", "No tasks yet.")))
    names = await projects.user_names(ask.session, [task.assignee_id for task in all_])
    open_ = sorted(
        (task for task in all_ if task.done_at is None),
        key=lambda task: (task.due is None, task.due, task.id),
    )
    done = sorted(
        (task for task in all_ if task.done_at), key=lambda task: (task.done_at, task.id)
    )[::-1]
    columns = {stage: [t for t in open_ if t.stage == stage] for stage in TaskStage}
    facts = [
        (f"{ask.t(stage.text)} ({len(tasks)})", _column(ask, tasks, names))
        for stage, tasks in columns.items()
    ]
    facts.append((f"{ask.t(Text('已完成', 'done'))} ({len(done)})", _column(ask, done, names)))
    movable = [*columns[TaskStage.REVIEW], *columns[TaskStage.DOING], *columns[TaskStage.TODO]]
    return ask.notice(
        title=title, facts=facts, buttons=[forward(ask, task) for task in movable[:_BUTTONS]]
    )


def _column(ask: Ask, tasks: Sequence[Task], names: dict[int | None, str]) -> str:
    lines = [
        " · ".join(
            filter(
                None,
                (
                    f"T-{task.id} {'★ ' if task.key else ''}{task.name}",
                    names.get(task.assignee_id, ""),
                    cards.due(ask, task),
                ),
            )
        )
        for task in tasks[:_MOST]
    ]
    if len(tasks) > _MOST:
        lines.append(ask.t(_MORE, count=len(tasks) - _MOST))
    return "\n".join(lines)


def forward(ask: Ask, task: Task) -> Button:
    """The button that moves an open task on by one column."""
    following = _NEXT.get(TaskStage(task.stage))
    if following is None:
        label = ask.t(Text("完成 T-{number}", "T-{number} done"), number=task.id)
        return Button(label=label, command=f"/task done T-{task.id}")
    return Button(
        label=f"T-{task.id} → {ask.t(following.text)}",
        command=f"/task stage T-{task.id} {following.value}",
    )


@command(
    "task.stage",
    zh="移动任务",
    permission="task.done",
    aliases=("task move",),
    help=Text(
        "在看板上移动任务：待办/进行中/待检查",
        "move a task on its board: todo, doing or review",
    ),
)
async def stage_(
    ask: Ask,
    task: Annotated[Task, _TASK],
    stage: Annotated[TaskStage, Text("列", "column")],
) -> Notice:
    project = await ask.session.get_one(Project, task.project_id)
    if task.done_at is not None:
        raise CommandError(
            Text("任务 T-{number} 早已完成。", "T-{number} was done already."), number=task.id
        )
    before, task.stage = task.stage, stage.value
    await ask.did(
        "task.stage",
        task,
        customer_id=project.customer_id,
        project_id=project.id,
        number=task.id,
        before=before,
        after=stage.value,
    )
    return await of_project(ask, project)
