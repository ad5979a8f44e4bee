"""Whether a project may enter a phase."""

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.domain.templates import Need, Template
from bot.domain.terms import Phase
from bot.texts import Text
from storage import plans, projects
from storage.plans import Standing
from storage.tables import Milestone, Project, Task


async def unmet(
    session: AsyncSession, project: Project, template: Template, phase: Phase
) -> list[Text]:
    """What a template asks for and the project lacks on its way to a phase, in words."""
    needs = template.needed(Phase(project.phase), phase)
    if not needs:
        return []
    standing = await plans.standing(session, project.id)
    tasks = (await plans.tasks(session, [project.id]))[project.id]
    order = list(Phase)
    earlier = set(order[: order.index(phase)])
    before = [m for m in await projects.milestones(session, project.id) if m.phase in earlier]
    return [
        _words(need, missing)
        for need in needs
        if (missing := _missing(need, project, standing, tasks, before)) is not None
    ]


def _words(need: Need, missing: str) -> Text:
    if not missing:
        return need.text
    return Text(f"{need.text.zh}（{missing}）", f"{need.text.en} ({missing})")


def _missing(
    need: Need,
    project: Project,
    standing: Standing,
    tasks: list[Task],
    before: list[Milestone],
) -> str | None:
    """What is missing, as far as it has names or counts; None: nothing."""
    match need:
        case Need.MANAGER:
            return None if project.manager_id else ""
        case Need.DUE:
            return None if project.due_on else ""
        case Need.CONTRACT:
            return None if standing.signed else ""
        case Need.KEY:
            return _open([task for task in tasks if task.key])
        case Need.BEFORE:
            ids = {milestone.id for milestone in before}
            return _open([task for task in tasks if task.milestone_id in ids])
        case Need.MILESTONES:
            left = [one.name for one in before if one.done_at is None]
            return " · ".join(left) if left else None
        case Need.DELIVERED:
            if not standing.deliverables:
                return ""
            return str(standing.unaccepted) if standing.unaccepted else None
        case Need.DEFECTS:
            return str(standing.grave_defects) if standing.grave_defects else None
        case Need.PAID:
            if not standing.payments:
                return ""
            return str(standing.unpaid) if standing.unpaid else None


def _open(tasks: list[Task]) -> str | None:
    left = [f"T-{task.id} {task.name}" for task in tasks if task.done_at is None]
    return " · ".join(left[:5]) + ("…" if len(left) > 5 else "") if left else None
