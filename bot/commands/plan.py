"""The plan of a project, read: phases and critical path, Gantt, forecast, indices of earned value."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final

from bot.commands import cards
from bot.commands.registry import Ask, CommandError, command
from bot.contract import Button, Gantt, Level, Notice, Span
from bot.domain import plan as paths
from bot.domain import workdays
from bot.planning import outlook
from bot.planning.outlook import Forecast, Links, Remaining
from bot.texts import Text
from storage import plans, projects
from storage.tables import Milestone, Project, Task

_PROJECT = Text("项目", "project")
_NO_TASKS = Text(
    "这个项目还没有任务。可用 /套用模板 {code} 软件 排计划。",
    "This project has no tasks yet. /template use {code} software plans it.",
)
_ALL_DONE = Text("任务已全部完成。", "All tasks are done.")
_RING = Text(
    "任务互相等待，成了环：{ring}。请用 /取消依赖 解开。",
    "Tasks wait for each other in a ring: {ring}. Undo one with /task free.",
)
_SLIP = Text(
    "很可能延期 {days} 天：有一半把握在 {half} 前完成，约定 {due}。",
    "Will probably slip {days} days: an even chance to be done by {half}, agreed was {due}.",
)
_IN_TIME = Text(
    "很可能按时完成：有一半把握在 {half} 前完成，约定 {due}。",
    "Will probably be in time: an even chance to be done by {half}, agreed is {due}.",
)
_OPEN_END = Text(
    "有一半把握在 {half} 前完成。没有约定交付日期。",
    "An even chance to be done by {half}. No day of delivery is agreed.",
)
_BECAUSE = Text("因为：", "Because of:")
_DRIVER = Text(
    "T-{number} {name}：{share} 的情形下决定完工，平均拖 {days} 个工作日",
    "T-{number} {name}: decides the end in {share} of all runs, {days} working days over on average",
)
_DRIVER_EARLY = Text(
    "T-{number} {name}：{share} 的情形下决定完工",
    "T-{number} {name}: decides the end in {share} of all runs",
)
_LATE = Text("，已逾期 {days} 天", ", {days} days late already")
_BASIS = Text(
    "推演 1000 次；依据 {seen} 个已完成任务的实际与计划工期。",
    "Played 1,000 times; learnt from {seen} finished tasks against their plan.",
)
_UNKNOWN = Text(
    "{count} 个任务没有日期和工时，按 1 天计。",
    "{count} tasks have neither days nor hours and count as one day.",
)
_DRIVERS: Final = 3
"""Tasks shown."""
_DRAWN: Final = 40
"""Tasks and milestones in the picture."""
_FAINT: Final = 130
"""Days; weekends of a longer plan would be hairlines."""
_IN_WORDS = Text(
    "甘特图：{tasks} 个任务（已完成 {done} 个），{stones} 个里程碑，{begin} 到 {end}",
    "Gantt chart: {tasks} tasks ({done} done), {stones} milestones, {begin} to {end}",
)


@dataclass(frozen=True, slots=True)
class _Plan:
    tasks: list[Task]
    links: Links
    left: Remaining
    slots: dict[int, paths.Slot]

    @property
    def critical(self) -> list[Task]:
        by_id = {task.id: task for task in self.tasks}
        return [by_id[id_] for id_ in paths.longest(self.slots)]


async def _read(ask: Ask, project: Project) -> _Plan:
    tasks = (await plans.tasks(ask.session, [project.id]))[project.id]
    if not tasks:
        raise CommandError(_NO_TASKS, code=project.code)
    links = await plans.links(ask.session, [project.id])
    left = outlook.remaining(tasks, links, ask.now.date(), ask.actor.zone.key)
    steps = [
        paths.Step(s.id, max(s.days - left.gone.get(s.id, 0.0), 0.5), s.after, s.not_before)
        for s in left.steps
    ]
    try:
        return _Plan(tasks, links, left, paths.schedule(steps))
    except paths.Ring as error:
        shown = " → ".join(f"T-{one}" for one in (*error.steps, error.steps[0]))
        raise CommandError(_RING, ring=shown) from error


@command(
    "plan",
    zh="计划",
    reads=True,
    permission="project.read",
    aliases=("project plan", "项目计划"),
    help=Text(
        "项目的阶段、关键路径和下一个里程碑", "a project's phase, critical path and next milestone"
    ),
)
async def plan(ask: Ask, project: Annotated[Project, _PROJECT]) -> Notice:
    found = await _read(ask, project)
    goal = await plans.next_milestone(ask.session, project.id)
    done = sum(task.done_at is not None for task in found.tasks)
    late = [t for t in found.tasks if not t.done_at and t.due and t.due < ask.now.date()]
    finish = max((slot.finish for slot in found.slots.values()), default=0.0)
    ends = workdays.china().add(ask.now.date(), math.ceil(finish)) if found.slots else None
    path = "\n".join(
        f"T-{task.id} {task.name} · {_days(ask, found.slots[task.id])}" for task in found.critical
    )
    return ask.notice(
        title=f"{project.code} {project.name}",
        text="" if found.slots else ask.t(_ALL_DONE),
        facts=[
            (ask.t(Text("阶段", "Phase")), cards.phase_bar(project.phase, ask.language)),
            (ask.t(Text("进度", "Progress")), f"{project.progress}%"),
            (ask.t(Text("任务", "Tasks")), f"{done}/{len(found.tasks)}"),
            (ask.t(Text("逾期任务", "Late tasks")), str(len(late)) if late else ""),
            (ask.t(Text("下一个里程碑", "Next milestone")), _goal(ask, goal)),
            (ask.t(Text("关键路径", "Critical path")), path),
            (ask.t(Text("照计划最早完成", "Done at the earliest")), cards.day(ends, ask.language)),
            (ask.t(Text("交付日期", "Due")), cards.day(project.due_on, ask.language)),
        ],
        buttons=_buttons(ask, project),
    )


def _buttons(ask: Ask, project: Project) -> list[Button]:
    return [
        Button(label=ask.t(label), command=f"/{name} {project.code}")
        for name, label in (
            ("gantt", Text("甘特图", "Gantt")),
            ("forecast", Text("预测", "Forecast")),
            ("board", Text("看板", "Board")),
        )
    ]


def _days(ask: Ask, slot: paths.Slot) -> str:
    calendar, today = workdays.china(), ask.now.date()
    first = calendar.add(today, math.floor(slot.start) + 1)
    last = calendar.add(today, max(1, math.ceil(slot.finish)))
    return f"{first:%m-%d} → {max(first, last):%m-%d}"


def _goal(ask: Ask, goal: Milestone | None) -> str:
    return f"{goal.name} · {cards.day(goal.due, ask.language)}" if goal else ""


@command(
    "gantt",
    zh="甘特图",
    reads=True,
    permission="project.read",
    aliases=("project gantt", "甘特"),
    help=Text("项目的甘特图，标出关键任务", "a project's Gantt chart with its critical tasks"),
)
async def gantt(ask: Ask, project: Annotated[Project, _PROJECT]) -> Notice:
    found = await _read(ask, project)
    first = outlook.starts(found.tasks, found.links, ask.actor.zone.key)
    critical = {task.id for task in found.critical}
    spans = sorted(
        (
            (first[task.id], max(task.due or first[task.id], first[task.id]), task)
            for task in found.tasks
        ),
        key=lambda one: (one[0], one[1], one[2].id),
    )
    buttons = _buttons(ask, project)[1:]
    if ask.host is not None:
        page = ask.host.link(f"/projects/{project.code}")
        buttons.append(Button(label=ask.t(Text("打开页面", "Open the page")), url=page))
    stones = await projects.milestones(ask.session, project.id)
    return ask.notice(
        title=f"{project.code} {project.name}",
        buttons=buttons,
    ).model_copy(update={"chart": _picture(ask, project, spans, critical, stones)})


def _picture(
    ask: Ask,
    project: Project,
    spans: Sequence[tuple[date, date, Task]],
    critical: Collection[int],
    stones: Sequence[Milestone],
) -> Gantt:
    """Tasks by their first day, milestones on theirs among them."""
    rows = [
        Span(
            label=f"T-{task.id} {task.name}",
            first=start,
            last=due,
            share=outlook.share_done(task),
            strong=task.id in critical,
        )
        for start, due, task in spans
    ]
    rows += [
        Span(
            label=one.name, first=one.due, last=one.due, share=float(bool(one.done_at)), stone=True
        )
        for one in stones
    ]
    rows.sort(key=lambda row: row.first)
    begin, end = rows[0].first, max(row.last for row in rows)
    left = len(rows) - _DRAWN
    more = Text("另有 {count} 项没有画出", "{count} more are not drawn")
    return Gantt(
        title=f"{project.code} {project.name}",
        rows=tuple(rows[:_DRAWN]),
        today=ask.now.date(),
        idle=_idle(begin, end),
        legend=(
            ask.t(Text("关键路径", "critical path")),
            ask.t(Text("其他任务", "other tasks")),
            ask.t(Text("里程碑", "milestone")),
            ask.t(Text("今天", "today")),
        ),
        more=ask.t(more, count=left) if left > 0 else "",
        words=ask.t(
            _IN_WORDS,
            tasks=len(spans),
            done=sum(task.done_at is not None for _, _, task in spans),
            stones=len(stones),
            begin=cards.day(begin, ask.language),
            end=cards.day(end, ask.language),
        ),
    )


def _idle(begin: date, end: date) -> tuple[date, ...]:
    days = (end - begin).days + 1
    if days > _FAINT:
        return ()
    calendar, all_ = workdays.china(), (begin + timedelta(days=n) for n in range(days))
    return tuple(day for day in all_ if not calendar.is_workday(day))


@command(
    "forecast",
    zh="预测",
    reads=True,
    permission="project.read",
    aliases=("project forecast", "延期预测"),
    help=Text("项目很可能什么时候完成，为什么", "when a project will probably be done, and why"),
)
async def forecast(ask: Ask, project: Annotated[Project, _PROJECT]) -> Notice:
    await _read(ask, project)  # says what is wrong with a plan that cannot be played
    found = await outlook.forecast_of(ask.session, project, ask.now.date(), ask.actor.zone.key)
    title = f"{project.code} {project.name}"
    if found is None:
        return ask.notice(title=title, text=ask.t(_ALL_DONE), level=Level.GOOD)
    late = (found.slip or 0) > 0
    return ask.notice(
        title=title,
        text="\n".join([sentence(ask, found), *reasons(ask, found)]),
        level=Level.WARNING if late else Level.GOOD,
        facts=[
            (
                ask.t(Text("五成把握 (P50)", "Even chance (P50)")),
                cards.day(found.half, ask.language),
            ),
            (
                ask.t(Text("八成把握 (P80)", "Four in five (P80)")),
                cards.day(found.most, ask.language),
            ),
            (ask.t(Text("约定日期", "Agreed")), cards.day(found.due, ask.language)),
            (ask.t(Text("依据", "Basis")), _basis(ask, found)),
        ],
        buttons=_buttons(ask, project)[::2],
    )


def sentence(ask: Ask, found: Forecast) -> str:
    half = cards.day(found.half, ask.language)
    if found.slip is None:
        return ask.t(_OPEN_END, half=half)
    text = _SLIP if found.slip > 0 else _IN_TIME
    return ask.t(text, days=found.slip, half=half, due=cards.day(found.due, ask.language))


def reasons(ask: Ask, found: Forecast) -> list[str]:
    """The tasks that decide when it is done."""
    lines = [ask.t(_BECAUSE)]
    for task, driver in found.drivers[:_DRIVERS]:
        if driver.share < 0.05:
            break
        text = _DRIVER if driver.days >= 0.1 else _DRIVER_EARLY
        line = ask.t(
            text,
            number=task.id,
            name=task.name,
            share=f"{driver.share:.0%}",
            days=f"{driver.days:.1f}",
        )
        if task.due and task.due < ask.now.date():
            line += ask.t(_LATE, days=(ask.now.date() - task.due).days)
        lines.append(line)
    return lines if len(lines) > 1 else []


def _basis(ask: Ask, found: Forecast) -> str:
    basis = ask.t(_BASIS, seen=found.outlook.habit.seen)
    return basis + (ask.t(_UNKNOWN, count=found.unknown) if found.unknown else "")
