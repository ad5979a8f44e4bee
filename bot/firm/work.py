"""The members, milestones and tasks of a chunk of projects."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock
from bot.firm.found import Known
from bot.firm.shape import ProjectIn, TaskIn
from storage import bulk
from storage.tables import Milestone, Project, ProjectMember, Task


async def add_work(
    session: AsyncSession, made: Sequence[tuple[ProjectIn, Project]], known: Known
) -> None:
    """Members, milestones and tasks; those that are there by name are brought up to date."""
    ids = [project.id for _, project in made]
    joined = set(
        await session.exec(
            select(ProjectMember.project_id, ProjectMember.user_id).where(
                col(ProjectMember.project_id).in_(ids)
            )
        )
    )
    dated = await session.exec(select(Milestone).where(col(Milestone.project_id).in_(ids)))
    milestones = {(m.project_id, m.name): m for m in dated}
    open_ = await session.exec(select(Task).where(col(Task.project_id).in_(ids)))
    tasks = {(t.project_id, t.name): t for t in open_}
    fresh: dict[type[SQLModel], list[Any]] = {ProjectMember: [], Milestone: [], Task: []}
    for one, project in made:
        for name in one.members:
            user = known.user(name)
            if user is not None and (project.id, user.id) not in joined:
                joined.add((project.id, user.id))
                fresh[ProjectMember].append({"project_id": project.id, "user_id": user.id})
        for given in one.milestones:
            place = (project.id, given.name)
            if (row := milestones.get(place)) is None:
                row = bulk.draft(Milestone, project_id=project.id, name=given.name)
                fresh[Milestone].append(vars(row))
            milestones[place] = row
            row.due = given.due
            row.phase = given.phase.value if given.phase else row.phase
            row.done_at = (row.done_at or clock.now()) if given.done else row.done_at
        for given in one.tasks:
            place = (project.id, given.name)
            if (task := tasks.get(place)) is None:
                task = bulk.draft(Task, project_id=project.id, name=given.name)
                fresh[Task].append(vars(task))
            tasks[place] = task
            _bring_up(task, given, known)
    await session.flush()
    for table, rows in fresh.items():
        await bulk.insert(session, table, rows)


def _bring_up(task: Task, given: TaskIn, known: Known) -> None:
    task.due = given.due or task.due
    task.key = given.key
    assignee = known.user(given.assignee)
    task.assignee_id = assignee.id if assignee else task.assignee_id
    if given.done:
        task.done_at = task.done_at or clock.now()
