"""The members, milestones and tasks of a chunk of projects."""

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock
from bot.firm.found import Known
from bot.firm.shape import ProjectIn, TaskIn
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
    rows = await session.exec(select(Milestone).where(col(Milestone.project_id).in_(ids)))
    milestones = {(m.project_id, m.name): m for m in rows}
    rows_ = await session.exec(select(Task).where(col(Task.project_id).in_(ids)))
    tasks = {(t.project_id, t.name): t for t in rows_}
    for one, project in made:
        for name in one.members:
            user = known.user(name)
            if user is not None and (project.id, user.id) not in joined:
                joined.add((project.id, user.id))
                session.add(ProjectMember(project_id=project.id, user_id=user.id))
        for given in one.milestones:
            place = (project.id, given.name)
            row = milestones.setdefault(
                place, Milestone(project_id=project.id, name=given.name, due=given.due)
            )
            row.due = given.due
            row.done_at = (row.done_at or clock.now()) if given.done else row.done_at
            session.add(row)
        for given in one.tasks:
            _task(session, given, project, tasks, known)
    await session.flush()


def _task(
    session: AsyncSession,
    given: TaskIn,
    project: Project,
    tasks: dict[tuple[int, str], Task],
    known: Known,
) -> None:
    row = tasks.setdefault((project.id, given.name), Task(project_id=project.id, name=given.name))
    row.due = given.due or row.due
    row.key = given.key
    assignee = known.user(given.assignee)
    row.assignee_id = assignee.id if assignee else row.assignee_id
    if given.done:
        row.done_at = row.done_at or clock.now()
    session.add(row)
