"""Changes of what was agreed: asked for with their effect, decided by others, then in the plan."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final

from bot.commands import amounts, approval, cards
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice, Table
from bot.domain import impact, workdays
from bot.domain.impact import NEW, Impact
from bot.domain.plan import HOURS_A_DAY
from bot.domain.terms import Decision
from bot.planning import outlook
from bot.texts import Text
from storage import changes, plans, projects
from storage.tables import Approval, ChangeRequest, Interaction, Milestone, Project, Task, User

_PROJECT = Text("项目", "project")
_ASKER = Text("提出人", "Asked by")
_MOST_HOURS: Final = Decimal(100_000)
_NO_SUCH = Text("没有变更 {number}。", "There is no change {number}.")


@dataclass(frozen=True, slots=True)
class _Effect:
    days: int
    """Working days that the end moves."""
    moves: Impact


@command(
    "change.new",
    zh="变更申请",
    permission="change.write",
    aliases=("change", "变更"),
    help=Text(
        "提出变更：内容、工时、费用、原因；工期影响由计划算出，批准后才改计划和预算",
        "ask for a change: what, hours, cost, reason; its effect on time comes from the plan, which"
        " follows only once it is approved",
    ),
)
async def new(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    title: Annotated[Rest, Text("内容", "what")],
    hours: Annotated[Decimal | None, Text("工时", "hours")] = None,
    cost: Annotated[Decimal | None, Text("费用", "cost")] = None,
    reason: Annotated[str, Text("原因", "reason")] = "",
    task: Annotated[Task | None, Text("任务", "task")] = None,
    owner: Annotated[User | None, Text("负责人", "owner")] = None,
    item: Annotated[Interaction | None, Text("来源", "from")] = None,
) -> Notice:
    hours = _positive(hours, Text("工时", "hours"))
    if project.phase == "closed":
        raise CommandError(Text("项目已关闭，不能再变更。", "The project is closed already."))
    if task is not None and (task.project_id != project.id or task.done_at is not None):
        raise CommandError(
            Text("T-{number} 不是这个项目的未完成任务。", "T-{number} is no open task of it."),
            number=task.id,
        )
    effect = await _effect(ask, project, hours, task)
    made = ChangeRequest(
        project_id=project.id,
        title=title.strip(),
        reason=reason,
        hours=hours,
        days=effect.days,
        cost=await _cost(ask, project, hours, cost),
        task_id=task.id if task else None,
        owner_id=owner.id if owner else project.manager_id,
        interaction_id=item.id if item else None,
        by_id=ask.actor.user_id,
    )
    ask.session.add(made)
    await ask.session.flush()
    await ask.did(
        "change.asked",
        made,
        customer_id=project.customer_id,
        project_id=project.id,
        number=made.id,
        title=made.title,
        days=made.days,
    )
    worth = await amounts.in_own(ask, made.cost, project.currency)
    facts = {"change.days": made.days, "change.cost": worth}
    waits = await approval.ask_for(
        ask, "change", made, title=made.title, facts=facts, project=project
    )
    shown = await show(ask, made.id)
    return shown.model_copy(
        update={
            "text": ask.t(
                Text(
                    "已提交审批 #{number}；批准前计划和预算不变。",
                    "Approval #{number} is asked for; plan and budget stay as they are until then.",
                ),
                number=waits.id,
            )
        }
    )


def _positive(value: Decimal | None, what: Text) -> Decimal:
    if value is not None and not 0 <= value <= _MOST_HOURS:
        raise CommandError(
            Text("{what}应在 0 到 {most} 之间。", "Between 0 and {most} {what}, please."),
            what=what,
            most=_MOST_HOURS,
        )
    return value or Decimal(0)


async def _effect(ask: Ask, project: Project, hours: Decimal, task: Task | None) -> _Effect:
    """What the work does to the plan as it stands today."""
    tasks = (await plans.tasks(ask.session, [project.id])).get(project.id, [])
    links = await plans.links(ask.session, [project.id])
    left = outlook.remaining(tasks, links, ask.now.date(), str(ask.actor.zone))
    days = float(hours) / HOURS_A_DAY
    moves = impact.of_work(left.steps, days, task.id if task else None)
    return _Effect(moves.end, moves)


async def _cost(ask: Ask, project: Project, hours: Decimal, given: Decimal | None) -> Decimal:
    """As given; else the hours at what the project's people cost on average."""
    if given is not None:
        if given < 0:
            raise CommandError(Text("费用不能为负数。", "A cost is not below zero."))
        return given
    hour = await changes.usual_hour_cost(ask.session, project)
    return (hours * hour).quantize(Decimal("0.01")) if hour else Decimal(0)


