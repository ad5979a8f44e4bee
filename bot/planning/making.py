"""Projects from templates: the shipped ones and the firm's own."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import record
from bot.domain import definition, templates, workdays
from bot.domain.templates import Template, Work
from storage import definitions, projects
from storage.tables import Customer, Milestone, Project, Task, TaskLink, User


@dataclass(frozen=True, slots=True)
class Made:
    """What a template has brought into a project."""

    milestones: int
    tasks: int
    ends: date
    """Its last milestone."""


async def known(session: AsyncSession) -> dict[str, Template]:
    """All templates by id."""
    own = await definitions.newest(session, "project")
    return definition.in_force(templates.shipped(), own, templates.read)


async def named(session: AsyncSession, name: str) -> Template | None:
    """The template that a word means: its id or its name in either language."""
    word = name.strip().casefold()
    for one in (await known(session)).values():
        if word in {one.id.casefold(), one.name.zh.casefold(), one.name.en.casefold()}:
            return one
    return None


async def apply(
    session: AsyncSession,
    project: Project,
    template: Template,
    start: date,
    *,
    by_id: int | None = None,
    language: str = "zh",
) -> Made:
    """Give a project the milestones and tasks of a template, on working days from `start` on.

    Its day of delivery becomes the last milestone, unless one is agreed. The timeline tells of it.
    A project has one template: raises `ValueError` where it has one already.
    """
    if project.template:
        raise ValueError(f"{project.code} was planned by {project.template} already")
    calendar = workdays.china()
    first = calendar.add(start, 0)
    owners = await _owners(session, project)
    made: dict[str, Task] = {}
    for goal in template.milestones:
        milestone = Milestone(
            project_id=project.id,
            name=goal.name.in_(language),
            due=calendar.add(first, goal.day),
            remind_days=goal.remind_days,
            phase=goal.phase.value,
        )
        session.add(milestone)
        await session.flush()
        for work in goal.tasks:
            task = _task(work, first, language)
            task.project_id, task.milestone_id = project.id, milestone.id
            task.assignee_id, task.created_by_id = owners.get(work.role), by_id
            session.add(task)
            made[work.id] = task
    await session.flush()
    for work in template.tasks:
        session.add_all(
            TaskLink(task_id=made[work.id].id, after_id=made[one].id) for one in work.after
        )
    ends = calendar.add(first, max(goal.day for goal in template.milestones))
    project.template, project.starts_on = template.id, project.starts_on or first
    project.due_on = project.due_on or ends
    project.planned_due_on = project.planned_due_on or project.due_on
    project.progress_by = "tasks"
    session.add(project)
    session.add(
        record.happened(
            "project.planned",
            customer_id=project.customer_id,
            project_id=project.id,
            user_id=by_id,
            template=template.name.in_(language),
            tasks=len(made),
        )
    )
    await session.flush()
    return Made(len(template.milestones), len(made), ends)


def _task(work: Work, first: date, language: str) -> Task:
    """A task of a template, still without its project."""
    calendar = workdays.china()
    due = calendar.add(first, work.start + work.days - 1)
    return Task(
        name=work.name.in_(language),
        key=work.key,
        estimate=Decimal(str(work.hours)) if work.hours else None,
        checklist=[{"text": one.in_(language), "done": False} for one in work.checklist],
        starts_on=calendar.add(first, work.start),
        due=due,
        planned_due=due,
    )


async def _owners(session: AsyncSession, project: Project) -> dict[str, int | None]:
    """Whose the tasks of each role are."""
    members: list[User] = list(await projects.members(session, project.id))
    customer = await session.get_one(Customer, project.customer_id)
    found: dict[str, int | None] = {}
    for member in members:
        for role in member.roles:
            found.setdefault(role, member.id)
    return {**found, "pm": project.manager_id, "sales": customer.owner_id}