@command(
    "change.show",
    zh="查看变更",
    reads=True,
    permission="project.read",
    help=Text("一个变更：原因、影响、决定", "a change: reason, effect, decision"),
)
async def show(ask: Ask, number: Annotated[int, Text("编号", "number")]) -> Notice:
    found = await changes.one(ask.session, ask.actor.scope, number)
    if found is None:
        raise CommandError(_NO_SUCH, number=number)
    change, project = found
    return ask.notice(
        title=ask.t(
            Text("变更 {number}：{title}", "Change {number}: {title}"),
            number=change.id,
            title=change.title,
        ),
        level=Level.GOOD if change.state == "approved" else Level.INFO,
        facts=await _facts(ask, change, project),
        buttons=[
            Button(label=project.code, command=f"/project {project.code}"),
            *_source(ask, change),
        ],
    )


def _source(ask: Ask, change: ChangeRequest) -> list[Button]:
    if change.interaction_id is None:
        return []
    label = Text("客户原话 #{n}", "The customer's words #{n}")
    return [
        Button(
            label=ask.t(label, n=change.interaction_id), command=f"/item #{change.interaction_id}"
        )
    ]


async def _facts(ask: Ask, change: ChangeRequest, project: Project) -> list[tuple[str, str]]:
    names = await projects.user_names(ask.session, [change.owner_id, change.by_id])
    moved = ""
    if change.days and project.due_on and change.state == "waiting":
        later = workdays.china().add(project.due_on, change.days)
        moved = ask.t(
            Text("，交付 {before} → {after}", ", delivery {before} → {after}"),
            before=cards.day(project.due_on, ask.language),
            after=cards.day(later, ask.language),
        )
    days = ask.t(Text("+{days} 个工作日", "+{days} working days"), days=change.days)
    task = f"T-{change.made_task_id or change.task_id or ''}".removesuffix("T-")
    return [
        (ask.t(_PROJECT), f"{project.code} {project.name}"),
        (ask.t(Text("原因", "Reason")), change.reason),
        (ask.t(Text("工时", "Hours")), f"+{change.hours.normalize():f} h" if change.hours else ""),
        (ask.t(Text("工期影响", "Effect on time")), days + moved),
        (ask.t(Text("费用影响", "Effect on cost")), _money(ask, change, project)),
        (ask.t(Text("负责人", "Owner")), names.get(change.owner_id, "")),
        (ask.t(_ASKER), names.get(change.by_id, "")),
        (ask.t(Text("任务", "Task")), task),
        (ask.t(Text("状态", "State")), ask.t(Decision(change.state).text)),
    ]


def _money(ask: Ask, change: ChangeRequest, project: Project) -> str:
    """An amount, or its share of the budget, as far as the reader may see money."""
    if ask.actor.scope.sees("amount"):
        return "+" + cards.money(change.cost, project.currency, ask.language)
    if ask.actor.scope.sees("percent") and project.budget:
        return ask.t(
            Text("预算的 +{share}", "+{share} of the budget"),
            share=f"{change.cost / project.budget:.1%}",
        )
    return ""


@command(
    "changes",
    zh="变更列表",
    reads=True,
    permission="project.read",
    help=Text("变更申请，可指定项目", "changes asked for, of a project if you like"),
)
async def list_(ask: Ask, project: Annotated[Project | None, _PROJECT] = None) -> Notice:
    found = await changes.listed(ask.session, ask.actor.scope, project.id if project else None)
    title = ask.t(Text("变更", "Changes"))
    if not found:
        return ask.notice(title=title, text=ask.t(Text("没有变更。", "No changes.")))
    rows = tuple(
        (
            str(change.id),
            of.code,
            cards.short(change.title, 40),
            f"+{change.days}",
            _money(ask, change, of),
            ask.t(Decision(change.state).text),
        )
        for change, of in found
    )
    columns = tuple(
        ask.t(text)
        for text in (
            Text("编号", "No."),
            _PROJECT,
            Text("内容", "What"),
            Text("工作日", "Days"),
            Text("费用", "Cost"),
            Text("状态", "State"),
        )
    )
    return ask.notice(title=title, table=Table(columns=columns, rows=rows))


@approval.card("change")
async def _card(ask: Ask, one: Approval) -> list[tuple[str, str]]:
    change = await ask.session.get_one(ChangeRequest, one.row_id)
    facts = await _facts(ask, change, await ask.session.get_one(Project, change.project_id))
    return [fact for fact in facts if fact[0] != ask.t(_ASKER)]  # every approval names them


@approval.decided("change")
async def _decided(ask: Ask, one: Approval, yes: bool) -> Notice | None:
    change = await ask.session.get_one(ChangeRequest, one.row_id)
    project = await ask.session.get_one(Project, change.project_id)
    change.state, change.decided_at = one.state, ask.now
    if yes:
        await _rewrite(ask, change, project)
    await ask.did(
        f"change.{one.state}",
        change,
        customer_id=project.customer_id,
        project_id=project.id,
        number=change.id,
        title=change.title,
        days=change.days,
    )
    return None


async def _rewrite(ask: Ask, change: ChangeRequest, project: Project) -> None:
    """Plan and budget as the change has them, worked out on the plan as it is now."""
    calendar = workdays.china()
    task = await ask.session.get(Task, change.task_id or 0)
    if task is not None and task.done_at is not None:
        task = None  # it was done meanwhile: the work is a task of its own
    effect = await _effect(ask, project, change.hours, task)
    change.days = effect.days
    if task is not None:
        task.estimate = (task.estimate or Decimal(0)) + change.hours
        ask.session.add(task)
    elif change.hours:
        due = calendar.add(ask.now.date(), max(1, effect.moves.moved.get(NEW, 1)))
        made = Task(
            project_id=project.id,
            name=change.title,
            estimate=change.hours,
            due=due,
            planned_due=due,
            assignee_id=change.owner_id,
            interaction_id=change.interaction_id,
            created_by_id=ask.actor.user_id,
        )
        ask.session.add(made)
        await ask.session.flush()
        change.made_task_id = made.id
    await _shift(ask, effect.moves)
    if effect.days:
        for name in ("due_on", "planned_due_on"):
            if (day := getattr(project, name)) is not None:
                setattr(project, name, calendar.add(day, effect.days))
    if change.cost:
        project.budget = (project.budget or Decimal(0)) + change.cost
    project.updated_at = ask.now
    ask.session.add_all([project, change])
    await ask.session.flush()


async def _shift(ask: Ask, moves: Impact) -> None:
    """Days agreed for what moves, and for the milestones that wait for it."""
    calendar = workdays.china()
    stones: dict[int, int] = {}
    for id_, days in moves.moved.items():
        task = await ask.session.get(Task, id_)
        if task is None:
            continue
        for name in ("due", "planned_due"):
            if (day := getattr(task, name)) is not None:
                setattr(task, name, calendar.add(day, days))
        if task.milestone_id is not None:
            stones[task.milestone_id] = max(days, stones.get(task.milestone_id, 0))
        ask.session.add(task)
    for id_, days in stones.items():
        stone = await ask.session.get_one(Milestone, id_)
        if stone.done_at is None:
            stone.due = calendar.add(stone.due, days)
            ask.session.add(stone)
